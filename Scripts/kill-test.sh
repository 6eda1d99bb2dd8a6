#!/usr/bin/env bash
# Runs the kill test of the debug build: `--kills N` (kill -9 at seeded moments) or `--syncs N`
# (killed at a sync, under strace); `--seed S` repeats a run.
set -euo pipefail
cd "$(dirname "$0")/.."
exec "$(swift build --show-bin-path)/kill-test" "$@"
