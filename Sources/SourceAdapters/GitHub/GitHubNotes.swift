import ConductorCore
import ConductorPorts
import NIOHTTP1

/// The kind `github.status`: sets a status on a commit.
///
///     github.status: {repository: acme/music, token: env:GITHUB_TOKEN, state: success,
///                     context: conductord/release, description: "${track} entered ${to}"}
///
/// The newest status of a context counts, and this context is the conductor's own: what it is at is the
/// value. Setting it again changes nothing.
struct GitHubStatusAction: ConfiguredAction {
    static let kind = "github.status"

    private static let remedy = "see that the commit is there and the credential may set statuses"
    /// What GitHub takes of a description.
    private static let descriptionLength = 140

    private let github: GitHub
    private let commit: Template
    private let state: String
    private let context: Template
    private let description: Template
    private let target: Template?

    init?(settings: SettingsReader, binding: ActionBinding) {
        let github = GitHub(settings: settings, scope: .action)
        let commit = settings.template("commit", .action, default: "${candidate.commit}")
        let states = ["success", "pending", "failure", "error"]
        let state = settings.string("state")
        if let state, !states.contains(state) {
            settings.fault(
                .badValue,
                "state",
                "'\(state)' is no state; there are: " + states.joined(separator: ", "),
                suggestion: nearest(to: state, among: states)
            )
        } else if !settings.has("state") {
            settings.missing("state", "one of " + states.joined(separator: ", "))
        }
        let context = settings.template("context", .action, default: "conductord/${action}")
        let description = settings.template(
            "description",
            .action,
            default: "${track}: ${action}"
        )
        target = settings.template("target_url", .action)
        guard let github, let commit, let state, let context, let description else { return nil }
        self.github = github
        self.commit = commit
        self.state = state
        self.context = context
        self.description = description
    }

    var traits: ActionTraits {
        ActionTraits(actionClass: .setToValue, direction: .neutral, canProbe: true)
    }

    var secrets: [SecretReference] { github.secrets }
    var checkup: Checkup? { github.checkup(.setStatus) }

    private struct Plan: Sendable {
        var root: APIPath
        var commit: String
        var context: String
        var body: JSON
    }

    private func plan(_ variables: Variables) throws -> Plan {
        let context = try variables.text(context)
        let body: [String: JSON?] = [
            "state": .string(state), "context": .string(context),
            "description": .string(
                String(try variables.text(description).prefix(Self.descriptionLength))
            ),
            "target_url": try target.map { .string(try variables.text($0)) },
        ]
        return Plan(
            root: try github.root(variables),
            commit: try variables.commitName(commit),
            context: context,
            body: .compact(body)
        )
    }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        await github.api.perform(intent, remedy: Self.remedy) { session, variables in
            let plan = try plan(variables)
            return try await session.once(remedy: Self.remedy) {
                try await look(plan, session)
            } send: {
                let made = try await session.write(
                    .POST,
                    "\(plan.root)/statuses/\(plan.commit)",
                    plan.body
                )
                guard try made.text("state") == state, try made.text("context") == plan.context
                else { throw APIProblem(.malformed, "set, and the answer names another status") }
                return "\(plan.context) is \(state) on \(plan.commit)"
            }
        }
    }

    func probe(_ intent: Intent) async -> ProbeAnswer {
        await github.api.probe(intent) { session, variables in
            try await look(try plan(variables), session)
        }
    }

    private func look(_ plan: Plan, _ session: APISession) async throws -> ProbeAnswer {
        for page in try await session.pages(
            "\(plan.root)/commits/\(plan.commit)/status",
            query: [("per_page", "100")]
        ) {
            for status in try page.list("statuses")
            where try status.text("context") == plan.context {
                let isSame =
                    try status.text("state") == state
                    && ["description", "target_url"].allSatisfy { name in
                        try status.textOrNull(name) == plan.body[name]?.stringValue
                    }
                return isSame
                    ? .present(evidence: "\(plan.context) is \(state) on \(plan.commit)")
                    : .absent
            }
        }
        return .absent
    }
}

/// The kind `github.comment`: a comment on an issue or a pull request.
///
///     github.comment: {repository: acme/music, token: env:GITHUB_TOKEN, issue: "${with.issue}",
///                      body: "${track} entered ${to}"}
///
/// A mark that nobody sees stands at its end, so that it is found again.
struct GitHubCommentAction: ConfiguredAction {
    static let kind = "github.comment"

    private static let remedy = "see that the issue is there and the credential may write to it"

    private let github: GitHub
    private let issue: Template
    private let body: Template

    init?(settings: SettingsReader, binding: ActionBinding) {
        let github = GitHub(settings: settings, scope: .action)
        let issue = settings.template("issue", .action)
        if !settings.has("issue") {
            settings.missing("issue", "the number of an issue or a pull request")
        }
        let body = settings.template("body", .action)
        if !settings.has("body") { settings.missing("body", "the comment's text") }
        guard let github, let issue, let body else { return nil }
        self.github = github
        self.issue = issue
        self.body = body
    }

    var traits: ActionTraits {
        ActionTraits(actionClass: .appendWithMarker, direction: .neutral, canProbe: true)
    }

    var secrets: [SecretReference] { github.secrets }
    var checkup: Checkup? { github.checkup(.comment) }

    /// Percent-encoded, so that nothing in a key ends the mark.
    private func mark(_ intent: Intent) -> String {
        "<!-- conductor:\(percentEncoded(intent.key).replacing("-", with: "%2D")) -->"
    }

    private func place(_ variables: Variables) throws -> APIPath {
        let number = try variables.text(issue)
        guard let number = Int(number), number > 0 else {
            throw ResolvingProblem(message: "'\(number)' is no number of an issue")
        }
        return "\(try github.root(variables))/issues/\(number)/comments"
    }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        await github.api.perform(intent, remedy: Self.remedy) { session, variables in
            let place = try place(variables)
            let text = try variables.text(body) + "\n\n" + mark(intent)
            let look = { () async throws -> ProbeAnswer in
                try await find(intent, place, session)
            }
            let send = { () async throws -> String in
                let made = try await session.write(.POST, place, ["body": .string(text)])
                return "comment \(try made.text("html_url"))"
            }
            // The first attempt of a key has nothing to find.
            return attempt > 1
                ? try await session.once(remedy: Self.remedy, look: look, send: send)
                : try await session.change(remedy: Self.remedy, look: look, send: send)
        }
    }

    func probe(_ intent: Intent) async -> ProbeAnswer {
        await github.api.probe(intent) { session, variables in
            try await find(intent, try place(variables), session)
        }
    }

    private func find(
        _ intent: Intent,
        _ place: APIPath,
        _ session: APISession
    ) async throws -> ProbeAnswer {
        for page in try await session.pages(place, query: [("per_page", "100")]) {
            for comment in try page.list()
            where try comment.text("body").contains(mark(intent)) {
                return .present(evidence: "comment \(try comment.text("html_url"))")
            }
        }
        return .absent
    }
}
