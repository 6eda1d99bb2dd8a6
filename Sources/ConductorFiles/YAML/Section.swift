internal import ConductorCore

/// A word of a file, with its place.
struct Word: Sendable, Hashable {
    var text: String
    var place: Place
}

/// Reads values of one file, and reports what does not fit.
struct FileReader {
    let source: SourceText
    let collector: Collector

    func report(
        _ code: FaultCode,
        at place: Place,
        _ message: String,
        suggestion: String? = nil
    ) {
        collector.add(code, at: place, in: source, message, suggestion: suggestion)
    }

    /// The entries of a mapping; nil with a fault for anything else.
    func entries(_ node: YAMLNode, of what: String) -> [YAMLNode.Entry]? {
        guard case .mapping(let entries) = node.content else {
            report(.wrongKind, at: node.place, "\(what) is a mapping, not \(node.what)")
            return nil
        }
        return entries
    }

    /// A mapping whose keys have meanings.
    func section(_ node: YAMLNode, of what: String, at place: Place? = nil) -> Section? {
        guard let entries = entries(node, of: what) else { return nil }
        return Section(reader: self, entries: entries, what: what, place: place ?? node.place)
    }

    /// A list; a single value counts as a list of one where `single` says so.
    func list(_ node: YAMLNode, of what: String, single: Bool = false) -> [YAMLNode]? {
        switch node.content {
        case .sequence(let nodes): return nodes
        case .scalar where single && !node.isNull: return [node]
        case .scalar, .mapping:
            report(.wrongKind, at: node.place, "\(what) is a list, not \(node.what)")
            return nil
        }
    }

    func scalar(_ node: YAMLNode) -> YAMLScalar? {
        if case .scalar(let scalar) = node.content { scalar } else { nil }
    }

    /// A text; numbers and words such as `true` count as what they look like.
    func text(_ node: YAMLNode, of what: String) -> String? {
        guard let scalar = scalar(node), scalar.json != .null else {
            report(.wrongKind, at: node.place, "\(what) is a text, not \(node.what)")
            return nil
        }
        return scalar.text
    }

    /// What a name may be made of, beside letters, digits and `_`.
    enum NameShape {
        /// `-` too.
        case plain
        /// Nothing: it is read in expressions.
        case identifier
        /// Identifiers parted by `.`.
        case path
        /// Plain names parted by `.`.
        case dotted
    }

    func name(_ node: YAMLNode, of what: String, _ shape: NameShape = .plain) -> Word? {
        guard let text = text(node, of: what) else { return nil }
        return name(text, at: node.place, of: what, shape)
    }

    func name(
        _ text: String,
        at place: Place,
        of what: String,
        _ shape: NameShape = .plain
    ) -> Word? {
        guard Self.isName(text, shape) else {
            let letters =
                switch shape {
                case .plain: "letters, digits, '_' and '-'"
                case .identifier: "letters, digits and '_'"
                case .path: "letters, digits and '_', parted by '.'"
                case .dotted: "letters, digits, '_' and '-', parted by '.'"
                }
            report(
                .badName,
                at: place,
                "\(what) is made of \(letters), beginning with a letter;"
                    + " '\(Self.shortened(text))' is not"
            )
            return nil
        }
        return Word(text: text, place: place)
    }

    static func isName(_ text: String, _ shape: NameShape) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let (hasDots, hasDashes) =
            switch shape {
            case .plain: (false, true)
            case .identifier: (false, false)
            case .path: (true, false)
            case .dotted: (true, true)
            }
        guard hasDots || parts.count == 1, text.utf8.count <= 200 else { return false }
        return parts.allSatisfy { part in
            guard let first = part.first, isLetter(first) else { return false }
            return part.allSatisfy { byte in
                isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || byte == UInt8(ascii: "_") || hasDashes && byte == UInt8(ascii: "-")
            }
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }

    static func shortened(_ text: String) -> String {
        text.count <= 40 ? text : text.prefix(40) + "..."
    }

