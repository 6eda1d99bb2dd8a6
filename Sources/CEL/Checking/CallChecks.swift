/// Functions and operators: which form is meant, and what is wrong when none is.
extension Checker {
    mutating func visitCall(
        _ node: SyntaxTree.Node,
        _ function: String,
        _ target: NodeID?,
        _ arguments: [NodeID]
    ) -> NodeID {
        switch function {
        case "_&&_", "_||_": return visitLogic(node, function, arguments)
        case "_?_:_": return visitConditional(node, arguments)
        default: break
        }
        if target == nil, let type = environment.variableMacros[function] {
            return visitVariableMacro(node, function, arguments, type)
        }
        let meaning = meaning(of: function, target, node)
        let target = meaning.isNamespaced ? nil : target
        guard let found = meaning.function else {
            return visitUnknown(node, meaning.name, target, arguments)
        }
        return visitFunction(found, node, meaning.name, target, arguments)
    }

    /// The function that a name stands for; what is wrong has been noted when there is none.
    private mutating func meaning(
        of function: String,
        _ target: NodeID?,
        _ node: SyntaxTree.Node
    ) -> (function: Function?, name: String, isNamespaced: Bool) {
        if let target, let path = plainPath(target) {
            let name = path + "." + function
            if let found = Library.functions[name], found.hasForm(isMember: false) {
                return (found, name, true)
            }
            let namespace = String(path.prefix { $0 != "." })
            if Library.namespaces.contains(path), environment.variables[namespace] == nil {
                reportFunction(name, node, isMember: false)
                return (nil, name, true)
            }
        }
        let name = function.first == "." ? String(function.dropFirst()) : function
        guard let found = Library.functions[name], found.hasForm(isMember: target != nil) else {
            reportFunction(name, node, isMember: target != nil)
            return (nil, name, false)
        }
        return (found, name, false)
    }

    private mutating func visitUnknown(
        _ node: SyntaxTree.Node,
        _ name: String,
        _ target: NodeID?,
        _ arguments: [NodeID]
    ) -> NodeID {
        var visitedTarget: NodeID?
        if let target { visitedTarget = visit(target) }
        let count = diagnosticCount
        let visited = visitAll(arguments)
        if isChecked, Self.isLikeMacro(name) { forgetDiagnostics(after: count) }
        return addCall(node, name, visitedTarget, visited, .dyn, nil)
    }

    private mutating func visitLogic(
        _ node: SyntaxTree.Node,
        _ function: String,
        _ arguments: [NodeID]
    ) -> NodeID {
        let operands = visitAll(arguments)
        let name = function == "_&&_" ? "&&" : "||"
        for (id, argument) in zip(operands, arguments) {
            requireBool(id, original(argument), for: "An operand of '\(name)'")
        }
        let overload = function == "_&&_" ? "logical_and" : "logical_or"
        return addCall(node, function, nil, operands, isChecked ? .bool : .dyn, overload)
    }

    private mutating func visitAll(_ ids: [NodeID]) -> [NodeID] {
        var visited: [NodeID] = []
        visited.reserveCapacity(ids.count)
        for id in ids { visited.append(visit(id)) }
        return visited
    }

    private mutating func addCall(
        _ node: SyntaxTree.Node,
        _ function: String,
        _ target: NodeID?,
        _ arguments: [NodeID],
        _ type: CELType,
        _ overload: String?
    ) -> NodeID {
        add(
            .call(
                function: function,
                target: target,
                arguments: arguments,
                overload: isChecked ? overload : nil
            ),
            as: isChecked ? type : .dyn,
            at: node
        )
    }

    private mutating func visitConditional(
        _ node: SyntaxTree.Node,
        _ arguments: [NodeID]
    ) -> NodeID {
        let ids = visitAll(arguments)
        return finishConditional(node, arguments, ids)
    }

    private mutating func finishConditional(
        _ node: SyntaxTree.Node,
        _ arguments: [NodeID],
        _ ids: [NodeID]
    ) -> NodeID {
        requireBool(ids[0], original(arguments[0]), for: "The condition of '?:'")
        let result = unifier.fresh()
        let chosen = type(of: ids[1])
        let other = type(of: ids[2])
        if isChecked, !(unifier.assign(chosen, to: result) && unifier.assign(other, to: result)) {
            let names = "\(unifier.resolved(chosen)) and \(unifier.resolved(other))"
            fault(
                .noOverload,
                "The two branches of '?:' are of different types, \(names)",
                at: original(arguments[2]),
                expected: unifier.resolved(chosen).description
            )
        }
        return addCall(node, "_?_:_", nil, ids, unifier.head(result), "conditional")
    }

