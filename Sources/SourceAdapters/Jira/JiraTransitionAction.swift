import ConductorCore
import ConductorPorts
import NIOHTTP1

/// The kind `jira.transition`: moves an issue to a status.
///
///     jira.transition: {url: https://acme.atlassian.net, user: release-bot@acme.example,
///                       token: env:JIRA_TOKEN, issue: "${with.issue}", to: Released, from: [Done]}
///
/// Which transition leads there depends on the workflow and on where the issue is; it is looked up
/// each time. With `from`, an issue that is elsewhere was moved by a person: it is left alone.
struct JiraTransitionAction: ConfiguredAction {
    static let kind = "jira.transition"

    private static let remedy =
        "look at the issue, and move it by hand or correct 'to' and the workflow"

    private let jira: Jira
    private let issue: Template
    private let target: Template
    private let origins: [String]?

    init?(settings: SettingsReader, binding: ActionBinding) {
        let jira = Jira(settings: settings)
        let issue = settings.issue()
        let target = settings.template("to", .action)
        if !settings.has("to") { settings.missing("to", "the name of a status") }
        origins = settings.texts("from").map { $0.map { $0.lowercased() } }
        guard let jira, let issue, let target else { return nil }
        self.jira = jira
        self.issue = issue
        self.target = target
    }

    var traits: ActionTraits {
        ActionTraits(actionClass: .setToValue, direction: .neutral, canProbe: true)
    }

    var secrets: [SecretReference] { jira.secrets }
    var checkup: Checkup? { jira.checkup(.transition) }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        await jira.api.perform(intent, remedy: Self.remedy) { session, variables in
            let key = try variables.issueKey(issue)
            let target = try variables.text(target)
            return try await session.once(remedy: Self.remedy) {
                try await look(key, target, session)
            } send: {
                let id = try await transition(key, to: target, session)
                _ = try await session.write(
                    .POST,
                    "rest/api/3/issue/\(key)/transitions",
                    ["transition": ["id": .string(id)]]
                )
                return "\(key) is moved to \(target): \(jira.link(issue: key))"
            }
        }
    }

    func probe(_ intent: Intent) async -> ProbeAnswer {
        await jira.api.probe(intent) { session, variables in
            try await look(
                try variables.issueKey(issue),
                try variables.text(target),
                session
            )
        }
    }

    private func look(
        _ key: String,
        _ target: String,
        _ session: APISession
    ) async throws -> ProbeAnswer {
        let found = try await session.get(
            "rest/api/3/issue/\(key)",
            query: [("fields", "status")]
        )
        let status = try found.text("fields", "status", "name")
        if status.lowercased() == target.lowercased() {
            return .present(evidence: "\(key) is \(status): \(jira.link(issue: key))")
        }
        if let origins, !origins.contains(status.lowercased()) {
            return .ambiguous(reason: "\(key) is \(status), where nobody expected it")
        }
        return .absent
    }

    /// The transition that leads from where the issue is to a status.
    private func transition(
        _ key: String,
        to target: String,
        _ session: APISession
    ) async throws -> String {
        let answer = try await session.get("rest/api/3/issue/\(key)/transitions")
        var offered: [String] = []
        for transition in try answer.list("transitions") {
            let status = try transition.text("to", "name")
            if status.lowercased() == target.lowercased() { return try transition.text("id") }
            offered.append(status)
        }
        throw APIProblem(
            .refused,
            "no transition leads \(key) to '\(target)'; from there one gets to: "
                + (offered.isEmpty ? "nowhere" : offered.joined(separator: ", "))
        )
    }
}
