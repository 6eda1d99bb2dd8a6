import ConductorCore
import ConductorTesting

/// A rehearsal of the published machine with random news, driven by dice.
struct RandomWorld {
    static let tracks = ["music/ios/8.9.2", "music/android/8.9.2", "radio/ios/2.0"]
        .compactMap(TrackID.init)

    /// Machines that have all stages of the published process.
    private static let machines = PublishedMachine.names.filter {
        $0 != "published-without-rollout"
    }

    var rehearsal = Rehearsal(at: Instant(milliseconds: 1_772_442_000_000))
    private var dice: Dice
    private var observations: [String: [Scope: Observation]] = [:]
    private var commands = 0

    init(seed: UInt64, full: Bool = false) throws {
        dice = Dice(seed: seed)
        rehearsal.full = full
        rehearsal.limits = [
            ClaimLimit(name: "full_rollout", limit: 1, per: .platform, within: .hours(24))
        ]
        let machine = dice.pick(Self.machines)
        guard let value = PublishedMachine.named(machine) else { return }
        try rehearsal.boot()
        try rehearsal.add(value, digest: machine)
        for track in Self.tracks {
            let stage = dice.pick(["upcoming", "branched", "final_rc", "submitted", "rollout_1"])
            try rehearsal.register(track, machine: machine, stage: stage)
            // Most things are fine at first, else nothing ever moves.
            for source in PublishedMachine.scopes.keys.sorted() where !dice.oneIn(20) {
                try poll(source, track, healthy: true)
            }
        }
    }

    /// Something happens, and time passes.
    mutating func step() throws {
        switch dice.below(13) {
        case 0:
            // Time goes by, and the polls with it.
            rehearsal.pass(.hours(Int64(dice.below(30))))
            for source in PublishedMachine.scopes.keys.sorted() where !dice.oneIn(4) {
                for track in Self.tracks {
                    guard let last = observations[source]?[scope(source, track)] else { continue }
                    try rehearsal.see(source, scope(source, track), last)
                }
            }
        case 1: rehearsal.pass(Span(milliseconds: Int64(dice.below(3_600_000))))
        case 2...6:
            let source = dice.pick(PublishedMachine.scopes.keys.sorted())
            try poll(source, dice.pick(Self.tracks), healthy: !dice.oneIn(3))
        case 7:
            let source = dice.pick(PublishedMachine.scopes.keys.sorted())
            try rehearsal.fail(source, scope(source, dice.pick(Self.tracks)), .timedOut)
        case 8, 9: try answer()
        case 10: try command()
        case 11: try spike(dice.pick(Self.tracks))
        default: try rare()
        }
        rehearsal.pass(.seconds(Int64(dice.below(3))))
    }

    mutating func round() throws -> Rehearsal.Round {
        let round = try rehearsal.round()
        for (track, turn) in round.turns {
            for source in turn.refetch {
                guard let observation = observations[source]?[scope(source, track)] else {
                    continue
                }
                rehearsal.pass(.seconds(1))
                try rehearsal.see(source, scope(source, track), observation)
            }
        }
        return round
    }

    /// Many crashes, and many sessions that prove it.
    private mutating func spike(_ track: TrackID) throws {
        let scope = scope("quality", track)
        var observation = observations["quality"]?[scope] ?? Observation()
        observation.facts["crash_rate"] = ObservedFact(.double(0.05), about: track.version)
        observation.facts["sessions"] = ObservedFact(20000, about: track.version)
        observation.observedAt = [:]
        observations["quality", default: [:]][scope] = observation
        try rehearsal.see("quality", scope, observation)
    }

    private mutating func rare() throws {
        switch dice.below(4) {
        case 0: rehearsal.stopFile = !rehearsal.stopFile && dice.oneIn(3)
        case 1: rehearsal.setWall(by: .minutes(Int64(dice.below(300) - 100)))
        case 2: rehearsal.shadowed = rehearsal.shadowed.isEmpty ? ["radio"] : []
        default:
            rehearsal.pass(.hours(1))
            try rehearsal.boot()
        }
    }

    private func scope(_ source: String, _ track: TrackID) -> Scope {
        Scope(PublishedMachine.scopes[source] ?? .track, around: track)
    }

