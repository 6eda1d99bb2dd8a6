import ConductorCore
import ConductorPorts

/// The kind `appstore`, for the role `store`: a version as App Store Connect has it.
///
///     appstore: {app: com.acme.music, key: file:AuthKey_2X9R4HXF34.p8, key_id: 2X9R4HXF34,
///                issuer: 57246542-96fe-1a63-e053-0824d011072a, metadata: [whatsNew, description]}
///
/// `review` is about the build that is attached to the version. A word of Apple's that was never seen
/// leaves its facts unknown.
struct AppStoreSource: ConfiguredSource, VersionLister {
    static let kind = "appstore"

    /// What a localization must have before it can be submitted.
    private static let requiredMetadata = ["description", "keywords", "supportUrl", "whatsNew"]

    private let store: AppStore
    private let metadata: [String]
    private let timeout: Span

    init?(settings: SettingsReader, binding: SourceBinding) {
        let store = AppStore(settings: settings, scope: .source)
        let metadata = settings.texts("metadata") ?? Self.requiredMetadata
        let known = Self.requiredMetadata + ["marketingUrl", "promotionalText"]
        for name in metadata where !known.contains(name) {
            settings.fault(
                .badValue,
                "metadata",
                "'\(name)' is no text of a version; there are: " + known.joined(separator: ", "),
                suggestion: nearest(to: name, among: known)
            )
        }
        timeout = binding.timeout
        guard let store else { return nil }
        self.store = store
        self.metadata = metadata
    }

    var secrets: [SecretReference] { store.secrets }
    var checkup: Checkup? { store.checkup() }

    var schema: FactSchema {
        var entries = RoleFacts.store
        func add(
            _ name: String,
            _ type: FactType,
            unit: String? = nil,
            _ subject: Subject = .none,
            emptyIsKnown: Bool = false
        ) {
            entries.append(
                .init(
                    name: "appstore." + name,
                    type: type,
                    unit: unit,
                    subject: subject,
                    emptyIsKnown: emptyIsKnown
                )
            )
        }
        add("state", .string)
        add("release_type", .string)
        add("url", .string)
        for build in ["build", "newest_build"] {
            add(build + ".number", .string, .version)
            add(build + ".state", .string, .version)
            add(build + ".expired", .bool, .version)
            add(build + ".uploaded_at", .timestamp, .version)
            add(build + ".export_compliance", .string, .version)
        }
        add("submission.state", .string)
        add("submission.items", .list(.string), emptyIsKnown: true)
        add("submission.blocked", .bool)
        add("phased.state", .string)
        add("phased.day", .int, unit: "days")
        add("phased.pause_days_used", .int, unit: "days")
        add("missing_metadata", .list(.string), emptyIsKnown: true)
        return .sorted(entries)
    }

    func observe(_ request: ObservationRequest) async -> PollAnswer {
        await store.api.poll(request, timeout: timeout) { session, variables in
            let place = try await store.place(session, variables)
            var facts = Facts(track: request.variables["version"])
            facts.say("appstore.url", .string("\(AppStore.page)/\(place.app)"))
            let version = try await place.find()
            facts.tell(version)
            if let version {
                let missing = try await missingMetadata(version, place)
                facts.say("appstore.missing_metadata", .array(missing.map { .string($0) }))
            }
            facts.tell(try await place.submissions(), of: version)
            if let newest = try await place.builds().first {
                facts.tell(newest, as: "newest_build")
            }
            return facts.observation
        }
    }

    /// The versions that were created and not replaced yet.
    func versions(_ request: ObservationRequest) async -> VersionAnswer {
        await store.api.list(request, timeout: timeout) { session, variables in
            try await store.versions(session, variables)
        }
    }

