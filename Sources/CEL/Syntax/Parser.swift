/// Turns tokens into a syntax tree by recursive descent, with macros expanded.
struct Parser {
    private let tokens: [Token]
    private var next = 0
    private let hasMacros: Bool
    private let limits: Limits
    private(set) var diagnostics: [Diagnostic]
    private var nodes: [SyntaxTree.Node] = []
    private var depths: [Int32] = []
    private var nesting = 0

    /// A fault that ends the expression, or the part of it between the nearest brackets.
    struct Fault: Error {
        let diagnostic: Diagnostic
    }

    typealias NodeID = SyntaxTree.NodeID

    static func tree(
        of source: String,
        hasMacros: Bool,
        limits: Limits
    ) throws(CompilationError) -> SyntaxTree {
        let scalars = Array(source.unicodeScalars)
        guard scalars.count <= limits.sourceCodePoints else {
            throw CompilationError(diagnostics: [
                Diagnostic(
                    phase: .parse,
                    code: .tooLarge,
                    message: "The expression has more than \(limits.sourceCodePoints) code points",
                    position: .start
                )
            ])
        }
        let (tokens, faults) = Lexer.tokens(of: scalars)
        var parser = Parser(
            tokens: tokens,
            hasMacros: hasMacros,
            limits: limits,
            diagnostics: faults
        )
        return try parser.whole()
    }

    private init(tokens: [Token], hasMacros: Bool, limits: Limits, diagnostics: [Diagnostic]) {
        self.tokens = tokens
        self.hasMacros = hasMacros
        self.limits = limits
        self.diagnostics = diagnostics
        nodes.reserveCapacity(tokens.count)
        depths.reserveCapacity(tokens.count)
    }

    private mutating func whole() throws(CompilationError) -> SyntaxTree {
        var root = 0
        do throws(Fault) {
            root = try expression()
            if token.kind != .end { throw unexpected("an operator or the end of the expression") }
        } catch {
            note(error)
        }
        guard diagnostics.isEmpty else {
            let sorted = diagnostics.sorted { $0.position.offset < $1.position.offset }
            throw CompilationError(diagnostics: Array(sorted.prefix(limits.diagnostics)))
        }
        return SyntaxTree(nodes: nodes, root: root)
    }

    // MARK: Tokens

    private var token: Token { tokens[next] }

    private var lastEnd: Int { next == 0 ? 0 : tokens[next - 1].end }

    private func isNext(_ mark: Token.Mark) -> Bool { token.kind == .mark(mark) }

    private mutating func advance() {
        if next < tokens.count - 1 { next += 1 }
    }

    private mutating func take(_ mark: Token.Mark) -> Bool {
        guard isNext(mark) else { return false }
        advance()
        return true
    }

    private mutating func expect(_ mark: Token.Mark, after context: String) throws(Fault) {
        guard take(mark) else { throw unexpected("'\(mark.rawValue)' \(context)") }
    }

    // MARK: Faults

    private func unexpected(_ expected: String) -> Fault {
        Fault(
            diagnostic: Diagnostic(
                phase: .parse,
                code: .syntax,
                message: "Found \(token.name) where \(expected) was expected",
                position: token.position,
                length: max(1, token.length),
                expected: expected
            )
        )
    }

    func fault(
        _ code: Diagnostic.Code,
        _ message: String,
        at position: SourcePosition,
        length: Int,
        expected: String? = nil
    ) -> Fault {
        Fault(
            diagnostic: Diagnostic(
                phase: .parse,
                code: code,
                message: message,
                position: position,
                length: max(1, length),
                expected: expected
            )
        )
    }

    /// Notes a fault, unless a token there was found faulty before.
    private mutating func note(_ fault: Fault) {
        if token.kind == .fault, fault.diagnostic.position == token.position { return }
        diagnostics.append(fault.diagnostic)
    }

    /// Notes a fault and goes on at the next comma or closing bracket of this nesting.
    private mutating func recover(from fault: Fault) throws(Fault) {
        guard fault.diagnostic.code != .tooLarge, diagnostics.count < limits.diagnostics else {
            throw fault
        }
        note(fault)
        var open = 0
        while true {
            switch token.kind {
            case .mark(.leftParenthesis), .mark(.leftBracket), .mark(.leftBrace):
                open += 1
            case .mark(.rightParenthesis), .mark(.rightBracket), .mark(.rightBrace):
                if open == 0 { return }
                open -= 1
            case .mark(.comma):
                if open == 0 { return }
            case .end:
                return
            default:
                break
            }
            advance()
        }
    }

