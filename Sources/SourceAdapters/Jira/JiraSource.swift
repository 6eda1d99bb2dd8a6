import ConductorCore
import ConductorPorts

/// The kind `jira`, for the role `tracker`: issues that queries find.
///
///     jira: {url: https://acme.atlassian.net, user: release-bot@acme.example, token: env:JIRA_TOKEN,
///            blockers: 'project = MUSIC AND fixVersion = ${version} AND priority = Highest
///                       AND statusCategory != Done',
///            fixes: 'project = MUSIC AND fixVersion = ${version} AND status = "In Review"',
///            without_version: 'project = MUSIC AND type = Bug AND fixVersion is EMPTY'}
///
/// Values of variables become texts in quotes. A query that finds nothing has found nothing: zero.
struct JiraSource: ConfiguredSource {
    static let kind = "jira"

    /// What is asked for: one query, and how its facts are called.
    private struct Question: Sendable {
        var name: String
        var query: Template
        /// What the number is called: `fixes.unmerged`, `blockers.open`.
        var count: String
        var unit: String

        static let known = [
            (name: "blockers", count: "open", unit: "bugs"),
            (name: "fixes", count: "unmerged", unit: "fixes"),
            (name: "without_version", count: "open", unit: "bugs"),
            (name: "without_priority", count: "open", unit: "bugs"),
            (name: "without_owner", count: "open", unit: "bugs"),
        ]
    }

    private let jira: Jira
    private let questions: [Question]
    private let timeout: Span

    init?(settings: SettingsReader, binding: SourceBinding) {
        let jira = Jira(settings: settings)
        var questions: [Question] = []
        for known in Question.known {
            guard let query = settings.template(known.name, .source) else { continue }
            questions.append(
                Question(name: known.name, query: query, count: known.count, unit: known.unit)
            )
        }
        let names = Question.known.map(\.name)
        if !names.contains(where: settings.has) {
            settings.missing(
                names[0],
                "a query; the others are \(names.dropFirst().joined(separator: ", "))"
            )
        }
        self.questions = questions
        timeout = binding.timeout
        guard let jira, !questions.isEmpty else { return nil }
        self.jira = jira
    }

    var secrets: [SecretReference] { jira.secrets }
    var checkup: Checkup? { jira.checkup(.browse) }

    var schema: FactSchema {
        .sorted(
            questions.flatMap { RoleFacts.tracker($0.name, count: $0.count, unit: $0.unit) }
        )
    }

    func observe(_ request: ObservationRequest) async -> PollAnswer {
        await jira.api.poll(request, timeout: timeout) { session, variables in
            var observation = Observation()
            for question in questions {
                let query = try variables.query(question.query)
                let issues = try await Jira.issues(
                    query,
                    fields: ["assignee", "created", "priority"],
                    session
                ).map { try Issue($0) }
                func say(_ name: String, _ value: JSON) {
                    observation.facts["\(question.name).\(name)"] = ObservedFact(value)
                }
                say(question.count, .int(Int64(issues.count)))
                say("url", .string(jira.link(query)))
                say("keys", .array(issues.map { .string($0.key) }))
                say("issues", .array(issues.map { $0.json(link: jira.link(issue: $0.key)) }))
                var owners: [String] = []
                for owner in issues.compactMap(\.owner) where !owners.contains(owner) {
                    owners.append(owner)
                }
                owners.sort { $0.precedes($1) }
                say("owners", .array(owners.map { .string($0) }))
                say("unowned", .int(Int64(issues.count { $0.owner == nil })))
                // Of no issue there is no oldest.
                if let oldest = issues.map(\.created).min() {
                    say("oldest", .string(oldest.description))
                }
            }
            return observation
        }
    }

    private struct Issue: Sendable {
        var key: String
        var owner: String?
        var priority: String?
        var created: Instant

        init(_ issue: JSON) throws {
            key = try Jira.key(issue)
            created = try Jira.instant(issue.text("fields", "created"))
            owner = try Self.name("assignee", "displayName", of: issue)
            priority = try Self.name("priority", "name", of: issue)
        }

        /// What a field of an issue is called; nil for one that is empty.
        private static func name(
            _ field: String,
            _ member: String,
            of issue: JSON
        ) throws(APIProblem) -> String? {
            guard let fields = issue["fields"], let value = fields[field] else {
                throw APIProblem(.malformed, "an issue without '\(field)' in the answer")
            }
            return value == .null ? nil : try value.text(member)
        }

        func json(link: String) -> JSON {
            let members: [String: JSON?] = [
                "key": .string(key), "owner": owner.map { .string($0) },
                "priority": priority.map { .string($0) },
                "created": .string(created.description), "url": .string(link),
            ]
            return .compact(members)
        }
    }
}
