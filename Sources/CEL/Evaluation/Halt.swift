/// Why an evaluation gives no value; thrown between the nodes of a program.
enum Halt: Error {
    /// The value hangs on what is not known yet.
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

    /// The halt of an operand that is a path, for what was asked for within it.
    func within(_ extend: (String) -> String) -> Halt {
        guard case .unknown(let set) = self else { return self }
        return .unknown(set.map(extend))
    }

    var outcome: Outcome {
        switch self {
        case .unknown(let set): .unknown(paths: set.paths)
        case .error(let error), .abort(let error): .error(error)
        }
    }
}

/// Paths that are not known, sorted, each once.
struct UnknownSet {
    private(set) var paths: [String]

    init(_ path: String) { paths = [path] }

    func union(_ other: UnknownSet) -> UnknownSet {
        var set = self
        for path in other.paths where !set.paths.contains(path) { set.paths.append(path) }
        set.paths.sort(by: textIsBefore)
        return set
    }

    func map(_ extend: (String) -> String) -> UnknownSet {
        paths.dropFirst().reduce(UnknownSet(extend(paths[0]))) { $0.union(UnknownSet(extend($1))) }
    }
}
