/// A machine as it runs: rules bound to the facts and actions of one app and platform.
///
/// It is a value that says everything `decide` needs, so that a journal alone can re-decide. Its
/// canonical form leaves out what only people read (titles, owners, links): a comment changes
/// nothing, and a track stays pinned to the form that it was registered with.
package struct Machine: Sendable, Equatable, Codable {
    package var name: String
    package var version: Int
    package var stages: [Stage]
    package var conditions: [Condition]
    package var transitions: [Transition]
    package var guards: [Guard]
    /// The facts that rules may name, in order of path.
    package var facts: [FactDeclaration]
    /// The actions that transitions and guards name, in order of name.
    package var actions: [ActionDeclaration]
    /// The fact that says the newest commit of the release branch: the subject `head`.
    package var head: String?
    package var candidate: CandidateFacts?
    /// Values that rules read as `params.NAME`.
    package var parameters: [String: JSON]
    /// Sources that people answer, by the name of the source.
    package var people: [String: People]

    package init(
        name: String,
        version: Int = 1,
        stages: [Stage] = [],
        conditions: [Condition] = [],
        transitions: [Transition] = [],
        guards: [Guard] = [],
        facts: [FactDeclaration] = [],
        actions: [ActionDeclaration] = [],
        head: String? = nil,
        candidate: CandidateFacts? = nil,
        parameters: [String: JSON] = [:],
        people: [String: People] = [:]
    ) {
        self.name = name
        self.version = version
        self.stages = stages
        self.conditions = conditions
        self.transitions = transitions
        self.guards = guards
        self.facts = facts
        self.actions = actions
        self.head = head
        self.candidate = candidate
        self.parameters = parameters
        self.people = people
    }

    /// The facts that say what the candidate is, latched when a stage with `latch: candidate` is
    /// entered.
    package struct CandidateFacts: Sendable, Hashable, Codable {
        package var commit: String
        package var build: String?
        package var digest: String?

        package init(commit: String, build: String? = nil, digest: String? = nil) {
            self.commit = commit
            self.build = build
            self.digest = digest
        }
    }

    package func stage(_ name: String) -> Stage? { stages.first { $0.name == name } }
    package func condition(_ name: String) -> Condition? { conditions.first { $0.name == name } }
    package func action(_ name: String) -> ActionDeclaration? {
        actions.first { $0.name == name }
    }

    /// The machine without what only people read.
    package var canonical: Machine {
        var machine = self
        for index in machine.conditions.indices {
            machine.conditions[index].title = nil
            machine.conditions[index].owner = nil
            machine.conditions[index].link = nil
        }
        for index in machine.facts.indices { machine.facts[index].unit = nil }
        return machine
    }

    /// The machine with what only people read taken from another one, as far as that has conditions
    /// and facts of the same names.
    package func labelled(like other: Machine) -> Machine {
        var machine = self
        for index in machine.conditions.indices {
            guard let newer = other.condition(machine.conditions[index].name) else { continue }
            machine.conditions[index].title = newer.title
            machine.conditions[index].owner = newer.owner
            machine.conditions[index].link = newer.link
        }
        for index in machine.facts.indices {
            let path = machine.facts[index].path
            guard let newer = other.facts.first(where: { $0.path == path }) else { continue }
            machine.facts[index].unit = newer.unit
        }
        return machine
    }
}

/// A stage that a track can be in.
package struct Stage: Sendable, Hashable, Codable {
    /// Where the overview shows it.
    package enum Shelf: String, Sendable, Hashable, Codable, CaseIterable {
        case upcoming, current, production
    }

    /// Whether it lies on the road, or beside it.
    package enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        case road, waiting, error
    }

    package var name: String
    package var shelf: Shelf
    package var kind: Kind
    package var terminal: Bool
    /// Whether entering it latches the candidate.
    package var latchesCandidate: Bool
    /// How long a finished track is still watched.
    package var monitor: Span?
    /// A condition expression over facts: what the world looks like in this stage.
    package var reality: String?
    /// The fact, a timestamp, by which the store itself says since when the release is live in this
    /// stage; nil where no store says it.
    package var liveAt: String?

    package init(
        name: String,
        shelf: Shelf,
        kind: Kind = .road,
        terminal: Bool = false,
        latchesCandidate: Bool = false,
        monitor: Span? = nil,
        reality: String? = nil,
        liveAt: String? = nil
    ) {
        self.name = name
        self.shelf = shelf
        self.kind = kind
        self.terminal = terminal
        self.latchesCandidate = latchesCandidate
        self.monitor = monitor
        self.reality = reality
        self.liveAt = liveAt
    }
}

