/// Makes code out of a resolved tree, node by node: operands come before what uses them.
struct Lowering {
    private let tree: SyntaxTree
    private let limits: Limits
    private let refusesNaN: Bool
    /// The source when the code is to trace, and nothing when not.
    private let traced: [Unicode.Scalar]?
    /// The code of each node, as others use it.
    private var codes: [any Code] = []
    /// The code of each node that notes nothing itself, for longer paths.
    private var plainCodes: [any Code] = []
    /// The nodes at and below each node: the steps of a visit.
    private var costs: [Int] = []
    /// Regular expressions compiled so far; more are left to the evaluation, which has a budget.
    private var patterns = 0
    /// Operands of logical operators, conditions and the whole expression.
    private var isShown: [Bool]
    /// Whether a node is within the body of a macro.
    private var isInLoop: [Bool]

    private static let maximumPatterns = 40

    static func code(
        of tree: SyntaxTree,
        limits: Limits,
        refusesNaN: Bool,
        tracing source: String? = nil
    ) -> any Code {
        var lowering = Lowering(tree, limits, refusesNaN, source)
        for id in tree.nodes.indices { lowering.lower(id) }
        return lowering.codes[tree.root]
    }

    private init(
        _ tree: SyntaxTree,
        _ limits: Limits,
        _ refusesNaN: Bool,
        _ source: String?
    ) {
        self.tree = tree
        self.limits = limits
        self.refusesNaN = refusesNaN
        traced = source.map { Array($0.unicodeScalars) }
        let count = tree.nodes.count
        codes.reserveCapacity(count)
        plainCodes.reserveCapacity(count)
        costs.reserveCapacity(count)
        isShown = Array(repeating: false, count: count)
        isInLoop = isShown
        if traced != nil { markShown() }
    }

    /// Finds out which nodes are shown, from the whole expression down.
    private mutating func markShown() {
        isShown[tree.root] = true
        for id in tree.nodes.indices.reversed() {
            var loops = [Bool](repeating: isInLoop[id], count: 1)
            var shown: [SyntaxTree.NodeID] = []
            switch tree.nodes[id].kind {
            case .call("_&&_", _, let arguments, _), .call("_||_", _, let arguments, _),
                .call("!_", _, let arguments, _):
                shown = arguments
            case .call("_?_:_", _, let arguments, _): shown = [arguments[0]]
            case .comprehension(let comprehension):
                for body in [comprehension.predicate, comprehension.transform] {
                    if let body { isInLoop[body] = true }
                }
                isInLoop[comprehension.range] = loops[0]
                loops = []
            default: break
            }
            for operand in shown { isShown[operand] = true }
            guard let isLoop = loops.first, isLoop else { continue }
            tree.forEachOperand(of: id) { isInLoop[$0] = true }
        }
    }

