// What each transition needs: the leaves of the explanation, from which `decide` itself reads
// whether a transition may fire. There is no second opinion.

extension TrackMachine {
    /// Everything that a transition needs, each with its verdict.
    ///
    /// `pushed`: a person pushes it in this very turn.
    mutating func leaves(of transition: Transition, pushed: Bool) -> [Explanation.Leaf] {
        var leaves: [Explanation.Leaf] = conditionLeaves(of: transition)
        let direction = machine.direction(of: transition.actions)
        if let dwell = transition.dwell { leaves.append(dwellLeaf(dwell)) }
        if let destination = target(of: transition.to),
            rules.stage(destination)?.latchesCandidate == true
        {
            leaves.append(candidateLeaf())
        }
        if direction == .raises { leaves += raiseLeaves(of: transition) }
        leaves += peopleLeaves(of: transition, direction: direction, pushed: pushed)
        if let approval = approvalLeaf(of: transition) { leaves.append(approval) }
        // A brake waits for nobody else.
        for claim in transition.claims where direction != .brakes {
            let denied = view.deniedClaims.contains(claim)
            leaves.append(.init("claim \(claim)", kind: .claim, verdict: denied ? .unmet : .met))
        }
        #if CONDUCTOR_PLANTED_BUGS
            if PlantedBug.claimIgnored.isPlanted { leaves.removeAll { $0.kind == .claim } }
        #endif
        if transition.onErrorOf == nil { leaves += phaseLeaves() }
        if direction != .brakes { leaves += upkeepLeaves() }
        if let names = transition.within {
            let others = leaves.filter { !$0.isMet }.compactMap(\.earliest)
            leaves.append(calendarLeaf(names, notBefore: others.max() ?? now.wall))
        }
        if direction == .raises {
            leaves.append(confirmationLeaf(of: transition))
        }
        return leaves
    }

    private mutating func conditionLeaves(of transition: Transition) -> [Explanation.Leaf] {
        var leaves: [Explanation.Leaf] = []
        var applied = 0
        for name in transition.when {
            guard let index = machine.conditionIndex[name] else {
                leaves.append(
                    .init(
                        name,
                        kind: .condition,
                        verdict: .unknown(.disabled(reason: "no such condition"))
                    )
                )
                continue
            }
            let condition = machine.conditions[index].condition
            let answer = evaluation.answer(index)
            if answer.verdict != .notApplicable { applied += 1 }
            var leaf = Explanation.Leaf(
                name,
                kind: .condition,
                verdict: counted(index),
                light: light(of: answer),
                title: condition.title,
                owner: condition.owner,
                link: condition.link,
                since: state.verdicts[name]?.since.wall
            )
            if let override = override(of: name), answer.verdict != .notApplicable {
                leaf.overridden = .init(by: override, instead: answer.verdict)
                leaf.note =
                    "overridden by \(override.actor) until \(override.until.wall):"
                    + " \(override.reason)"
                leaves.append(leaf)
                continue
            }
            leaves.append(leaf)
            if let sustained = condition.sustained, answer.verdict != .notApplicable {
                leaves.append(sustainedLeaf(name, lasts: sustained))
            }
        }
        if !transition.when.isEmpty, applied == 0, !transition.manual {
            leaves.append(
                .init(
                    "no condition applies",
                    kind: .condition,
                    verdict: .unmet,
                    note: "a transition needs at least one condition that applies to the track"
                )
            )
        }
        return leaves
    }

    private mutating func clockLeaf(
        _ name: String,
        from start: Stamp,
        lasts span: Span
    ) -> Explanation.Leaf {
        let over = start.advanced(by: span)
        evaluation.wake(at: over.elapsed)
        #if CONDUCTOR_PLANTED_BUGS
            if PlantedBug.dwellForgotten.isPlanted {
                return Explanation.Leaf(name, kind: .clock, verdict: .met)
            }
        #endif
        let isMet = now.elapsed >= over.elapsed
        return Explanation.Leaf(
            name,
            kind: .clock,
            verdict: isMet ? .met : .unmet,
            since: start.wall,
            earliest: over.wall
        )
    }

