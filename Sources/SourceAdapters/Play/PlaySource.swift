import ConductorCore
import ConductorPorts
import Synchronization

/// The kind `play`, for the role `store`: how a version stands on a track.
///
///     play: {package: com.acme.music, key: file:service-account.json, track: production,
///            name: "${version}", others: [internal], edits: 10m}
///
/// What is in review, or live, the list of releases tells; what share of users gets it only an edit does,
/// which is opened, read and deleted, at most once in `edits`.
struct PlaySource: ConfiguredSource, VersionLister {
    static let kind = "play"

    private let play: Play
    private let track: Template
    private let name: Template
    private let others: [String]
    private let readsReview: Bool
    private let edits: Span
    private let timeout: Span

    init?(settings: SettingsReader, binding: SourceBinding) {
        let play = Play(settings: settings, scope: .source, service: .publisher)
        let track = settings.template("track", .source, default: "production")
        let name = settings.template("name", .source, default: "${version}")
        others = settings.texts("others") ?? []
        if Set(others.map(Self.factName)).count < others.count || others.contains("") {
            settings.fault(.badValue, "others", "should name each track once")
        }
        readsReview = settings.flag("review") ?? true
        edits = settings.span("edits") ?? .minutes(10)
        timeout = binding.timeout
        guard let play, let track, let name else { return nil }
        self.play = play
        self.track = track
        self.name = name
    }

    var secrets: [SecretReference] { play.secrets }
    var checkup: Checkup? { play.publisherCheckup(track: track) }

    var schema: FactSchema {
        var read: [FactSchema.Entry] = [
            .init(name: "play.release", type: .string, subject: .version),
            .init(name: "play.status", type: .string, subject: .version),
            .init(name: "play.version_codes", type: .list(.string), subject: .version),
        ]
        for other in others {
            read.append(.init(name: Self.factName(other), type: .string, subject: .version))
        }
        var told: [FactSchema.Entry] = [
            .init(name: "play.lifecycle", type: .string, subject: .version)
        ]
        for entry in RoleFacts.store {
            if entry.name.hasPrefix("rollout") { read.append(entry) } else { told.append(entry) }
        }
        // What an edit showed counts until the next edit, and a while longer.
        if edits > .zero {
            for index in read.indices { read[index].maxAge = edits + .minutes(15) }
        }
        return .sorted(told + read)
    }

