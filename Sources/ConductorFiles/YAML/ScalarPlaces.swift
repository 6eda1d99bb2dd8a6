/// Where each code point of a scalar's value stands in the file.
///
/// The parser gives the place of a scalar and its value. An expression's fault is an offset into
/// the value; quotes, escapes, folded lines and indentation lie between the two. This reads the
/// scalar again, by the same rules, and is trusted only where it arrives at the same value.
struct ScalarPlaces {
    private let source: SourceText
    private let start: Place
    /// Offsets into the file, by offset into the value; nil where the two readings differ.
    private let offsets: [Int]?

    init(of scalar: YAMLScalar, at place: Place, in source: SourceText) {
        self.source = source
        start = place
        let value = Array(scalar.text.unicodeScalars)
        guard let offset = source.offset(of: place) else {
            offsets = nil
            return
        }
        switch scalar.style {
        case .plain:
            offsets = FlowScalar(source.scalars, from: offset, quote: nil).offsets(of: value)
        case .singleQuoted:
            offsets = FlowScalar(source.scalars, from: offset, quote: "'").offsets(of: value)
        case .doubleQuoted:
            offsets = FlowScalar(source.scalars, from: offset, quote: "\"").offsets(of: value)
        case .literal, .folded:
            offsets = BlockScalar(
                source.scalars,
                from: offset,
                isLiteral: scalar.style == .literal
            ).offsets(of: value)
        }
    }

    /// The place of the code point at `offset` of the value, or of its end.
    func place(ofValueOffset offset: Int) -> Place {
        guard let offsets, let last = offsets.last else { return start }
        return source.place(at: offset < offsets.count ? offsets[max(0, offset)] : last + 1)
    }
}

/// Plain and quoted scalars (YAML 1.2.2, 7.3).
private struct FlowScalar {
    private let scalars: [Unicode.Scalar]
    private var position: Int
    private let quote: Unicode.Scalar?
    private var produced: [Unicode.Scalar] = []
    private var offsets: [Int] = []

    init(_ scalars: [Unicode.Scalar], from start: Int, quote: Unicode.Scalar?) {
        self.scalars = scalars
        self.quote = quote
        position = start
    }

    func offsets(of value: [Unicode.Scalar]) -> [Int]? {
        var reader = self
        return reader.read(value)
    }

    private mutating func read(_ value: [Unicode.Scalar]) -> [Int]? {
        if quote != nil {
            guard position < scalars.count, scalars[position] == quote else { return nil }
            position += 1
        }
        while produced.count < value.count {
            guard position < scalars.count else { return nil }
            if fold() { continue }
            let scalar = scalars[position]
            switch (quote, scalar) {
            case ("'", "'"):
                guard position + 1 < scalars.count, scalars[position + 1] == "'" else { return nil }
                produce("'", length: 2)
            case ("\"", "\""): return nil
            case ("\"", "\\"):
                guard escape() else { return nil }
            default: produce(scalar, length: 1)
            }
        }
        return produced == value ? offsets : nil
    }

    private mutating func produce(_ scalar: Unicode.Scalar, length: Int) {
        produced.append(scalar)
        offsets.append(position)
        position += length
    }

    /// Takes blanks around line breaks: one break is a space, each further one a line feed.
    private mutating func fold() -> Bool {
        var end = position
        while end < scalars.count, isBlank(scalars[end]) { end += 1 }
        guard SourceText.breakLength(scalars, at: end) > 0 else { return false }
        let place = end
        let breaks = skipBreaks(from: &end)
        for _ in 0..<max(1, breaks - 1) {
            produced.append(breaks == 1 ? " " : "\n")
            offsets.append(place)
        }
        position = end
        return true
    }

    private func skipBreaks(from end: inout Int) -> Int {
        var breaks = 0
        while end < scalars.count {
            let length = SourceText.breakLength(scalars, at: end)
            if length > 0 {
                breaks += 1
                end += length
            } else if isBlank(scalars[end]) {
                end += 1
            } else {
                break
            }
        }
        return breaks
    }

    private mutating func escape() -> Bool {
        let next = position + 1
        guard next < scalars.count else { return false }
        if SourceText.breakLength(scalars, at: next) > 0 {
            var end = next
            let breaks = skipBreaks(from: &end)
            for _ in 0..<(breaks - 1) {
                produced.append("\n")
                offsets.append(next)
            }
            position = end
            return true
        }
        let digits: Int
        switch scalars[next] {
        case "x": digits = 2
        case "u": digits = 4
        case "U": digits = 8
        default:
            guard let scalar = Self.escapes[scalars[next]] else { return false }
            produce(scalar, length: 2)
            return true
        }
        guard next + digits < scalars.count else { return false }
        var code: UInt32 = 0
        for digit in scalars[(next + 1)...(next + digits)] {
            guard let value = Character(digit).hexDigitValue else { return false }
            code = code << 4 | UInt32(value)
        }
        guard let scalar = Unicode.Scalar(code) else { return false }
        produce(scalar, length: 2 + digits)
        return true
    }

