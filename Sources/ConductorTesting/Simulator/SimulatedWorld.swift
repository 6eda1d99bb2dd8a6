import ConductorCore

/// Everything outside the conductor: backends with what is true in them, and a log of every effect
/// that reached them.
struct SimulatedWorld {
    /// An effect that took place.
    struct Applied: Equatable {
        var at: Int64
        var key: String
        var track: TrackID
        var action: String
        var isBrake: Bool
        var parameters: JSON
    }

    /// What changes by itself, or as an answer to an effect.
    enum Change {
        case set(TrackID, path: String, value: JSON)
        case land(Intent)
        /// Somebody pauses a rollout in the store itself.
        case pauseOutside(TrackID)
    }

    /// What is true of a track, by the path of the fact, with its past.
    private(set) var truth: [TrackID: [String: [(since: Int64, value: JSON)]]] = [:]
    private(set) var effects: [Applied] = []
    /// Until when each source of each scope misbehaves, and how.
    var faults: [String: [SourceFault]] = [:]
    /// What is planned.
    var agenda = Agenda<Change>()
    private let seed: UInt64
    /// One candidate, one review, one spike: nothing in it hangs on the minute.
    private let isPlain: Bool

    init(seed: UInt64, isPlain: Bool) {
        self.seed = seed
        self.isPlain = isPlain
    }

    /// The dice of one thing: they fall the same whatever else happens.
    func dice(_ subject: String) -> Dice {
        var hash = seed ^ 0xcbf2_9ce4_8422_2325
        for byte in subject.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return Dice(seed: hash)
    }

    // MARK: What is true

    func value(_ path: String, of track: TrackID, at time: Int64) -> JSON? {
        truth[track]?[path]?.last { $0.since <= time }?.value
    }

    /// When a value became what it is.
    func since(_ path: String, of track: TrackID, at time: Int64) -> Int64 {
        truth[track]?[path]?.last { $0.since <= time }?.since ?? 0
    }

    mutating func set(_ path: String, _ value: JSON, of track: TrackID, at time: Int64) {
        truth[track, default: [:]][path, default: []].append((time, value))
    }

    // MARK: Effects

    func count(of key: String) -> Int { effects.count { $0.key == key } }

    /// An effect takes place, and the backend reacts.
    mutating func land(_ intent: Intent, at now: Int64) {
        effects.append(
            Applied(
                at: now,
                key: intent.key,
                track: intent.track,
                action: intent.action,
                isBrake: intent.direction == .brakes,
                parameters: intent.parameters["with"] ?? .null
            )
        )
        let track = intent.track
        var dice = self.dice("reaction \(intent.key)")
        switch intent.action {
        case "store.submit_for_review":
            set("store.review.state", "pending", of: track, at: now)
            let isFirst = effects.count { $0.track == track && $0.action == intent.action } == 1
            let verdict: JSON = !isPlain && isFirst && dice.oneIn(6) ? "rejected" : "approved"
            let review = now + Int64(3 + dice.below(25)) * 60_000
            agenda.plan(.set(track, path: "store.review.state", value: verdict), at: review)
        case "store.start_rollout":
            set("store.rollout", "running", of: track, at: now)
            let itgc = now + Int64(5 + dice.below(40)) * 60_000
            agenda.plan(.set(track, path: "itgc.passed", value: true), at: itgc)
            if isPlain || dice.oneIn(2) { spike(track, from: now, &dice) }
            if !isPlain, dice.oneIn(5) {
                agenda.plan(.pauseOutside(track), at: now + Int64(1 + dice.below(50)) * 60_000)
            }
        case "store.resume_rollout":
            set("store.rollout", "running", of: track, at: now)
            if !isPlain, dice.oneIn(6) { spike(track, from: now, &dice) }
        case "store.complete_rollout": set("store.rollout", "complete", of: track, at: now)
        case "store.pause_rollout": set("store.rollout", "paused", of: track, at: now)
        case "store.halt_rollout": set("store.rollout", "halted", of: track, at: now)
        case "store.withdraw": set("store.review.state", "withdrawn", of: track, at: now)
        default: break
        }
    }

    /// Users crash for a while.
    private mutating func spike(_ track: TrackID, from now: Int64, _ dice: inout Dice) {
        let path = dice.oneIn(3) ? "quality.anr_rate" : "quality.crash_rate"
        let begin = now + Int64(1 + dice.below(isPlain ? 4 : 50)) * 60_000
        let end = begin + Int64(isPlain ? 75 : 10 + dice.below(60)) * 60_000
        agenda.plan(.set(track, path: path, value: .double(0.05)), at: begin)
        agenda.plan(.set(track, path: path, value: .double(0.001)), at: end)
    }

    // MARK: The story

