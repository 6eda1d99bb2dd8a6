/// Reads a regular expression in RE2's syntax.
struct PatternParser {
    /// What a pattern is made of; groups and greed make no difference to whether it matches.
    indirect enum Part {
        case empty
        case set(ScalarSet)
        case assertion(Assertion)
        case sequence([Part])
        case choice([Part])
        case repetition(Part, least: Int, most: Int?)
    }

    /// A condition on a place of the text.
    enum Assertion: Sendable {
        case textStart, textEnd, lineStart, lineEnd, wordBoundary, noWordBoundary
    }

    private struct Flags {
        var ignoresCase = false
        var isMultiline = false
        var dotMatchesNewline = false
    }

    private let scalars: [Unicode.Scalar]
    private var place = 0
    private var flags = Flags()
    private var names: Set<String> = []
    private var nesting = 0

    /// The most that a repetition may count, also of repetitions within each other.
    private static let maximumRepetition = 1_000
    private static let maximumNesting = 100

    static func parse(_ scalars: [Unicode.Scalar]) throws(Pattern.Fault) -> Part {
        var parser = PatternParser(scalars: scalars)
        let part = try parser.choice()
        guard parser.isAtEnd else { throw parser.fault("an unexpected ')'") }
        guard parser.isValid(part, Self.maximumRepetition) else {
            throw parser.fault("the repetitions count to more than \(Self.maximumRepetition)")
        }
        return part
    }

    private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

    private var isAtEnd: Bool { place >= scalars.count }

    private func peek(_ ahead: Int = 0) -> Unicode.Scalar? {
        place + ahead < scalars.count ? scalars[place + ahead] : nil
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek() == scalar else { return false }
        place += 1
        return true
    }

    private func fault(_ message: String) -> Pattern.Fault {
        Pattern.Fault(
            message: "bad regular expression: \(message)",
            offset: min(place, scalars.count)
        )
    }

    private func isValid(_ part: Part, _ room: Int) -> Bool {
        switch part {
        case .empty, .set, .assertion: return true
        case .sequence(let parts), .choice(let parts):
            return parts.allSatisfy { isValid($0, room) }
        case .repetition(let part, let least, let most):
            // `*`, `+` and `?` count once.
            let isCounted = !(most == nil && least < 2) && !(least == 0 && most == 1)
            let count = isCounted ? most ?? least : 1
            if count == 0 { return true }
            return count <= room && isValid(part, room / count)
        }
    }

    // MARK: Structure

    private mutating func choice() throws(Pattern.Fault) -> Part {
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= Self.maximumNesting else { throw fault("it is nested too deep") }
        var choices: [Part] = []
        repeat { choices.append(try sequence()) } while take("|")
        return choices.count == 1 ? choices[0] : .choice(choices)
    }

