/// Turns tokens into a syntax tree, with macros expanded.
///
/// What is open is kept on a stack of its own, so that no nesting can exhaust that of the thread.
struct Parser {
    private let tokens: [Token]
    private var next = 0
    private let hasMacros: Bool
    private let limits: Limits
    private(set) var diagnostics: [Diagnostic]
    private var nodes: [SyntaxTree.Node] = []
    private var depths: [Int32] = []
    private var open: [Open] = []
    private var resumed: Operand?
    private var nesting = 0
    /// The token at which the last fault was recovered from.
    private var recovered = -1
    var blockBindings = 0

    /// The bindings of all blocks together; values can grow one level deeper with each.
    static let maximumBlockBindings = 40

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
        if diagnostics.last == fault.diagnostic { return }
        diagnostics.append(fault.diagnostic)
    }

    /// Notes a fault and goes on at the next comma or closing bracket of the innermost bracket.
    private mutating func recover(from fault: Fault) throws(Fault) {
        guard fault.diagnostic.code != .tooLarge, diagnostics.count < limits.diagnostics else {
            throw fault
        }
        while let last = open.last, !last.isBracket { close() }
        guard !open.isEmpty, recovered != next else { throw fault }
        note(fault)
        var depth = 0
        defer { recovered = next }
        while true {
            switch token.kind {
            case .mark(.leftParenthesis), .mark(.leftBracket), .mark(.leftBrace):
                depth += 1
            case .mark(.rightParenthesis), .mark(.rightBracket), .mark(.rightBrace):
                if depth == 0 { return }
                depth -= 1
            case .mark(.comma):
                if depth == 0 { return }
            case .end: throw fault
            default: break
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

    /// Something begun that waits for an operand.
    enum Open {
        /// `!` or `-`.
        case prefix(function: String, at: SourcePosition)
        /// A binary operator, with the operands so far.
        case binary(
            function: String,
            level: Int,
            operands: [NodeID],
            from: SourcePosition,
            at: SourcePosition
        )
        /// `condition ?`.
        case condition(NodeID, from: SourcePosition, at: SourcePosition)
        /// `condition ? chosen :`.
        case choice(NodeID, NodeID, from: SourcePosition, at: SourcePosition)
        case parenthesis(from: SourcePosition)
        case call(
            name: String,
            target: NodeID?,
            arguments: [NodeID],
            from: SourcePosition,
            at: SourcePosition
        )
        case index(NodeID, isOptional: Bool, from: SourcePosition, at: SourcePosition)
        case list([NodeID], optionalPlaces: [Int], from: SourcePosition)
        case map([SyntaxTree.MapEntry], key: NodeID?, isOptional: Bool, from: SourcePosition)

        var isBracket: Bool {
            switch self {
            case .prefix, .binary, .condition, .choice: false
            case .parenthesis, .call, .index, .list, .map: true
            }
        }

        /// Whether it counts as a level of nesting.
        var isNesting: Bool {
            switch self {
            case .prefix, .binary: false
            default: true
            }
        }
    }

    /// An operand that is complete, with the place where its text begins, brackets included.
    private struct Operand {
        var node: NodeID
        var start: SourcePosition
    }

    private mutating func begin(_ item: Open) throws(Fault) {
        if item.isNesting {
            nesting += 1
            guard nesting <= limits.depth else { throw tooDeep(at: token.position) }
        }
        open.append(item)
    }

    private mutating func close() {
        if let last = open.popLast(), last.isNesting { nesting -= 1 }
    }

    private mutating func expression() throws(Fault) -> NodeID {
        while true {
            do throws(Fault) {
                if let root = try run() { return root }
            } catch {
                try recover(from: error)
                try resume()
            }
        }
    }

    /// Goes on after a fault with null in place of what was faulty.
    private mutating func resume() throws(Fault) {
        resumed = Operand(
            node: try add(.literal(.null), from: token.position),
            start: token.position
        )
    }

    private mutating func run() throws(Fault) -> NodeID? {
        while true {
            var operand: Operand
            if let last = resumed {
                operand = last
                resumed = nil
            } else {
                guard let begun = try self.operand() else { continue }
                operand = begun
            }
            // All that can follow an operand, until another operand is asked for.
            follow: while true {
                guard let followed = try postfix(operand) else { break follow }
                operand = try applyPrefixes(followed)
                if let (level, function) = Self.level(of: token.kind) {
                    try binary(function, level, operand)
                    break follow
                }
                operand = try reduce(operand, to: 0)
                if isNext(.question) {
                    try condition(operand)
                    break follow
                }
                if isNext(.colon),
                    case .condition(let condition, let start, let anchor)? = open.last
                {
                    advance()
                    close()
                    try begin(.choice(condition, operand.node, from: start, at: anchor))
                    break follow
                }
                operand = try reduceChoices(operand)
                guard open.last != nil else {
                    if token.kind == .end { return operand.node }
                    throw unexpected("an operator or the end of the expression")
                }
                guard let closed = try bracket(operand) else { break follow }
                operand = closed
            }
        }
    }

    /// Begins an operand; gives it when it is complete at once.
    private mutating func operand() throws(Fault) -> Operand? {
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
    private mutating func element() throws(Fault) -> Operand? {
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

    private mutating func name() throws(Fault) -> Operand? {
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

    private mutating func beginCall(
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
    private mutating func postfix(_ operand: Operand) throws(Fault) -> Operand? {
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

    private mutating func selection(_ operand: Operand) throws(Fault) -> Operand? {
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

    private mutating func applyPrefixes(_ operand: Operand) throws(Fault) -> Operand {
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

    private static func level(of kind: Token.Kind) -> (level: Int, function: String)? {
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
    private mutating func binary(
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
    private mutating func reduce(
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

    private mutating func condition(_ operand: Operand) throws(Fault) {
        if case .condition? = open.last { throw unexpected("':' of the conditional") }
        let anchor = token.position
        advance()
        try begin(.condition(operand.node, from: operand.start, at: anchor))
    }

    /// Completes the conditionals that end with an operand.
    private mutating func reduceChoices(_ operand: Operand) throws(Fault) -> Operand {
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
    private mutating func bracket(_ operand: Operand) throws(Fault) -> Operand? {
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

    private func isNumber(after place: Int) -> Bool {
        guard place + 1 < tokens.count else { return false }
        return switch tokens[place + 1].kind {
        case .int, .double: true
        default: false
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