    /// Plans a release's life up to its review: what people and machines outside do by themselves.
    mutating func plan(_ track: TrackID, from start: Int64) {
        let first: [String: JSON] = [
            "vcs.branch.exists": false, "vcs.fixes.open": 2, "vcs.head.commit": "c1",
            "ci.build.commit": "c0", "ci.build.id": "100", "ci.verification.state": "running",
            "ci.tests.state": "running", "store.uploaded.build": "none",
            "store.review.state": "none", "store.rollout": "none", "tracker.blockers.open": 3,
            "quality.crash_rate": .double(0.004), "quality.anr_rate": .double(0.001),
            "quality.sessions": 10, "quality.plays": 10, "itgc.passed": false,
            "itgc.data_loss": .double(0.0001),
        ]
        for (path, value) in first.sorted(by: { $0.key.precedes($1.key) }) {
            set(path, value, of: track, at: start)
        }
        // What is asked at the release is the same for all its tracks.
        var shared = dice("release \(track.release)")
        var own = dice("track \(track)")
        func later(_ minutes: Int, _ spread: Int, _ dice: inout Dice) -> Int64 {
            start + Int64(minutes * 60_000 + dice.below(spread * 60_000))
        }
        let branch = later(3, 12, &shared)
        agenda.plan(.set(track, path: "vcs.branch.exists", value: true), at: branch)
        let fixes = later(8, 12, &shared)
        agenda.plan(.set(track, path: "vcs.fixes.open", value: 0), at: fixes)
        build("c1", "101", track, at: later(8, 15, &own), &own)
        if !isPlain, shared.oneIn(3) {
            // One more commit, after the candidate perhaps.
            let commit = later(15, 100, &shared)
            agenda.plan(.set(track, path: "vcs.head.commit", value: "c2"), at: commit)
            build("c2", "102", track, at: commit + Int64(2 + own.below(12)) * 60_000, &own)
        }
        let plan: [(String, JSON, Int64)] = [
            ("tracker.blockers.open", 0, later(12, 30, &own)),
            ("quality.sessions", 20000, later(8, 30, &own)),
            ("quality.plays", 50000, later(8, 45, &own)),
        ]
        for (path, value, time) in plan {
            agenda.plan(.set(track, path: path, value: value), at: time)
        }
    }

    private mutating func build(
        _ commit: String,
        _ build: String,
        _ track: TrackID,
        at time: Int64,
        _ dice: inout Dice
    ) {
        let steps: [(String, JSON)] = [
            ("ci.verification.state", "running"), ("ci.tests.state", "running"),
            ("ci.build.commit", .string(commit)), ("ci.build.id", .string(build)),
            ("ci.verification.state", "passed"), ("store.uploaded.build", .string(build)),
            ("ci.tests.state", "passed"),
        ]
        var moment = time
        for (path, value) in steps {
            agenda.plan(.set(track, path: path, value: value), at: moment)
            if value == "passed" { moment += Int64(1 + dice.below(5)) * 60_000 }
        }
    }

    // MARK: Observing

    /// What a source says of a scope, as it was at `time`.
    func observation(of source: String, for track: TrackID, at time: Int64) -> Observation {
        var observation = Observation()
        for fact in PublishedMachine.published.facts where fact.source == source {
            guard let value = value(fact.path, of: track, at: time) else { continue }
            observation.facts[fact.name] = ObservedFact(value, about: subject(fact, track, time))
        }
        return observation
    }

    private func subject(_ fact: FactDeclaration, _ track: TrackID, _ time: Int64) -> String? {
        switch fact.subject {
        case .head, .candidate: value("ci.build.commit", of: track, at: time)?.stringValue
        case .version: track.version
        case .none: nil
        }
    }
}

/// A time in which a source does not say what is true.
struct SourceFault {
    enum Kind: CaseIterable {
        /// It says that it cannot.
        case fails
        /// It says nothing until nobody waits any more.
        case hangs
        /// It says what was true long ago, and when that was.
        case stale
        /// It leaves facts out.
        case silent
        /// It says texts for numbers, and numbers for texts.
        case lies
        /// It speaks of another version, or another commit.
        case strays
    }

    var kind: Kind
    var from: Int64
    var until: Int64

    /// Plans the faults of one source.
    static func some(_ dice: inout Dice, until end: Int64) -> [SourceFault] {
        guard !dice.oneIn(3) else { return [] }
        return (0..<1 + dice.below(3)).map { _ in
            let from = Int64(dice.below(Int(end)))
            let length = Int64(1 + dice.below(dice.oneIn(4) ? 150 : 30)) * 60_000
            return SourceFault(
                kind: dice.pick(SourceFault.Kind.allCases),
                from: from,
                until: min(end, from + length)
            )
        }
    }
}
