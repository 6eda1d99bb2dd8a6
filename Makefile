# Two commands do everything on a machine that has Swift and git: `make run` and `make test`.

.DEFAULT_GOAL := help
.PHONY: help run clean-run test test-contracts test-kill soak fuzz bench build format lint setup

# How many kills `make test-kill` does, and the seed of their moments (printed; 0 chooses one).
RUNS ?= 50
SEED ?= 0

# How many seeds `make soak` runs, and how long it may take.
SEEDS ?= 10000
MINUTES ?= 0

# How long each of the three ways of `make fuzz` takes.
SECONDS ?= 60

SWIFT_SOURCES = Sources Tests Package.swift Benchmarks/Package.swift Benchmarks/Sources/ConductorBenchmarks \
	Benchmarks/Sources/AdapterBenchmarks

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) \
	| while IFS="$$(printf '\t')" read -r name words; do \
	printf '  make %-14s %s\n' "$$name" "$$words"; done

# A debug build is ready in half the time of a release build, and quick enough to play with.
run: setup ## start the conductor on an example to play with; again later, it goes on
	swift build --product conductord
	@Scripts/play.sh "$$(swift build --show-bin-path)/conductord"

clean-run: ## forget the example that `make run` made
	rm -rf playground

test: setup ## everything that a change must pass; SHARED=DIR, CONTRACTS=DIR add what is kept there
	@SHARED='$(SHARED)' CONTRACTS='$(CONTRACTS)' Scripts/test.sh

test-contracts: setup ## every adapter against servers made from vendors' specifications in CONTRACTS=DIR
	swift build --product contract-test
	@Scripts/test-contracts.sh $(CONTRACTS)

test-kill: setup ## kill the daemon RUNS times (50) and count what it did; SEED=N repeats a run
	swift build
	@Scripts/kill-test.sh --kills $(RUNS) --seed $(SEED)

soak: setup ## simulate SEEDS releases' lives (10000) from seed SEED, for MINUTES at most (0: no end)
	@Scripts/simulate.sh soak --seeds $(SEEDS) --minutes $(MINUTES) --from $(or $(filter-out 0,$(SEED)),1)

fuzz: setup ## feed the expression language what nobody would write, SECONDS (60) each way
	@Scripts/fuzz.sh $(SECONDS)

bench: setup ## measure against what must be beaten; takes some minutes
	@Scripts/bench.sh

build: setup ## the release build: .build/release/conductord
	swift build -c release --product conductord

format: ## lay out all Swift files
	swift format --in-place --parallel --recursive $(SWIFT_SOURCES)

lint: ## what `make test` says about layout
	swift format lint --strict --parallel --recursive $(SWIFT_SOURCES)

setup: ## look for what is needed; as root on Debian, install it
	@Scripts/setup.sh
