import ConductorCore
import ConductorJournal

/// Makes a long journal as the runtime would: every minute a tick, one source polled in each, now and
/// then another answer, a command, an action.
///
/// It commits many ticks at a time, which the runtime never does; the rows are the same.
struct JournalMaker {
    static let tracks = 48
    private static let ticksPerTransaction = 500

    let tracks: [TrackID]
    private let journal: Journal
    private var world = World()
    private var stamp = Stamp(wall: Instant(milliseconds: 1_700_000_000_000), elapsed: 0)
    private var entries: [Entry] = []
    private var bodies: [String: JSON] = [:]
    private var polls: [(source: String, scope: Scope)] = []

    /// Writes a journal of so many ticks into a new file.
    static func make(path: String, ticks: Int) throws {
        var maker = try JournalMaker(path: path)
        try maker.begin()
        for number in 1...ticks {
            try maker.tick(number)
            if number % Self.ticksPerTransaction == 0 { try maker.commit() }
        }
        try maker.commit()
        try maker.journal.close()
    }

    private init(path: String) throws {
        journal = try Journal(path: path, holder: "benchmark", create: true)
        let platforms = ["android", "desktop", "ios"]
        tracks = (0..<Self.tracks).map { index in
            TrackID(
                app: "app\(index / 12)",
                platform: platforms[index % 3],
                version: "8.\(index / 3)"
            )
        }
    }

    private mutating func add(_ entry: Entry) throws {
        entries.append(entry)
        try world.apply(entry) { bodies[$0] ?? .null }
    }

    private mutating func commit() throws {
        _ = try journal.append(entries, bodies: bodies)
        entries = []
        bodies = [:]
    }

    private mutating func begin() throws {
        let machine = Fleet.machine
        let canonical = try JSON(encoding: machine.canonical).description
        let digest = Digest.text(of: Array(canonical.utf8))
        let source = try JSON(encoding: machine).description
        try add(.boot(.init(at: stamp, engine: Conductor.engine, files: [:], process: 1)))
        try add(.machine(.init(digest: digest, canonical: canonical, source: source)))
        for track in tracks {
            try add(
                .discovery(
                    .init(at: stamp, track: track, machine: digest, by: "test", stage: "final_rc")
                )
            )
            for source in ["quality", "store"] { polls.append((source, .track(track))) }
            if track.platform == "ios" {
                for source in ["tracker", "ci", "signoff"] {
                    polls.append((source, .release(track.release)))
                }
            }
        }
        for poll in polls { try self.poll(poll.source, poll.scope, changed: false) }
    }

    private mutating func tick(_ number: Int) throws {
        stamp = stamp.advanced(by: .minutes(1))
        let poll = polls[number % polls.count]
        try self.poll(poll.source, poll.scope, changed: number % 20 == 0)
        let track = tracks[number * 389 % tracks.count]
        if number % 500 == 0 { try command(number, track) }
        if number % 1_000 == 0 { try action(number, track) }
        let tick = Entry.Tick(number: number, at: stamp)
        let turns = world.decideAll(in: tick)
        for entry in try world.entries(for: tick, turns) { try add(entry) }
        world.decided(turns)
    }

    private mutating func poll(_ source: String, _ scope: Scope, changed: Bool) throws {
        let facts: [String: JSON]
        switch source {
        case "tracker":
            facts = Fleet.tracker.merging(changed ? ["blockers.open": 2] : [:]) { $1 }
        case "ci": facts = Fleet.ci.merging(changed ? ["tests.state": "failed"] : [:]) { $1 }
        case "signoff": facts = Fleet.signoff
        case "store": facts = Fleet.store
        default: facts = Fleet.quality(crashFreeUsers: changed ? 0.98 : 0.9971)
        }
        let body = Observation(facts: facts.mapValues { ObservedFact($0) }).body
        let digest = Digest.text(of: body.canonicalBytes)
        bodies[digest] = body
        try add(
            .poll(
                .init(
                    source: source,
                    scope: scope,
                    at: stamp,
                    result: .ok(body: digest, observedAt: [:])
                )
            )
        )
    }

    private mutating func command(_ number: Int, _ track: TrackID) throws {
        let requests: [Command.Request] = [
            .hold, .signoff(what: "playback", verdict: .approved), .resume, .stop, .liftStop,
        ]
        let request = requests[number / 500 % requests.count]
        let isForAll = request == .stop || request == .liftStop
        try add(
            .command(
                .init(
                    at: stamp,
                    command: Command(
                        id: "c\(number)",
                        actor: "os:ada",
                        scope: isForAll ? .installation : .track(track),
                        request: request
                    )
                )
            )
        )
    }

    /// An action as it stands in a journal; that nothing waits for it is all the same to a reader.
    private mutating func action(_ number: Int, _ track: TrackID) throws {
        let key = "\(track)/\(number)/1/chat.post"
        try add(
            .attempt(.init(at: stamp, key: key, track: track, purpose: .perform, number: 1))
        )
        try add(
            .outcome(
                .init(
                    at: stamp,
                    key: key,
                    track: track,
                    number: 1,
                    answer: .performed(.done(evidence: "posted"))
                )
            )
        )
    }
}
