import ConductorCore

/// Takes an explanation at its word: grants exactly the leaves that it lists as missing and asks the
/// core what it would do; then all of them but one.
///
/// A leaf is granted by itself: a condition by putting `true` in its place, a clock by taking it away,
/// a hold by lifting it. So no leaf comes along with another that reads the same facts.
struct Granting {
    let state: TrackState
    let view: View
    let machine: Machine
    let now: Stamp
    let transition: Explanation.Transition

    /// Nil where the question makes no sense: the track is about to move, or is not waiting.
    init?(
        _ transition: Explanation.Transition,
        of state: TrackState,
        _ view: View,
        _ machine: Machine,
        at now: Stamp
    ) {
        switch state.phase {
        case .waiting, .error: break
        case .entering, .finished: return nil
        }
        guard machine.transitions.contains(where: { $0.name == transition.name }),
            transition.leaves.allSatisfy({ $0.name != "no condition applies" })
        else { return nil }
        self.state = state
        self.view = view
        self.machine = machine
        self.now = now
        self.transition = transition
    }

    /// What the explanation says wrongly; nil when it can be taken at its word.
    func fault() -> String? {
        let missing = transition.leaves.filter { !$0.isMet }
        guard !missing.isEmpty, fired(granting: []) == nil else { return nil }
        let all = fired(granting: missing)
        // What is met anyway, a guard or what reality shows, goes ahead of what is not a raise.
        if let all, all != transition.name { return nil }
        let names = missing.map(\.name).joined(separator: ", ")
        guard all == transition.name else {
            return "granting \(names) does not move it by \(transition.name)"
        }
        for place in missing.indices where missing.count > 1 {
            var others = missing
            let left = others.remove(at: place)
            if fired(granting: others) == transition.name {
                return "it moves by \(transition.name) without \(left.name)"
            }
        }
        // An instant is told by the wall clock of its beginning; once that was set, it is off by as much.
        let starts = [state.since] + state.credits.values.map(\.start)
        guard let earliest = transition.earliest, earliest > now.wall,
            starts.allSatisfy({ (now.wall - $0.wall).milliseconds == now.elapsed - $0.elapsed })
        else { return nil }
        let wait = earliest - now.wall
        if fired(after: wait) != transition.name {
            return "it does not move by \(transition.name) at \(earliest), as it says"
        }
        if fired(after: wait - Span(milliseconds: 1)) == transition.name {
            return "it moves by \(transition.name) before \(earliest)"
        }
        return nil
    }

    // MARK: Asking the core

    /// What the core fires once some leaves are granted.
    private func fired(granting leaves: [Explanation.Leaf]) -> String? {
        var granted = Granted(state: state, view: view, machine: machine, now: now)
        granted.leaveOnly(transition.name)
        for leaf in leaves { granted.grant(leaf, for: transition) }
        return granted.fired()
    }

    /// What the core fires once time has passed, everything else staying as it is known.
    private func fired(after span: Span) -> String? {
        var granted = Granted(state: state, view: view, machine: machine, now: now)
        granted.leaveOnly(transition.name)
        granted.pass(span)
        return granted.fired()
    }
}

/// A track, what it sees and its machine, changed by what was granted.
private struct Granted {
    var state: TrackState
    var view: View
    var machine: Machine
    var now: Stamp

    init(state: TrackState, view: View, machine: Machine, now: Stamp) {
        self.state = state
        self.view = view
        self.machine = machine
        self.now = now
        self.view.inputs = []
    }

    func fired() -> String? {
        let compiled = CompiledMachine(machine, digest: "granted")
        return Conductor.decide(state, view, compiled, Moment(now)).decision.fired?.name
    }

    /// No other way leads on from here; what it does not ask for is not compiled.
    mutating func leaveOnly(_ name: String) {
        machine.transitions.removeAll { $0.from == state.stage && $0.name != name }
        let asked = machine.transitions.filter { $0.name == name }.flatMap(\.when)
        let watched = machine.guards.flatMap(\.asked)
        machine.transitions.removeAll { $0.name != name }
        machine.conditions.removeAll { !asked.contains($0.name) && !watched.contains($0.name) }
    }

