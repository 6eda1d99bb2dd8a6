#!/usr/bin/env bash
# Feeds the expression language what nobody would write: fuzz.sh [SECONDS] for each of three parts.
#
# Any bytes through libFuzzer; made-up expressions that all parse; `matches` beside RE2. What cannot
# run here is skipped with the reason.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-60}
seed=${2:-$RANDOM}
out=.build/fuzz
mkdir -p "$out/bytes-module" "$out/corpus"

flags=(-swift-version 6 -enable-upcoming-feature MemberImportVisibility
    -enable-upcoming-feature InternalImportsByDefault -O -wmo -parse-as-library)
mapfile -t sources < <(find Sources/CEL -name '*.swift' | sort)
shared=(Tests/CELTests/ExpressionGenerator.swift Tests/CELTests/FuzzProperties.swift)

# library DIRECTORY FLAGS...: the module, for the programs below.
library() {
    local directory=$1
    shift
    swiftc "${flags[@]}" "$@" -module-name CEL -emit-module -emit-module-path "$directory/CEL.swiftmodule" \
        -emit-library -static -o "$directory/libCEL.a" "${sources[@]}"
}

# program NAME DIRECTORY FILES...
program() {
    local name=$1 directory=$2
    shift 2
    swiftc "${flags[@]}" -module-name "${name//-/_}" -I "$directory" "$@" "$directory/libCEL.a" -lm -o "$out/$name"
}

library "$out"
program cel-grammar "$out" Tests/CELFuzz/Grammar.swift "${shared[@]}"
"$out/cel-grammar" "$seconds" "$seed"

if printf '@_cdecl("LLVMFuzzerTestOneInput") public func f(_: UnsafePointer<UInt8>?, _: Int) -> CInt { 0 }' \
    >"$out/probe.swift" && swiftc -parse-as-library -sanitize=fuzzer "$out/probe.swift" -o "$out/probe" 2>"$out/probe.log"; then
    library "$out/bytes-module" -sanitize=fuzzer
    program cel-bytes "$out/bytes-module" -sanitize=fuzzer Tests/CELFuzz/Bytes.swift "${shared[@]}"
    for text in 'a.b == 1 && [1, 2].all(x, x > 0)' "{'a': 1}.?b.orValue(2u)" '"é".matches(r"^\w+$") ? 1.5e3 : .5' \
        "cel.bind(x, b'\\xff', size(x)) in [1]" "duration('1h') < now - timestamp(0)"; do
        printf '%s' "$text" >"$out/corpus/$(printf '%s' "$text" | cksum | cut -d' ' -f1)"
    done
    "$out/cel-bytes" -max_total_time="$seconds" -seed="$((seed + 1))" -max_len=400 -timeout=5 -rss_limit_mb=1500 \
        -print_final_stats=1 -artifact_prefix="$out/" -dict=Tests/CELFuzz/words.dict "$out/corpus" \
        >"$out/bytes.log" 2>&1 || { tail -30 "$out/bytes.log" >&2; exit 1; }
    grep -E ' cov: ' "$out/bytes.log" | tail -1 | sed 's/^/bytes: /'
    grep -E 'number_of_executed_units|slowest_unit' "$out/bytes.log" | sed 's/^/bytes: /'
else
    echo "bytes: skipped, this toolchain links no libFuzzer ($(head -1 "$out/probe.log"))"
fi

python=$out/venv/bin/python
if [ ! -x "$python" ]; then
    python3 -m venv "$out/venv" >"$out/venv.log" 2>&1 && "$out/venv/bin/pip" -q install google-re2 >>"$out/venv.log" 2>&1 || true
fi
if "$python" -c 'import re2' 2>/dev/null; then
    program cel-matches "$out" Tests/CELFuzz/Matches.swift
    "$python" Tests/CELFuzz/compare-with-re2.py "$out/cel-matches" "$seconds" "$seed"
else
    echo "matches: skipped, google-re2 is not in $out/venv and could not be installed from PyPI"
fi
