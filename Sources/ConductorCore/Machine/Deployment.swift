package import CEL

/// What `conductor.yaml` says: which backends there are, and which apps run which machine on them.
package struct Deployment: Sendable, Equatable {
    package var sources: [SourceDefinition]
    package var actions: [ActionDefinition]
    package var apps: [AppDefinition]
    package var claims: [ClaimLimit]
    /// In order of name.
    package var calendars: [ReleaseCalendar]
    /// The time zones that conditions name, in order of name.
    package var zones: [ZoneRules.Zone]
    /// The longest pause between two rounds of deciding.
    package var tick: Span
    /// Where the page and the API are served; nil: nowhere.
    package var http: HTTPDefinition?

    package init(
        sources: [SourceDefinition] = [],
        actions: [ActionDefinition] = [],
        apps: [AppDefinition] = [],
        claims: [ClaimLimit] = [],
        calendars: [ReleaseCalendar] = [],
        zones: [ZoneRules.Zone] = [],
        tick: Span = .minutes(1),
        http: HTTPDefinition? = nil
    ) {
        self.sources = sources
        self.actions = actions
        self.apps = apps
        self.claims = claims
        self.calendars = calendars
        self.zones = zones
        self.tick = tick
        self.http = http
    }

    package func app(_ name: String) -> AppDefinition? { apps.first { $0.name == name } }
    package func source(_ name: String) -> SourceDefinition? { sources.first { $0.name == name } }
    package func action(_ name: String) -> ActionDefinition? {
        actions.first { $0.declaration.name == name }
    }
}

/// A backend that is asked.
package struct SourceDefinition: Sendable, Equatable {
    package var name: String
    package var kind: String
    /// One request serves every track under a scope of this level.
    package var scope: Scope.Level
    package var every: Span
    package var timeout: Span
    /// Settings of the kind, as written; secrets are references.
    package var settings: JSON
    package var schema: FactSchema
    /// Set for the kind `people`, which is answered from the journal and never polled.
    package var people: People?

    package init(
        name: String,
        kind: String,
        scope: Scope.Level,
        every: Span,
        timeout: Span,
        settings: JSON,
        schema: FactSchema,
        people: People? = nil
    ) {
        self.name = name
        self.kind = kind
        self.scope = scope
        self.every = every
        self.timeout = timeout
        self.settings = settings
        self.schema = schema
        self.people = people
    }
}

/// The source that people answer: sign-offs of teams, and confirmations of what no backend says.
package struct People: Sendable, Hashable, Codable {
    package var teams: [String]
    package var confirmations: [String]

    package init(teams: [String] = [], confirmations: [String] = []) {
        self.teams = teams
        self.confirmations = confirmations
    }

    /// `teams`, a list of `{team, state, opted_out, by}` with the states `missing`, `approved`,
    /// `rejected` and `stale` (given for another candidate); and each confirmation as a bool.
    package var schema: FactSchema {
        var entries: [FactSchema.Entry] = []
        if !teams.isEmpty {
            let team: FactType = .record([
                .init(name: "by", type: .string), .init(name: "opted_out", type: .bool),
                .init(name: "state", type: .string), .init(name: "team", type: .string),
            ])
            entries.append(.init(name: "teams", type: .list(team)))
        }
        entries += confirmations.map { .init(name: $0, type: .bool) }
        return FactSchema(entries)
    }
}

/// An action as the deployment binds it.
package struct ActionDefinition: Sendable, Equatable {
    package var declaration: ActionDeclaration
    /// Settings of the kind, as written; secrets are references.
    package var settings: JSON
    /// Parameters that a rule must not give it, each with the reason.
    package var refuses: [String: String]

    package init(
        declaration: ActionDeclaration,
        settings: JSON,
        refuses: [String: String] = [:]
    ) {
        self.declaration = declaration
        self.settings = settings
        self.refuses = refuses
    }
}

/// An app, and the machine of each of its platforms.
package struct AppDefinition: Sendable, Equatable {
    package var name: String
    package var platforms: [String]
    /// Bound machine by platform.
    package var machines: [String: Machine]
    /// Decide and record what would be done; start no action.
    package var shadow: Bool
    /// Whose turn it is first where claims limit apps together: the higher one's.
    package var priority: Int
    /// The sources that discover versions, by platform.
    package var discovery: [String: [String]]

    package init(
        name: String,
        platforms: [String],
        machines: [String: Machine],
        shadow: Bool = false,
        priority: Int = 0,
        discovery: [String: [String]] = [:]
    ) {
        self.name = name
        self.platforms = platforms
        self.machines = machines
        self.shadow = shadow
        self.priority = priority
        self.discovery = discovery
    }
}

/// How many tracks may hold a claim at once.
package struct ClaimLimit: Sendable, Hashable, Codable {
    package enum Per: String, Sendable, Hashable, Codable, CaseIterable {
        case installation, app, platform
    }

    package var name: String
    package var limit: Int
    package var per: Per
    /// The claim is held for this long after it was granted.
    package var within: Span

    package init(name: String, limit: Int, per: Per, within: Span) {
        self.name = name
        self.limit = limit
        self.per = per
        self.within = within
    }
}