    mutating func grant(_ leaf: Explanation.Leaf, for transition: Explanation.Transition) {
        switch leaf.kind {
        case .condition:
            change(leaf.name) { condition in
                condition.expr = "true"
                condition.applies = nil
            }
        case .clock: takeAway(leaf.name)
        case .guard:
            for place in machine.guards.indices
            where "guard \(machine.guards[place].name)" == leaf.name {
                machine.guards[place].when = []
                machine.guards[place].unless = []
            }
        case .push:
            let command = Command(
                id: "granted",
                actor: "os:granted",
                scope: .track(state.track),
                request: .advance(to: transition.to)
            )
            view.inputs.append(
                .command(Entry.CommandRecord(at: now, command: command), liftedHold: false)
            )
        case .hold: view.holds.removeAll { "hold on \($0.scope)" == leaf.name }
        case .stop: view.stopped = false
        case .claim: view.deniedClaims.removeAll { "claim \($0)" == leaf.name }
        case .drift:
            for place in machine.stages.indices where machine.stages[place].name == state.stage {
                machine.stages[place].reality = nil
            }
        case .phase:
            switch leaf.name {
            case "superseded raise": state.uncertain = []
            case "error", "under way": state.phase = .waiting
            default:
                view.reconciling = false
                view.low = false
            }
        case .confirmation: look(again: transition)
        case .candidate: nameCandidate()
        case .approval:
            let needed = machine.transitions.first { $0.name == transition.name }?.approvals ?? 0
            for number in 0..<needed {
                state.approvals.append(
                    Approval(
                        transition: transition.name,
                        candidate: state.candidate,
                        actor: "os:granted\(number)",
                        at: now.wall
                    )
                )
            }
        }
    }

    private mutating func change(_ condition: String, _ body: (inout Condition) -> Void) {
        for place in machine.conditions.indices where machine.conditions[place].name == condition {
            body(&machine.conditions[place])
        }
    }

    private mutating func takeAway(_ clock: String) {
        if clock == "clock was set" {
            state.raisesBlockedUntil = nil
        } else if clock.hasPrefix("dwell ") {
            for place in machine.transitions.indices { machine.transitions[place].dwell = nil }
        } else {
            for place in machine.conditions.indices {
                let condition = machine.conditions[place]
                guard let span = condition.sustained, clock == "\(condition.name) for \(span)"
                else { continue }
                machine.conditions[place].sustained = nil
            }
        }
    }

    /// Every source has just been asked, and says what it said, of the moment of which it said it.
    ///
    /// One that shows the stage and was not asked since it was entered says that it is so.
    private mutating func look(again transition: Explanation.Transition) {
        let isDoubted = transition.leaves.contains { $0.kind == .drift && !$0.isMet }
        for place in machine.stages.indices
        where machine.stages[place].name == state.stage && !isDoubted {
            let reality = machine.stages[place].reality ?? ""
            let isAsked = view.readings.allSatisfy { source, reading in
                (reading.good?.fetched.elapsed ?? 0) >= state.since.elapsed
                    || !reality.contains("\(source).")
            }
            if !isAsked { machine.stages[place].reality = nil }
        }
        state.confirmation = Confirmation(transition: transition.name, after: now.elapsed - 1)
        for (source, reading) in view.readings {
            guard var good = reading.good else { continue }
            for fact in good.observation.facts.keys {
                let said = good.observation.observedAt[fact]
                let ahead = said.map { max(0, (good.fetched.wall - $0).milliseconds) } ?? 0
                let origin = good.fetched.elapsed - ahead
                good.observation.observedAt[fact] =
                    now.wall + Span(milliseconds: origin - now.elapsed)
            }
            good.fetched = now
            view.readings[source]?.good = good
        }
    }

    /// The candidate's facts are known, by a source of their own.
    private mutating func nameCandidate() {
        machine.candidate = .init(commit: "granted.commit")
        machine.facts.append(
            FactDeclaration(
                path: "granted.commit",
                source: "granted",
                name: "commit",
                type: .string,
                maxAge: .hours(1)
            )
        )
        machine.facts.sort { $0.path.precedes($1.path) }
        view.readings["granted"] = Reading(
            good: .init(
                observation: Observation(facts: ["commit": ObservedFact("granted")]),
                fetched: now,
                digest: ""
            )
        )
    }

    /// Time passes, and every source goes on to say what it says.
    mutating func pass(_ span: Span) {
        now = now.advanced(by: span)
        for (source, reading) in view.readings {
            guard var good = reading.good else { continue }
            good.fetched = good.fetched.advanced(by: span)
            good.observation.observedAt = good.observation.observedAt.mapValues { $0 + span }
            view.readings[source]?.good = good
        }
    }
}
