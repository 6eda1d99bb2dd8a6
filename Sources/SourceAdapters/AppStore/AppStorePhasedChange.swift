import ConductorCore
import ConductorPorts
import NIOHTTP1

/// The kind `appstore.pause`: pauses the phased release, the brake of this store.
///
///     appstore.pause: {app: com.acme.music, key: file:AuthKey_2X9R4HXF34.p8, key_id: 2X9R4HXF34,
///                      issuer: 57246542-96fe-1a63-e053-0824d011072a}
///
/// Who has the version keeps it, and whoever asks for it still gets it. It waits in no lane.
struct AppStorePauseAction: ConfiguredAction {
    static let kind = "appstore.pause"

    private let change: AppStorePhasedChange

    init?(settings: SettingsReader, binding: ActionBinding) {
        let store = AppStore(settings: settings, scope: .action)
        guard let store else { return nil }
        change = AppStorePhasedChange(store: store, from: .active, to: .paused)
    }

    var traits: ActionTraits { change.traits(.brakes, lane: nil) }
    var secrets: [SecretReference] { change.store.secrets }
    var checkup: Checkup? { change.store.checkup(mayChange: "pause the phased release") }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        await change.perform(intent)
    }

    func probe(_ intent: Intent) async -> ProbeAnswer { await change.probe(intent) }
}

/// The kind `appstore.resume`: lets a paused phased release go on.
///
///     appstore.resume: {app: com.acme.music, key: file:AuthKey_2X9R4HXF34.p8, key_id: 2X9R4HXF34,
///                       issuer: 57246542-96fe-1a63-e053-0824d011072a}
struct AppStoreResumeAction: ConfiguredAction {
    static let kind = "appstore.resume"

    private let change: AppStorePhasedChange

    init?(settings: SettingsReader, binding: ActionBinding) {
        let store = AppStore(settings: settings, scope: .action)
        guard let store else { return nil }
        change = AppStorePhasedChange(store: store, from: .paused, to: .active)
    }

    var traits: ActionTraits { change.traits(.raises, lane: change.store.lane) }
    var secrets: [SecretReference] { change.store.secrets }
    var checkup: Checkup? { change.store.checkup(mayChange: "resume the phased release") }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        await change.perform(intent)
    }

    func probe(_ intent: Intent) async -> ProbeAnswer { await change.probe(intent) }
}

/// The kind `appstore.complete`: gives the version to everybody, before its phases are over.
///
///     appstore.complete: {app: com.acme.music, key: file:AuthKey_2X9R4HXF34.p8, key_id: 2X9R4HXF34,
///                         issuer: 57246542-96fe-1a63-e053-0824d011072a}
///
/// It cannot be undone. A phased release that somebody paused is left to a person.
struct AppStoreCompleteAction: ConfiguredAction {
    static let kind = "appstore.complete"

    private let change: AppStorePhasedChange

    init?(settings: SettingsReader, binding: ActionBinding) {
        let store = AppStore(settings: settings, scope: .action)
        guard let store else { return nil }
        change = AppStorePhasedChange(store: store, from: .active, to: .complete)
    }

    var traits: ActionTraits { change.traits(.raises, lane: change.store.lane) }
    var secrets: [SecretReference] { change.store.secrets }
    var checkup: Checkup? { change.store.checkup(mayChange: "complete the phased release") }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        await change.perform(intent)
    }

    func probe(_ intent: Intent) async -> ProbeAnswer { await change.probe(intent) }
}

/// Moves a phased release from one state to another.
///
/// The state is compared, never the percentage: that one moves by itself.
struct AppStorePhasedChange: Sendable {
    private static let remedy = "somebody moved it; see what is wanted. \(AppStore.remedy)"

    let store: AppStore
    let from: AppStorePhasedState
    let to: AppStorePhasedState

    func traits(_ direction: Direction, lane: String?) -> ActionTraits {
        ActionTraits(
            actionClass: .setToValue,
            direction: direction,
            canProbe: true,
            lane: lane,
            settle: AppStore.settle,
            refuses: AppStore.refused
        )
    }

    func perform(_ intent: Intent) async -> ActionOutcome {
        await store.api.perform(intent, remedy: Self.remedy) { session, variables in
            let place = try await store.place(session, variables)
            let found = try await place.find()
            switch look(found, place) {
            case .present(let evidence): return .alreadyDone(evidence: evidence)
            case .ambiguous(let reason): return .rejected(reason: reason, remedy: Self.remedy)
            case .unavailable(let reason): return .retryable(reason: reason, after: nil)
            case .absent: break
            }
            guard let phased = found?.phased else {
                throw APIProblem(.malformed, "a phased release without its data")
            }
            return try await session.change(remedy: Self.remedy) {
                look(try await place.find(), place)
            } send: {
                let answer = try await session.write(
                    .PATCH,
                    "v1/appStoreVersionPhasedReleases/\(phased.id)",
                    AppStore.document(
                        "appStoreVersionPhasedReleases",
                        id: phased.id,
                        ["phasedReleaseState": .string(to.rawValue)]
                    )
                )
                let set = try AppStorePhasedRelease(
                    AppStoreResource.one(answer, type: "appStoreVersionPhasedReleases")
                )
                guard set.id == phased.id, set.state == to else {
                    throw APIProblem(.malformed, "set, and the answer names another state")
                }
                return evidence(set, place)
            }
        }
    }

    func probe(_ intent: Intent) async -> ProbeAnswer {
        await store.api.probe(intent) { session, variables in
            let place = try await store.place(session, variables)
            return look(try await place.find(), place)
        }
    }

    private func look(_ version: AppStoreVersion?, _ place: AppStorePlace) -> ProbeAnswer {
        guard let version else {
            return .unavailable(reason: "the store has no version \(place.version)")
        }
        guard let phased = version.phased else {
            // Without phases it went to everybody at once.
            if to == .complete, version.state == .readyForDistribution {
                return .present(evidence: "version \(place.version) is with everybody")
            }
            return .ambiguous(
                reason: "version \(place.version) is \(version.stateWord) without a phased release"
            )
        }
        switch phased.state {
        case to: return .present(evidence: evidence(phased, place))
        case from: return .absent
        case nil:
            return .unavailable(reason: "'\(phased.stateWord)' is no state that is known")
        case .inactive, .active, .paused, .complete:
            return .ambiguous(
                reason: "the phased release of \(place.version) is \(phased.stateWord), not "
                    + from.rawValue
            )
        }
    }

    private func evidence(_ phased: AppStorePhasedRelease, _ place: AppStorePlace) -> String {
        let day = phased.day.map { " on day \($0)" } ?? ""
        return "the phased release of \(place.version) is \(phased.stateWord)\(day)"
    }
}
