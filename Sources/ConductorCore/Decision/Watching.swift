// Guards, sustained credit and reality: what is watched whatever else goes on.

extension TrackMachine {
    /// The guards that watch the present stage on this platform.
    func watchingGuards() -> [Guard] {
        guard let stage = state.stage else { return [] }
        return (machine.guardsWatching[stage] ?? []).map { rules.guards[$0] }
            .filter { applies($0.platforms) }
    }

    /// Whether a guard's conditions are all met.
    ///
    /// `atOnce`: count a condition as met before it is sustained.
    mutating func guardVerdict(_ guardRule: Guard, atOnce: Bool = false) -> Verdict {
        if isExcused(guardRule) { return .unmet }
        var unknown: Cause?
        var applied = 0
        for name in guardRule.when {
            guard let index = machine.conditionIndex[name] else {
                return .unknown(.disabled(reason: "no such condition"))
            }
            switch evaluation.answer(index).verdict {
            case .unmet: return .unmet
            case .notApplicable: continue
            case .unknown(let cause):
                applied += 1
                unknown = unknown ?? cause
            case .met:
                applied += 1
                if !atOnce, let sustained = machine.conditions[index].condition.sustained,
                    !isSustained(name, for: sustained)
                {
                    return .unmet
                }
            }
        }
        if let unknown { return .unknown(unknown) }
        return applied > 0 ? .met : .notApplicable
    }

    /// Whether what excuses a guard is all met; an override excuses nothing.
    mutating func isExcused(_ guardRule: Guard) -> Bool {
        guard !guardRule.unless.isEmpty else { return false }
        return guardRule.unless.allSatisfy { name in
            guard let index = machine.conditionIndex[name] else { return false }
            return evaluation.answer(index).verdict == .met
        }
    }

    /// Whether a guard is surely quiet, by evidence from this stage; what a raise needs.
    mutating func quiet(_ guardRule: Guard) -> Verdict {
        // Its conditions hold, which the raise asks for itself.
        if isExcused(guardRule) { return .met }
        // A spike that has only begun is no quiet.
        switch guardVerdict(guardRule, atOnce: true) {
        case .met: return .unmet
        case .unknown(let cause):
            #if CONDUCTOR_PLANTED_BUGS
                if PlantedBug.blindGuardIsQuiet.isPlanted { return .met }
            #endif
            return .unknown(cause)
        case .notApplicable: return .notApplicable
        case .unmet: break
        }
        #if CONDUCTOR_PLANTED_BUGS
            if PlantedBug.quietWithoutEvidence.isPlanted { return .met }
        #endif
        let start: Int64
        switch evaluation.liveSince() {
        case .known(let live): start = live.elapsed
        case .unknown(let cause): return .unknown(cause)
        }
        for fact in machine.facts(ofConditions: guardRule.when) {
            let resolved = evaluation.resolve(fact, maxAge: nil)
            // A fact whose value did not matter for "unmet" needs no evidence.
            guard case .known = resolved.standing else { continue }
            if let origin = resolved.origin, origin < start {
                return .unknown(.stale(fact: rules.facts[fact].path))
            }
        }
        return .met
    }

    private mutating func isSustained(_ name: String, for span: Span) -> Bool {
        guard let credit = state.credits[name], credit.pausedAt == nil else { return false }
        let over = credit.start.advanced(by: span).elapsed
        evaluation.wake(at: over)
        return now.elapsed >= over
    }

