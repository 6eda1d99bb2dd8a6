/// What to say of a call that cannot be.
extension Checker {
    /// A function as it is written: `>=` for `_>=_`.
    static func shownName(_ function: String) -> String {
        switch function {
        case "@in": "in"
        case "_[_]", "_[?_]": "[]"
        default:
            function.contains("_") && !(function.first?.isLetter ?? false)
                || function.first == "_"
                ? function.filter { $0 != "_" } : function
        }
    }

    private static func isOperator(_ function: String) -> Bool {
        !(function.unicodeScalars.first.map { $0.isLetter && $0 != "_" } ?? false)
    }

    /// Whether a name is that of a macro or is near to one: arguments may then name its variables.
    static func isLikeMacro(_ name: String) -> Bool {
        Library.macros.contains(name) || Suggestions.nearest(to: name, among: Library.macros) != nil
    }

    mutating func reportFunction(_ name: String, _ node: SyntaxTree.Node, isMember: Bool) {
        guard isChecked, !isFull else { return }
        let length = (name.split(separator: ".").last ?? "").unicodeScalars.count
        let isDotted = name.contains(".")
        if Library.macros.contains(name) {
            fault(
                .wrongArity,
                "\(name) is a macro and takes other arguments"
                    + (name == "has" ? ", such as has(a.b)" : ", such as list.\(name)(x, …)"),
                at: node.anchor,
                length: length,
                expected: name == "has" ? "has(a.b)" : "\(name)(name, expression)"
            )
            return
        }
        if let known = Library.functions[name], !isDotted {
            let example = known.hasForm(isMember: true) ? "x.\(name)(…)" : "\(name)(…)"
            fault(
                .noOverload,
                "\(name) is called as \(example)",
                at: node.anchor,
                length: length,
                expected: example
            )
            return
        }
        let members = Library.names.filter { candidate in
            Library.functions[candidate]?.hasForm(isMember: isMember && !isDotted) ?? false
        }
        let macros =
            isDotted ? [] : isMember ? Library.macros.filter { $0 != "has" } : ["has"]
        let candidates =
            members + macros + (isMember ? [] : environment.variableMacros.keys.sorted())
        let nearest = Suggestions.nearest(to: name, among: candidates)
        fault(
            .unknownFunction,
            "There is no function '\(name)'" + (nearest.map { "; did you mean '\($0)'?" } ?? ""),
            at: isDotted ? node.position : node.anchor,
            length: isDotted ? name.unicodeScalars.count : length,
            expected: "a function",
            suggestion: nearest
        )
    }

    mutating func reportArity(
        _ function: Function,
        _ node: SyntaxTree.Node,
        isMember: Bool,
        count: Int
    ) {
        let counts = Set(
            function.overloads.filter { $0.isMember == isMember }.map {
                $0.parameters.count - (isMember ? 1 : 0)
            }
        ).sorted()
        let shown = counts.map(String.init).joined(separator: " or ")
        let plural = counts == [1] ? "argument" : "arguments"
        let isDotted = function.name.contains(".")
        fault(
            .wrongArity,
            "\(function.name)() takes \(shown) \(plural), not \(count)",
            at: isDotted ? node.position : node.anchor,
            length: function.name.unicodeScalars.count,
            expected: "\(shown) \(plural)"
        )
    }

    /// Notes which operand is of a wrong type: one with another type in whose place the call would
    /// do; constants are blamed first, then operands further to the right.
    mutating func reportTypes(
        _ function: Function,
        _ node: SyntaxTree.Node,
        _ types: [CELType],
        _ originals: [NodeID],
        isMember: Bool
    ) {
        let order = originals.indices.sorted { left, right in
            let isLeft = isConstant(originals[left])
            let isRight = isConstant(originals[right])
            return isLeft == isRight ? left > right : isLeft
        }
        let shown = types.map { unifier.resolved($0).description }.joined(separator: ", ")
        let name = Self.shownName(function.name)
        let isOperator = Self.isOperator(function.name)
        for place in order {
            let expected = fitting(function, types, at: place, isMember: isMember)
            guard !expected.isEmpty else { continue }
            let wanted = expected.joined(separator: " or ")
            let own = unifier.resolved(types[place])
            fault(
                .noOverload,
                isOperator
                    ? "'\(name)' does not take \(shown); \(wanted) was expected here"
                    : "\(name)() takes \(wanted) here, not \(own)",
                at: blamed(originals[place], function, types),
                expected: wanted
            )
            return
        }
        fault(
            .noOverload,
            isOperator ? "'\(name)' does not take \(shown)" : "\(name)() does not take \(shown)",
            at: node.anchor,
            length: isOperator ? max(1, name.unicodeScalars.count) : name.unicodeScalars.count
        )
    }

    /// What is to blame within an operand: of a list written out after `in`, the first constant that
    /// cannot be what is looked for.
    private func blamed(
        _ operand: NodeID,
        _ function: Function,
        _ types: [CELType]
    ) -> SyntaxTree.Node {
        let node = original(operand)
        guard function.name == "@in", case .list(let elements, _) = node.kind else { return node }
        let wanted = unifier.resolved(types[0])
        for element in elements {
            switch (original(element).kind, wanted) {
            case (.list, .list), (.map, .map): continue
            case (.literal(let value), _) where Self.type(of: value) == wanted: continue
            case (.literal, _), (.list, _), (.map, _): return original(element)
            default: continue
            }
        }
        return node
    }

    private func isConstant(_ id: NodeID) -> Bool {
        switch original(id).kind {
        case .literal, .list, .map: true
        default: false
        }
    }

    /// The types with which a call would do in one place, the others being what they are.
    private mutating func fitting(
        _ function: Function,
        _ types: [CELType],
        at place: Int,
        isMember: Bool
    ) -> [String] {
        let before = unifier.mark
        defer { unifier.restore(before) }
        var names: [String] = []
        for form in function.overloads
        where form.isMember == isMember && form.parameters.count == types.count {
            unifier.restore(before)
            let base = unifier.room(for: form)
            let parameters = form.parameters.map { unifier.instantiated($0, from: base) }
            var fits = true
            for index in types.indices where index != place {
                if !takes(parameters[index], types[index]) {
                    fits = false
                    break
                }
            }
            guard fits else { continue }
            let name = unifier.resolved(parameters[place]).description
            if name != "dyn", !names.contains(name) { names.append(name) }
        }
        return names
    }
}