    /// `wear:internal` is `play.tracks.wear_internal`.
    private static func factName(_ track: String) -> String {
        "play.tracks."
            + String(track.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }

    func observe(_ request: ObservationRequest) async -> PollAnswer {
        await play.api.poll(request, timeout: timeout) { session, variables in
            let package = try play.package(variables)
            let track = try variables.text(track)
            let name = PlayReleaseName(name: try variables.text(name))
            let version = request.variables["version"]
            var observation = Observation()
            var listed: PlayReleaseName.Finding<PlaySummary> = .unclear
            if readsReview {
                listed = name.find(
                    in: try await summaries(package, track, session),
                    name: \.name,
                    codes: \.codes
                )
                if case .absent = listed { observation.facts["review"] = ObservedFact("none") }
            }
            if case .found(let summary) = listed {
                say(summary, version, &observation)
            }
            let (tracks, readAt) = try await tracks(package, session)
            guard let ours = tracks.first(where: { $0.name == track }) else {
                throw APIProblem(.notFound, "\(package) has no track named \(track)")
            }
            var standing: [String: JSON] = [:]
            Self.tell(name.find(in: ours), listed, readsReview, &standing)
            for other in others {
                guard let track = tracks.first(where: { $0.name == other }) else {
                    throw APIProblem(.notFound, "\(package) has no track named \(other)")
                }
                let word = Self.word(name.find(in: track))
                if let word { standing[Self.factName(other)] = .string(word) }
            }
            for (name, value) in standing {
                observation.facts[name] = ObservedFact(value, about: version)
                if let readAt { observation.observedAt[name] = readAt }
            }
            return observation
        }
    }

    /// The versions whose releases Google lists on the track.
    func versions(_ request: ObservationRequest) async -> VersionAnswer {
        await play.api.list(request, timeout: timeout) { session, variables in
            let package = try play.package(variables)
            let track = try variables.text(track)
            let pattern = try VersionPattern(name, variables)
            let names: [String?]
            if readsReview {
                names = try await summaries(package, track, session).map(\.name)
            } else {
                let tracks = try await tracks(package, session).tracks
                guard let ours = tracks.first(where: { $0.name == track }) else {
                    throw APIProblem(.notFound, "\(package) has no track named \(track)")
                }
                names = ours.releases?.map(\.name) ?? []
            }
            return names.compactMap { $0 }.compactMap { name in
                // What follows a blank is no part of a version; the name may have one before it.
                let ends = name.indices.filter { name[$0] == " " } + [name.endIndex]
                return ends.lazy.compactMap { pattern.version(in: String(name[..<$0])) }.first
            }
        }
    }

    // MARK: The list of releases

    private func summaries(
        _ package: String,
        _ track: String,
        _ session: APISession
    ) async throws -> [PlaySummary] {
        let path: APIPath = "\(PlayEdit.app(package))/tracks/\(track)/releases"
        let releases = try await session.get(path).list("releases").map { try PlaySummary($0) }
        // There may be more than Google lists: then nothing is known to be absent.
        return releases.count < PlaySummary.most ? releases : releases + [.unknown]
    }

    private func say(_ summary: PlaySummary, _ version: String?, _ observation: inout Observation) {
        if let review = summary.lifecycle?.review {
            let commit = summary.name.flatMap { PlayReleaseName.commit(in: $0) }
            observation.facts["review"] = ObservedFact(.string(review), about: commit)
        }
        if let lifecycle = summary.lifecycle {
            let word = JSON.string(lifecycle.rawValue)
            observation.facts["play.lifecycle"] = ObservedFact(word, about: version)
        }
    }

    // MARK: The track

    /// The facts about the version's release on its track.
    ///
    /// What a track is set to is what users get only once it is published; while a release is in review
    /// nobody knows from outside whether it is new, or live with a change of it waiting.
    private static func tell(
        _ finding: PlayReleaseName.Finding<PlayRelease>,
        _ listed: PlayReleaseName.Finding<PlaySummary>,
        _ readsReview: Bool,
        _ facts: inout [String: JSON]
    ) {
        guard case .found(let release) = finding else {
            if case .absent = finding {
                facts["rollout"] = "none"
                facts["rollout_fraction"] = .double(0)
            }
            return
        }
        facts["play.release"] = release.name.map { .string($0) }
        if !release.codes.isEmpty {
            facts["play.version_codes"] = .array(release.codes.map { .string(String($0)) })
        }
        guard let status = release.status else { return }
        facts["play.status"] = .string(status.rawValue)
        switch status {
        case .draft:
            facts["rollout"] = "none"
            facts["rollout_fraction"] = .double(0)
        case .halted:
            facts["rollout"] = "paused"
            facts["rollout_fraction"] = release.fraction.map { .double($0) }
        case .inProgress, .completed:
            #if CONDUCTOR_PLANTED_BUGS
                let asksReview = readsReview && !Oversight.settingTakenForStanding.isPlanted
            #else
                let asksReview = readsReview
            #endif
            if asksReview {
                guard case .found(let summary) = listed, summary.isPublished,
                    summary.codes == release.codes
                else { return }
            }
            facts["rollout"] = status == .completed ? "completed" : "running"
            facts["rollout_fraction"] =
                status == .completed ? .double(1) : release.fraction.map { .double($0) }
        }
    }

    private static func word(_ finding: PlayReleaseName.Finding<PlayRelease>) -> String? {
        switch finding {
        case .absent: "none"
        case .found(let release): release.status?.rawValue
        case .unclear: nil
        }
    }

    /// All tracks, and when they were read if that was earlier.
    private func tracks(
        _ package: String,
        _ session: APISession
    ) async throws -> (tracks: [PlayTrack], readAt: Instant?) {
        let key = PlayEdit.key(package, session)
        if !session.context.bypassesCaches,
            let kept = PlayTracksRead.shared.read(key, within: edits)
        {
            return (kept.tracks, kept.at)
        }
        // Polls that begin at once open one edit among them: who waited takes what was read meanwhile.
        return try await PlayTracksRead.turns.turn(of: key, until: session.context.deadline) {
            if !session.context.bypassesCaches,
                let kept = PlayTracksRead.shared.read(key, within: edits)
            {
                return (kept.tracks, kept.at)
            }
            let tracks = try await PlayEdit.open(package, session) { edit in
                (try await edit.tracks(), false)
            }
            PlayTracksRead.shared.keep(.init(tracks: tracks, at: AdapterTime.now()), key)
            return (tracks, nil)
        }
    }
}

extension PlayReleaseName {
    fileprivate func find(in track: PlayTrack) -> Finding<PlayRelease> {
        guard let releases = track.releases else { return .unclear }
        return find(in: releases, name: \.name, codes: \.codes)
    }
}

/// A release as the list of releases shows it.
struct PlaySummary: Sendable {
    /// Releases that Google lists at most.
    static let most = 20
    /// Stands for what is not listed.
    static let unknown = PlaySummary(name: nil, lifecycle: nil, codes: [])

