/// Estimates the cost of a checked tree from the bottom up.
struct CostEstimator {
    /// How large a value is at most: octets of a text, elements of a list; and what lies within.
    private indirect enum Extent {
        case flat
        case text(Int)
        case list(Int, Extent)
        /// A map, whose values are as large as the hints for its path say, or else of one extent.
        case fact(CELType, path: String)
    }

    private struct Part {
        var steps = 0
        var bytes = 0
        var extent = Extent.flat
    }

    private let tree: SyntaxTree
    private let hints: SizeHints
    private let limits: Limits
    private var locals: [Int: Extent] = [:]

    static func estimate(_ tree: SyntaxTree, hints: SizeHints, limits: Limits) -> CostEstimate {
        var estimator = CostEstimator(tree: tree, hints: hints, limits: limits)
        let whole = estimator.part(tree.root)
        // Every node is paid for once before the evaluation, and the result is walked over.
        let steps = sum(whole.steps, tree.nodes.count, estimator.weight(whole.extent))
        return CostEstimate(steps: steps, bytesProduced: whole.bytes)
    }

    private init(tree: SyntaxTree, hints: SizeHints, limits: Limits) {
        self.tree = tree
        self.hints = hints
        self.limits = limits
    }

    // MARK: Sizes

    private static func sum(_ numbers: Int...) -> Int {
        numbers.reduce(0) { total, number in
            let (sum, overflow) = total.addingReportingOverflow(number)
            return overflow ? .max : sum
        }
    }

    private static func product(_ left: Int, _ right: Int) -> Int {
        let (product, overflow) = left.multipliedReportingOverflow(by: right)
        return overflow ? .max : product
    }

    /// The extent of a fact of a type at a path.
    private func extent(_ type: CELType, _ path: String) -> Extent {
        switch type {
        case .string, .bytes: .text(hints.sizes[path] ?? hints.octets)
        case .list(let element):
            .list(hints.sizes[path] ?? hints.elements, extent(element, path + "[]"))
        case .map, .record, .dyn: .fact(type, path: path)
        case .optional(let wrapped): extent(wrapped, path)
        default: .flat
        }
    }

    /// The elements of a list or entries of a map.
    private func count(_ extent: Extent) -> Int {
        switch extent {
        case .flat: 1
        case .text(let octets): octets
        case .list(let count, _): count
        case .fact(.record(let fields), _): fields.count
        case .fact(_, let path): hints.sizes[path] ?? hints.elements
        }
    }

    /// What lies in a list or a map, or behind a field.
    private func inner(_ extent: Extent, _ field: String? = nil) -> Extent {
        switch extent {
        case .flat: .flat
        case .text: .flat
        case .list(_, let element): element
        case .fact(.record(let fields), let path):
            fields.filter { field == nil || $0.name == field }
                .reduce(.flat) { joined($0, self.extent($1.type, path + "." + $1.name)) }
        case .fact(.map(_, let value), let path):
            self.extent(value, field.map { path + "." + $0 } ?? path + "[]")
        case .fact(_, let path):
            // Nothing is known of it: it may be a text or hold more.
            .fact(.dyn, path: path + (field.map { "." + $0 } ?? "[]"))
        }
    }

    /// An extent that is no less than either.
    private func joined(_ left: Extent, _ right: Extent, depth: Int = 0) -> Extent {
        switch (left, right) {
        case (.flat, _): return right
        case (_, .flat): return left
        case (.text(let a), .text(let b)): return .text(max(a, b))
        case (.fact(let a, let path), .fact(let b, let other)) where a == b && path == other:
            return left
        default:
            let count = max(count(left), count(right))
            // Of what is not known no more is told by looking deeper.
            guard depth < 4 else { return .list(count, .text(hints.octets)) }
            return .list(count, joined(inner(left), inner(right), depth: depth + 1))
        }
    }

