/// Macros (specification: "Macros"; extensions: two-variable comprehensions, bindings, blocks).
extension Parser {
    mutating func globalMacro(
        _ name: String,
        with arguments: [NodeID],
        from start: SourcePosition,
        anchor: SourcePosition
    ) throws(Fault) -> NodeID? {
        guard name == "has", arguments.count == 1 else { return nil }
        guard case .select(let operand, let field, false) = node(arguments[0]).kind else {
            let argument = node(arguments[0])
            throw fault(
                .badMacro,
                "has() asks for a field, such as has(a.b)",
                at: argument.position,
                length: argument.length,
                expected: "a field selection"
            )
        }
        return try add(
            .select(operand: operand, field: field, isTest: true),
            from: start,
            anchor: node(arguments[0]).anchor,
            over: operand
        )
    }

    mutating func memberMacro(
        _ name: String,
        of target: NodeID,
        with arguments: [NodeID],
        from start: SourcePosition,
        anchor: SourcePosition
    ) throws(Fault) -> NodeID? {
        let kind: SyntaxTree.Comprehension.Kind
        switch name {
        case "all": kind = .all
        case "exists": kind = .exists
        case "exists_one", "existsOne": kind = .existsOne
        case "filter": kind = .filter
        case "map": kind = .map
        case "transformList": kind = .transformList
        case "transformMap": kind = .transformMap
        case "transformMapEntry": kind = .transformMapEntry
        case "sortBy": kind = .sortBy
        case "optMap", "optFlatMap":
            guard arguments.count == 2 else { return nil }
            let local = try local(arguments[0])
            return try add(
                .optionalMap(
                    local,
                    operand: target,
                    body: arguments[1],
                    isFlat: name == "optFlatMap"
                ),
                from: start,
                anchor: anchor,
                over: target,
                arguments[1]
            )
        case "bind", "block", "index", "iterVar":
            guard case .identifier("cel", _) = node(target).kind else { return nil }
            return try bindingMacro(name, with: arguments, from: start, anchor: anchor)
        default: return nil
        }
        var (variableCount, predicate, transform): (Int, NodeID?, NodeID?)
        switch (kind, arguments.count) {
        case (.all, 2), (.exists, 2), (.existsOne, 2), (.filter, 2):
            (variableCount, predicate, transform) = (1, arguments[1], nil)
        case (.all, 3), (.exists, 3), (.existsOne, 3):
            (variableCount, predicate, transform) = (2, arguments[2], nil)
        case (.map, 2), (.sortBy, 2):
            (variableCount, predicate, transform) = (1, nil, arguments[1])
        case (.map, 3):
            (variableCount, predicate, transform) = (1, arguments[1], arguments[2])
        case (.transformList, 3), (.transformMap, 3), (.transformMapEntry, 3):
            (variableCount, predicate, transform) = (2, nil, arguments[2])
        case (.transformList, 4), (.transformMap, 4), (.transformMapEntry, 4):
            (variableCount, predicate, transform) = (2, arguments[2], arguments[3])
        default: return nil
        }
        var variables = [try local(arguments[0])]
        if variableCount == 2 {
            variables.append(try local(arguments[1]))
            guard variables[0].name != variables[1].name else {
                throw fault(
                    .badMacro,
                    "The two variables of \(name)() have the same name",
                    at: variables[1].position,
                    length: node(arguments[1]).length
                )
            }
        }
        return try add(
            .comprehension(
                SyntaxTree.Comprehension(
                    kind: kind,
                    function: name,
                    range: target,
                    variables: variables,
                    predicate: predicate,
                    transform: transform
                )
            ),
            from: start,
            anchor: anchor,
            over: [target] + [predicate, transform].compactMap { $0 }
        )
    }

    /// The variable that an argument names.
    private func local(_ argument: NodeID) throws(Fault) -> SyntaxTree.Local {
        guard case .identifier(let name, false) = node(argument).kind else {
            throw fault(
                .badMacro,
                "The argument must be a plain name, which the macro brings in as a variable",
                at: node(argument).position,
                length: node(argument).length,
                expected: "a name"
            )
        }
        return SyntaxTree.Local(name: name, index: -1, position: node(argument).position)
    }

    private mutating func bindingMacro(
        _ name: String,
        with arguments: [NodeID],
        from start: SourcePosition,
        anchor: SourcePosition
    ) throws(Fault) -> NodeID? {
        switch (name, arguments.count) {
        case ("bind", 3):
            let local = try local(arguments[0])
            return try add(
                .bind(local, value: arguments[1], body: arguments[2]),
                from: start,
                anchor: anchor,
                over: arguments[1],
                arguments[2]
            )
        case ("block", 2):
            guard case .list(let elements, let optional) = node(arguments[0]).kind,
                optional.isEmpty
            else {
                throw fault(
                    .badMacro,
                    "The first argument of cel.block() is a list literal",
                    at: node(arguments[0]).position,
                    length: node(arguments[0]).length,
                    expected: "a list literal"
                )
            }
            blockBindings += elements.count
            guard blockBindings <= Self.maximumBlockBindings else {
                throw fault(
                    .tooLarge,
                    "The blocks have more than \(Self.maximumBlockBindings) bindings",
                    at: node(arguments[0]).position,
                    length: 1
                )
            }
            let locals = elements.enumerated().map { place, element in
                SyntaxTree.Local(
                    name: "@index\(place)",
                    index: -1,
                    position: node(element).position
                )
            }
            return try add(
                .block(locals, values: elements, body: arguments[1]),
                from: start,
                anchor: anchor,
                over: elements + [arguments[1]]
            )
        case ("index", 1):
            let place = try constant(arguments[0])
            return try add(
                .identifier(name: "@index\(place)", isRooted: false),
                from: start,
                anchor: anchor
            )
        case ("iterVar", 2):
            let outer = try constant(arguments[0])
            let inner = try constant(arguments[1])
            return try add(
                .identifier(name: "@it:\(outer):\(inner)", isRooted: false),
                from: start,
                anchor: anchor
            )
        default: return nil
        }
    }

    private func constant(_ argument: NodeID) throws(Fault) -> Int64 {
        guard case .literal(.int(let number)) = node(argument).kind, number >= 0 else {
            throw fault(
                .badMacro,
                "The argument must be a whole number, written out",
                at: node(argument).position,
                length: node(argument).length,
                expected: "a whole number"
            )
        }
        return number
    }
}
