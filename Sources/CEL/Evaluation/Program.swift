/// A compiled expression, ready to be evaluated any number of times, on any thread.
public final class Program: Sendable {
    /// The source text.
    public let source: String
    /// The type that the check deduced; `dyn` when unchecked.
    public let type: CELType
    /// The variables that the expression reads, in order of first appearance; a slot each.
    public let variables: [String]
    /// The syntax tree after resolution of the names.
    public let tree: SyntaxTree

    /// Compiles an expression: parses it, resolves its names and checks it.
    public init(
        compiling source: String,
        in environment: Environment
    ) throws(CompilationError) {
        throw CompilationError(diagnostics: [
            Diagnostic(phase: .parse, code: .syntax, message: "no parser yet", position: .start)
        ])
    }

    /// Evaluates the expression with what is known of each of its ``variables``.
    ///
    /// A slot that is missing at the end of the list counts as unbound.
    public func evaluate(_ slots: [Slot], zones: ZoneRules = .none) -> Outcome {
        .unknown(paths: variables)
    }

    /// Evaluates the expression and tells what it looked at and what its parts came to.
    public func evaluateTracing(
        _ slots: [Slot],
        zones: ZoneRules = .none
    ) -> (outcome: Outcome, trace: Trace) {
        (evaluate(slots, zones: zones), Trace())
    }
}