    /// `age(a.b)`: reads a variable of its own.
    private mutating func visitVariableMacro(
        _ node: SyntaxTree.Node,
        _ function: String,
        _ arguments: [NodeID],
        _ type: CELType
    ) -> NodeID {
        guard arguments.count == 1 else {
            fault(
                .wrongArity,
                "\(function)() takes 1 argument, not \(arguments.count)",
                at: node.anchor,
                length: function.unicodeScalars.count,
                expected: "\(function)(name)"
            )
            return addCall(node, function, nil, visitAll(arguments), .dyn, nil)
        }
        let argument = original(arguments[0])
        if let path = plainPath(arguments[0]) {
            for candidate in candidates(path, isRooted: false)
            where environment.variables[candidate] != nil {
                let name = "\(function)(\(candidate))"
                return add(
                    .variable(slot: slot(name), name: name),
                    as: isChecked ? type : .dyn,
                    at: node
                )
            }
        }
        let count = diagnosticCount
        let id = visit(arguments[0])
        if diagnosticCount == count {
            fault(
                .wrongType,
                "\(function)() takes the name of a declared variable and nothing else",
                at: argument,
                expected: "a declared name"
            )
        }
        return addCall(node, function, nil, [id], .dyn, nil)
    }

    private var diagnosticCount: Int { diagnostics.count }

    // MARK: Functions

    private mutating func visitFunction(
        _ function: Function,
        _ node: SyntaxTree.Node,
        _ name: String,
        _ target: NodeID?,
        _ arguments: [NodeID]
    ) -> NodeID {
        var visitedTarget: NodeID?
        if let target { visitedTarget = visit(target) }
        let visited = visitAll(arguments)
        guard isChecked else {
            return addCall(node, name, visitedTarget, visited, .dyn, nil)
        }
        return finish(function, node, name, (target, visitedTarget), (arguments, visited))
    }

    private mutating func finish(
        _ function: Function,
        _ node: SyntaxTree.Node,
        _ name: String,
        _ targets: (original: NodeID?, visited: NodeID?),
        _ arguments: (original: [NodeID], visited: [NodeID])
    ) -> NodeID {
        let (visitedTarget, visited) = (targets.visited, arguments.visited)
        let operands = (visitedTarget.map { [$0] } ?? []) + visited
        let originals = (targets.original.map { [$0] } ?? []) + arguments.original
        let isMember = visitedTarget != nil
        guard function.hasForm(isMember: isMember, count: operands.count) else {
            reportArity(function, node, isMember: isMember, count: visited.count)
            return addCall(node, name, visitedTarget, visited, .dyn, nil)
        }
        if function.takesManyNumbers, operands.count > 2 {
            let type = checkNumbers(function, operands, originals)
            let id = name.map { $0 == "." ? "_" : String($0) }.joined() + "_many"
            return addCall(node, name, nil, visited, type, id)
        }
        if let record = recordIndex(name, node, operands, originals) {
            return addCall(node, name, nil, visited, record, "index_map")
        }
        let types = operands.map { type(of: $0) }
        guard let (type, overload) = resolve(function, types, isMember: isMember) else {
            reportTypes(function, node, types, originals, isMember: isMember)
            return addCall(node, name, visitedTarget, visited, .dyn, nil)
        }
        checkConstants(name, visited, originals)
        return addCall(node, name, visitedTarget, visited, type, overload)
    }

    /// Whether a function that asks for one type takes another.
    ///
    /// Null, which agrees with instants, spans and optionals in lists and in `==`, is not taken.
    mutating func takes(_ expected: CELType, _ type: CELType) -> Bool {
        if type == .null {
            switch expected {
            case .timestamp, .duration, .optional: return false
            default: break
            }
        }
        return unifier.assign(type, to: expected)
    }

