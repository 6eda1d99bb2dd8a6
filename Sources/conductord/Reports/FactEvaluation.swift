import CEL
import ConductorCore

/// `eval`: one expression over facts, under the profile that conditions run under.
///
/// The file of facts is the schema too: a fact has the type of its value. One that is null, not a
/// number or an empty list is unknown, and so is a name that the file does not have.
struct FactEvaluation {
    let source: String
    /// Facts by dotted path.
    private let facts: [String: JSON]
    /// The rules of the zones of these names, as far as there are such zones.
    private let zones: ([String]) -> ZoneRules

    /// - Parameters:
    ///   - source: the expression.
    ///   - file: a mapping; nested ones give dotted paths, dotted keys are paths already.
    ///   - zones: the rules of the zones of these names.
    init(
        _ source: String,
        facts file: JSON,
        zones: @escaping ([String]) -> ZoneRules = SystemZones().rules
    ) {
        self.source = source
        self.zones = zones
        var facts: [String: JSON] = [:]
        Self.flatten(file, under: "", into: &facts)
        self.facts = facts
    }

    private static func flatten(_ json: JSON, under path: String, into facts: inout [String: JSON])
    {
        if case .object(let members) = json, !members.isEmpty || path.isEmpty {
            for (name, member) in members {
                flatten(member, under: path.isEmpty ? name : "\(path).\(name)", into: &facts)
            }
        } else {
            facts[path] = json
        }
    }

    /// What came out, and how.
    struct Answer {
        enum Result {
            case outcome(Outcome, type: CELType)
            /// It does not compile, or the profile forbids it.
            case refused([Refusal])
        }

        struct Refusal {
            var message: String
            var suggestion: String?
            var at: SourcePosition
            /// With the line and a caret.
            var rendered: String
        }

        var source: String
        var result: Result
        var trace: Trace?
        /// For unknown paths that the file does not have: what may have been meant.
        var hints: [String: String] = [:]
    }

    func answer(tracing: Bool) -> Answer {
        var environment = ConditionProfile.contextEnvironment()
        environment.declare(ConditionProfile.timeInStage, as: .duration)
        environment.declareVariableMacro(ConditionProfile.ageMacro, type: .duration)
        for (path, value) in facts.sorted(by: { $0.key.precedes($1.key) })
        where path != ConditionProfile.timeInStage && !Self.isAge(path) {
            environment.declare(path, as: Self.type(of: value))
        }
        let absent = undeclared(in: environment)
        for path in absent { environment.declare(path, as: .dyn) }
        let program: Program
        do {
            program = try Program(compiling: source, in: environment)
        } catch {
            return Answer(source: source, result: .refused(error.diagnostics.map(refusal)))
        }
        let violations = ConditionProfile.violations(in: program, hasEvery: false)
        guard violations.isEmpty else {
            let diagnostics = violations.map {
                Diagnostic(
                    phase: .check,
                    code: .wrongType,
                    message: $0.message,
                    position: $0.position,
                    length: $0.length
                )
            }
            return Answer(source: source, result: .refused(diagnostics.map(refusal)))
        }
        let slots = program.variables.map(slot)
        let zones = zones(ConditionProfile.zones(in: program).map(\.name))
        let (outcome, trace) =
            tracing
            ? program.evaluateTracing(slots, zones: zones)
            : (program.evaluate(slots, zones: zones), Trace?.none)
        var answer = Answer(source: source, result: .outcome(outcome, type: program.type))
        answer.trace = trace
        for path in absent {
            answer.hints[path] = Nearest.name(
                to: path,
                among: facts.keys.sorted { $0.precedes($1) }
            )
        }
        return answer
    }

    private func refusal(_ diagnostic: Diagnostic) -> Answer.Refusal {
        Answer.Refusal(
            message: diagnostic.message,
            suggestion: diagnostic.suggestion,
            at: diagnostic.position,
            rendered: diagnostic.rendered(source: source)
        )
    }

    // MARK: Variables

    private static func isAge(_ path: String) -> Bool {
        path.hasPrefix(ConditionProfile.ageMacro + "(")
    }

    private func slot(_ name: String) -> Slot {
        guard let fact = facts[name] else { return .unknown }
        if name == ConditionProfile.timeInStage || Self.isAge(name) {
            return FactType.duration.convert(fact).map { .value($0) } ?? .unknown
        }
        switch fact {
        case .null, .array([]): return .unknown
        case .double(let number) where !number.isFinite: return .unknown
        case .bool, .int, .double, .string, .array, .object:
            return .value(ConditionProfile.celValue(of: fact))
        }
    }

