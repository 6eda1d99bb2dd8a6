import ConductorCore
import ConductorPorts

/// A change of one release on one track: from what it may be before to what it is after.
///
/// Everything else is somebody else's doing, and for a person to look at. A fraction is never lowered.
enum PlayMove: Sendable {
    /// Gives a version that is uploaded to a share of users; 1 is everybody.
    case release(PlayReleaseText, fraction: Double, supersedes: Bool)
    case raise(fraction: Double)
    /// `isForCompleted`: also where everybody gets it already.
    case halt(isForCompleted: Bool)
    case resume
    case complete

    /// Whether it is so already, may be done, or is not as this move begins or ends.
    func look(_ track: PlayTrack, _ codes: [Int64]) throws(APIProblem) -> ProbeAnswer {
        let ours: PlayRelease?
        switch try Self.find(codes, in: track) {
        case .found(let release): ours = release
        case .absent: ours = nil
        case .unclear:
            return .unavailable(reason: "Google says nothing of the releases on \(track.name)")
        }
        let place = ours.map { "\(track.name): \($0.summary)" } ?? "\(track.name): not there"
        guard let ours else {
            if case .release = self { return .absent }
            return .ambiguous(reason: "\(place), so it cannot be \(participle)")
        }
        guard let status = ours.status else {
            return .unavailable(reason: "\(place); nobody knows what that means")
        }
        let other = ProbeAnswer.ambiguous(
            reason: "\(place), so it is not \(participle); see who did that"
        )
        if status == .inProgress, ours.fraction == nil {
            switch self {
            case .release, .raise:
                return .unavailable(reason: "\(place), and its share of users is not told")
            case .halt, .resume, .complete: break
            }
        }
        #if CONDUCTOR_PLANTED_BUGS
            if status == .completed {
                if case .complete = self, Oversight.completedIsOdd.isPlanted { return other }
                if case .halt = self, Oversight.everythingCanBeHalted.isPlanted { return .absent }
            }
        #endif
        switch (self, status) {
        case (.release, .draft): return .absent
        case (.release(_, let fraction, _), .inProgress):
            return ours.fraction == fraction ? .present(evidence: place) : other
        case (.release(_, 1, _), .completed): return .present(evidence: place)
        case (.raise(let fraction), .inProgress):
            let standing = ours.fraction ?? 0
            if standing == fraction { return .present(evidence: place) }
            return standing < fraction ? .absent : other
        case (.halt, .inProgress): return .absent
        case (.halt, .halted): return .present(evidence: place)
        case (.halt(true), .completed): return .absent
        case (.resume, .halted): return ours.fraction == nil ? other : .absent
        case (.resume, .inProgress): return .present(evidence: place)
        case (.complete, .inProgress): return .absent
        case (.complete, .completed): return .present(evidence: place)
        case (.release, _), (.raise, _), (.halt, _), (.resume, _), (.complete, _): return other
        }
    }

    private var participle: String {
        switch self {
        case .release: "released at that share"
        case .raise: "raised"
        case .halt: "halted"
        case .resume: "resumed"
        case .complete: "completed"
        }
    }

