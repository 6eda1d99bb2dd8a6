"""Compares `matches` with RE2 on made-up patterns: compare-with-re2.py PROGRAM SECONDS [SEED]."""

import random
import subprocess
import sys
import time

import re2

ATOMS = [
    "a", "b", "c", "é", "ß", "k", "K", "0", "9", "_", "-", " ", ".", "\\n", "\\t", "\\d", "\\D", "\\w", "\\W",
    "\\s", "\\S", "\\pL", "\\PN", "\\p{Lu}", "\\p{^Ll}", "[abc]", "[^abc]", "[a-c]", "[^a-c\\d]", "[[:alpha:]]",
    "[[:^digit:]]", "[\\w-]", "[]a]", "[a-]", "^", "$", "\\b", "\\B", "\\A", "\\z", "\\x41", "\\x{e9}", "\\Qa.b\\E",
    "\\.", "\\\\", "\\141", "{", "}", "a{,2}",
]
BAD = ["(?=a)", "\\1", "(?<!a)", "a**", "a{2,1}", "[b-a]", "(", ")", "[", "\\", "(?P<n", "*", "a{1001}", "\\8", "(?z)"]
ENDS = ["*", "+", "?", "{2}", "{0,2}", "{1,}", "*?", "+?", "??", "{1,2}?"]
LETTERS = list("aabbccKk_ -.09éßÉ\n\tſK") + ["a.b", "abc"]


def pattern(depth, dice):
    kind = dice.random()
    if depth <= 0 or kind < 0.35:
        return dice.choice(BAD) if dice.random() < 0.02 else dice.choice(ATOMS)
    if kind < 0.6:
        return pattern(depth - 1, dice) + pattern(depth - 1, dice)
    if kind < 0.72:
        return pattern(depth - 1, dice) + "|" + pattern(depth - 1, dice)
    if kind < 0.86:
        return dice.choice(["(", "(?:", "(?i:", "(?s:", "(?m:", "(?P<n%d>" % dice.randrange(10**6)]) + pattern(
            depth - 1, dice
        ) + ")"
    return pattern(depth - 1, dice) + dice.choice(ENDS)


def main():
    program, seconds = sys.argv[1], float(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(10**6)
    dice = random.Random(seed)
    options = re2.Options()
    options.log_errors = False
    end = time.monotonic() + seconds
    counts = {"1": 0, "0": 0, "e": 0}
    while time.monotonic() < end:
        pairs = []
        for _ in range(2000):
            text = "".join(dice.choice(LETTERS) for _ in range(dice.randrange(12)))
            pairs.append((pattern(dice.randrange(6), dice), text))
        lines = "".join(part.encode().hex() + "\n" for pair in pairs for part in pair)
        answers = subprocess.run([program], input=lines, capture_output=True, text=True, check=True).stdout.split()
        for (regex, text), answer in zip(pairs, answers, strict=True):
            # RE2 also looks between the octets of one code point, where `\B` holds; Go's regexp,
            # which CEL goes by, does not.
            if "\\B" in regex and not text.isascii():
                continue
            try:
                wanted = "1" if re2.compile(regex, options).search(text) else "0"
            except re2.error:
                wanted = "e"
            if answer != wanted:
                sys.exit(f"matches: seed {seed}: {regex!r} on {text!r}: {answer}, RE2 says {wanted}")
            counts[answer] += 1
    total = sum(counts.values())
    print(f"matches: seed {seed}, {total} patterns as RE2 has them: {counts['1']} match, "
          f"{counts['0']} do not, {counts['e']} are refused")


main()
