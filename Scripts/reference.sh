#!/usr/bin/env bash
# Makes the reference of the module CEL: .build/CEL.doccarchive. A warning is an error.
set -euo pipefail
cd "$(dirname "$0")/.."

symbols=.build/cel-symbols
mkdir -p "$symbols"
mapfile -t sources < <(find Sources/CEL -name '*.swift' | sort)
swiftc -swift-version 6 -enable-upcoming-feature MemberImportVisibility -parse-as-library -module-name CEL \
    -emit-module -emit-module-path "$symbols/CEL.swiftmodule" -emit-symbol-graph -emit-symbol-graph-dir "$symbols" \
    "${sources[@]}"
exec docc convert Sources/CEL/CEL.docc --warnings-as-errors --fallback-bundle-identifier CEL \
    --additional-symbol-graph-dir "$symbols" --output-path .build/CEL.doccarchive
