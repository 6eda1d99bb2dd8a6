/// Functions of texts (specification: "List of standard definitions").
extension Library {
    static let texts: [Function] = [
        function(
            "contains",
            [.member("contains_string", [.string, .string], .bool)],
            .binary { text, part, frame throws(Halt) in
                let (text, part) = try texts(text, part)
                try frame.look(at: text.utf8.count + part.utf8.count)
                return .bool(find(part, in: text) != nil)
            }
        ),
        function(
            "startsWith",
            [.member("starts_with_string", [.string, .string], .bool)],
            .binary { text, part, frame throws(Halt) in
                let (text, part) = try texts(text, part)
                try frame.look(at: part.utf8.count)
                return .bool(beginsWith(text, part))
            }
        ),
        function(
            "endsWith",
            [.member("ends_with_string", [.string, .string], .bool)],
            .binary { text, part, frame throws(Halt) in
                let (text, part) = try texts(text, part)
                try frame.look(at: part.utf8.count)
                return .bool(CEL.endsWith(text, part))
            }
        ),
        function(
            "matches",
            [
                Overload("matches", [.string, .string], .bool),
                .member("matches_string", [.string, .string], .bool),
            ],
            .binary { text, pattern, frame throws(Halt) in
                let (text, pattern) = try texts(text, pattern)
                try frame.look(at: 10 * pattern.utf8.count)
                let compiled: Pattern
                do throws(Pattern.Fault) {
                    compiled = try Pattern(pattern, limits: frame.limits)
                } catch {
                    // Until it was too large it was made.
                    try frame.step(frame.limits.patternInstructions / 4)
                    throw .failed(.invalidArgument, error.message)
                }
                try frame.step(compiled.instructions.count)
                return .bool(try compiled.matches(text, &frame))
            }
        ),
    ]

    private static func texts(
        _ left: Value,
        _ right: Value
    ) throws(Halt) -> (String, String) {
        guard case .string(let left) = left, case .string(let right) = right else {
            throw .noSuchOverload
        }
        return (left, right)
    }

    /// The octets before the first place of a text in another, in linear time.
    static func find(_ part: String, in text: String) -> Int? {
        // A short part is looked for at each place, without a table of its borders.
        guard part.utf8.count <= 8 else {
            return find(Array(part.utf8), in: Array(text.utf8), from: 0)
        }
        guard let first = part.utf8.first else { return 0 }
        var place = 0
        var rest = text.utf8[...]
        while rest.count >= part.utf8.count {
            if rest.first == first, rest.starts(with: part.utf8) { return place }
            rest = rest.dropFirst()
            place += 1
        }
        return nil
    }

    /// The first place of a sequence in another (Knuth, Morris and Pratt).
    static func find<T: Equatable>(_ part: [T], in text: [T], from start: Int) -> Int? {
        guard !part.isEmpty else { return start <= text.count ? start : nil }
        guard part.count <= text.count else { return nil }
        let borders = borders(of: part)
        var matched = 0
        for place in start..<max(start, text.count) {
            while matched > 0, part[matched] != text[place] { matched = borders[matched - 1] }
            if part[matched] == text[place] { matched += 1 }
            if matched == part.count { return place - matched + 1 }
        }
        return nil
    }

    private static func borders<T: Equatable>(of part: [T]) -> [Int] {
        var borders = [Int](repeating: 0, count: part.count)
        var length = 0
        for place in part.indices.dropFirst() {
            while length > 0, part[length] != part[place] { length = borders[length - 1] }
            if part[length] == part[place] { length += 1 }
            borders[place] = length
        }
        return borders
    }
}