    private mutating func answer() throws {
        guard !rehearsal.inFlight.isEmpty else { return }
        let effect = dice.pick(rehearsal.inFlight)
        let answer: Entry.OutcomeRecord.Answer =
            switch effect {
            case .perform:
                .performed(
                    dice.pick([
                        .done(evidence: "ok"), .done(evidence: "ok"), .done(evidence: "ok"),
                        .alreadyDone(evidence: "there"), .unknown(reason: "lost"),
                        .retryable(reason: "busy", after: nil),
                        .rejected(reason: "no", remedy: nil),
                    ])
                )
            case .probe:
                .probed(
                    dice.pick([
                        .present(evidence: "there"), .absent, .absent,
                        .unavailable(reason: "down"), .ambiguous(reason: "odd"),
                    ])
                )
            }
        try rehearsal.answer(effect, answer)
    }

    private mutating func command() throws {
        commands += 1
        let track = dice.pick(Self.tracks)
        let requests: [Command.Request] = [
            .resume, .hold, .resume, .resume, .advance(to: nil), .pause, .retry, .abandon(.stay),
            .abandon(.asDone), .signoff(what: "playback", verdict: .approved),
            .signoff(what: "search", verdict: .optedOut),
            .signoff(what: "store_approved", verdict: .approved), .stop, .liftStop, .liftStop,
            .override(condition: "used_enough", term: .lasting(.hours(9))),
            .override(condition: "crash_rate_ok", term: .lifted), .approve(transition: nil),
            .rearm(transition: nil),
        ]
        try rehearsal.ask(
            Command(
                id: "c\(commands)",
                actor: "os:ada",
                scope: dice.oneIn(3) ? .release(track.release) : .track(track),
                request: dice.oneIn(40) ? .cancel : dice.pick(requests)
            )
        )
    }

    private mutating func poll(_ source: String, _ track: TrackID, healthy: Bool) throws {
        let scope = scope(source, track)
        var observation = observations[source]?[scope] ?? Observation()
        for fact in PublishedMachine.published.facts where fact.source == source {
            if healthy {
                observation.facts[fact.name] = Self.healthy(fact, track)
            } else if dice.oneIn(3) {
                observation.facts[fact.name] = odd(fact, track)
            }
            observation.observedAt[fact.name] =
                dice.oneIn(10)
                ? rehearsal.now.wall + (.zero - .minutes(Int64(dice.below(120)))) : nil
        }
        observations[source, default: [:]][scope] = observation
        try rehearsal.see(source, scope, observation)
    }

    /// What a fact is when all is well.
    static func healthy(_ fact: FactDeclaration, _ track: TrackID) -> ObservedFact {
        let values: [String: JSON] = [
            "vcs.head.commit": "aaa", "vcs.branch.exists": true, "vcs.fixes.open": 0,
            "ci.build.commit": "aaa", "ci.build.id": "101", "ci.verification.state": "passed",
            "ci.tests.state": "passed", "store.uploaded.build": "101",
            "store.review.state": "approved", "store.rollout": "running",
            "tracker.blockers.open": 0, "quality.crash_rate": .double(0.004),
            "quality.anr_rate": .double(0.001), "quality.sessions": 20000,
            "quality.plays": 50000, "itgc.passed": true, "itgc.data_loss": .double(0.0001),
        ]
        return ObservedFact(values[fact.path] ?? .null, about: subject(fact, track))
    }

    static func subject(_ fact: FactDeclaration, _ track: TrackID) -> String? {
        switch fact.subject {
        case .head, .candidate: "aaa"
        case .version: track.version
        case .none: nil
        }
    }

    private mutating func odd(_ fact: FactDeclaration, _ track: TrackID) -> ObservedFact? {
        let values: [String: [JSON]] = [
            "vcs.head.commit": ["aaa", "bbb"], "vcs.fixes.open": [1],
            "ci.build.commit": ["bbb"], "store.review.state": ["rejected", "none"],
            "store.rollout": ["paused", "complete", "unpublished"],
            "tracker.blockers.open": [1, 9], "quality.crash_rate": [.double(0.05), .double(0.015)],
            "quality.anr_rate": [.double(0.05)], "quality.sessions": [10],
            "quality.plays": [10], "itgc.passed": [false], "itgc.data_loss": [.double(0.5)],
        ]
        switch dice.below(12) {
        case 0: return nil
        case 1: return ObservedFact(["odd"], about: Self.subject(fact, track))
        case 2: return ObservedFact(Self.healthy(fact, track).value, about: "another")
        default:
            let value = dice.pick(values[fact.path] ?? ["odd"])
            return ObservedFact(value, about: Self.subject(fact, track))
        }
    }
}

