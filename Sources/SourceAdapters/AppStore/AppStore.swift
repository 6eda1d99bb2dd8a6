import ConductorCore
import ConductorPorts
import NIOHTTP1

extension Backend {
    /// App Store Connect, for the role `store`.
    static let appStore = Backend(
        sources: [AppStoreSource.self],
        actions: [
            AppStoreVersionAction.self, AppStoreBuildAction.self, AppStoreSubmitAction.self,
            AppStoreWithdrawAction.self, AppStoreReleaseAction.self, AppStorePhasedAction.self,
            AppStorePauseAction.self, AppStoreResumeAction.self, AppStoreCompleteAction.self,
        ]
    )
}

/// The settings that every kind of App Store Connect shares: which app, which version, asked by whom.
///
///     app: com.acme.music             # the bundle id; may hold variables
///     key: file:AuthKey_2X9R4HXF34.p8
///     key_id: 2X9R4HXF34
///     issuer: 57246542-96fe-1a63-e053-0824d011072a     # without it the key is a person's own
///     platform: ios                   # or macos, tvos, visionos
///     version: "${version}"
///
/// Source: the App Store Connect API, version 4.4.1.
struct AppStore: Sendable {
    let api: API
    private let app: Template
    private let version: Template
    private let platform: Platform

    /// The platforms of the store, by the words of our settings.
    enum Platform: String, Sendable, CaseIterable {
        case ios
        case macos
        case tvos
        case visionos

        var word: String {
            switch self {
            case .ios: "IOS"
            case .macos: "MAC_OS"
            case .tvos: "TV_OS"
            case .visionos: "VISION_OS"
            }
        }
    }

    /// A plan that asks for a percentage, in settings or in a rule, means another store.
    static let refused = Dictionary(
        uniqueKeysWithValues: ["fraction", "percent", "percentage"].map { key in
            (
                key,
                "the App Store takes no percentage: a phased release goes by its own seven days, "
                    + "1, 2, 5, 10, 20, 50 and 100 %"
            )
        }
    )

    /// What people look at.
    static let remedy = "look at the app in App Store Connect, \(page)"
    static let page = "https://appstoreconnect.apple.com/apps"

    init?(settings: SettingsReader, scope: TemplateScope) {
        let base = settings.base("url", default: "https://api.appstoreconnect.apple.com")
        let app = settings.template("app", scope)
        if !settings.has("app") { settings.missing("app", "the app's bundle id, com.acme.music") }
        let version = settings.template("version", scope, default: "${version}")
        let word = settings.string("platform") ?? Platform.ios.rawValue
        let platform = Platform(rawValue: word)
        if platform == nil {
            let words = Platform.allCases.map(\.rawValue)
            settings.fault(
                .badValue,
                "platform",
                "'\(word)' is no platform; there are: " + words.joined(separator: ", "),
                suggestion: nearest(to: word, among: words)
            )
        }
        for (key, reason) in Self.refused.sorted(by: { $0.key.precedes($1.key) })
        where settings.has(key) {
            _ = settings.value(key)
            settings.fault(.badValue, key, reason)
        }
        let key = AppStoreKey(settings: settings)
        guard let base, let app, let version, let platform, let key else { return nil }
        self.app = app
        self.version = version
        self.platform = platform
        api = API(base: base, dialect: Self.dialect, credential: key)
    }

    var secrets: [SecretReference] { api.credential.references }

    /// What changes an app is done one after the other; brakes are in no lane.
    var lane: String { "appstore.\(app.text)" }

    /// The app's bundle id.
    func bundle(_ variables: Variables) throws -> String { try variables.text(app) }

    /// The place that settings mean, with the app's number asked for.
    func place(_ session: APISession, _ variables: Variables) async throws -> AppStorePlace {
        let bundle = try variables.text(app)
        let version = try variables.text(version)
        guard !bundle.isEmpty, !version.isEmpty, !bundle.contains(","), !version.contains(",")
        else {
            throw APIProblem(.misconfigured, "'\(bundle)' '\(version)' is no app and version")
        }
        return AppStorePlace(
            session: session,
            app: try await AppStoreApps.shared.number(of: bundle, session),
            platform: platform,
            version: version
        )
    }

