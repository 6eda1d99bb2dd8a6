#!/bin/sh
# Writes the files that `init` and `demo` bring along into a Swift file, so that the binary needs no
# other. Run it after each edit of one of them; a test holds both equal.
set -eu
cd "$(dirname "$0")/.."
target=Sources/conductord/Templates/Templates.swift

embed() { # NAME FILE WORDS
    printf '\n    /// The file %s.\n    static let %s = ##"""\n' "$3" "$1"
    # The last line's end stands before the quotes; empty lines stay empty.
    sed -e 's/^\(..*\)$/        \1/' "$2"
    printf '\n        """##\n'
}

{
    printf '// Written by Scripts/embed-templates.sh from the files that each comment names.\n\n'
    printf '/// The files that `init` and `demo` bring along.\nenum Templates {'
    embed rules release-states.yaml '`release-states.yaml`'
    embed starterConfiguration Examples/starter/conductor.yaml '`Examples/starter/conductor.yaml`'
    embed starterRelease Examples/starter/facts/music/release.yaml \
        '`Examples/starter/facts/music/release.yaml`'
    for platform in android desktop ios; do
        embed "starter$(printf '%s' "$platform" | cut -c1 | tr '[:lower:]' '[:upper:]')$(
            printf '%s' "$platform" | cut -c2-)" \
            "Examples/starter/facts/music/$platform.yaml" \
            "\`Examples/starter/facts/music/$platform.yaml\`"
    done
    embed demoConfiguration Examples/demo/conductor.yaml '`Examples/demo/conductor.yaml`'
    embed backlotConfiguration Examples/demo/backlot.yaml '`Examples/demo/backlot.yaml`'
    printf '}\n'
} > "$target.new"
mv "$target.new" "$target"
echo "$target is written"
