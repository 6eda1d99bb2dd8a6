/// One track's turn: takes in what came, lets guards go first, moves what is under way, and decides
/// at most one transition.
///
/// A value that lives for one turn; `Conductor.decide` is its only user.
struct TrackMachine {
    let machine: CompiledMachine
    let view: View
    let moment: Moment
    let before: TrackState
    var state: TrackState
    var evaluation: Evaluation

    /// What stood before this turn's first transition, for a brake that overtakes it.
    var beforeFiring: BeforeFiring?
    var weighed: Weighed?

    // What the turn brings, beside the state.
    var intents: [Intent] = []
    var fired: Decision.Fired?
    var entered: String?
    var withheld: [String] = []
    var drift: String?
    var alerts: [String] = []
    var replies: [CommandReply] = []
    var abandoned: [Decision.Abandoned] = []
    var released: [String] = []
    /// Claims of the transition that lacks its second look alone.
    var wished: [String] = []

    /// A person's wish to move the track to the newest machine, once all else that came in is taken.
    var migration: Command?
    /// Whether the next turn goes by other rules.
    var hasMigrated = false

    init(_ state: TrackState, _ view: View, _ machine: CompiledMachine, _ moment: Moment) {
        self.machine = machine
        self.view = view
        self.moment = moment
        before = state
        self.state = state
        evaluation = Evaluation(machine: machine, state: state, view: view, now: moment.stamp)
    }

    var now: Stamp { moment.stamp }
    var rules: Machine { machine.machine }

    /// Looks at the facts anew, after the state changed what they mean.
    mutating func look() {
        // While nothing of the state has changed, its answers stand.
        guard state != evaluation.state else { return }
        let pending = evaluation.nextChange
        evaluation = Evaluation(machine: machine, state: state, view: view, now: now)
        if let pending { evaluation.wake(at: pending) }
    }

    mutating func turn() -> Turn {
        if moment.wallStepped {
            state.raisesBlockedUntil = now.advanced(by: Self.pauseAfterWallStep)
        }
        if let until = state.raisesBlockedUntil, now.elapsed >= until.elapsed {
            state.raisesBlockedUntil = nil
        }
        if let until = state.raisesBlockedUntil { evaluation.wake(at: until.elapsed) }
        if let restored = view.restored { noteRestore(at: restored) }
        for input in view.inputs { take(input) }
        if let migration { migrate(migration) }
        if hasMigrated { return finish() }
        if !state.retired {
            look()
            place()
            settleIn()
            look()
            keepPermissions()
            keepCredits()
            watchGuards()
            compareWithReality()
            probeOpenActions()
            moveOn()
            leaveError()
            decideTransition()
            retireWhenOver()
        }
        drainOutbox()
        settleRestore()
        look()
        callForHelp()
        return finish()
    }

    /// No raise for this long after the wall clock was set.
    static let pauseAfterWallStep = Span.minutes(5)

    // MARK: Under way

    /// Moves the transition under way by what is due, and enters its stage when all is done.
    mutating func moveOn() {
        guard case .entering(var progress) = state.phase else { return }
        while let place = progress.intents.firstIndex(where: { $0.intent.blocking && !$0.isDone }) {
            // What was decided and never sent is asked again like what is about to start.
            var asked = progress
            if let attempt = asked.intents[place].openAttempt, !view.begun.contains(attempt) {
                asked.intents[place].recall()
            }
            if asked.intents[place].isAboutToStart(at: now)
                || asked.intents[place].isExpired(at: now),
                let obstacle = obstacle(before: asked, at: place)
            {
                progress = asked
                switch obstacle {
                case .wait:
                    if let wake = progress.intents[place].expiryAhead { evaluation.wake(at: wake) }
                case .withdraw:
                    releaseClaims(of: progress)
                    state.phase = .waiting
                    state.confirmation = nil
                    forgetCandidateBeforeItsStage()
                    return
                case .halfDone(let reason):
                    state.phase = .error(
                        fault(.halfDone, reason, "retry, or abandon --stay or --as-done", progress)
                    )
                    return
                }
                state.phase = .entering(progress)
                return
            }
            let intent = progress.intents[place].intent
            let mayStart = mayStart(intent, of: progress)
            let changed = progress.intents[place].advance(at: now, mayStart: mayStart)
            if let wake = progress.intents[place].wakeAt { evaluation.wake(at: wake) }
            if let wake = progress.intents[place].expiryAhead { evaluation.wake(at: wake) }
            switch progress.intents[place].status {
            case .failed(let reason, let remedy):
                let kind: Fault.Kind =
                    progress.intents[place].hasGivenUp ? .outOfTries : .refused
                state.phase = .error(
                    fault(
                        kind,
                        "\(intent.action): \(reason)",
                        remedy ?? "mend the cause, then retry; or abandon",
                        progress
                    )
                )
                return
            case .inDoubt(let reason):
                state.phase = .error(
                    fault(
                        .inDoubt,
                        "\(intent.action): \(reason)",
                        "look whether it happened, then resolve \(intent.key) --done or --not-done",
                        progress
                    )
                )
                return
            case .abandoned:
                preconditionFailure("An abandoned action stands in a transition under way.")
            case .done:
                continue
            case .pending, .sent, .backoff, .quiet, .probing, .probeAgain:
                if !changed { break }
            }
            state.phase = .entering(progress)
            return
        }
        enter(progress)
    }

