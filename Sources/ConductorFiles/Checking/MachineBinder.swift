internal import CEL
internal import ConductorCore

/// Binds a rule file to an app on a platform, and checks what only then can be checked.
struct MachineBinder {
    private let document: RulesDocument
    private let target: BoundFaults.Target
    private let wiring: Wiring
    private let shared: Shared
    private(set) var faults: BoundFaults
    /// What was read of it, for what is never used.
    private(set) var use = Use()
    private var machine: Machine

    /// Names of what the whole deployment shares.
    struct Shared {
        var claims: Set<String>
        var calendars: Set<String>
        var zones: RuleFiles.Zones
    }

    /// What the rules make use of.
    struct Use {
        var sources: Set<String> = []
        var actions: Set<String> = []
        var parameters: Set<String> = []
        /// The time zones that conditions name, with their offsets.
        var zones: [String: ZoneRules.Zone] = [:]

        mutating func formUnion(_ other: Use) {
            sources.formUnion(other.sources)
            actions.formUnion(other.actions)
            parameters.formUnion(other.parameters)
            zones.merge(other.zones) { known, _ in known }
        }
    }

    init(
        document: RulesDocument,
        target: BoundFaults.Target,
        wiring: Wiring,
        parameters: [String: JSON],
        shared: Shared,
        faults: BoundFaults
    ) {
        self.document = document
        self.target = target
        self.wiring = wiring
        self.shared = shared
        self.faults = faults
        machine = Machine(
            name: document.name,
            version: document.version,
            facts: wiring.facts,
            parameters: parameters,
            people: wiring.people
        )
    }

    /// The bound machine, which is whole only where no error was found.
    mutating func bind() -> Machine {
        bindCandidate()
        let graph = MachineGraph(document: document, platform: target.platform)
        machine.stages = graph.machine.stages
        machine.transitions = graph.machine.transitions
        machine.guards = graph.machine.guards
        machine.conditions = graph.machine.conditions
        bindActions(graph)
        let check = ExpressionCheck(machine: machine, dubious: wiring.dubiousRoles)
        bindRealities(check)
        let programs = checkConditions(check)
        report(graph.findings(of: machine, programs: programs), graph)
        checkShared(graph)
        return machine
    }

    private mutating func add(
        _ code: FaultCode,
        _ place: Place,
        _ message: String,
        _ suggestion: String? = nil
    ) {
        faults.add(code, at: place, message, suggestion: suggestion, for: target)
    }

    private mutating func checkShared(_ graph: MachineGraph) {
        for index in machine.transitions.indices {
            let rule = document.transitions[graph.transitionOrigins[index]]
            for word in rule.claims where !shared.claims.contains(word.text) {
                add(
                    .unknownClaim,
                    word.place,
                    "there is no claim '\(word.text)'",
                    Suggestion.nearest(to: word.text, among: shared.claims)
                )
            }
            for word in rule.within where !shared.calendars.contains(word.text) {
                add(
                    .unknownCalendar,
                    word.place,
                    "there is no calendar '\(word.text)'",
                    Suggestion.nearest(to: word.text, among: shared.calendars)
                )
            }
        }
    }

    // MARK: Facts named outside of expressions

    private mutating func bindCandidate() {
        if let head = document.head, isFact(head) { machine.head = head.text }
        guard let candidate = document.candidate else { return }
        let parts = [candidate.commit, candidate.build, candidate.digest].compactMap(\.self)
        for part in parts { _ = isFact(part) }
        machine.candidate = Machine.CandidateFacts(
            commit: candidate.commit.text,
            build: candidate.build?.text,
            digest: candidate.digest?.text
        )
    }

    private mutating func isFact(_ word: Word, _ type: FactType = .string) -> Bool {
        if let fact = wiring.facts.first(where: { $0.path == word.text }) {
            use.sources.insert(fact.source)
            if fact.type == type { return true }
            add(
                .unknownFact,
                word.place,
                type == .string
                    ? "'\(word.text)' names something, and is not a text"
                    : "'\(word.text)' says a time, and is not of the type timestamp"
            )
            return false
        }
        if isDubious(word.text) { return false }
        add(
            .unknownFact,
            word.place,
            "no source provides the fact '\(word.text)'",
            Suggestion.nearest(to: word.text, among: wiring.facts.map(\.path))
        )
        return false
    }

