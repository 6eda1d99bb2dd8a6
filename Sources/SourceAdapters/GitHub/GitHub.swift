import ConductorCore
import ConductorPorts
import NIOHTTP1

extension Backend {
    /// GitHub and GitHub Enterprise Server, for the roles `vcs` and `ci`.
    static let github = Backend(
        sources: [GitHubSource.self, GitHubChecks.self],
        actions: [
            GitHubBranchAction.self, GitHubTagAction.self, GitHubReleaseAction.self,
            GitHubDispatchAction.self, GitHubStatusAction.self, GitHubCommentAction.self,
        ]
    )
}

/// The settings that every kind of GitHub shares: which repository, at which server, asked by whom.
///
///     repository: acme/music          # may hold variables
///     token: env:GITHUB_TOKEN         # or
///     app: {id: "12345", installation: "678", key: file:release-app.pem}
///     url: https://github.acme.example/api/v3     # without it github.com
struct GitHub: Sendable {
    let api: API
    private let repository: Template

    /// The server of github.com.
    private static let publicAddress = "https://api.github.com"

    init?(settings: SettingsReader, scope: TemplateScope) {
        let base = settings.base("url", default: Self.publicAddress)
        let repository = settings.template("repository", scope)
        if !settings.has("repository") {
            settings.missing("repository", "OWNER/NAME of the repository")
        } else if let repository, repository.text.split(separator: "/").count != 2 {
            settings.fault(.badValue, "repository", "should be of the form OWNER/NAME")
        }
        let version = settings.string("api_version") ?? "2022-11-28"
        let credential = Self.credential(settings)
        guard let base, let repository, let credential else { return nil }
        self.repository = repository
        api = API(base: base, dialect: Self.dialect(version: version), credential: credential)
    }

    var secrets: [SecretReference] { api.credential.references }

    /// Whether it is github.com, which is always the newest version.
    var isPublic: Bool { api.base.description.hasPrefix(Self.publicAddress) }

    private static func credential(_ settings: SettingsReader) -> (any APICredential)? {
        let token = settings.secret("token")
        let app = settings.mapping("app")
        switch (settings.has("token"), app) {
        case (true, nil): return token.map { BearerCredential(token: $0) }
        case (false, let app?): return GitHubApp(settings: app)
        case (true, .some):
            app?.close()
            settings.fault(.badValue, "app", "stands beside 'token'; one of them is enough")
            return nil
        case (false, nil):
            settings.missing("token", "env:NAME or file:PATH of an access token; or write 'app'")
            return nil
        }
    }

    /// `repos/OWNER/NAME`, the beginning of nearly every path.
    func root(_ variables: Variables) throws -> APIPath {
        let name = try variables.text(repository)
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, parts.allSatisfy(Self.isName) else {
            throw APIProblem(.misconfigured, "'\(name)' is no repository; write OWNER/NAME")
        }
        return "repos/\(parts[0])/\(parts[1])"
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text != "." && text != ".."
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                    UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }

    private static func dialect(version: String) -> APIDialect {
        APIDialect(
            headers: [
                ("Accept", "application/vnd.github+json"), ("X-GitHub-Api-Version", version),
            ],
            // 5,000 requests in an hour, and a second between two writes.
            pace: Pace.Limits(burst: 200, perSecond: 1.4, writeGap: .seconds(1)),
            budget: budget,
            refusal: refusal,
            words: words
        )
    }

    /// `x-ratelimit-limit`, `-remaining` and `-reset` (seconds since 1970).
    private static func budget(_ answer: HTTPTransport.Answer) -> Pace.Budget? {
        func number(_ name: String) -> Int? { answer.headers.first(name: name).flatMap { Int($0) } }
        guard let limit = number("x-ratelimit-limit"), limit > 0,
            let remaining = number("x-ratelimit-remaining"),
            let reset = number("x-ratelimit-reset"), reset < 1 << 40
        else { return nil }
        let now = RetryAfter.date(answer.headers.first(name: "date")) ?? AdapterTime.now()
        let renews = Instant(milliseconds: Int64(reset) * 1000)
        return Pace.Budget(limit: limit, remaining: remaining, renewsIn: max(.zero, renews - now))
    }

    /// Both limits are told with 403 or 429.
    private static func refusal(_ answer: HTTPTransport.Answer) -> APIProblem.Kind? {
        guard answer.status == 403 || answer.status == 429 else { return nil }
        if let wait = answer.retryAfter { return .rateLimited(after: wait) }
        if let budget = budget(answer), budget.remaining == 0 {
            return .rateLimited(after: budget.renewsIn)
        }
        let text = String(decoding: answer.body, as: UTF8.self)
        guard answer.status == 429 || text.contains("secondary rate limit") else { return nil }
        return .rateLimited(after: .minutes(1))
    }

    /// `message`, and what stands in `errors`.
    private static func words(_ body: JSON) -> String? {
        guard let message = body["message"]?.stringValue else { return nil }
        let details = (body["errors"]?.arrayValue ?? []).compactMap { error in
            error["message"]?.stringValue ?? error["code"]?.stringValue ?? error.stringValue
        }
        return ([message] + details).joined(separator: "; ")
    }
}

/// Parts of answers that several kinds read.
extension GitHub {
    /// A commit's name; anything else in its place is no answer.
    static func commit(_ text: String) throws(APIProblem) -> String {
        guard GitRepository.isObjectName(text) else {
            throw APIProblem(.malformed, "a commit in the answer has no name of a commit")
        }
        return text
    }

    /// How two commits stand to one another.
    struct Comparison: Sendable {
        /// Commits that the second has and the first has not.
        var ahead: Int64
        var behind: Int64
    }

    /// Compares two commits; the files that differ are not fetched, they stand on the first page.
    static func compare(
        _ first: String,
        _ second: String,
        _ root: APIPath,
        _ session: APISession
    ) async throws -> Comparison {
        let answer = try await session.get(
            "\(root)/compare/\(first)...\(second)",
            query: [("per_page", "1"), ("page", "2")]
        )
        return Comparison(
            ahead: try answer.count("ahead_by"),
            behind: try answer.count("behind_by")
        )
    }

    /// The commit that a branch or a tag names; nil where it is not there.
    ///
    /// `reference` is `heads/NAME` or `tags/NAME`. An annotated tag is followed to its commit.
    static func commit(
        of reference: String,
        _ root: APIPath,
        _ session: APISession
    ) async throws -> String? {
        guard let found = try await session.find("\(root)/git/ref/\(segments: reference)") else {
            return nil
        }
        guard try found.text("ref") == "refs/" + reference else {
            throw APIProblem(.malformed, "asked for \(reference), and another one was answered")
        }
        switch try found.text("object", "type") {
        case "commit": return try commit(found.text("object", "sha"))
        case "tag":
            let commit = try await session.get("\(root)/commits/\(segments: reference)")
            return try Self.commit(commit.text("sha"))
        default: throw APIProblem(.malformed, "\(reference) names no commit")
        }
    }

    /// Whether the repository can be seen at all: what is not there and what must not be seen look alike.
    static func confirm(_ root: APIPath, _ session: APISession) async throws {
        do {
            _ = try await session.get(root)
        } catch  where error.kind == .notFound {
            throw APIProblem(
                .notFound,
                "there is no such repository, or the credential may not see it"
            )
        }
    }
}
