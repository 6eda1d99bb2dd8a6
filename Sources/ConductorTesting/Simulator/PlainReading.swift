import ConductorCore

/// A second, simple reading of the published machine's conditions.
///
/// Plain Swift over the facts as the journal's rows have them; it shares no code with the core's
/// evaluation.
struct PlainReading {
    /// What a source said last, as its poll was recorded.
    struct Seen {
        var digest: String
        var body: JSON
        var observedAt: [String: Instant]
        var fetched: Stamp
    }

    let track: TrackID
    let candidate: Candidate?
    let signoffs: [String: (verdict: Command.Signoff, commit: String?)]
    let readings: [String: [Scope: Seen]]
    let now: Stamp

    /// Where each fact is found: its source, its name there, and the level that is asked at.
    private static let places: [String: (source: String, name: String, level: Scope.Level)] =
        PublishedMachine.published.facts.reduce(into: [:]) { places, fact in
            guard let level = PublishedMachine.scopes[fact.source] else { return }
            places[fact.path] = (fact.source, fact.name, level)
        }

    /// How long the facts of a source hold, in milliseconds: as the simulated machine declares it.
    static func validity(of source: String) -> Int64 {
        (source == "quality" ? 50 : 60) * 60_000
    }

    /// A fact's value and the moment that it speaks of; nil when it is not known.
    private func fact(_ path: String) -> (value: JSON, origin: Int64)? {
        guard let (source, name, level) = Self.places[path],
            let seen = readings[source]?[Scope(level, around: track)],
            case .object(let member)? = seen.body[name], let value = member["value"]
        else { return nil }
        let ahead = seen.observedAt[name].map { (seen.fetched.wall - $0).milliseconds } ?? 0
        let origin = seen.fetched.elapsed - max(0, ahead)
        guard now.elapsed - origin <= Self.validity(of: source) else { return nil }
        let about = member["about"]?.stringValue
        switch path {
        case "ci.verification.state", "ci.tests.state":
            guard let head = text("vcs.head.commit"), about == head else { return nil }
        case "vcs.head.commit", "vcs.branch.exists", "vcs.fixes.open", "ci.build.commit",
            "ci.build.id", "tracker.blockers.open":
            break
        default: guard about == track.version else { return nil }
        }
        return (value, origin)
    }

    func text(_ path: String) -> String? { fact(path)?.value.stringValue }
    private func flag(_ path: String) -> Bool? { fact(path)?.value.boolValue }
    private func number(_ path: String) -> Double? {
        switch fact(path)?.value {
        case .double(let number): number
        case .int(let number): Double(number)
        case .null, .bool, .string, .array, .object, nil: nil
        }
    }

    private func isApproved(_ name: String) -> Bool {
        guard let word = signoffs[name] else { return false }
        return word.verdict == .approved && word.commit == candidate?.commit
    }

    // MARK: True, false, or not known (nil)

    private func both(_ terms: [Bool?]) -> Bool? {
        terms.contains(false) ? false : terms.contains(nil) ? nil : true
    }

    private func either(_ terms: [Bool?]) -> Bool? {
        terms.contains(true) ? true : terms.contains(nil) ? nil : false
    }

    private func equal(_ left: String?, _ right: String?) -> Bool? {
        guard let left, let right else { return nil }
        return left == right
    }

    private func isMost(_ path: String, _ limit: Double) -> Bool? {
        number(path).map { $0 <= limit }
    }

    private func isLeast(_ path: String, _ limit: Double) -> Bool? {
        number(path).map { $0 >= limit }
    }

    /// Whether a condition holds; nil when nobody can know.
    func holds(_ condition: String) -> Bool? {
        switch condition {
        case "branch_cut": flag("vcs.branch.exists")
        case "last_fix_merged": isMost("vcs.fixes.open", 0)
        case "rc_built": equal(text("ci.build.commit"), text("vcs.head.commit"))
        case "rc_verified": equal(text("ci.verification.state"), "passed")
        case "rc_uploaded": equal(text("store.uploaded.build"), text("ci.build.id"))
        case "latest_build_tested":
            both([
                equal(text("ci.build.commit"), text("vcs.head.commit")),
                equal(text("ci.tests.state"), "passed"),
            ])
        case "no_open_blockers": isMost("tracker.blockers.open", 0)
        case "signed_off":
            ["playback", "search"].allSatisfy {
                isApproved($0) || signoffs[$0]?.verdict == .optedOut
            }
        case "crash_rate_ok":
            both([
                isMost("quality.crash_rate", 0.01), isMost("quality.anr_rate", 0.005),
                isLeast("quality.sessions", 1000),
            ])
        case "crash_rate_calm": isMost("quality.crash_rate", 0.01)
        case "used_enough": isLeast("quality.plays", 10000)
        case "approved":
            either([
                equal(text("store.review.state"), "approved"), isApproved("store_approved"),
            ])
        case "rejected": equal(text("store.review.state"), "rejected")
        case "head_beyond_candidate":
            equal(text("vcs.head.commit"), candidate?.commit).map { !$0 }
        case "itgc_passed":
            both([flag("itgc.passed"), number("itgc.data_loss").map { $0 < 0.001 }])
        case "crash_spike":
            both([
                isMost("quality.crash_rate", 0.02).map { !$0 }, isLeast("quality.sessions", 5000),
            ])
        case "anr_spike":
            both([
                isMost("quality.anr_rate", 0.01).map { !$0 }, isLeast("quality.sessions", 5000),
            ])
        default: nil
        }
    }

    /// Whether a guard is surely quiet, by what was seen since `moment`.
    func isQuiet(_ guardName: String, since moment: Int64) -> Bool {
        guard holds(guardName) == false else { return false }
        let rate = guardName == "crash_spike" ? "quality.crash_rate" : "quality.anr_rate"
        return [rate, "quality.sessions"].compactMap(fact).allSatisfy { $0.origin >= moment }
    }

    /// Whether the store shows a stage; true where a stage does not say what it looks like.
    func shows(_ stage: String) -> Bool? {
        let wanted = [
            "rollout_1": "running", "rollout_100": "complete", "rollout_paused": "paused",
        ]
        guard let wanted = wanted[stage] else { return true }
        return equal(text("store.rollout"), wanted)
    }

    /// When a source was last asked with success.
    func fetched(_ source: String) -> Int64? {
        guard let level = PublishedMachine.scopes[source] else { return nil }
        return readings[source]?[Scope(level, around: track)]?.fetched.elapsed
    }

    /// The sources that a condition reads, people left out.
    static func sources(of condition: String) -> [String] {
        switch condition {
        case "branch_cut", "last_fix_merged", "head_beyond_candidate": ["vcs"]
        case "rc_built", "rc_verified", "latest_build_tested": ["ci", "vcs"]
        case "rc_uploaded": ["ci", "store"]
        case "no_open_blockers": ["tracker"]
        case "crash_rate_ok", "crash_rate_calm", "used_enough", "crash_spike", "anr_spike":
            ["quality"]
        case "rejected": ["store"]
        case "itgc_passed": ["itgc"]
        default: []
        }
    }
}
