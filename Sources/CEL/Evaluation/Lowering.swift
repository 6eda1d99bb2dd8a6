/// Makes code out of a resolved tree.
struct Lowering {
    private let tree: SyntaxTree
    private let limits: Limits
    /// The source when the code is to trace, and nothing when not.
    private let traced: [Unicode.Scalar]?
    private var loops = 0
    /// The nodes below each node, itself counted: the steps of a visit.
    private var costs: [Int]

    static func code(of tree: SyntaxTree, limits: Limits, tracing source: String? = nil) -> any Code
    {
        var lowering = Lowering(tree, limits, source)
        return lowering.lower(tree.root, isShown: true)
    }

    private init(_ tree: SyntaxTree, _ limits: Limits, _ source: String?) {
        self.tree = tree
        self.limits = limits
        traced = source.map { Array($0.unicodeScalars) }
        costs = []
    }

    private func cost(_ id: SyntaxTree.NodeID) -> Int {
        var cost = 1
        tree.forEachOperand(of: id) { cost += self.cost($0) }
        return cost
    }

    /// The code of a node; a shown one is an operand of a logical operator or the whole expression.
    private mutating func lower(_ id: SyntaxTree.NodeID, isShown: Bool = false) -> any Code {
        let code = plain(id)
        guard let traced, loops == 0, code.constant == nil, isShown || isWorthShowing(id) else {
            return code
        }
        let node = tree.nodes[id]
        var text = String.UnicodeScalarView()
        text.append(contentsOf: traced[node.position.offset..<(node.position.offset + node.length)])
        return EntryCode(code, node: id, text: String(text), position: node.position)
    }

    private func isWorthShowing(_ id: SyntaxTree.NodeID) -> Bool {
        switch tree.nodes[id].kind {
        case .call(let function, _, _, _):
            switch function {
            case "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "@in": true
            default: function.first?.isLetter ?? false
            }
        case .comprehension, .variablePresence: true
        case .select(_, _, let isTest): isTest
        default: false
        }
    }

    private mutating func plain(_ id: SyntaxTree.NodeID) -> any Code {
        let node = tree.nodes[id]
        switch node.kind {
        case .literal(let value): return ConstantCode(value)
        case .identifier(let name, _):
            return MissingCode(
                EvaluationError(
                    .unboundVariable,
                    "unknown variable: '\(name)' is not declared",
                    position: node.position
                )
            )
        case .variable(let slot, let name):
            let code = VariableCode(slot: slot, name: name, position: node.position)
            return read(code, id)
        case .variablePresence(let slot, let name):
            return read(PresenceCode(slot: slot, name: name, isTest: true), id)
        case .optionalVariable(let slot, let name):
            return read(PresenceCode(slot: slot, name: name, isTest: false), id)
        case .local(_, let index): return LocalCode(index)
        case .select(let operand, let field, let isTest):
            let code = SelectCode(
                unread(operand),
                field: field,
                isTest: isTest,
                position: node.position
            )
            return read(code, id)
        case .optionalSelect(let operand, let field):
            let code = OptionalSelectCode(unread(operand), field: field, position: node.position)
            return read(code, id)
        case .call(let function, let target, let arguments, _):
            return call(id, function, target, arguments)
        case .list(let elements, let optionalPlaces):
            let codes = elements.map { lower($0) }
            let values = codes.compactMap(\.constant)
            if values.count == codes.count, optionalPlaces.isEmpty {
                return ConstantCode(.list(values))
            }
            return ListCode(codes, optionalPlaces: optionalPlaces, position: node.position)
        case .map(let entries):
            let codes = entries.flatMap { [lower($0.key), lower($0.value)] }
            return folded(
                MapCode(codes, isOptional: entries.map(\.isOptional), position: node.position),
                codes
            )
        case .comprehension(let comprehension): return self.comprehension(node, comprehension)
        case .bind(let local, let value, let body):
            return BindCode([(local.index, lower(value))], body: lower(body))
        case .block(let locals, let values, let body):
            var bindings: [(variable: Int, value: any Code)] = []
            for (local, value) in zip(locals, values) {
                bindings.append((local.index, lower(value)))
            }
            return BindCode(bindings, body: lower(body))
        case .optionalMap(let local, let operand, let body, let isFlat):
            return OptionalMapCode(
                lower(operand),
                variable: local.index,
                body: lower(body),
                isFlat: isFlat,
                position: node.position
            )
        }
    }

    private mutating func comprehension(
        _ node: SyntaxTree.Node,
        _ comprehension: SyntaxTree.Comprehension
    ) -> any Code {
        let range = lower(comprehension.range)
        loops += 1
        defer { loops -= 1 }
        let bodies = [comprehension.predicate, comprehension.transform].compactMap { $0 }
        return ComprehensionCode(
            comprehension.kind,
            range: range,
            variables: comprehension.variables.map(\.index),
            predicate: comprehension.predicate.map { lower($0) },
            transform: comprehension.transform.map { lower($0) },
            cost: bodies.reduce(1) { $0 + cost($1) },
            position: node.position
        )
    }

    // MARK: Calls

