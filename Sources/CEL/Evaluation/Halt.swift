/// Why an evaluation gives no value; thrown between the nodes of a program.
enum Halt: Error {
    /// The value hangs on variables that are not known yet.
    case unknown(UnknownSet)
    /// There is no value, which `&&` and `||` may absorb.
    case error(EvaluationError)
    /// The evaluation is over its budget, which nothing absorbs.
    case abort(EvaluationError)

    static func failed(_ code: EvaluationError.Code, _ message: String) -> Halt {
        .error(EvaluationError(code, message))
    }

    static var noSuchOverload: Halt { .failed(.noSuchOverload, "no such overload") }

    static var tooManySteps: Halt {
        .abort(EvaluationError(.budgetExceeded, "the evaluation takes more steps than allowed"))
    }

    static var tooManyBytes: Halt {
        .abort(EvaluationError(.budgetExceeded, "the evaluation makes more data than allowed"))
    }

    /// The halt with its place, if it has none yet.
    func at(_ position: SourcePosition) -> Halt {
        switch self {
        case .unknown: self
        case .error(let error):
            error.position == nil
                ? .error(EvaluationError(error.code, error.message, position: position)) : self
        case .abort(let error):
            error.position == nil
                ? .abort(EvaluationError(error.code, error.message, position: position)) : self
        }
    }

    /// What two operands that both gave no value come to: a broken budget is final, unknown wins
    /// over an error, unknowns are put together, and of two errors the left one is kept.
    func joined(with other: Halt) -> Halt {
        switch (self, other) {
        case (.abort, _): self
        case (_, .abort): other
        case (.unknown(let a), .unknown(let b)): .unknown(a.union(b))
        case (.unknown, .error): self
        case (.error, .unknown): other
        case (.error, .error): self
        }
    }

    var outcome: Outcome {
        switch self {
        case .unknown(let set): .unknown(paths: set.names)
        case .error(let error), .abort(let error): .error(error)
        }
    }
}

/// Names of unknown variables, sorted, each once.
struct UnknownSet {
    private(set) var names: [String]

    init(_ name: String) { names = [name] }

    func union(_ other: UnknownSet) -> UnknownSet {
        var set = self
        for name in other.names where !set.names.contains(name) { set.names.append(name) }
        set.names.sort(by: textIsBefore)
        return set
    }
}
