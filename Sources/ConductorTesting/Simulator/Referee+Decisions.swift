import ConductorCore

// What was decided, held against what the rows show.

extension Referee {
    /// A tick: what is met now must brake soon, and what is ready to raise needs a second look.
    mutating func take(_ tick: Entry.Tick) {
        self.tick = tick
        nearly = []
        if tick.wallStep != nil { wallStepped = tick.at.elapsed }
        for track in order {
            guard var known = tracks[track], !known.isRetired, let stage = known.state.stage,
                let reading = reading(of: track, at: tick.at)
            else { continue }
            let look = Look(reading, watching[stage] ?? [], ways[stage] ?? [])
            known.hasSpike = !look.met.isEmpty
            checkBrake(look.met, of: track, &known, tick)
            known.failing = look.failing
            known.readySince = look.ready(since: known.since.elapsed, at: tick.at.elapsed)
                .reduce(into: [:]) { ready, name in
                    ready[name] = known.readySince[name] ?? tick.at.elapsed
                    if known.readySince[name] == nil { nearly.append((track, name)) }
                }
            tracks[track] = known
        }
    }

    private mutating func checkBrake(
        _ met: [Guard],
        of track: TrackID,
        _ known: inout Track,
        _ tick: Entry.Tick
    ) {
        let mustBrake =
            !isStopped && !tick.stopFile && !known.hasBraked
            && met.contains { !known.state.disarmed.contains($0.name) }
        if mustBrake {
            let due = known.brakeDue ?? (tick.number, tick.at.elapsed)
            known.brakeDue = due
            // Ticks of one moment are one: between them nothing else has had its turn.
            if tick.number - due.tick >= 2, tick.at.elapsed - due.at > 1000 {
                fault(
                    .brakeAtOnce,
                    "\(track): \(met[0].name) is met since tick \(due.tick), and no brake was sent"
                )
            }
        } else {
            known.brakeDue = nil
        }
        if let landed = known.landedAfterBrake, !isStopped, !tick.stopFile,
            tick.at.elapsed - landed > 3_600_000
        {
            fault(.brakeAtOnce, "\(track): a raise landed after the brake, and none followed")
        }
    }

    /// What the facts say of a stage at a tick: each condition is read once.
    private struct Look {
        /// The guards that are met.
        var met: [Guard] = []
        /// Transitions of which a condition is not met.
        var failing: Set<String> = []
        private var ready: [Transition] = []
        private let reading: PlainReading
        private let watching: [Guard]

        init(_ reading: PlainReading, _ watching: [Guard], _ ways: [Transition]) {
            self.reading = reading
            self.watching = watching
            met = watching.filter { reading.holds($0.name) == true }
            var answers: [String: Bool?] = [:]
            for way in ways {
                var isReady = true
                for condition in way.when {
                    let answer = answers[condition] ?? reading.holds(condition)
                    answers[condition] = .some(answer)
                    if answer == false { failing.insert(way.name) }
                    isReady = isReady && answer == true
                }
                if isReady { ready.append(way) }
            }
        }

        /// Transitions that lack nothing but their second look.
        func ready(since: Int64, at now: Int64) -> [String] {
            let over = ready.filter { way in
                way.dwell.map { now - since >= $0.milliseconds } ?? true
            }
            guard !over.isEmpty,
                watching.allSatisfy({ reading.isQuiet($0.name, since: since) })
            else { return [] }
            return over.map(\.name)
        }
    }

    /// What a decision moves; the rest of it only tells.
    private struct News: Decodable {
        var fired: Decision.Fired?
        var entered: String?
        var replies: [CommandReply]
    }

    mutating func take(_ record: Entry.DecisionRecord, _ now: Int64) {
        guard let state = try? JSON(stored: record.state).decode(Belief.self),
            let decision = try? JSON(stored: record.decision).decode(News.self),
            var known = tracks[record.track], let tick
        else { return fault(.replays, "a decision on \(record.track) cannot be read") }
        let before = known.state
        if state.track != record.track { fault(.isolated, "\(record.track) has another's state") }
        for reply in decision.replies {
            answered(reply, before, decision.fired, tick, &known)
        }
        if record.decision == known.decision, decision.fired == nil,
            Self.isSame(record.state, known.written)
        {
            fault(.idle, "\(record.track) is written again, and nothing has changed")
        }
        known.decision = record.decision
        known.written = record.state
        let latches = decision.fired.flatMap { machine.stage($0.to) }?.latchesCandidate == true
        if let old = before.candidate, let new = state.candidate, old != new, !latches {
            fault(.exactConditions, "\(record.track): the candidate moves to \(new.commit)")
        }
        if let fired = decision.fired {
            check(fired, before, state, known, tick)
            known.road.append(
                "\(Span(milliseconds: now)) \(fired.from) -> \(fired.to) \(fired.name)"
            )
            for claim in fired.claims { claimed(claim, record.track, tick.at.elapsed) }
            if state.step != before.step + 1 {
                fault(.once, "\(record.track) goes from step \(before.step) to \(state.step)")
            }
        }
        if decision.entered != nil {
            if let fired = decision.fired { note(fired.cause, of: state, &known) }
            if case .entering(let progress) = before.phase {
                note(progress.cause, of: state, &known)
            }
            known.since = tick.at
            known.hasBraked = false
            known.approvers = []
            known.readySince = [:]
            if machine.stage(state.stage ?? "")?.kind != .waiting {
                known.isStoppedByPerson = false
                known.landedAfterBrake = nil
            }
        }
        if state.retired { known.isRetired = true }
        known.state = state
        tracks[record.track] = known
    }