    private enum Obstacle {
        case wait
        case withdraw
        case halfDone(String)
    }

    /// What keeps the next action of a transition from starting.
    private mutating func obstacle(before progress: Progress, at place: Int) -> Obstacle? {
        let intent = progress.intents[place].intent
        #if CONDUCTOR_PLANTED_BUGS
            if PlantedBug.revalidationForgotten.isPlanted {
                return mayStart(intent, of: progress) ? nil : .wait
            }
        #endif
        if progress.intents[place].isExpired(at: now) {
            return progress.intents.contains(where: \.mayHaveLanded)
                ? .halfDone("\(intent.action) expired before it began") : .withdraw
        }
        let isRevisited: Bool =
            switch progress.cause {
            case .rule: true
            case .person: !leadsAside(progress)
            case .guard, .adoption: false
            }
        guard isRevisited,
            let transition = rules.transitions.first(where: { $0.name == progress.transition })
        else {
            return mayStart(intent, of: progress) ? nil : .wait
        }
        let verdicts = transition.when.compactMap { machine.conditionIndex[$0] }
            .map { counted($0) }
        if verdicts.contains(.unmet) {
            return progress.intents.contains(where: \.mayHaveLanded)
                ? .halfDone("its conditions do not hold any more") : .withdraw
        }
        guard mayStart(intent, of: progress) else { return .wait }
        // Unknown never raises, between two actions and before a further try neither.
        guard intent.direction == .raises else { return nil }
        let isUnknown = verdicts.contains { $0.cause != nil }
        let isNoisy = watchingGuards().contains { guardRule in
            switch quiet(guardRule) {
            case .met, .notApplicable: false
            case .unmet, .unknown: true
            }
        }
        return isUnknown || isNoisy ? .wait : nil
    }

    /// STOP lets nothing start, a hold lets brakes through.
    func mayStart(_ intent: Intent, of progress: Progress) -> Bool {
        if view.stopped || view.shadow { return false }
        #if CONDUCTOR_PLANTED_BUGS
            if PlantedBug.heldActionsStart.isPlanted { return true }
        #endif
        if intent.direction == .brakes || leadsAside(progress) { return true }
        return view.holds.isEmpty && !onlyBrakesStart
    }

    func fault(
        _ kind: Fault.Kind,
        _ what: String,
        _ remedy: String,
        _ progress: Progress
    ) -> Fault {
        Fault(kind: kind, what: what, remedy: remedy, since: now, progress: progress)
    }

