import ConductorCore
import ConductorPorts
import NIOHTTP1

extension Backend {
    /// Sentry, for the role `quality`.
    static let sentry = Backend(
        sources: [SentrySource.self],
        actions: [SentryDeployAction.self]
    )
}

/// The settings that every kind of Sentry shares: which organization, asked by whom.
///
///     organization: acme
///     token: env:SENTRY_TOKEN
///     url: https://de.sentry.io         # without it https://sentry.io
///
/// Source: Sentry's web interface, version 0.
struct Sentry: Sendable {
    let api: API
    /// `api/0/organizations/NAME`, the beginning of every path.
    let root: APIPath

    init?(settings: SettingsReader) {
        let base = settings.base("url", default: "https://sentry.io")
        let organization = settings.string("organization")
        if !settings.has("organization") {
            settings.missing("organization", "the organization's short name, as in its addresses")
        } else if let organization, !Self.isName(organization) {
            settings.fault(.badValue, "organization", "'\(organization)' is no short name")
        }
        let token = settings.secret("token")
        if !settings.has("token") {
            settings.missing("token", "env:NAME or file:PATH of an organization's token")
        }
        guard let base, let organization, let token else { return nil }
        root = "api/0/organizations/\(organization)"
        api = API(base: base, dialect: Self.dialect, credential: BearerCredential(token: token))
    }

    var secrets: [SecretReference] { api.credential.references }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    private static let dialect = APIDialect(
        // Limits are per caller and endpoint, and some are counted in a second.
        pace: Pace.Limits(burst: 20, perSecond: 5),
        refusal: refusal,
        words: { body in
            body["detail"]?.stringValue ?? body["detail"]?["message"]?.stringValue
        }
    )

    /// 429 says in a header of its own when the limit begins anew, in seconds since 1970.
    private static func refusal(_ answer: HTTPTransport.Answer) -> APIProblem.Kind? {
        guard answer.status == 429 else { return nil }
        if let wait = answer.retryAfter { return .rateLimited(after: wait) }
        let reset = answer.headers.first(name: "x-sentry-rate-limit-reset").flatMap { Int64($0) }
        guard let reset, reset < 1 << 40 else { return nil }
        let now = RetryAfter.date(answer.headers.first(name: "date")) ?? AdapterTime.now()
        return .rateLimited(after: max(.seconds(1), Instant(milliseconds: reset * 1000) - now))
    }
}

extension Sentry {
    /// A text in a search, in quotes; a release's name holds none.
    static func quoted(_ text: String) -> String { "\"\(text)\"" }

    /// `release:"NAME"`, or one of several names.
    static func filter(_ key: String, _ names: [String]) -> String {
        names.count == 1
            ? "\(key):\(quoted(names[0]))"
            : "\(key):[\(names.map(quoted).joined(separator: ","))]"
    }
}

extension Variables {
    /// The name of a release, such as `com.acme.music@8.9.2+412`.
    func sentryRelease(_ template: Template) throws -> String {
        let name = try text(template)
        let isName =
            !name.isEmpty && name != "." && name != ".." && name.utf8.count <= 200
            && name.unicodeScalars.allSatisfy {
                $0.value > 0x20 && $0.value != 0x7F && !"\"/\\*,[]".unicodeScalars.contains($0)
            }
        guard isName else {
            throw ResolvingProblem(message: "'\(name)' is no name of a release")
        }
        return name
    }
}
