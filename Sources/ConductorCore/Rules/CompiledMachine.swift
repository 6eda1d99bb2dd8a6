package import CEL

/// A machine whose expressions are compiled and whose names are resolved.
package final class CompiledMachine: Sendable {
    package let machine: Machine
    /// Content address of the machine's canonical form.
    package let digest: String
    package let conditions: [CompiledCondition]
    let conditionIndex: [String: Int]
    let factIndex: [String: Int]
    /// The sources that the machine's facts come from, in order of first mention.
    package let sources: [String]
    /// Places in `sources`, by fact.
    let sourceOfFact: [Int]
    /// Who answers a fact, where people do.
    let peopleOfFact: [People?]
    /// Places in `machine.transitions`, in order of priority, by stage left.
    let transitionsFrom: [String: [Int]]
    /// Places in `machine.guards`, by stage watched.
    let guardsWatching: [String: [Int]]
    let realities: [String: CompiledExpression]

    /// Compiles every expression.
    ///
    /// One that this engine cannot read any more disables its condition (unknown), and never the
    /// machine: an old pinned machine must not block the start.
    package init(_ machine: Machine, digest: String) {
        self.machine = machine
        self.digest = digest
        let factIndex = Dictionary(
            machine.facts.enumerated().map { ($0.element.path, $0.offset) },
            uniquingKeysWith: { first, _ in first }
        )
        self.factIndex = factIndex
        var sources: [String] = []
        sourceOfFact = machine.facts.map { fact in
            if let known = sources.firstIndex(of: fact.source) { return known }
            sources.append(fact.source)
            return sources.count - 1
        }
        self.sources = sources
        peopleOfFact = machine.facts.map { machine.people[$0.source] }
        let environment = ConditionProfile.environment(for: machine)
        let context = ConditionProfile.contextEnvironment(parameters: machine.parameters)
        func compile(_ source: String, in environment: Environment) -> CompiledExpression {
            CompiledExpression(source, in: environment, factIndex: factIndex, machine: machine)
        }
        conditions = machine.conditions.map { condition in
            CompiledCondition(
                condition: condition,
                expression: compile(condition.expr, in: environment),
                alarm: condition.alarm.map { compile($0, in: environment) },
                applies: condition.applies.map { compile($0, in: context) }
            )
        }
        conditionIndex = Dictionary(
            machine.conditions.enumerated().map { ($0.element.name, $0.offset) },
            uniquingKeysWith: { first, _ in first }
        )
        transitionsFrom = Dictionary(
            grouping: machine.transitions.indices,
            by: { machine.transitions[$0].from }
        )
        var watching: [String: [Int]] = [:]
        for (index, guardRule) in machine.guards.enumerated() {
            for stage in guardRule.watch { watching[stage, default: []].append(index) }
        }
        guardsWatching = watching
        var realities: [String: CompiledExpression] = [:]
        for stage in machine.stages {
            if let reality = stage.reality {
                realities[stage.name] = compile(reality, in: environment)
            }
        }
        self.realities = realities
    }

    /// What the actions of a transition do to the number of users, together.
    func direction(of actions: [ActionUse]) -> Direction {
        let directions = actions.map { machine.action($0.action)?.direction ?? .raises }
        if directions.contains(.raises) { return .raises }
        return directions.contains(.brakes) ? .brakes : .neutral
    }

    /// The facts that an expression of a condition reads, by place in `machine.facts`.
    func facts(ofConditions names: [String]) -> [Int] {
        var found: [Int] = []
        for name in names {
            guard let index = conditionIndex[name] else { continue }
            for fact in conditions[index].factsRead where !found.contains(fact) {
                found.append(fact)
            }
        }
        return found
    }
}

extension CompiledMachine: Equatable {
    package static func == (left: CompiledMachine, right: CompiledMachine) -> Bool {
        left.digest == right.digest
    }
}

/// A condition with its compiled expressions.
///
/// A class, for every turn hands them about.
package final class CompiledCondition: Sendable {
    package let condition: Condition
    package let expression: CompiledExpression
    let alarm: CompiledExpression?
    let applies: CompiledExpression?

    init(
        condition: Condition,
        expression: CompiledExpression,
        alarm: CompiledExpression?,
        applies: CompiledExpression?
    ) {
        self.condition = condition
        self.expression = expression
        self.alarm = alarm
        self.applies = applies
    }

    /// Places in `machine.facts` of all facts that the expression names.
    package var factsRead: [Int] { expression.facts }
}

/// An expression, and what fills its variables.
package final class CompiledExpression: Sendable {
    /// What a variable of the program stands for.
    enum Input: Sendable, Hashable {
        case fact(Int)
        case age(Int)
        case timeInStage
        case app, platform, version, release
        /// A part of the latched candidate, by the name of its variable.
        case candidate(String)
        case constant(Value)
    }

    /// Nil when this engine cannot compile it; `fault` says why.
    package let program: Program?
    let fault: String?
    let inputs: [Input]
    let facts: [Int]
    let clocks: [(input: Input, threshold: Span)]

    init(
        _ source: String,
        in environment: Environment,
        factIndex: [String: Int],
        machine: Machine
    ) {
        do throws(CompilationError) {
            let program = try Program(compiling: source, in: environment)
            let inputs = program.variables.map { name in
                Self.input(named: name, factIndex: factIndex, machine: machine)
            }
            self.program = program
            fault = nil
            self.inputs = inputs
            var facts: [Int] = []
            for input in inputs {
                switch input {
                case .fact(let index), .age(let index):
                    if !facts.contains(index) { facts.append(index) }
                case .timeInStage, .app, .platform, .version, .release, .candidate, .constant:
                    continue
                }
            }
            self.facts = facts
            clocks = ClockComparison.all(in: program).map { clock in
                (
                    Self.input(named: clock.variable, factIndex: factIndex, machine: machine),
                    clock.threshold
                )
            }
        } catch {
            program = nil
            fault = error.diagnostics.first?.message ?? "it does not compile"
            inputs = []
            facts = []
            clocks = []
        }
    }

    private static func input(
        named name: String,
        factIndex: [String: Int],
        machine: Machine
    ) -> Input {
        if let index = factIndex[name] { return .fact(index) }
        switch name {
        case ConditionProfile.timeInStage: return .timeInStage
        case "app", "track.app": return .app
        case "platform", "track.platform": return .platform
        case "track.version": return .version
        case "track.release": return .release
        case "candidate.commit", "candidate.build", "candidate.digest": return .candidate(name)
        default: break
        }
        let agePrefix = ConditionProfile.ageMacro + "("
        if name.hasPrefix(agePrefix), name.hasSuffix(")") {
            let path = String(name.dropFirst(agePrefix.count).dropLast())
            if let index = factIndex[path] { return .age(index) }
        }
        if name.hasPrefix("params."),
            let value = machine.parameters[String(name.dropFirst("params.".count))]
        {
            return .constant(ConditionProfile.celValue(of: value))
        }
        preconditionFailure("The environment declares '\(name)', and nothing fills it.")
    }
}