    /// Dotted names that the expression reads, and that nothing declares.
    private func undeclared(in environment: Environment) -> [String] {
        var open = Environment(isChecked: false, limits: environment.limits)
        open.declareVariableMacro(ConditionProfile.ageMacro, type: .duration)
        for name in facts.keys { open.declare(name, as: .dyn) }
        for name in ConditionProfile.contextVariables { open.declare(name, as: .dyn) }
        guard let nodes = try? Program(compiling: source, in: open).tree.nodes else { return [] }
        var parents: [Int: Int] = [:]
        for (place, node) in nodes.enumerated() {
            if case .select(let operand, _, _) = node.kind { parents[operand] = place }
        }
        var names: Set<String> = []
        for (place, node) in nodes.enumerated() {
            guard case .identifier(let name, _) = node.kind else { continue }
            var path = name
            var current = place
            while let parent = parents[current],
                case .select(_, let field, _) = nodes[parent].kind
            {
                path += ".\(field)"
                current = parent
            }
            let isBeginning = facts.keys.contains { $0.hasPrefix(path + ".") }
            if !isBeginning, path != ConditionProfile.timeInStage { names.insert(path) }
        }
        return names.sorted { $0.precedes($1) }
    }

    /// The type that a value has by itself.
    private static func type(of json: JSON) -> CELType {
        switch json {
        case .null: return .dyn
        case .bool: return .bool
        case .int: return .int
        case .double: return .double
        case .string: return .string
        case .array(let elements):
            let types = Set(elements.map(type))
            if types.count == 1, let type = types.first { return .list(type) }
            return .list(.dyn)
        case .object(let members):
            return .record(
                members.sorted { $0.key.precedes($1.key) }.map { .init($0.key, type(of: $0.value)) }
            )
        }
    }
}

extension FactEvaluation.Answer {
    /// Whether there is a value.
    var hasValue: Bool {
        if case .outcome(.value, _) = result { true } else { false }
    }

    /// Whether the expression, or what it did, is wrong: neither a value nor unknown.
    var isError: Bool {
        switch result {
        case .outcome(.value, _), .outcome(.unknown, _): false
        case .outcome(.error, _), .refused: true
        }
    }

    var json: JSON {
        var members: [String: JSON] = [:]
        switch result {
        case .outcome(.value(let value), let type):
            members["value"] = TypedValue.plain(value)
            members["type"] = .string(type == .dyn ? value.typeName.name : type.description)
        case .outcome(.unknown(let paths), _):
            members["unknown"] = JSON(paths)
        case .outcome(.error(let error), _):
            members["error"] = .string(error.message)
            members["at"] = error.position.map(BatchEvaluation.place) ?? .null
        case .refused(let refusals):
            members["error"] = JSON(refusals.first?.message)
            members["at"] = refusals.first.map { BatchEvaluation.place($0.at) } ?? .null
            members["errors"] = .array(
                refusals.map {
                    [
                        "error": .string($0.message), "at": BatchEvaluation.place($0.at),
                        "suggestion": JSON($0.suggestion),
                    ]
                }
            )
        }
        if let trace {
            members["trace"] = .array(
                trace.entries.map { entry in
                    let outcome = BatchEvaluation.json(of: entry.outcome)
                    var part: [String: JSON] = [
                        "text": .string(entry.text), "at": BatchEvaluation.place(entry.position),
                    ]
                    switch entry.outcome {
                    case .value(let value): part["value"] = TypedValue.plain(value)
                    case .unknown, .error: part.merge(outcome) { own, _ in own }
                    }
                    return .object(part)
                }
            )
        }
        return .object(members)
    }

    func text(on page: Page) -> String {
        var lines: [String] = []
        for entry in trace?.entries ?? [] {
            let (words, ink) = Self.words(entry.outcome)
            lines.append(page.paint(entry.text, .faint) + "  " + page.paint(words, ink))
        }
        switch result {
        case .outcome(.value(let value), _): lines.append(value.description)
        case .outcome(.unknown(let paths), _):
            let named = paths.map { path in
                path + (hint(for: path).map { " (did you mean '\($0)'?)" } ?? "")
            }
            lines.append(page.paint("unknown: \(named.joined(separator: ", "))", .magenta))
        case .outcome(.error(let error), _):
            guard let position = error.position else {
                lines.append(page.paint(error.message, .red))
                break
            }
            let diagnostic = Diagnostic(
                phase: .check,
                code: .syntax,
                message: error.message,
                position: position
            )
            let rendered = diagnostic.rendered(source: source)
                .replacing(" [\(diagnostic.code.rawValue)]", with: " [\(error.code.rawValue)]")
            lines.append(page.paint(rendered, .red))
        case .refused(let refusals):
            lines += refusals.map { page.paint($0.rendered, .red) }
        }
        return lines.joined(separator: "\n")
    }

    /// What may have been meant by a path, or by the absent fact that it begins with.
    private func hint(for path: String) -> String? {
        hints.first { name, _ in
            path == name || path.hasPrefix(name + ".") || path.hasPrefix(name + "[")
        }?.value
    }

    private static func words(_ outcome: Outcome) -> (String, Ink) {
        switch outcome {
        case .value(.bool(false)): ("false", .yellow)
        case .value(let value): (value.description, .green)
        case .unknown: ("unknown", .magenta)
        case .error(let error): (error.message, .red)
        }
    }
}
