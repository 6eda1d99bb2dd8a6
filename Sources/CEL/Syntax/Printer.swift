extension SyntaxTree: CustomStringConvertible {
    /// The expression in plain form; it parses to the same tree.
    public var description: String {
        var printer = Printer(tree: self)
        printer.print(root, tighterThan: 0)
        return printer.text
    }

    /// The expression of one node in plain form.
    public func text(of node: NodeID) -> String {
        var printer = Printer(tree: self)
        printer.print(node, tighterThan: 0)
        return printer.text
    }

    /// Reads an expression without resolving its names.
    public init(
        parsing source: String,
        hasMacros: Bool = true,
        limits: Limits = .standard
    ) throws(CompilationError) {
        self = try Parser.tree(of: source, hasMacros: hasMacros, limits: limits)
    }

    /// Whether two trees are the same but for the places in their sources.
    public func hasSameShape(as other: SyntaxTree) -> Bool {
        description == other.description
    }
}

/// Writes a tree as an expression.
private struct Printer {
    let tree: SyntaxTree
    var text = ""

    /// How tight an operator binds; 0 is the conditional, 8 a call, a selection or a constant.
    private static let levels: [String: (level: Int, mark: String)] = [
        "_||_": (1, "||"), "_&&_": (2, "&&"), "_<_": (3, "<"), "_<=_": (3, "<="), "_>_": (3, ">"),
        "_>=_": (3, ">="), "_==_": (3, "=="), "_!=_": (3, "!="), "@in": (3, "in"), "_+_": (4, "+"),
        "_-_": (4, "-"), "_*_": (5, "*"), "_/_": (5, "/"), "_%_": (5, "%"), "!_": (6, "!"),
        "-_": (6, "-"),
    ]

    private func level(of id: SyntaxTree.NodeID) -> Int {
        switch tree.nodes[id].kind {
        case .call("_?_:_", _, _, _): 0
        case .call(let function, _, _, _): Self.levels[function]?.level ?? 8
        default: 8
        }
    }

    mutating func print(_ id: SyntaxTree.NodeID, tighterThan least: Int) {
        let isWrapped = level(of: id) < least
        if isWrapped { text += "(" }
        printPlain(id)
        if isWrapped { text += ")" }
    }

    private mutating func printPlain(_ id: SyntaxTree.NodeID) {
        switch tree.nodes[id].kind {
        case .literal(let value): text += value.description
        case .identifier(let name, let isRooted):
            if isRooted { text += "." }
            text += Self.written(name)
        case .variable(_, let name): text += name
        case .local(let name, _): text += Self.written(name)
        case .variablePresence(_, let name): text += "has(\(name))"
        case .optionalVariable(_, let name):
            let dot = name.lastIndex(of: ".") ?? name.startIndex
            text += name[..<dot] + ".?" + name[dot...].dropFirst()
        case .select(let operand, let field, let isTest):
            if isTest { text += "has(" }
            printOperand(operand)
            text += "." + Self.field(field)
            if isTest { text += ")" }
        case .optionalSelect(let operand, let field):
            printOperand(operand)
            text += ".?" + Self.field(field)
        case .call(let function, let target, let arguments, _):
            printCall(function, target, arguments)
        case .list(let elements, let optionalPlaces):
            text += "["
            for (place, element) in elements.enumerated() {
                if place > 0 { text += ", " }
                if optionalPlaces.contains(place) { text += "?" }
                print(element, tighterThan: 0)
            }
            text += "]"
        case .map(let entries):
            text += "{"
            for (place, entry) in entries.enumerated() {
                if place > 0 { text += ", " }
                if entry.isOptional { text += "?" }
                print(entry.key, tighterThan: 0)
                text += ": "
                print(entry.value, tighterThan: 0)
            }
            text += "}"
        case .comprehension(let comprehension):
            printOperand(comprehension.range)
            text += "." + comprehension.function + "("
            text += comprehension.variables.map { Self.written($0.name) }.joined(separator: ", ")
            for part in [comprehension.predicate, comprehension.transform] {
                guard let part else { continue }
                text += ", "
                print(part, tighterThan: 0)
            }
            text += ")"
        case .bind(let local, let value, let body):
            text += "cel.bind(\(Self.written(local.name)), "
            print(value, tighterThan: 0)
            text += ", "
            print(body, tighterThan: 0)
            text += ")"
        case .block(_, let values, let body):
            text += "cel.block(["
            for (place, value) in values.enumerated() {
                if place > 0 { text += ", " }
                print(value, tighterThan: 0)
            }
            text += "], "
            print(body, tighterThan: 0)
            text += ")"
        case .optionalMap(let local, let operand, let body, let isFlat):
            printOperand(operand)
            text += isFlat ? ".optFlatMap(" : ".optMap("
            text += Self.written(local.name) + ", "
            print(body, tighterThan: 0)
            text += ")"
        }
    }

    /// Something before a point or a bracket.
    private mutating func printOperand(_ id: SyntaxTree.NodeID) {
        // The point after a whole number would read as that of a fraction only with digits after
        // it; a negative number stands for itself.
        print(id, tighterThan: 8)
    }

    private mutating func printCall(
        _ function: String,
        _ target: SyntaxTree.NodeID?,
        _ arguments: [SyntaxTree.NodeID]
    ) {
        switch function {
        case "_?_:_":
            print(arguments[0], tighterThan: 1)
            text += " ? "
            print(arguments[1], tighterThan: 1)
            text += " : "
            print(arguments[2], tighterThan: 0)
            return
        case "_[_]", "_[?_]":
            printOperand(arguments[0])
            text += function == "_[_]" ? "[" : "[?"
            print(arguments[1], tighterThan: 0)
            text += "]"
            return
        default: break
        }
        if let (level, mark) = Self.levels[function] {
            if arguments.count == 1 {
                text += mark
                let start = text.endIndex
                // `!!x` is a chain; a minus before a digit would be part of the number.
                print(arguments[0], tighterThan: isSame(function, arguments[0]) ? 6 : 7)
                if function == "-_", text[start...].unicodeScalars.first?.isDigit ?? false {
                    text.insert("(", at: start)
                    text += ")"
                }
                return
            }
            for (place, argument) in arguments.enumerated() {
                if place > 0 { text += " \(mark) " }
                // Operands of && and || of the same kind were in parentheses.
                let isFirst = place == 0 && level > 2
                print(argument, tighterThan: isFirst ? level : level + 1)
            }
            return
        }
        if let target {
            printOperand(target)
            text += "."
        }
        text += function + "("
        for (place, argument) in arguments.enumerated() {
            if place > 0 { text += ", " }
            print(argument, tighterThan: 0)
        }
        text += ")"
    }

    private func isSame(_ function: String, _ id: SyntaxTree.NodeID) -> Bool {
        if case .call(function, nil, _, _) = tree.nodes[id].kind { return true }
        return false
    }

    /// A name as it is written: variables of blocks have calls for names.
    private static func written(_ name: String) -> String {
        if name.hasPrefix("@index") { return "cel.index(\(name.dropFirst(6)))" }
        if name.hasPrefix("@it:") {
            let numbers = name.dropFirst(4).split(separator: ":").joined(separator: ", ")
            return "cel.iterVar(\(numbers))"
        }
        return name
    }

    private static func field(_ name: String) -> String {
        let scalars = name.unicodeScalars
        let isPlain =
            scalars.allSatisfy { $0.isLetter || $0.isDigit } && !(scalars.first?.isDigit ?? true)
            && !["true", "false", "null", "in"].contains(name)
        return isPlain ? name : "`\(name)`"
    }
}
