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

    private let limits: Limits
    private let refusesNaN: Bool
    private let localCount: Int
    private let nodeCount: Int
    private let code: any Code

    /// Compiles an expression: parses it, resolves its names and checks it.
    public init(
        compiling source: String,
        in environment: Environment
    ) throws(CompilationError) {
        let parsed = try Parser.tree(
            of: source,
            hasMacros: environment.hasMacros,
            limits: environment.limits
        )
        let result = try Checker.check(parsed, in: environment)
        try NestingBound.check(result.tree, limits: environment.limits)
        self.source = source
        tree = result.tree
        type = result.tree.nodes[result.tree.root].type
        variables = result.variables
        localCount = result.localCount
        nodeCount = result.tree.nodes.count
        limits = environment.limits
        code = Lowering.code(
            of: result.tree,
            limits: environment.limits,
            refusesNaN: environment.refusesNaN
        )
        refusesNaN = environment.refusesNaN
        try checkEstimate(environment)
    }

    /// Evaluates the expression with what is known of each of its ``variables``.
    ///
    /// A slot that is missing at the end of the list counts as unbound.
    public func evaluate(_ slots: [Slot], zones: ZoneRules = .none) -> Outcome {
        Frame.run(slots, zones: zones, limits: limits, localCount: localCount) { frame in
            run(code, &frame)
        }
    }

    /// Evaluates the expression and tells what it looked at and what its parts came to.
    ///
    /// Within the bodies of macros such as `all` reads are noted, parts are not.
    public func evaluateTracing(
        _ slots: [Slot],
        zones: ZoneRules = .none
    ) -> (outcome: Outcome, trace: Trace) {
        let recorder = Recorder()
        let code = Lowering.code(
            of: tree,
            limits: limits,
            refusesNaN: refusesNaN,
            tracing: source
        )
        let outcome = Frame.run(slots, zones: zones, limits: limits, localCount: localCount) {
            frame in
            frame.recorder = recorder
            return run(code, &frame)
        }
        return (outcome, recorder.trace)
    }

    /// Evaluates the expression and tells what that cost, in the units of ``Limits/steps`` and
    /// ``Limits/bytesProduced``.
    public func evaluateMeasuring(
        _ slots: [Slot],
        zones: ZoneRules = .none
    ) -> (outcome: Outcome, steps: Int, bytesProduced: Int) {
        Frame.run(slots, zones: zones, limits: limits, localCount: localCount) { frame in
            let outcome = run(code, &frame)
            return (outcome, limits.steps - frame.steps, limits.bytesProduced - frame.bytes)
        }
    }

    /// What an evaluation costs at most while the facts are no larger than the hints say.
    public func estimatedCost(_ hints: SizeHints = SizeHints()) -> CostEstimate {
        CostEstimator.estimate(tree, hints: hints, limits: limits)
    }

    /// Refuses the program when its estimate is above the limits.
    private func checkEstimate(_ environment: Environment) throws(CompilationError) {
        guard let most = environment.limits.estimatedSteps else { return }
        let estimate = estimatedCost(environment.sizeHints)
        guard estimate.steps > most else { return }
        let root = tree.nodes[tree.root]
        throw CompilationError(diagnostics: [
            Diagnostic(
                phase: .check,
                code: .tooLarge,
                message: "An evaluation may take \(estimate.steps) steps, more than the \(most)"
                    + " allowed",
                position: root.position,
                length: root.length,
                expected: "fewer or smaller lists to walk over within each other"
            )
        ])
    }

    private func run(_ code: any Code, _ frame: inout Frame) -> Outcome {
        do throws(Halt) {
            try frame.step(nodeCount)
            let value = try code.evaluate(&frame)
            try frame.chargeResult(value)
            return .value(value)
        } catch {
            return error.outcome
        }
    }
}