    // MARK: Nodes

    mutating func add(
        _ kind: SyntaxTree.Kind,
        from start: SourcePosition,
        anchor: SourcePosition? = nil,
        over children: NodeID...
    ) throws(Fault) -> NodeID {
        try add(kind, from: start, anchor: anchor, over: children)
    }

    mutating func add(
        _ kind: SyntaxTree.Kind,
        from start: SourcePosition,
        anchor: SourcePosition?,
        over children: [NodeID]
    ) throws(Fault) -> NodeID {
        var depth: Int32 = 0
        for child in children { depth = max(depth, depths[child]) }
        depth += 1
        guard depth <= limits.depth else { throw tooDeep(at: anchor ?? start) }
        guard nodes.count < limits.nodes else {
            throw fault(
                .tooLarge,
                "The expression has more than \(limits.nodes) parts",
                at: start,
                length: 1
            )
        }
        nodes.append(
            SyntaxTree.Node(
                kind: kind,
                position: start,
                length: lastEnd - start.offset,
                anchor: anchor ?? start,
                type: .dyn
            )
        )
        depths.append(depth)
        return nodes.count - 1
    }

    private func tooDeep(at position: SourcePosition) -> Fault {
        fault(
            .tooLarge,
            "The expression is nested more than \(limits.depth) deep",
            at: position,
            length: 1
        )
    }

    func node(_ id: NodeID) -> SyntaxTree.Node { nodes[id] }

    // MARK: Expressions

    /// `or ? or : expression`.
    private mutating func expression() throws(Fault) -> NodeID {
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= limits.depth else { throw tooDeep(at: token.position) }
        let start = token.position
        let condition = try binary(0)
        guard isNext(.question) else { return condition }
        let anchor = token.position
        advance()
        let chosen = try binary(0)
        try expect(.colon, after: "of the conditional")
        let other = try expression()
        return try add(
            .call(
                function: "_?_:_",
                target: nil,
                arguments: [condition, chosen, other],
                overload: nil
            ),
            from: start,
            anchor: anchor,
            over: condition,
            chosen,
            other
        )
    }

    private static func level(of kind: Token.Kind) -> (level: Int, function: String)? {
        guard case .mark(let mark) = kind else { return nil }
        return switch mark {
        case .or: (0, "_||_")
        case .and: (1, "_&&_")
        case .less: (2, "_<_")
        case .lessOrEqual: (2, "_<=_")
        case .greater: (2, "_>_")
        case .greaterOrEqual: (2, "_>=_")
        case .equal: (2, "_==_")
        case .notEqual: (2, "_!=_")
        case .in: (2, "@in")
        case .plus: (3, "_+_")
        case .minus: (3, "_-_")
        case .times: (4, "_*_")
        case .divide: (4, "_/_")
        case .modulo: (4, "_%_")
        default: nil
        }
    }

    /// Operators of at least a level, all of them left-associative.
    private mutating func binary(_ least: Int) throws(Fault) -> NodeID {
        let start = token.position
        var left = try unary()
        // The operator found last binds at least as tight as the one to come.
        while let (level, function) = Self.level(of: token.kind), level >= least {
            let anchor = token.position
            var arguments = [left]
            if level < 2 {
                while case (level, _)? = Self.level(of: token.kind) {
                    advance()
                    arguments.append(try binary(level + 1))
                }
            } else {
                advance()
                arguments.append(try binary(level + 1))
            }
            left = try add(
                .call(function: function, target: nil, arguments: arguments, overload: nil),
                from: start,
                anchor: anchor,
                over: arguments
            )
        }
        return left
    }

    private mutating func unary() throws(Fault) -> NodeID {
        let mark: Token.Mark
        if isNext(.not) {
            mark = .not
        } else if isNext(.minus), !isNumber(after: next) {
            mark = .minus
        } else {
            return try member()
        }
        var marks: [SourcePosition] = []
        while isNext(mark), mark == .not || !isNumber(after: next) {
            marks.append(token.position)
            advance()
        }
        var operand = try member()
        for position in marks.reversed() {
            let function = mark == .not ? "!_" : "-_"
            operand = try add(
                .call(function: function, target: nil, arguments: [operand], overload: nil),
                from: position,
                over: operand
            )
        }
        return operand
    }

    private func isNumber(after place: Int) -> Bool {
        guard place + 1 < tokens.count else { return false }
        return switch tokens[place + 1].kind {
        case .int, .double: true
        default: false
        }
    }

