import Foundation

/// What the kill test is asked to do.
struct Options {
    enum Means {
        /// `kill -9`, at seeded moments.
        case kills
        /// SIGKILL as strace injects it, at the n-th sync of a thread.
        case syncs
    }

    var means = Means.kills
    var rounds = 5
    /// Whether the probe is given a file in which it never finds anything.
    ///
    /// Then create_once must be seen to be done twice: a test of the test.
    var isBlind = false
    var seed = UInt64.random(in: 1...999_999)
    /// Where the programs are: beside this one.
    let programs = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        .deletingLastPathComponent()

    static let usage = """
        kill-test [--kills N | --syncs N] [--seed S] [--blind]

        Runs conductord on a small machine, ends it N times in the hard way, lets it finish, and
        counts what it did. Seed 0 chooses one; it is printed, and repeats the moments. With --blind
        the probe never finds anything, and only a run that notices passes.
        """

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let name = rest.popFirst() {
            if name == "--blind" {
                isBlind = true
                continue
            }
            guard let text = rest.popFirst(), let number = UInt64(text) else {
                throw Failure("\(name) lacks its number\n\(Self.usage)")
            }
            switch name {
            case "--kills": (means, rounds) = (.kills, Int(number))
            case "--syncs": (means, rounds) = (.syncs, Int(number))
            case "--seed": if number > 0 { seed = number }
            default: throw Failure("\(name) is no option\n\(Self.usage)")
            }
        }
    }
}

/// Why the kill test fails, in a sentence.
struct Failure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}

/// Numbers that a seed determines (SplitMix64).
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