    private mutating func sequence() throws(Pattern.Fault) -> Part {
        var parts: [Part] = []
        while let next = peek(), next != "|", next != ")" {
            guard let part = try atom() else { continue }
            parts.append(try repeated(part))
        }
        return parts.isEmpty ? .empty : parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func repeated(_ part: Part) throws(Pattern.Fault) -> Part {
        guard let (least, most) = try repetition() else { return part }
        _ = take("?")
        if try repetition() != nil { throw fault("a repetition of a repetition") }
        return .repetition(part, least: least, most: most)
    }

    private mutating func repetition() throws(Pattern.Fault) -> (least: Int, most: Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        guard peek() == "{" else { return nil }
        let start = place
        place += 1
        guard let least = number() else {
            place = start
            return nil
        }
        var most: Int? = least
        if take(",") { most = number() }
        guard take("}") else {
            place = start
            return nil
        }
        guard least <= Self.maximumRepetition, most ?? 0 <= Self.maximumRepetition,
            most.map({ $0 >= least }) ?? true
        else { throw fault("a bad repetition count") }
        return (least, most)
    }

    private mutating func number() -> Int? {
        var number: Int?
        while let digit = peek(), digit.isDigit {
            number = min((number ?? 0) * 10 + Int(digit.value - 48), 100_000)
            place += 1
        }
        return number
    }

    /// One part; `nil` where only flags were set.
    private mutating func atom() throws(Pattern.Fault) -> Part? {
        guard let scalar = peek() else { return nil }
        switch scalar {
        case "(": return try group()
        case "[": return .set(folded(try bracketed()))
        case ".":
            place += 1
            return .set(flags.dotMatchesNewline ? .all : ScalarSet.newline.negated)
        case "^":
            place += 1
            return .assertion(flags.isMultiline ? .lineStart : .textStart)
        case "$":
            place += 1
            return .assertion(flags.isMultiline ? .lineEnd : .textEnd)
        case "*", "+", "?": throw fault("nothing to repeat before '\(scalar)'")
        case "\\": return try escaped()
        default:
            if scalar == "{" {
                let start = place
                if try repetition() != nil { throw fault("nothing to repeat before '{'") }
                place = start
            }
            place += 1
            return .set(folded(ScalarSet(scalar.value)))
        }
    }

    private func folded(_ set: ScalarSet) -> ScalarSet {
        flags.ignoresCase ? set.ignoringCase : set
    }

    private mutating func group() throws(Pattern.Fault) -> Part? {
        place += 1
        let outer = flags
        if take("?") {
            if peek() == "P", peek(1) == "<" {
                place += 2
                try name()
            } else if take("<") {
                try name()
            } else if try !setFlags() {
                return nil
            }
        }
        let part = try choice()
        guard take(")") else { throw fault("a ')' is missing") }
        flags = outer
        return part
    }

    private mutating func name() throws(Pattern.Fault) {
        var name = ""
        while let scalar = peek(), scalar.isLetter || scalar.isDigit {
            name.unicodeScalars.append(scalar)
            place += 1
        }
        guard take(">"), !name.isEmpty else { throw fault("a bad group name") }
        guard names.insert(name).inserted else { throw fault("a repeated group name") }
    }

    /// Reads flags; `true` when a group follows them, `false` when they hold for what comes.
    private mutating func setFlags() throws(Pattern.Fault) -> Bool {
        var isOn = true
        var hasFlag = false
        while let scalar = peek() {
            place += 1
            switch scalar {
            case "i": flags.ignoresCase = isOn
            case "m": flags.isMultiline = isOn
            case "s": flags.dotMatchesNewline = isOn
            case "U": break
            case "-":
                guard isOn else { throw fault("bad flags") }
                isOn = false
                hasFlag = false
                continue
            case ":", ")":
                guard isOn || hasFlag else { throw fault("bad flags") }
                return scalar == ":"
            default: throw fault("a group that is not supported, '(?\(scalar)'")
            }
            hasFlag = true
        }
        throw fault("a ')' is missing")
    }

    // MARK: Escapes

    private mutating func escaped() throws(Pattern.Fault) -> Part {
        switch peek(1) {
        case "A": return assertion(.textStart)
        case "z": return assertion(.textEnd)
        case "b": return assertion(.wordBoundary)
        case "B": return assertion(.noWordBoundary)
        case "Q":
            place += 2
            var parts: [Part] = []
            while let scalar = peek() {
                if scalar == "\\", peek(1) == "E" {
                    place += 2
                    break
                }
                parts.append(.set(folded(ScalarSet(scalar.value))))
                place += 1
            }
            if let last = parts.popLast() { parts.append(try repeated(last)) }
            return .sequence(parts)
        default: break
        }
        if let set = try classEscape() { return .set(folded(set)) }
        return .set(folded(ScalarSet(try scalarEscape())))
    }

    private mutating func assertion(_ assertion: Assertion) -> Part {
        place += 2
        return .assertion(assertion)
    }

    /// `\d`, `\pL` and the like; `nil` when the escape stands for one code point.
    private mutating func classEscape() throws(Pattern.Fault) -> ScalarSet? {
        guard peek() == "\\", let mark = peek(1) else { return nil }
        let set: ScalarSet
        switch mark {
        case "d": set = .digits
        case "D": set = ScalarSet.digits.negated
        case "w": set = .words
        case "W": set = ScalarSet.words.negated
        case "s": set = .blanks
        case "S": set = ScalarSet.blanks.negated
        case "p", "P":
            place += 2
            var name = ""
            var isNegated = mark == "P"
            if take("{") {
                if take("^") { isNegated.toggle() }
                while let scalar = peek(), scalar != "}" {
                    name.unicodeScalars.append(scalar)
                    place += 1
                }
                guard take("}") else { throw fault("a '}' is missing") }
            } else if let scalar = peek() {
                name.unicodeScalars.append(scalar)
                place += 1
            }
            guard let found = ScalarSet.category(name) else {
                throw fault("the class \(quoted(name)) is not known; general categories are")
            }
            return isNegated ? found.negated : found
        default: return nil
        }
        place += 2
        return set
    }

    private mutating func scalarEscape() throws(Pattern.Fault) -> UInt32 {
        place += 1
        guard let mark = peek() else { throw fault("a '\\' at the end") }
        place += 1
        switch mark {
        case "a": return 7
        case "f": return 12
        case "n": return 10
        case "r": return 13
        case "t": return 9
        case "v": return 11
        case "0"..."7":
            if mark != "0" {
                guard let next = peek(), ("0"..."7").contains(next) else {
                    throw fault("a back reference, which is not supported")
                }
            }
            var number = mark.value - 48
            for _ in 0..<2 {
                guard let next = peek(), ("0"..."7").contains(next) else { break }
                number = number * 8 + next.value - 48
                place += 1
            }
            return number
        case "x":
            if take("{") {
                var number: UInt32 = 0
                var count = 0
                while let digit = peek()?.hexDigit {
                    number = number * 16 + digit
                    count += 1
                    place += 1
                    guard number <= 0x10FFFF else { throw fault("a bad code point") }
                }
                guard count > 0, take("}") else { throw fault("a bad escape") }
                return number
            }
            guard let high = peek()?.hexDigit, let low = peek(1)?.hexDigit else {
                throw fault("a bad escape")
            }
            place += 2
            return high * 16 + low
        default:
            guard mark.value < 128, mark == "_" || !(mark.isLetter || mark.isDigit) else {
                throw fault("the escape '\\\(mark)' is not known")
            }
            return mark.value
        }
    }

    // MARK: Classes

    private mutating func bracketed() throws(Pattern.Fault) -> ScalarSet {
        place += 1
        let isNegated = take("^")
        var set = ScalarSet()
        var isFirst = true
        while isFirst || peek() != "]" {
            isFirst = false
            guard let scalar = peek() else { throw fault("a ']' is missing") }
            if scalar == "[", peek(1) == ":", let named = try posixClass() {
                set.insert(named)
                continue
            }
            if let named = try classEscape() {
                set.insert(named)
                continue
            }
            let low = try classScalar()
            var high = low
            if peek() == "-", peek(1) != nil, peek(1) != "]" {
                place += 1
                high = try classScalar()
            }
            guard low <= high else { throw fault("a range from high to low") }
            set.insert(low...high)
        }
        place += 1
        return isNegated ? set.negated : set
    }

    private mutating func classScalar() throws(Pattern.Fault) -> UInt32 {
        guard let scalar = peek() else { throw fault("a ']' is missing") }
        if scalar == "\\" { return try scalarEscape() }
        place += 1
        return scalar.value
    }

    private mutating func posixClass() throws(Pattern.Fault) -> ScalarSet? {
        guard
            let end = scalars[place...].indices.first(where: { index in
                index > place + 1 && scalars[index] == ":" && index + 1 < scalars.count
                    && scalars[index + 1] == "]"
            })
        else { return nil }
        var name = String.UnicodeScalarView()
        name.append(contentsOf: scalars[(place + 2)..<end])
        var text = String(name)
        let isNegated = text.hasPrefix("^")
        if isNegated { text.removeFirst() }
        guard let set = ScalarSet.posix(text) else {
            throw fault("the class \(quoted(text)) is not known")
        }
        place = end + 2
        return isNegated ? set.negated : set
    }
}
