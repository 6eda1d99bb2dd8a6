/// A token of the grammar (specification: "Syntax").
struct Token {
    enum Kind: Equatable {
        case identifier(String)
        case quotedIdentifier(String)
        /// The digits without a sign; the parser folds a minus into it.
        case int(UInt64)
        case uint(UInt64)
        case double(Double)
        case string(String)
        case bytes([UInt8])
        case mark(Mark)
        /// A text that is no token; what is wrong has been noted.
        case fault
        case end
    }

    /// Operators, punctuation and the words that are never names.
    enum Mark: String {
        case leftParenthesis = "("
        case rightParenthesis = ")"
        case leftBracket = "["
        case rightBracket = "]"
        case leftBrace = "{"
        case rightBrace = "}"
        case dot = "."
        case comma = ","
        case colon = ":"
        case question = "?"
        case or = "||"
        case and = "&&"
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        case equal = "=="
        case notEqual = "!="
        case plus = "+"
        case minus = "-"
        case times = "*"
        case divide = "/"
        case modulo = "%"
        case not = "!"
        case `in`
        case `true`
        case `false`
        case null
    }

    var kind: Kind
    var position: SourcePosition
    var length: Int

    var end: Int { position.offset + length }

    /// The token as it is named in messages.
    var name: String {
        switch kind {
        case .identifier(let name): "'\(name)'"
        case .quotedIdentifier(let name): "'`\(name)`'"
        case .int, .uint, .double: "a number"
        case .string: "a string"
        case .bytes: "bytes"
        case .mark(let mark): "'\(mark.rawValue)'"
        case .fault: "a faulty token"
        case .end: "the end of the expression"
        }
    }

    /// Words that may not be identifiers but may be fields.
    static let reserved: Set<String> = [
        "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let",
        "loop", "package", "namespace", "return", "var", "void", "while",
    ]
}