    /// Enters the stage of a transition whose blocking actions are all done.
    mutating func enter(_ progress: Progress) {
        let left = state.stage
        guard let stage = rules.stage(progress.to) else {
            preconditionFailure("The machine was checked: '\(progress.to)' is a stage.")
        }
        state.outbox += progress.intents.filter { !$0.intent.blocking && !$0.isOver }
        state.stage = stage.name
        #if CONDUCTOR_PLANTED_BUGS
            let entry = state.since
        #endif
        state.since = entryMoment(of: stage, by: progress.cause)
        #if CONDUCTOR_PLANTED_BUGS
            if PlantedBug.dwellNotReset.isPlanted, state.pause != nil { state.since = entry }
        #endif
        state.confirmation = nil
        state.disarmed = []
        state.approvals = []
        state.phase = stage.terminal || stage.monitor != nil ? .finished : .waiting
        if stage.kind == .waiting {
            let by: Pause.By =
                switch progress.cause {
                case .guard(let name): .guard(name: name)
                case .person(let actor): .person(actor: actor)
                case .adoption: .outside
                case .rule: .guard(name: progress.transition)
                }
            state.pause = Pause(by: by, previous: state.pause?.previous ?? left ?? stage.name)
        } else {
            state.pause = nil
        }
        forgetCandidateBeforeItsStage()
        entered = stage.name
        look()
    }

    /// Before the stage that latches it there is no candidate.
    mutating func forgetCandidateBeforeItsStage() {
        guard let latch = rules.stages.firstIndex(where: \.latchesCandidate),
            let place = rules.stages.firstIndex(where: { $0.name == state.stage }),
            rules.stages[place].kind == .road, place < latch
        else { return }
        state.candidate = nil
    }

    /// Whether a track in a stage has a candidate: from the one that latches it on, and beside the
    /// road.
    private func hasCandidate(_ stage: Stage) -> Bool {
        guard let latch = rules.stages.firstIndex(where: \.latchesCandidate),
            let place = rules.stages.firstIndex(where: { $0.name == stage.name })
        else { return false }
        return place >= latch || stage.kind == .waiting
    }

    /// A track that was registered in flight takes up what its stage means.
    private mutating func settleIn() {
        guard state.step == 0, let stage = state.stage.flatMap(rules.stage) else { return }
        switch state.phase {
        case .waiting, .finished: break
        case .entering, .error: return
        }
        if stage.terminal || stage.monitor != nil { state.phase = .finished }
        if state.candidate == nil, hasCandidate(stage) { state.candidate = candidateNow }
        guard stage.kind == .waiting, state.pause == nil else { return }
        // Where it was nobody says; the first stage from which one gets here is the careful answer.
        let ways =
            rules.transitions.filter { $0.to == .stage(stage.name) }.map(\.from)
            + rules.guards.filter { $0.to == .stage(stage.name) }.flatMap(\.watch)
        if let first = rules.stages.first(where: { $0.kind == .road && ways.contains($0.name) }) {
            state.pause = Pause(by: .outside, previous: first.name)
        }
    }

    /// Non-blocking actions drain by themselves; neither hold nor STOP silences neutral ones.
    mutating func drainOutbox() {
        dropOutdated()
        for place in state.outbox.indices {
            let direction = state.outbox[place].intent.direction
            let mayStart =
                !view.shadow
                && ((direction == .neutral && !onlyBrakesStart)
                    || (direction == .brakes && !view.stopped))
                && !waitsForOlder(place)
            if !mayStart, let attempt = state.outbox[place].openAttempt,
                !view.begun.contains(attempt)
            {
                state.outbox[place].recall()
            }
            _ = state.outbox[place].advance(at: now, mayStart: mayStart)
            if let wake = state.outbox[place].wakeAt { evaluation.wake(at: wake) }
            switch state.outbox[place].status {
            case .failed(let reason, _):
                alerts.append("\(state.outbox[place].intent.action) was not sent: \(reason)")
            case .inDoubt(let reason):
                alerts.append("\(state.outbox[place].intent.action) is in doubt: \(reason)")
            case .pending, .sent, .backoff, .quiet, .probing, .probeAgain, .done, .abandoned:
                break
            }
        }
        // What is in doubt waits for a person's testimony.
        state.outbox.removeAll { $0.isOver && !$0.isUnsettled }
        settleUncertain()
    }

