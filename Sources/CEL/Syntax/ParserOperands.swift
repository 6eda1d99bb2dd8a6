/// Operands: constants, names, selections, calls and what stands in brackets.
extension Parser {
    /// Begins an operand; gives it when it is complete at once.
    mutating func operand() throws(Fault) -> Operand? {
        let start = token.position
        switch token.kind {
        case .mark(.not):
            if case .prefix("-_", _)? = open.last { throw unexpected("an operand of '-'") }
            advance()
            open.append(.prefix(function: "!_", at: start))
            return nil
        case .mark(.minus) where !isNumber(after: next):
            if case .prefix("!_", _)? = open.last { throw unexpected("an operand of '!'") }
            advance()
            open.append(.prefix(function: "-_", at: start))
            return nil
        case .mark(.leftParenthesis):
            try begin(.parenthesis(from: start))
            advance()
            return nil
        case .mark(.leftBracket):
            advance()
            try begin(.list([], optionalPlaces: [], from: start))
            return try element()
        case .mark(.leftBrace):
            advance()
            try begin(.map([], key: nil, isOptional: false, from: start))
            return try element()
        case .mark(.dot), .identifier: return try name()
        default:
            let value = try literal()
            return Operand(node: try add(.literal(value), from: start), start: start)
        }
    }

    /// At the place of an element of a list or map: closes an aggregate that ends here.
    mutating func element() throws(Fault) -> Operand? {
        switch open.last {
        case .list(let elements, var optionalPlaces, let start)?:
            if take(.rightBracket) {
                close()
                let node = try add(
                    .list(elements: elements, optionalPlaces: optionalPlaces),
                    from: start,
                    anchor: nil,
                    over: elements
                )
                return Operand(node: node, start: start)
            }
            if take(.question) {
                optionalPlaces.append(elements.count)
                open[open.count - 1] = .list(elements, optionalPlaces: optionalPlaces, from: start)
            }
        case .map(let entries, _, _, let start)?:
            if take(.rightBrace) {
                close()
                let node = try add(
                    .map(entries: entries),
                    from: start,
                    anchor: nil,
                    over: entries.flatMap { [$0.key, $0.value] }
                )
                return Operand(node: node, start: start)
            }
            let isOptional = take(.question)
            open[open.count - 1] = .map(entries, key: nil, isOptional: isOptional, from: start)
        default: break
        }
        return nil
    }

    mutating func name() throws(Fault) -> Operand? {
        let start = token.position
        let isRooted = take(.dot)
        guard case .identifier(let name) = token.kind else { throw unexpected("a name") }
        guard !Token.reserved.contains(name) else {
            throw fault(
                .reservedWord,
                "'\(name)' is a reserved word and cannot be a name; it can be a field",
                at: token.position,
                length: token.length,
                expected: "a name"
            )
        }
        let anchor = token.position
        advance()
        if take(.leftParenthesis) {
            return try beginCall(isRooted ? "." + name : name, of: nil, from: start, at: anchor)
        }
        let node = try add(
            .identifier(name: name, isRooted: isRooted),
            from: start,
            anchor: anchor
        )
        return Operand(node: node, start: start)
    }

    mutating func beginCall(
        _ name: String,
        of target: NodeID?,
        from start: SourcePosition,
        at anchor: SourcePosition
    ) throws(Fault) -> Operand? {
        if take(.rightParenthesis) {
            let node = try call(name, of: target, with: [], from: start, anchor: anchor)
            return Operand(node: node, start: start)
        }
        try begin(.call(name: name, target: target, arguments: [], from: start, at: anchor))
        return nil
    }

    /// Selections, calls and indices after an operand; `nil` when an operand is asked for next.
    mutating func postfix(_ operand: Operand) throws(Fault) -> Operand? {
        var operand = operand
        while true {
            if take(.dot) {
                guard let selected = try selection(operand) else { return nil }
                operand = selected
            } else if isNext(.leftBracket) {
                let anchor = token.position
                advance()
                let isOptional = take(.question)
                try begin(
                    .index(operand.node, isOptional: isOptional, from: operand.start, at: anchor)
                )
                return nil
            } else {
                return operand
            }
        }
    }

    mutating func selection(_ operand: Operand) throws(Fault) -> Operand? {
        let isOptional = take(.question)
        let anchor = token.position
        let name: String
        var isQuoted = false
        switch token.kind {
        case .identifier(let word):
            name = word
        case .quotedIdentifier(let word):
            name = word
            isQuoted = true
        case .mark(.in), .mark(.true), .mark(.false), .mark(.null):
            throw fault(
                .reservedWord,
                "\(token.name) cannot be a field here; put it in brackets as a string",
                at: anchor,
                length: token.length,
                expected: "a field name"
            )
        default:
            throw unexpected("a field name")
        }
        advance()
        if !isQuoted, !isOptional, take(.leftParenthesis) {
            return try beginCall(name, of: operand.node, from: operand.start, at: anchor)
        }
        let kind: SyntaxTree.Kind =
            isOptional
            ? .optionalSelect(operand: operand.node, field: name)
            : .select(operand: operand.node, field: name, isTest: false)
        let node = try add(kind, from: operand.start, anchor: anchor, over: operand.node)
        return Operand(node: node, start: operand.start)
    }
}
