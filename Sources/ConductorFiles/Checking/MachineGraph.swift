internal import CEL
internal import ConductorCore

/// A rule file as a machine of one platform, with the way back from its parts to their places.
struct MachineGraph {
    private let document: RulesDocument
    private(set) var machine: Machine
    /// For each transition of the machine, the rule that it stems from.
    private(set) var transitionOrigins: [Int] = []
    private(set) var guardOrigins: [Int] = []

    /// A nil platform takes every rule, whatever its filter.
    init(document: RulesDocument, platform: String?) {
        self.document = document
        machine = Machine(name: document.name, version: document.version)
        machine.candidate = document.candidate.map {
            Machine.CandidateFacts(commit: $0.commit.text)
        }
        machine.stages = document.stages.map { stage in
            Stage(
                name: stage.name.text,
                shelf: stage.shelf,
                kind: stage.kind,
                terminal: stage.terminal,
                latchesCandidate: stage.latchPlace != nil,
                monitor: stage.monitor
            )
        }
        func isHere(_ platforms: [Word]) -> Bool {
            platform == nil || platforms.isEmpty || platforms.contains { $0.text == platform }
        }
        for (index, rule) in document.transitions.enumerated() where isHere(rule.platforms) {
            guard let to = rule.to.map(Self.destination) else { continue }
            for from in rule.from {
                transitionOrigins.append(index)
                machine.transitions.append(
                    Transition(
                        name: rule.boundName(from: from.text),
                        from: from.text,
                        to: to,
                        when: rule.when.map(\.text),
                        dwell: rule.dwell,
                        manual: rule.manual,
                        claims: rule.claims.map(\.text),
                        platforms: rule.platforms.map(\.text),
                        resumeLimit: rule.resumeLimit?.value,
                        approvals: rule.approvals?.value,
                        within: rule.within.isEmpty ? nil : rule.within.map(\.text),
                        adopts: rule.adopts ? true : nil
                    )
                )
            }
        }
        // Behind all others: they are no choice beside them.
        for (index, rule) in document.transitions.enumerated() where isHere(rule.platforms) {
            guard let to = rule.onError?.to.map(Self.destination) else { continue }
            for from in rule.from {
                let name = rule.boundName(from: from.text)
                transitionOrigins.append(index)
                machine.transitions.append(
                    Transition(
                        name: "\(name) on error",
                        from: from.text,
                        to: to,
                        platforms: rule.platforms.map(\.text),
                        onErrorOf: name
                    )
                )
            }
        }
        for (index, rule) in document.guards.enumerated() where isHere(rule.platforms) {
            guard let to = rule.to.map(Self.destination) else { continue }
            guardOrigins.append(index)
            machine.guards.append(
                Guard(
                    name: rule.name.text,
                    watch: rule.watch.map(\.text),
                    when: rule.when.map(\.text),
                    unless: rule.unless.map(\.text),
                    blindAfter: rule.blindAfter,
                    to: to,
                    platforms: rule.platforms.map(\.text)
                )
            )
        }
        machine.conditions = conditions(on: platform)
    }

    private static func destination(_ text: RulesDocument.DestinationText) -> Destination {
        switch text {
        case .stage(let word): .stage(word.text)
        case .previous: .previous
        }
    }

    /// Conditions that only rules of other platforms ask for are left out.
    private func conditions(on platform: String?) -> [Condition] {
        let everywhere = Set(
            document.transitions.flatMap(\.when).map(\.text)
                + document.guards.flatMap { $0.when + $0.unless }.map(\.text)
        )
        let here = Set(machine.transitions.flatMap(\.when) + machine.guards.flatMap(\.asked))
        return document.conditions.compactMap { text in
            let name = text.name.text
            if platform != nil, everywhere.contains(name), !here.contains(name) { return nil }
            return Condition(
                name: name,
                expr: text.expr?.text ?? "false",
                title: text.title,
                alarm: text.alarm?.text,
                applies: text.applies?.text,
                maxAge: text.maxAge?.value,
                sustained: text.sustained,
                every: text.every,
                owner: text.owner,
                link: text.link?.text
            )
        }
    }

