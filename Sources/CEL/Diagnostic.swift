/// A place in a source text.
public struct SourcePosition: Sendable, Hashable {
    private let storedOffset: Int32
    private let storedLine: Int32
    private let storedColumn: Int32

    /// Code points before the place.
    public var offset: Int { Int(storedOffset) }
    /// The line, from 1.
    public var line: Int { Int(storedLine) }
    /// The column in code points, from 1.
    public var column: Int { Int(storedColumn) }

    /// Makes a place.
    public init(offset: Int, line: Int, column: Int) {
        storedOffset = Int32(clamping: offset)
        storedLine = Int32(clamping: line)
        storedColumn = Int32(clamping: column)
    }

    /// The beginning of a text.
    public static let start = SourcePosition(offset: 0, line: 1, column: 1)
}

/// What is wrong with an expression, where, and what would have been right.
public struct Diagnostic: Sendable, Hashable {
    /// When it was found.
    public enum Phase: String, Sendable {
        /// The text is not an expression.
        case parse
        /// The expression cannot mean anything.
        case check
    }

    /// What kind of fault it is; the raw values are stable.
    public enum Code: String, Sendable {
        /// The text does not follow the grammar.
        case syntax
        /// A word is kept for later use by the language.
        case reservedWord = "reserved-word"
        /// A literal cannot be read.
        case badLiteral = "bad-literal"
        /// A macro was called with arguments of the wrong shape.
        case badMacro = "bad-macro"
        /// The text, its nesting or its tree is larger than allowed.
        case tooLarge = "too-large"
        /// No variable has this name.
        case undeclaredName = "undeclared-name"
        /// The name is only the beginning of declared names.
        case incompleteName = "incomplete-name"
        /// A record has no such field.
        case unknownField = "unknown-field"
        /// No function has this name.
        case unknownFunction = "unknown-function"
        /// A function was given too many or too few arguments.
        case wrongArity = "wrong-arity"
        /// No form of a function or operator takes these types.
        case noOverload = "no-overload"
        /// A value has another type than its place asks for.
        case wrongType = "wrong-type"
        /// A regular expression cannot be read.
        case badPattern = "bad-pattern"
    }

    /// When it was found.
    public let phase: Phase
    /// What kind of fault it is.
    public let code: Code
    /// The fault in a sentence.
    public let message: String
    /// Where the faulty text begins.
    public let position: SourcePosition
    /// The length of the faulty text in code points.
    public let length: Int
    /// What was expected there.
    public let expected: String?
    /// What to put in place of the faulty text, if something is near.
    public let suggestion: String?

    /// Makes a diagnostic.
    public init(
        phase: Phase,
        code: Code,
        message: String,
        position: SourcePosition,
        length: Int = 1,
        expected: String? = nil,
        suggestion: String? = nil
    ) {
        self.phase = phase
        self.code = code
        self.message = message
        self.position = position
        self.length = length
        self.expected = expected
        self.suggestion = suggestion
    }

    /// The diagnostic with the line of the source and a caret under the place.
    public func rendered(source: String) -> String {
        var text = "\(position.line):\(position.column): \(message) [\(code.rawValue)]"
        let lines = source.unicodeScalars.split(
            separator: "\n",
            omittingEmptySubsequences: false
        )
        guard lines.indices.contains(position.line - 1) else { return text }
        let line = lines[position.line - 1].filter { $0 != "\r" }
        text += "\n  | " + String(String.UnicodeScalarView(line)) + "\n  | "
        for scalar in line.prefix(position.column - 1) {
            text += scalar == "\t" ? "\t" : " "
        }
        let room = max(1, line.count - position.column + 1)
        return text + String(repeating: "^", count: min(max(1, length), room))
    }
}

/// An expression could not be compiled.
public struct CompilationError: Error, Sendable, Hashable {
    /// What is wrong, in the order of the source; never empty.
    public let diagnostics: [Diagnostic]

    /// Makes an error out of its diagnostics.
    public init(diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }
}
