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
        let types = rangeTypes(type(of: range), original(comprehension.range))
        let locals = enter(comprehension, types)
        var predicate: NodeID?
        if let original = comprehension.predicate { predicate = visit(original) }
        var transform: NodeID?
        if let original = comprehension.transform { transform = visit(original) }
        leave(locals.count)
        return finish(node, comprehension, types, locals, range, predicate, transform)
    }

    private typealias RangeTypes = (key: CELType, element: CELType, isMap: Bool)

    private mutating func enter(
        _ comprehension: SyntaxTree.Comprehension,
        _ types: RangeTypes
    ) -> [SyntaxTree.Local] {
        let isPair = comprehension.variables.count == 2
        return enter(
            comprehension.variables,
            isPair ? [types.key, types.element] : [types.isMap ? types.key : types.element]
        )
    }

    private mutating func finish(
        _ node: SyntaxTree.Node,
        _ comprehension: SyntaxTree.Comprehension,
        _ types: RangeTypes,
        _ locals: [SyntaxTree.Local],
        _ range: NodeID,
        _ predicate: NodeID?,
        _ transform: NodeID?
    ) -> NodeID {
        if let predicate, let source = comprehension.predicate {
            let name = "The predicate of \(comprehension.function)()"
            requireBool(predicate, original(source), for: name)
        }
        let result = transform.map { self.type(of: $0) } ?? .dyn
        let type: CELType
        switch comprehension.kind {
        case .all, .exists, .existsOne: type = .bool
        case .filter: type = .list(types.isMap ? types.key : types.element)
        case .map, .transformList: type = .list(result)
        case .sortBy:
            type = .list(types.element)
            checkKeys(of: comprehension, isMap: types.isMap, key: result)
        case .transformMap: type = .map(types.key, result)
        case .transformMapEntry:
            switch result {
            case .map: type = result
            case .dyn: type = .map(.dyn, .dyn)
            default:
                fault(
                    .wrongType,
                    "transformMapEntry() makes maps, not \(unifier.resolved(result))",
                    at: comprehension.transform.map { original($0) } ?? node,
                    expected: "map"
                )
                type = .map(.dyn, .dyn)
            }
        }
        return add(
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
            as: isChecked ? type : .dyn,
            at: node
        )
    }

    /// Notes unless a list is sorted by keys that have an order.
    private mutating func checkKeys(
        of comprehension: SyntaxTree.Comprehension,
        isMap: Bool,
        key: CELType
    ) {
        if isMap {
            fault(
                .wrongType,
                "sortBy() sorts a list, not a map",
                at: original(comprehension.range),
                expected: "list"
            )
        }
        switch key {
        case .bool, .int, .uint, .double, .string, .bytes, .timestamp, .duration, .dyn: break
        case .typeParameter: break
        default:
            fault(
                .wrongType,
                "sortBy() takes keys that have an order, not \(unifier.resolved(key))",
                at: original(comprehension.transform ?? comprehension.range),
                expected: "int, uint, double, bool, duration, timestamp, string or bytes"
            )
        }
    }

    /// The types of key or index, and of value or element, of what a macro walks over.
    private mutating func rangeTypes(
        _ type: CELType,
        _ node: SyntaxTree.Node
    ) -> RangeTypes {
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
        let locals = enter([local], [type(of: value)])
        let visited = visit(body)
        leave(1)
        return add(
            .bind(locals[0], value: value, body: visited),
            as: type(of: visited),
            at: node
        )
    }

    mutating func visitBlock(
        _ node: SyntaxTree.Node,
        _ locals: [SyntaxTree.Local],
        _ values: [NodeID],
        _ body: NodeID
    ) -> NodeID {
        var placed: [SyntaxTree.Local] = []
        var visited: [NodeID] = []
        for (local, value) in zip(locals, values) {
            let id = visit(value)
            visited.append(id)
            placed += enter([local], [type(of: id)])
        }
        let end = visit(body)
        leave(placed.count)
        return add(.block(placed, values: visited, body: end), as: type(of: end), at: node)
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
        let locals = enter([local], [held])
        let visited = visit(body)
        leave(1)
        let result = type(of: visited)
        let type: CELType =
            isFlat ? .optional(unwrapped(result, of: original(body))) : .optional(result)
        return add(
            .optionalMap(locals[0], operand: id, body: visited, isFlat: isFlat),
            as: isChecked ? type : .dyn,
            at: node
        )
    }
}
