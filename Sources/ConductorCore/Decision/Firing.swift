// Deciding a transition: by rule, by a guard, by a person.

/// What transitions needed when they were weighed, and the state in which it was so.
///
/// As long as nothing of the state changes, the decision that is recorded says the same.
struct Weighed {
    let state: TrackState
    var leaves: [String: [Explanation.Leaf]] = [:]
}

/// What stood before a transition was decided.
struct BeforeFiring {
    var state: TrackState
    var intents: Int
    /// The command that asked for it.
    var command: String?
}

extension TrackMachine {
    /// Takes back what this very turn has decided, so that a brake can go first.
    ///
    /// Nothing of it was sent.
    mutating func takeBack() {
        guard let before = beforeFiring else { return }
        // What came in meanwhile stays: answers to other attempts, and people's words.
        let decided = state.step
        state.outbox.removeAll { $0.intent.step == decided }
        state.stage = before.state.stage
        state.since = before.state.since
        state.phase = before.state.phase
        state.step = before.state.step
        state.candidate = before.state.candidate
        state.pause = before.state.pause
        state.resumes = before.state.resumes
        state.confirmation = before.state.confirmation
        state.disarmed = before.state.disarmed
        state.approvals = before.state.approvals
        intents.removeSubrange(before.intents...)
        fired = nil
        entered = nil
        beforeFiring = nil
        for place in replies.indices where replies[place].id == before.command {
            replies[place].accepted = false
            replies[place].message = "a brake overtook it before anything was done"
        }
        look()
    }

    /// Fires the first transition, in order of priority, that lacks nothing.
    mutating func decideTransition() {
        rearm()
        guard fired == nil, case .waiting = state.phase, state.stage != nil else {
            return
        }
        var second: (transition: Transition, needsPush: Bool)?
        weighed = Weighed(state: state)
        for transition in transitionsHere() {
            let leaves = leaves(of: transition, pushed: false)
            weighed?.leaves[transition.name] = leaves
            let missing = leaves.filter { !$0.isMet }
            if missing.isEmpty {
                guard !view.shadow else {
                    withheld.append("\(transition.name) -> \(target(of: transition.to) ?? "")")
                    return
                }
                if transition.resumeLimit != nil, state.pause != nil { state.resumes += 1 }
                fire(transition, cause: .rule)
                return
            }
            let withoutPush = missing.filter { $0.kind != .push }
            guard withoutPush.count == 1, withoutPush[0].kind == .confirmation else { continue }
            // Those that wait for nobody come first; else two would take turns for ever.
            let needsPush = withoutPush.count < missing.count
            if second == nil || (second?.needsPush == true && !needsPush) {
                second = (transition, needsPush)
            }
        }
        if let second {
            if !second.needsPush { wished = second.transition.claims }
            if let asked = state.confirmation {
                // What waits for a push is asked for again by the push alone.
                if asked.transition == second.transition.name,
                    second.needsPush || !asked.isOver(at: now)
                {
                    return
                }
                // One that waits for a push is not given up for another that would.
                if second.needsPush, isStillReady(asked.transition) {
                    return
                }
            }
            state.confirmation = Confirmation(
                transition: second.transition.name,
                after: now.elapsed
            )
        } else if let asked = state.confirmation, !isStillReady(asked.transition) {
            state.confirmation = nil
        }
    }

    /// Whether a transition waits for a push alone, or for its second look besides.
    private mutating func isStillReady(_ name: String) -> Bool {
        guard let transition = transitionsHere().first(where: { $0.name == name }) else {
            return false
        }
        // A claim that others hold at the moment says nothing against what was seen.
        return leaves(of: transition, pushed: true).allSatisfy {
            $0.isMet || $0.kind == .claim || $0.kind == .confirmation
        }
    }

    /// An abandoned transition is armed again once one of its conditions was not met.
    private mutating func rearm() {
        guard !state.disarmed.isEmpty else { return }
        var disarmed = state.disarmed
        disarmed.removeAll { name in
            if let watcher = rules.guards.first(where: { $0.name == name }), isExcused(watcher) {
                return true
            }
            guard
                let when = rules.transitions.first(where: { $0.name == name })?.when
                    ?? rules.guards.first(where: { $0.name == name })?.when
            else { return true }
            return when.contains { condition in
                machine.conditionIndex[condition].map {
                    evaluation.answer($0).verdict == .unmet
                } ?? false
            }
        }
        state.disarmed = disarmed
    }

