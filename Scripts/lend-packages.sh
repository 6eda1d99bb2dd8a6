#!/usr/bin/env bash
# lend-packages.sh DIR: a further build, in DIR, takes over the packages that the first one has checked
# out, instead of fetching all of them again. Does nothing where DIR has its own, or there are none yet.
set -euo pipefail
cd "$(dirname "$0")/.."

to=$1
if [ ! -e "$to/workspace-state.json" ] && [ -e .build/workspace-state.json ]; then
    mkdir -p "$to"
    cp -a .build/checkouts .build/repositories "$to/"
    # Last, since it says that all is there.
    cp .build/workspace-state.json "$to/"
fi
