#!/bin/sh
# The page in a real Chromium: the road of a release manager, and what must never happen on it.
# It needs Debian's chromium and chromium-driver, and Python with venv; Selenium and axe-core come from
# PyPI into .build/page-venv. Screenshots are left in .build/page-shots.
#
#     Scripts/test-page.sh [CONDUCTORD]        (by default the debug build's)
#     Scripts/test-page.sh --prepare           gets what it needs; exit status 3 where it cannot be had
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
venv=$root/.build/page-venv

prepare() {
    for program in chromium chromedriver python3; do
        command -v "$program" > /dev/null || {
            echo "test-page: there is no $program" >&2
            return 3
        }
    done
    "$venv/bin/python" -c 'import selenium' 2> /dev/null \
        && ls "$venv"/lib/*/site-packages/axe_playwright_python/axe.min.js > /dev/null 2>&1 \
        && return 0
    mkdir -p "$root/.build"
    # Of the second, only its copy of axe-core is wanted, not what it drives.
    python3 -m venv "$venv" \
        && "$venv/bin/pip" --quiet --disable-pip-version-check install 'selenium>=4.20,<5' \
        && "$venv/bin/pip" --quiet --disable-pip-version-check install --no-deps \
            'axe-playwright-python>=0.1.4' \
        && return 0
    echo "test-page: Selenium and axe-core cannot be had from PyPI" >&2
    return 3
}

prepare
[ "${1:-}" = --prepare ] && exit 0
binary=${1:-$(cd "$root" && swift build --show-bin-path)/conductord}
[ -x "$binary" ] || {
    echo "test-page: $binary is no program; build it: swift build --product conductord" >&2
    exit 3
}
binary=$(cd "$(dirname "$binary")" && pwd)/$(basename "$binary")
axe=$(ls "$venv"/lib/*/site-packages/axe_playwright_python/axe.min.js)
exec "$venv/bin/python" "$root/Tests/Page/test_page.py" "$binary" "$axe" "$root/.build/page-shots"