    /// The whole list of the track's releases afterwards: what is not touched stays as it was read.
    ///
    /// Of staged and of completed releases a track takes one each: a completed one replaces the one before
    /// it, and a new staged one replaces one that was halted; one that is running only where that is wanted.
    /// - Throws: where another version is running.
    func releases(of track: PlayTrack, _ codes: [Int64]) throws(APIProblem) -> [JSON] {
        let releases = track.releases ?? []
        let index = releases.firstIndex { Self.holds($0, codes) }
        let others = releases.indices.filter { $0 != index }.map { releases[$0] }
        func replacing(_ changed: JSON, keeping: (PlayRelease) -> Bool) -> [JSON] {
            guard let index else { return [changed] + others.filter(keeping).map(\.json) }
            return releases.indices.compactMap { place in
                if place == index { return changed }
                return keeping(releases[place]) ? releases[place].json : nil
            }
        }
        let ours = index.map { releases[$0] }
        switch self {
        case .release(let text, let fraction, let supersedes):
            #if CONDUCTOR_PLANTED_BUGS
                let supersedes = supersedes || Oversight.runningIsReplaced.isPlanted
            #endif
            if let running = others.first(where: { $0.status == .inProgress }), !supersedes {
                throw APIProblem(
                    .refused,
                    "\(running.summary) is rolling out on \(track.name), and would be replaced:"
                        + " too many staged releases"
                )
            }
            let changed = text.json(
                over: ours?.json,
                codes: codes,
                status: fraction < 1 ? .inProgress : .completed,
                fraction: fraction < 1 ? fraction : nil
            )
            return replacing(changed) { other in
                !other.isStaged && (fraction < 1 || other.status != .completed)
            }
        case .raise(let fraction):
            guard let ours else { return releases.map(\.json) }
            return replacing(ours.changed(to: .inProgress, fraction: fraction)) { _ in true }
        case .halt:
            guard let ours else { return releases.map(\.json) }
            return replacing(ours.changed(to: .halted, fraction: ours.fraction)) { _ in true }
        case .resume:
            guard let ours else { return releases.map(\.json) }
            #if CONDUCTOR_PLANTED_BUGS
                if Oversight.resumedAtOnePercent.isPlanted {
                    return replacing(ours.changed(to: .inProgress, fraction: 0.01)) { _ in true }
                }
            #endif
            return replacing(ours.changed(to: .inProgress, fraction: ours.fraction)) { _ in true }
        case .complete:
            guard let ours else { return releases.map(\.json) }
            #if CONDUCTOR_PLANTED_BUGS
                if Oversight.fractionKept.isPlanted {
                    return replacing(ours.changed(to: .completed, fraction: ours.fraction)) { _ in
                        true
                    }
                }
            #endif
            return replacing(ours.changed(to: .completed, fraction: nil)) { other in
                other.status != .completed
            }
        }
    }

    private static func holds(_ release: PlayRelease, _ codes: [Int64]) -> Bool {
        codes.allSatisfy { release.codes.contains($0) }
    }

    private static func find(
        _ codes: [Int64],
        in track: PlayTrack
    ) throws(APIProblem) -> PlayReleaseName.Finding<PlayRelease> {
        guard let releases = track.releases else { return .unclear }
        for release in releases where release.codes.isEmpty && release.status != .draft {
            throw APIProblem(.malformed, "a release without version codes on \(track.name)")
        }
        let found = releases.filter { holds($0, codes) }
        guard found.count < 2 else {
            throw APIProblem(.malformed, "the same version twice on \(track.name)")
        }
        return found.first.map { .found($0) } ?? .absent
    }
}

/// What a release says of itself.
struct PlayReleaseText: Sendable {
    /// Characters that Google takes.
    static let longestName = 50
    static let longestNotes = 500

    var name: String
    /// By language.
    var notes: [String: String]
    var priority: Int64?

    /// A release of these codes; what is not said stays as the draft has it.
    func json(
        over draft: JSON?,
        codes: [Int64],
        status: PlayRelease.Status,
        fraction: Double?
    ) -> JSON {
        var members = draft?.objectValue ?? [:]
        members["name"] = .string(name)
        if members["versionCodes"] == nil {
            members["versionCodes"] = .array(codes.map { .string(String($0)) })
        }
        members["status"] = .string(status.rawValue)
        members["userFraction"] = fraction.map { .double($0) }
        #if CONDUCTOR_PLANTED_BUGS
            let priority = Oversight.priorityForgotten.isPlanted ? nil : self.priority
            let longestNotes = Oversight.notesUncut.isPlanted ? Int.max : Self.longestNotes
        #else
            let longestNotes = Self.longestNotes
        #endif
        if !notes.isEmpty {
            members["releaseNotes"] = .array(
                notes.sorted { $0.key.precedes($1.key) }.map { language, text in
                    [
                        "language": .string(language),
                        "text": .string(String(text.prefix(longestNotes))),
                    ]
                }
            )
        }
        if let priority { members["inAppUpdatePriority"] = .int(priority) }
        return .object(members)
    }
}
