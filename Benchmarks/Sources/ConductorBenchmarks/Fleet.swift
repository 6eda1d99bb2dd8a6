import ConductorCore
import ConductorJournal

/// A thousand tracks that wait for twelve conditions, as the runtime would hold them.
struct Fleet {
    static let size = 1_000
    private(set) var world = World()
    let tracks: [TrackID]
    private var stamp = Stamp(wall: Instant(milliseconds: 1_772_442_000_000), elapsed: 0)
    private var tickNumber = 0

    /// Registers the tracks, polls everything, and decides until nothing moves by itself.
    init() throws {
        let platforms = ["android", "desktop", "ios"]
        tracks = (0..<Self.size).map { index in
            TrackID(
                app: "app\(index % 16)",
                platform: platforms[index % 3],
                version: "8.\(index / 48).\(index % 7)"
            )
        }
        precondition(Set(tracks).count == Self.size, "Two tracks have one name.")
        let machine = Self.machine
        let canonical = try JSON(encoding: machine.canonical).description
        let digest = Digest.text(of: Array(canonical.utf8))
        let source = try JSON(encoding: machine).description
        try apply([
            .boot(.init(at: stamp, engine: Conductor.engine, files: [:], process: 1)),
            .machine(.init(digest: digest, canonical: canonical, source: source)),
        ])
        try apply(
            tracks.map { track in
                .discovery(
                    .init(at: stamp, track: track, machine: digest, by: "test", stage: "final_rc")
                )
            }
        )
        try pollEverything()
        for _ in 0..<8 { try round() }
        precondition(
            world.decideAll(in: nextTick()).isEmpty,
            "The tracks never come to rest; there is no tick with nothing changed."
        )
    }

    // MARK: Rounds

    /// The next tick, a second later.
    mutating func nextTick() -> Entry.Tick {
        stamp = stamp.advanced(by: .seconds(1))
        tickNumber += 1
        return Entry.Tick(number: tickNumber, at: stamp)
    }

    /// One round as the runtime does it, all but the disk: decides, says what is to be recorded,
    /// and takes it in.
    ///
    /// - Returns: the tracks that were decided, and the entries.
    @discardableResult
    mutating func round(full: Bool = false) throws -> (turns: [(TrackID, Turn)], entries: [Entry]) {
        let tick = nextTick()
        let turns = world.decideAll(in: tick, full: full)
        let entries = try world.entries(for: tick, turns)
        try apply(entries)
        world.decided(turns)
        use(world.nextWake)
        return (turns, entries)
    }

    /// Decides every track as things stand, and changes nothing.
    func everything() -> [TrackID: Turn] {
        let tick = Entry.Tick(number: tickNumber, at: stamp)
        let turns = world.decideAll(in: tick, full: true)
        return Dictionary(turns) { first, _ in first }
    }

    private mutating func apply(_ entries: [Entry], _ bodies: [String: JSON] = [:]) throws {
        for entry in entries { try world.apply(entry) { bodies[$0] ?? .null } }
    }

    // MARK: Polls

    /// Polls every source at every scope; all answers are as before.
    mutating func pollEverything() throws {
        var polled: Set<Scope> = []
        for track in tracks {
            if polled.insert(.release(track.release)).inserted {
                try poll("tracker", .release(track.release), Self.tracker)
                try poll("ci", .release(track.release), Self.ci)
                try poll("signoff", .release(track.release), Self.signoff)
            }
            try poll("quality", .track(track), Self.quality())
            try poll("store", .track(track), Self.store)
        }
    }

    /// A poll of one track's metrics.
    mutating func pollQuality(of track: TrackID, crashFreeUsers: Double) throws {
        try poll("quality", .track(track), Self.quality(crashFreeUsers: crashFreeUsers))
    }

    private mutating func poll(
        _ source: String,
        _ scope: Scope,
        _ facts: [String: JSON]
    ) throws {
        let body = Observation(facts: facts.mapValues { ObservedFact($0) }).body
        let digest = Digest.text(of: body.canonicalBytes)
        let result = Entry.Poll.Result.ok(body: digest, observedAt: [:])
        try apply(
            [.poll(.init(source: source, scope: scope, at: stamp, result: result))],
            [digest: body]
        )
    }