    private func isDubious(_ path: String) -> Bool {
        path.split(separator: ".").first.map { wiring.dubiousRoles.contains(String($0)) } ?? false
    }

    // MARK: Actions

    private mutating func bindActions(_ graph: MachineGraph) {
        var declared: [String: ActionDeclaration] = [:]
        for index in machine.transitions.indices {
            let rule = document.transitions[graph.transitionOrigins[index]]
            let isErrorRoad = machine.transitions[index].onErrorOf != nil
            let texts = isErrorRoad ? rule.onError?.actions ?? [] : rule.actions
            machine.transitions[index].actions = bound(texts, &declared)
        }
        for index in machine.guards.indices {
            let texts = document.guards[graph.guardOrigins[index]].actions
            machine.guards[index].actions = bound(texts, &declared)
        }
        machine.actions = declared.values.sorted { $0.name.precedes($1.name) }
    }

    /// Rules name actions as they see them; the machine by the name that the deployment gives.
    private mutating func bound(
        _ texts: [RulesDocument.ActionText],
        _ declared: inout [String: ActionDeclaration]
    ) -> [ActionUse] {
        texts.map { text in
            for formula in text.texts { checkTemplate(formula, facts: false) }
            if let action = wiring.actions[text.name.text] {
                declared[action.declaration.name] = action.declaration
                use.actions.insert(action.declaration.name)
                for key in text.with.keys.sorted(by: { $0.precedes($1) }) {
                    guard let reason = action.refuses[key] else { continue }
                    add(.badSetting, text.name.place, "'\(key)' of '\(text.name.text)': \(reason)")
                }
                return ActionUse(action.declaration.name, with: text.with)
            }
            if !wiring.dubiousActions.contains(text.name.text) {
                add(
                    .unknownAction,
                    text.name.place,
                    "there is no action '\(text.name.text)'",
                    Suggestion.nearest(to: text.name.text, among: wiring.actions.keys)
                )
            }
            return ActionUse(text.name.text, with: text.with)
        }
    }

    private mutating func checkTemplate(_ formula: Formula, facts: Bool) {
        let template = Template(formula.text)
        if let offset = template.unclosed {
            let place = formula.place(at: offset, in: document.source)
            add(.badTemplate, place, "'${' is never closed by '}'")
        }
        var names = machine.parameters.keys.map { "params.\($0)" }
        if facts {
            names += ConditionProfile.contextVariables + ConditionProfile.candidateVariables
            names += wiring.facts.map(\.path)
        } else {
            names += Template.actionNames
        }
        for placeholder in template.placeholders {
            if names.contains(placeholder.name) {
                noteUse(of: placeholder.name)
                continue
            }
            if facts, isDubious(placeholder.name) { continue }
            let place = formula.place(at: placeholder.offset, in: document.source)
            let isFact = wiring.facts.contains { $0.path == placeholder.name }
            let why = isFact ? "; facts are not known to actions" : ""
            add(
                .badTemplate,
                place,
                "nothing fills '${\(placeholder.name)}'\(why)",
                Suggestion.nearest(to: placeholder.name, among: names)
            )
        }
    }

    private mutating func noteUse(of variable: String) {
        if variable.hasPrefix("params.") {
            use.parameters.insert(String(variable.dropFirst("params.".count)))
        }
        var path = variable
        let prefix = ConditionProfile.ageMacro + "("
        if path.hasPrefix(prefix), path.hasSuffix(")") {
            path = String(path.dropFirst(prefix.count).dropLast())
        }
        if let fact = wiring.facts.first(where: { $0.path == path }) {
            use.sources.insert(fact.source)
        }
    }

    // MARK: Expressions