    /// What is wrong with the graph of `machine`, which is this one, more or less bound.
    func findings(of machine: Machine, programs: [String: Program]) -> [MachineFinding] {
        let order = document.transitions.flatMap { rule in
            rule.boundNames.map { (name: $0, before: Set(rule.before.map(\.text))) }
        }
        let overlaps = machine.overlapFindings(programs: programs) { first, second in
            order.first { $0.name == first.name }?.before.contains(second.name) ?? false
        }
        return machine.graphFindings.filter(isSure) + overlaps
    }

    /// Where stages are named that do not exist, nothing can be said about what is reached.
    private func isSure(_ finding: MachineFinding) -> Bool {
        switch finding.kind {
        case .unreachableStage, .noWayOut: !document.hasUnknownStages
        case .unboundedCycle, .previousOutsideWaiting, .latchWithoutCandidate, .guardToItself,
            .raisingGuard, .noPersonsWay, .resumeMisuse, .unconditional, .leavesTerminal,
            .selfLoop, .blindGuard, .overlap, .approvalMisuse, .raisingErrorRoad:
            true
        }
    }

    /// A finding's code, and its place in the file.
    func placed(_ finding: MachineFinding) -> (code: FaultCode, place: Place) {
        let code: FaultCode =
            switch finding.kind {
            case .unreachableStage: .unreachableStage
            case .noWayOut: .noWayOut
            case .unboundedCycle: .unboundedCycle
            case .previousOutsideWaiting: .previousOutsideWaiting
            case .latchWithoutCandidate: .latchWithoutCandidate
            case .guardToItself: .guardToItself
            case .raisingGuard: .raisingGuard
            case .noPersonsWay: .noPersonsWay
            case .resumeMisuse: .resumeMisuse
            case .unconditional: .unconditional
            case .leavesTerminal: .leavesTerminal
            case .selfLoop: .selfLoop
            case .blindGuard: .blindGuard
            case .overlap: .overlap
            case .approvalMisuse: .approvalMisuse
            case .raisingErrorRoad: .raisingErrorRoad
            }
        return (code, place(of: finding))
    }

    private func place(of finding: MachineFinding) -> Place {
        switch finding.subject {
        case .stage(let name):
            let stage = document.stages.first { $0.name.text == name }
            let latch = finding.kind == .latchWithoutCandidate ? stage?.latchPlace : nil
            return latch ?? stage?.name.place ?? .start
        case .transition(let index):
            let rule = document.transitions[transitionOrigins[index]]
            let from = rule.from.first { $0.text == machine.transitions[index].from }?.place
            switch finding.kind {
            case .leavesTerminal: return from ?? rule.place
            case .previousOutsideWaiting, .selfLoop:
                let isErrorRoad = machine.transitions[index].onErrorOf != nil
                return (isErrorRoad ? rule.onError?.to : rule.to)?.place ?? rule.place
            case .resumeMisuse: return rule.resumeLimit?.place ?? rule.place
            case .approvalMisuse: return rule.approvals?.place ?? rule.place
            case .raisingErrorRoad: return rule.onError?.place ?? rule.place
            case .unreachableStage, .noWayOut, .unboundedCycle, .latchWithoutCandidate,
                .guardToItself, .raisingGuard, .noPersonsWay, .unconditional, .blindGuard,
                .overlap:
                return rule.place
            }
        case .guard(let index):
            let rule = document.guards[guardOrigins[index]]
            switch finding.kind {
            case .previousOutsideWaiting, .guardToItself: return rule.toPlace
            case .leavesTerminal:
                let terminal = Set(document.stages.filter(\.terminal).map(\.name.text))
                return rule.watch.first { terminal.contains($0.text) }?.place ?? rule.name.place
            case .raisingGuard: return rule.actions.first?.name.place ?? rule.name.place
            case .unreachableStage, .noWayOut, .unboundedCycle, .latchWithoutCandidate,
                .noPersonsWay, .resumeMisuse, .unconditional, .selfLoop, .blindGuard, .overlap,
                .approvalMisuse, .raisingErrorRoad:
                return rule.name.place
            }
        }
    }
}
