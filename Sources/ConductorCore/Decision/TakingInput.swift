// What came in since the last turn: answers of backends, and what people ask.

extension TrackMachine {
    mutating func take(_ input: TrackInput) {
        switch input {
        case .outcome(let record, let begun): take(record, begun: begun)
        case .command(let record, let liftedHold): take(record, liftedHold: liftedHold)
        }
    }

    /// An answer to an attempt that is not open any more changes nothing.
    private mutating func take(_ record: Entry.OutcomeRecord, begun: Stamp?) {
        if case .entering(var progress) = state.phase {
            for place in progress.intents.indices
            where progress.intents[place].take(record, begun: begun, at: now) {
                state.phase = .entering(progress)
                return
            }
        }
        for place in state.outbox.indices {
            var open = state.outbox[place]
            guard open.take(record, begun: begun, at: now) else { continue }
            state.outbox[place] = open
            return
        }
        for place in state.uncertain.indices {
            var open = state.uncertain[place]
            guard open.take(record, begun: begun, at: now) else { continue }
            state.uncertain[place] = open
            return
        }
    }

    // MARK: Commands

    /// A push is never remembered: what could not be decided for this long was asked of another
    /// world.
    static let patience = Span.seconds(10)

    private mutating func take(_ record: Entry.CommandRecord, liftedHold: Bool) {
        let command = record.command
        let changesTheRoad = command.request.changesTheRoad || raises(command, liftedHold)
        #if CONDUCTOR_PLANTED_BUGS
            let patience =
                PlantedBug.lateClickAccepted.isPlanted ? Span.days(100) : Self.patience
            let based = PlantedBug.staleClickAccepted.isPlanted ? nil : command.basedOn
        #else
            let patience = Self.patience
            let based = command.basedOn
        #endif
        if changesTheRoad,
            now.elapsed.saturatingSubtract(record.at.elapsed) > patience.milliseconds
        {
            return refuse(command, "it came too late to be decided: ask again")
        }
        if let based, changesTheRoad, based != before.revision {
            refuse(
                command,
                "the track has moved on: it is at revision \(before.revision), you looked at \(based)"
            )
            return
        }
        switch command.request {
        case .add(let stage, let since): add(command, at: stage, since: since)
        case .register:
            accept(command, "registered; it is placed where reality shows it, or by a person")
        case .hold:
            accept(command, "held; brakes still go through")
        case .stop:
            accept(command, "STOP: nothing starts until it is lifted")
        case .liftStop:
            accept(command, "STOP is lifted")
        case .resume:
            guard liftedHold else { return resume(command) }
            accept(
                command,
                state.pause == nil
                    ? "the hold is lifted"
                    : "the hold is lifted; the track is still paused, resume again to go on"
            )
        case .advance(let to): advance(command, to: to)
        case .pause: brake(command, to: .waiting)
        case .cancel: brake(command, to: .error)
        case .retry: retry(command)
        case .abandon(let how): abandon(command, how)
        case .signoff(let what, let verdict):
            signOff(command, what, verdict, at: record.at.wall)
        case .resolve(let key, let done): resolve(command, key: key, done: done)
        case .override(let condition, let term):
            override(command, condition, term, at: record.at)
        case .approve(let transition): approve(command, transition, at: record.at.wall)
        case .rearm(let transition): rearm(command, transition)
        case .migrate: migration = command
        }
    }

    /// Whether it resumes a track; lifting a hold alone moves nothing.
    private func raises(_ command: Command, _ liftedHold: Bool) -> Bool {
        if case .resume = command.request { !liftedHold } else { false }
    }

    mutating func accept(_ command: Command, _ message: String) {
        replies.append(CommandReply(id: command.id, accepted: true, message: message))
    }

    mutating func refuse(_ command: Command, _ message: String, unmet: [String] = []) {
        replies.append(
            CommandReply(id: command.id, accepted: false, message: message, unmet: unmet)
        )
    }

    /// A track was registered in a stage; one that was registered without is placed.
    private mutating func add(_ command: Command, at name: String?, since: Instant?) {
        if state.stage == nil, let stage = name.flatMap(rules.stage) {
            let cause = Progress.Cause.person(actor: command.actor)
            place(at: stage, since: since.map(evaluation.stamp), cause: cause)
        }
        accept(command, "registered at \(state.stage ?? "no stage")")
    }

    private mutating func advance(_ command: Command, to wanted: String?) {
        let choices = transitionsHere().filter { transition in
            wanted.map { target(of: transition.to) == $0 } ?? isRoad(transition.to)
        }
        guard let transition = readiest(choices) else {
            let ways = transitionsHere().compactMap { target(of: $0.to) }
            refuse(
                command,
                "no transition leads from \(state.stage ?? "nowhere") to \(wanted ?? "the next stage")"
                    + (ways.isEmpty ? "" : "; there is \(ways.joined(separator: ", "))")
            )
            return
        }
        push(command, transition)
    }

