package import CEL

/// A clock in a condition, compared with a constant: `age(ci.tests.state) < duration("2h")`.
///
/// The moment at which it flips can be computed, which gives "earliest" and the next wake-up.
package struct ClockComparison: Sendable, Hashable {
    /// The variable that the clock is: `time_in_stage` or `age(FACT)`.
    package var variable: String
    package var threshold: Span

    /// Whether a variable of a program is a clock.
    static func isClock(_ variable: String) -> Bool {
        variable == ConditionProfile.timeInStage
            || variable.hasPrefix(ConditionProfile.ageMacro + "(")
    }

    /// The comparisons of clocks with constants in a program.
    package static func all(in program: Program) -> [ClockComparison] {
        scan(program).comparisons
    }

    /// The places where a clock is used in any other way.
    static func incomputable(in program: Program) -> [SyntaxTree.NodeID] {
        scan(program).others
    }

    private static func scan(
        _ program: Program
    ) -> (comparisons: [ClockComparison], others: [SyntaxTree.NodeID]) {
        let nodes = program.tree.nodes
        var comparisons: [ClockComparison] = []
        var computed: Set<SyntaxTree.NodeID> = []
        for node in nodes {
            guard case .call(let function, nil, let arguments, _) = node.kind,
                arguments.count == 2,
                ["_<_", "_<=_", "_>_", "_>=_"].contains(function)
            else { continue }
            for (clock, constant) in [
                (arguments[0], arguments[1]), (arguments[1], arguments[0]),
            ] {
                guard let variable = clockVariable(nodes[clock].kind),
                    let threshold = constantSpan(constant, in: nodes)
                else { continue }
                comparisons.append(ClockComparison(variable: variable, threshold: threshold))
                computed.insert(clock)
            }
        }
        let others = nodes.indices.filter { index in
            clockVariable(nodes[index].kind) != nil && !computed.contains(index)
        }
        return (comparisons, others)
    }

    private static func clockVariable(_ kind: SyntaxTree.Kind) -> String? {
        guard case .variable(_, let name) = kind, isClock(name) else { return nil }
        return name
    }

    private static func constantSpan(
        _ node: SyntaxTree.NodeID,
        in nodes: [SyntaxTree.Node]
    ) -> Span? {
        switch nodes[node].kind {
        case .literal(.duration(let nanoseconds)):
            return Span(milliseconds: nanoseconds / 1_000_000)
        case .call("duration", nil, let arguments, _):
            guard arguments.count == 1, case .literal(.string(let text)) = nodes[arguments[0]].kind
            else { return nil }
            return Span(text: text)
        default: return nil
        }
    }
}
