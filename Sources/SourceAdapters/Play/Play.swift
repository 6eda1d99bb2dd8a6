import ConductorCore
import ConductorPorts

extension Backend {
    /// Google Play for the role `store`, and Play Developer Reporting for the role `quality`.
    static let play = Backend(
        sources: [PlaySource.self, PlayVitals.self],
        actions: [
            PlayReleaseAction.self, PlayRaiseAction.self, PlayHaltAction.self,
            PlayResumeAction.self, PlayCompleteAction.self,
        ]
    )
}

/// The settings that every kind of Play shares: which app, asked by whom.
///
///     package: com.acme.music             # may hold variables
///     key: file:service-account.json      # as Google Cloud gives it
///
/// Sources: the Google Play Developer API (Android Publisher v3), and Play Developer Reporting v1beta1.
struct Play: Sendable {
    /// Which of Google's two interfaces is asked.
    enum Service: Sendable {
        case publisher
        case reporting

        fileprivate var address: String {
            switch self {
            case .publisher: "https://androidpublisher.googleapis.com"
            case .reporting: "https://playdeveloperreporting.googleapis.com"
            }
        }

        fileprivate var scope: String {
            switch self {
            case .publisher: "https://www.googleapis.com/auth/androidpublisher"
            case .reporting: "https://www.googleapis.com/auth/playdeveloperreporting"
            }
        }
    }

    let api: API
    private let package: Template

    init?(settings: SettingsReader, scope: TemplateScope, service: Service) {
        let base = settings.base("url", default: service.address)
        let package = settings.template("package", scope)
        if !settings.has("package") {
            settings.missing("package", "the app's name at Google, such as com.acme.music")
        }
        let credential = GoogleServiceAccount(settings: settings, scope: service.scope)
        guard let base, let package, let credential else { return nil }
        self.package = package
        api = API(base: base, dialect: Self.dialect, credential: credential)
    }

    var secrets: [SecretReference] { api.credential.references }

    /// What must be done one at a time: the edits of an app.
    var lane: String { "play \(package.text)" }

    /// The app's name, which is a part of every path.
    func package(_ variables: Variables) throws -> String {
        let name = try variables.text(package)
        let isName = name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy {
            !$0.isEmpty && $0.utf8.allSatisfy(Self.isNameByte)
        }
        guard isName, name.contains(".") else {
            throw APIProblem(.misconfigured, "'\(name)' is no name of an app; write com.acme.music")
        }
        return name
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static let dialect = APIDialect(
        // Google counts by project and minute, some thousands; one app asks far less.
        pace: Pace.Limits(burst: 60, perSecond: 5),
        refusal: refusal,
        words: words
    )

    /// A used-up quota is told with 429, or with 403 and a reason.
    private static func refusal(_ answer: HTTPTransport.Answer) -> APIProblem.Kind? {
        guard answer.status == 403 || answer.status == 429 else { return nil }
        let text = String(decoding: answer.body, as: UTF8.self)
        let isLimit = ["ateLimitExceeded", "quotaExceeded", "RESOURCE_EXHAUSTED"]
            .contains { text.contains($0) }
        guard answer.status == 429 || isLimit else { return nil }
        return .rateLimited(after: answer.retryAfter ?? .minutes(1))
    }

    /// `error.message`, and the reasons in `error.errors`.
    private static func words(_ body: JSON) -> String? {
        guard let message = body["error"]?["message"]?.stringValue else { return nil }
        let reasons = (body["error"]?["errors"]?.arrayValue ?? [])
            .compactMap { $0["reason"]?.stringValue }.filter { !message.contains($0) }
        return ([message] + reasons).joined(separator: "; ")
    }
}

/// What a person does about a refusal.
///
/// Nearly all of Google's are 400 or 403, so that only their words tell them apart.
enum PlayRefusal {
    private static let remedies: [(words: String, remedy: String)] = [
        (
            "changesnotsentforreview must not be set",
            "changes of this app are sent for review by themselves; take"
                + " 'changes_not_sent_for_review' out of the action's settings, and retry"
        ),
        (
            "changesnotsentforreview",
            "an earlier submission was rejected: send the changes for review in the Play Console;"
                + " then say that it is done, or retry"
        ),
        (
            "in review",
            "a change of this app is in review: wait until it is through and retry, or cancel the"
                + " review in the Play Console"
        ),
        (
            "draft app",
            "this app was never published: publish it once in the Play Console, and retry"
        ),
        (
            "first release on a track cannot be staged",
            "give the first release of a track to everybody: fraction 1"
        ),
        (
            "too many staged releases",
            "another version is rolling out on this track: complete or halt it, and retry"
        ),
        (
            "does not allow any existing users to upgrade",
            "its version code is too low: build it with a higher one than any track has"
        ),
        (
            "has not been used in project",
            "switch the Google Play Android Developer API on in the project of the service account"
        ),
        (
            "caller does not have permission",
            "give the service account the permission to release this app in the Play Console"
        ),
        ("exact alarm", declaration), ("foreground service", declaration),
        ("ad_id", declaration), ("advertising id", declaration),
        ("targeting no countries", "choose the track's countries in the Play Console, and retry"),
        ("issues with your account", "see what the Play Console says of the account, and retry"),
    ]

    private static let declaration =
        "fill in the declaration that Google names in the Play Console, and retry"

    static let usual = "see the release in the Play Console, and set right what Google names"

    static func remedy(_ problem: APIProblem) -> String {
        #if CONDUCTOR_PLANTED_BUGS
            if Oversight.remedyForgotten.isPlanted { return usual }
        #endif
        let message = problem.message.lowercased()
        return remedies.first { message.contains($0.words) }?.remedy ?? usual
    }

    /// What a write came to that ended like this.
    static func outcome(_ problem: APIProblem) -> ActionOutcome {
        let remedy = remedy(problem)
        guard problem.kind == .unauthorised, remedy != usual else {
            return problem.outcome(remedy: remedy)
        }
        return .rejected(reason: problem.message, remedy: remedy)
    }

    /// Whether Google has thrown the edit away; nothing of it was carried out then.
    ///
    /// Somebody opened another one or changed something in the Console, or it was too old.
    static func isLostEdit(_ problem: APIProblem) -> Bool {
        #if CONDUCTOR_PLANTED_BUGS
            if Oversight.lostEditEndsIt.isPlanted { return false }
        #endif
        let message = problem.message.lowercased()
        return problem.isRefusal && message.contains("edit")
            && ["deleted", "expired", "no longer", "invalid edit", "not found"]
                .contains { message.contains($0) }
    }
}