    /// `de-DE: whatsNew` for each text that is not there.
    private func missingMetadata(
        _ version: AppStoreVersion,
        _ place: AppStorePlace
    ) async throws -> [String] {
        guard !metadata.isEmpty else { return [] }
        let answer = try await place.session.get(
            "v1/appStoreVersions/\(version.id)/appStoreVersionLocalizations",
            query: [("limit", "200")]
        )
        var missing: [String] = []
        let type = "appStoreVersionLocalizations"
        for localization in try AppStoreResource.all(answer, type: type) {
            let locale = try localization.text("locale")
            for name in metadata where try (localization.textOrNull(name) ?? "").isEmpty {
                missing.append("\(locale): \(name)")
            }
        }
        return missing.sorted { $0.precedes($1) }
    }

    /// What one look brings.
    private struct Facts: Sendable {
        /// The track's version, which facts about builds are about.
        let track: String?
        private(set) var observation = Observation()

        init(track: String?) { self.track = track }

        mutating func say(_ name: String, _ value: JSON?, about: String? = nil) {
            guard let value else { return }
            observation.facts[name] = ObservedFact(value, about: about)
        }

        mutating func tell(_ version: AppStoreVersion?) {
            guard let version else {
                say("review", "none")
                say("rollout", "none", about: track)
                say("rollout_fraction", .double(0), about: track)
                say("appstore.state", "none")
                return
            }
            say("review", version.state.map { .string($0.review) }, about: version.build?.number)
            say("rollout", version.rollout.map { .string($0) }, about: track)
            say("rollout_fraction", version.rolloutFraction.map { .double($0) }, about: track)
            say("appstore.state", version.state.map { .string($0.rawValue) })
            switch version.releaseType {
            case "MANUAL": say("appstore.release_type", "manual")
            case "AFTER_APPROVAL": say("appstore.release_type", "after_approval")
            case "SCHEDULED": say("appstore.release_type", "scheduled")
            default: break
            }
            if let build = version.build { tell(build, as: "build") }
            tell(version.phased)
        }

        private mutating func tell(_ phased: AppStorePhasedRelease?) {
            guard let phased else {
                say("appstore.phased.state", "none")
                return
            }
            say("live_at", phased.started.map { .string($0.description) }, about: track)
            say("appstore.phased.state", phased.state.map { .string($0.rawValue.lowercased()) })
            say("appstore.phased.day", phased.day.map { .int($0) })
            say("appstore.phased.pause_days_used", phased.pauseDays.map { .int($0) })
            #if CONDUCTOR_PLANTED_BUGS
                let used = Oversight.budgetWithoutEnd.isPlanted ? 0 : phased.pauseDays
            #else
                let used = phased.pauseDays
            #endif
            let left = used.map { max(0, AppStorePhasedRelease.pauseBudget - $0) }
            say("pause_days_left", left.map { .int($0) }, about: track)
        }

        mutating func tell(_ build: AppStoreBuild, as name: String) {
            let compliance = build.exportCompliance?.rawValue
            let values: [String: JSON?] = [
                "number": .string(build.number),
                "state": build.state.map { .string($0.rawValue.lowercased()) },
                "expired": build.isExpired.map { .bool($0) },
                "uploaded_at": build.uploaded.map { .string($0.description) },
                "export_compliance": compliance.map { .string($0) },
            ]
            for (member, value) in values { say("appstore.\(name).\(member)", value, about: track) }
        }

        /// A submission that does not say whose it is, or is in a state never seen, leaves all of it
        /// unknown.
        mutating func tell(_ submissions: [AppStoreSubmission], of version: AppStoreVersion?) {
            var own: AppStoreSubmission?
            var isBlocked = false
            for submission in submissions {
                guard submission.state != nil else { return }
                switch submission.version {
                case .untold: return
                case .none: continue
                case .one(let id):
                    if id == version?.id { own = submission } else { isBlocked = true }
                }
            }
            say("appstore.submission.blocked", .bool(isBlocked))
            guard let own else {
                say("appstore.submission.state", "none")
                say("appstore.submission.items", [])
                return
            }
            say("appstore.submission.state", .string(own.stateWord.lowercased()))
            guard let items = own.items,
                items.allSatisfy({ AppStoreItemState(rawValue: $0) != nil })
            else { return }
            say("appstore.submission.items", .array(items.map { .string($0.lowercased()) }))
        }
    }
}
