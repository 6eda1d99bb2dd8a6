/// The types of macros (specification: "Macros").
extension Checker {
    /// Notes unless an expression can be a truth value.
    mutating func requireBool(_ id: NodeID, _ node: SyntaxTree.Node, for what: String) {
        guard isChecked else { return }
        let type = type(of: id)
        if !unifier.assign(type, to: .bool) {
            fault(
                .wrongType,
                "\(what) is a bool, not \(unifier.resolved(type))",
                at: node,
                expected: "bool"
            )
        }
    }

    mutating func visitComprehension(
        _ node: SyntaxTree.Node,
        _ comprehension: SyntaxTree.Comprehension
    ) -> NodeID {
        let range = visit(comprehension.range)
        let (key, element, isMap) = rangeTypes(type(of: range), original(comprehension.range))
        let types: [CELType] =
            comprehension.variables.count == 2 ? [key, element] : [isMap ? key : element]
        return inScope(comprehension.variables, types) { checker, locals in
            let predicate = comprehension.predicate.map { id in
                let visited = checker.visit(id)
                checker.requireBool(
                    visited,
                    checker.original(id),
                    for: "The predicate of \(comprehension.function)()"
                )
                return visited
            }
            let transform = comprehension.transform.map { checker.visit($0) }
            let result = transform.map { checker.type(of: $0) } ?? .dyn
            let type: CELType
            switch comprehension.kind {
            case .all, .exists, .existsOne: type = .bool
            case .filter: type = .list(types[0])
            case .map, .transformList: type = .list(result)
            case .transformMap: type = .map(key, result)
            case .transformMapEntry:
                switch result {
                case .map, .dyn: type = result == .dyn ? .map(.dyn, .dyn) : result
                default:
                    checker.fault(
                        .wrongType,
                        "transformMapEntry() makes maps, not \(checker.unifier.resolved(result))",
                        at: comprehension.transform.map { checker.original($0) } ?? node,
                        expected: "map"
                    )
                    type = .map(.dyn, .dyn)
                }
            }
            return checker.add(
                .comprehension(
                    SyntaxTree.Comprehension(
                        kind: comprehension.kind,
                        function: comprehension.function,
                        range: range,
                        variables: locals,
                        predicate: predicate,
                        transform: transform
                    )
                ),
                as: checker.isChecked ? type : .dyn,
                at: node
            )
        }
    }

    /// The types of key or index, and of value or element, of what a macro walks over.
    private mutating func rangeTypes(
        _ type: CELType,
        _ node: SyntaxTree.Node
    ) -> (key: CELType, element: CELType, isMap: Bool) {
        switch type {
        case .list(let element): return (.int, unifier.head(element), false)
        case .map(let key, let value): return (unifier.head(key), unifier.head(value), true)
        case .record(let fields):
            let types = Set(fields.map(\.type))
            return (.string, types.count == 1 ? types.first ?? .dyn : .dyn, true)
        case .dyn: return (.dyn, .dyn, false)
        case .typeParameter:
            _ = unifier.assign(.dyn, to: type)
            return (.dyn, .dyn, false)
        default:
            fault(
                .wrongType,
                "A macro walks over a list or a map, not over \(unifier.resolved(type))",
                at: node,
                expected: "list or map"
            )
            return (.dyn, .dyn, false)
        }
    }

    mutating func visitBind(
        _ node: SyntaxTree.Node,
        _ local: SyntaxTree.Local,
        _ value: NodeID,
        _ body: NodeID
    ) -> NodeID {
        let value = visit(value)
        return inScope([local], [type(of: value)]) { checker, locals in
            let body = checker.visit(body)
            let type = checker.type(of: body)
            return checker.add(.bind(locals[0], value: value, body: body), as: type, at: node)
        }
    }

    mutating func visitBlock(
        _ node: SyntaxTree.Node,
        _ locals: [SyntaxTree.Local],
        _ values: [NodeID],
        _ body: NodeID
    ) -> NodeID {
        visitBlock(node, locals[...], values[...], body, [], [])
    }

    private mutating func visitBlock(
        _ node: SyntaxTree.Node,
        _ locals: ArraySlice<SyntaxTree.Local>,
        _ values: ArraySlice<NodeID>,
        _ body: NodeID,
        _ placed: [SyntaxTree.Local],
        _ visited: [NodeID]
    ) -> NodeID {
        guard let local = locals.first, let value = values.first else {
            let body = visit(body)
            return add(
                .block(placed, values: visited, body: body),
                as: type(of: body),
                at: node
            )
        }
        let id = visit(value)
        return inScope([local], [type(of: id)]) { checker, added in
            checker.visitBlock(
                node,
                locals.dropFirst(),
                values.dropFirst(),
                body,
                placed + added,
                visited + [id]
            )
        }
    }

    mutating func visitOptionalMap(
        _ node: SyntaxTree.Node,
        _ local: SyntaxTree.Local,
        _ operand: NodeID,
        _ body: NodeID,
        isFlat: Bool
    ) -> NodeID {
        let id = visit(operand)
        let held = unwrapped(type(of: id), of: original(operand))
        return inScope([local], [held]) { checker, locals in
            let visited = checker.visit(body)
            var type = checker.type(of: visited)
            if isFlat {
                type = .optional(checker.unwrapped(type, of: checker.original(body)))
            } else {
                type = .optional(type)
            }
            return checker.add(
                .optionalMap(locals[0], operand: id, body: visited, isFlat: isFlat),
                as: checker.isChecked ? type : .dyn,
                at: node
            )
        }
    }
}