    private static let escapes: [Unicode.Scalar: Unicode.Scalar] = [
        "0": "\0", "a": "\u{7}", "b": "\u{8}", "t": "\t", "\t": "\t", "n": "\n", "v": "\u{B}",
        "f": "\u{C}", "r": "\r", "e": "\u{1B}", " ": " ", "\"": "\"", "/": "/", "\\": "\\",
        "N": "\u{85}", "_": "\u{A0}", "L": "\u{2028}", "P": "\u{2029}",
    ]
}

/// Literal and folded block scalars (YAML 1.2.2, 8.1).
private struct BlockScalar {
    private let scalars: [Unicode.Scalar]
    private let isLiteral: Bool
    /// Where the line after the header begins.
    private let content: Int

    init(_ scalars: [Unicode.Scalar], from start: Int, isLiteral: Bool) {
        self.scalars = scalars
        self.isLiteral = isLiteral
        var end = start
        while end < scalars.count, SourceText.breakLength(scalars, at: end) == 0 { end += 1 }
        content = end + SourceText.breakLength(scalars, at: end)
    }

    func offsets(of value: [Unicode.Scalar]) -> [Int]? {
        // The indentation is that of the first line that is not empty, unless the header says
        // another one, which counts from the parent; then the one that gives the value is right.
        let detected = detectedIndent
        if let offsets = offsets(of: value, indent: detected) { return offsets }
        for indent in (1...40) where indent != detected {
            if let offsets = offsets(of: value, indent: indent) { return offsets }
        }
        return nil
    }

    private var detectedIndent: Int {
        var position = content
        var indent = 0
        while position < scalars.count {
            let length = SourceText.breakLength(scalars, at: position)
            if length > 0 {
                indent = 0
            } else if scalars[position] == " " {
                indent += 1
            } else {
                break
            }
            position += max(1, length)
        }
        return indent
    }

    private func offsets(of value: [Unicode.Scalar], indent: Int) -> [Int]? {
        var produced: [Unicode.Scalar] = []
        var offsets: [Int] = []
        var position = content
        var leadingBreak: Int?
        var trailingBreaks = skipEmpty(&position, indent: indent)
        var hadLeadingBlank = false
        func add(_ scalar: Unicode.Scalar, _ offset: Int) {
            produced.append(scalar)
            offsets.append(offset)
        }
        while position < scalars.count, produced.count < value.count {
            guard isIndented(position, by: indent) else { break }
            position += indent
            let hasBlank = position < scalars.count && isBlank(scalars[position])
            if let place = leadingBreak {
                if !isLiteral, !hadLeadingBlank, !hasBlank {
                    if trailingBreaks.isEmpty { add(" ", place) }
                } else {
                    add("\n", place)
                }
            }
            for place in trailingBreaks { add("\n", place) }
            hadLeadingBlank = hasBlank
            while position < scalars.count, SourceText.breakLength(scalars, at: position) == 0 {
                add(scalars[position], position)
                position += 1
            }
            leadingBreak = position < scalars.count ? position : nil
            position += SourceText.breakLength(scalars, at: position)
            trailingBreaks = skipEmpty(&position, indent: indent)
        }
        if produced.count < value.count, let place = leadingBreak { add("\n", place) }
        for place in trailingBreaks where produced.count < value.count { add("\n", place) }
        return produced == value ? offsets : nil
    }

    /// Skips lines without content, and gives the places of their breaks.
    private func skipEmpty(_ position: inout Int, indent: Int) -> [Int] {
        var breaks: [Int] = []
        while position < scalars.count {
            var end = position
            while end < scalars.count, end - position < indent, scalars[end] == " " { end += 1 }
            let length = SourceText.breakLength(scalars, at: end)
            guard length > 0 else { return breaks }
            breaks.append(end)
            position = end + length
        }
        return breaks
    }

    private func isIndented(_ position: Int, by indent: Int) -> Bool {
        position + indent <= scalars.count
            && scalars[position..<(position + indent)].allSatisfy { $0 == " " }
    }
}

private func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\t" }