    /// Counts from the store's own evidence where the stage has it.
    private mutating func dwellLeaf(_ span: Span) -> Explanation.Leaf {
        switch evaluation.liveSince() {
        case .known(let start): return clockLeaf("dwell \(span)", from: start, lasts: span)
        case .unknown(let cause):
            return Explanation.Leaf(
                "dwell \(span)",
                kind: .clock,
                verdict: .unknown(cause),
                note: "nobody knows since when it is live"
            )
        }
    }

    /// Whether the calendars are all open, now or once the other clocks allow the transition.
    private mutating func calendarLeaf(
        _ names: [String],
        notBefore reference: Instant
    ) -> Explanation.Leaf {
        let label = "within \(names.joined(separator: ", "))"
        var calendars: [ReleaseCalendar] = []
        for name in names {
            guard let calendar = view.calendars[name] else {
                let cause = Cause.disabled(reason: "there is no calendar '\(name)'")
                return Explanation.Leaf(label, kind: .clock, verdict: .unknown(cause))
            }
            calendars.append(calendar)
        }
        let isOpen = calendars.allSatisfy { $0.isOpen(at: now.wall) }
        let change =
            isOpen
            ? calendars.compactMap { $0.closing(after: now.wall) }.min()
            : calendars.opening(atOrAfter: now.wall)
        if let change {
            let wait = (change - now.wall).milliseconds
            evaluation.wake(at: now.elapsed.saturatingAdd(wait))
        }
        let opening = calendars.opening(atOrAfter: reference)
        let isMet = reference > now.wall ? opening == reference : isOpen
        return Explanation.Leaf(
            label,
            kind: .clock,
            verdict: isMet ? .met : .unmet,
            earliest: isMet ? nil : opening,
            note: opening == nil ? "it does not open again for years" : nil
        )
    }

    private mutating func sustainedLeaf(_ name: String, lasts span: Span) -> Explanation.Leaf {
        let label = "\(name) for \(span)"
        guard let credit = state.credits[name], credit.pausedAt == nil else {
            return Explanation.Leaf(label, kind: .clock, verdict: .unmet)
        }
        return clockLeaf(label, from: credit.start, lasts: span)
    }

    private mutating func candidateLeaf() -> Explanation.Leaf {
        var missing: String? = rules.candidate == nil ? "candidate" : nil
        for path in candidateFacts {
            guard let index = machine.factIndex[path] else { continue }
            evaluation.wakeWhenStale(evaluation.resolve(index, maxAge: nil))
            if missing == nil, candidateText(path) == nil { missing = path }
        }
        return Explanation.Leaf(
            "candidate",
            kind: .candidate,
            verdict: missing.map { .unknown(.missing(fact: $0)) } ?? .met,
            note: missing.map { "\($0) of the release candidate is not known" }
        )
    }

    /// Looks again when what would be latched can be unknown by the passing of time.
    mutating func wakeWithCandidateFacts() {
        for path in candidateFacts {
            guard let index = machine.factIndex[path] else { continue }
            evaluation.wakeWhenStale(evaluation.resolve(index, maxAge: nil))
        }
    }

    /// The facts that say what the candidate is, as far as they are declared.
    private var candidateFacts: [String] {
        guard let facts = rules.candidate else { return [] }
        return [facts.commit, facts.build, facts.digest].compactMap(\.self)
    }

    private func candidateText(_ path: String) -> String? {
        guard let index = machine.factIndex[path],
            case .known(_, let json) = evaluation.resolve(index, maxAge: nil).standing
        else { return nil }
        return json.stringValue ?? json.intValue.map(String.init)
    }

    /// What the candidate would be if it were latched now; nil while a declared part is not known.
    var candidateNow: Candidate? {
        guard let facts = rules.candidate, candidateFacts.allSatisfy({ candidateText($0) != nil }),
            let commit = candidateText(facts.commit)
        else { return nil }
        return Candidate(
            commit: commit,
            build: facts.build.flatMap(candidateText),
            digest: facts.digest.flatMap(candidateText)
        )
    }

