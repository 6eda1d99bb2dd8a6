import CEL
import Foundation
import Testing

/// The worked conditions of `Docs/cel.md`: each is compiled and evaluated with the facts beside it.
@Suite struct `The handbook for release managers` {
    private struct Example {
        var condition: String
        var facts: String
        var result: String
    }

    private static func examples() throws -> [Example] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(
            contentsOf: root.appendingPathComponent("Docs/cel.md"),
            encoding: .utf8
        )
        var examples: [Example] = []
        for part in text.components(separatedBy: "```cel\n").dropFirst() {
            guard let end = part.range(of: "\n```"), let facts = part.range(of: "With `"),
                let then = part.range(of: "` it is ", range: facts.upperBound..<part.endIndex),
                let stop = part.range(of: ".\n", range: then.upperBound..<part.endIndex)
            else { continue }
            examples.append(
                Example(
                    condition: String(part[..<end.lowerBound]),
                    facts: String(part[facts.upperBound..<then.lowerBound]),
                    result: String(part[then.upperBound..<stop.lowerBound])
                )
            )
        }
        return examples
    }

    private static func type(of value: Value) -> CELType {
        switch value {
        case .null, .type, .optional: .dyn
        case .bool: .bool
        case .int: .int
        case .uint: .uint
        case .double: .double
        case .string: .string
        case .bytes: .bytes
        case .timestamp: .timestamp
        case .duration: .duration
        case .list(let elements): .list(elements.first.map(type) ?? .dyn)
        case .map(let map): .map(.string, map.values.first.map(type) ?? .dyn)
        }
    }

    @Test func `every worked condition comes to what it says`() throws {
        let examples = try Self.examples()
        #expect(examples.count == 20)
        for example in examples {
            // The facts are a map, written in the same language; unknown ones hold null.
            let facts = try Program(compiling: example.facts, in: Environment()).evaluate([])
            guard case .value(.map(let map)) = facts else {
                Issue.record("\(example.facts): \(facts)")
                continue
            }
            var environment = Environment(refusesNaN: true, requiresUniformLiterals: true)
            var slots: [String: Slot] = [:]
            for (key, value) in map.entries {
                guard case .string(let name) = key else { continue }
                environment.declare(name, as: value == .null ? .bool : Self.type(of: value))
                slots[name] = value == .null ? .unknown : .value(value)
            }
            let program: Program
            do {
                program = try Program(compiling: example.condition, in: environment)
            } catch {
                Issue.record("\(error.diagnostics[0].rendered(source: example.condition))")
                continue
            }
            let outcome = program.evaluate(program.variables.map { slots[$0] ?? .unbound })
            let shown =
                switch outcome {
                case .value(let value): value == .bool(true) ? "met" : "not met"
                case .unknown(let paths): "unknown, because of `\(paths.joined(separator: "`, `"))`"
                case .error(let error): "an error: \(error.message)"
                }
            #expect(shown == example.result, "\(example.condition)")
        }
    }
}
