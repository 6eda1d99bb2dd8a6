/// Fields, lists and maps: what they hold.
extension Checker {
    mutating func select(_ steps: ArraySlice<Step>, on operand: NodeID) -> NodeID {
        var operand = operand
        for step in steps {
            var type = self.type(of: operand)
            var isOptional = step.isOptional
            if case .optional(let wrapped) = type {
                isOptional = true
                type = unifier.head(wrapped)
            }
            let field = fieldType(step, of: type)
            let kind: SyntaxTree.Kind =
                step.isOptional
                ? .optionalSelect(operand: operand, field: step.field)
                : .select(operand: operand, field: step.field, isTest: step.isTest)
            let result: CELType = step.isTest ? .bool : isOptional ? .optional(field) : field
            operand = add(kind, as: isChecked ? result : .dyn, at: step.node)
        }
        return operand
    }

    mutating func fieldType(_ step: Step, of type: CELType) -> CELType {
        switch type {
        case .map(_, let value): return value
        case .record(let fields):
            if let field = fields.first(where: { $0.name == step.field }) { return field.type }
            reportField(step.field, of: fields, in: step.node)
            return .dyn
        case .dyn: return .dyn
        case .typeParameter:
            _ = unifier.assign(.dyn, to: type)
            return .dyn
        default:
            fault(
                .wrongType,
                "A value of type \(unifier.resolved(type)) has no fields",
                at: step.node.anchor,
                length: step.field.unicodeScalars.count,
                expected: "a map or record before '.'"
            )
            return .dyn
        }
    }

    /// Notes that a record lacks a field: at the whole dotted name where there is one.
    mutating func reportField(
        _ name: String,
        of fields: [CELType.Field],
        in node: SyntaxTree.Node
    ) {
        let nearest = Suggestions.nearest(to: name, among: fields.map(\.name).sorted())
        var position = node.anchor
        var prefix = ""
        if let path = dottedText(of: node) {
            (position, prefix) = path
        }
        let shown = fields.map(\.name).sorted().prefix(8).joined(separator: ", ")
        var message = "There is no field '\(name)'"
        if let nearest {
            message += "; did you mean '\(nearest)'?"
        } else {
            message += "; the fields are \(shown)" + (fields.count > 8 ? ", …" : "")
        }
        fault(
            .unknownField,
            message,
            at: position,
            length: node.anchor.offset - position.offset + node.kind.fieldLength,
            expected: "one of the fields \(shown)" + (fields.count > 8 ? ", …" : ""),
            suggestion: nearest.map { prefix + $0 }
        )
    }

    /// Where the dotted name begins whose last field a node selects, and its text before the field.
    func dottedText(of node: SyntaxTree.Node) -> (SourcePosition, String)? {
        guard case .select(let operand, _, _) = node.kind else { return nil }
        var fields: [String] = []
        var base = operand
        while case .select(let operand, let field, false) = source.nodes[base].kind {
            fields.append(field)
            base = operand
        }
        guard case .identifier(let name, _) = source.nodes[base].kind, name.first != "@" else {
            return nil
        }
        let text = ([name] + fields.reversed()).joined(separator: ".") + "."
        return (source.nodes[base].position, text)
    }

    // MARK: Aggregates

    mutating func visitList(
        _ node: SyntaxTree.Node,
        _ elements: [NodeID],
        _ optionalPlaces: [Int]
    ) -> NodeID {
        var type: CELType?
        var visited: [NodeID] = []
        for (place, element) in elements.enumerated() {
            let id = visit(element)
            visited.append(id)
            var elementType = self.type(of: id)
            if optionalPlaces.contains(place) {
                elementType = unwrapped(elementType, of: original(element))
            }
            type = type.map { join($0, elementType, at: original(element)) } ?? elementType
        }
        let kind = SyntaxTree.Kind.list(elements: visited, optionalPlaces: optionalPlaces)
        guard isChecked else { return add(kind, as: .dyn, at: node) }
        return add(kind, as: .list(type ?? unifier.fresh()), at: node)
    }

    mutating func visitMap(
        _ node: SyntaxTree.Node,
        _ entries: [SyntaxTree.MapEntry]
    ) -> NodeID {
        var keyType: CELType?
        var valueType: CELType?
        var visited: [SyntaxTree.MapEntry] = []
        for entry in entries {
            let key = visit(entry.key)
            let value = visit(entry.value)
            visited.append(
                SyntaxTree.MapEntry(key: key, value: value, isOptional: entry.isOptional)
            )
            let type = self.type(of: key)
            switch type {
            case .bool, .int, .uint, .string, .dyn, .typeParameter: break
            default:
                fault(
                    .wrongType,
                    "A value of type \(unifier.resolved(type)) cannot be the key of a map",
                    at: original(entry.key),
                    expected: "bool, int, uint or string"
                )
            }
            var type2 = self.type(of: value)
            if entry.isOptional { type2 = unwrapped(type2, of: original(entry.value)) }
            keyType = keyType.map { join($0, type, at: original(entry.key)) } ?? type
            valueType = valueType.map { join($0, type2, at: original(entry.value)) } ?? type2
        }
        guard isChecked else { return add(.map(entries: visited), as: .dyn, at: node) }
        let type = CELType.map(keyType ?? unifier.fresh(), valueType ?? unifier.fresh())
        return add(.map(entries: visited), as: type, at: node)
    }

    /// The type of parts of both types, which is noted where they must agree and do not.
    private mutating func join(
        _ left: CELType,
        _ right: CELType,
        at node: SyntaxTree.Node
    ) -> CELType {
        let joined = unifier.join(left, right)
        if environment.requiresUniformLiterals, joined == .dyn, left != .dyn, right != .dyn {
            fault(
                .wrongType,
                "The parts before are of type \(unifier.resolved(left)), and this one is of type"
                    + " \(unifier.resolved(right))",
                at: node,
                expected: unifier.resolved(left).description
            )
            return left
        }
        return joined
    }

    /// The type within an optional.
    mutating func unwrapped(_ type: CELType, of node: SyntaxTree.Node) -> CELType {
        switch type {
        case .optional(let wrapped): return unifier.head(wrapped)
        case .dyn: return .dyn
        case .typeParameter:
            let wrapped = unifier.fresh()
            return unifier.assign(.optional(wrapped), to: type) ? wrapped : .dyn
        default:
            fault(
                .wrongType,
                "An optional value is asked for here, not \(unifier.resolved(type))",
                at: node,
                expected: "optional_type(\(unifier.resolved(type)))"
            )
            return .dyn
        }
    }
}
