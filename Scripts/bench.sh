#!/usr/bin/env bash
# Builds the benchmarks' own package, optimised, and runs them. Arguments go to the benchmarks.
set -euo pipefail
cd "$(dirname "$0")/.."
# What adapters do is measured against planted delays, so that a debug build says the same.
if [ "${1:-}" = adapters ]; then
    swift build --product adapter-bench
    exec "$(swift build --show-bin-path)/adapter-bench" "${@:2}"
fi
cd Benchmarks
swift build -c release --product conductor-benchmarks
exec .build/release/conductor-benchmarks "$@"
