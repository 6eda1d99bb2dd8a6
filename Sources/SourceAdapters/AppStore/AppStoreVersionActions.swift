import ConductorCore
import ConductorPorts
import NIOHTTP1

/// The kind `appstore.version`: creates the version that is to be submitted.
///
///     appstore.version: {app: com.acme.music, key: file:AuthKey_2X9R4HXF34.p8, key_id: 2X9R4HXF34,
///                        issuer: 57246542-96fe-1a63-e053-0824d011072a, release_type: manual}
///
/// Its natural key is the version's name. One that is there and would be released in another way than
/// `release_type` says is somebody else's.
struct AppStoreVersionAction: ConfiguredAction {
    static let kind = "appstore.version"

    private static let remedy = "the store edits one version at a time; \(AppStore.remedy)"

    private let store: AppStore
    /// Apple's word.
    private let releaseType: String

    init?(settings: SettingsReader, binding: ActionBinding) {
        let store = AppStore(settings: settings, scope: .action)
        let types = ["manual": "MANUAL", "after_approval": "AFTER_APPROVAL"]
        let word = settings.string("release_type") ?? "manual"
        let releaseType = types[word]
        if releaseType == nil {
            settings.fault(.badValue, "release_type", "should be manual or after_approval")
        }
        guard let store, let releaseType else { return nil }
        self.store = store
        self.releaseType = releaseType
    }

    var traits: ActionTraits {
        ActionTraits(
            actionClass: .createOnce,
            direction: .neutral,
            canProbe: true,
            lane: store.lane,
            settle: AppStore.settle,
            tries: AppStore.patientTries,
            refuses: AppStore.refused
        )
    }

    var secrets: [SecretReference] { store.secrets }
    var checkup: Checkup? { store.checkup(mayChange: "create versions") }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        await store.api.perform(intent, remedy: Self.remedy) { session, variables in
            let place = try await store.place(session, variables)
            return try await session.once(remedy: Self.remedy) {
                try await look(place)
            } send: {
                let answer = try await session.write(
                    .POST,
                    "v1/appStoreVersions",
                    AppStore.document(
                        "appStoreVersions",
                        [
                            "platform": .string(place.platform.word),
                            "versionString": .string(place.version),
                            "releaseType": .string(releaseType),
                        ],
                        to: ["app": ("apps", place.app)]
                    )
                )
                let made = try AppStoreResource.one(answer, type: "appStoreVersions")
                guard try made.text("versionString") == place.version else {
                    throw APIProblem(.malformed, "made, and the answer names another version")
                }
                return "version \(place.version) with the id \(made.id)"
            }
        }
    }

    func probe(_ intent: Intent) async -> ProbeAnswer {
        await store.api.probe(intent) { session, variables in
            try await look(try await store.place(session, variables))
        }
    }

    private func look(_ place: AppStorePlace) async throws -> ProbeAnswer {
        guard let version = try await place.find() else { return .absent }
        guard let found = version.releaseType else {
            throw APIProblem(.malformed, "a version that does not say how it is released")
        }
        guard found == releaseType else {
            return .ambiguous(
                reason: "version \(place.version) is there and is released \(found), not "
                    + releaseType
            )
        }
        return .present(evidence: "version \(place.version) with the id \(version.id)")
    }
}

/// The kind `appstore.build`: attaches the candidate's build to the version.
///
///     appstore.build: {app: com.acme.music, key: file:AuthKey_2X9R4HXF34.p8, key_id: 2X9R4HXF34,
///                      issuer: 57246542-96fe-1a63-e053-0824d011072a, build: "${candidate.build}",
///                      exempt: true}
///
/// A build of an earlier candidate is replaced while the version can be edited; after that nothing is.
/// `exempt: true` declares that a build uses no encryption that needs papers, where nobody declared
/// anything.
struct AppStoreBuildAction: ConfiguredAction {
    static let kind = "appstore.build"

    private static let remedy = "see which build the version should have; \(AppStore.remedy)"

    private let store: AppStore
    private let build: Template
    private let declaresExempt: Bool

    init?(settings: SettingsReader, binding: ActionBinding) {
        let store = AppStore(settings: settings, scope: .action)
        let build = settings.template("build", .action, default: AppStore.candidate)
        declaresExempt = settings.flag("exempt") ?? false
        guard let store, let build else { return nil }
        self.store = store
        self.build = build
    }

    var traits: ActionTraits {
        ActionTraits(
            actionClass: .setToValue,
            direction: .neutral,
            canProbe: true,
            lane: store.lane,
            settle: AppStore.settle,
            tries: AppStore.patientTries,
            refuses: AppStore.refused
        )
    }