    /// The type that a function gives, and its form when only one fits; `nil` when none does.
    mutating func resolve(
        _ function: Function,
        _ types: [CELType],
        isMember: Bool
    ) -> (type: CELType, overload: String?)? {
        var result: CELType?
        var overload: String?
        for form in function.overloads
        where form.isMember == isMember && form.parameters.count == types.count {
            let before = unifier.mark
            let base = unifier.room(for: form)
            var fits = true
            for (type, parameter) in zip(types, form.parameters) {
                let expected = unifier.instantiated(parameter, from: base)
                guard takes(expected, type) else {
                    fits = false
                    break
                }
            }
            guard fits else {
                unifier.restore(before)
                continue
            }
            let type = unifier.instantiated(form.result, from: base)
            if let known = result {
                overload = nil
                if unifier.resolved(known) != unifier.resolved(type) { result = .dyn }
            } else {
                result = unifier.head(type)
                overload = form.id
            }
        }
        return result.map { ($0, overload) }
    }

    /// Three and more numbers of any kinds.
    private mutating func checkNumbers(
        _ function: Function,
        _ operands: [NodeID],
        _ originals: [NodeID]
    ) -> CELType {
        var joined: CELType?
        for (operand, original) in zip(operands, originals) {
            let type = self.type(of: operand)
            switch type {
            case .int, .uint, .double, .dyn, .typeParameter: break
            default:
                fault(
                    .noOverload,
                    "\(function.name)() takes numbers, not \(unifier.resolved(type))",
                    at: self.original(original),
                    expected: "int, uint or double"
                )
            }
            joined = joined.map { $0 == type ? $0 : .dyn } ?? type
        }
        return joined ?? .dyn
    }

    /// A record indexed by a constant text: the type of the field.
    private mutating func recordIndex(
        _ name: String,
        _ node: SyntaxTree.Node,
        _ operands: [NodeID],
        _ originals: [NodeID]
    ) -> CELType? {
        guard name == "_[_]" || name == "_[?_]" else { return nil }
        var type = self.type(of: operands[0])
        var isOptional = name == "_[?_]"
        if case .optional(let wrapped) = type {
            isOptional = true
            type = unifier.head(wrapped)
        }
        guard case .record(let fields) = type,
            case .literal(.string(let key)) = nodes[operands[1]].kind
        else { return nil }
        if let field = fields.first(where: { $0.name == key }) {
            return isOptional ? .optional(field.type) : field.type
        }
        let nearest = Suggestions.nearest(to: key, among: fields.map(\.name).sorted())
        let shown = fields.map(\.name).sorted().prefix(8).joined(separator: ", ")
        fault(
            .unknownField,
            "There is no field '\(key)'"
                + (nearest.map { "; did you mean '\($0)'?" } ?? "; the fields are \(shown)"),
            at: original(originals[1]),
            expected: "one of the fields \(shown)" + (fields.count > 8 ? ", …" : ""),
            suggestion: nearest.map { Value.string($0).description }
        )
        return .dyn
    }

    private static let maximumPatternsChecked = 40

    /// Constants that can never be read are refused before they fail.
    private mutating func checkConstants(
        _ name: String,
        _ operands: [NodeID],
        _ originals: [NodeID]
    ) {
        guard environment.checksConstants, let last = operands.last,
            case .literal(.string(let text)) = nodes[last].kind
        else { return }
        let node = original(originals[originals.count - 1])
        switch name {
        case "matches":
            // Of very many the rest is left to the evaluation.
            guard patternsChecked < Self.maximumPatternsChecked else { return }
            patternsChecked += 1
            do throws(Pattern.Fault) {
                _ = try Pattern(text, limits: environment.limits)
            } catch {
                fault(.badPattern, error.message, at: node, expected: "RE2's syntax")
            }
        case "duration", "timestamp", "int", "uint", "double", "bool":
            guard operands.count == 1 else { return }
            guard case .unary(let convert)? = Library.functions[name]?.implementation(count: 1)
            else { return }
            let outcome = Frame.run([], zones: .none, limits: environment.limits, localCount: 0) {
                frame -> Outcome in
                do throws(Halt) {
                    return .value(try convert(.string(text), &frame))
                } catch {
                    return error.outcome
                }
            }
            guard case .error(let error) = outcome else { return }
            fault(.badLiteral, error.message, at: node, expected: name)
        default: break
        }
    }
}
