/// Resolves the names of a tree and, unless told not to, deduces and checks its types.
///
/// The result is a new tree: only nodes that count, operands before the node that uses them.
struct Checker {
    typealias NodeID = SyntaxTree.NodeID

    /// A checked tree and what it needs for an evaluation.
    struct Result {
        let tree: SyntaxTree
        let variables: [String]
        let localCount: Int
    }

    let environment: Environment
    let source: SyntaxTree
    private(set) var nodes: [SyntaxTree.Node] = []
    var unifier = Unifier()
    private(set) var diagnostics: [Diagnostic] = []
    private var slots: [String: Int] = [:]
    private var variables: [String] = []
    private var scopes: [(name: String, type: CELType)] = []
    private var localCount = 0
    var patternsChecked = 0

    static func check(
        _ tree: SyntaxTree,
        in environment: Environment
    ) throws(CompilationError) -> Result {
        var checker = Checker(tree, environment)
        let root = checker.visit(tree.root)
        guard checker.diagnostics.isEmpty else {
            let sorted = checker.diagnostics.sorted { $0.position.offset < $1.position.offset }
            throw CompilationError(
                diagnostics: Array(sorted.prefix(environment.limits.diagnostics))
            )
        }
        for place in checker.nodes.indices {
            checker.nodes[place].type = checker.unifier.resolved(checker.nodes[place].type)
        }
        return Result(
            tree: SyntaxTree(nodes: checker.nodes, root: root),
            variables: checker.variables,
            localCount: checker.localCount
        )
    }

    private init(_ source: SyntaxTree, _ environment: Environment) {
        self.source = source
        self.environment = environment
        nodes.reserveCapacity(source.nodes.count)
    }

    // MARK: Tools

    /// Whether as many faults were found as are told.
    var isFull: Bool { diagnostics.count >= environment.limits.diagnostics }

    var isChecked: Bool { environment.isChecked }

    func original(_ id: NodeID) -> SyntaxTree.Node { source.nodes[id] }

    func type(of id: NodeID) -> CELType { unifier.head(nodes[id].type) }

    mutating func add(
        _ kind: SyntaxTree.Kind,
        as type: CELType,
        at original: SyntaxTree.Node
    ) -> NodeID {
        nodes.append(
            SyntaxTree.Node(
                kind: kind,
                position: original.position,
                length: original.length,
                anchor: original.anchor,
                type: type
            )
        )
        return nodes.count - 1
    }

    mutating func fault(
        _ code: Diagnostic.Code,
        _ message: String,
        at position: SourcePosition,
        length: Int,
        expected: String? = nil,
        suggestion: String? = nil
    ) {
        guard isChecked, !isFull else { return }
        diagnostics.append(
            Diagnostic(
                phase: .check,
                code: code,
                message: message,
                position: position,
                length: max(1, length),
                expected: expected,
                suggestion: suggestion
            )
        )
    }

    mutating func fault(
        _ code: Diagnostic.Code,
        _ message: String,
        at node: SyntaxTree.Node,
        expected: String? = nil,
        suggestion: String? = nil
    ) {
        fault(
            code,
            message,
            at: node.position,
            length: node.length,
            expected: expected,
            suggestion: suggestion
        )
    }

    /// Takes back what was noted after so many diagnostics.
    mutating func forgetDiagnostics(after count: Int) {
        diagnostics.removeLast(diagnostics.count - count)
    }

    /// The slot of a variable, a new one where it is read first.
    mutating func slot(_ name: String) -> Int {
        if let slot = slots[name] { return slot }
        slots[name] = variables.count
        variables.append(name)
        return variables.count - 1
    }

    /// Brings variables of a macro in; gives them with their places.
    mutating func enter(
        _ locals: [SyntaxTree.Local],
        _ types: [CELType]
    ) -> [SyntaxTree.Local] {
        var placed = locals
        for place in locals.indices {
            placed[place].index = scopes.count
            scopes.append((locals[place].name, types[place]))
        }
        localCount = max(localCount, scopes.count)
        return placed
    }

    /// Takes so many variables out again.
    mutating func leave(_ count: Int) { scopes.removeLast(count) }