    /// Unknown never raises: guards quiet, reality as believed, clocks trusted, nothing in doubt.
    private mutating func raiseLeaves(of transition: Transition) -> [Explanation.Leaf] {
        var leaves: [Explanation.Leaf] = []
        for guardRule in watchingGuards() {
            let verdict = quiet(guardRule)
            leaves.append(
                Explanation.Leaf(
                    "guard \(guardRule.name)",
                    kind: .guard,
                    verdict: verdict,
                    light: guardVerdict(guardRule) == .met ? .red : nil,
                    note: "must be known, fresh and quiet"
                )
            )
        }
        leaves += destinationGuardLeaves(of: transition)
        if let leaf = driftLeaf() { leaves.append(leaf) }
        if let until = state.raisesBlockedUntil {
            leaves.append(
                .init(
                    "clock was set",
                    kind: .clock,
                    verdict: .unmet,
                    earliest: until.wall,
                    note: "no raise while the wall clock has just been set"
                )
            )
        }
        #if CONDUCTOR_PLANTED_BUGS
            if PlantedBug.clockThatWasSetTrusted.isPlanted {
                leaves.removeAll { $0.name == "clock was set" }
            }
        #endif
        if state.uncertain.contains(where: { $0.intent.direction == .raises }) {
            leaves.append(
                .init(
                    "superseded raise",
                    kind: .phase,
                    verdict: .unmet,
                    note: "an earlier raise may still land"
                )
            )
        }
        return leaves
    }

    /// Belief and reality differ, or nobody knows whether they do.
    private mutating func driftLeaf() -> Explanation.Leaf? {
        #if CONDUCTOR_PLANTED_BUGS
            if PlantedBug.driftIgnored.isPlanted { return nil }
        #endif
        if let drift {
            return .init("drift", kind: .drift, verdict: .unmet, note: "reality shows \(drift)")
        }
        return state.stage.flatMap { unseenRealityLeaf(of: $0) }
    }

    /// What is missing for knowing that reality shows the present stage; nil where it does, or where the
    /// stage does not say what it looks like.
    ///
    /// What was seen before the stage was entered says nothing against it, and nothing for it either.
    private mutating func unseenRealityLeaf(of stage: String) -> Explanation.Leaf? {
        let cause: Cause
        let note: String
        switch evaluation.reality(of: stage) {
        case .met, .notApplicable, nil: return nil
        case .unknown(let unknown):
            cause = unknown
            note = "nobody knows whether reality still shows \(stage)"
        case .unmet:
            // What was not asked since then lacks its second look anyway.
            guard let fact = factSeenBefore(stage), isAskedFromHere(stage) else { return nil }
            cause = .stale(fact: fact)
            note = "what was seen of it is from before \(stage) was entered"
        }
        return .init("drift", kind: .drift, verdict: .unknown(cause), note: note)
    }

    /// Guards that watch the destination and would brake at once; those that do not know yet, for
    /// want of users, wait their turn.
    private mutating func destinationGuardLeaves(
        of transition: Transition
    ) -> [Explanation.Leaf] {
        guard let destination = target(of: transition.to), destination != state.stage else {
            return []
        }
        let here = watchingGuards().map(\.name)
        return (machine.guardsWatching[destination] ?? []).map { rules.guards[$0] }
            .filter { applies($0.platforms) && !here.contains($0.name) }
            .filter { guardVerdict($0, atOnce: true) == .met }
            .map { guardRule in
                Explanation.Leaf(
                    "guard \(guardRule.name)",
                    kind: .guard,
                    verdict: .unmet,
                    light: .red,
                    note: "it watches \(destination), and would brake at once"
                )
            }
    }

    private func peopleLeaves(
        of transition: Transition,
        direction: Direction,
        pushed: Bool
    ) -> [Explanation.Leaf] {
        var leaves: [Explanation.Leaf] = []
        if let push = missingPush(of: transition) {
            leaves.append(
                .init(push.name, kind: .push, verdict: pushed ? .met : .unmet, note: push.note)
            )
        }
        if view.stopped {
            leaves.append(.init("STOP", kind: .stop, verdict: .unmet))
        }
        if direction != .brakes {
            for hold in view.holds {
                leaves.append(
                    Explanation.Leaf(
                        "hold on \(hold.scope)",
                        kind: .hold,
                        verdict: .unmet,
                        owner: hold.actor,
                        since: hold.since,
                        note: hold.reason
                    )
                )
            }
        }
        #if CONDUCTOR_PLANTED_BUGS
            if PlantedBug.holdIgnored.isPlanted { leaves.removeAll { $0.kind == .hold } }
        #endif
        return leaves
    }

