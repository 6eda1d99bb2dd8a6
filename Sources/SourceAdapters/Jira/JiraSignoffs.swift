import ConductorCore
import ConductorPorts

/// The kind `jira.signoffs`, for the role `signoff`: one ticket per team, whose status says whether it
/// has signed off.
///
///     jira.signoffs: {url: https://acme.atlassian.net, user: release-bot@acme.example,
///                     token: env:JIRA_TOKEN, tickets: 'project = QA AND fixVersion = ${version}',
///                     teams: [playback, search], team: components,
///                     approved: [Done], rejected: [Rejected], opted_out: ["Won't Do"]}
///
/// A ticket is a team's if the field `team` holds the team's name: `components`, `labels`, or a field of
/// the site's own, such as `customfield_10042`. Of several tickets of a team the worst counts; a team
/// without a ticket, and any status that is not named here, is *missing*.
struct JiraSignoffs: ConfiguredSource {
    static let kind = "jira.signoffs"

    private let jira: Jira
    private let tickets: Template
    private let teams: [String]
    private let field: String
    private let approved: [String]
    private let rejected: [String]
    private let optedOut: [String]
    private let timeout: Span

    init?(settings: SettingsReader, binding: SourceBinding) {
        let jira = Jira(settings: settings)
        let tickets = settings.template("tickets", .source)
        if !settings.has("tickets") {
            settings.missing("tickets", "a query that finds the sign-off tickets of a release")
        }
        let teams = settings.texts("teams")
        if !settings.has("teams") {
            settings.missing("teams", "the teams that sign off")
        } else if teams?.isEmpty == true {
            settings.fault(.badValue, "teams", "should name at least one team")
        }
        field = settings.string("team") ?? "components"
        approved = (settings.texts("approved") ?? ["Done"]).map { $0.lowercased() }
        rejected = (settings.texts("rejected") ?? ["Rejected"]).map { $0.lowercased() }
        optedOut = (settings.texts("opted_out") ?? []).map { $0.lowercased() }
        let named = approved + rejected + optedOut
        for status in Set(named).sorted(by: { $0.precedes($1) })
        where named.count(where: { $0 == status }) > 1 {
            settings.fault(.badValue, "approved", "the status '\(status)' has two meanings")
        }
        timeout = binding.timeout
        guard let jira, let tickets, let teams, !teams.isEmpty else { return nil }
        self.jira = jira
        self.tickets = tickets
        self.teams = teams
    }

    var secrets: [SecretReference] { jira.secrets }
    var checkup: Checkup? { jira.checkup(.browse) }

    var schema: FactSchema { .sorted(RoleFacts.signoff) }

    /// How a team stands, the better the lower.
    private enum State: String, Comparable {
        case optedOut, approved, missing, rejected

        private var rank: Int {
            switch self {
            case .optedOut: 0
            case .approved: 1
            case .missing: 2
            case .rejected: 3
            }
        }

        static func < (left: State, right: State) -> Bool { left.rank < right.rank }

        /// The word for it in facts: who opted out has said nothing.
        var word: String {
            switch self {
            case .optedOut, .missing: "missing"
            case .approved: "approved"
            case .rejected: "rejected"
            }
        }
    }

    func observe(_ request: ObservationRequest) async -> PollAnswer {
        await jira.api.poll(request, timeout: timeout) { session, variables in
            let query = try variables.query(tickets)
            let found = try await Jira.issues(
                query,
                fields: ["assignee", "status", field],
                session
            )
            var worst: [String: (state: State, by: String, key: String)] = [:]
            for ticket in found {
                let key = try Jira.key(ticket)
                let state = state(try ticket.text("fields", "status", "name"))
                let owner = try owner(of: ticket)
                for team in try names(of: ticket) {
                    guard let known = worst[team], known.state >= state else {
                        worst[team] = (state, owner ?? "", key)
                        continue
                    }
                }
            }
            var observation = Observation()
            let rows = teams.map { team -> JSON in
                let ticket = worst[team.lowercased()]
                let state = ticket?.state ?? .missing
                return [
                    "team": .string(team), "state": .string(state.word),
                    "opted_out": .bool(state == .optedOut), "by": .string(ticket?.by ?? ""),
                ]
            }
            observation.facts["teams"] = ObservedFact(.array(rows))
            let missing = teams.filter { (worst[$0.lowercased()]?.state ?? .missing) == .missing }
            observation.facts["missing"] = ObservedFact(.array(missing.map { .string($0) }))
            observation.facts["url"] = ObservedFact(.string(jira.link(query)))
            return observation
        }
    }

    private func state(_ status: String) -> State {
        let status = status.lowercased()
        if rejected.contains(status) { return .rejected }
        if approved.contains(status) { return .approved }
        return optedOut.contains(status) ? .optedOut : .missing
    }

    private func owner(of ticket: JSON) throws(APIProblem) -> String? {
        guard let owner = ticket["fields"]?["assignee"] else {
            throw APIProblem(.malformed, "a ticket without 'assignee' in the answer")
        }
        return owner == .null ? nil : try owner.text("displayName")
    }

    /// The names in a ticket's field, in lower case: a text, an object with a name or a value, or a
    /// list of those.
    private func names(of ticket: JSON) throws(APIProblem) -> [String] {
        guard let value = ticket["fields"]?[field] else {
            throw APIProblem(.malformed, "a ticket without '\(field)' in the answer")
        }
        if value == .null { return [] }
        var names: [String] = []
        // What Jira itself calls these is always a list.
        let isList = field == "components" || field == "labels"
        for element in isList ? try ticket.list("fields", field) : value.arrayValue ?? [value] {
            guard
                let name = field == "labels"
                    ? element.stringValue
                    : element["name"]?.stringValue ?? element["value"]?.stringValue
                        ?? (isList ? nil : element.stringValue)
            else { throw APIProblem(.malformed, "'\(field)' of a ticket holds no names") }
            names.append(name.lowercased())
        }
        return names
    }
}
