/// What a person asks of the conductor.
package struct Command: Sendable, Hashable, Codable {
    /// Chosen by the sender; a second command of the same id is the same command.
    package var id: String
    /// Established by the door it came through (`os:NAME`), never claimed.
    package var actor: String
    package var scope: Scope
    package var request: Request
    package var reason: String?
    /// The state revision that the sender looked at; required for those that change the road when
    /// the sender has one.
    package var basedOn: Int?

    package init(
        id: String,
        actor: String,
        scope: Scope,
        request: Request,
        reason: String? = nil,
        basedOn: Int? = nil
    ) {
        self.id = id
        self.actor = actor
        self.scope = scope
        self.request = request
        self.reason = reason
        self.basedOn = basedOn
    }

    /// The closed list of requests.
    package enum Request: Sendable, Hashable, Codable {
        /// Registers a track; with a stage it adopts a release in flight, performing nothing.
        case add(stage: String?, since: Instant?)
        /// Registers a track that reality, or later a person, places.
        case register
        case hold
        case resume
        /// The installation's STOP; nothing is let through, brakes neither.
        case stop
        case liftStop
        /// Pushes the next transition, or the one that leads to a named stage, now.
        case advance(to: String?)
        case pause
        case cancel
        case retry
        case abandon(Abandonment)
        /// A team's word, or a person's confirmation of something no source can see.
        case signoff(what: String, verdict: Signoff)
        /// A person's testimony about an action whose effect is in doubt.
        case resolve(key: String, done: Bool)
        /// Lets a condition count as met for transitions, for the present candidate, until a moment.
        case override(condition: String, term: OverrideTerm)
        /// Consent to a transition that asks for it; nil means the one that does.
        case approve(transition: String?)
        /// Arms again what was abandoned; nil means all of it.
        case rearm(transition: String?)
        /// Moves the track to the machine of this digest, which must be the newest of its app and
        /// platform.
        case migrate(to: String)
    }

    /// What becomes of a transition that a person gives up.
    package enum Abandonment: String, Sendable, Hashable, Codable, CaseIterable {
        /// The track stays in its stage; the transition is disarmed.
        case stay
        /// The stage is entered as if all had been done.
        case asDone = "as_done"
    }

    /// How long an override counts.
    package enum OverrideTerm: Sendable, Hashable, Codable {
        case until(Instant)
        case lasting(Span)
        /// Not any more.
        case lifted
    }

    /// A sign-off's verdict.
    package enum Signoff: String, Sendable, Hashable, Codable, CaseIterable {
        case approved, rejected, optedOut = "opted_out", withdrawn
    }
}

/// The answer to a command, after the turn that it woke.
package struct CommandReply: Sendable, Hashable, Codable {
    package var id: String
    package var accepted: Bool
    package var message: String
    /// For a refused push: the leaves that are not met.
    package var unmet: [String]

    package init(id: String, accepted: Bool, message: String, unmet: [String] = []) {
        self.id = id
        self.accepted = accepted
        self.message = message
        self.unmet = unmet
    }
}
