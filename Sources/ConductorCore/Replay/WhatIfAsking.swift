// Asking the other rules, and comparing what they say with what happened.

extension WhatIf {
    // MARK: In the stage

    /// Asks the other rules about the recorded state; notes the first time that they would leave.
    mutating func ask(_ asked: inout Asked, _ step: Step) {
        guard var stay = asked.stay else { return }
        defer { asked.stay = stay }
        stay.asOf = step.tick.at
        if let reason = Self.foreign(step.state, to: asked.machine) {
            stay.unanswered = reason
            return
        }
        stay.unanswered = nil
        let state = Self.prepared(step.state, asked.memory, asked.machine, instead: step.machine)
        var view = world.view(of: step.track, in: step.tick, for: asked.machine)
        view.inputs.removeAll { $0.isOutcome }
        let turn = turn(state, &view, asked.machine, step)
        asked.memory = Memory(turn.state)
        asked.wake(at: turn.wakeAt)
        if let fired = turn.decision.fired {
            let leaving = Leaving(fired, in: step.tick)
            stay.would = leaving
            stay.differences = differences(leaving, state, turn, view, asked.machine, step)
            return
        }
        if let ready = stay.ready, step.tick.at.elapsed > ready.expiry {
            // Nobody asked again then; the sources are taken to have said the same.
            stay.would = ready.leaving
            stay.would?.isSecondLookAssumed = true
            stay.differences = ready.differences
            return
        }
        stay.ready = ready(turn, after: stay.ready, in: step.tick) { leaving in
            differences(leaving, state, turn, view, asked.machine, step)
        }
        stay.lacking = lacking(state, turn, view, asked.machine, step)
    }

    /// Compares a departure that happened with what the other rules say of the stay.
    mutating func leave(_ asked: inout Asked, _ step: Step, _ recorded: Leaving) {
        guard var stay = asked.stay else { return }
        asked.stay = nil
        if stay.would == nil, let ready = stay.ready {
            // It waits for the same second look; that it came now answers both.
            stay.would = ready.leaving
            stay.differences = ready.differences
            if ready.leaving.to == recorded.to {
                stay.would?.tick = recorded.tick
                stay.would?.at = recorded.at
            }
        }
        if stay.would != nil || stay.unanswered != nil {
            return close(stay, asked.machine, of: step.track, recorded)
        }
        let state = Self.prepared(step.state, asked.memory, asked.machine, instead: step.machine)
        var view = world.view(of: step.track, in: step.tick, for: asked.machine)
        view.inputs = []
        let turn = turn(state, &view, asked.machine, step)
        stay.differences = differences(recorded, state, turn, view, asked.machine, step)
        var finding = Finding(
            track: step.track,
            kind: .never,
            from: stay.stage,
            to: recorded.to,
            recorded: recorded,
            would: nil,
            differences: stay.differences,
            note: nil,
            asOf: step.tick.at
        )
        let missing = Self.neverPolled(
            in: stay.differences,
            by: asked.machine,
            instead: step.machine
        )
        if !missing.isEmpty {
            finding.kind = .unanswered
            finding.note = Self.words(neverPolled: missing)
            return tell(finding)
        }
        switch recorded.cause {
        case .guard, .adoption:
            tell(finding)
        case .rule, .person:
            var frozen = turn.state
            if turn.decision.fired != nil { frozen = state }
            asked.pursuits.append(
                Pursuit(
                    stage: stay.stage,
                    state: frozen,
                    recorded: recorded,
                    differences: stay.differences,
                    wakeAt: turn.wakeAt,
                    asOf: step.tick.at
                )
            )
        }
    }

    /// Tells what is to be told of a stay that is over.
    mutating func close(
        _ stay: Stay,
        _ machine: CompiledMachine,
        of track: TrackID,
        _ recorded: Leaving?
    ) {
        guard let asOf = recorded?.at ?? stay.asOf else { return }
        func finding(_ kind: Kind, to: String?, _ recorded: Leaving?, _ would: Leaving?) -> Finding
        {
            Finding(
                track: track,
                kind: kind,
                from: stay.stage,
                to: to,
                recorded: recorded,
                would: would,
                differences: kind == .same ? [] : stay.differences,
                note: nil,
                asOf: asOf
            )
        }
        if let reason = stay.unanswered {
            var found = finding(.unanswered, to: recorded?.to, recorded, nil)
            found.note = reason
            return tell(found)
        }
        guard let would = stay.would else {
            for lack in stay.lacking where recorded == nil {
                var found = finding(.unanswered, to: lack.to, nil, nil)
                found.differences = lack.differences
                found.note = lack.note
                tell(found)
            }
            return
        }
        guard let recorded else { return tell(finding(.newly, to: would.to, nil, would)) }
        if would.to == recorded.to {
            let kind: Kind = would.tick == recorded.tick ? .same : .earlier
            tell(finding(kind, to: recorded.to, recorded, would))
        } else {
            tell(finding(.newly, to: would.to, nil, would))
            var lost = finding(.never, to: recorded.to, recorded, nil)
            lost.note = "they would have gone to \(would.to) instead"
            tell(lost)
        }
    }

    // MARK: After it was left

    /// Asks on about stages that were left as recorded, on the facts as they were recorded.
    mutating func pursue(_ asked: inout Asked, _ step: Step) {
        var kept: [Pursuit] = []
        for var pursuit in asked.pursuits where pursue(&pursuit, asked.machine, step) {
            asked.wake(at: pursuit.wakeAt)
            kept.append(pursuit)
        }
        asked.pursuits = kept
    }

