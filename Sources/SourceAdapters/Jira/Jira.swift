import ConductorCore
import ConductorPorts
import NIOHTTP1

extension Backend {
    /// Jira Cloud, for the roles `tracker` and `signoff`.
    static let jira = Backend(
        sources: [JiraSource.self, JiraSignoffs.self],
        actions: [
            JiraCommentAction.self, JiraTransitionAction.self, JiraAssignAction.self,
            JiraCreateAction.self,
        ]
    )
}

/// The settings that every kind of Jira shares: which site, asked by whom.
///
///     url: https://acme.atlassian.net
///     user: release-bot@acme.example       # with an API token
///     token: env:JIRA_TOKEN                # alone: sent as a bearer token
///     site: https://acme.atlassian.net     # where people go, if that is elsewhere
///
/// Source: the Jira Cloud platform's REST API, version 3.
struct Jira: Sendable {
    let api: API
    /// Where people look at issues, without a slash at its end.
    let site: String

    init?(settings: SettingsReader) {
        let base = settings.base("url", default: "https://YOUR-SITE.atlassian.net")
        if !settings.has("url") {
            settings.missing("url", "the site's address, https://NAME.atlassian.net")
        }
        let user = settings.string("user")
        if let user, user.contains(":") || !user.utf8.allSatisfy({ (0x21..<0x7F).contains($0) }) {
            settings.fault(.badValue, "user", "'\(user)' is no address of an account")
        }
        let token = settings.secret("token")
        if !settings.has("token") {
            settings.missing("token", "env:NAME or file:PATH of an API token")
        }
        guard let base, let site = settings.base("site", default: base.description), let token
        else { return nil }
        let text = site.description
        self.site = text.hasSuffix("/") ? String(text.dropLast()) : text
        let credential: any APICredential =
            if let user { BasicCredential(user: user, password: token) } else {
                BearerCredential(token: token)
            }
        api = API(base: base, dialect: Self.dialect, credential: credential)
    }

    var secrets: [SecretReference] { api.credential.references }

    private static let dialect = APIDialect(
        // Limits are per endpoint and site, and told by 429 alone.
        pace: Pace.Limits(burst: 100, perSecond: 10),
        refusal: { $0.status == 403 ? .unauthorised : nil },
        words: words
    )

    /// `errorMessages`, and what stands in `errors` by field.
    private static func words(_ body: JSON) -> String? {
        let messages = (body["errorMessages"]?.arrayValue ?? []).compactMap(\.stringValue)
        let fields = (body["errors"]?.objectValue ?? [:]).sorted { $0.key.precedes($1.key) }
            .compactMap { field in field.value.stringValue.map { "\(field.key): \($0)" } }
        let words = messages + fields
        return words.isEmpty ? nil : words.joined(separator: "; ")
    }
}

// MARK: Issues

extension Jira {
    /// The issues that a query finds, in its order, with these fields.
    ///
    /// The index lags some seconds behind what people write.
    static func issues(
        _ query: String,
        fields: [String],
        _ session: APISession
    ) async throws -> [JSON] {
        var issues: [JSON] = []
        var token: String?
        for _ in 0..<AdapterLimits.pages {
            var parameters = [("jql", query), ("maxResults", "100")]
            parameters += fields.map { ("fields", $0) }
            if let token { parameters.append(("nextPageToken", token)) }
            let page = try await session.get("rest/api/3/search/jql", query: parameters)
            issues += try page.list("issues")
            if try page.flag("isLast") { return issues }
            token = try page.text("nextPageToken")
        }
        throw APIProblem(
            .tooLarge,
            "the query finds more than \(AdapterLimits.pages) pages of issues; narrow it"
        )
    }

    /// The key of an issue, such as `MUSIC-42`.
    static func key(_ issue: JSON) throws(APIProblem) -> String {
        let key = try issue.text("key")
        guard isKey(key) else { throw APIProblem(.malformed, "'\(key)' is no key of an issue") }
        return key
    }

    static func isKey(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = parts.last, !parts[0].isEmpty, !number.isEmpty,
            text.utf8.count <= 255
        else { return false }
        return number.utf8.allSatisfy { (48...57).contains($0) }
            && parts[0].utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// `2026-03-02T09:15:00.000+0000`, as Jira writes times.
    static func instant(_ text: String) throws(APIProblem) -> Instant {
        var text = text
        let zone = text.suffix(5)
        if zone.count == 5, zone.first == "+" || zone.first == "-", !zone.contains(":") {
            text = text.dropLast(2) + ":" + text.suffix(2)
        }
        guard let instant = Instant(rfc3339: text) else {
            throw APIProblem(.malformed, "'\(text)' is no time")
        }
        return instant
    }

    /// Where people see what a query finds.
    func link(_ query: String) -> String { "\(site)/issues/?jql=\(percentEncoded(query))" }

    /// Where people see an issue.
    func link(issue key: String) -> String { "\(site)/browse/\(key)" }
}

extension Variables {
    /// A query in Jira's language; values become texts in quotes, so that none of them is read as a
    /// part of the query.
    func query(_ template: Template) throws(TemplateProblem) -> String {
        var query = ""
        for piece in template.pieces {
            switch piece {
            case .literal(let literal): query += literal
            case .variable(let name):
                let value = try text(Template("${\(name)}"))
                guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                    throw TemplateProblem("'${\(name)}' holds a control character")
                }
                let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
                query += Self.isQuoted(query) ? escaped : "\"\(escaped)\""
            }
        }
        return query
    }

    /// Whether a text that goes on here would stand within double quotes.
    private static func isQuoted(_ query: String) -> Bool {
        var isQuoted = false
        var isEscaped = false
        for byte in query.utf8 {
            switch byte {
            case _ where isEscaped: isEscaped = false
            case UInt8(ascii: "\\"): isEscaped = true
            case UInt8(ascii: "\""): isQuoted.toggle()
            default: continue
            }
        }
        return isQuoted
    }

    /// The key of an issue that is acted on.
    func issueKey(_ template: Template) throws -> String {
        let key = try text(template)
        guard Jira.isKey(key) else {
            throw ResolvingProblem(message: "'\(key)' is no key of an issue, such as MUSIC-42")
        }
        return key
    }
}
