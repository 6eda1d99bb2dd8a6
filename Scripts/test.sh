#!/usr/bin/env bash
# Everything that a change must pass, in stages; ends at the first that fails and names it.
#
# What needs something that is not on this machine is skipped and listed at the end with the
# reason. SHARED names a directory with further cases (`cel/cases`), CONTRACTS one with vendors'
# specifications and their server; without them, ../shared and ../shared/vendors are taken where they
# exist.
set -euo pipefail
cd "$(dirname "$0")/.."

begun=$SECONDS
minutes=()
skipped=()

took() { printf '%d min %02d s' $(($1 / 60)) $(($1 % 60)); }

# stage NAME COMMAND...: the command's own status counts (`set -e` is off within it).
stage() {
    local name=$1 start=$SECONDS status=0
    shift
    printf '\n==> %s\n' "$name"
    "$@" || status=$?
    minutes+=("$(printf '%-24s %s' "$name" "$(took $((SECONDS - start)))")")
    if [ "$status" -ne 0 ]; then
        printf '\nFAILED in stage: %s (exit status %d)\n' "$name" "$status" >&2
        printf '    %s\n' "${minutes[@]}" >&2
        exit 1
    fi
}

skip() { skipped+=("$1: $2"); }

lint() {
    swift format lint --strict --parallel --recursive Sources Tests Package.swift \
        Benchmarks/Package.swift Benchmarks/Sources/ConductorBenchmarks \
        Benchmarks/Sources/AdapterBenchmarks
}

# The check of imports says "Build complete!" even when it found something; its status counts.
build() { swift build --build-tests --explicit-target-dependency-import-check error; }

# Two at a time, for two cores: those that compute, beside those that wait for children, files and servers.
# Within each, one at a time: else tests that wait would starve those that measure time.
unit_tests() {
    local computing='^(Backlot|CEL|ConductorCore|ConductorFiles|ConductorJournal|Simulation)Tests[.]'
    local log=.build/computing-tests.log status=0 others
    tests --filter "$computing" >"$log" 2>&1 &
    others=$!
    # shellcheck disable=SC2064
    trap "kill $others 2>/dev/null" EXIT
    tests --skip "$computing" || status=$?
    wait "$others" || status=$?
    trap - EXIT
    printf '\n'
    cat "$log"
    return "$status"
}

# The line at each start of a case of a parametrised test is left out.
tests() {
    "$(swift build --show-bin-path)/conductordPackageTests.xctest" --testing-library swift-testing \
        --no-parallel "$@" </dev/null 2>&1 | grep --line-buffered -v '◇.*Test case passing '
}

stage 'layout' lint
stage 'build' build

if [ -z "${SHARED:-}" ] && [ -d ../shared/cel/cases ]; then SHARED=../shared; fi
if [ -n "${SHARED:-}" ] && [ -d "$SHARED/cel/cases" ]; then
    CONDUCTOR_SHARED=$(cd "$SHARED" && pwd)
    export CONDUCTOR_SHARED
else
    unset CONDUCTOR_SHARED
    skip 'shared cases of the expression language' \
        "no directory with cel/cases; say 'make test SHARED=DIR'"
fi
if [ -z "${CONTRACTS:-}" ] && [ -d ../shared/vendors ]; then CONTRACTS=../shared/vendors; fi
if [ -n "${CONTRACTS:-}" ] && [ -d "$CONTRACTS/specs" ]; then
    CONDUCTOR_CONTRACTS=$(cd "$CONTRACTS" && pwd)
    export CONDUCTOR_CONTRACTS
else
    unset CONDUCTOR_CONTRACTS
    skip "the backlot's answers by their specifications" \
        "no directory with specs; say 'make test CONTRACTS=DIR'"
fi
[ -x /usr/bin/prometheus ] || skip 'a real Prometheus' 'the Debian package prometheus is not installed'
stage 'tests' unit_tests

if [ -x Scripts/tour.sh ]; then
    stage 'tour of the README' Scripts/tour.sh
else
    skip 'tour of the README' 'there is no Scripts/tour.sh'
fi

if command -v docc >/dev/null 2>&1; then
    stage 'reference of CEL' Scripts/reference.sh
else
    skip 'reference of CEL' 'docc is not installed'
fi

# In a browser, where one is installed and PyPI can be reached, or was once.
if Scripts/test-page.sh --prepare; then
    stage 'page in a browser' Scripts/test-page.sh
else
    skip 'page in a browser' 'no chromium, chromium-driver, python3, or Selenium from PyPI'
fi

kill_test() {
    # A gate must be seen to close: with a probe that never finds anything, effects come twice.
    Scripts/kill-test.sh --kills 5 && Scripts/kill-test.sh --kills 4 --blind
}

if [ -z "${CONTRACTS:-}" ] || [ ! -e "$CONTRACTS/contract_server.py" ]; then
    skip 'contracts' "no directory with contract_server.py; say 'make test CONTRACTS=DIR'"
elif ! command -v python3 >/dev/null 2>&1 || ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
    skip 'contracts' 'there is no Python 3 that can make a virtual environment'
else
    stage 'contracts' Scripts/test-contracts.sh "$CONTRACTS"
fi

stage 'simulation' Scripts/simulate.sh
stage 'kill test' kill_test
if command -v strace >/dev/null 2>&1 && strace -qq -e trace=none true 2>/dev/null; then
    stage 'kill test, at syncs' Scripts/kill-test.sh --syncs 5
else
    skip 'kill test, at syncs' 'strace is not installed, or may not trace here'
fi

printf '\nAll stages passed in %s:\n' "$(took $((SECONDS - begun)))"
printf '    %s\n' "${minutes[@]}"
if [ ${#skipped[@]} -gt 0 ]; then
    printf 'Skipped:\n'
    printf '    %s\n' "${skipped[@]}"
else
    printf 'Nothing was skipped.\n'
fi
