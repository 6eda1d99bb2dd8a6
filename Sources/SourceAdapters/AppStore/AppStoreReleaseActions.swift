import ConductorCore
import ConductorPorts
import NIOHTTP1

/// The kind `appstore.release`: releases an approved version.
///
///     appstore.release: {app: com.acme.music, key: file:AuthKey_2X9R4HXF34.p8, key_id: 2X9R4HXF34,
///                        issuer: 57246542-96fe-1a63-e053-0824d011072a, phased: true}
///
/// It cannot be undone. With `phased: true`, as it is without it, a version that has no phased release
/// waiting is not released: it would go to everybody.
struct AppStoreReleaseAction: ConfiguredAction {
    static let kind = "appstore.release"

    private let store: AppStore
    private let isPhased: Bool

    init?(settings: SettingsReader, binding: ActionBinding) {
        let store = AppStore(settings: settings, scope: .action)
        isPhased = settings.flag("phased") ?? true
        guard let store else { return nil }
        self.store = store
    }

    var traits: ActionTraits {
        ActionTraits(
            actionClass: .createOnce,
            direction: .raises,
            canProbe: true,
            lane: store.lane,
            settle: AppStore.settle,
            tries: AppStore.patientTries,
            refuses: AppStore.refused
        )
    }

    var secrets: [SecretReference] { store.secrets }
    var checkup: Checkup? { store.checkup(mayChange: "release versions") }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        await store.api.perform(intent, remedy: AppStore.remedy) { session, variables in
            let place = try await store.place(session, variables)
            return try await session.once(remedy: AppStore.remedy) {
                try await look(place)
            } send: {
                guard let version = try await place.find() else {
                    throw APIProblem(.refused, "the store has no version \(place.version)")
                }
                if isPhased, version.phased?.state != .inactive {
                    throw APIProblem(
                        .refused,
                        "version \(place.version) has no phased release waiting and would go to "
                            + "everybody: create one, or write 'phased: false'"
                    )
                }
                let answer = try await session.write(
                    .POST,
                    "v1/appStoreVersionReleaseRequests",
                    AppStore.document(
                        "appStoreVersionReleaseRequests",
                        to: ["appStoreVersion": ("appStoreVersions", version.id)]
                    )
                )
                _ = try AppStoreResource.one(answer, type: "appStoreVersionReleaseRequests")
                return "version \(place.version) is being released"
            }
        }
    }

    func probe(_ intent: Intent) async -> ProbeAnswer {
        await store.api.probe(intent) { session, variables in
            try await look(try await store.place(session, variables))
        }
    }

    private func look(_ place: AppStorePlace) async throws -> ProbeAnswer {
        guard let version = try await place.find() else {
            return .unavailable(reason: "the store has no version \(place.version)")
        }
        let what = "version \(place.version) is \(version.stateWord)"
        return switch version.state?.progress {
        case nil: .unavailable(reason: "\(what), which was never seen")
        case .approved: .absent
        case .released: .present(evidence: what)
        case .open, .refused, .inReview, .replaced: .ambiguous(reason: what)
        }
    }
}

/// The kind `appstore.phased`: makes that the version goes to people in phases once it is released.
///
///     appstore.phased: {app: com.acme.music, key: file:AuthKey_2X9R4HXF34.p8, key_id: 2X9R4HXF34,
///                       issuer: 57246542-96fe-1a63-e053-0824d011072a}
struct AppStorePhasedAction: ConfiguredAction {
    static let kind = "appstore.phased"

    private let store: AppStore

    init?(settings: SettingsReader, binding: ActionBinding) {
        guard let store = AppStore(settings: settings, scope: .action) else { return nil }
        self.store = store
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
    var checkup: Checkup? { store.checkup(mayChange: "set phased releases") }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        await store.api.perform(intent, remedy: AppStore.remedy) { session, variables in
            let place = try await store.place(session, variables)
            return try await session.once(remedy: AppStore.remedy) {
                try await look(place)
            } send: {
                guard let version = try await place.find() else {
                    throw APIProblem.later("the store has no version \(place.version) yet")
                }
                let answer = try await session.write(
                    .POST,
                    "v1/appStoreVersionPhasedReleases",
                    AppStore.document(
                        "appStoreVersionPhasedReleases",
                        ["phasedReleaseState": .string(AppStorePhasedState.inactive.rawValue)],
                        to: ["appStoreVersion": ("appStoreVersions", version.id)]
                    )
                )
                let made = try AppStoreResource.one(answer, type: "appStoreVersionPhasedReleases")
                return "version \(place.version) has the phased release \(made.id)"
            }
        }
    }

    func probe(_ intent: Intent) async -> ProbeAnswer {
        await store.api.probe(intent) { session, variables in
            try await look(try await store.place(session, variables))
        }
    }

    private func look(_ place: AppStorePlace) async throws -> ProbeAnswer {
        guard let version = try await place.find() else {
            return .unavailable(reason: "the store has no version \(place.version) yet")
        }
        if let phased = version.phased {
            return .present(evidence: "the phased release \(phased.id) is \(phased.stateWord)")
        }
        let what = "version \(place.version) is \(version.stateWord) without a phased release"
        return switch version.state?.progress {
        case nil: .unavailable(reason: "\(what); that was never seen")
        case .open, .refused, .inReview, .approved: .absent
        case .released, .replaced: .ambiguous(reason: what)
        }
    }
}
