import CEL

/// What must hold of every text that is taken for an expression.
struct FuzzProperties {
    /// What was reached so far.
    private(set) var counts = (texts: 0, parsed: 0, checked: 0, values: 0, errors: 0, budgets: 0)
    /// The overloads and macros in the trees that were checked.
    private(set) var reached: Set<String> = []

    private let environment: Environment = {
        var limits = Limits.standard
        limits.steps = 100_000
        limits.bytesProduced = 1_000_000
        var environment = Environment(limits: limits)
        for variable in ExpressionGenerator.variables {
            environment.declare(variable.name, as: variable.type)
        }
        return environment
    }()
    private let values = Dictionary(
        uniqueKeysWithValues: ExpressionGenerator.variables.map { ($0.name, Slot.value($0.value)) }
    )

    /// What is wrong with how a text is taken; `nil` when nothing is.
    mutating func fault(of source: String) -> String? {
        let start = ContinuousClock.now
        let fault = found(source)
        let took = ContinuousClock.now - start
        return fault ?? (took > .seconds(2) ? "took \(took)" : nil)
    }

    private mutating func found(_ source: String) -> String? {
        counts.texts += 1
        let tree: SyntaxTree
        do throws(CompilationError) {
            tree = try SyntaxTree(parsing: source)
        } catch {
            return error.diagnostics.isEmpty ? "refused without a diagnostic" : nil
        }
        counts.parsed += 1
        do throws(CompilationError) {
            let printed = tree.description
            let again = try SyntaxTree(parsing: printed)
            if !isSame(tree, tree.root, again, again.root) {
                return "printed as \(printed), which is another tree"
            }
        } catch {
            // What is printed may be longer, and so too long.
            if error.diagnostics[0].code != .tooLarge {
                return "what is printed does not parse: \(tree.description)"
            }
        }
        guard let program = try? Program(compiling: source, in: environment) else { return nil }
        counts.checked += 1
        note(program)
        let slots = program.variables.map { values[$0] ?? .unbound }
        let (outcome, steps, bytes) = program.evaluateMeasuring(slots)
        if case .error(let error) = outcome {
            counts.errors += 1
            if error.code == .budgetExceeded { counts.budgets += 1 }
            if error.code == .noSuchOverload,
                !program.tree.nodes.contains(where: { isDynamic($0.type) })
            {
                return "checked, and yet: \(error.message)"
            }
            if error.code == .budgetExceeded { return nil }
        } else {
            counts.values += 1
        }
        let estimate = program.estimatedCost()
        if steps > estimate.steps { return "\(steps) steps, estimated were \(estimate.steps)" }
        if bytes > estimate.bytesProduced {
            return "\(bytes) octets, estimated were \(estimate.bytesProduced)"
        }
        let traced = program.evaluateTracing(slots).outcome
        if traced != outcome { return "\(outcome), but traced \(traced)" }
        for (place, variable) in program.variables.enumerated() {
            var fewer = slots
            fewer[place] = .unknown
            if let fault = fault(of: program.evaluate(fewer), without: variable, outcome) {
                return fault
            }
        }
        return nil
    }

    /// What was decided while a variable was not known must not depend on it; what was not decided
    /// names it.
    private func fault(
        of partial: Outcome,
        without variable: String,
        _ whole: Outcome
    ) -> String? {
        switch partial {
        case .unknown(let paths):
            let isNamed = paths.allSatisfy {
                $0 == variable || $0.hasPrefix(variable + ".") || $0.hasPrefix(variable + "[")
            }
            return isNamed && !paths.isEmpty ? nil : "without \(variable) it waits for \(paths)"
        case .error(let error) where error.code == .budgetExceeded: return nil
        case .value, .error:
            return partial == whole
                ? nil : "\(whole), but without \(variable) it is \(partial)"
        }
    }

    private mutating func note(_ program: Program) {
        for node in program.tree.nodes {
            switch node.kind {
            case .call(_, _, _, let overload?): reached.insert(overload)
            case .comprehension(let comprehension):
                reached.insert(comprehension.function + "/\(comprehension.variables.count)")
            default: break
            }
        }
    }

    private func isDynamic(_ type: CELType) -> Bool {
        switch type {
        case .dyn, .typeParameter: true
        case .list(let element): isDynamic(element)
        case .map(let key, let value): isDynamic(key) || isDynamic(value)
        case .optional(let wrapped): isDynamic(wrapped)
        case .type(let type): isDynamic(type)
        default: false
        }
    }

    /// Whether two nodes are the same but for their places.
    private func isSame(
        _ a: SyntaxTree,
        _ left: SyntaxTree.NodeID,
        _ b: SyntaxTree,
        _ right: SyntaxTree.NodeID
    ) -> Bool {
        func all(_ x: [SyntaxTree.NodeID], _ y: [SyntaxTree.NodeID]) -> Bool {
            x.count == y.count && zip(x, y).allSatisfy { isSame(a, $0, b, $1) }
        }
        func names(_ locals: [SyntaxTree.Local]) -> [String] { locals.map(\.name) }
        switch (a.nodes[left].kind, b.nodes[right].kind) {
        case (.literal(let x), .literal(let y)): return x == y
        case (.identifier(let x, let isX), .identifier(let y, let isY)): return x == y && isX == isY
        case (.select(let x, let field, let isX), .select(let y, let other, let isY)):
            return field == other && isX == isY && all([x], [y])
        case (.optionalSelect(let x, let field), .optionalSelect(let y, let other)):
            return field == other && all([x], [y])
        case (.call(let f, let x, let xs, _), .call(let g, let y, let ys, _)):
            return f == g && all((x.map { [$0] } ?? []) + xs, (y.map { [$0] } ?? []) + ys)
                && (x == nil) == (y == nil)
        case (.list(let xs, let p), .list(let ys, let q)): return p == q && all(xs, ys)
        case (.map(let xs), .map(let ys)):
            return xs.map(\.isOptional) == ys.map(\.isOptional)
                && all(xs.flatMap { [$0.key, $0.value] }, ys.flatMap { [$0.key, $0.value] })
        case (.comprehension(let x), .comprehension(let y)):
            return x.kind == y.kind && names(x.variables) == names(y.variables)
                && all(
                    [x.range] + [x.predicate, x.transform].compactMap { $0 },
                    [y.range] + [y.predicate, y.transform].compactMap { $0 }
                )
        case (.bind(let n, let x, let s), .bind(let m, let y, let t)):
            return n.name == m.name && all([x, s], [y, t])
        case (.block(let n, let xs, let s), .block(let m, let ys, let t)):
            return names(n) == names(m) && all(xs + [s], ys + [t])
        case (.optionalMap(let n, let x, let s, let f), .optionalMap(let m, let y, let t, let g)):
            return n.name == m.name && f == g && all([x, s], [y, t])
        default: return false
        }
    }
}
