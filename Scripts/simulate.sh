#!/usr/bin/env bash
# Simulates releases: the real core, runtime and journal in a world in memory, with virtual time.
#
# The program is built optimised, in a build of its own that alone holds the planted bugs. Without
# arguments it does what `make test` wants, in about MINUTES (2): each planted bug at the seed that is
# known to find it, simulated releases, crash points of the golden scenarios, and pairs of simulations
# that must come to the same. `soak --seeds N --minutes M` runs seeds, then pairs of
# crashes; anything else goes to `simulate`.
set -euo pipefail
cd "$(dirname "$0")/.."

build=(--configuration release --product simulate --scratch-path .build-simulation
    -Xswiftc -DCONDUCTOR_PLANTED_BUGS)
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

case "${1:-}" in
    '')
        minutes=${MINUTES:-2}
        share() { awk "BEGIN { print $minutes * $1 }"; }
        no_trace
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