    mutating func fire(_ transition: Transition, cause: Progress.Cause) {
        guard let to = target(of: transition.to) else {
            preconditionFailure("Only transitions with a destination are offered.")
        }
        let before = state
        // The road out of an error gives up what failed; what is done stays done.
        if transition.onErrorOf != nil { supersede() }
        fire(
            transition.name,
            to: to,
            actions: transition.actions,
            claims: machine.direction(of: transition.actions) == .brakes ? [] : transition.claims,
            cause: cause
        )
        beforeFiring?.state = before
    }

    /// Takes the road that the rules give out of an error.
    ///
    /// What is in doubt waits for a person's testimony first.
    mutating func leaveError() {
        guard fired == nil, case .error(let fault) = state.phase else { return }
        for transition in transitionsHere() where transition.onErrorOf != nil {
            guard leaves(of: transition, pushed: false).allSatisfy(\.isMet) else { continue }
            fire(transition, cause: .rule)
            alerts.append("\(fault.progress.transition) failed: \(fault.what)")
            return
        }
    }

    /// Decides a transition: counts the step, latches the candidate, writes the intents, and lets
    /// its first action go.
    mutating func fire(
        _ name: String,
        to: String,
        actions: [ActionUse],
        claims: [String],
        cause: Progress.Cause
    ) {
        beforeFiring = BeforeFiring(state: state, intents: intents.count)
        state.step += 1
        if rules.stage(to)?.latchesCandidate == true {
            state.candidate = candidateNow ?? state.candidate
        }
        #if CONDUCTOR_PLANTED_BUGS
            if PlantedBug.candidateMoves.isPlanted, state.candidate != nil {
                state.candidate = candidateNow ?? state.candidate
            }
        #endif
        let decided = makeIntents(actions, transition: name, to: to, again: nil)
        intents += decided
        let direction = machine.direction(of: actions)
        fired = Decision.Fired(
            name: name,
            from: state.stage ?? "",
            to: to,
            direction: direction,
            cause: cause,
            keys: decided.map(\.key),
            claims: claims
        )
        state.phase = .entering(
            Progress(
                transition: name,
                to: to,
                direction: direction,
                cause: cause,
                started: now,
                intents: decided.map(opening)
            )
        )
        moveOn()
    }

    /// The intents of a transition, with keys and rendered parameters.
    func makeIntents(
        _ actions: [ActionUse],
        transition: String,
        to: String,
        again raise: Intent?
    ) -> [Intent] {
        actions.enumerated().map { place, use in
            guard let declared = rules.action(use.action) else {
                preconditionFailure("The machine was checked: '\(use.action)' is an action.")
            }
            let scope = Scope(declared.scope, around: state.track)
            let ordinal = place + 1
            var parts = [scope.description]
            switch declared.scope {
            case .track:
                #if CONDUCTOR_PLANTED_BUGS
                    if PlantedBug.keyReused.isPlanted { break }
                #endif
                parts.append(String(state.step))
            case .release, .app, .installation:
                // Tracks count their own steps; what they share is the transition and its subject.
                parts.append(transition)
                parts.append(state.candidate?.commit ?? state.track.version)
            }
            parts += [String(ordinal), use.action]
            if let raise { parts += ["after", String(raise.step), String(raise.ordinal)] }
            let key = parts.joined(separator: "/")
            let context = TemplateContext(
                state: state,
                to: to,
                key: key,
                parameters: rules.parameters
            )
            return Intent(
                key: key,
                track: state.track,
                scope: scope,
                step: state.step,
                ordinal: ordinal,
                action: use.action,
                kind: declared.kind,
                actionClass: declared.actionClass,
                direction: declared.direction,
                lane: declared.lane ?? key,
                blocking: declared.blocking,
                policy: declared.policy,
                parameters: context.parameters(with: use.with),
                expires: declared.policy.expires.map { now.advanced(by: $0).elapsed }
            )
        }
    }
}