    static let tracker: [String: JSON] = [
        "blockers.open": 0, "bugs.open": 4, "fixes.unmerged": 0,
    ]
    static let ci: [String: JSON] = [
        "tests.state": "passed", "tests.pass_rate": .double(0.998), "build.verified": true,
        "build.uploaded": true,
    ]
    static let signoff: [String: JSON] = [
        "teams": .array(
            ["accounts", "playback", "search", "social"].map { team in
                // One team is not through, so the release waits.
                ["team": .string(team), "state": team == "social" ? "missing" : "approved"]
            }
        )
    ]
    static let store: [String: JSON] = ["review": "none", "listing.ready": true]

    static func quality(crashFreeUsers: Double = 0.9971) -> [String: JSON] {
        [
            "crash_free_users": .double(crashFreeUsers), "anr_rate": .double(0.0031),
            "sessions": 48_211,
            "start_p95_ms": 912,
        ]
    }

    // MARK: The machine

    private static let conditions = [
        Condition(
            name: "no_open_blockers",
            expr: "tracker.blockers.open == 0",
            alarm: "tracker.blockers.open > 5"
        ),
        Condition(name: "few_bugs", expr: "tracker.bugs.open <= 10"),
        Condition(name: "fixes_merged", expr: "tracker.fixes.unmerged == 0"),
        Condition(
            name: "tests_green",
            expr: "ci.tests.state == 'passed' && ci.tests.pass_rate >= 0.99"
        ),
        Condition(name: "build_verified", expr: "ci.build.verified"),
        Condition(name: "build_uploaded", expr: "ci.build.uploaded"),
        Condition(name: "signed_off", expr: "signoff.teams.all(t, t.state == 'approved')"),
        Condition(
            name: "crash_rate_ok",
            expr: "quality.crash_free_users >= 0.995 && quality.sessions >= 10000",
            alarm: "quality.crash_free_users < 0.99"
        ),
        Condition(
            name: "anr_rate_ok",
            expr: "quality.anr_rate < 0.0047",
            applies: "platform == 'android'"
        ),
        Condition(name: "starts_quickly", expr: "quality.start_p95_ms <= 1500"),
        Condition(name: "not_in_review", expr: "store.review in ['none', 'rejected']"),
        Condition(name: "listing_ready", expr: "store.listing.ready"),
    ]

    private static let facts: [(path: String, type: FactType)] = [
        ("ci.build.uploaded", .bool), ("ci.build.verified", .bool),
        ("ci.tests.pass_rate", .double), ("ci.tests.state", .string),
        ("quality.anr_rate", .double), ("quality.crash_free_users", .double),
        ("quality.sessions", .int), ("quality.start_p95_ms", .int),
        (
            "signoff.teams",
            .list(
                .record([.init(name: "state", type: .string), .init(name: "team", type: .string)])
            )
        ),
        ("store.listing.ready", .bool), ("store.review", .string),
        ("tracker.blockers.open", .int), ("tracker.bugs.open", .int),
        ("tracker.fixes.unmerged", .int),
    ]

    static var machine: Machine {
        Machine(
            name: "benchmark",
            stages: [
                Stage(name: "final_rc", shelf: .current),
                Stage(name: "submitted", shelf: .current, terminal: true),
            ],
            conditions: conditions,
            transitions: [
                Transition(
                    name: "final_rc->submitted",
                    from: "final_rc",
                    to: .stage("submitted"),
                    when: conditions.map(\.name)
                )
            ],
            facts: facts.map { path, type in
                let (source, name) = split(path)
                return FactDeclaration(
                    path: path,
                    source: source,
                    name: name,
                    type: type,
                    maxAge: .hours(24)
                )
            }
        )
    }

    private static func split(_ path: String) -> (source: String, name: String) {
        let dot = path.firstIndex(of: ".") ?? path.endIndex
        return (String(path[..<dot]), String(path[dot...].dropFirst()))
    }
}
