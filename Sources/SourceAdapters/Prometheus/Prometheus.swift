import ConductorCore
import ConductorPorts
import NIOHTTP1

extension Backend {
    /// Prometheus, and what speaks its interface, for the role `quality`.
    static let prometheus = Backend(sources: [PrometheusSource.self])
}

/// Where a Prometheus is, and who asks.
///
///     url: https://prometheus.acme.example      # what stands before /api/v1
///     token: env:PROMETHEUS_TOKEN               # sent as a bearer token; or
///     user: conductor                           # with a password
///     password: file:prometheus-password
///     tenant: music                             # X-Scope-OrgID, for Mimir and Cortex
///
/// Prometheus itself asks for no credential; what stands before it may.
///
/// Source: Prometheus's HTTP interface, version 1.
struct Prometheus: Sendable {
    let api: API

    init?(settings: SettingsReader) {
        let base = settings.base("url", default: "http://localhost:9090")
        if !settings.has("url") { settings.missing("url", "the address before /api/v1") }
        let tenant = settings.string("tenant")
        if let tenant, tenant.isEmpty || !tenant.utf8.allSatisfy({ (0x21..<0x7F).contains($0) }) {
            settings.fault(.badValue, "tenant", "'\(tenant)' is no name of a tenant")
        }
        let token = settings.secret("token")
        let user = settings.string("user")
        let password = settings.secret("password")
        if settings.has("token"), settings.has("user") || settings.has("password") {
            settings.fault(.badValue, "token", "stands beside a user; one of them is enough")
        } else if settings.has("user"), !settings.has("password") {
            settings.missing("password", "env:NAME or file:PATH")
        } else if settings.has("password"), !settings.has("user") {
            settings.missing("user", "whose password it is")
        }
        if let user, user.contains(":") || user.isEmpty {
            settings.fault(.badValue, "user", "'\(user)' is no name of a user")
        }
        var known: (any APICredential)?
        if let token { known = BearerCredential(token: token) }
        if let user, let password { known = BasicCredential(user: user, password: password) }
        guard let base else { return nil }
        api = API(
            base: base,
            dialect: Self.dialect,
            credential: Credential(known: known, tenant: tenant)
        )
    }

    var secrets: [SecretReference] { api.credential.references }

    private static let dialect = APIDialect(
        // It sets no limit; queries cost it work.
        pace: Pace.Limits(burst: 100, perSecond: 20),
        words: { body in
            guard let error = body["error"]?.stringValue else { return nil }
            return [body["errorType"]?.stringValue, error].compactMap(\.self)
                .joined(separator: ": ")
        }
    )

    /// A credential, if there is one, and the tenant, if there is one.
    private struct Credential: APICredential {
        let known: (any APICredential)?
        let tenant: String?

        var references: [SecretReference] { known?.references ?? [] }

        var account: String {
            (known?.account ?? "nobody") + (tenant.map { " of \($0)" } ?? "")
        }

        func sign(_ context: APISession.Context) async throws -> APISignature {
            var signature =
                try await known?.sign(context) ?? APISignature(headers: [], secrets: [])
            if let tenant { signature.headers.append(("X-Scope-OrgID", tenant)) }
            return signature
        }
    }
}

extension Prometheus {
    /// What an answer that succeeded says.
    ///
    /// One with a warning is refused: behind a front that merges several servers it is a partial one.
    static func data(_ answer: JSON) throws(APIProblem) -> JSON {
        switch try answer.text("status") {
        case "success": break
        case "error": throw APIProblem(.failed, try answer.text("error"))
        case let word: throw APIProblem(.malformed, "an answer of the status '\(word)'")
        }
        if let warnings = answer["warnings"], warnings != .null, warnings != [] {
            let words = try warnings.list().compactMap(\.stringValue).joined(separator: "; ")
            throw APIProblem(.malformed, "an answer with a warning: \(words)")
        }
        guard let data = answer["data"] else {
            throw APIProblem(.malformed, "an answer without 'data'")
        }
        return data
    }
}