    /// A raise that a brake superseded is probed; if it landed, the brake is sent again, once the
    /// first one is through.
    ///
    /// What is neutral and was given up needs no brake; that it landed is told.
    private mutating func settleUncertain() {
        var kept: [IntentProgress] = []
        for var open in state.uncertain {
            open.giveUpWaiting(at: now)
            _ = open.advance(at: now, mayStart: false)
            let isSettled: Bool
            switch open.status {
            case .done, .inDoubt: isSettled = true
            case .backoff, .failed, .abandoned, .pending: isSettled = true
            case .sent, .quiet, .probing, .probeAgain: isSettled = false
            }
            if isSettled, !open.mayHaveLanded { continue }
            guard isSettled, !isUnderWay else {
                if let wake = open.wakeAt ?? open.silentUntil { evaluation.wake(at: wake) }
                kept.append(open)
                continue
            }
            guard open.intent.direction == .raises else {
                alerts.append(
                    open.isDone
                        ? "\(open.intent.key) landed after it was given up"
                        : "\(open.intent.key) may have landed after it was given up: \(open.words)"
                )
                continue
            }
            if !open.isDone {
                alerts.append("\(open.intent.key) may have landed after the brake: \(open.words)")
            }
            sendBrakeAgain(after: open.intent)
        }
        state.uncertain = kept
    }

    private var isUnderWay: Bool {
        switch state.phase {
        case .entering, .error: true
        case .waiting, .finished: false
        }
    }

    /// Sends the brake that leads to the present stage once more; without one, people are told.
    private mutating func sendBrakeAgain(after raise: Intent) {
        // From a waiting stage, what counts is where the track was paused.
        let origins = [state.pause?.previous, raise.from].compactMap(\.self)
        var again: [Intent] = []
        if let stage = state.stage {
            for origin in origins where again.isEmpty {
                guard let actions = brake(from: origin, to: stage) else { continue }
                again = makeIntents(actions, transition: "again", to: stage, again: raise)
                    .filter { $0.direction == .brakes }
            }
        }
        guard !again.isEmpty else {
            alerts.append("\(raise.key) landed after it was superseded, and nothing can brake it")
            return
        }
        intents += again
        state.outbox += again.map { IntentProgress(intent: $0) }
        drainBrakes()
    }

    /// The actions of the brake that led, or could have led, from one stage to another.
    private func brake(from: String, to: String) -> [ActionUse]? {
        if case .guard(let name) = state.pause?.by,
            let guardRule = rules.guards.first(where: { $0.name == name })
        {
            return guardRule.actions
        }
        let transition = rules.transitions.first { transition in
            transition.from == from && transition.to == .stage(to)
                && applies(transition.platforms)
                && machine.direction(of: transition.actions) == .brakes
        }
        if let transition { return transition.actions }
        return rules.guards.first { guardRule in
            guardRule.to == .stage(to) && applies(guardRule.platforms)
                && guardRule.watch.contains(from)
        }?.actions
    }

    private mutating func drainBrakes() {
        for place in state.outbox.indices where state.outbox[place].intent.direction == .brakes {
            _ = state.outbox[place].advance(at: now, mayStart: !view.stopped)
        }
    }

    /// A finished track is watched until its monitoring is over, or a newer version has followed.
    private mutating func retireWhenOver() {
        guard case .finished = state.phase, let name = state.stage, let stage = rules.stage(name)
        else { return }
        let over = state.since.advanced(by: stage.monitor ?? .zero).elapsed
        let isOver = now.elapsed >= over || view.successor != nil
        if isOver, state.outbox.allSatisfy({ $0.isOver && $0.isUnsettled }),
            state.uncertain.isEmpty
        {
            state.retired = true
        } else {
            evaluation.wake(at: over)
        }
    }

    // MARK: The end of a turn

    /// A brake that cannot be done is everybody's business.
    private mutating func callForHelp() {
        guard case .error(let fault) = state.phase, fault.progress.direction == .brakes else {
            return
        }
        alerts.append("the brake \(fault.progress.transition) is not done: \(fault.what)")
    }

    private mutating func finish() -> Turn {
        let verdicts = recordVerdicts()
        let transitions = state.retired ? [] : candidates()
        let light = light(verdicts: verdicts, transitions: transitions)
        if state != before { state.revision += 1 }
        #if CONDUCTOR_PLANTED_BUGS
            if PlantedBug.sameWrittenAgain.isPlanted, state == before { state.revision += 1 }
        #endif
        let decision = Decision(
            track: state.track,
            machine: machine.digest,
            stage: state.stage,
            phase: state.phase.name,
            light: light,
            verdicts: verdicts,
            transitions: transitions,
            fired: fired,
            entered: entered,
            withheld: withheld,
            drift: drift,
            alerts: alerts,
            replies: replies,
            abandoned: abandoned,
            released: released
        )
        let isSettled = state == before && fired == nil && replies.isEmpty
        return Turn(
            decision: decision,
            state: state,
            intents: intents,
            effects: outstanding,
            refetch: refetch,
            wished: wished,
            wakeAt: isSettled ? evaluation.nextChange : now.elapsed
        )
    }