    func local(_ name: String) -> (index: Int, type: CELType)? {
        scopes.lastIndex { $0.name == name }.map { ($0, scopes[$0].type) }
    }

    // MARK: Nodes

    mutating func visit(_ id: NodeID) -> NodeID {
        let node = source.nodes[id]
        switch node.kind {
        case .literal(let value): return add(.literal(value), as: Self.type(of: value), at: node)
        case .identifier, .select, .optionalSelect: return visitPath(id)
        case .call(let function, let target, let arguments, _):
            return visitCall(node, function, target, arguments)
        case .list(let elements, let optionalPlaces):
            return visitList(node, elements, optionalPlaces)
        case .map(let entries): return visitMap(node, entries)
        case .comprehension(let comprehension): return visitComprehension(node, comprehension)
        case .bind(let local, let value, let body): return visitBind(node, local, value, body)
        case .block(let locals, let values, let body):
            return visitBlock(node, locals, values, body)
        case .optionalMap(let local, let operand, let body, let isFlat):
            return visitOptionalMap(node, local, operand, body, isFlat: isFlat)
        case .variable, .variablePresence, .optionalVariable, .local:
            return add(node.kind, as: .dyn, at: node)
        }
    }

    static func type(of literal: Value) -> CELType {
        switch literal {
        case .null: .null
        case .bool: .bool
        case .int: .int
        case .uint: .uint
        case .double: .double
        case .string: .string
        case .bytes: .bytes
        default: .dyn
        }
    }

    // MARK: Names

    /// A step of a path: the node and the field that it selects.
    struct Step {
        let node: SyntaxTree.Node
        let field: String
        let isOptional: Bool
        let isTest: Bool
    }

    /// A chain of selections on a name or on another expression.
    mutating func visitPath(_ id: NodeID) -> NodeID {
        var steps: [Step] = []
        var base = id
        walk: while true {
            let node = source.nodes[base]
            switch node.kind {
            case .select(let operand, let field, let isTest):
                steps.append(Step(node: node, field: field, isOptional: false, isTest: isTest))
                base = operand
            case .optionalSelect(let operand, let field):
                steps.append(Step(node: node, field: field, isOptional: true, isTest: false))
                base = operand
            default: break walk
            }
        }
        steps.reverse()
        guard case .identifier(let name, let isRooted) = source.nodes[base].kind else {
            let operand = visit(base)
            return select(steps[...], on: operand)
        }
        let start = source.nodes[base]
        if !isRooted, let local = local(name) {
            let operand = add(.local(name: name, index: local.index), as: local.type, at: start)
            return select(steps[...], on: operand)
        }
        if let (operand, count) = variable(name, isRooted, steps, at: start) {
            return select(steps[count...], on: operand)
        }
        report(name, isRooted, steps, at: start)
        let operand = add(.identifier(name: name, isRooted: isRooted), as: .dyn, at: start)
        return select(steps[...], on: operand)
    }

    /// The longest beginning of a path that is a variable or a type.
    mutating func variable(
        _ name: String,
        _ isRooted: Bool,
        _ steps: [Step],
        at start: SyntaxTree.Node
    ) -> (operand: NodeID, count: Int)? {
        var names = [name]
        for step in steps { names.append(names[names.count - 1] + "." + step.field) }
        for count in steps.indices.reversed() + [-1] {
            let path = names[count + 1]
            let steps = steps[...count]
            for candidate in candidates(path, isRooted: isRooted) {
                let node = steps.last?.node ?? start
                if let type = environment.variables[candidate] {
                    let kind: SyntaxTree.Kind
                    let found: CELType
                    if steps.last?.isTest ?? false {
                        kind = .variablePresence(slot: slot(candidate), name: candidate)
                        found = .bool
                    } else if steps.contains(where: \.isOptional) {
                        kind = .optionalVariable(slot: slot(candidate), name: candidate)
                        found = .optional(type)
                    } else {
                        kind = .variable(slot: slot(candidate), name: candidate)
                        found = type
                    }
                    return (add(kind, as: isChecked ? found : .dyn, at: node), count + 1)
                }
                if let type = Self.typeNames[candidate], !steps.contains(where: \.isTest) {
                    let value = Value.type(TypeName(candidate))
                    return (add(.literal(value), as: .type(type), at: node), count + 1)
                }
            }
        }
        return nil
    }

