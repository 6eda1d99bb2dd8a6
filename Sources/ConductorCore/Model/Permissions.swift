/// A person's word that a condition counts as met, for one candidate and until a moment.
///
/// It counts for transitions alone: no guard is quiet by it, and no difference between belief and
/// reality is explained by it.
package struct Override: Sendable, Hashable, Codable {
    package var condition: String
    /// What it was given for: the latched candidate, or, before that, what would be latched.
    package var candidate: Candidate?
    package var actor: String
    package var reason: String
    package var since: Stamp
    package var until: Stamp

    package init(
        condition: String,
        candidate: Candidate?,
        actor: String,
        reason: String,
        since: Stamp,
        until: Stamp
    ) {
        self.condition = condition
        self.candidate = candidate
        self.actor = actor
        self.reason = reason
        self.since = since
        self.until = until
    }
}

/// A person's consent to one transition with one candidate.
package struct Approval: Sendable, Hashable, Codable {
    package var transition: String
    /// As for an override.
    package var candidate: Candidate?
    package var actor: String
    package var at: Instant

    package init(transition: String, candidate: Candidate?, actor: String, at: Instant) {
        self.transition = transition
        self.candidate = candidate
        self.actor = actor
        self.at = at
    }
}
