#!/usr/bin/env bash
# Simulates releases: the real core, runtime and journal in a world in memory, with virtual time.
#
# Without arguments: what `make test` runs, for about MINUTES (2), with the program that the tests have
# built. With arguments it is built optimised, in a build of its own that alone holds the planted bugs:
# `soak --seeds N --minutes M` for seeds, then pairs of crashes; anything else goes to `simulate`.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ $# -eq 0 ]; then
    programs=$(swift build --show-bin-path)
    # The programs that people get hold nothing of the planted bugs: not the name of one.
    for program in "$programs/conductord" "$programs/simulate" .build/release/conductord; do
        if [ -e "$program" ] && grep -q secondLookForgotten "$program"; then
            echo "$program holds planted bugs" >&2
            exit 1
        fi
    done
    exec "$programs/simulate" seeds --seeds 2000 --minutes "${MINUTES:-2}"
fi

build=(--configuration release --product simulate --scratch-path .build-simulation
    -Xswiftc -DCONDUCTOR_PLANTED_BUGS)
swift build "${build[@]}" --quiet
simulate="$(swift build "${build[@]}" --show-bin-path)/simulate"

if [ "$1" = soak ]; then
    shift
    "$simulate" seeds "$@"
    exec "$simulate" crashes --pairs "$@"
fi
exec "$simulate" "$@"