/// A named question about the facts, in CEL.
package struct Condition: Sendable, Hashable, Codable {
    package var name: String
    package var title: String?
    package var expr: String
    /// When this holds too, somebody must act: red rather than yellow.
    package var alarm: String?
    /// Reads `app`, `platform` and `track` only; where it is false the condition does not apply.
    package var applies: String?
    /// Shortens the validity of every fact that the condition reads.
    package var maxAge: Span?
    /// How long it must have held without a gap in what is known.
    package var sustained: Span?
    /// Evaluated at least this often; for clocks whose flip cannot be computed.
    package var every: Span?
    package var owner: String?
    package var link: String?

    package init(
        name: String,
        expr: String,
        title: String? = nil,
        alarm: String? = nil,
        applies: String? = nil,
        maxAge: Span? = nil,
        sustained: Span? = nil,
        every: Span? = nil,
        owner: String? = nil,
        link: String? = nil
    ) {
        self.name = name
        self.expr = expr
        self.title = title
        self.alarm = alarm
        self.applies = applies
        self.maxAge = maxAge
        self.sustained = sustained
        self.every = every
        self.owner = owner
        self.link = link
    }
}

/// Where a transition leads.
package enum Destination: Sendable, Hashable, Codable, CustomStringConvertible {
    case stage(String)
    /// Back to the stage that was paused.
    case previous

    package var description: String {
        switch self {
        case .stage(let name): name
        case .previous: "$previous"
        }
    }

    package init(from decoder: any Decoder) throws {
        let text = try String(from: decoder)
        self = text == "$previous" ? .previous : .stage(text)
    }

    package func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}

/// An action as a transition uses it, with its parameters; texts may hold `${...}`.
package struct ActionUse: Sendable, Hashable, Codable {
    package var action: String
    package var with: [String: JSON]

    package init(_ action: String, with: [String: JSON] = [:]) {
        self.action = action
        self.with = with
    }
}

/// A step from one stage to another.
package struct Transition: Sendable, Hashable, Codable {
    /// Unique in the machine: `branched->final_rc`, or the name given in the file.
    package var name: String
    package var from: String
    package var to: Destination
    /// Conditions that must all be met.
    package var when: [String]
    package var actions: [ActionUse]
    /// The least time in the stage that is left.
    package var dwell: Span?
    /// Only a person's push fires it.
    package var manual: Bool
    package var claims: [String]
    /// Empty: all.
    package var platforms: [String]
    /// A declared resume after a guard's pause: at most this many times per track.
    package var resumeLimit: Int?
    /// How many people must approve it, each for the candidate at hand; nil: none.
    package var approvals: Int?
    /// The transition whose error this is the road out of.
    package var onErrorOf: String?
    /// Calendars that must all be open; nil: at any time.
    package var within: [String]?
    /// Whether the track follows where reality shows the stage it leads to, performing nothing; nil: a
    /// person says so.
    package var adopts: Bool?

    package init(
        name: String,
        from: String,
        to: Destination,
        when: [String] = [],
        actions: [ActionUse] = [],
        dwell: Span? = nil,
        manual: Bool = false,
        claims: [String] = [],
        platforms: [String] = [],
        resumeLimit: Int? = nil,
        approvals: Int? = nil,
        onErrorOf: String? = nil,
        within: [String]? = nil,
        adopts: Bool? = nil
    ) {
        self.name = name
        self.from = from
        self.to = to
        self.when = when
        self.actions = actions
        self.dwell = dwell
        self.manual = manual
        self.claims = claims
        self.platforms = platforms
        self.resumeLimit = resumeLimit
        self.approvals = approvals
        self.onErrorOf = onErrorOf
        self.within = within
        self.adopts = adopts
    }
}

/// Conditions watched in given stages; when they are met the brake fires ahead of all else.
package struct Guard: Sendable, Hashable, Codable {
    package var name: String
    package var watch: [String]
    package var when: [String]
    /// Conditions that excuse it while all of them are met; one that is not known excuses nothing.
    @LeftOutWhenEmpty package var unless: [String]
    /// Unknown for longer than this: red, and a page.
    package var blindAfter: Span?
    package var to: Destination
    package var actions: [ActionUse]
    package var platforms: [String]

    package init(
        name: String,
        watch: [String],
        when: [String],
        unless: [String] = [],
        blindAfter: Span? = nil,
        to: Destination,
        actions: [ActionUse] = [],
        platforms: [String] = []
    ) {
        self.name = name
        self.watch = watch
        self.when = when
        self.unless = unless
        self.blindAfter = blindAfter
        self.to = to
        self.actions = actions
        self.platforms = platforms
    }

    /// Every condition that it asks for.
    package var asked: [String] { when + unless }
}
