import ConductorCore
import ConductorPorts
import NIOHTTP1

/// The kind `jira.assign`: gives an issue to an account.
///
///     jira.assign: {url: https://acme.atlassian.net, user: release-bot@acme.example,
///                   token: env:JIRA_TOKEN, issue: "${with.issue}", account: "${with.account}"}
///
/// `account` is the account's id, as a profile's address ends with; Jira Cloud takes no names.
struct JiraAssignAction: ConfiguredAction {
    static let kind = "jira.assign"

    private static let remedy = "see that the issue is there and the account may be assigned to it"

    private let jira: Jira
    private let issue: Template
    private let account: Template

    init?(settings: SettingsReader, binding: ActionBinding) {
        let jira = Jira(settings: settings)
        let issue = settings.issue()
        let account = settings.template("account", .action)
        if !settings.has("account") { settings.missing("account", "the id of an account") }
        guard let jira, let issue, let account else { return nil }
        self.jira = jira
        self.issue = issue
        self.account = account
    }

    var traits: ActionTraits {
        ActionTraits(actionClass: .setToValue, direction: .neutral, canProbe: true)
    }

    var secrets: [SecretReference] { jira.secrets }
    var checkup: Checkup? { jira.checkup(.assign) }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        await jira.api.perform(intent, remedy: Self.remedy) { session, variables in
            let key = try variables.issueKey(issue)
            let account = try variables.text(account)
            return try await session.once(remedy: Self.remedy) {
                try await look(key, account, session)
            } send: {
                _ = try await session.write(
                    .PUT,
                    "rest/api/3/issue/\(key)",
                    ["fields": ["assignee": ["accountId": .string(account)]]]
                )
                return "\(key) is assigned: \(jira.link(issue: key))"
            }
        }
    }

    func probe(_ intent: Intent) async -> ProbeAnswer {
        await jira.api.probe(intent) { session, variables in
            try await look(
                try variables.issueKey(issue),
                try variables.text(account),
                session
            )
        }
    }

    private func look(
        _ key: String,
        _ account: String,
        _ session: APISession
    ) async throws -> ProbeAnswer {
        let found = try await session.get(
            "rest/api/3/issue/\(key)",
            query: [("fields", "assignee")]
        )
        guard let owner = found["fields"]?["assignee"] else {
            throw APIProblem(.malformed, "the issue in the answer says nothing of its owner")
        }
        guard owner != .null, try owner.text("accountId") == account else { return .absent }
        return .present(evidence: "\(key) is assigned: \(jira.link(issue: key))")
    }
}
