#!/usr/bin/env bash
# Simulates releases: the real core, runtime and journal in a world in memory, with virtual time.
#
# The program is built optimised, in a build of its own that alone holds the planted bugs. Without
# arguments it does what `make test` wants, in about MINUTES (2): golden scripts in eight processes,
# each planted bug at the seed that is known to find it, simulated releases, crash points of the golden
# scenarios, and pairs of simulations that must come to the same. `soak --seeds N --minutes M` runs
# seeds, then pairs of crashes; anything else goes to `simulate`.
set -euo pipefail
cd "$(dirname "$0")/.."

# C is not optimised, which makes the build shorter by minutes: what runs of it is a hash, which is assembly,
# and the simulation's own small ground.
build=(--configuration release --product simulate --scratch-path .build-simulation
    -Xswiftc -DCONDUCTOR_PLANTED_BUGS -Xcc -O0)
Scripts/lend-packages.sh .build-simulation
swift build "${build[@]}" --quiet
simulate="$(swift build "${build[@]}" --show-bin-path)/simulate"

# The programs that people get hold nothing of the planted bugs: not the name of one.
no_trace() {
    local name=secondLookForgotten program
    if ! grep -q "$name" "$simulate"; then
        echo "the simulation has no planted bugs, so that their absence elsewhere says nothing" >&2
        exit 1
    fi
    for program in "$(swift build --show-bin-path)/conductord" .build/release/conductord; do
        if [ -e "$program" ] && grep -q "$name" "$program"; then
            echo "$program holds planted bugs" >&2
            exit 1
        fi
    done
}

# Golden scripts give equal bytes in eight processes of different zone, language and hash seed.
golden() {
    local expected zone languages=(C de_DE.UTF-8 tr_TR.UTF-8 ar_EG.UTF-8) place=0
    expected=$(mktemp)
    # shellcheck disable=SC2064
    trap "rm -f '$expected'" RETURN
    for scenario in Tests/Scenarios/*.txt; do sed '1,/^----$/d' "$scenario"; done >"$expected"
    [ -s "$expected" ]
    for zone in UTC America/New_York Asia/Kolkata Pacific/Kiritimati Europe/Berlin \
        Australia/Lord_Howe Africa/Cairo Pacific/Pago_Pago; do
        if ! TZ=$zone LANG=${languages[place % 4]} LC_ALL=${languages[place % 4]} \
            "$simulate" scenarios Tests/Scenarios/*.txt | cmp - "$expected"; then
            echo "golden scripts come out otherwise in zone $zone" >&2
            exit 1
        fi
        place=$((place + 1))
    done
    echo "golden scripts: equal bytes in $place processes"
}

case "${1:-}" in
    '')
        minutes=${MINUTES:-2}
        share() { awk "BEGIN { print $minutes * $1 }"; }
        no_trace
        golden
        "$simulate" bugs --known
        "$simulate" seeds --releases 2000 --seeds 2000 --minutes "$(share 0.6)"
        "$simulate" crashes --scenarios 3 --minutes "$(share 0.3)"
        "$simulate" pairs --scenarios 4
        ;;
    soak)
        shift
        "$simulate" seeds "$@"
        exec "$simulate" crashes --pairs "$@"
        ;;
    *) exec "$simulate" "$@" ;;
esac