    func span(_ node: YAMLNode, of what: String) -> Span? {
        guard let scalar = scalar(node), scalar.json != .null else {
            report(.wrongKind, at: node.place, "\(what) is a length of time, not \(node.what)")
            return nil
        }
        if let span = Span(text: scalar.text), span > .zero { return span }
        let suggestion: String? =
            switch scalar.json {
            case .int(let seconds) where seconds > 0: "\(seconds)s"
            case .null, .bool, .int, .double, .string, .array, .object: nil
            }
        report(
            .badDuration,
            at: node.place,
            "\(what) is a length of time such as 90s, 5m, 24h, 14d or 1h30m, longer than nothing;"
                + " '\(Self.shortened(scalar.text))' is not",
            suggestion: suggestion
        )
        return nil
    }

    func flag(_ node: YAMLNode, of what: String) -> Bool? {
        guard let scalar = scalar(node), case .bool(let flag) = scalar.json else {
            let meant: String? =
                switch scalar(node)?.text.lowercased() {
                case "yes", "on", "y", "true": "true"
                case "no", "off", "n", "false": "false"
                default: nil
                }
            report(
                .wrongKind,
                at: node.place,
                "\(what) is true or false, not \(node.what)",
                suggestion: meant
            )
            return nil
        }
        return flag
    }

    func integer(_ node: YAMLNode, of what: String, in range: ClosedRange<Int>) -> Int? {
        guard let scalar = scalar(node), case .int(let number) = scalar.json else {
            report(.wrongKind, at: node.place, "\(what) is a whole number, not \(node.what)")
            return nil
        }
        guard let value = Int(exactly: number), range.contains(value) else {
            report(
                .outOfRange,
                at: node.place,
                "\(what) lies between \(range.lowerBound) and \(range.upperBound)"
            )
            return nil
        }
        return value
    }

    /// One word of a closed list.
    func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ node: YAMLNode,
        of what: String,
        as type: Choice.Type = Choice.self
    ) -> Choice? {
        guard let text = text(node, of: what) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        let words = Choice.allCases.map(\.rawValue)
        report(
            .notOneOf,
            at: node.place,
            "\(what) is one of \(words.joined(separator: ", ")); '\(Self.shortened(text))' is not",
            suggestion: Suggestion.nearest(to: text, among: words)
        )
        return nil
    }

    /// A list of names, each at most once.
    func names(
        _ node: YAMLNode,
        of what: String,
        single: Bool = false,
        _ shape: NameShape = .plain
    ) -> [Word]? {
        guard let nodes = list(node, of: what, single: single) else { return nil }
        var words: [Word] = []
        for node in nodes {
            guard let word = name(node, of: "a name in \(what)", shape) else { continue }
            if words.contains(where: { $0.text == word.text }) {
                report(.duplicateName, at: word.place, "'\(word.text)' stands twice in \(what)")
            } else {
                words.append(word)
            }
        }
        return words
    }
}

/// A mapping whose keys have meanings: takes them one by one, and reports those left over.
struct Section {
    let reader: FileReader
    let what: String
    let place: Place
    private let entries: [YAMLNode.Entry]
    private var known: [String] = []

    init(reader: FileReader, entries: [YAMLNode.Entry], what: String, place: Place) {
        self.reader = reader
        self.entries = entries
        self.what = what
        self.place = place
    }

    /// The value of a key; a key without a value counts as absent.
    mutating func take(_ key: String) -> YAMLNode? {
        known.append(key)
        let node = entries.first { $0.key == key }?.value
        return node.flatMap { $0.isNull ? nil : $0 }
    }

    /// A length of time under a key.
    ///
    /// One that is wrong counts as some length, so that what only asks whether there is one is not
    /// wrong too.
    mutating func span(_ key: String) -> Span? {
        take(key).map { reader.span($0, of: "'\(key)'") ?? .hours(1) }
    }

    /// The value of a key that must be there.
    mutating func require(_ key: String) -> YAMLNode? {
        if let node = take(key) { return node }
        reader.report(.missingKey, at: place, "\(what) lacks the key '\(key)'")
        return nil
    }

    /// Where a key stands.
    func place(of key: String) -> Place? { entries.first { $0.key == key }?.keyPlace }

    /// The entries that nobody took.
    var rest: [YAMLNode.Entry] { entries.filter { !known.contains($0.key) } }

    /// Reports every key that nobody took.
    func finish() {
        for entry in rest {
            reader.report(
                .unknownKey,
                at: entry.keyPlace,
                "\(what) has no key '\(FileReader.shortened(entry.key))'",
                suggestion: Suggestion.nearest(to: entry.key, among: known)
            )
        }
    }
}
