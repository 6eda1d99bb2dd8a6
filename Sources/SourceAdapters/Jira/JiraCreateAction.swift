import ConductorCore
import ConductorPorts
import NIOHTTP1

/// The kind `jira.create`: makes an issue, once.
///
///     jira.create: {url: https://acme.atlassian.net, user: release-bot@acme.example,
///                   token: env:JIRA_TOKEN, project: MUSIC, type: Task,
///                   summary: "Sign off ${release}", description: "${with.text}",
///                   labels: [release], fields: {fixVersions: [{name: "${version}"}]}}
///
/// A label of its own makes it be found again.
struct JiraCreateAction: ConfiguredAction {
    static let kind = "jira.create"

    private static let remedy = "set right the fields that Jira names"

    private let jira: Jira
    private let project: Template
    private let type: Template
    private let summary: Template
    private let description: Template?
    private let labels: [String]
    private let fields: JSONTemplate?

    init?(settings: SettingsReader, binding: ActionBinding) {
        let jira = Jira(settings: settings)
        let project = settings.template("project", .action)
        if !settings.has("project") { settings.missing("project", "the key of a project") }
        let type = settings.template("type", .action, default: "Task")
        let summary = settings.template("summary", .action)
        if !settings.has("summary") { settings.missing("summary", "the issue's title") }
        description = settings.template("description", .action)
        labels = settings.texts("labels") ?? []
        for (index, label) in labels.enumerated()
        where label.isEmpty || label.contains(where: \.isWhitespace) {
            settings.fault(.badValue, "labels", [String(index)], "a label holds no blanks")
        }
        let extra = settings.value("fields")
        if let extra, extra.objectValue == nil {
            settings.fault(.badValue, "fields", "should be a mapping of the site's fields")
        }
        fields = extra.flatMap { JSONTemplate($0, at: ["fields"], settings, .action) }
        guard let jira, let project, let type, let summary else { return nil }
        self.jira = jira
        self.project = project
        self.type = type
        self.summary = summary
    }

    var traits: ActionTraits {
        ActionTraits(
            actionClass: .createOnce,
            direction: .neutral,
            canProbe: true,
            // The index shows it some seconds later.
            settle: .minutes(1)
        )
    }

    var secrets: [SecretReference] { jira.secrets }
    var checkup: Checkup? { jira.checkup(.create, in: project) }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        await jira.api.perform(intent, remedy: Self.remedy) { session, variables in
            let project = try variables.text(project)
            var fields = try fields.map { try variables.json($0) }?.objectValue ?? [:]
            fields["project"] = ["key": .string(project)]
            fields["issuetype"] = ["name": .string(try variables.text(type))]
            fields["summary"] = .string(try variables.text(summary))
            if let description {
                fields["description"] = JiraDocument.paragraphs(try variables.text(description))
            }
            fields["labels"] = .array((labels + [Self.label(intent)]).map { .string($0) })
            return try await session.once(remedy: Self.remedy) {
                try await find(intent, project, session)
            } send: {
                let made = try await session.write(
                    .POST,
                    "rest/api/3/issue",
                    ["fields": .object(fields)]
                )
                let key = try Jira.key(made)
                return "\(key): \(jira.link(issue: key))"
            }
        }
    }

    func probe(_ intent: Intent) async -> ProbeAnswer {
        await jira.api.probe(intent) { session, variables in
            try await find(intent, try variables.text(project), session)
        }
    }

    /// A label holds no blanks.
    private static func label(_ intent: Intent) -> String {
        "conductor:\(percentEncoded(intent.key))"
    }

    private func find(
        _ intent: Intent,
        _ project: String,
        _ session: APISession
    ) async throws -> ProbeAnswer {
        let label = Self.label(intent)
        func quoted(_ text: String) -> String {
            "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
        }
        let found = try await Jira.issues(
            "project = \(quoted(project)) AND labels = \(quoted(label)) ORDER BY key",
            fields: ["labels"],
            session
        )
        for issue in found
        where try issue.list("fields", "labels").contains(where: { $0.stringValue == label }) {
            let key = try Jira.key(issue)
            return .present(evidence: "\(key): \(jira.link(issue: key))")
        }
        return .absent
    }
}
