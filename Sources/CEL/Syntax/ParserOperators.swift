/// Operators and brackets: what is begun is completed when its last operand is there.
extension Parser {
    mutating func applyPrefixes(_ operand: Operand) throws(Fault) -> Operand {
        var operand = operand
        while case .prefix(let function, let position)? = open.last {
            close()
            let node = try add(
                .call(
                    function: function,
                    target: nil,
                    arguments: [operand.node],
                    overload: nil
                ),
                from: position,
                over: operand.node
            )
            operand = Operand(node: node, start: position)
        }
        return operand
    }

    static func level(of kind: Token.Kind) -> (level: Int, function: String)? {
        guard case .mark(let mark) = kind else { return nil }
        return switch mark {
        case .or: (1, "_||_")
        case .and: (2, "_&&_")
        case .less: (3, "_<_")
        case .lessOrEqual: (3, "_<=_")
        case .greater: (3, "_>_")
        case .greaterOrEqual: (3, "_>=_")
        case .equal: (3, "_==_")
        case .notEqual: (3, "_!=_")
        case .in: (3, "@in")
        case .plus: (4, "_+_")
        case .minus: (4, "_-_")
        case .times: (5, "_*_")
        case .divide: (5, "_/_")
        case .modulo: (5, "_%_")
        default: nil
        }
    }

    /// Begins a binary operator, or adds an operand to one of the same kind that takes many.
    mutating func binary(
        _ function: String,
        _ level: Int,
        _ operand: Operand
    ) throws(Fault) {
        let anchor = token.position
        let left = try reduce(operand, to: level, joining: function)
        advance()
        if level < 3, case .binary(function, _, var operands, let start, let first)? = open.last {
            open.removeLast()
            operands.append(left.node)
            open.append(
                .binary(
                    function: function,
                    level: level,
                    operands: operands,
                    from: start,
                    at: first
                )
            )
            return
        }
        open.append(
            .binary(
                function: function,
                level: level,
                operands: [left.node],
                from: left.start,
                at: anchor
            )
        )
    }

    /// Completes the binary operators that bind at least as tight as a level.
    mutating func reduce(
        _ operand: Operand,
        to least: Int,
        joining function: String = ""
    ) throws(Fault) -> Operand {
        var operand = operand
        while case .binary(let last, let level, let operands, let start, let anchor)? = open.last,
            level >= least
        {
            if level < 3, last == function { break }
            close()
            let all = operands + [operand.node]
            let node = try add(
                .call(function: last, target: nil, arguments: all, overload: nil),
                from: start,
                anchor: anchor,
                over: all
            )
            operand = Operand(node: node, start: start)
        }
        return operand
    }

    mutating func condition(_ operand: Operand) throws(Fault) {
        if case .condition? = open.last { throw unexpected("':' of the conditional") }
        let anchor = token.position
        advance()
        try begin(.condition(operand.node, from: operand.start, at: anchor))
    }

    /// Completes the conditionals that end with an operand.
    mutating func reduceChoices(_ operand: Operand) throws(Fault) -> Operand {
        var operand = operand
        while let last = open.last {
            if case .condition = last { throw unexpected("':' of the conditional") }
            guard case .choice(let condition, let chosen, let start, let anchor) = last else {
                break
            }
            close()
            let all = [condition, chosen, operand.node]
            let node = try add(
                .call(function: "_?_:_", target: nil, arguments: all, overload: nil),
                from: start,
                anchor: anchor,
                over: all
            )
            operand = Operand(node: node, start: start)
        }
        return operand
    }

    /// Puts an operand into the innermost bracket; gives what the bracket comes to if it closes.
    mutating func bracket(_ operand: Operand) throws(Fault) -> Operand? {
        switch open.last {
        case .parenthesis(let start)?:
            try expect(.rightParenthesis, after: "or an operator")
            close()
            return Operand(node: operand.node, start: start)
        case .call(let name, let target, var all, let start, let anchor)?:
            all.append(operand.node)
            if take(.comma) {
                open[open.count - 1] = .call(
                    name: name,
                    target: target,
                    arguments: all,
                    from: start,
                    at: anchor
                )
                return nil
            }
            try expect(.rightParenthesis, after: "or ',' after an argument")
            close()
            let node = try call(name, of: target, with: all, from: start, anchor: anchor)
            return Operand(node: node, start: start)
        case .index(let indexed, let isOptional, let start, let anchor)?:
            try expect(.rightBracket, after: "after the index")
            close()
            let node = try add(
                .call(
                    function: isOptional ? "_[?_]" : "_[_]",
                    target: nil,
                    arguments: [indexed, operand.node],
                    overload: nil
                ),
                from: start,
                anchor: anchor,
                over: indexed,
                operand.node
            )
            return Operand(node: node, start: start)
        case .list(var elements, let optionalPlaces, let start)?:
            open.removeLast()
            elements.append(operand.node)
            open.append(.list(elements, optionalPlaces: optionalPlaces, from: start))
            if !take(.comma), !isNext(.rightBracket) {
                throw unexpected("']', ',' or an operator")
            }
            return try element()
        case .map(var entries, let key, let isOptional, let start)?:
            guard let key else {
                try expect(.colon, after: "after the key")
                open[open.count - 1] = .map(
                    entries,
                    key: operand.node,
                    isOptional: isOptional,
                    from: start
                )
                return nil
            }
            let entry = SyntaxTree.MapEntry(key: key, value: operand.node, isOptional: isOptional)
            open.removeLast()
            entries.append(entry)
            open.append(.map(entries, key: nil, isOptional: false, from: start))
            if !take(.comma), !isNext(.rightBrace) {
                throw unexpected("'}', ',' or an operator")
            }
            return try element()
        default: return operand
        }
    }

    func isNumber(after place: Int) -> Bool {
        guard place + 1 < tokens.count else { return false }
        return switch tokens[place + 1].kind {
        case .int, .double: true
        default: false
        }
    }

    mutating func literal() throws(Fault) -> Value {
        let isNegative = isNext(.minus) && isNumber(after: next)
        let start = token
        if isNegative { advance() }
        let value: Value
        switch token.kind {
        case .int(let number):
            guard isNegative || number <= UInt64(Int64.max) else {
                throw fault(
                    .badLiteral,
                    "The number does not fit an int",
                    at: start.position,
                    length: start.length
                )
            }
            value = .int(isNegative ? Int64(truncatingIfNeeded: 0 &- number) : Int64(number))
        case .double(let number): value = .double(isNegative ? -number : number)
        case .uint(let number): value = .uint(number)
        case .string(let text): value = .string(text)
        case .bytes(let octets): value = .bytes(octets)
        case .mark(.true): value = .bool(true)
        case .mark(.false): value = .bool(false)
        case .mark(.null): value = .null
        default: throw unexpected("an expression")
        }
        advance()
        return value
    }

    /// A call, or the macro that it stands for.
    mutating func call(
        _ name: String,
        of target: NodeID?,
        with arguments: [NodeID],
        from start: SourcePosition,
        anchor: SourcePosition
    ) throws(Fault) -> NodeID {
        if hasMacros {
            let expansion =
                if let target {
                    try memberMacro(name, of: target, with: arguments, from: start, anchor: anchor)
                } else {
                    try globalMacro(name, with: arguments, from: start, anchor: anchor)
                }
            if let expansion { return expansion }
        }
        return try add(
            .call(function: name, target: target, arguments: arguments, overload: nil),
            from: start,
            anchor: anchor,
            over: (target.map { [$0] } ?? []) + arguments
        )
    }
}
