import ConductorCore
import ConductorPorts
import NIOHTTP1

/// The kind `appstore.submit`: submits the version for review.
///
///     appstore.submit: {app: com.acme.music, key: file:AuthKey_2X9R4HXF34.p8, key_id: 2X9R4HXF34,
///                       issuer: 57246542-96fe-1a63-e053-0824d011072a, build: "${candidate.build}"}
///
/// Its natural key is the version with this build. A submission that was prepared and holds nothing else
/// is used; one that holds what others put there is left to a person. What is half done is gone on with:
/// each step looks first.
struct AppStoreSubmitAction: ConfiguredAction {
    static let kind = "appstore.submit"

    private static let remedy = "see what is missing or in the way; \(AppStore.remedy)"

    private let store: AppStore
    private let build: Template

    init?(settings: SettingsReader, binding: ActionBinding) {
        let store = AppStore(settings: settings, scope: .action)
        let build = settings.template("build", .action, default: AppStore.candidate)
        guard let store, let build else { return nil }
        self.store = store
        self.build = build
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
    var checkup: Checkup? { store.checkup(mayChange: "submit versions") }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        await store.api.perform(intent, remedy: Self.remedy) { session, variables in
            let number = try variables.buildNumber(build)
            let place = try await store.place(session, variables)
            return try await session.once(remedy: Self.remedy) {
                try await look(place, number)
            } send: {
                do {
                    return try await submit(place)
                } catch let problem as APIProblem {
                    throw Self.heals(problem) ? APIProblem.later(problem.message) : problem
                }
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
            return .unavailable(reason: "the store has no version \(place.version) yet")
        }
        guard let state = version.state else {
            return .unavailable(reason: "'\(version.stateWord)' is no state that is known")
        }
        let there = version.build.map { "build \($0.number)" } ?? "no build"
        let what = "version \(place.version) is \(state.rawValue) with \(there)"
        guard version.build?.number == number, state != .invalidBinary else {
            return .ambiguous(reason: "\(what); it should be build \(number)")
        }
        #if CONDUCTOR_PLANTED_BUGS
            if Oversight.submittedAgain.isPlanted { return .absent }
        #endif
        return switch state.progress {
        case .open, .refused: .absent
        case .inReview, .approved, .released: .present(evidence: what)
        case .replaced: .ambiguous(reason: what)
        }
    }

    /// A refusal that is over soon: the store's own writes are seen late.
    private static func heals(_ problem: APIProblem) -> Bool {
        guard problem.isRefusal else { return false }
        let message = problem.message.lowercased()
        let isUnfound = problem.kind == .notFound || message.contains("cannot be found")
        let isEarly = ["in progress", "not ready to be submitted", "uploads still"]
            .contains { message.contains($0) }
        #if CONDUCTOR_PLANTED_BUGS
            if Oversight.refusalsNeverHeal.isPlanted { return isUnfound }
            if Oversight.unfoundIsFinal.isPlanted { return isEarly }
            if Oversight.refusalsAlwaysHeal.isPlanted { return true }
        #endif
        return isUnfound || isEarly
    }

    private func submit(_ place: AppStorePlace) async throws -> String {
        guard let version = try await place.find() else {
            throw APIProblem.later("the store has no version \(place.version) yet")
        }
        var id: String?
        var own: AppStoreSubmissionItem?
        for submission in try await place.submissions() {
            let items = try await place.items(of: submission.id)
            let ours = items.first { $0.version == version.id }
            switch try Self.use(of: submission, items, isOurs: ours != nil) {
            case .none: continue
            case .done: return "version \(place.version) is in submission \(submission.id)"
            case .this: (id, own) = (submission.id, ours)
            }
        }
        let submission = try await id.orElse { try await create(place) }
        if let own {
            if own.state == .rejected {
                _ = try await place.session.write(
                    .PATCH,
                    "v1/reviewSubmissionItems/\(own.id)",
                    AppStore.document("reviewSubmissionItems", id: own.id, ["resolved": true])
                )
            }
        } else {
            _ = try await place.session.write(
                .POST,
                "v1/reviewSubmissionItems",
                AppStore.document(
                    "reviewSubmissionItems",
                    to: [
                        "reviewSubmission": ("reviewSubmissions", submission),
                        "appStoreVersion": ("appStoreVersions", version.id),
                    ]
                )
            )
        }
        // Sent before the store has seen the item, it is refused.
        guard try await place.find()?.state != .prepareForSubmission else {
            throw APIProblem.later("the version is not ready for review yet")
        }
        let answer = try await place.session.write(
            .PATCH,
            "v1/reviewSubmissions/\(submission)",
            AppStore.document("reviewSubmissions", id: submission, ["submitted": true])
        )
        guard try AppStoreResource.one(answer, type: "reviewSubmissions").id == submission else {
            throw APIProblem(.malformed, "sent, and the answer names another submission")
        }
        return "version \(place.version) is sent for review, submission \(submission)"
    }

    private enum Use {
        case none
        case this
        /// It is with Apple already.
        case done
    }

    /// What a submission that is not over means for ours.
    private static func use(
        of submission: AppStoreSubmission,
        _ items: [AppStoreSubmissionItem],
        isOurs: Bool
    ) throws(APIProblem) -> Use {
        let others = items.count - (isOurs ? 1 : 0)
        #if CONDUCTOR_PLANTED_BUGS
            if Oversight.cancellingIsOver.isPlanted, submission.state == .canceling {
                return .none
            }
            if Oversight.foreignItemsAreSent.isPlanted, submission.state == .readyForReview {
                return .this
            }
            let holdsVersion =
                Oversight.everyReviewBlocks.isPlanted || items.contains { $0.version != nil }
        #else
            let holdsVersion = items.contains { $0.version != nil }
        #endif
        switch submission.state {
        case .readyForReview,
            .unresolvedIssues where isOurs:
            guard others == 0 else {
                let kinds = Set(items.flatMap(\.kinds)).sorted { $0.precedes($1) }
                throw APIProblem(
                    .refused,
                    "submission \(submission.id) holds \(others) more that others put there "
                        + "(\(kinds.joined(separator: ", ")))"
                )
            }
            return .this
        case .waitingForReview where isOurs, .inReview where isOurs: return .done
        // It is answered before it takes effect.
        case .canceling where holdsVersion, .completing where holdsVersion:
            throw APIProblem.later("submission \(submission.id) is \(submission.stateWord)")
        case .waitingForReview where holdsVersion, .inReview where holdsVersion,
            .unresolvedIssues where holdsVersion:
            throw APIProblem(
                .refused,
                "another version is under review, in submission \(submission.id)"
            )
        // Events, product pages and the like go beside a version.
        case .waitingForReview, .inReview, .unresolvedIssues, .canceling, .completing, .complete:
            return .none
        case nil:
            throw APIProblem(
                .refused,
                "submission \(submission.id) is '\(submission.stateWord)', which was never seen"
            )
        }
    }

    private func create(_ place: AppStorePlace) async throws -> String {
        let answer = try await place.session.write(
            .POST,
            "v1/reviewSubmissions",
            AppStore.document(
                "reviewSubmissions",
                ["platform": .string(place.platform.word)],
                to: ["app": ("apps", place.app)]
            )
        )
        return try AppStoreResource.one(answer, type: "reviewSubmissions").id
    }
}

extension Optional where Wrapped: Sendable {
    /// The value, or what takes a while to get.
    fileprivate func orElse(_ other: () async throws -> Wrapped) async throws -> Wrapped {
        if let value = self { return value }
        return try await other()
    }
}

/// The kind `appstore.withdraw`: takes the version out of review.
///
///     appstore.withdraw: {app: com.acme.music, key: file:AuthKey_2X9R4HXF34.p8, key_id: 2X9R4HXF34,
///                         issuer: 57246542-96fe-1a63-e053-0824d011072a}
///
/// What was approved meanwhile is left to a person.
struct AppStoreWithdrawAction: ConfiguredAction {
    static let kind = "appstore.withdraw"

