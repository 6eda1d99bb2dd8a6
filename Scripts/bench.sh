#!/usr/bin/env bash
# Builds the benchmarks' own package, optimised, and runs them. Arguments go to the benchmarks.
set -euo pipefail
cd "$(dirname "$0")/../Benchmarks"
swift build -c release --product conductor-benchmarks
exec .build/release/conductor-benchmarks "$@"
