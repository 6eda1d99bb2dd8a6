/// Cuts a source text into tokens.
struct Lexer {
    private(set) var diagnostics: [Diagnostic] = []
    let source: [Unicode.Scalar]
    var place = 0
    private var line = 1
    private var lineStart = 0

    init(_ source: [Unicode.Scalar]) { self.source = source }

    static func tokens(of source: [Unicode.Scalar]) -> (tokens: [Token], faults: [Diagnostic]) {
        var lexer = Lexer(source)
        var tokens: [Token] = []
        tokens.reserveCapacity(source.count / 3 + 2)
        while true {
            let token = lexer.next()
            tokens.append(token)
            if token.kind == .end { return (tokens, lexer.diagnostics) }
        }
    }

    /// The scalar so far ahead, or NUL past the end.
    func peek(_ ahead: Int = 0) -> Unicode.Scalar {
        place + ahead < source.count ? source[place + ahead] : "\0"
    }

    var isAtEnd: Bool { place >= source.count }

    var position: SourcePosition {
        SourcePosition(offset: place, line: line, column: place - lineStart + 1)
    }

    func text(from start: Int, to end: Int) -> String {
        // Nearly every word is ASCII: its scalars are its bytes.
        if source[start..<end].allSatisfy(\.isASCII) {
            return unsafe String(unsafeUninitializedCapacity: end - start) { bytes in
                for place in start..<end {
                    unsafe bytes[place - start] = UInt8(truncatingIfNeeded: source[place].value)
                }
                return end - start
            }
        }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: source[start..<end])
        return String(text)
    }

    /// Moves on by one scalar and counts lines.
    mutating func advance() {
        if source[place] == "\n" {
            line += 1
            lineStart = place + 1
        }
        place += 1
    }

    mutating func fault(
        _ message: String,
        at position: SourcePosition,
        length: Int,
        code: Diagnostic.Code = .badLiteral
    ) {
        diagnostics.append(
            Diagnostic(
                phase: .parse,
                code: code,
                message: message,
                position: position,
                length: length
            )
        )
    }

    private mutating func next() -> Token {
        skipBlanks()
        let start = position
        let kind = kind(from: start)
        return Token(kind: kind, position: start, length: place - start.offset)
    }

    private mutating func skipBlanks() {
        while !isAtEnd {
            switch source[place] {
            case " ", "\t", "\r", "\n", "\u{0C}":
                advance()
            case "/" where peek(1) == "/":
                while !isAtEnd, source[place] != "\n" { advance() }
            default:
                return
            }
        }
    }

    private mutating func kind(from start: SourcePosition) -> Token.Kind {
        guard !isAtEnd else { return .end }
        let scalar = source[place]
        if scalar.isLetter { return word(from: start) }
        if scalar.isDigit || (scalar == "." && peek(1).isDigit) { return number(from: start) }
        if scalar == "\"" || scalar == "'" { return string(from: start, isRaw: false) }
        if scalar == "`" { return quotedIdentifier(from: start) }
        return mark(from: start)
    }

    private mutating func word(from start: SourcePosition) -> Token.Kind {
        var end = place + 1
        while end < source.count, source[end].isLetter || source[end].isDigit { end += 1 }
        if end < source.count, source[end] == "\"" || source[end] == "'", end - place <= 2 {
            let prefix = text(from: place, to: end).lowercased()
            if prefix == "r" || prefix == "b" || prefix == "br" {
                place = end
                return prefix == "r"
                    ? string(from: start, isRaw: true)
                    : bytes(from: start, isRaw: prefix == "br")
            }
        }
        let name = text(from: place, to: end)
        place = end
        switch name {
        case "in": return .mark(.in)
        case "true": return .mark(.true)
        case "false": return .mark(.false)
        case "null": return .mark(.null)
        default: return .identifier(name)
        }
    }

    private mutating func quotedIdentifier(from start: SourcePosition) -> Token.Kind {
        place += 1
        while !isAtEnd, source[place] != "`" {
            let scalar = source[place]
            let isAllowed =
                scalar.isLetter || scalar.isDigit || scalar == "." || scalar == "-"
                || scalar == "/" || scalar == " "
            guard isAllowed else { break }
            place += 1
        }
        guard peek() == "`", place > start.offset + 1 else {
            fault(
                "A quoted field holds letters, digits, '_', '.', '-', '/' and blanks, up to a '`'",
                at: start,
                length: place - start.offset
            )
            return .fault
        }
        let name = text(from: start.offset + 1, to: place)
        place += 1
        return .quotedIdentifier(name)
    }

    private mutating func mark(from start: SourcePosition) -> Token.Kind {
        let scalar = source[place]
        let following = peek(1)
        let double: Token.Mark? =
            switch (scalar, following) {
            case ("|", "|"): .or
            case ("&", "&"): .and
            case ("<", "="): .lessOrEqual
            case (">", "="): .greaterOrEqual
            case ("=", "="): .equal
            case ("!", "="): .notEqual
            default: nil
            }
        if let double {
            place += 2
            return .mark(double)
        }
        place += 1
        switch scalar {
        case "(": return .mark(.leftParenthesis)
        case ")": return .mark(.rightParenthesis)
        case "[": return .mark(.leftBracket)
        case "]": return .mark(.rightBracket)
        case "{": return .mark(.leftBrace)
        case "}": return .mark(.rightBrace)
        case ".": return .mark(.dot)
        case ",": return .mark(.comma)
        case ":": return .mark(.colon)
        case "?": return .mark(.question)
        case "<": return .mark(.less)
        case ">": return .mark(.greater)
        case "+": return .mark(.plus)
        case "-": return .mark(.minus)
        case "*": return .mark(.times)
        case "/": return .mark(.divide)
        case "%": return .mark(.modulo)
        case "!": return .mark(.not)
        default: break
        }
        let hint =
            switch scalar {
            case "=": "; '==' compares"
            case "&": "; '&&' is the logical and"
            case "|": "; '||' is the logical or"
            default: ""
            }
        fault("'\(scalar)' means nothing here\(hint)", at: start, length: 1, code: .syntax)
        return .fault
    }
}

extension Unicode.Scalar {
    /// Whether the scalar may begin an identifier.
    var isLetter: Bool {
        ("a"..."z").contains(self) || ("A"..."Z").contains(self) || self == "_"
    }

    /// Whether the scalar is a decimal digit.
    var isDigit: Bool { ("0"..."9").contains(self) }

    /// The value of a hexadecimal digit.
    var hexDigit: UInt32? {
        switch self {
        case "0"..."9": value - 48
        case "a"..."f": value - 87
        case "A"..."F": value - 55
        default: nil
        }
    }
}