    /// Whether two states, as they were written, differ in their count alone.
    private static func isSame(_ left: String, _ right: String) -> Bool {
        func counted(_ text: String) -> [String: JSON]? {
            var members = (try? JSON(stored: text))?.objectValue
            members?["revision"] = nil
            return members
        }
        return counted(left) == counted(right)
    }

    /// Who put a track into a waiting stage decides who may take it out.
    private func note(_ cause: Progress.Cause, of state: Belief, _ known: inout Track) {
        guard machine.stage(state.stage ?? "")?.kind == .waiting else { return }
        switch cause {
        case .person, .adoption: known.isStoppedByPerson = true
        case .rule, .guard: break
        }
    }

    private mutating func answered(
        _ reply: CommandReply,
        _ before: Belief,
        _ fired: Decision.Fired?,
        _ tick: Entry.Tick,
        _ known: inout Track
    ) {
        guard let record = commands[reply.id] else {
            return fault(.once, "\(reply.id) is answered, and nobody asked")
        }
        if !known.revisionsAnswered.insert(reply.id).inserted {
            fault(.once, "\(reply.id) is answered twice for \(before.track)")
        }
        guard reply.accepted else { return }
        if case .approve = record.command.request { known.approvers.insert(record.command.actor) }
        let changes: Bool
        switch record.command.request {
        case .advance, .cancel, .retry, .abandon, .resolve, .override, .approve, .rearm, .migrate:
            changes = true
        case .pause:
            changes = false
            if machine.stage(before.stage ?? "")?.kind == .waiting {
                known.isStoppedByPerson = true
            }
        case .resume:
            // Lifting a hold moves nothing; what leads back to the road does.
            changes = fired?.cause == .person(actor: record.command.actor)
        case .add, .register, .hold, .stop, .liftStop, .signoff: changes = false
        }
        guard changes else { return }
        if let based = record.command.basedOn, based != before.revision {
            fault(
                .exactConditions,
                "\(reply.id) was for revision \(based), and moves revision \(before.revision)"
            )
        }
        if tick.at.elapsed - record.at.elapsed > 10_000 {
            fault(.exactConditions, "\(reply.id) is taken in after its time")
        }
    }

    private mutating func check(
        _ fired: Decision.Fired,
        _ before: Belief,
        _ after: Belief,
        _ known: Track,
        _ tick: Entry.Tick
    ) {
        var known = known
        // What people said in this very turn is said for the candidate of before it.
        known.state = before
        guard let reading = reading(of: before.track, at: tick.at) else { return }
        let name = "\(before.track): \(fired.name)"
        switch fired.cause {
        case .guard(let guardName):
            for condition in machine.guards.first(where: { $0.name == guardName })?.when ?? []
            where reading.holds(condition) != true {
                fault(.exactConditions, "\(name) brakes, and \(condition) is not met")
            }
            return
        case .adoption:
            if reading.shows(fired.to) != true || machine.stage(fired.to)?.kind != .waiting {
                fault(.noRaiseWhileStopped, "\(name) is adopted, and the store does not show it")
            }
            return
        case .rule, .person: break
        }
        guard let transition = machine.transitions.first(where: { $0.name == fired.name }) else {
            return
        }
        let isDoneByWord = fired.keys.isEmpty && !transition.actions.isEmpty
        guard !isDoneByWord else { return }
        for condition in transition.when {
            switch reading.holds(condition) {
            case true?: break
            case false?: fault(.exactConditions, "\(name) fires, and \(condition) is not met")
            case nil: fault(.unknownFiresNothing, "\(name) fires, and \(condition) is not known")
            }
            if let span = machine.condition(condition)?.sustained {
                let covered = credit(of: before.track, at: tick.at.elapsed)
                if covered < span.milliseconds {
                    fault(
                        .coveredTime,
                        "\(name) fires after \(Span(milliseconds: covered)) of \(span) sustained"
                    )
                }
            }
        }
        let stayed = tick.at.elapsed - known.since.elapsed
        if let dwell = transition.dwell, stayed < dwell.milliseconds {
            fault(.coveredTime, "\(name) fires after \(Span(milliseconds: stayed)) of \(dwell)")
        }
        if case .rule = fired.cause {
            if transition.manual { fault(.staysStopped, "\(name) fires, and nobody pushed it") }
            if before.disarmed.contains(fired.name) && after.disarmed.contains(fired.name) {
                fault(.staysStopped, "\(name) fires, and was abandoned")
            }
        }
        if let needed = transition.approvals, known.approvers.count < needed {
            fault(.exactConditions, "\(name) fires with \(known.approvers.count) approvals")
        }
        if machine.stage(fired.to)?.latchesCandidate == true {
            let commit = reading.text("ci.build.commit")
            if after.candidate?.commit != commit || commit == nil {
                fault(.exactConditions, "\(name) takes \(after.candidate?.commit ?? "no commit")")
            }
        }
        checkStopped(fired, before, known, reading, name)
        if fired.direction == .raises {
            checkRaise(fired, transition, before, known, reading, name)
        }
    }