    private mutating func bindRealities(_ check: ExpressionCheck) {
        for (index, stage) in document.stages.enumerated() {
            for reality in stage.reality
            where reality.platform == nil || reality.platform?.text == target.platform {
                machine.stages[index].reality = reality.formula.text
                _ = program(of: reality.formula, check, for: .question)
            }
            for live in stage.liveAt
            where live.platform == nil || live.platform?.text == target.platform {
                if isFact(live.fact, .timestamp) { machine.stages[index].liveAt = live.fact.text }
            }
        }
    }

    /// The programs of those conditions that are sound, by name.
    private mutating func checkConditions(_ check: ExpressionCheck) -> [String: Program] {
        var programs: [String: Program] = [:]
        for index in machine.conditions.indices {
            let name = machine.conditions[index].name
            guard let text = document.conditions.first(where: { $0.name.text == name }) else {
                continue
            }
            if let link = text.link { checkTemplate(link, facts: true) }
            if let applies = text.applies,
                let question = program(of: applies, check, for: .applies),
                ExpressionCheck.constant(
                    question,
                    app: target.app,
                    platform: target.platform,
                    machine: machine
                ) == false,
                let expr = text.expr, check.check(expr.text, for: .question).program == nil
            {
                // It never applies here, and may name facts that this platform does not have.
                machine.conditions[index].expr = "false"
                machine.conditions[index].alarm = nil
                continue
            }
            if let alarm = text.alarm { _ = program(of: alarm, check, for: .question) }
            guard let expr = text.expr else { continue }
            let hasEvery = text.every != nil
            guard let program = program(of: expr, check, for: .question, hasEvery: hasEvery) else {
                continue
            }
            programs[name] = program
            checkInputs(of: program, text, at: expr)
        }
        return programs
    }

    private mutating func program(
        of formula: Formula,
        _ check: ExpressionCheck,
        for purpose: ExpressionCheck.Purpose,
        hasEvery: Bool = false
    ) -> Program? {
        let (program, findings) = check.check(formula.text, for: purpose, hasEvery: hasEvery)
        let places = ScalarPlaces(of: formula.scalar, at: formula.place, in: document.source)
        for finding in findings {
            add(
                finding.code,
                places.place(ofValueOffset: finding.offset),
                finding.message,
                finding.suggestion
            )
        }
        for variable in program?.variables ?? [] { noteUse(of: variable) }
        if let program {
            for zone in ConditionProfile.zones(in: program) { look(up: zone, places) }
        }
        return program
    }

    /// Looks up a time zone that an expression names, unless its offset is the same everywhere.
    private mutating func look(
        up zone: (name: String, position: SourcePosition),
        _ places: ScalarPlaces
    ) {
        let name = zone.name
        guard !ZoneRules.none.missing(from: [name]).isEmpty, use.zones[name] == nil else { return }
        guard let found = shared.zones(name) else {
            add(
                .unknownZone,
                places.place(ofValueOffset: zone.position.offset),
                "this system has no time zone '\(FileReader.shortened(name))'; zones are named as in"
                    + " Europe/Stockholm, UTC or +02:00"
            )
            return
        }
        use.zones[name] = found
    }

    private mutating func checkInputs(
        of program: Program,
        _ text: RulesDocument.ConditionText,
        at formula: Formula
    ) {
        if program.variables.allSatisfy({ $0.hasPrefix("params.") }) {
            add(
                .constantCondition,
                formula.place,
                "it looks at no fact and no clock: its answer never changes"
            )
        }
        guard let limit = text.maxAge else { return }
        for variable in program.variables {
            guard let fact = wiring.facts.first(where: { $0.path == variable }),
                wiring.people[fact.source] == nil,
                let every = wiring.intervals[fact.source], limit.value < every
            else { continue }
            add(
                .shortValidity,
                limit.place,
                "'\(fact.path)' counts for \(limit.value), and its source '\(fact.source)' is asked"
                    + " every \(every): in between it is unknown"
            )
            return
        }
    }

    // MARK: The graph

    private mutating func report(_ findings: [MachineFinding], _ graph: MachineGraph) {
        for finding in findings {
            let (code, place) = graph.placed(finding)
            add(code, place, finding.message)
        }
    }
}