    /// The versions that the store has of the app, but for those that newer ones replaced.
    func versions(_ session: APISession, _ variables: Variables) async throws -> [String] {
        let pattern = try VersionPattern(version, variables)
        let bundle = try variables.text(app)
        let number = try await AppStoreApps.shared.number(of: bundle, session)
        let states = AppStoreVersionState.allCases.filter { $0 != .replacedWithNewVersion }
        let answer = try await session.get(
            "v1/apps/\(number)/appStoreVersions",
            query: [
                ("filter[platform]", platform.word),
                ("filter[appVersionState]", states.map(\.rawValue).joined(separator: ",")),
                ("fields[appStoreVersions]", "versionString,platform"), ("limit", "200"),
            ]
        )
        return try AppStoreResource.all(answer, type: "appStoreVersions").compactMap {
            guard try $0.text("platform") == platform.word else {
                throw APIProblem(.malformed, "a version for a platform that was not asked for")
            }
            return pattern.version(in: try $0.text("versionString"))
        }
    }

    private static let dialect = APIDialect(
        // 3,500 requests in any hour.
        pace: Pace.Limits(burst: 200, perSecond: 0.95),
        budget: budget,
        refusal: refusal,
        words: words
    )

    /// `X-Rate-Limit: user-hour-lim:3500;user-hour-rem:500;`, of an hour that rolls: some is free again
    /// soon.
    private static func budget(_ answer: HTTPTransport.Answer) -> Pace.Budget? {
        var numbers: [String: Int] = [:]
        for part in answer.headers.first(name: "x-rate-limit")?.split(separator: ";") ?? [] {
            let words = part.split(separator: ":").map { $0.filter { $0 != " " } }
            if words.count == 2, let number = Int(words[1]) { numbers[words[0]] = number }
        }
        guard let limit = numbers["user-hour-lim"], limit > 0,
            let remaining = numbers["user-hour-rem"]
        else { return nil }
        return Pace.Budget(limit: limit, remaining: remaining, renewsIn: .minutes(2))
    }

    /// With a limit there is no word of how long.
    private static func refusal(_ answer: HTTPTransport.Answer) -> APIProblem.Kind? {
        answer.status == 429 ? .rateLimited(after: answer.retryAfter ?? .minutes(2)) : nil
    }

    /// What every error says; what is really missing stands among the associated ones.
    private static func words(_ body: JSON) -> String? {
        func says(_ error: JSON) -> [String] {
            let own = error["detail"]?.stringValue ?? error["title"]?.stringValue
            let deeper = error["meta"]?["associatedErrors"]?.objectValue ?? [:]
            return [own].compactMap(\.self)
                + deeper.sorted { $0.key.precedes($1.key) }
                .flatMap { ($0.value.arrayValue ?? []).flatMap(says) }
        }
        let words = (body["errors"]?.arrayValue ?? []).flatMap(says)
        return words.isEmpty ? nil : words.joined(separator: "; ")
    }

    /// A document of one resource, as requests have it.
    static func document(
        _ type: String,
        id: String? = nil,
        _ attributes: [String: JSON] = [:],
        to relationships: [String: (type: String, id: String)] = [:]
    ) -> JSON {
        let data: [String: JSON?] = [
            "type": .string(type), "id": id.map { .string($0) },
            "attributes": attributes.isEmpty ? nil : .object(attributes),
            "relationships": relationships.isEmpty
                ? nil
                : .object(
                    relationships.mapValues {
                        ["data": ["type": .string($0.type), "id": .string($0.id)]]
                    }
                ),
        ]
        return ["data": .compact(data)]
    }
}

extension APIProblem {
    /// What the store is not ready for yet: it is tried again.
    static func later(_ reason: String, after: Span = .seconds(15)) -> APIProblem {
        APIProblem(.rateLimited(after: after), reason)
    }
}