    private mutating func member() throws(Fault) -> NodeID {
        let start = token.position
        var operand = try primary()
        while true {
            if take(.dot) {
                operand = try selection(of: operand, from: start)
            } else if take(.leftBracket) {
                operand = try index(of: operand, from: start)
            } else {
                return operand
            }
        }
    }

    private mutating func selection(
        of operand: NodeID,
        from start: SourcePosition
    ) throws(Fault) -> NodeID {
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
            let arguments = try arguments()
            return try call(name, of: operand, with: arguments, from: start, anchor: anchor)
        }
        let kind: SyntaxTree.Kind =
            isOptional
            ? .optionalSelect(operand: operand, field: name)
            : .select(operand: operand, field: name, isTest: false)
        return try add(kind, from: start, anchor: anchor, over: operand)
    }

    private mutating func index(
        of operand: NodeID,
        from start: SourcePosition
    ) throws(Fault) -> NodeID {
        let anchor = tokens[next - 1].position
        let isOptional = take(.question)
        let key = try bracketed()
        try expect(.rightBracket, after: "after the index")
        return try add(
            .call(
                function: isOptional ? "_[?_]" : "_[_]",
                target: nil,
                arguments: [operand, key],
                overload: nil
            ),
            from: start,
            anchor: anchor,
            over: operand,
            key
        )
    }

    /// An expression between brackets: a fault in it does not hide faults after it.
    private mutating func bracketed() throws(Fault) -> NodeID {
        do throws(Fault) {
            let id = try expression()
            switch token.kind {
            case .mark(.comma), .mark(.colon), .mark(.rightParenthesis), .mark(.rightBracket),
                .mark(.rightBrace), .end:
                return id
            default:
                throw unexpected("an operator, ',' or a closing bracket")
            }
        } catch {
            let start = token.position
            try recover(from: error)
            return try add(.literal(.null), from: start)
        }
    }

    /// The arguments of a call, after the opening parenthesis.
    private mutating func arguments() throws(Fault) -> [NodeID] {
        var arguments: [NodeID] = []
        if take(.rightParenthesis) { return arguments }
        repeat { arguments.append(try bracketed()) } while take(.comma)
        try expect(.rightParenthesis, after: "after the arguments")
        return arguments
    }

    private mutating func primary() throws(Fault) -> NodeID {
        let start = token.position
        switch token.kind {
        case .mark(.leftParenthesis):
            advance()
            let id = try bracketed()
            try expect(.rightParenthesis, after: "to close the parenthesis")
            return id
        case .mark(.leftBracket): return try list()
        case .mark(.leftBrace): return try map()
        case .mark(.dot), .identifier: return try name()
        default:
            let value = try literal()
            return try add(.literal(value), from: start)
        }
    }

    private mutating func literal() throws(Fault) -> Value {
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

    private mutating func name() throws(Fault) -> NodeID {
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
            let arguments = try arguments()
            return try call(
                isRooted ? "." + name : name,
                of: nil,
                with: arguments,
                from: start,
                anchor: anchor
            )
        }
        return try add(
            .identifier(name: name, isRooted: isRooted),
            from: start,
            anchor: anchor
        )
    }

    private mutating func list() throws(Fault) -> NodeID {
        let start = token.position
        advance()
        var elements: [NodeID] = []
        var optionalPlaces: [Int] = []
        while !isNext(.rightBracket) {
            if take(.question) { optionalPlaces.append(elements.count) }
            elements.append(try bracketed())
            guard take(.comma) else { break }
        }
        try expect(.rightBracket, after: "to close the list")
        return try add(
            .list(elements: elements, optionalPlaces: optionalPlaces),
            from: start,
            anchor: nil,
            over: elements
        )
    }

    private mutating func map() throws(Fault) -> NodeID {
        let start = token.position
        advance()
        var entries: [SyntaxTree.MapEntry] = []
        while !isNext(.rightBrace) {
            let isOptional = take(.question)
            let key = try bracketed()
            try expect(.colon, after: "after the key")
            let value = try bracketed()
            entries.append(SyntaxTree.MapEntry(key: key, value: value, isOptional: isOptional))
            guard take(.comma) else { break }
        }
        try expect(.rightBrace, after: "to close the map")
        return try add(
            .map(entries: entries),
            from: start,
            anchor: nil,
            over: entries.flatMap { [$0.key, $0.value] }
        )
    }

    /// A call, or the macro that it stands for.
    private mutating func call(
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
