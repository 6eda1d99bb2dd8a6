package import CEL

/// The condition profile: how facts become CEL, and what a condition may not do.
///
/// `CEL` is exact; conditions run under this profile so that "healthy because there is no data"
/// cannot be written by accident.
package enum ConditionProfile {
    /// Variables beside the facts.
    package static let timeInStage = "time_in_stage"
    package static let ageMacro = "age"
    package static let contextVariables = [
        "app", "platform", "track.app", "track.platform", "track.version", "track.release",
    ]

    /// What was latched as the candidate; unknown before that.
    package static let candidateVariables = [
        "candidate.commit", "candidate.build", "candidate.digest",
    ]

    /// The names and types that conditions of this machine may use.
    package static func environment(for machine: Machine) -> Environment {
        var environment = contextEnvironment(parameters: machine.parameters)
        for name in candidateVariables { environment.declare(name, as: .string) }
        for fact in machine.facts { environment.declare(fact.path, as: fact.type.celType) }
        environment.declare(timeInStage, as: .duration)
        environment.declareVariableMacro(ageMacro, type: .duration)
        return environment
    }

    /// The names that `applies` may use: nothing that could be unknown.
    package static func contextEnvironment(parameters: [String: JSON] = [:]) -> Environment {
        var limits = CEL.Limits.standard
        limits.sourceCodePoints = Limits.conditionCodePoints
        var environment = Environment(
            refusesNaN: true,
            requiresUniformLiterals: true,
            limits: limits
        )
        for name in contextVariables { environment.declare(name, as: .string) }
        for (name, value) in parameters.sorted(by: { $0.key.precedes($1.key) }) {
            environment.declare("params.\(name)", as: celType(of: value))
        }
        return environment
    }

    private static func celType(of value: JSON) -> CELType {
        switch value {
        case .null: .dyn
        case .bool: .bool
        case .int: .int
        case .double: .double
        case .string: .string
        case .array: .list(.dyn)
        case .object: .map(.string, .dyn)
        }
    }

    /// A JSON value without a declared type.
    package static func celValue(of json: JSON) -> Value {
        switch json {
        case .null: .null
        case .bool(let flag): .bool(flag)
        case .int(let number): .int(number)
        case .double(let number): .double(number)
        case .string(let text): .string(text)
        case .array(let elements): .list(elements.map(celValue))
        case .object(let members):
            .map(
                MapValue(
                    fields: members.sorted { $0.key.precedes($1.key) }
                        .map { ($0.key, celValue(of: $0.value)) }
                )
            )
        }
    }

    /// What breaks the profile in a checked condition, though it is good CEL.
    package static func violations(in program: Program, hasEvery: Bool) -> [Violation] {
        var found: [Violation] = []
        for node in program.tree.nodes {
            guard case .call(_, _, _, let overload) = node.kind else { continue }
            if case .computed(let argument)? = zone(node, in: program) {
                found.append(
                    Violation(
                        kind: .computedZone,
                        message:
                            "a time zone is named by a text, such as \"Europe/Stockholm\", so that"
                            + " its offsets can be recorded",
                        position: argument.position,
                        length: argument.length
                    )
                )
            }
            switch overload {
            case "divide_int64", "divide_uint64":
                found.append(
                    Violation(
                        kind: .integerDivision,
                        message:
                            "integer division cuts the fraction off; use double(x) / double(y)",
                        position: node.anchor,
                        length: 1
                    )
                )
            default: continue
            }
        }
        if !hasEvery {
            for node in ClockComparison.incomputable(in: program) {
                found.append(
                    Violation(
                        kind: .incomputableClock,
                        message:
                            "the moment at which this turns true cannot be computed; compare it with duration(\"...\") alone, or say 'every:'",
                        position: program.tree.nodes[node].position,
                        length: program.tree.nodes[node].length
                    )
                )
            }
        }
        return found
    }

    /// The time zones that a condition names, and where.
    package static func zones(in program: Program) -> [(name: String, position: SourcePosition)] {
        program.tree.nodes.compactMap { node in
            guard case .named(let name, let position)? = zone(node, in: program) else { return nil }
            return (name, position)
        }
    }

    /// The zone in which a call asks for a part of an instant.
    private enum AskedZone {
        case named(String, SourcePosition)
        /// It is found out by the evaluation.
        case computed(SyntaxTree.Node)
    }

    private static func zone(_ node: SyntaxTree.Node, in program: Program) -> AskedZone? {
        guard case .call(let function, _?, let arguments, _) = node.kind,
            function.hasPrefix("get"), arguments.count == 1
        else { return nil }
        let argument = program.tree.nodes[arguments[0]]
        guard case .literal(.string(let name)) = argument.kind else { return .computed(argument) }
        return .named(name, argument.position)
    }

    /// One thing that the profile forbids.
    package struct Violation: Sendable, Hashable {
        package enum Kind: Sendable, Hashable {
            case integerDivision, incomputableClock, computedZone
        }

        package var kind: Kind
        package var message: String
        package var position: SourcePosition
        package var length: Int
    }
}

extension FactType {
    /// The type that conditions see.
    package var celType: CELType {
        switch self {
        case .bool: .bool
        case .int: .int
        case .double: .double
        case .string: .string
        case .timestamp: .timestamp
        case .duration: .duration
        case .list(let element): .list(element.celType)
        case .map(let element): .map(.string, element.celType)
        case .record(let members): .record(members.map { .init($0.name, $0.type.celType) })
        }
    }

    /// Converts what arrived to the declared type; nil when it does not fit.
    package func convert(_ json: JSON) -> Value? {
        switch (self, json) {
        case (.bool, .bool(let flag)): return .bool(flag)
        case (.int, .int(let number)): return .int(number)
        case (.int, .double(let number)): return Int64(exactly: number).map { .int($0) }
        case (.double, .double(let number)): return .double(number)
        case (.double, .int(let number)): return .double(Double(number))
        case (.string, .string(let text)): return .string(text)
        case (.timestamp, .string(let text)): return Timestamp(rfc3339: text).map { .timestamp($0) }
        case (.duration, .string(let text)):
            return Span(text: text).flatMap { Self.duration(milliseconds: $0.milliseconds) }
        case (.duration, .int(let seconds)):
            let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1000)
            return overflow ? nil : Self.duration(milliseconds: milliseconds)
        case (.list(let type), .array(let elements)):
            var values: [Value] = []
            values.reserveCapacity(elements.count)
            for element in elements {
                guard let value = type.convert(element) else { return nil }
                values.append(value)
            }
            return .list(values)
        case (.map(let type), .object(let members)):
            var fields: [(String, Value)] = []
            for (name, member) in members.sorted(by: { $0.key.precedes($1.key) }) {
                guard let value = type.convert(member) else { return nil }
                fields.append((name, value))
            }
            return .map(MapValue(fields: fields))
        case (.record(let declared), .object(let members)):
            var fields: [(String, Value)] = []
            for member in declared {
                guard let present = members[member.name], present != .null else { continue }
                guard let value = member.type.convert(present) else { return nil }
                fields.append((member.name, value))
            }
            return .map(MapValue(fields: fields))
        case (.bool, _), (.int, _), (.double, _), (.string, _), (.timestamp, _), (.duration, _),
            (.list, _), (.map, _), (.record, _):
            return nil
        }
    }

    static func duration(milliseconds: Int64) -> Value? {
        let (nanoseconds, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        return overflow ? nil : .duration(nanoseconds: nanoseconds)
    }
}
