/// Turns tokens into a syntax tree, with macros expanded.
///
/// What is open is kept on a stack of its own, so that no nesting can exhaust that of the thread.
struct Parser {
    let tokens: [Token]
    var next = 0
    let hasMacros: Bool
    let limits: Limits
    var diagnostics: [Diagnostic]
    var nodes: [SyntaxTree.Node] = []
    var depths: [Int32] = []
    var open: [Open] = []
    var resumed: Operand?
    var nesting = 0
    /// The token at which the last fault was recovered from.
    var recovered = -1
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

    mutating func whole() throws(CompilationError) -> SyntaxTree {
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

    var token: Token { tokens[next] }

    var lastEnd: Int { next == 0 ? 0 : tokens[next - 1].end }

    func isNext(_ mark: Token.Mark) -> Bool { token.kind == .mark(mark) }

    mutating func advance() {
        if next < tokens.count - 1 { next += 1 }
    }

    mutating func take(_ mark: Token.Mark) -> Bool {
        guard isNext(mark) else { return false }
        advance()
        return true
    }

    mutating func expect(_ mark: Token.Mark, after context: String) throws(Fault) {
        guard take(mark) else { throw unexpected("'\(mark.rawValue)' \(context)") }
    }

    // MARK: Faults

    func unexpected(_ expected: String) -> Fault {
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
    mutating func note(_ fault: Fault) {
        if token.kind == .fault, fault.diagnostic.position == token.position { return }
        if diagnostics.last == fault.diagnostic { return }
        diagnostics.append(fault.diagnostic)
    }

    /// Notes a fault and goes on at the next comma or closing bracket of the innermost bracket.
    mutating func recover(from fault: Fault) throws(Fault) {
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

    func tooDeep(at position: SourcePosition) -> Fault {
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
    struct Operand {
        var node: NodeID
        var start: SourcePosition
    }

    mutating func begin(_ item: Open) throws(Fault) {
        if item.isNesting {
            nesting += 1
            guard nesting <= limits.depth else { throw tooDeep(at: token.position) }
        }
        open.append(item)
    }

    mutating func close() {
        if let last = open.popLast(), last.isNesting { nesting -= 1 }
    }

    mutating func expression() throws(Fault) -> NodeID {
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
    mutating func resume() throws(Fault) {
        resumed = Operand(
            node: try add(.literal(.null), from: token.position),
            start: token.position
        )
    }

    mutating func run() throws(Fault) -> NodeID? {
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
}
