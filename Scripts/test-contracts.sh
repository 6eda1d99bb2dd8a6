#!/usr/bin/env bash
# Runs every adapter against one contract server per vendor: `Scripts/test-contracts.sh DIR`.
#
# DIR holds contract_server.py, requirements.txt and specs/. The requirements go into a virtual
# environment under .build/; it is kept, and made anew when requirements.txt changes.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ $# -ne 1 ] || [ ! -e "$1/contract_server.py" ]; then
    echo "contract test: skipped, no directory with contract_server.py; say CONTRACTS=DIR"
    exit 0
fi
folder=$(cd "$1" && pwd)
environment=$PWD/.build/contracts
if ! cmp -s "$folder/requirements.txt" "$environment/requirements.txt"; then
    rm -rf "$environment"
    python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check -r "$folder/requirements.txt"
    cp "$folder/requirements.txt" "$environment/requirements.txt"
fi
exec "$(swift build --show-bin-path)/contract-test" "$folder" "$environment/bin/python"
