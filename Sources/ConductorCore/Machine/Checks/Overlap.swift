package import CEL

extension Machine {
    /// Automatic transitions from one stage that could both be ready at once.
    ///
    /// Order in the file decides between them, which is easily overlooked. Two are taken as
    /// separated where their conditions contradict each other in a way that can be seen: one value
    /// of a fact against another, a question against its opposite, ranges that do not meet.
    ///
    /// - Parameters:
    ///   - programs: The compiled conditions, by name; those that are missing separate nothing.
    ///   - isOrdered: Whether the file says outright that the first goes before the second.
    /// - Returns: a finding at the lower of each two. In a machine with more alternatives than
    ///   anybody reads, not every pair is looked at.
    package func overlapFindings(
        programs: [String: Program],
        isOrdered: (Transition, Transition) -> Bool
    ) -> [MachineFinding] {
        let automatic = transitions.indices.filter {
            !transitions[$0].manual && !transitions[$0].when.isEmpty
        }
        var alternatives: [Int: [ConditionCase]] = [:]
        for index in automatic {
            alternatives[index] = cases(of: transitions[index], programs: programs)
        }
        var findings: [MachineFinding] = []
        var budget = ConditionCase.comparisons
        for (place, first) in automatic.enumerated() {
            for second in automatic[(place + 1)...]
            where transitions[first].from == transitions[second].from {
                let (left, right) = (transitions[first], transitions[second])
                let isSame = left.to == right.to && left.actions == right.actions
                if isSame || isOrdered(left, right) { continue }
                guard budget > 0 else { return findings }
                let excludes = alternatives[first, default: []].excludes(
                    alternatives[second, default: []],
                    budget: &budget
                )
                if excludes { continue }
                findings.append(
                    MachineFinding(
                        .overlap,
                        .transition(second),
                        "nothing separates it from '\(left.name)', which stands above it and leaves"
                            + " '\(left.from)' too; when both are ready the upper one wins"
                    )
                )
            }
        }
        return findings
    }

    private func cases(
        of transition: Transition,
        programs: [String: Program]
    ) -> [ConditionCase] {
        var cases = [ConditionCase()]
        for name in transition.when {
            // A condition that may not apply may be left out, and separates nothing.
            guard let program = programs[name], condition(name)?.applies == nil else { continue }
            let more = ConditionCase.all(of: program.tree)
            let claims =
                more.count * cases.reduce(0) { $0 + $1.claims.count }
                + cases.count * more.reduce(0) { $0 + $1.claims.count }
            guard cases.count * more.count <= ConditionCase.limit, claims <= ConditionCase.claims
            else { continue }
            cases = cases.flatMap { one in more.map { one.joined(with: $0) } }
        }
        return cases
    }
}

extension [ConditionCase] {
    fileprivate func excludes(_ others: [ConditionCase], budget: inout Int) -> Bool {
        for mine in self {
            for other in others {
                budget -= 1 + mine.claims.count * other.claims.count
                if budget <= 0 || !mine.contradicts(other) { return budget <= 0 }
            }
        }
        return true
    }
}

/// One way in which a condition can hold: claims that are all true.
private struct ConditionCase {
    /// Alternatives of one transition.
    static let limit = 128
    /// Claims of all alternatives of one transition.
    static let claims = 2_000
    /// Pairs of claims that are compared for one machine.
    static let comparisons = 1_000_000

    /// A claim about one term of the expression, itself written as text.
    struct Claim: Hashable {
        enum Relation: Hashable { case equal, unequal, less, lessOrEqual, greater, greaterOrEqual }

        var term: String
        var relation: Relation
        var value: Value
    }

    var claims: [Claim] = []

    func joined(with other: ConditionCase) -> ConditionCase {
        ConditionCase(claims: claims + other.claims)
    }

    func contradicts(_ other: ConditionCase) -> Bool {
        claims.contains { claim in
            other.claims.contains { $0.term == claim.term && Self.exclude(claim, $0) }
        }
    }

    /// The cases of an expression, together as wide as the expression itself.
    static func all(of tree: SyntaxTree) -> [ConditionCase] {
        CaseReader(nodes: tree.nodes).cases(tree.root, isTrue: true)
    }

    private static func exclude(_ left: Claim, _ right: Claim) -> Bool {
        if let a = number(left.value), let b = number(right.value) {
            switch (left.relation, right.relation) {
            case (.equal, .equal): return a != b
            case (.equal, .unequal), (.unequal, .equal): return a == b
            case (.equal, _): return !holds(a, right.relation, b)
            case (_, .equal): return !holds(b, left.relation, a)
            case (.less, .greater), (.less, .greaterOrEqual), (.lessOrEqual, .greater):
                return a <= b
            case (.greater, .less), (.greaterOrEqual, .less), (.greater, .lessOrEqual):
                return b <= a
            case (.lessOrEqual, .greaterOrEqual): return a < b
            case (.greaterOrEqual, .lessOrEqual): return b < a
            case (.unequal, _), (_, .unequal), (.less, .less), (.less, .lessOrEqual),
                (.lessOrEqual, .less), (.lessOrEqual, .lessOrEqual), (.greater, .greater),
                (.greater, .greaterOrEqual), (.greaterOrEqual, .greater),
                (.greaterOrEqual, .greaterOrEqual):
                return false
            }
        }
        switch (left.relation, right.relation) {
        case (.equal, .equal): return left.value != right.value
        case (.equal, .unequal), (.unequal, .equal): return left.value == right.value
        case (.equal, _), (.unequal, _), (.less, _), (.lessOrEqual, _), (.greater, _),
            (.greaterOrEqual, _):
            return false
        }
    }