    private mutating func resume(_ command: Command) {
        guard let pause = state.pause else {
            return refuse(command, "nothing is held or paused here")
        }
        let ways = transitionsHere().filter { pause.isReturn($0.to, previous: pause.previous) }
        guard let back = readiest(ways) else {
            return refuse(command, "no transition leads back to \(pause.previous)")
        }
        push(command, back)
    }

    /// Of several ways to one place, the first that lacks nothing but the push; else one that is
    /// meant to be pushed.
    private mutating func readiest(_ ways: [Transition]) -> Transition? {
        guard ways.count > 1, fired == nil else { return ways.first }
        look()
        let ready = ways.first { leaves(of: $0, pushed: true).allSatisfy(\.isMet) }
        return ready ?? ways.first(where: \.manual) ?? ways.first
    }

    /// Fires a transition now, or says what is not met.
    ///
    /// A push is never remembered.
    private mutating func push(_ command: Command, _ transition: Transition) {
        guard fired == nil else {
            return refuse(command, "another transition was decided a moment ago; look again")
        }
        look()
        keepCredits()
        compareWithReality()
        if fired != nil {
            return refuse(command, "reality has just moved the track to \(state.stage ?? "?")")
        }
        if let drift, drift == target(of: transition.to), !view.shadow {
            adopt(drift, cause: .person(actor: command.actor))
            self.drift = nil
            accept(command, "reality shows \(drift) already; taken over, nothing is done")
            return
        }
        let missing = leaves(of: transition, pushed: true).filter { !$0.isMet }
        guard missing.isEmpty else {
            if missing.count == 1, missing[0].kind == .confirmation,
                state.confirmation?.transition != transition.name
                    || state.confirmation?.isOver(at: now) == true
            {
                state.confirmation = Confirmation(transition: transition.name, after: now.elapsed)
            }
            let names = missing.map(\.name)
            refuse(command, "not yet: \(names.joined(separator: ", "))", unmet: names)
            return
        }
        guard !view.shadow else {
            return refuse(command, "the app is in shadow: nothing is done, this would have been")
        }
        fire(transition, cause: .person(actor: command.actor))
        beforeFiring?.command = command.id
        accept(command, "\(transition.name) is decided")
    }

    /// A person's pause or cancel: it goes ahead of what is under way, and a hold lets it through.
    private mutating func brake(_ command: Command, to kind: Stage.Kind) {
        if kind == .waiting, case .waiting = state.phase, state.pause != nil, fired == nil {
            #if CONDUCTOR_PLANTED_BUGS
                if PlantedBug.pauseOfPausedForgotten.isPlanted {
                    return accept(command, "it is paused already")
                }
            #endif
            state.pause?.by = .person(actor: command.actor)
            return accept(command, "it is paused already; now only a person resumes it")
        }
        if fired != nil { takeBack() }
        if kind == .waiting, state.pause != nil, fired == nil, !isAlreadyBraking {
            return stayPaused(command)
        }
        let transition = transitionsHere().first { transition in
            target(of: transition.to).flatMap(rules.stage)?.kind == kind
        }
        let watching = watchingGuards().first { guardRule in
            target(of: guardRule.to).flatMap(rules.stage)?.kind == kind
        }
        let (name, to, actions): (String, String, [ActionUse])
        if let transition, let to1 = target(of: transition.to) {
            (name, to, actions) = (transition.name, to1, transition.actions)
        } else if let watching, let to1 = target(of: watching.to) {
            (name, to, actions) = (watching.name, to1, watching.actions)
        } else {
            return refuse(
                command,
                "no transition leads from \(state.stage ?? "nowhere") to a stage for that"
            )
        }
        guard !view.stopped else { return refuse(command, "STOP lets nothing through") }
        guard !view.shadow else { return refuse(command, "the app is in shadow: nothing is done") }
        supersede()
        fire(
            name,
            to: to,
            actions: actions,
            claims: [],
            cause: .person(actor: command.actor)
        )
        beforeFiring?.command = command.id
        accept(command, "\(name) is decided")
    }

    /// A pause while the way out of the pause is under way: what may have landed is braked again.
    private mutating func stayPaused(_ command: Command) {
        guard !view.stopped else { return refuse(command, "STOP lets nothing through") }
        let wasUnderWay: Bool =
            switch state.phase {
            case .entering, .error: true
            case .waiting, .finished: false
            }
        supersede(keepingDone: true)
        state.pause?.by = .person(actor: command.actor)
        accept(
            command,
            wasUnderWay
                ? "the resume is given up; it stays paused"
                : "it is paused already; now only a person resumes it"
        )
    }

    /// Whether what is under way lets fewer users have it, whoever asked for it.
    private var isAlreadyBraking: Bool {
        switch state.phase {
        case .waiting, .finished: false
        case .entering(let progress): progress.direction == .brakes
        case .error(let fault): fault.progress.direction == .brakes
        }
    }