    private mutating func call(
        _ id: SyntaxTree.NodeID,
        _ function: String,
        _ target: SyntaxTree.NodeID?,
        _ arguments: [SyntaxTree.NodeID]
    ) -> any Code {
        let node = tree.nodes[id]
        let position = node.anchor
        switch function {
        case "_&&_", "_||_":
            return LogicCode(
                arguments.map { lower($0, isShown: true) },
                deciding: function == "_||_",
                position: position
            )
        case "_?_:_":
            return ConditionalCode(
                lower(arguments[0], isShown: true),
                lower(arguments[1]),
                lower(arguments[2])
            )
        case "_[_]":
            if path(id) != nil {
                let codes = [unread(arguments[0]), lower(arguments[1])]
                return read(BinaryCode(codes[0], codes[1], Library.index, position: position), id)
            }
        default: break
        }
        let operands = (target.map { [$0] } ?? []) + arguments
        let codes = operands.map { lower($0, isShown: function == "!_") }
        if let comparison = Self.comparisons[function], codes.count == 2 {
            let code = ComparisonCode(codes[0], codes[1], comparison, position: position)
            return folded(code, codes)
        }
        if function == "matches", codes.count == 2, case .string(let text)? = codes[1].constant,
            let pattern = try? Pattern(text, limits: limits)
        {
            return MatchCode(codes[0], pattern, position: position)
        }
        guard let known = Library.functions[function], known.hasForm(isMember: target != nil)
        else {
            let error = EvaluationError(
                .unboundFunction,
                "unbound function: \(function)",
                position: position
            )
            return MissingCode(error)
        }
        guard let implementation = known.implementation(count: codes.count) else {
            return MissingCode(
                EvaluationError(
                    .noSuchOverload,
                    "no such overload: \(function) with \(codes.count) operands",
                    position: position
                )
            )
        }
        let code: any Code =
            switch implementation {
            case .unary(let body): UnaryCode(codes[0], body, position: position)
            case .binary(let body): BinaryCode(codes[0], codes[1], body, position: position)
            case .variadic(let body): VariadicCode(codes, body, position: position)
            }
        return folded(code, codes)
    }

    private static let comparisons: [String: ComparisonCode.Operator] = [
        "_==_": .equal, "_!=_": .notEqual, "_<_": .less, "_<=_": .lessOrEqual, "_>_": .greater,
        "_>=_": .greaterOrEqual,
    ]

    /// The constant that a call of constants comes to, unless it fails, is large, or needs zones.
    private func folded(_ code: any Code, _ operands: [any Code]) -> any Code {
        guard operands.allSatisfy({ $0.constant != nil }) else { return code }
        var small = Limits.standard
        small.steps = 200
        small.bytesProduced = 1_000
        small.patternCodePoints = min(100, limits.patternCodePoints)
        small.patternInstructions = min(1_000, limits.patternInstructions)
        var frame = Frame(slots: [], zones: .none, limits: small, localCount: 0)
        do throws(Halt) {
            return ConstantCode(try code.evaluate(&frame))
        } catch {
            return code
        }
    }

    // MARK: Reads

    /// A variable with the fields and constant keys after it, when a node is nothing else.
    private func path(
        _ id: SyntaxTree.NodeID
    ) -> (variable: String, path: String, isTest: Bool)? {
        switch tree.nodes[id].kind {
        case .variable(_, let name), .optionalVariable(_, let name): return (name, name, false)
        case .variablePresence(_, let name): return (name, name, true)
        case .select(let operand, let field, let isTest):
            guard let (variable, path, _) = self.path(operand) else { return nil }
            return (variable, path + "." + field, isTest)
        case .optionalSelect(let operand, let field):
            guard let (variable, path, _) = self.path(operand) else { return nil }
            return (variable, path + "." + field, false)
        case .call("_[_]", _, let arguments, _):
            guard let (variable, path, _) = self.path(arguments[0]),
                case .literal(let key) = tree.nodes[arguments[1]].kind
            else { return nil }
            return (variable, path + "[\(key)]", false)
        default: return nil
        }
    }

    /// The code that notes what it read, when tracing.
    private func read(_ code: any Code, _ id: SyntaxTree.NodeID) -> any Code {
        guard traced != nil, let (variable, path, isTest) = path(id) else { return code }
        return ReadCode(code, variable: variable, path: path, isPresenceTest: isTest)
    }

    /// The operand of a longer path: what it reads is noted with the whole path.
    private mutating func unread(_ id: SyntaxTree.NodeID) -> any Code {
        let node = tree.nodes[id]
        switch node.kind {
        case .variable(let slot, let name):
            return VariableCode(slot: slot, name: name, position: node.position)
        case .optionalVariable(let slot, let name):
            return PresenceCode(slot: slot, name: name, isTest: false)
        case .select(let operand, let field, let isTest):
            return SelectCode(
                unread(operand),
                field: field,
                isTest: isTest,
                position: node.position
            )
        case .optionalSelect(let operand, let field):
            return OptionalSelectCode(unread(operand), field: field, position: node.position)
        case .call("_[_]", _, let arguments, _) where path(id) != nil:
            let operand = unread(arguments[0])
            return BinaryCode(operand, lower(arguments[1]), Library.index, position: node.anchor)
        default: return lower(id)
        }
    }
}

extension SyntaxTree {
    /// Calls a function with each operand of a node, in the order of the source.
    func forEachOperand(of id: NodeID, _ body: (NodeID) -> Void) {
        switch nodes[id].kind {
        case .literal, .identifier, .variable, .variablePresence, .optionalVariable, .local: break
        case .select(let operand, _, _), .optionalSelect(let operand, _): body(operand)
        case .call(_, let target, let arguments, _):
            if let target { body(target) }
            arguments.forEach(body)
        case .list(let elements, _): elements.forEach(body)
        case .map(let entries):
            for entry in entries {
                body(entry.key)
                body(entry.value)
            }
        case .comprehension(let comprehension):
            body(comprehension.range)
            if let predicate = comprehension.predicate { body(predicate) }
            if let transform = comprehension.transform { body(transform) }
        case .bind(_, let value, let end):
            body(value)
            body(end)
        case .block(_, let values, let end):
            values.forEach(body)
            body(end)
        case .optionalMap(_, let operand, let end, _):
            body(operand)
            body(end)
        }
    }
}