    /// The steps for walking over a whole value once.
    private func weight(_ extent: Extent, depth: Int = 0) -> Int {
        switch extent {
        case .flat: 1
        case .text(let octets): octets / 10 + 1
        case .list(let count, let element):
            Self.sum(count, Self.product(count, weight(element, depth: depth + 1)), 1)
        case .fact(.dyn, _):
            depth > 2 ? hints.octets / 10 + 1 : Self.sum(hints.octets, hints.elements)
        case .fact:
            Self.sum(
                2 * count(extent) + 1,
                Self.product(count(extent), weight(inner(extent), depth: depth + 1))
            )
        }
    }

    /// The octets of a value as a text.
    private func octets(_ extent: Extent) -> Int {
        switch extent {
        case .flat: 40
        case .text(let octets): octets
        case .fact(.dyn, _): Self.sum(hints.octets, Self.product(hints.elements, 40))
        case .list, .fact:
            Self.product(count(extent), Self.sum(octets(inner(extent)), hints.octets, 4))
        }
    }

    // MARK: Nodes

    private mutating func parts(_ ids: [SyntaxTree.NodeID]) -> [Part] {
        var parts: [Part] = []
        for id in ids { parts.append(part(id)) }
        return parts
    }

    private static func whole(_ parts: [Part], _ extent: Extent = .flat) -> Part {
        var whole = Part(extent: extent)
        for part in parts {
            whole.steps = sum(whole.steps, part.steps)
            whole.bytes = sum(whole.bytes, part.bytes)
        }
        return whole
    }

    private mutating func part(_ id: SyntaxTree.NodeID) -> Part {
        let node = tree.nodes[id]
        switch node.kind {
        case .literal(.string(let text)): return Part(extent: .text(text.utf8.count))
        case .literal(.bytes(let octets)): return Part(extent: .text(octets.count))
        case .literal, .identifier, .variablePresence: return Part()
        case .variable(_, let name), .optionalVariable(_, let name):
            return Part(extent: extent(node.type, name))
        case .local(_, let index): return Part(extent: locals[index] ?? .flat)
        case .select(let operand, let field, let isTest):
            var selected = part(operand)
            selected.extent = isTest ? .flat : inner(selected.extent, field)
            return selected
        case .optionalSelect(let operand, let field):
            var selected = part(operand)
            selected.extent = inner(selected.extent, field)
            return selected
        case .call(let function, let target, let arguments, _):
            return call(function, (target.map { [$0] } ?? []) + arguments, node)
        case .list(let elements, _):
            let parts = parts(elements)
            let element = parts.reduce(Extent.flat) { joined($0, $1.extent) }
            var list = Self.whole(parts, .list(elements.count, element))
            list.bytes = Self.sum(list.bytes, 16 * elements.count)
            return list
        case .map(let entries):
            let keys = parts(entries.map(\.key))
            let values = parts(entries.map(\.value))
            let value = (keys + values).reduce(Extent.flat) { joined($0, $1.extent) }
            var map = Self.whole(keys + values, .list(entries.count, value))
            for key in keys { map.steps = Self.sum(map.steps, weight(key.extent)) }
            map.bytes = Self.sum(map.bytes, 32 * entries.count)
            return map
        case .comprehension(let comprehension): return walk(comprehension, node)
        case .bind(let local, let value, let body):
            return bind([local], [value], body)
        case .block(let locals, let values, let body):
            return bind(locals, values, body)
        case .optionalMap(let local, let operand, let body, _):
            return bind([local], [operand], body)
        }
    }

    private mutating func bind(
        _ locals: [SyntaxTree.Local],
        _ values: [SyntaxTree.NodeID],
        _ body: SyntaxTree.NodeID
    ) -> Part {
        var parts: [Part] = []
        for (local, value) in zip(locals, values) {
            let bound = part(value)
            parts.append(bound)
            self.locals[local.index] = bound.extent
        }
        let last = part(body)
        return Self.whole(parts + [last], last.extent)
    }

