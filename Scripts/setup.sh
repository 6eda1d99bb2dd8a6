#!/usr/bin/env bash
# Sees to what the build needs beside Swift: a few Debian packages. Does nothing where all is there.
# Ends with 3 where something is missing that it cannot install, after printing the line to run.
set -euo pipefail

say() { printf 'set-up: %s\n' "$*"; }

# --- Swift: at least 6.2 -----------------------------------------------------------------------
needed=6.2
how='see https://www.swift.org/install/linux/ (swiftly install latest)'
if ! command -v swift >/dev/null 2>&1; then
    say "there is no Swift on this machine; version $needed or newer is needed: $how" >&2
    exit 3
fi
found=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
if [ -z "$found" ] || [ "$(printf '%s\n' "$needed" "$found" | sort -V | head -n 1)" != "$needed" ]; then
    say "Swift is ${found:-of an unknown version}; version $needed or newer is needed: $how" >&2
    exit 3
fi

# --- Debian packages ---------------------------------------------------------------------------
# SQLite's header and library (the journal); zlib's (pages are compressed); git (dependencies, the git source, its tests); zones
# (the tests of calendars).
missing=()
[ -e /usr/include/sqlite3.h ] || missing+=(libsqlite3-dev)
command -v git >/dev/null 2>&1 || missing+=(git)
command -v make >/dev/null 2>&1 || missing+=(make)
[ -e /usr/share/zoneinfo/Europe/Stockholm ] || missing+=(tzdata)
[ -e /usr/include/zlib.h ] || missing+=(zlib1g-dev)

if [ ${#missing[@]} -gt 0 ]; then
    install="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        {
            say "missing: ${missing[*]} (names of Debian packages)"
            if command -v apt-get >/dev/null 2>&1; then
                say "run this, then come back:"
                printf '    sudo sh -c "%s"\n' "$install"
            else
                say "install what these are called here: SQLite 3 and zlib with their headers, git, make, tzdata"
            fi
        } >&2
        exit 3
    fi
    say "installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    if ! apt-get install -y --no-install-recommends "${missing[@]}" </dev/null >"$log" 2>&1; then
        # The list of packages may be old, or not there at all.
        if ! { apt-get update && apt-get install -y --no-install-recommends "${missing[@]}"; } \
            </dev/null >"$log" 2>&1; then
            tail -n 20 "$log" >&2
            say "could not install them; run this and see: $install" >&2
            exit 3
        fi
    fi
    say "installed ${missing[*]}"
fi

# A test asks a real Prometheus; without it that test is skipped, and `make test` says so.
if [ ! -x /usr/bin/prometheus ]; then
    without='without the Debian package prometheus, one test is skipped'
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "installing prometheus, for a test"
        export DEBIAN_FRONTEND=noninteractive
        if ! { apt-get install -y --no-install-recommends prometheus \
            || { apt-get update && apt-get install -y --no-install-recommends prometheus; }; } \
            </dev/null >/dev/null 2>&1; then
            say "could not install it; $without"
        fi
    else
        say "$without"
    fi
fi

# The page is tested in a browser; without one that stage is skipped, and `make test` says so.
if ! command -v chromium >/dev/null 2>&1 || ! command -v chromedriver >/dev/null 2>&1; then
    without='without the Debian packages chromium and chromium-driver, the page is not tested in a browser'
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "installing chromium, for a test"
        export DEBIAN_FRONTEND=noninteractive
        browser=(chromium chromium-driver fonts-dejavu-core)
        if ! { apt-get install -y --no-install-recommends "${browser[@]}" \
            || { apt-get update && apt-get install -y --no-install-recommends "${browser[@]}"; }; } \
            </dev/null >/dev/null 2>&1; then
            say "could not install it; $without"
        fi
    else
        say "$without"
    fi
fi