    private static let typeNames: [String: CELType] = [
        "null_type": .null, "bool": .bool, "int": .int, "uint": .uint, "double": .double,
        "string": .string, "bytes": .bytes, "list": .list(.dyn), "map": .map(.dyn, .dyn),
        "type": .type(.dyn), "google.protobuf.Timestamp": .timestamp,
        "google.protobuf.Duration": .duration, "optional_type": .optional(.dyn),
    ]

    /// The names that a name may mean in the container, the innermost first.
    func candidates(_ name: String, isRooted: Bool) -> [String] {
        guard !isRooted, !environment.container.isEmpty else { return [name] }
        var candidates: [String] = []
        var container = environment.container[...]
        while true {
            candidates.append(container + "." + name)
            guard let dot = container.lastIndex(of: ".") else { break }
            container = container[..<dot]
        }
        return candidates + [name]
    }

    /// The text of a chain of plain names, and the nodes in it; `nil` for another expression.
    func plainPath(_ id: NodeID) -> String? {
        var fields: [String] = []
        var base = id
        while case .select(let operand, let field, false) = source.nodes[base].kind {
            fields.append(field)
            base = operand
        }
        guard case .identifier(let name, let isRooted) = source.nodes[base].kind,
            isRooted || local(name) == nil
        else { return nil }
        return ([name] + fields.reversed()).joined(separator: ".")
    }

    /// Notes that no variable has the name with which a path begins.
    mutating func report(
        _ name: String,
        _ isRooted: Bool,
        _ steps: [Step],
        at start: SyntaxTree.Node
    ) {
        guard isChecked, !isFull else { return }
        let fields = steps.map(\.field)
        let path = ([name] + fields).joined(separator: ".")
        let last = steps.last?.node
        // has(a.b) covers the whole call; the name ends where its last field does.
        let end =
            last.map { $0.anchor.offset + ($0.kind.fieldLength) } ?? start.position.offset
            + start.length
        let length = max(1, end - start.position.offset)
        for candidate in candidates(path, isRooted: isRooted)
        where environment.prefixes.contains(candidate) {
            let below = environment.names.filter { $0.hasPrefix(candidate + ".") }.sorted()
            let shown = below.prefix(5).map { "'\($0)'" }.joined(separator: ", ")
            fault(
                .incompleteName,
                "'\(path)' is only the beginning of a name; declared are \(shown)"
                    + (below.count > 5 ? " and \(below.count - 5) more" : ""),
                at: start.position,
                length: length,
                expected: "a declared name",
                suggestion: below.first
            )
            return
        }
        let suggestion = suggestion(for: [name] + fields)
        var message = "'\(path)' is not declared"
        if let suggestion { message += "; did you mean '\(suggestion)'?" }
        fault(
            .undeclaredName,
            message,
            at: start.position,
            length: length,
            expected: "a declared name",
            suggestion: suggestion
        )
    }

    /// What was probably meant by a path: a declared name, followed by the fields beyond it.
    func suggestion(for path: [String]) -> String? {
        var names = environment.names
        if path.count == 1 { names += scopes.map(\.name).filter { $0.first != "@" } }
        var best: (name: String, count: Int)?
        for count in (1...path.count).reversed() {
            let part = path.prefix(count).joined(separator: ".")
            let sameLength = names.filter { name in
                name.utf8.count { $0 == 46 } == count - 1
            }
            if let found = Suggestions.nearest(to: part, among: sameLength) {
                best = (found, count)
                break
            }
        }
        // Fewer or more points than any declared name: a point may be the fault.
        guard let best else {
            return Suggestions.nearest(to: path.joined(separator: "."), among: names)
        }
        return ([best.name] + path.dropFirst(best.count)).joined(separator: ".")
    }
}

extension SyntaxTree.Kind {
    /// The length of the name of a selected field as it is written without quotes.
    var fieldLength: Int {
        switch self {
        case .select(_, let field, _), .optionalSelect(_, let field): field.unicodeScalars.count
        default: 1
        }
    }
}
