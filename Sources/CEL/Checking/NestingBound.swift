/// How deep lists, maps and optionals lie in each other at most in the values that a tree makes.
///
/// The depth of the tree does not bound it: a variable of a macro carries the depth of its value
/// to where it is used. Values of facts count as flat; whoever hands them in bounds them.
struct NestingBound {
    private let tree: SyntaxTree
    private let limit: Int
    /// By local variable.
    private var locals: [Int: Int] = [:]

    /// Refuses a tree that may make a value nested deeper than twice what a text may be.
    static func check(_ tree: SyntaxTree, limits: Limits) throws(CompilationError) {
        let (limit, overflow) = limits.depth.multipliedReportingOverflow(by: 2)
        var bound = NestingBound(tree: tree, limit: overflow ? .max : limit)
        _ = try bound.depth(tree.root)
    }

    private init(tree: SyntaxTree, limit: Int) {
        self.tree = tree
        self.limit = limit
    }

    private mutating func depth(_ id: SyntaxTree.NodeID) throws(CompilationError) -> Int {
        let depth = try unboundedDepth(id)
        guard depth > limit else { return depth }
        let node = tree.nodes[id]
        throw CompilationError(diagnostics: [
            Diagnostic(
                phase: .check,
                code: .tooLarge,
                message: "The value may be nested more than \(limit) deep",
                position: node.position,
                length: node.length
            )
        ])
    }

    private mutating func deepest(_ ids: [SyntaxTree.NodeID]) throws(CompilationError) -> Int {
        var deepest = 0
        for id in ids { deepest = max(deepest, try depth(id)) }
        return deepest
    }

    private mutating func unboundedDepth(
        _ id: SyntaxTree.NodeID
    ) throws(CompilationError) -> Int {
        switch tree.nodes[id].kind {
        case .literal, .identifier, .variable, .variablePresence: return 0
        case .optionalVariable: return 1
        case .local(_, let index): return locals[index] ?? 0
        case .select(let operand, _, let isTest):
            let depth = try depth(operand)
            return isTest ? 0 : depth
        case .optionalSelect(let operand, _): return try depth(operand) + 1
        case .call(let function, let target, let arguments, _):
            let deepest = try deepest((target.map { [$0] } ?? []) + arguments)
            switch function {
            case "_[?_]", "optional.of", "optional.ofNonZeroValue", "first", "last":
                return deepest + 1
            default: return deepest
            }
        case .list(let elements, _): return try deepest(elements) + 1
        case .map(let entries): return try deepest(entries.flatMap { [$0.key, $0.value] }) + 1
        case .comprehension(let comprehension):
            let range = try depth(comprehension.range)
            for variable in comprehension.variables { locals[variable.index] = range }
            _ = try deepest([comprehension.predicate].compactMap { $0 })
            let made = try deepest([comprehension.transform].compactMap { $0 })
            switch comprehension.kind {
            case .all, .exists, .existsOne: return 0
            case .filter, .sortBy: return range
            case .map, .transformList, .transformMap: return made + 1
            case .transformMapEntry: return made
            }
        case .bind(let local, let value, let body):
            locals[local.index] = try depth(value)
            return try depth(body)
        case .block(let variables, let values, let body):
            for (variable, value) in zip(variables, values) {
                locals[variable.index] = try depth(value)
            }
            return try depth(body)
        case .optionalMap(let local, let operand, let body, let isFlat):
            locals[local.index] = try depth(operand)
            return try depth(body) + (isFlat ? 0 : 1)
        }
    }
}
