import ConductorCore

// What can go wrong goes wrong at the worst moment: between a decision and its effect, and between a
// raise and the second look that it waits for.

extension Simulation {
    /// Something has just been written.
    func provoke(_ entries: [Entry]) {
        guard now < Self.faultsEnd - 1_800_000 else { return }
        for entry in entries {
            switch entry {
            case .intent(let record):
                switch record.intent.direction {
                case .raises: provoke(after: record.intent)
                case .brakes: provoke(afterBrake: record.intent)
                case .neutral: continue
                }
            case .outcome(let record):
                if case .performed(.retryable) = record.answer { provoke(beforeTrying: record) }
            case .tick:
                for (track, transition) in referee.nearly { provoke(before: transition, of: track) }
                stopAtLastMoment()
            case .boot, .machine, .poll, .decision, .command, .attempt, .discovery, .upkeep:
                continue
            }
        }
    }

    /// A raise is decided, and not sent.
    private func provoke(after intent: Intent) {
        var dice = world.dice("worst moment \(intent.key) \(intent.step)")
        guard dice.oneIn(3) else { return }
        let soon = now + dice.pick([0, 0, 400, 3000, 20_000, 90_000])
        let later = soon + Int64(1 + dice.below(25)) * 60_000
        if plan.hasMeddlers, dice.oneIn(2) {
            stop(intent.track, at: soon, until: later, &dice)
        } else if plan.hasFaults {
            if dice.oneIn(4) {
                // What is seen of the next stage is from before it.
                misbehave(.stale, "quality", of: intent.track, from: now, until: now + 3_600_000)
            } else {
                spoil(intent.track, at: soon, until: later, &dice)
            }
        }
    }

    /// A raise is about to be sent, by a tick that has seen no STOP.
    private func stopAtLastMoment() {
        guard plan.hasMeddlers, !stopFile else { return }
        let isDue = referee.order.contains { track in
            guard case .entering(let progress)? = referee.tracks[track]?.state.phase else {
                return false
            }
            return progress.intents.contains { open in
                let action = Referee.Action(track: track, key: open.intent.key)
                return open.intent.direction == .raises && referee.sent[action] == nil
            }
        }
        var dice = world.dice("last moment \(now) \(commits)")
        guard isDue, dice.oneIn(8) else { return }
        stopFile = true
        agenda.plan(.liftStopFile, at: now + Int64(1 + dice.below(25)) * 60_000)
    }

    /// It was busy, and will be asked again: meanwhile the world changes.
    private func provoke(beforeTrying record: Entry.OutcomeRecord) {
        var dice = world.dice("worst moment \(record.key) \(record.number)")
        guard plan.hasFaults, dice.oneIn(2) else { return }
        let later = now + Int64(2 + dice.below(25)) * 60_000
        spoil(record.track, at: now + dice.pick([0, 400, 1000]), until: later, &dice)
    }

    /// A raise was sent, and nobody knows yet whether it arrives: just then a guard is met.
    func provoke(inDoubt intent: Intent) {
        var dice = world.dice("in doubt \(intent.key) \(now)")
        guard intent.direction == .raises, !dice.oneIn(3) else { return }
        let path = dice.pick(["quality.crash_rate", "quality.anr_rate"])
        let soon = now + dice.pick([0, 400, 3000, 15_000])
        let later = soon + Int64(5 + dice.below(40)) * 60_000
        agenda.plan(.turn(intent.track, path: path, to: .double(0.05)), at: soon)
        agenda.plan(.turn(intent.track, path: path, to: .double(0.001)), at: later)
    }

    /// It is to be calm for a while, and for some of that nobody knows whether it is.
    private func provoke(afterBrake intent: Intent) {
        var dice = world.dice("worst moment \(intent.key) \(intent.step)")
        guard plan.hasFaults, dice.oneIn(2) else { return }
        let from = now + Int64(20 + dice.below(80)) * 60_000
        let until = from + Int64(5 + dice.below(40)) * 60_000
        misbehave(.silent, "quality", of: intent.track, from: from, until: until)
    }

    /// A transition lacks nothing but its second look, which is under way.
    private func provoke(before transition: String, of track: TrackID) {
        var dice = world.dice("worst moment \(track) \(transition) \(now)")
        guard dice.oneIn(4) else { return }
        let soon = now + dice.pick([0, 1, 10, 39])
        let later = soon + Int64(1 + dice.below(25)) * 60_000
        if plan.hasMeddlers, dice.oneIn(2) { return stop(track, at: soon, until: later, &dice) }
        guard plan.hasFaults else { return }
        switch dice.below(5) {
        case 0:
            let step = Int64(dice.below(7200) - 3600) * 1000
            agenda.plan(.setWall(step), at: soon)
        case 1, 2:
            let kind: SourceFault.Kind = dice.oneIn(2) ? .strays : .silent
            misbehave(kind, "quality", of: track, from: now, until: later)
        case 3: world.agenda.plan(.pauseOutside(track), at: soon)
        default: spoil(track, at: soon, until: later, &dice)
        }
    }

    /// Whether the process ends when a click is written, and nothing of it was decided.
    func diesBeforeDeciding(_ command: Command) -> Bool {
        guard plan.crashes > 0, now < Self.faultsEnd, command.basedOn != nil else { return false }
        var dice = world.dice("worst moment \(command.id)")
        return dice.oneIn(5)
    }

    /// Somebody stops it, one way or another.
    private func stop(
        _ track: TrackID,
        at soon: Int64,
        until later: Int64,
        _ dice: inout Dice
    ) {
        switch dice.below(5) {
        case 0:
            stopFile = true
            agenda.plan(.liftStopFile, at: later)
        case 1:
            agenda.plan(.send(command(.installation, .stop)), at: soon)
            agenda.plan(.send(command(.installation, .liftStop)), at: later)
        case 2, 3:
            agenda.plan(.send(command(.track(track), .hold)), at: soon)
            agenda.plan(.send(command(.track(track), .resume)), at: later)
            // A hold does not make the world kind.
            if plan.hasFaults, dice.oneIn(2) { spoil(track, at: soon + 1000, until: later, &dice) }
        default: agenda.plan(.send(command(.track(track), .pause)), at: soon)
        }
    }

    /// A fact turns bad, and everybody notices at once.
    private func spoil(
        _ track: TrackID,
        at soon: Int64,
        until later: Int64,
        _ dice: inout Dice
    ) {
        let (path, bad, good): (String, JSON, JSON) = dice.pick([
            ("quality.crash_rate", .double(0.05), .double(0.001)),
            ("quality.anr_rate", .double(0.05), .double(0.001)),
            ("tracker.blockers.open", 2, 0), ("itgc.passed", false, true),
        ])
        agenda.plan(.turn(track, path: path, to: bad), at: soon)
        agenda.plan(.turn(track, path: path, to: good), at: later)
    }

    private func misbehave(
        _ kind: SourceFault.Kind,
        _ source: String,
        of track: TrackID,
        from begin: Int64,
        until end: Int64
    ) {
        guard let level = PublishedMachine.scopes[source] else { return }
        let key = "\(source) \(Scope(level, around: track))"
        world.faults[key, default: []].insert(
            SourceFault(kind: kind, from: begin, until: min(end, Self.faultsEnd)),
            at: 0
        )
    }

    /// A fact changes, and its source is asked at once.
    func turn(_ track: TrackID, _ path: String, to value: JSON) {
        world.set(path, value, of: track, at: now)
        wakePoll(path, of: track)
    }
}