    /// The person's part of a transition, if there is one.
    private func missingPush(of transition: Transition) -> (name: String, note: String)? {
        if state.disarmed.contains(transition.name) {
            return (
                "rearm",
                "it was abandoned; rearm arms it again, or one of its conditions turning; advance fires it"
            )
        }
        if leadsOn(transition) {
            switch state.pause?.by {
            #if CONDUCTOR_PLANTED_BUGS
                case .person
                where PlantedBug.resumeUndoesPause.isPlanted && transition.resumeLimit != nil:
                    return nil
            #endif
            case .person(let actor): return ("resume", "paused by \(actor); only a person resumes")
            case .outside, nil: return ("resume", "paused from outside; only a person resumes")
            case .guard where transition.manual: break
            case .guard:
                guard let limit = transition.resumeLimit else {
                    return ("resume", "paused by a guard; no limit says that it resumes by itself")
                }
                return state.resumes < limit
                    ? nil : ("resume", "it has resumed by itself \(limit) times already")
            }
        }
        #if CONDUCTOR_PLANTED_BUGS
            if PlantedBug.manualFiresByItself.isPlanted { return nil }
        #endif
        return transition.manual ? ("push", "a person pushes it: advance") : nil
    }

    /// Whether a transition out of a waiting stage goes on with what was paused, by whatever way.
    private func leadsOn(_ transition: Transition) -> Bool {
        guard let stage = state.stage.flatMap(rules.stage), stage.kind == .waiting else {
            return false
        }
        if machine.direction(of: transition.actions) == .raises { return true }
        guard let to = target(of: transition.to),
            let place = rules.stages.firstIndex(where: { $0.name == to }),
            rules.stages[place].kind == .road
        else { return false }
        let previous = state.pause.flatMap { pause in
            rules.stages.firstIndex { $0.name == pause.previous }
        }
        return place >= previous ?? 0
    }

    private func phaseLeaves() -> [Explanation.Leaf] {
        switch state.phase {
        case .waiting, .finished: return []
        case .entering(let progress):
            return [
                .init(
                    "under way",
                    kind: .phase,
                    verdict: .unmet,
                    since: progress.started.wall,
                    note: "the transition to \(progress.to) is not done yet"
                )
            ]
        case .error(let fault):
            return [
                .init(
                    "error",
                    kind: .phase,
                    verdict: .unmet,
                    light: .red,
                    since: fault.since.wall,
                    note: "\(fault.what): \(fault.remedy)"
                )
            ]
        }
    }

    // MARK: The second look

    private mutating func confirmationLeaf(of transition: Transition) -> Explanation.Leaf {
        for fact in facts(ofRaise: transition) {
            evaluation.wakeWhenStale(evaluation.resolve(fact, maxAge: nil))
        }
        #if CONDUCTOR_PLANTED_BUGS
            if PlantedBug.secondLookForgotten.isPlanted {
                return Explanation.Leaf("second look", kind: .confirmation, verdict: .met)
            }
        #endif
        let isConfirmed: Bool
        if let confirmation = state.confirmation, confirmation.transition == transition.name {
            // Who pushes has looked; without a push, the look must be a fresh one.
            let waitsForPush = missingPush(of: transition) != nil
            if !waitsForPush { evaluation.wake(at: confirmation.expiry.saturatingAdd(1)) }
            isConfirmed =
                (waitsForPush || !confirmation.isOver(at: now))
                && sources(of: transition).allSatisfy {
                    self.isConfirmed(source: $0, after: confirmation.after)
                }
        } else {
            isConfirmed = false
        }
        return Explanation.Leaf(
            "second look",
            kind: .confirmation,
            verdict: isConfirmed ? .met : .unmet,
            note: "before more users get it, its sources are asked once more"
        )
    }