    private mutating func walk(
        _ comprehension: SyntaxTree.Comprehension,
        _ node: SyntaxTree.Node
    ) -> Part {
        let range = part(comprehension.range)
        let count = self.count(range.extent)
        let element = inner(range.extent)
        let isMap = if case .map = tree.nodes[comprehension.range].type { true } else { false }
        for (place, local) in comprehension.variables.enumerated() {
            let isKey = isMap ? place == 0 : place == 0 && comprehension.variables.count == 2
            locals[local.index] = isKey ? (isMap ? .text(hints.octets) : .flat) : element
        }
        let bodies = parts([comprehension.predicate, comprehension.transform].compactMap { $0 })
        var each = Self.whole(bodies)
        each.steps = Self.sum(each.steps, size(of: comprehension), 1)
        let made = comprehension.transform == nil ? element : bodies.last?.extent ?? .flat
        switch comprehension.kind {
        case .all, .exists, .existsOne: break
        case .filter, .map, .transformList: each.bytes = Self.sum(each.bytes, 16)
        case .transformMap, .transformMapEntry:
            each.bytes = Self.sum(each.bytes, 32, Self.product(32, self.count(made)))
            each.steps = Self.sum(each.steps, hints.octets / 10 + 1, self.count(made))
        case .sortBy:
            each.bytes = Self.sum(each.bytes, 32)
            each.steps = Self.sum(each.steps, 64, weight(made))
        }
        let extent: Extent =
            switch comprehension.kind {
            case .all, .exists, .existsOne: .flat
            case .filter, .sortBy: .list(count, isMap ? .text(hints.octets) : element)
            case .map, .transformList, .transformMap: .list(count, made)
            case .transformMapEntry: .list(Self.product(count, self.count(made)), inner(made))
            }
        return Part(
            steps: Self.sum(range.steps, Self.product(count, each.steps)),
            bytes: Self.sum(range.bytes, Self.product(count, each.bytes)),
            extent: extent
        )
    }

    /// The nodes in the bodies of a macro, which are paid for at each element.
    private func size(of comprehension: SyntaxTree.Comprehension) -> Int {
        var count = 0
        var open = [comprehension.predicate, comprehension.transform].compactMap { $0 }
        while let id = open.popLast() {
            count += 1
            tree.forEachOperand(of: id) { open.append($0) }
        }
        return count
    }