/// A second, simple reading of the published machine's conditions: plain Swift over plain values.
struct SimpleEvaluator {
    let state: TrackState
    let view: View
    let now: Stamp

    /// The value of a fact if it is known, fresh and about the right thing.
    private func fact(_ path: String) -> JSON? {
        guard let fact = PublishedMachine.published.facts.first(where: { $0.path == path }),
            let good = view.readings[fact.source]?.good,
            let seen = good.observation.facts[fact.name]
        else { return nil }
        let origin = min(
            good.observation.observedAt[fact.name] ?? good.fetched.wall,
            good.fetched.wall
        )
        let age = (now.elapsed - good.fetched.elapsed) + (good.fetched.wall - origin).milliseconds
        guard age <= fact.maxAge.milliseconds else { return nil }
        switch fact.subject {
        case .none: break
        case .version: guard seen.about == state.track.version else { return nil }
        case .candidate:
            guard let commit = state.candidate?.commit, seen.about == commit else { return nil }
        case .head: guard let head = text("vcs.head.commit"), seen.about == head else { return nil }
        }
        return seen.value
    }

    private func text(_ path: String) -> String? { fact(path)?.stringValue }
    private func flag(_ path: String) -> Bool? { fact(path)?.boolValue }
    private func whole(_ path: String) -> Int64? { fact(path)?.intValue }
    private func number(_ path: String) -> Double? {
        switch fact(path) {
        case .double(let number): number
        case .int(let number): Double(number)
        case .null, .bool, .string, .array, .object, nil: nil
        }
    }

    private func isApproved(_ name: String) -> Bool {
        guard let record = state.signoffs[name] else { return false }
        return record.verdict == .approved && record.commit == state.candidate?.commit
    }

    /// Whether a condition is surely met.
    func isMet(_ condition: String) -> Bool {
        let crash = number("quality.crash_rate")
        let anr = number("quality.anr_rate")
        let sessions = whole("quality.sessions")
        return switch condition {
        case "branch_cut": flag("vcs.branch.exists") == true
        case "last_fix_merged": whole("vcs.fixes.open") == 0
        case "rc_built":
            text("ci.build.commit") != nil && text("ci.build.commit") == text("vcs.head.commit")
        case "rc_verified": text("ci.verification.state") == "passed"
        case "rc_uploaded":
            text("store.uploaded.build") != nil
                && text("store.uploaded.build") == text("ci.build.id")
        case "latest_build_tested":
            text("ci.tests.state") == "passed" && text("vcs.head.commit") != nil
                && text("ci.build.commit") == text("vcs.head.commit")
        case "no_open_blockers": whole("tracker.blockers.open") == 0
        case "signed_off":
            ["playback", "search"].allSatisfy {
                isApproved($0) || state.signoffs[$0]?.verdict == .optedOut
            }
        case "crash_rate_ok":
            crash.map { $0 <= 0.01 } == true && anr.map { $0 <= 0.005 } == true
                && sessions.map { $0 >= 1000 } == true
        case "crash_rate_calm": crash.map { $0 <= 0.01 } == true
        case "used_enough": whole("quality.plays").map { $0 >= 10000 } == true
        case "approved":
            text("store.review.state") == "approved" || isApproved("store_approved")
        case "rejected": text("store.review.state") == "rejected"
        case "head_beyond_candidate":
            state.candidate != nil && text("vcs.head.commit") != nil
                && text("vcs.head.commit") != state.candidate?.commit
        case "itgc_passed":
            flag("itgc.passed") == true && number("itgc.data_loss").map { $0 < 0.001 } == true
        default: false
        }
    }

    /// Whether a guard is surely quiet.
    func isQuiet(_ name: String) -> Bool {
        let sessions = whole("quality.sessions")
        let rate = name == "crash_spike" ? number("quality.crash_rate") : number("quality.anr_rate")
        let limit = name == "crash_spike" ? 0.02 : 0.01
        return rate.map { $0 <= limit } == true || sessions.map { $0 < 5000 } == true
    }
}
