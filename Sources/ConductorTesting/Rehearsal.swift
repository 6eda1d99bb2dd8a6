package import ConductorCore

/// The runtime without input and output: the real core on a scripted clock.
///
/// It keeps every row, so that what was rehearsed can be replayed, and performs nothing: attempts
/// stay open until they are answered.
package struct Rehearsal {
    package private(set) var world = World()
    package private(set) var rows: [Entry] = []
    package private(set) var bodies: [String: JSON] = [:]
    package private(set) var now: Stamp
    package var limits: [ClaimLimit] = []
    /// In force from the next boot on.
    package var calendars: [ReleaseCalendar] = []
    package var shadowed: [String] = []
    package var stopFile = false
    /// Decide every track in every round, not only those that are due.
    package var full = false
    /// Adapter calls under way, in the order of their beginning.
    package private(set) var inFlight: [Effect] = []
    private var outstanding: [TrackID: [Effect]] = [:]
    private var wallStep: Int64?
    private var tickNumber = 0

    /// What one round brought.
    package struct Round {
        package var tick: Entry.Tick
        package var turns: [(track: TrackID, turn: Turn)]
        package var entries: [Entry]
        /// Adapter calls that began after it.
        package var started: [Effect]
    }

    package init(at wall: Instant) {
        now = Stamp(wall: wall, elapsed: 0)
    }

    // MARK: Time

    /// Lets time pass on both clocks.
    package mutating func pass(_ span: Span) { now = now.advanced(by: span) }

    /// Sets the wall clock, which the next round is told.
    package mutating func setWall(by span: Span) {
        now.wall = now.wall + span
        wallStep = (wallStep ?? 0) + span.milliseconds
    }

    // MARK: What comes in

    package mutating func boot() throws {
        try append([
            .boot(
                .init(
                    at: now,
                    engine: Conductor.engine,
                    files: [:],
                    process: 1,
                    calendars: calendars
                )
            )
        ])
        for attempt in world.open.values.sorted(by: { ($0.track, $0.key) < ($1.track, $1.key) }) {
            let reason = "the conductor stopped before the answer came"
            let answer: Entry.OutcomeRecord.Answer =
                switch attempt.purpose {
                case .perform: .performed(.unknown(reason: reason))
                case .probe: .probed(.unavailable(reason: reason))
                }
            try append([
                .outcome(
                    .init(
                        at: now,
                        key: attempt.key,
                        track: attempt.track,
                        number: attempt.number,
                        answer: answer
                    )
                )
            ])
        }
        inFlight = []
    }

    package mutating func add(_ machine: Machine, digest: String) throws {
        let canonical = try JSON(encoding: machine.canonical).description
        let source = try JSON(encoding: machine).description
        try append([.machine(.init(digest: digest, canonical: canonical, source: source))])
    }

    package mutating func register(
        _ track: TrackID,
        machine: String,
        stage: String?,
        since: Instant? = nil
    ) throws {
        try append([
            .discovery(
                .init(
                    at: now,
                    track: track,
                    machine: machine,
                    by: "os:rehearsal",
                    stage: stage,
                    since: since
                )
            )
        ])
    }

    package mutating func see(
        _ source: String,
        _ scope: Scope,
        _ observation: Observation
    ) throws {
        let body = observation.body
        let digest = Self.digest(body.canonicalBytes)
        bodies[digest] = body
        try append([
            .poll(
                .init(
                    source: source,
                    scope: scope,
                    at: now,
                    result: .ok(body: digest, observedAt: observation.observedAt)
                )
            )
        ])
    }

    package mutating func fail(_ source: String, _ scope: Scope, _ failure: PollFailure) throws {
        try append([
            .poll(
                .init(
                    source: source,
                    scope: scope,
                    at: now,
                    result: .failed(failure, message: "scripted")
                )
            )
        ])
    }

    package mutating func ask(_ command: Command) throws {
        try append([.command(.init(at: now, command: command))])
    }

    /// Answers an adapter call that is under way.
    package mutating func answer(
        _ effect: Effect,
        _ answer: Entry.OutcomeRecord.Answer
    ) throws {
        inFlight.removeAll { $0.id == effect.id }
        outstanding[effect.intent.track]?.removeAll { $0.id == effect.id }
        try append([
            .outcome(
                .init(
                    at: now,
                    key: effect.intent.key,
                    track: effect.intent.track,
                    number: effect.id.number,
                    answer: answer
                )
            )
        ])
    }

    // MARK: Rounds

    /// Decides what is due, records it, and begins what can begin.
    package mutating func round() throws -> Round {
        tickNumber += 1
        var tick = Entry.Tick(
            number: tickNumber,
            at: now,
            wallStep: wallStep,
            stopFile: stopFile,
            shadow: shadowed
        )
        wallStep = nil
        tick.successors = world.successors
        let (denied, due) = world.decideAll(in: tick, limits: limits)
        tick.denied = denied
        let turns = full ? world.decideAll(in: tick, full: true) : due
        let entries = try world.entries(for: tick, turns)
        try append(entries)
        world.decided(turns)
        for (track, turn) in turns {
            outstanding[track] = turn.effects.isEmpty ? nil : turn.effects
        }
        return Round(
            tick: tick,
            turns: turns.map { ($0.0, $0.1) },
            entries: entries,
            started: try begin()
        )
    }

    /// Whether something came in since the last round.
    package var hasNews: Bool {
        if case .outcome = rows.last { true } else { false }
    }

    /// Begins outstanding effects: brakes first, one at a time in a lane.
    private mutating func begin() throws -> [Effect] {
        var started: [Effect] = []
        let all = outstanding.values.flatMap(\.self).sorted { left, right in
            let leftBrakes = left.intent.direction == .brakes
            let rightBrakes = right.intent.direction == .brakes
            if leftBrakes != rightBrakes { return leftBrakes }
            return (left.intent.key, left.intent.track) < (right.intent.key, right.intent.track)
        }
        let isStopped = stopFile || world.fleet.stop != nil
        for effect in all where !inFlight.contains(where: { $0.id == effect.id }) {
            guard !inFlight.contains(where: { $0.intent.lane == effect.intent.lane }) else {
                continue
            }
            if isStopped, effect.id.purpose == .perform, effect.intent.direction != .neutral {
                continue
            }
            try append([
                .attempt(
                    .init(
                        at: now,
                        key: effect.intent.key,
                        track: effect.intent.track,
                        purpose: effect.id.purpose,
                        number: effect.id.number
                    )
                )
            ])
            if let evidence = world.sharedEffects[effect.intent.key] {
                try answer(
                    effect,
                    effect.id.purpose == .perform
                        ? .performed(.alreadyDone(evidence: evidence))
                        : .probed(.present(evidence: evidence))
                )
            } else {
                inFlight.append(effect)
            }
            started.append(effect)
        }
        return started
    }

    private mutating func append(_ entries: [Entry]) throws {
        for entry in entries {
            rows.append(entry)
            try world.apply(entry) { try Self.body($0, in: bodies) }
        }
    }

    package static func body(_ digest: String, in bodies: [String: JSON]) throws -> JSON {
        guard let body = bodies[digest] else {
            throw WorldError(what: "body \(digest)", why: "it is not there")
        }
        return body
    }

    /// What a replay of all rows so far finds.
    package func replayed(full: Bool) throws -> Replay {
        var replay = Replay(full: full)
        for row in rows {
            try replay.take(row) { try Self.body($0, in: bodies) }
        }
        try replay.finish { try Self.body($0, in: bodies) }
        return replay
    }

    /// FNV-1a: enough to name a body in a rehearsal.
    package static func digest(_ bytes: [UInt8]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes {
            hash ^= UInt64(byte)
            hash = hash &* 0x0000_0100_0000_01b3
        }
        return String(hash, radix: 16)
    }
}

extension Effect {
    var intent: Intent {
        switch self {
        case .perform(let intent, _), .probe(let intent, _): intent
        }
    }

    var id: World.AttemptID {
        switch self {
        case .perform(let intent, let attempt):
            World.AttemptID(
                track: intent.track,
                key: intent.key,
                purpose: .perform,
                number: attempt
            )
        case .probe(let intent, let number):
            World.AttemptID(track: intent.track, key: intent.key, purpose: .probe, number: number)
        }
    }
}
