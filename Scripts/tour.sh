#!/bin/sh
# The README's five-minute tour, played against the real binary in a playground of its own: one
# track from upcoming to 100 %, with a pause on the way; then explain, timeline, verify, replay.
# Each step waits for what it expects, at most LIMIT seconds. Ends with 1 where the tour is wrong.
#
#     Scripts/tour.sh [CONDUCTORD]        (by default the debug build's)
set -eu

[ $# -le 1 ] || {
    echo "usage: $0 [CONDUCTORD]" >&2
    exit 2
}
scripts=$(cd "$(dirname "$0")" && pwd)
binary=${1:-$(cd "$scripts/.." && swift build --show-bin-path)/conductord}
[ -x "$binary" ] || {
    echo "tour: $binary is no program; build it: swift build --product conductord" >&2
    exit 3
}
binary=$(cd "$(dirname "$binary")" && pwd)/$(basename "$binary")
LIMIT=${LIMIT:-120}
track=music/ios/8.9.2
ground=$(mktemp -d "${TMPDIR:-/tmp}/conductord-tour.XXXXXX")
player=

finish() {
    code=$?
    trap - EXIT
    stop_playing
    if [ "$code" -ne 0 ]; then
        echo "--- the end of the log"
        tail -n 30 "$ground/play.log" 2> /dev/null || true
    fi
    rm -rf "$ground"
    exit "$code"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

fail() {
    echo "tour: $1" >&2
    exit 1
}

conductord() { "$ground/play/conductord" "$@"; }

play() {
    PORT=0 "$scripts/play.sh" "$binary" "$ground/play" >> "$ground/play.log" 2>&1 &
    player=$!
}

stop_playing() {
    [ -n "$player" ] || return 0
    kill -TERM "$player" 2> /dev/null || true
    ended=0
    wait "$player" || ended=$?
    player=
    return 0
}

# --- What 'status --json' says of the track: members of an object stand in order of name -----------

look() {
    document=$(conductord status --json 2> /dev/null | sed "s|\"track\":\"$track\".*||" || true)
    stage=$(member stage)
    light=$(member light)
}

member() { # NAME
    printf '%s\n' "$document" | grep -o "\"$1\":\"[a-z_0-9]*\"" | tail -n 1 | cut -d '"' -f 4 || true
}

# Waits a moment, unless it has waited too long.
pause() { # WHAT IS WRONG
    [ -z "$player" ] || kill -0 "$player" 2> /dev/null || fail "the daemon has ended"
    [ "$waited" -lt $((LIMIT * 5)) ] || {
        conductord explain "$track" || true
        fail "$1, after $LIMIT s"
    }
    waited=$((waited + 1))
    sleep 0.2
}

# Polls until the track is in a stage.
reach() { # STAGE
    waited=0
    look
    while [ "$stage" != "$1" ]; do
        pause "$track is in '$stage', and not in '$1'"
        look
    done
    echo "  $track is in $1 (light $light)"
}

# Resumes until it lasts: while the newest reading still shows the spike, the guard pauses again.
resume() {
    waited=0
    look
    while [ "$stage" != rollout_1 ] || [ "$light" = red ]; do
        if [ "$stage" = rollout_paused ]; then
            conductord resume "$track" --reason "the fix is on the server" > /dev/null || true
        fi
        pause "$track does not stay at 1 %"
        look
    done
    echo "  $track is in $stage again (light $light)"
}

# Polls until 'explain' names something that is missing.
lacks() { # CONDITION
    waited=0
    until conductord explain "$track" --json 2> /dev/null |
        grep -o '"smallest":\[[^]]*\]' | grep -q "\"$1\""; do
        pause "'explain' does not say that $1 is missing"
    done
    echo "  explain: it lacks $1"
}

# Edits a file as an editor does: whole, in the place of the old one.
edit() { # FILE KEY VALUE
    file=$ground/play/$1
    grep -q "^$2:" "$file" || fail "$1 has no '$2'"
    sed "s|^$2: *[A-Za-z0-9._\"]*|$2: $3|" "$file" > "$file.edited"
    mv "$file.edited" "$file"
    echo "  $1: $2: $3"
}

# --- The tour ---------------------------------------------------------------------------------------

echo "1. make run"
play
reach upcoming
lacks branch_exists

echo "2. cut the release branch"
git -C "$ground/play/repository" branch release/8.9.2 main
reach final_rc
lacks no_open_blockers
lacks signed_off
git -C "$ground/play/repository" tag --list 'rc-*' | grep -q '^rc-8.9.2.3$' ||
    fail "the release candidate has no tag"
echo "  the candidate is tagged rc-8.9.2.3"

echo "3. give it what it lacks"
edit facts/release.yaml blockers 0
edit facts/release.yaml tests passed
edit facts/ios.yaml sessions 12000
edit facts/ios.yaml content_plays 9000
conductord signoff music/8.9.2 playback > /dev/null
conductord signoff music/8.9.2 search > /dev/null
reach submitted

echo "4. speak for the store"
edit store/ios.yaml review approved
reach rollout_1
grep -q '^rollout: running' "$ground/play/store/ios.yaml" || fail "the rollout was not started"
lacks itgc_passed

echo "5. a crash spike pauses, and a person resumes"
edit facts/ios.yaml crash_free_users 0.98
reach rollout_paused
grep -q '^rollout: paused' "$ground/play/store/ios.yaml" || fail "the rollout was not paused"
edit facts/ios.yaml crash_free_users 0.9972
resume

echo "6. end it, and go on with the same journal"
stop_playing
head=$(conductord head --json)
edit facts/ios.yaml itgc_passed true
play
reach rollout_100
grep -q '^rollout: completed' "$ground/play/store/ios.yaml" || fail "the rollout was not completed"

echo "7. ask afterwards"
stop_playing
conductord explain "$track" > /dev/null || fail "explain"
conductord timeline "$track" > "$ground/timeline" || fail "timeline"
for stage in branched final_rc submitted rollout_1 rollout_paused rollout_100; do
    grep -q "$stage" "$ground/timeline" || fail "the timeline does not know $stage"
done
[ "$(conductord head --json)" != "$head" ] || fail "the second run wrote nothing"
conductord verify || fail "verify"
conductord replay || fail "replay"
conductord replay --full || fail "replay --full"
echo "the tour is as the README tells it"