    var secrets: [SecretReference] { store.secrets }
    var checkup: Checkup? { store.checkup(mayChange: "choose the build") }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        await store.api.perform(intent, remedy: Self.remedy) { session, variables in
            let number = try variables.buildNumber(build)
            let place = try await store.place(session, variables)
            return try await session.once(remedy: Self.remedy) {
                try await look(place, number)
            } send: {
                guard let version = try await place.find() else {
                    throw APIProblem.later("the store has no version \(place.version) yet")
                }
                let build = try await usable(place, number)
                _ = try await session.write(
                    .PATCH,
                    "v1/appStoreVersions/\(version.id)/relationships/build",
                    ["data": ["type": "builds", "id": .string(build.id)]]
                )
                return "version \(place.version) has build \(number)"
            }
        }
    }

    func probe(_ intent: Intent) async -> ProbeAnswer {
        await store.api.probe(intent) { session, variables in
            try await look(
                try await store.place(session, variables),
                try variables.buildNumber(build)
            )
        }
    }

    private func look(_ place: AppStorePlace, _ number: String) async throws -> ProbeAnswer {
        guard let version = try await place.find() else {
            #if CONDUCTOR_PLANTED_BUGS
                if Oversight.missingVersionIsFinal.isPlanted {
                    return .ambiguous(reason: "the store has no version \(place.version)")
                }
            #endif
            return .unavailable(reason: "the store has no version \(place.version) yet")
        }
        if version.build?.number == number {
            return .present(evidence: "version \(place.version) has build \(number)")
        }
        #if CONDUCTOR_PLANTED_BUGS
            if Oversight.buildSwappedInReview.isPlanted { return .absent }
        #endif
        switch version.state?.progress {
        case nil: return .unavailable(reason: "'\(version.stateWord)' is no state that is known")
        case .open, .refused: return .absent
        case .inReview, .approved, .released, .replaced:
            let there = version.build.map { "build \($0.number)" } ?? "no build"
            return .ambiguous(
                reason: "version \(place.version) is \(version.stateWord) with \(there), not "
                    + number
            )
        }
    }

    /// The build, if it can be attached.
    private func usable(_ place: AppStorePlace, _ number: String) async throws -> AppStoreBuild {
        guard let build = try await place.builds(number: number).first else {
            throw APIProblem.later("build \(number) is not there yet", after: .minutes(1))
        }
        #if CONDUCTOR_PLANTED_BUGS
            if Oversight.processingIsUsable.isPlanted { return build }
        #endif
        switch build.state {
        case nil: throw APIProblem.later("build \(number) is '\(build.stateWord)'")
        case .processing:
            throw APIProblem.later("build \(number) is still processed", after: .minutes(1))
        case .failed, .invalid:
            throw APIProblem(.refused, "build \(number) is \(build.stateWord): upload another one")
        case .valid: break
        }
        #if CONDUCTOR_PLANTED_BUGS
            let isExpired = build.isExpired == true && !Oversight.expiredIsUsable.isPlanted
        #else
            let isExpired = build.isExpired == true
        #endif
        if isExpired {
            throw APIProblem(.refused, "build \(number) has expired: upload another one")
        }
        switch build.exportCompliance {
        case .exempt, .notExempt: return build
        case .open where !declaresExempt:
            throw APIProblem(
                .refused,
                "nobody declared whether build \(number) uses encryption: answer in App Store "
                    + "Connect, or write 'exempt: true'"
            )
        case .open, nil:
            if declaresExempt { try await declareExempt(build, place) }
        }
        return build
    }

    private func declareExempt(_ build: AppStoreBuild, _ place: AppStorePlace) async throws {
        do {
            _ = try await place.session.write(
                .PATCH,
                "v1/builds/\(build.id)",
                AppStore.document("builds", id: build.id, ["usesNonExemptEncryption": false])
            )
        } catch {
            #if CONDUCTOR_PLANTED_BUGS
                if Oversight.declaredTwiceFails.isPlanted { throw error }
            #endif
            // Once it is declared it cannot be set again, not even to the same.
            guard error.isRefusal,
                try await place.builds(number: build.number).first?.exportCompliance == .exempt
            else { throw error }
        }
    }
}

extension AppStore {
    /// A build may be processed for hours; pauses double from one try to the next.
    static let patientTries = 14
    /// How long the store's reads may lag behind what was written.
    static let settle = Span.minutes(1)
    /// The build that the release is about.
    static let candidate = "${candidate.build}"
}

extension Variables {
    /// The number of a build, as the store lists it.
    func buildNumber(_ template: Template) throws -> String {
        let number = try text(template)
        guard !number.isEmpty, number.utf8.allSatisfy({ (48...57).contains($0) || $0 == 46 }) else {
            throw ResolvingProblem(message: "'\(number)' is no number of a build, such as 412")
        }
        return number
    }
}