    /// - Returns: whether it is still open.
    private mutating func pursue(
        _ pursuit: inout Pursuit,
        _ machine: CompiledMachine,
        _ step: Step
    ) -> Bool {
        pursuit.asOf = step.tick.at
        if pursuit.state.candidate != step.state.candidate, pursuit.state.candidate != nil {
            let note = "the recorded road went on with another candidate"
            tell(pursuit.finding(step.track, .notThen, note: note))
            return false
        }
        var view = world.view(of: step.track, in: step.tick, for: machine)
        // What people asked of a later stage says nothing of this one, but their word counts.
        view.inputs.removeAll { !$0.isSignoff }
        pursuit.state.uncertain = []
        pursuit.state.outbox = []
        let turn = turn(pursuit.state, &view, machine, step)
        pursuit.wakeAt = turn.wakeAt
        var leaving = turn.decision.fired.map { Leaving($0, in: step.tick) }
        if case .adoption = leaving?.cause {
            let note = "from then on the world shows what the recorded road made of it"
            tell(pursuit.finding(step.track, .notThen, note: note))
            return false
        }
        if leaving == nil, let ready = pursuit.ready, step.tick.at.elapsed > ready.expiry {
            leaving = ready.leaving
            leaving?.isSecondLookAssumed = true
        }
        if let leaving {
            if leaving.to == pursuit.recorded.to {
                tell(pursuit.finding(step.track, .later, would: leaving))
            } else {
                let note = "by then they would have gone to \(leaving.to)"
                tell(pursuit.finding(step.track, .never, note: note))
            }
            return false
        }
        let way = turn.decision.transitions.first { $0.to == pursuit.recorded.to }
        if way?.blockedBy.contains(where: { $0.kind == .drift }) == true {
            let note = "from then on the world shows what the recorded road made of it"
            tell(pursuit.finding(step.track, .notThen, note: note))
            return false
        }
        pursuit.ready = ready(turn, after: pursuit.ready, in: step.tick) { _ in [] }
        pursuit.state = turn.state
        return true
    }

    // MARK: Asking

    /// One turn by the other rules, with the claims that they would be granted.
    private mutating func turn(
        _ state: TrackState,
        _ view: inout View,
        _ machine: CompiledMachine,
        _ step: Step
    ) -> Turn {
        asked += 1
        // In shadow, too, the question is what the rules would do.
        view.shadow = false
        view.deniedClaims = []
        let moment = Moment(step.tick.at, wallStepped: step.tick.wallStep != nil)
        let turn = Conductor.decide(state, view, machine, moment)
        guard let fired = turn.decision.fired, !fired.claims.isEmpty else { return turn }
        let proposal = ClaimProposal(track: step.track, claims: fired.claims, since: state.since)
        let denied = Conductor.admit(
            [proposal],
            held: world.grants,
            limits: limits,
            at: step.tick.at
        )
        guard let claims = denied[step.track] else { return turn }
        view.deniedClaims = claims
        return Conductor.decide(state, view, machine, moment)
    }

    /// The departure that waits for its second look alone; the first moment of it counts.
    private func ready(
        _ turn: Turn,
        after last: Ready?,
        in tick: Entry.Tick,
        _ differences: (Leaving) -> [Difference]
    ) -> Ready? {
        let waiting = turn.decision.transitions.first { candidate in
            !candidate.blockedBy.isEmpty
                && candidate.blockedBy.allSatisfy { $0.kind == .confirmation }
        }
        guard let waiting else { return nil }
        if let last, last.leaving.name == waiting.name { return last }
        let leaving = Leaving(
            tick: tick.number,
            at: tick.at,
            name: waiting.name,
            to: waiting.to,
            cause: .rule
        )
        return Ready(
            leaving: leaving,
            differences: differences(leaving),
            expiry: tick.at.elapsed.saturatingAdd(Confirmation.validity.milliseconds)
        )
    }

    /// The recorded state as the other rules would have it: theirs is what they remember themselves.
    private static func prepared(
        _ recorded: TrackState,
        _ memory: Memory?,
        _ machine: CompiledMachine,
        instead old: CompiledMachine
    ) -> TrackState {
        var state = recorded
        state.machine = machine.digest
        state.outbox = []
        if !state.phase.isAtRest { state.phase = .waiting }
        if let memory {
            state.credits = memory.credits
            state.verdicts = memory.verdicts
            state.confirmation = memory.confirmation
        } else {
            // Only what means the same in both is taken over.
            func isShared(_ name: String) -> Bool {
                machine.machine.condition(name) == old.machine.condition(name)
            }
            state.credits = state.credits.filter { isShared($0.key) }
            state.verdicts = state.verdicts.filter { isShared($0.key) }
            state.confirmation = nil
        }
        return state
    }

    /// Why a state means nothing to the other rules.
    private static func foreign(_ state: TrackState, to machine: CompiledMachine) -> String? {
        for stage in [state.stage, state.pause?.previous].compactMap(\.self)
        where machine.machine.stage(stage) == nil {
            return "the other rules have no stage '\(stage)'"
        }
        return nil
    }
}

extension TrackInput {
    var isOutcome: Bool {
        switch self {
        case .outcome: true
        case .command: false
        }
    }

    var isSignoff: Bool {
        guard case .command(let record, _) = self, case .signoff = record.command.request else {
            return false
        }
        return true
    }
}
