/// What is known of a variable when an expression is evaluated.
public enum Slot: Sendable, Hashable {
    /// The variable has this value.
    case value(Value)
    /// The variable has a value that is not known yet.
    case unknown
    /// The variable has no value; to read it is an error.
    case unbound
}

/// What came out of an evaluation.
public enum Outcome: Sendable, Hashable {
    /// A value.
    case value(Value)
    /// The value hangs on what is not known yet: the paths that were asked for, sorted, each once.
    ///
    /// A path is a variable with the fields and keys asked for in it, such as `build.commit`.
    case unknown(paths: [String])
    /// There is no value.
    case error(EvaluationError)
}

/// Why an expression has no value.
public struct EvaluationError: Error, Sendable, Hashable {
    /// What kind of error it is; the raw values are stable.
    public enum Code: String, Sendable {
        /// A function or operator does not take values of these types.
        case noSuchOverload = "no-such-overload"
        /// A map has no such key.
        case noSuchKey = "no-such-key"
        /// A list has no such element.
        case indexOutOfBounds = "index-out-of-bounds"
        /// A number does not fit its type.
        case overflow
        /// A whole number was divided by zero.
        case divideByZero = "divide-by-zero"
        /// An instant or a span of time is outside the range.
        case outOfRange = "out-of-range"
        /// A number is none, in an environment that refuses NaN.
        case notANumber = "not-a-number"
        /// A value cannot be converted.
        case conversion
        /// An argument is of the right type but makes no sense.
        case invalidArgument = "invalid-argument"
        /// A map has the same key twice.
        case repeatedKey = "repeated-key"
        /// A value cannot be the key of a map.
        case unsupportedKey = "unsupported-key"
        /// A variable has no value.
        case unboundVariable = "unbound-variable"
        /// A function does not exist.
        case unboundFunction = "unbound-function"
        /// The evaluation took more steps or space than allowed. No operator absorbs this error.
        case budgetExceeded = "budget-exceeded"
    }

    /// What kind of error it is.
    public let code: Code
    /// The error in a few words.
    public let message: String
    /// Where in the source it arose.
    public let position: SourcePosition?

    /// Makes an error.
    public init(_ code: Code, _ message: String, position: SourcePosition? = nil) {
        self.code = code
        self.message = message
        self.position = position
    }
}