    /// Moves the credit of sustained conditions on.
    mutating func keepCredits() {
        for (index, compiled) in machine.conditions.enumerated() {
            guard let sustained = compiled.condition.sustained else { continue }
            let name = compiled.condition.name
            let answer = evaluation.answer(index)
            switch answer.verdict {
            case .unmet, .notApplicable:
                #if CONDUCTOR_PLANTED_BUGS
                    if PlantedBug.creditNotReset.isPlanted, state.credits[name] != nil { continue }
                #endif
                state.credits[name] = nil
            case .unknown:
                guard var credit = state.credits[name] else { continue }
                // The validity interval may have ended before anyone looked.
                let paused = credit.pausedAt ?? min(answer.expired ?? now.elapsed, now.elapsed)
                credit.pausedAt = max(paused, credit.start.elapsed)
                let limit = paused.saturatingAdd(sustained.milliseconds)
                if now.elapsed > limit {
                    state.credits[name] = nil
                } else {
                    evaluation.wake(at: limit.saturatingAdd(1))
                    state.credits[name] = credit
                }
            case .met:
                guard var credit = state.credits[name] else {
                    state.credits[name] = Credit(start: now)
                    continue
                }
                guard let paused = credit.pausedAt else { continue }
                #if CONDUCTOR_PLANTED_BUGS
                    if PlantedBug.creditForDowntime.isPlanted {
                        credit.pausedAt = nil
                        state.credits[name] = credit
                        continue
                    }
                #endif
                let gap = Span(milliseconds: max(0, now.elapsed - paused))
                credit.start = gap > sustained ? now : credit.start.advanced(by: gap)
                credit.pausedAt = nil
                state.credits[name] = credit
            }
        }
    }

    /// Fires the first guard that is met, ahead of all else.
    mutating func watchGuards() {
        for guardRule in watchingGuards() {
            let verdict = guardVerdict(guardRule)
            let since = note(verdict, as: "guard \(guardRule.name)")
            if case .unknown(let cause) = verdict, let limit = guardRule.blindAfter {
                // What was not seen in an earlier stay does not count here.
                let blind = max(since.elapsed, state.since.elapsed)
                    .saturatingAdd(limit.milliseconds)
                if now.elapsed >= blind {
                    alerts.append("guard \(guardRule.name) is blind: \(cause)")
                } else {
                    evaluation.wake(at: blind)
                }
            }
            guard verdict == .met, let to = target(of: guardRule.to), to != state.stage,
                !isBraking
            else { continue }
            // One transition a turn; the next turn comes at once.
            guard entered == nil else { continue }
            #if CONDUCTOR_PLANTED_BUGS
                if PlantedBug.guardStopsAtHold.isPlanted, !view.holds.isEmpty { continue }
                if PlantedBug.guardWaitsForQuietPeriod.isPlanted, case .entering = state.phase {
                    continue
                }
            #endif
            if state.disarmed.contains(guardRule.name) {
                alerts.append("guard \(guardRule.name) is met, and its brake was abandoned")
                continue
            }
            if view.stopped {
                withheld.append("guard \(guardRule.name) -> \(to)")
                alerts.append("guard \(guardRule.name) is met, and STOP holds its brake back")
                continue
            }
            if view.shadow {
                withheld.append("guard \(guardRule.name) -> \(to)")
                continue
            }
            if fired != nil { takeBack() }
            supersede()
            fire(
                guardRule.name,
                to: to,
                actions: guardRule.actions,
                claims: [],
                cause: .guard(name: guardRule.name)
            )
            return
        }
    }

    /// Whether a brake is under way already, or one has failed and waits for a person.
    ///
    /// A neutral step aside is none: it takes nothing from anybody while it is stuck.
    private var isBraking: Bool {
        let progress: Progress
        switch state.phase {
        case .waiting, .finished: return false
        case .entering(let current): progress = current
        case .error(let fault): progress = fault.progress
        }
        if case .guard = progress.cause { return true }
        return progress.direction == .brakes
    }

    /// Whether a transition is a guard's, or leads to a stage beside the road.
    func leadsAside(_ progress: Progress) -> Bool {
        if case .guard = progress.cause { return true }
        return rules.stage(progress.to)?.kind != .road
    }

