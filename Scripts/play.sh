#!/bin/sh
# A playground: a real repository, files to edit, three tracks, and the daemon in the foreground.
# What is there already stays as it is, so that a second run goes on where the first one ended.
#
#     Scripts/play.sh CONDUCTORD [DIRECTORY]        (by default ./playground)
set -eu

usage() {
    echo "usage: $0 CONDUCTORD [DIRECTORY]" >&2
    exit 2
}

cannot() {
    echo "play: $1" >&2
    exit 3
}

[ $# -ge 1 ] && [ $# -le 2 ] || usage
root=$(cd "$(dirname "$0")/.." && pwd)
[ -x "$1" ] || cannot "$1 is no program; build it: swift build --product conductord"
binary=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
directory=${2:-playground}
command -v git > /dev/null || cannot "git is needed"
mkdir -p "$directory"
shown=$directory
cd "$directory"

# --- The repository -------------------------------------------------------------------------------

if [ ! -e repository ]; then
    rm -rf repository.new
    git init --quiet --initial-branch=main repository.new
    for step in "A player" "A search field" "A car mode"; do
        echo "$step" >> repository.new/NEWS
        git -C repository.new add NEWS
        git -C repository.new -c user.name=Playground -c user.email=playground@localhost \
            -c commit.gpgsign=false commit --quiet --message="$step"
    done
    # Whole, or not there.
    mv repository.new repository
fi

# --- Files to edit --------------------------------------------------------------------------------

mkdir -p bin facts store
for file in bin/farm bin/store facts/release.yaml facts/ios.yaml facts/android.yaml \
    facts/desktop.yaml conductor.yaml; do
    [ -e "$file" ] || cp "$root/Examples/playground/$file" "$file"
done
chmod +x bin/farm bin/store
# PORT: another port for the page than the example's; 0 is any that is free.
if [ -n "${PORT:-}" ]; then
    sed "s/listen: 127\.0\.0\.1:[0-9]*/listen: 127.0.0.1:$PORT/" conductor.yaml > conductor.yaml.new
    mv conductor.yaml.new conductor.yaml
fi
page=$(sed -n 's/^http: {listen: \([^}]*\)}.*/\1/p' conductor.yaml)
case $page in
"") page="none: 'http' is not in conductor.yaml" ;;
*:0) page="where the log says it is open" ;;
*) page="http://$page/" ;;
esac
for platform in ios android desktop; do
    [ -e "store/$platform.yaml" ] || {
        echo "# The store's page of music on $platform. Edit 'review' to speak for the store."
        echo 'commit: ""'
        echo "review: none             # none, in_review, approved, rejected"
        echo "rollout: none            # none, running, paused, completed"
        echo "rollout_fraction: 0.01  # more, as on the second day of a phased release, and it is paused"
        echo "pause_days_left: 30"
    } > "store/$platform.yaml"
done

# The rules are the published process; ten minutes are five seconds here, and a day is twenty.
if [ ! -e release-states.yaml ]; then
    sed -e 's/dwell: 10m/dwell: 5s/' -e 's/dwell: 24h/dwell: 20s/' \
        -e 's/do: \[{chat.post: {text: "\(.*\): release candidate"}}\]/do: [vcs.tag, {chat.post: {text: "\1: release candidate"}}]/' \
        "$root/release-states.yaml" > release-states.yaml.new
    for change in 'dwell: 5s' 'dwell: 20s' 'vcs.tag'; do
        grep -q "$change" release-states.yaml.new ||
            cannot "release-states.yaml has changed: '$change' is not in the playground's copy"
    done
    mv release-states.yaml.new release-states.yaml
fi

cat > conductord <<END
#!/bin/sh
# conductord, in the playground.
cd "\$(dirname "\$0")" && exec "$binary" "\$@"
END
chmod +x conductord

# --- Three tracks ---------------------------------------------------------------------------------

./conductord check > check.log 2>&1 || {
    cat check.log >&2
    exit 1
}
rm check.log
for platform in ios android desktop; do
    if ! said=$(./conductord track add "music/$platform/8.9.2" 2>&1); then
        case $said in
        *"registered already"*) ;;
        *) cannot "$said" ;;
        esac
    fi
done

cat <<END
The playground: music 8.9.2 on ios, android and desktop.

  files to edit   $shown/facts/release.yaml         bugs, build, tests: all platforms
                  $shown/facts/ios.yaml             users and ITGC; also android, desktop
                  $shown/store/ios.yaml             the store's review; also android, desktop
                  $shown/release-states.yaml        the rules (read at the next start)
  repository      $shown/repository
  state           $shown/.conductord                the journal
  log             $shown/conductord.log             and below
  the page        $page

Three things to try, in another terminal:

  1. Cut the release branch, and all three platforms move on by themselves:
       git -C $shown/repository branch release/8.9.2 main
  2. Ask why ios is not submitted; then give it what it lacks (blockers: 0, tests: passed,
     sessions: 12000, content_plays: 9000, and the word of both teams), and it goes:
       $shown/conductord explain music/ios/8.9.2
       $shown/conductord signoff music/8.9.2 playback
       $shown/conductord signoff music/8.9.2 search
  3. Speak for the store (review: approved in store/ios.yaml), let users crash at 1 %
     (crash_free_users: 0.98 in facts/ios.yaml), and see it pause:
       $shown/conductord status

Ctrl-C ends it; the next 'make run' goes on from here, 'make clean-run' forgets it.

END

# --- The daemon -----------------------------------------------------------------------------------

./conductord run 2>> conductord.log &
daemon=$!
trap 'kill -TERM "$daemon" 2> /dev/null || true' INT TERM HUP
tail -n 0 --pid="$daemon" -f conductord.log &
# A signal ends the first wait; the second one is for the daemon's own end.
status=0
wait "$daemon" || status=$?
while kill -0 "$daemon" 2> /dev/null; do
    status=0
    wait "$daemon" || status=$?
done
wait
exit "$status"