    /// Whether a source has answered a question that was asked after a moment.
    func isConfirmed(source: String, after moment: Int64) -> Bool {
        guard let good = view.readings[source]?.good else { return false }
        return good.fetched.elapsed > moment
    }

    /// The sources whose facts a raise rests on; people answer for themselves.
    ///
    /// Among them are those that show whether the track is still where it is believed to be.
    func sources(of transition: Transition) -> [String] {
        var names = facts(ofRaise: transition)
            // What is unknown carries no verdict; a raise that needs it lacks it anyway.
            .filter { isKnown(fact: $0) }
            .map { rules.facts[$0].source }
            .filter { rules.people[$0] == nil }
        names.sort { $0.precedes($1) }
        var unique: [String] = []
        for name in names where unique.last != name { unique.append(name) }
        return unique
    }

    private func facts(ofRaise transition: Transition) -> [Int] {
        let guards = watchingGuards().flatMap(\.asked)
        let waiting = rules.stages.filter { $0.kind == .waiting }.map(\.name)
        let shown = ([state.stage].compactMap(\.self) + waiting)
            .flatMap { machine.realities[$0]?.facts ?? [] }
        // A raise does not rest on what an override replaces.
        let asked = transition.when.filter { override(of: $0) == nil }
        return machine.facts(ofConditions: asked + guards) + shown
    }

    private func isKnown(fact: Int) -> Bool {
        if case .known = evaluation.resolve(fact, maxAge: nil).standing { true } else { false }
    }

    // MARK: Destinations

    /// The stage that a destination means now; nil for `$previous` when nothing was paused.
    func target(of destination: Destination) -> String? {
        switch destination {
        case .stage(let name): name
        case .previous: state.pause?.previous
        }
    }

    /// The transitions that may lead away from the present stage, in order of priority.
    func transitionsHere() -> [Transition] {
        guard let stage = state.stage else { return [] }
        return (machine.transitionsFrom[stage] ?? []).map { rules.transitions[$0] }
            .filter { applies($0.platforms) && target(of: $0.to) != nil && isOpen($0) }
    }

    /// A road out of an error is there only in the error of its transition.
    private func isOpen(_ transition: Transition) -> Bool {
        guard let failed = transition.onErrorOf else { return true }
        guard case .error(let fault) = state.phase, fault.progress.transition == failed else {
            return false
        }
        switch fault.kind {
        case .refused, .outOfTries, .halfDone: return true
        case .inDoubt: return false
        }
    }

    /// The transitions from here, as the decision records them.
    mutating func candidates() -> [Decision.Candidate] {
        (state.stage == nil ? placings() : explainedTransitions()).map { transition in
            let missing = transition.leaves.filter { !$0.isMet }
            return Decision.Candidate(
                name: transition.name,
                to: transition.to,
                direction: transition.direction,
                manual: transition.manual,
                blockedBy: missing.map { leaf in
                    .init(
                        name: leaf.name,
                        kind: leaf.kind,
                        verdict: leaf.verdict.name,
                        cause: leaf.verdict.cause?.description
                    )
                },
                earliest: missing.isEmpty ? nil : transition.earliest
            )
        }
    }

    /// The transitions from here with all that each needs.
    mutating func explainedTransitions() -> [Explanation.Transition] {
        let known = weighed.flatMap { $0.state == state ? $0.leaves : nil } ?? [:]
        return transitionsHere().map { transition in
            Explanation.Transition(
                name: transition.name,
                to: target(of: transition.to) ?? transition.to.description,
                direction: machine.direction(of: transition.actions),
                manual: transition.manual,
                leaves: known[transition.name] ?? leaves(of: transition, pushed: false)
            )
        }
    }
}

extension Pause {
    /// Whether a destination leads back to where the track was paused.
    func isReturn(_ destination: Destination, previous: String) -> Bool {
        switch destination {
        case .previous: true
        case .stage(let name): name == previous
        }
    }
}

extension Confirmation {
    /// For how long what a second look has seen counts.
    static let validity = Span.minutes(5)

    /// The last moment of the elapsed clock at which it counts.
    var expiry: Int64 { after.saturatingAdd(Self.validity.milliseconds) }

    func isOver(at now: Stamp) -> Bool { now.elapsed > expiry }
}
