/// An action that was decided: what will be done, under which key.
///
/// Frozen; a retry keeps it.
package struct Intent: Sendable, Hashable, Codable {
    /// `scope/step/ordinal/kind`, readable and unique.
    package var key: String
    package var track: TrackID
    package var scope: Scope
    package var step: Int
    package var ordinal: Int
    /// The action's name in rules.
    package var action: String
    package var kind: String
    package var actionClass: ActionClass
    package var direction: Direction
    package var lane: String
    package var blocking: Bool
    package var policy: ActionPolicy
    /// Rendered; secrets stay references.
    package var parameters: JSON
    /// The moment of the elapsed clock from which on it is not begun any more.
    package var expires: Int64?

    package init(
        key: String,
        track: TrackID,
        scope: Scope,
        step: Int,
        ordinal: Int,
        action: String,
        kind: String,
        actionClass: ActionClass,
        direction: Direction,
        lane: String,
        blocking: Bool,
        policy: ActionPolicy,
        parameters: JSON,
        expires: Int64? = nil
    ) {
        self.key = key
        self.track = track
        self.scope = scope
        self.step = step
        self.ordinal = ordinal
        self.action = action
        self.kind = kind
        self.actionClass = actionClass
        self.direction = direction
        self.lane = lane
        self.blocking = blocking
        self.policy = policy
        self.parameters = parameters
        self.expires = expires
    }

    /// The stage that its transition leaves.
    var from: String? { parameters["from"]?.stringValue }
}

/// How an attempt ended, as the adapter says it.
package enum ActionOutcome: Sendable, Hashable, Codable {
    /// The backend confirmed the effect.
    case done(evidence: String)
    /// The effect was already there: by an earlier attempt, or by someone else.
    case alreadyDone(evidence: String)
    /// The backend refused for good; a person must do something.
    case rejected(reason: String, remedy: String?)
    /// Surely without effect, worth another try; not before `after`, if the backend said so.
    case retryable(reason: String, after: Span?)
    /// Sent, and the answer is not known. Never "failed".
    case unknown(reason: String)
}

/// What a probe found.
package enum ProbeAnswer: Sendable, Hashable, Codable {
    case present(evidence: String)
    case absent
    /// Neither the old nor the new value: somebody else moved it.
    case ambiguous(reason: String)
    /// No answer at all.
    case unavailable(reason: String)
}

/// Work for the dispatcher.
///
/// The state says what is outstanding; the dispatcher starts what it is not doing yet.
package enum Effect: Sendable, Hashable {
    case perform(Intent, attempt: Int)
    case probe(Intent, number: Int)
}
