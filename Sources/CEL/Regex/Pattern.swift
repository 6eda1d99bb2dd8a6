/// A compiled regular expression in RE2's syntax, which matches in linear time.
///
/// It is a nondeterministic automaton whose states are all walked at once, so that no pattern makes
/// it go back in the text.
struct Pattern: Sendable {
    /// Why a text is no regular expression.
    struct Fault: Error {
        let message: String
        let offset: Int
    }

    enum Instruction: Sendable {
        case set(Int)
        case split(Int, Int)
        case jump(Int)
        case assert(PatternParser.Assertion)
        case match
    }

    private(set) var instructions: [Instruction] = []
    private(set) var sets: [ScalarSet] = []
    private var work = 0
    private let limit: Int

    init(_ text: String, limits: Limits) throws(Fault) {
        let scalars = Array(text.unicodeScalars)
        guard scalars.count <= limits.patternCodePoints else {
            throw Fault(
                message:
                    "the regular expression has more than \(limits.patternCodePoints) code points",
                offset: 0
            )
        }
        limit = limits.patternInstructions
        try emit(try PatternParser.parse(scalars))
        instructions.append(.match)
    }

    // MARK: Compiling

    private mutating func add(_ instruction: Instruction) throws(Fault) {
        guard instructions.count < limit else { throw tooLarge }
        instructions.append(instruction)
    }

    private var tooLarge: Fault {
        Fault(message: "the regular expression is too large once compiled", offset: 0)
    }

    private mutating func emit(_ part: PatternParser.Part) throws(Fault) {
        work += 1
        guard work <= 4 * limit else { throw tooLarge }
        switch part {
        case .empty: break
        case .set(let set):
            if sets.last != set { sets.append(set) }
            try add(.set(sets.count - 1))
        case .assertion(let assertion): try add(.assert(assertion))
        case .sequence(let parts): for part in parts { try emit(part) }
        case .choice(let parts): try emitChoice(parts)
        case .repetition(let part, let least, let most):
            try emitRepetition(part, least: least, most: most)
        }
    }

    private mutating func emitChoice(_ parts: [PatternParser.Part]) throws(Fault) {
        var ends: [Int] = []
        for (number, part) in parts.enumerated() {
            guard number < parts.count - 1 else {
                try emit(part)
                break
            }
            let split = instructions.count
            try add(.split(split + 1, 0))
            try emit(part)
            ends.append(instructions.count)
            try add(.jump(0))
            instructions[split] = .split(split + 1, instructions.count)
        }
        for end in ends { instructions[end] = .jump(instructions.count) }
    }

    private mutating func emitRepetition(
        _ part: PatternParser.Part,
        least: Int,
        most: Int?
    ) throws(Fault) {
        for _ in 0..<least { try emit(part) }
        guard let most else {
            let split = instructions.count
            try add(.split(split + 1, 0))
            try emit(part)
            try add(.jump(split))
            instructions[split] = .split(split + 1, instructions.count)
            return
        }
        var splits: [Int] = []
        for _ in least..<most {
            splits.append(instructions.count)
            try add(.split(instructions.count + 1, 0))
            try emit(part)
        }
        for split in splits { instructions[split] = .split(split + 1, instructions.count) }
    }

    // MARK: Matching

    /// Whether any part of a text matches.
    func matches(_ text: String, _ frame: inout Frame) throws(Halt) -> Bool {
        var threads = Threads(count: instructions.count)
        var iterator = text.unicodeScalars.makeIterator()
        var previous: Unicode.Scalar?
        var next = iterator.next()
        while true {
            if follow(0, between: previous, and: next, into: &threads) { return true }
            guard let scalar = next else { return false }
            next = iterator.next()
            threads.turn()
            try frame.step(instructions.count / 4 + 1)
            for place in threads.current.indices {
                let state = threads.current[place]
                guard case .set(let number) = instructions[state],
                    sets[number].contains(scalar)
                else { continue }
                if follow(state + 1, between: scalar, and: next, into: &threads) { return true }
            }
            previous = scalar
        }
    }

    /// The states that wait for the next code point, and those that waited for this one; a mark of
    /// the turn keeps them apart.
    private struct Threads {
        private(set) var current: [Int] = []
        private var waiting: [Int] = []
        var stack: [Int] = []
        private var marks: [Int]
        private var turnNumber = 1

        init(count: Int) {
            marks = [Int](repeating: 0, count: count)
        }

        mutating func mark(_ state: Int) -> Bool {
            guard marks[state] != turnNumber else { return false }
            marks[state] = turnNumber
            return true
        }

        mutating func wait(_ state: Int) { waiting.append(state) }

        mutating func turn() {
            swap(&current, &waiting)
            waiting.removeAll(keepingCapacity: true)
            turnNumber += 1
        }
    }

    /// Walks to all states that need no code point; `true` when one of them is the match.
    private func follow(
        _ state: Int,
        between previous: Unicode.Scalar?,
        and next: Unicode.Scalar?,
        into threads: inout Threads
    ) -> Bool {
        threads.stack.append(state)
        while let state = threads.stack.popLast() {
            guard threads.mark(state) else { continue }
            switch instructions[state] {
            case .match: return true
            case .set: threads.wait(state)
            case .jump(let target): threads.stack.append(target)
            case .split(let first, let second):
                threads.stack.append(second)
                threads.stack.append(first)
            case .assert(let assertion):
                if holds(assertion, between: previous, and: next) {
                    threads.stack.append(state + 1)
                }
            }
        }
        return false
    }

    private func holds(
        _ assertion: PatternParser.Assertion,
        between previous: Unicode.Scalar?,
        and next: Unicode.Scalar?
    ) -> Bool {
        switch assertion {
        case .textStart: return previous == nil
        case .textEnd: return next == nil
        case .lineStart: return previous == nil || previous == "\n"
        case .lineEnd: return next == nil || next == "\n"
        case .wordBoundary, .noWordBoundary:
            let isBefore = previous.map { $0.isLetter || $0.isDigit } ?? false
            let isAfter = next.map { $0.isLetter || $0.isDigit } ?? false
            return (isBefore != isAfter) == (assertion == .wordBoundary)
        }
    }
}
