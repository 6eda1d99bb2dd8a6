import ConductorCore
import Synchronization

/// One version of one app on one platform, and a session to ask about it.
struct AppStorePlace: Sendable {
    let session: APISession
    /// The app's number.
    let app: String
    let platform: AppStore.Platform
    let version: String

    /// The version as the store has it; nil where it has none of this name.
    func find() async throws -> AppStoreVersion? {
        let answer = try await session.get(
            "v1/apps/\(app)/appStoreVersions",
            query: [
                ("filter[platform]", platform.word), ("filter[versionString]", version),
                ("include", "build,appStoreVersionPhasedRelease"), ("limit", "10"),
            ]
        )
        let found = try AppStoreResource.all(answer, type: "appStoreVersions")
        guard !found.isEmpty else { return nil }
        let own = try found.first {
            try $0.text("versionString") == version && $0.text("platform") == platform.word
        }
        guard let own else {
            throw APIProblem(.malformed, "asked for \(version), and another one was answered")
        }
        let build = try await related(own, "build", type: "builds", answer)
        let phased = try await related(
            own,
            "appStoreVersionPhasedRelease",
            type: "appStoreVersionPhasedReleases",
            answer
        )
        return AppStoreVersion(
            id: own.id,
            stateWord: try own.text("appVersionState"),
            releaseType: try own.textIfAny("releaseType"),
            build: try build.map { try AppStoreBuild($0) },
            phased: try phased.map { try AppStorePhasedRelease($0) }
        )
    }

    /// What belongs to a version; asked for where the version does not tell.
    private func related(
        _ version: AppStoreResource,
        _ name: String,
        type: String,
        _ answer: JSON
    ) async throws -> AppStoreResource? {
        switch try version.link(name, type: type) {
        case .none: return nil
        case .one(let id): return try AppStoreResource.included(answer, type: type, id: id)
        case .untold:
            let path: APIPath = "v1/appStoreVersions/\(version.id)/\(name)"
            guard let found = try await session.find(path) else { return nil }
            guard let data = found["data"] else {
                throw APIProblem(.malformed, "an answer without data")
            }
            return data == .null ? nil : try AppStoreResource(data, type: type)
        }
    }

    /// The builds of the version, the newest first; with `number` only those of that number.
    func builds(number: String? = nil) async throws -> [AppStoreBuild] {
        var query = [
            ("filter[app]", app), ("filter[preReleaseVersion.version]", version),
            ("filter[preReleaseVersion.platform]", platform.word), ("sort", "-uploadedDate"),
            ("limit", "1"),
        ]
        if let number { query.append(("filter[version]", number)) }
        let answer = try await session.get("v1/builds", query: query)
        let builds = try AppStoreResource.list(answer, type: "builds").map {
            try AppStoreBuild($0)
        }
        guard number == nil || builds.allSatisfy({ $0.number == number }) else {
            throw APIProblem(.malformed, "asked for one build, and another one was answered")
        }
        return builds
    }
}

/// A version as the store has it.
struct AppStoreVersion: Sendable {
    var id: String
    var stateWord: String
    var releaseType: String?
    var build: AppStoreBuild?
    var phased: AppStorePhasedRelease?

    /// Nil for a word that was never seen.
    var state: AppStoreVersionState? { AppStoreVersionState(rawValue: stateWord) }

    /// The role's fact `rollout`.
    var rollout: String? {
        switch state?.progress {
        case .open, .refused, .inReview, .approved: return "none"
        case .released:
            guard state == .readyForDistribution else { return "none" }
            guard let phased else { return "completed" }
            return switch phased.state {
            case .active: "running"
            case .paused: "paused"
            case .complete: "completed"
            // Live, and its phases have not begun: the one or the other is about to change.
            case .inactive, nil: nil
            }
        // A newer version ended it, wherever it was.
        case .replaced, nil: return nil
        }
    }

    /// The share of people with automatic updates who get it.
    var rolloutFraction: Double? {
        switch rollout {
        case "none": 0
        case "completed": 1
        case "running", "paused": phased?.fraction
        default: nil
        }
    }
}

/// A build that was uploaded.
struct AppStoreBuild: Sendable {
    /// Whether its use of encryption was declared.
    enum ExportCompliance: String, Sendable {
        /// Nobody answered yet; it cannot be submitted.
        case open
        case exempt
        case notExempt = "not_exempt"
    }

    var id: String
    var number: String
    var stateWord: String
    var isExpired: Bool?
    var uploaded: Instant?
    var exportCompliance: ExportCompliance?

    init(_ build: AppStoreResource) throws(APIProblem) {
        id = build.id
        number = try build.text("version")
        stateWord = try build.text("processingState")
        isExpired = try build.flagIfAny("expired")
        uploaded = try build.instantIfAny("uploadedDate")
        if let uses = try build.flagIfAny("usesNonExemptEncryption") {
            exportCompliance = uses ? .notExempt : .exempt
        } else {
            exportCompliance = build.tells("usesNonExemptEncryption") ? .open : nil
        }
    }

    var state: AppStoreProcessingState? { AppStoreProcessingState(rawValue: stateWord) }
}

/// A phased release: seven days, each with its share of people with automatic updates.
struct AppStorePhasedRelease: Sendable {
    /// Days that a phased release may pause, in all.
    static let pauseBudget: Int64 = 30
    private static let shares = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]

    var id: String
    var stateWord: String
    var started: Instant?
    var day: Int64?
    var pauseDays: Int64?

    init(_ phased: AppStoreResource) throws(APIProblem) {
        id = phased.id
        stateWord = try phased.text("phasedReleaseState")
        started = try phased.instantIfAny("startDate")
        pauseDays = try phased.countIfAny("totalPauseDuration")
        // The counter goes on to 8 when everybody has it.
        let day = try phased.countIfAny("currentDayNumber")
        #if CONDUCTOR_PLANTED_BUGS
            if Oversight.dayRunsOn.isPlanted {
                self.day = day
                return
            }
        #endif
        self.day = day.map { min($0, Int64(Self.shares.count)) }
    }

    var state: AppStorePhasedState? { AppStorePhasedState(rawValue: stateWord) }

    var fraction: Double? {
        guard let day, day >= 1, day <= Self.shares.count else { return nil }
        return Self.shares[Int(day) - 1]
    }
}

/// The numbers of apps: a bundle id keeps its own for ever.
final class AppStoreApps: Sendable {
    static let shared = AppStoreApps()

    private let numbers = Mutex<[String: String]>([:])

    /// The number of the app with this bundle id.
    ///
    /// - Throws: also where there is none, or the key may not see it.
    func number(of bundle: String, _ session: APISession) async throws -> String {
        let api = session.context.api
        let key = "\(api.credential.account) \(api.base) \(bundle)"
        if !session.context.bypassesCaches, let number = numbers.withLock({ $0[key] }) {
            return number
        }
        let answer = try await session.get(
            "v1/apps",
            query: [
                ("filter[bundleId]", bundle), ("fields[apps]", "bundleId"), ("limit", "200"),
            ]
        )
        // The filter may find others whose id begins like this one.
        let own = try AppStoreResource.list(answer, type: "apps").first {
            try $0.text("bundleId") == bundle
        }
        guard let own else {
            throw APIProblem(.notFound, "there is no app '\(bundle)', or the key may not see it")
        }
        numbers.withLock { numbers in
            if numbers.count >= AdapterLimits.accounts { numbers.removeAll() }
            numbers[key] = own.id
        }
        return own.id
    }
}