    private mutating func retry(_ command: Command) {
        guard case .error(let fault) = state.phase else {
            return refuse(command, "there is nothing to retry: the track is \(state.phase.name)")
        }
        var progress = fault.progress
        // What must happen at most once is not tried again on anybody's guess.
        let open = progress.intents.first { open in
            guard case .inDoubt = open.status else { return false }
            return open.intent.actionClass == .atMostOnce
        }
        if let open {
            return refuse(
                command,
                "\(open.intent.key) may have happened: look, then resolve it --done or --not-done"
            )
        }
        for place in progress.intents.indices where !progress.intents[place].isDone {
            switch progress.intents[place].status {
            case .inDoubt where progress.intents[place].intent.actionClass.isProbed:
                progress.intents[place].status = .quiet(
                    until: now.elapsed,
                    reason: "retried by \(command.actor)"
                )
            case .failed, .inDoubt, .abandoned:
                progress.intents[place].status = .pending
            case .pending, .sent, .backoff, .quiet, .probing, .probeAgain, .done:
                continue
            }
        }
        state.phase = .entering(progress)
        accept(command, "trying again what is not done, under the same keys")
    }

    private mutating func abandon(_ command: Command, _ how: Command.Abandonment) {
        guard fired == nil else {
            return refuse(command, "another transition was decided a moment ago; look again")
        }
        let progress: Progress
        switch state.phase {
        case .waiting, .finished:
            return refuse(command, "no transition is under way")
        case .entering(let current): progress = current
        case .error(let fault): progress = fault.progress
        }
        switch how {
        case .stay:
            // While it is paused, what a resume has done already is against what is believed.
            supersede(keepingDone: state.pause != nil)
            state.disarmed.append(progress.transition)
            state.approvals.removeAll { $0.transition == progress.transition }
            accept(command, "\(progress.transition) is given up; the track stays")
        case .asDone:
            var done = progress
            done.cause = .person(actor: command.actor)
            state.step += 1
            fired = Decision.Fired(
                name: progress.transition,
                from: state.stage ?? "",
                to: progress.to,
                direction: progress.direction,
                cause: done.cause,
                keys: [],
                claims: []
            )
            enter(done)
            accept(command, "\(progress.to) is entered as if all had been done")
        }
    }

    private mutating func signOff(
        _ command: Command,
        _ what: String,
        _ verdict: Command.Signoff,
        at: Instant
    ) {
        let known = rules.people.values.flatMap { $0.teams + $0.confirmations }
            .sorted { $0.precedes($1) }
        guard known.contains(what) else {
            return refuse(
                command,
                "nobody is asked for '\(what)'; there is \(known.joined(separator: ", "))"
            )
        }
        state.signoffs[what] = SignoffRecord(
            verdict: verdict,
            actor: command.actor,
            at: at,
            commit: state.candidate?.commit
        )
        accept(command, "\(what): \(verdict.rawValue)")
    }

    private mutating func resolve(_ command: Command, key: String, done: Bool) {
        let answer = done ? "taken as done" : "taken as not done; it is tried again"
        func isMeant(_ open: IntentProgress) -> Bool { open.intent.key == key }
        switch state.phase {
        case .error(let fault):
            guard let place = fault.progress.intents.firstIndex(where: isMeant) else { break }
            var progress = fault.progress
            progress.intents[place].testify(done: done, actor: command.actor)
            state.phase = .entering(progress)
            return accept(command, answer)
        case .entering(var progress):
            guard let place = progress.intents.firstIndex(where: { isMeant($0) && $0.isUnsettled })
            else { break }
            progress.intents[place].testify(done: done, actor: command.actor)
            state.phase = .entering(progress)
            return accept(command, answer)
        case .waiting, .finished: break
        }
        if let place = state.outbox.firstIndex(where: { isMeant($0) && $0.isUnsettled }) {
            state.outbox[place].testify(done: done, actor: command.actor)
            return accept(command, answer)
        }
        if let place = state.uncertain.firstIndex(where: { isMeant($0) && $0.isUnsettled }) {
            // It was given up: what did not happen is not tried again.
            state.uncertain[place].testify(done: done, actor: command.actor)
            if !done { state.uncertain[place].status = .abandoned }
            return accept(
                command,
                done ? "taken as done after it was given up" : "taken as not done, and given up"
            )
        }
        refuse(command, "no action '\(key)' is in doubt here")
    }
}

extension Command.Request {
    /// Whether it moves a track, so that a stale one is refused.
    ///
    /// A hold never is.
    var changesTheRoad: Bool {
        switch self {
        case .advance, .cancel, .retry, .abandon, .resolve, .override, .approve, .rearm, .migrate:
            true
        case .add, .register, .hold, .resume, .stop, .liftStop, .pause, .signoff: false
        }
    }
}
