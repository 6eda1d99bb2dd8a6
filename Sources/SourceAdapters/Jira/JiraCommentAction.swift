import ConductorCore
import ConductorPorts
import NIOHTTP1

/// The kind `jira.comment`: a comment on an issue.
///
///     jira.comment: {url: https://acme.atlassian.net, user: release-bot@acme.example,
///                    token: env:JIRA_TOKEN, issue: "${with.issue}", body: "${track} entered ${to}"}
///
/// A mark stands in its last line, so that it is found again.
struct JiraCommentAction: ConfiguredAction {
    static let kind = "jira.comment"

    private static let remedy = "see that the issue is there and the account may comment on it"

    private let jira: Jira
    private let issue: Template
    private let body: Template

    init?(settings: SettingsReader, binding: ActionBinding) {
        let jira = Jira(settings: settings)
        let issue = settings.issue()
        let body = settings.template("body", .action)
        if !settings.has("body") { settings.missing("body", "the comment's text") }
        guard let jira, let issue, let body else { return nil }
        self.jira = jira
        self.issue = issue
        self.body = body
    }

    var traits: ActionTraits {
        ActionTraits(actionClass: .appendWithMarker, direction: .neutral, canProbe: true)
    }

    var secrets: [SecretReference] { jira.secrets }
    var checkup: Checkup? { jira.checkup(.comment) }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        await jira.api.perform(intent, remedy: Self.remedy) { session, variables in
            let key = try variables.issueKey(issue)
            let text = try variables.text(body) + "\n" + Self.mark(intent)
            let look = { () async throws -> ProbeAnswer in
                try await find(intent, key, session)
            }
            let send = { () async throws -> String in
                let made = try await session.write(
                    .POST,
                    "rest/api/3/issue/\(key)/comment",
                    ["body": JiraDocument.paragraphs(text)]
                )
                return evidence(try made.text("id"), key)
            }
            // The first attempt of a key has nothing to find.
            return attempt > 1
                ? try await session.once(remedy: Self.remedy, look: look, send: send)
                : try await session.change(remedy: Self.remedy, look: look, send: send)
        }
    }

    func probe(_ intent: Intent) async -> ProbeAnswer {
        await jira.api.probe(intent) { session, variables in
            try await find(intent, try variables.issueKey(issue), session)
        }
    }

    private static func mark(_ intent: Intent) -> String { "[conductor:\(intent.key)]" }

    private func evidence(_ comment: String, _ key: String) -> String {
        "comment \(jira.link(issue: key))?focusedCommentId=\(percentEncoded(comment))"
    }

    private func find(
        _ intent: Intent,
        _ key: String,
        _ session: APISession
    ) async throws -> ProbeAnswer {
        var seen: Int64 = 0
        for _ in 0..<AdapterLimits.pages {
            let page = try await session.get(
                "rest/api/3/issue/\(key)/comment",
                query: [
                    ("orderBy", "-created"), ("startAt", "\(seen)"), ("maxResults", "100"),
                ]
            )
            let comments = try page.list("comments")
            for comment in comments {
                guard let body = comment["body"] else {
                    throw APIProblem(.malformed, "a comment without a body in the answer")
                }
                if try JiraDocument.text(body).contains(Self.mark(intent)) {
                    return .present(evidence: evidence(try comment.text("id"), key))
                }
            }
            seen += Int64(comments.count)
            let total = try page.count("total")
            if comments.isEmpty || seen >= total { return .absent }
        }
        return .unavailable(reason: "\(key) has more comments than can be looked through")
    }
}

extension SettingsReader {
    /// The issue that an action is about.
    func issue() -> Template? {
        if !has("issue") {
            missing("issue", "the key of an issue, such as MUSIC-42")
            return nil
        }
        return template("issue", .action)
    }
}