    private mutating func call(
        _ function: String,
        _ operands: [SyntaxTree.NodeID],
        _ node: SyntaxTree.Node
    ) -> Part {
        let parts = parts(operands)
        let counts = parts.map { count($0.extent) }
        let total = counts.reduce(0) { Self.sum($0, $1) }
        let weights = parts.reduce(0) { Self.sum($0, weight($1.extent)) }
        let first = parts.first?.extent ?? .flat
        var whole = Self.whole(parts)
        func add(steps: Int, bytes: Int = 0) {
            whole.steps = Self.sum(whole.steps, steps)
            whole.bytes = Self.sum(whole.bytes, bytes)
        }
        switch function {
        case "_&&_", "_||_", "!_": break
        case "_?_:_":
            if parts.count == 3 {
                whole.steps = Self.sum(parts[0].steps, max(parts[1].steps, parts[2].steps))
                whole.bytes = Self.sum(parts[0].bytes, max(parts[1].bytes, parts[2].bytes))
                whole.extent = joined(parts[1].extent, parts[2].extent)
            }
        case "_[_]", "_[?_]":
            add(steps: parts.last.map { weight($0.extent) } ?? 0)
            let key: String? =
                if case .literal(.string(let text))? = operands.last.map({ tree.nodes[$0].kind }) {
                    text
                } else { nil }
            whole.extent = inner(first, key)
        case "dyn", "value", "or", "orValue", "first", "last", "optional.of",
            "optional.ofNonZeroValue", "hasValue":
            whole.extent = parts.reduce(.flat) { joined($0, $1.extent) }
        case "_+_":
            if case .list = node.type {
                add(steps: total, bytes: Self.product(16, total))
                let inner = parts.reduce(Extent.flat) { joined($0, self.inner($1.extent)) }
                whole.extent = .list(total, inner)
            } else if node.type == .string || node.type == .bytes || node.type == .dyn {
                add(steps: Self.sum(total / 10, 1), bytes: Self.product(16, total))
                whole.extent = .text(total)
            }
        case "@in":
            add(steps: Self.product(counts.last ?? 1, weights))
        case "matches":
            let length = counts.last ?? 1
            var most = limits.patternInstructions
            if let id = operands.last, case .literal(.string(let text)) = tree.nodes[id].kind,
                let pattern = try? Pattern(text, limits: limits)
            {
                most = pattern.instructionCount
            }
            let states = Self.sum(most, 4) / 4
            add(
                steps: Self.sum(
                    length + 1,
                    most,
                    Self.product(Self.sum(counts.first ?? 1, 1), states),
                    weights
                )
            )
        case "split", "flatten", "distinct", "sort", "reverse", "slice", "lists.range",
            "optional.unwrap", "unwrapOpt":
            list(function, first, counts, &whole)
        case "replace":
            let made = Self.product(Self.sum(counts[0], 1), Self.sum(counts.last ?? 1, 1))
            add(steps: Self.sum(made, weights), bytes: Self.product(2, made))
            whole.extent = .text(made)
        case "join":
            let made = Self.product(counts[0], Self.sum(octets(inner(first)), counts.last ?? 0))
            add(steps: counts[0], bytes: made)
            whole.extent = .text(made)
        case "format":
            let made = Self.sum(
                counts[0],
                Self.product(2, parts.reduce(0) { Self.sum($0, octets($1.extent)) })
            )
            add(steps: Self.sum(weights, made), bytes: Self.product(3, made))
            whole.extent = .text(made)
        case "sets.contains", "sets.equivalent", "sets.intersects":
            add(steps: Self.product(2, Self.product(weights, Self.sum(counts.max() ?? 1, 2))))
        default:
            add(steps: Self.product(2, weights), bytes: Self.product(2, Self.sum(total, 40)))
            if node.type == .string || node.type == .bytes || node.type == .dyn {
                whole.extent = .text(Self.product(2, Self.sum(total, 40)))
            }
        }
        if function.hasPrefix("_"),
            ["_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_"].contains(function)
        {
            add(steps: weights)
        }
        return whole
    }

    private func list(
        _ function: String,
        _ first: Extent,
        _ counts: [Int],
        _ whole: inout Part
    ) {
        let count = counts.first ?? 1
        let weight = weight(first)
        switch function {
        case "lists.range":
            // The number is not known before the evaluation; the hard budget bounds it.
            whole.steps = Self.sum(whole.steps, hints.elements)
            whole.bytes = Self.sum(whole.bytes, Self.product(16, hints.elements))
            whole.extent = .list(hints.elements, .flat)
        case "split":
            whole.steps = Self.sum(whole.steps, Self.product(2, Self.sum(count, 1)))
            whole.bytes = Self.sum(whole.bytes, Self.product(17, Self.sum(count, 1)))
            whole.extent = .list(Self.sum(count, 1), .text(count))
        case "reverse" where { if case .text = first { true } else { false } }():
            whole.steps = Self.sum(whole.steps, weight)
            whole.bytes = Self.sum(whole.bytes, count)
            whole.extent = first
        default:
            let rounds = function == "distinct" ? Self.sum(weight, 1) : 65
            let made = function == "flatten" ? Self.product(count, self.count(inner(first))) : count
            whole.steps = Self.sum(whole.steps, Self.product(Self.sum(weight, made), rounds))
            whole.bytes = Self.sum(whole.bytes, Self.product(16, Self.sum(count, made)))
            whole.extent =
                function == "flatten"
                ? .list(made, inner(inner(first))) : .list(count, inner(first))
        }
    }
}
