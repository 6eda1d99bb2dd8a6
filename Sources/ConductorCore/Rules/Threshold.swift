import CEL

/// A number that a condition compares a fact with.
///
/// It is for people: it says what a value is held against, and decides nothing.
package struct Threshold: Sendable, Hashable {
    /// How a fact's value must stand to the limit, as written.
    package enum Comparison: String, Sendable, Hashable, CaseIterable {
        case less = "<"
        case atMost = "<="
        case more = ">"
        case atLeast = ">="
        case equal = "=="

        /// The same, with the sides changed.
        var turned: Comparison {
            switch self {
            case .less: .more
            case .atMost: .atLeast
            case .more: .less
            case .atLeast: .atMost
            case .equal: .equal
            }
        }
    }

    package var fact: String
    package var comparison: Comparison
    package var limit: JSON

    /// The comparisons of facts with numbers in an expression; parameters count as numbers.
    static func all(in program: Program, parameters: [String: JSON]) -> [Threshold] {
        let nodes = program.tree.nodes
        var found: [Threshold] = []
        for node in nodes {
            guard case .call(let function, nil, let arguments, _) = node.kind,
                arguments.count == 2,
                let comparison = Comparison(
                    rawValue: String(function.drop { $0 == "_" }.prefix { $0 != "_" })
                )
            else { continue }
            let left = nodes[arguments[0]].kind
            let right = nodes[arguments[1]].kind
            if let fact = fact(left), let limit = number(right, parameters) {
                found.append(Threshold(fact: fact, comparison: comparison, limit: limit))
            } else if let fact = fact(right), let limit = number(left, parameters) {
                found.append(Threshold(fact: fact, comparison: comparison.turned, limit: limit))
            }
        }
        return found
    }

    private static func fact(_ kind: SyntaxTree.Kind) -> String? {
        guard case .variable(_, let name) = kind, !name.hasPrefix(parameterPrefix),
            !ClockComparison.isClock(name)
        else { return nil }
        return name
    }

    private static func number(_ kind: SyntaxTree.Kind, _ parameters: [String: JSON]) -> JSON? {
        switch kind {
        case .literal(.int(let number)): return .int(number)
        case .literal(.double(let number)) where number.isFinite: return .double(number)
        case .variable(_, let name) where name.hasPrefix(parameterPrefix):
            guard let value = parameters[String(name.dropFirst(parameterPrefix.count))] else {
                return nil
            }
            return value.numberValue == nil ? nil : value
        case .literal, .variable, .identifier, .variablePresence, .optionalVariable, .local,
            .select, .optionalSelect, .call, .list, .map, .comprehension, .bind, .block,
            .optionalMap:
            return nil
        }
    }

    private static let parameterPrefix = "params."
}

extension CompiledMachine {
    /// What each condition compares numbers with, by its name.
    package var thresholds: [String: [Threshold]] {
        var found: [String: [Threshold]] = [:]
        for condition in conditions {
            guard let program = condition.expression.program else { continue }
            let all = Threshold.all(in: program, parameters: machine.parameters)
            if !all.isEmpty { found[condition.condition.name] = all }
        }
        return found
    }
}

extension JSON {
    /// A number of either kind.
    package var numberValue: Double? {
        switch self {
        case .int(let number): Double(number)
        case .double(let number): number
        case .null, .bool, .string, .array, .object: nil
        }
    }
}