    private let store: AppStore

    init?(settings: SettingsReader, binding: ActionBinding) {
        guard let store = AppStore(settings: settings, scope: .action) else { return nil }
        self.store = store
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
    var checkup: Checkup? { store.checkup(mayChange: "withdraw submissions") }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        await store.api.perform(intent, remedy: AppStore.remedy) { session, variables in
            let place = try await store.place(session, variables)
            return try await session.once(remedy: AppStore.remedy) {
                try await look(place)
            } send: {
                guard let version = try await place.find(),
                    let own = try await submission(of: version, place)
                else { throw APIProblem.later("no open submission holds the version") }
                let answer = try await session.write(
                    .PATCH,
                    "v1/reviewSubmissions/\(own.id)",
                    AppStore.document("reviewSubmissions", id: own.id, ["canceled": true])
                )
                guard try AppStoreResource.one(answer, type: "reviewSubmissions").id == own.id
                else {
                    throw APIProblem(.malformed, "sent, and the answer names another submission")
                }
                return "submission \(own.id) is being cancelled"
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
            return .present(evidence: "the store has no version \(place.version)")
        }
        let what = "version \(place.version) is \(version.stateWord)"
        switch version.state?.progress {
        case nil: return .unavailable(reason: "\(what), which was never seen")
        case .open, .refused: return .present(evidence: what)
        #if CONDUCTOR_PLANTED_BUGS
            case .approved where Oversight.approvedIsWithdrawn.isPlanted: return .absent
        #endif
        case .approved, .released, .replaced: return .ambiguous(reason: what)
        case .inReview: break
        }
        guard let own = try await submission(of: version, place) else {
            return .unavailable(reason: "\(what), and no open submission holds it")
        }
        guard let state = own.state else {
            return .unavailable(reason: "submission \(own.id) is '\(own.stateWord)'")
        }
        return switch state {
        case .canceling:
            .present(evidence: "submission \(own.id) is being cancelled")
        case .readyForReview, .waitingForReview, .inReview, .unresolvedIssues: .absent
        case .completing, .complete:
            .unavailable(reason: "submission \(own.id) is \(own.stateWord)")
        }
    }

    private func submission(
        of version: AppStoreVersion,
        _ place: AppStorePlace
    ) async throws -> AppStoreSubmission? {
        for submission in try await place.submissions() {
            switch submission.version {
            case .one(let id):
                if id == version.id { return submission }
            case .none: continue
            case .untold:
                let items = try await place.items(of: submission.id)
                if items.contains(where: { $0.version == version.id }) { return submission }
            }
        }
        return nil
    }
}