    /// Nothing but a brake is decided while somebody stops it.
    private mutating func checkStopped(
        _ fired: Decision.Fired,
        _ before: Belief,
        _ known: Track,
        _ reading: PlainReading,
        _ name: String
    ) {
        if isStopped || tick?.stopFile == true {
            fault(.noRaiseWhileStopped, "\(name) fires under STOP")
        }
        // A person's own step aside goes through a hold.
        let isAside = fired.cause != .rule && machine.stage(fired.to)?.kind != .road
        if fired.direction != .brakes, !isAside,
            heldScopes.contains(where: { $0.contains(before.track) })
        {
            fault(.noRaiseWhileStopped, "\(name) fires while it is held")
        }
        if case .rule = fired.cause, known.isStoppedByPerson,
            machine.stage(fired.from)?.kind == .waiting
        {
            fault(.staysStopped, "\(name) leaves what a person stopped")
        }
    }

    private mutating func checkRaise(
        _ fired: Decision.Fired,
        _ transition: Transition,
        _ before: Belief,
        _ known: Track,
        _ reading: PlainReading,
        _ name: String
    ) {
        let stage = fired.from
        let watching = machine.guards.filter { $0.watch.contains(stage) }
        for guardRule in watching
        where !reading.isQuiet(guardRule.name, since: known.since.elapsed) {
            let isMet = reading.holds(guardRule.name) == true
            fault(
                isMet ? .noRaiseWhileStopped : .unknownFiresNothing,
                "\(name) fires, and \(guardRule.name) is \(isMet ? "met" : "not known to be quiet")"
            )
        }
        if reading.shows(stage) != true {
            fault(.noRaiseWhileStopped, "\(name) fires, and the store does not show \(stage)")
        }
        if let stepped = wallStepped, let now = tick?.at.elapsed, now - stepped < 300_000 {
            fault(.noRaiseWhileStopped, "\(name) fires when the clock has just been set")
        }
        if case .error = before.phase { fault(.noRaiseWhileStopped, "\(name) fires in error") }
        if before.uncertain.contains(where: { $0.intent.direction == .raises && !$0.isDone }),
            case .rule = fired.cause
        {
            fault(.noRaiseWhileStopped, "\(name) fires while an earlier raise may land")
        }
        guard case .rule = fired.cause else { return }
        guard let ready = known.readySince[transition.name] else {
            return fault(.exactConditions, "\(name) fires, and was never ready")
        }
        let sources = (transition.when + watching.flatMap(\.when))
            .flatMap(PlainReading.sources)
        for source in Set(sources).sorted() {
            guard let fetched = reading.fetched(source), fetched > ready else {
                return fault(
                    .unknownFiresNothing,
                    "\(name) fires without a second look at \(source)"
                )
            }
        }
    }

    /// The time for which all was surely calm, up to now, what was not known left out.
    private func credit(of track: TrackID, at now: Int64) -> Int64 {
        var covered: Int64 = 0
        for reading in tracks[track]?.calm ?? [] {
            switch reading.isCalm {
            case true?: covered += max(0, min(reading.until, now) - reading.from)
            case false?: covered = 0
            case nil: break
            }
        }
        return covered
    }

    private mutating func claimed(_ claim: String, _ track: TrackID, _ now: Int64) {
        let taken = Set(
            grants.filter {
                $0.claim == claim && $0.track != track && $0.track.app == track.app
                    && $0.track.platform == track.platform
                    && now - $0.at < limit.within.milliseconds
            }.map(\.track)
        )
        if claim == limit.name, taken.count >= limit.limit {
            fault(.claims, "\(track) takes \(claim), and \(taken.sorted()) have it")
        }
        grants.append((claim, track, now))
    }
}