    enum Lifecycle: String, Sendable {
        case draft = "DRAFT"
        case notSentForReview = "NOT_SENT_FOR_REVIEW"
        case inReview = "IN_REVIEW"
        case approvedNotPublished = "APPROVED_NOT_PUBLISHED"
        case notApproved = "NOT_APPROVED"
        case published = "PUBLISHED"

        var review: String {
            switch self {
            case .draft, .notSentForReview: "none"
            case .inReview: "in_review"
            case .approvedNotPublished, .published: "approved"
            case .notApproved: "rejected"
            }
        }
    }

    let name: String?
    /// Nil for a word that nobody knows.
    let lifecycle: Lifecycle?
    let codes: [Int64]

    var isPublished: Bool {
        #if CONDUCTOR_PLANTED_BUGS
            if Oversight.heldBackIsLive.isPlanted, lifecycle == .notSentForReview { return true }
        #endif
        return lifecycle == .published
    }

    private init(name: String?, lifecycle: Lifecycle?, codes: [Int64]) {
        self.name = name
        self.lifecycle = lifecycle
        self.codes = codes
    }

    init(_ json: JSON) throws(APIProblem) {
        name = try json.textIfAny("releaseName")
        let beginning = "RELEASE_LIFECYCLE_STATE_"
        lifecycle = try json.textIfAny("releaseLifecycleState").flatMap { word in
            guard word.hasPrefix(beginning) else { return nil }
            return Lifecycle(rawValue: String(word.dropFirst(beginning.count)))
        }
        var codes: [Int64] = []
        if json["activeArtifacts"] != nil {
            for artifact in try json.list("activeArtifacts") {
                codes.append(try artifact.count("versionCode"))
            }
        }
        self.codes = codes.sorted()
    }
}

/// The last look into an edit of each app: an edit disturbs others of the same account, so few are opened.
final class PlayTracksRead: Sendable {
    struct Kept: Sendable {
        var tracks: [PlayTrack]
        var at: Instant
    }

    private let kept = Mutex<[String: (kept: Kept, on: ContinuousClock.Instant)]>([:])

    static let shared = PlayTracksRead()
    /// The looks of polls, by account and app.
    static let turns = TurnTaking()

    func read(_ app: String, within span: Span) -> Kept? {
        kept.withLock { all in
            guard let entry = all[app],
                AdapterTime.monotonic() - entry.on < .milliseconds(span.milliseconds)
            else { return nil }
            return entry.kept
        }
    }

    func keep(_ look: Kept, _ app: String) {
        kept.withLock { all in
            if all.count >= AdapterLimits.accounts { all.removeAll() }
            all[app] = (look, AdapterTime.monotonic())
        }
    }

    /// Something was changed: the next poll looks anew.
    func forget(_ app: String) { kept.withLock { $0[app] = nil } }
}