    /// The sources that a second look must ask again.
    private var refetch: [String] {
        guard let confirmation = state.confirmation,
            let transition = rules.transitions.first(where: { $0.name == confirmation.transition })
        else { return [] }
        return sources(of: transition).filter {
            !isConfirmed(source: $0, after: confirmation.after)
        }
    }

    private var outstanding: [Effect] {
        var open = state.outbox
        switch state.phase {
        case .entering(let progress): open = progress.intents.filter(\.intent.blocking) + open
        case .waiting, .error, .finished: break
        }
        // A superseded raise is looked at, never performed: what was not sent is never sent.
        let probes = state.uncertain.compactMap(\.effect).filter { effect in
            switch effect {
            case .perform: false
            case .probe: true
            }
        }
        return open.compactMap(\.effect) + probes
    }

    /// Every condition's verdict with its light, and since when it has been so.
    private mutating func recordVerdicts() -> [Decision.ConditionVerdict] {
        guard state.stage != nil, !state.retired else { return [] }
        var verdicts: [Decision.ConditionVerdict] = []
        for (index, compiled) in machine.conditions.enumerated() {
            let name = compiled.condition.name
            let answer = evaluation.answer(index)
            let since = note(answer.verdict, as: name)
            verdicts.append(
                .init(
                    name: name,
                    verdict: answer.verdict,
                    light: light(of: answer),
                    since: since.wall
                )
            )
        }
        return verdicts
    }

    /// Remembers since when something has had its verdict.
    mutating func note(_ verdict: Verdict, as name: String) -> Stamp {
        if let known = state.verdicts[name], known.verdict == verdict.name { return known.since }
        state.verdicts[name] = VerdictSince(verdict: verdict.name, since: now)
        return now
    }

    func light(of answer: Evaluation.Answer) -> Light {
        answer.alarm ? .red : Explanation.Leaf.light(of: answer.verdict)
    }

    /// The track's light: of what the road onward needs, and of the guards that watch.
    private mutating func light(
        verdicts: [Decision.ConditionVerdict],
        transitions: [Decision.Candidate]
    ) -> Light {
        switch state.phase {
        case .error: return .red
        case .waiting, .entering, .finished: break
        }
        guard !state.retired else { return .grey }
        guard let stage = state.stage else { return placingLight() }
        var lights: [Light] = alerts.isEmpty ? [] : [.red]
        if rules.stage(stage)?.kind != .road { lights.append(.yellow) }
        var needed: Set<String> = []
        for place in machine.transitionsFrom[stage] ?? [] {
            let transition = rules.transitions[place]
            guard applies(transition.platforms), isRoad(transition.to) else { continue }
            needed.formUnion(transition.when)
        }
        lights += verdicts.filter { needed.contains($0.name) }.map(\.light)
        for guardRule in watchingGuards() {
            switch guardVerdict(guardRule) {
            case .met: lights.append(.red)
            case .unmet: lights.append(.green)
            case .unknown: lights.append(.unknown)
            case .notApplicable: continue
            }
        }
        if drift != nil { lights.append(.yellow) }
        if !transitions.isEmpty, lights.allSatisfy({ $0 == .green || $0 == .grey }),
            transitions.contains(where: { !$0.manual && !$0.blockedBy.isEmpty })
        {
            lights.append(.yellow)
        }
        let worst = Light.worst(lights)
        return worst == .grey ? .green : worst
    }

    /// Whether a destination lies ahead on the road, not beside it and not behind.
    func isRoad(_ destination: Destination) -> Bool {
        switch destination {
        case .previous: return false
        case .stage(let name):
            guard let to = rules.stages.firstIndex(where: { $0.name == name }),
                let from = rules.stages.firstIndex(where: { $0.name == state.stage })
            else { return false }
            return rules.stages[to].kind == .road && to > from
        }
    }

    func applies(_ platforms: [String]) -> Bool {
        platforms.isEmpty || platforms.contains(state.track.platform)
    }
}