    /// Gives up the transition under way in favour of a brake: what is not sent is never sent, and
    /// what may have landed is watched.
    ///
    /// `keepingDone`: no brake follows, so that a raise which has landed needs one too.
    mutating func supersede(keepingDone: Bool = false) {
        let progress: Progress
        switch state.phase {
        case .waiting, .finished: return
        case .entering(let current): progress = current
        case .error(let fault): progress = fault.progress
        }
        #if CONDUCTOR_PLANTED_BUGS
            if PlantedBug.uncertainRaiseForgotten.isPlanted {
                state.phase = .waiting
                return
            }
        #endif
        releaseClaims(of: progress)
        state.uncertain += progress.intents.filter { open in
            switch open.intent.direction {
            case .raises: open.mayHaveLanded && (keepingDone || !open.isDone)
            case .neutral: open.mayHaveLanded && !open.isDone
            case .brakes: false
            }
        }.map { open in
            guard case .inDoubt(let reason) = open.status, open.intent.actionClass.isProbed else {
                return open
            }
            var probed = open
            probed.status = .quiet(until: now.elapsed, reason: reason)
            return probed
        }
        state.phase = restingPhase
        state.confirmation = nil
        forgetCandidateBeforeItsStage()
    }

    // MARK: Belief and reality

    /// Compares the stage with what the world looks like, and adopts what may be adopted.
    mutating func compareWithReality() {
        guard let stage = state.stage, fired == nil else { return }
        #if CONDUCTOR_PLANTED_BUGS
            if PlantedBug.driftIgnored.isPlanted { return }
        #endif
        switch state.phase {
        case .entering, .error: return
        case .waiting, .finished: break
        }
        guard evaluation.reality(of: stage) != .met else { return }
        let others = rules.stages.filter { other in
            other.name != stage && evaluation.reality(of: other.name) == .met
                && hasEvidenceFromHere(other.name)
        }
        if let paused = others.first(where: { $0.kind == .waiting }) {
            adopt(paused.name, reason: "reality shows \(paused.name)")
            return
        }
        if view.shadow, let ahead = others.last(where: { isRoad(.stage($0.name)) }) {
            adopt(ahead.name, reason: "reality shows \(ahead.name)")
            return
        }
        let followed = transitionsHere().filter { $0.adopts == true }
            .compactMap { target(of: $0.to) }
        if let shown = others.first(where: { followed.contains($0.name) }) {
            adopt(shown.name, reason: "reality shows \(shown.name)")
            return
        }
        guard evaluation.reality(of: stage) == .unmet else { return }
        drift = others.first?.name ?? (hasEvidenceFromHere(stage) ? "no stage" : nil)
    }

    /// Whether the facts that show a stage were seen since the present one was entered.
    private func hasEvidenceFromHere(_ stage: String) -> Bool {
        machine.realities[stage] != nil && factSeenBefore(stage) == nil
    }

    /// The first fact among those that show a stage that was not seen since the present one was entered.
    func factSeenBefore(_ stage: String) -> String? {
        guard let expression = machine.realities[stage] else { return nil }
        let unseen = expression.facts.first { fact in
            evaluation.resolve(fact, maxAge: nil).origin.map { $0 < state.since.elapsed } ?? true
        }
        return unseen.map { rules.facts[$0].path }
    }

    /// Whether the sources that show a stage have answered since the present one was entered.
    func isAskedFromHere(_ stage: String) -> Bool {
        machine.realities[stage]?.facts.allSatisfy { fact in
            evaluation.resolve(fact, maxAge: nil).fetched.map {
                $0.elapsed >= state.since.elapsed
            } ?? false
        } ?? false
    }

    private mutating func adopt(_ stage: String, reason: String) {
        adopt(stage, cause: .adoption(reason: reason))
    }

    /// Enters a stage that reality shows, performing nothing.
    mutating func adopt(_ stage: String, cause: Progress.Cause) {
        state.step += 1
        fired = Decision.Fired(
            name: "adopt \(stage)",
            from: state.stage ?? "",
            to: stage,
            direction: .neutral,
            cause: cause,
            keys: [],
            claims: []
        )
        enter(
            Progress(
                transition: "adopt \(stage)",
                to: stage,
                direction: .neutral,
                cause: cause,
                started: now,
                intents: []
            )
        )
    }
}
