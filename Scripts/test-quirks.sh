#!/usr/bin/env bash
# Switches our answer to each quirk of a store off, and sees that its scenario notices (Docs/quirks.md).
#
# A build of its own, .build-quirks, with planted bugs: the first takes as long as any whole build.
set -euo pipefail
cd "$(dirname "$0")/.."
Scripts/lend-packages.sh .build-quirks
exec swift test --scratch-path .build-quirks -Xswiftc -DCONDUCTOR_PLANTED_BUGS \
    --disable-xctest --filter 'Quirks of stores'
