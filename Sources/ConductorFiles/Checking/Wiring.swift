internal import ConductorCore

/// What the rules of one app see on one platform: facts under their roles, actions by name.
struct Wiring {
    /// Facts by the role that they are read under.
    private(set) var facts: [FactDeclaration] = []
    private(set) var actions: [String: ActionDefinition] = [:]
    private(set) var people: [String: People] = [:]
    private(set) var intervals: [String: Span] = [:]
    /// Roles whose source does not stand: what they provide is not known.
    private(set) var dubiousRoles: Set<String> = []
    private(set) var dubiousActions: Set<String> = []

    /// Names that mean something else in expressions.
    static let reservedRoles: Set<String> = [
        "app", "platform", "track", "params", "candidate", "time_in_stage", "age",
    ]

    init(
        app: ConfigurationDocument.AppText,
        platform: String,
        configuration: ConfigurationDocument
    ) {
        let bound = Set(
            app.sources.flatMap { [$0.all].compactMap(\.self) + $0.byPlatform.map(\.target) }
                .map(\.text)
        )
        let roles = Set(app.sources.map(\.name.text))
        for source in configuration.sources
        where !bound.contains(source.name.text) && !roles.contains(source.name.text) {
            add(source.definition, as: source.name.text)
        }
        for binding in app.sources {
            guard let target = binding.target(on: platform) else { continue }
            let source = configuration.sources.first { $0.name.text == target.text }
            add(source?.definition, as: binding.name.text)
        }
        facts.sort { $0.path.precedes($1.path) }
        for action in configuration.actions {
            add(action.definition, as: action.name.text)
        }
        for binding in app.actions {
            let name = binding.name.text
            actions[name] = nil
            guard let target = binding.target(on: platform) else { continue }
            let action = configuration.actions.first { $0.name.text == target.text }
            add(action?.definition, as: name)
        }
    }

    private mutating func add(_ source: SourceDefinition?, as role: String) {
        guard let source else {
            dubiousRoles.insert(role)
            return
        }
        intervals[source.name] = source.every
        if let answers = source.people { people[source.name] = answers }
        for entry in source.schema.entries {
            // What people said is read from the journal, and never too old.
            let validity = source.people == nil ? source.every * 3 : .days(36_500)
            facts.append(
                FactDeclaration(
                    path: "\(role).\(entry.name)",
                    source: source.name,
                    name: entry.name,
                    type: entry.type,
                    unit: entry.unit,
                    subject: entry.subject,
                    emptyIsKnown: entry.emptyIsKnown,
                    maxAge: entry.maxAge ?? validity
                )
            )
        }
    }

    private mutating func add(_ action: ActionDefinition?, as name: String) {
        if let action { actions[name] = action } else { dubiousActions.insert(name) }
    }
}
