import CEL
import ConductorCore

/// `eval --batch`: exact CEL, a line of JSON in and a line of JSON out.
struct BatchEvaluation {
    /// The rules of the zones of these names, as far as there are such zones.
    let zones: ([String]) -> ZoneRules

    /// What is wrong with a line, in words.
    private struct Malformed: Error {
        var message: String
    }

    /// The answer to a line.
    func answer(_ line: [UInt8]) -> JSON {
        let request: JSON
        do {
            request = try JSON(parsing: line)
        } catch {
            return ["id": .null, "error": .string("the line is not JSON: \(error)")]
        }
        guard case .object(let members) = request else {
            return ["id": .null, "error": "the line is no JSON object"]
        }
        var answer: [String: JSON] = ["id": members["id"] ?? .null]
        do throws(Malformed) {
            answer.merge(try evaluate(members)) { _, new in new }
        } catch {
            answer["error"] = .string(error.message)
        }
        return .object(answer)
    }

    private func evaluate(_ members: [String: JSON]) throws(Malformed) -> [String: JSON] {
        guard case .string(let source)? = members["expr"] else {
            throw Malformed(message: "'expr' must be a text")
        }
        let isChecked = try flag(members["check"], "check") ?? true
        let hasMacros = !(try flag(members["disable_macros"], "disable_macros") ?? false)
        var environment = Environment(
            container: try text(members["container"], "container") ?? "",
            isChecked: isChecked,
            hasMacros: hasMacros
        )
        let slots = try slots(members, declaringIn: &environment)
        let program: Program
        do {
            program = try Program(compiling: source, in: environment)
        } catch {
            return Self.failure(error)
        }
        let outcome = program.evaluate(
            program.variables.map { slots[$0] ?? .unbound },
            zones: zones(for: program, slots)
        )
        var answer = Self.json(of: outcome)
        if isChecked { answer["type"] = .string(program.type.description) }
        return answer
    }

    private func flag(_ json: JSON?, _ name: String) throws(Malformed) -> Bool? {
        guard let json, json != .null else { return nil }
        guard let flag = json.boolValue else {
            throw Malformed(message: "'\(name)' must be true or false")
        }
        return flag
    }

    private func text(_ json: JSON?, _ name: String) throws(Malformed) -> String? {
        guard let json, json != .null else { return nil }
        guard let text = json.stringValue else {
            throw Malformed(message: "'\(name)' must be a text")
        }
        return text
    }

    /// What is known of each variable: bound, or declared and not bound, which is unknown.
    private func slots(
        _ members: [String: JSON],
        declaringIn environment: inout Environment
    ) throws(Malformed) -> [String: Slot] {
        var slots: [String: Slot] = [:]
        var types: [String: CELType] = [:]
        for (name, json) in try object(members["types"], "types") {
            guard let text = json.stringValue, let type = TypeText.read(text) else {
                throw Malformed(message: "the type of '\(name)' is no type: \(json)")
            }
            types[name] = type
            slots[name] = .unknown
        }
        for (name, json) in try object(members["bindings"], "bindings") {
            if json == ["unknown": .null] {
                slots[name] = .unknown
            } else {
                do {
                    slots[name] = .value(try TypedValue.read(json))
                } catch {
                    throw Malformed(message: "the binding of '\(name)': \(error)")
                }
            }
            if types[name] == nil { types[name] = .dyn }
        }
        for (name, type) in types.sorted(by: { $0.key.precedes($1.key) }) {
            environment.declare(name, as: type)
        }
        return slots
    }

    private func object(_ json: JSON?, _ name: String) throws(Malformed) -> [String: JSON] {
        guard let json, json != .null else { return [:] }
        guard let members = json.objectValue else {
            throw Malformed(message: "'\(name)' must be an object")
        }
        return members
    }

    // MARK: Zones

    /// Only where an instant is asked for a part of it in a zone, the zones that may be meant.
    private func zones(for program: Program, _ slots: [String: Slot]) -> ZoneRules {
        var names: Set<String> = []
        var asks = false
        for node in program.tree.nodes {
            switch node.kind {
            case .call(let function, _?, let arguments, _):
                asks = asks || function.hasPrefix("get") && arguments.count == 1
            case .literal(.string(let text)): names.insert(text)
            default: continue
            }
        }
        guard asks else { return .none }
        for case .value(.string(let text)) in slots.values { names.insert(text) }
        return zones(names.sorted { $0.precedes($1) })
    }

    // MARK: Answers

    static func failure(_ error: CompilationError) -> [String: JSON] {
        guard let first = error.diagnostics.first else {
            return ["error": "it does not compile", "phase": "check"]
        }
        return [
            "error": .string("\(first.message) [\(first.code.rawValue)]"),
            "phase": .string(first.phase.rawValue),
            "at": place(first.position),
        ]
    }

    static func json(of outcome: Outcome) -> [String: JSON] {
        switch outcome {
        case .value(let value): return ["value": TypedValue.json(value)]
        case .unknown(let paths): return ["unknown": JSON(paths)]
        case .error(let error):
            var answer: [String: JSON] = [
                "error": .string("\(error.message) [\(error.code.rawValue)]"), "phase": "eval",
            ]
            if let position = error.position { answer["at"] = place(position) }
            return answer
        }
    }

    static func place(_ position: SourcePosition) -> JSON {
        ["line": JSON(position.line), "column": JSON(position.column)]
    }
}
