/// A deterministic automaton for texts in ASCII, made of a small pattern when it is compiled.
///
/// A text with other code points is left to the walk over all states at once.
struct PatternTable: Sendable {
    /// The column of each octet below 128.
    private var columns = [UInt8](repeating: 0, count: 128)
    private var columnCount = 0
    /// The next state by state and column.
    private var next: [UInt8] = []
    /// Whether a state is a match already, and whether it is one at the end of the text.
    private var isMatch: [Bool] = []
    private var isMatchAtEnd: [Bool] = []

    private static let maximumStates = 60

    /// Makes a table of a pattern; `nil` when it is too large or looks at words or lines.
    init?(_ pattern: Pattern) {
        guard pattern.instructionCount <= 200 else { return nil }
        var kinds: [[Bool]: UInt8] = [:]
        var samples: [Unicode.Scalar] = []
        for octet in UInt8(0)..<128 {
            let scalar = Unicode.Scalar(octet)
            let membership = pattern.memberships(of: scalar)
            if let known = kinds[membership] {
                columns[Int(octet)] = known
            } else {
                kinds[membership] = UInt8(samples.count)
                columns[Int(octet)] = UInt8(samples.count)
                samples.append(scalar)
            }
        }
        columnCount = samples.count
        var states: [[Int]] = [[0]]
        var numbers: [[Int]: UInt8] = [:]
        var place = 0
        while place < states.count {
            // The first state stands at the start of the text and is never come back to.
            let isStart = place == 0
            guard
                let middle = pattern.closure(of: states[place], isStart: isStart, isEnd: false),
                let end = pattern.closure(of: states[place], isStart: isStart, isEnd: true)
            else { return nil }
            isMatch.append(middle.isMatch)
            isMatchAtEnd.append(end.isMatch)
            for sample in samples {
                var seeds = Set([0])
                for state in middle.waiting where pattern.accepts(sample, in: state) {
                    seeds.insert(state + 1)
                }
                let key = seeds.sorted()
                if let known = numbers[key] {
                    next.append(known)
                } else {
                    guard states.count < Self.maximumStates else { return nil }
                    numbers[key] = UInt8(states.count)
                    next.append(UInt8(states.count))
                    states.append(key)
                }
            }
            place += 1
        }
    }

    /// Whether any part of a text matches; `nil` when the text is not in ASCII.
    func matches(_ text: String) -> Bool? {
        var state = 0
        for octet in text.utf8 {
            if isMatch[state] { return true }
            guard octet < 128 else { return nil }
            state = Int(next[state * columnCount + Int(columns[Int(octet)])])
        }
        return isMatch[state] || isMatchAtEnd[state]
    }
}

extension Pattern {
    var instructionCount: Int { instructions.count }

    /// In which sets of the pattern a code point is.
    func memberships(of scalar: Unicode.Scalar) -> [Bool] { sets.map { $0.contains(scalar) } }

    /// Whether a state that waits for a code point goes on with this one.
    func accepts(_ scalar: Unicode.Scalar, in state: Int) -> Bool {
        guard case .set(let number) = instructions[state] else { return false }
        return sets[number].contains(scalar)
    }

    /// The states to which some lead without a code point; `nil` when words or lines matter.
    func closure(
        of states: [Int],
        isStart: Bool,
        isEnd: Bool
    ) -> (waiting: [Int], isMatch: Bool)? {
        var seen = [Bool](repeating: false, count: instructions.count)
        var stack = states
        var waiting: [Int] = []
        var isMatch = false
        while let state = stack.popLast() {
            guard !seen[state] else { continue }
            seen[state] = true
            switch instructions[state] {
            case .match: isMatch = true
            case .set: waiting.append(state)
            case .jump(let target): stack.append(target)
            case .split(let first, let second): stack += [first, second]
            case .assert(.textStart): if isStart { stack.append(state + 1) }
            case .assert(.textEnd): if isEnd { stack.append(state + 1) }
            case .assert: return nil
            }
        }
        return (waiting, isMatch)
    }
}
