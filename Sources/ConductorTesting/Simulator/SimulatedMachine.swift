import ConductorCore

/// The published machine with clocks short enough that a release takes hours, and the deployment
/// that binds it.
enum SimulatedMachine {
    /// The most tracks of one platform that may complete a rollout within `claimWindow`.
    static let limit = ClaimLimit(
        name: "full_rollout",
        limit: 1,
        per: .platform,
        within: .minutes(40)
    )

    static func named(_ name: String) -> Machine? {
        guard var machine = PublishedMachine.named(name) else { return nil }
        for place in machine.transitions.indices where machine.transitions[place].dwell != nil {
            if machine.transitions[place].from == "rollout_1" {
                machine.transitions[place].dwell = .minutes(40)
            }
        }
        for place in machine.stages.indices where machine.stages[place].monitor != nil {
            machine.stages[place].monitor = .minutes(25)
        }
        for place in machine.conditions.indices where machine.conditions[place].sustained != nil {
            machine.conditions[place].sustained = .minutes(50)
        }
        for place in machine.guards.indices { machine.guards[place].blindAfter = .minutes(90) }
        // One poll that fails is not noticed, two are: every half hour one is due.
        for place in machine.facts.indices where machine.facts[place].source == "quality" {
            machine.facts[place].maxAge = .minutes(50)
        }
        return machine
    }

    static func deployment(_ machine: Machine, tracks: [TrackID], canary: String) -> Deployment {
        var sources = PublishedMachine.scopes.sorted { $0.key.precedes($1.key) }.map {
            name,
            level in
            SourceDefinition(
                name: name,
                kind: "simulated",
                scope: level,
                every: name == "store" ? .minutes(15) : .minutes(30),
                timeout: .seconds(20),
                settings: ["token": .string(canary)],
                schema: FactSchema([])
            )
        }
        for (name, people) in machine.people.sorted(by: { $0.key.precedes($1.key) }) {
            sources.append(
                SourceDefinition(
                    name: name,
                    kind: "people",
                    scope: .release,
                    every: .hours(1),
                    timeout: .seconds(1),
                    settings: .null,
                    schema: people.schema,
                    people: people
                )
            )
        }
        var platforms: [String: Set<String>] = [:]
        for track in tracks { platforms[track.app, default: []].insert(track.platform) }
        return Deployment(
            sources: sources,
            actions: machine.actions.map {
                ActionDefinition(declaration: $0, settings: ["token": .string(canary)])
            },
            apps: platforms.sorted { $0.key.precedes($1.key) }.map { app, names in
                let sorted = names.sorted { $0.precedes($1) }
                return AppDefinition(
                    name: app,
                    platforms: sorted,
                    machines: Dictionary(sorted.map { ($0, machine) }) { first, _ in first }
                )
            },
            claims: [limit],
            tick: .minutes(15)
        )
    }
}