    private mutating func lower(_ id: SyntaxTree.NodeID) {
        var cost = 1
        tree.forEachOperand(of: id) { cost += costs[$0] }
        costs.append(cost)
        let plain = plain(id)
        plainCodes.append(plain)
        guard let traced else {
            codes.append(plain)
            return
        }
        var code = plain
        if let (variable, path, isTest) = path(id) {
            code = ReadCode(code, variable: variable, path: path, isPresenceTest: isTest)
        }
        if !isInLoop[id], code.constant == nil, isShown[id] || isWorthShowing(id) {
            let node = tree.nodes[id]
            var text = String.UnicodeScalarView()
            let start = node.position.offset
            text.append(contentsOf: traced[start..<(start + node.length)])
            code = EntryCode(code, node: id, text: String(text), position: node.position)
        }
        codes.append(code)
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

    /// The operand of a path: what it reads is noted with the longer path.
    private func unread(_ id: SyntaxTree.NodeID) -> any Code {
        path(id) == nil ? codes[id] : plainCodes[id]
    }

    private mutating func plain(_ id: SyntaxTree.NodeID) -> any Code {
        let node = tree.nodes[id]
        let position = node.position
        switch node.kind {
        case .literal(let value): return ConstantCode(value)
        case .identifier(let name, _):
            return MissingCode(
                EvaluationError(
                    .unboundVariable,
                    "unknown variable: '\(name)' is not declared",
                    position: position
                )
            )
        case .variable(let slot, let name):
            return VariableCode(slot: slot, name: name, position: position)
        case .variablePresence(let slot, let name):
            return PresenceCode(slot: slot, name: name, isTest: true)
        case .optionalVariable(let slot, let name):
            return PresenceCode(slot: slot, name: name, isTest: false)
        case .local(_, let index): return LocalCode(index)
        case .select(let operand, let field, let isTest):
            let inner = unread(operand)
            return isTest
                ? FieldPresenceCode(inner, field: field, position: node.anchor)
                : SelectCode(inner, field: field, position: node.anchor)
        case .optionalSelect(let operand, let field):
            return OptionalSelectCode(unread(operand), field: field, position: node.anchor)
        case .call(let function, let target, let arguments, _):
            let code = call(id, function, target, arguments)
            guard refusesNaN, node.type == .double || node.type == .dyn else { return code }
            return NumberCode(code, position: node.anchor)
        case .list(let elements, let optionalPlaces):
            let operands = elements.map { codes[$0] }
            let values = operands.compactMap(\.constant)
            if values.count == operands.count, optionalPlaces.isEmpty {
                return ConstantCode(.list(values))
            }
            return ListCode(operands, optionalPlaces: optionalPlaces, position: position)
        case .map(let entries):
            let operands = entries.flatMap { [codes[$0.key], codes[$0.value]] }
            return folded(
                MapCode(operands, isOptional: entries.map(\.isOptional), position: position),
                operands
            )
        case .comprehension(let comprehension):
            let bodies = [comprehension.predicate, comprehension.transform].compactMap { $0 }
            return ComprehensionCode(
                comprehension.kind,
                range: codes[comprehension.range],
                variables: comprehension.variables.map(\.index),
                predicate: comprehension.predicate.map { codes[$0] },
                transform: comprehension.transform.map { codes[$0] },
                cost: bodies.reduce(1) { $0 + costs[$1] },
                position: position
            )
        case .bind(let local, let value, let body):
            return BindCode([(local.index, codes[value])], body: codes[body])
        case .block(let locals, let values, let body):
            let bindings = zip(locals, values).map { (variable: $0.index, value: codes[$1]) }
            return BindCode(bindings, body: codes[body])
        case .optionalMap(let local, let operand, let body, let isFlat):
            return OptionalMapCode(
                codes[operand],
                variable: local.index,
                body: codes[body],
                isFlat: isFlat,
                position: position
            )
        }
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
                arguments.map { codes[$0] },
                deciding: function == "_||_",
                position: position
            )
        case "_?_:_":
            return ConditionalCode(codes[arguments[0]], codes[arguments[1]], codes[arguments[2]])
        case "_[_]":
            if path(id) != nil {
                let operand = unread(arguments[0])
                if case .literal(.string(let key)) = tree.nodes[arguments[1]].kind,
                    key.utf8.count <= 64
                {
                    return SelectCode(operand, field: key, isIndex: true, position: position)
                }
                return IndexCode(operand, codes[arguments[1]], Library.index, position: position)
            }
            let operands = arguments.map { codes[$0] }
            let code = IndexCode(operands[0], operands[1], Library.index, position: position)
            return folded(code, operands)
        case "_[?_]":
            let operand = path(id) == nil ? codes[arguments[0]] : unread(arguments[0])
            let key = codes[arguments[1]]
            let code = IndexCode(operand, key, Library.optionalIndex, position: position)
            return folded(code, [operand, key])
        case "or", "orValue":
            guard let target, arguments.count == 1 else { break }
            let operands = [codes[target], codes[arguments[0]]]
            let code = OptionalChoiceCode(
                operands[0],
                operands[1],
                isOptional: function == "or",
                position: position
            )
            return folded(code, operands)
        default: break
        }
        let operands = ((target.map { [$0] } ?? []) + arguments).map { codes[$0] }
        if let comparison = Self.comparisons[function], operands.count == 2 {
            if comparison == .equal || comparison == .notEqual {
                let isNegated = comparison == .notEqual
                if let code = TextEqualityCode(
                    operands[0],
                    operands[1].constant,
                    isNegated: isNegated
                ) ?? TextEqualityCode(operands[1], operands[0].constant, isNegated: isNegated) {
                    return folded(code, operands)
                }
            }
            let code = ComparisonCode(operands[0], operands[1], comparison, position: position)
            return folded(code, operands)
        }
        if function == "@in",
            let code = TextMembershipCode(operands[0], operands[1].constant)
        {
            return folded(code, operands)
        }
        if function == "matches", operands.count == 2,
            case .string(let text)? = operands[1].constant, patterns < Self.maximumPatterns,
            let pattern = try? Pattern(text, limits: limits)
        {
            patterns += 1
            return MatchCode(operands[0], pattern, position: position)
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
        guard let implementation = known.implementation(count: operands.count) else {
            return MissingCode(
                EvaluationError(
                    .noSuchOverload,
                    "no such overload: \(function) with \(operands.count) operands",
                    position: position
                )
            )
        }
        let code: any Code =
            switch implementation {
            case .unary(let body): UnaryCode(operands[0], body, position: position)
            case .binary(let body): BinaryCode(operands[0], operands[1], body, position: position)
            case .variadic(let body): VariadicCode(operands, body, position: position)
            }
        return folded(code, operands)
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
        let outcome = Frame.run([], zones: .none, limits: small, localCount: 0) {
            frame -> Outcome in
            do throws(Halt) {
                return .value(try code.evaluate(&frame))
            } catch {
                return error.outcome
            }
        }
        guard case .value(let value) = outcome else { return code }
        return ConstantCode(value)
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
            return (variable, AttributePath.field(field, in: path), isTest)
        case .optionalSelect(let operand, let field):
            guard let (variable, path, _) = self.path(operand) else { return nil }
            return (variable, AttributePath.field(field, in: path), false)
        case .call("_[_]", _, let arguments, _), .call("_[?_]", _, let arguments, _):
            guard let (variable, path, _) = self.path(arguments[0]),
                case .literal(let key) = tree.nodes[arguments[1]].kind
            else { return nil }
            return (variable, AttributePath.key(key, in: path), false)
        default: return nil
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