    private static func holds(_ value: Double, _ relation: Claim.Relation, _ bound: Double) -> Bool
    {
        switch relation {
        case .equal: value == bound
        case .unequal: value != bound
        case .less: value < bound
        case .lessOrEqual: value <= bound
        case .greater: value > bound
        case .greaterOrEqual: value >= bound
        }
    }

    private static func number(_ value: Value) -> Double? {
        switch value {
        case .int(let number): Double(exactly: number)
        case .uint(let number): Double(exactly: number)
        case .double(let number): number
        case .duration(let nanoseconds): Double(exactly: nanoseconds)
        case .null, .bool, .string, .bytes, .list, .map, .timestamp, .type, .optional: nil
        }
    }
}

/// Takes an expression apart at `&&`, `||`, `!` and comparisons.
private struct CaseReader {
    let nodes: [SyntaxTree.Node]

    func cases(_ id: SyntaxTree.NodeID, isTrue: Bool) -> [ConditionCase] {
        if case .call(let function, nil, let arguments, _) = nodes[id].kind {
            switch function {
            case "!_" where arguments.count == 1:
                return cases(arguments[0], isTrue: !isTrue)
            case "_&&_", "_||_":
                let parts = arguments.map { cases($0, isTrue: isTrue) }
                let isUnion = (function == "_||_") == isTrue
                if isUnion { return parts.flatMap(\.self) }
                let count = parts.reduce(1) { $0 * max(1, $1.count) }
                if count <= ConditionCase.limit {
                    return parts.reduce([ConditionCase()]) { sum, part in
                        sum.flatMap { one in part.map { one.joined(with: $0) } }
                    }
                }
            case "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_":
                if arguments.count == 2,
                    let claim = claim(function, arguments[0], arguments[1], isTrue: isTrue)
                {
                    return [ConditionCase(claims: [claim])]
                }
            default: break
            }
        }
        let claim = ConditionCase.Claim(term: text(id), relation: .equal, value: .bool(isTrue))
        return [ConditionCase(claims: [claim])]
    }

    private func claim(
        _ function: String,
        _ left: SyntaxTree.NodeID,
        _ right: SyntaxTree.NodeID,
        isTrue: Bool
    ) -> ConditionCase.Claim? {
        var relation: ConditionCase.Claim.Relation =
            switch function {
            case "_==_": .equal
            case "_!=_": .unequal
            case "_<_": .less
            case "_<=_": .lessOrEqual
            case "_>_": .greater
            default: .greaterOrEqual
            }
        if !isTrue { relation = relation.opposite }
        if let value = constant(right) {
            return .init(term: text(left), relation: relation, value: value)
        }
        if let value = constant(left) {
            return .init(term: text(right), relation: relation.mirrored, value: value)
        }
        // Neither side is a constant: what is compared is their difference with nothing.
        let (one, other) = (text(left), text(right))
        let isInOrder = !other.precedes(one)
        return .init(
            term: isInOrder ? "\(one) - \(other)" : "\(other) - \(one)",
            relation: isInOrder ? relation : relation.mirrored,
            value: .int(0)
        )
    }

    private func constant(_ id: SyntaxTree.NodeID) -> Value? {
        if case .literal(let value) = nodes[id].kind { value } else { nil }
    }

    /// The sub-expression as text; equal texts mean the same within one machine.
    private func text(_ id: SyntaxTree.NodeID) -> String {
        func list(_ ids: [SyntaxTree.NodeID]) -> String {
            ids.map(text).joined(separator: ", ")
        }
        switch nodes[id].kind {
        case .literal(let value): return "\(value)"
        case .variable(_, let name): return name
        case .select(let operand, let field, let isTest):
            return "\(isTest ? "has " : "")\(text(operand)).\(field)"
        case .call(let function, let target, let arguments, _):
            return "\(target.map(text) ?? "")\(function)(\(list(arguments)))"
        case .list(let elements, _): return "[\(list(elements))]"
        case .identifier, .variablePresence, .optionalVariable, .local, .optionalSelect, .map,
            .comprehension, .bind, .block, .optionalMap:
            // Not looked into: equal to nothing else.
            return "\(nodes[id].kind)"
        }
    }
}

extension ConditionCase.Claim.Relation {
    fileprivate var opposite: Self {
        switch self {
        case .equal: .unequal
        case .unequal: .equal
        case .less: .greaterOrEqual
        case .lessOrEqual: .greater
        case .greater: .lessOrEqual
        case .greaterOrEqual: .less
        }
    }

    fileprivate var mirrored: Self {
        switch self {
        case .equal: .equal
        case .unequal: .unequal
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        }
    }
}
