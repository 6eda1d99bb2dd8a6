/// All that the conductor believes of one track, as it is stored after each decision.
package struct TrackState: Sendable, Equatable, Codable {
    package var track: TrackID
    /// Digest of the pinned machine.
    package var machine: String
    /// Counts stored states; what a command is based on.
    package var revision: Int
    /// Counts decided transitions, without gaps.
    package var step: Int
    /// Nil until the track was placed: registered, and doing nothing.
    package var stage: String?
    /// When the stage was entered.
    package var since: Stamp
    package var phase: Phase
    package var candidate: Candidate?
    /// Set while the track is in a waiting stage.
    package var pause: Pause?
    /// Transitions that a person abandoned, until one of their conditions was not met.
    package var disarmed: [String]
    /// Credit of conditions with `sustained`.
    package var credits: [String: Credit]
    /// The second look at a raise, once all was met.
    package var confirmation: Confirmation?
    /// Non-blocking actions that are not done yet.
    package var outbox: [IntentProgress]
    /// Since when each condition has had its verdict.
    package var verdicts: [String: VerdictSince]
    /// No raise before this moment: the wall clock was set.
    package var raisesBlockedUntil: Stamp?
    /// How often a declared resume rule has resumed this track.
    package var resumes: Int
    /// Raises whose attempt was open when a brake superseded them, until a probe has answered.
    package var uncertain: [IntentProgress]
    /// What people have signed off or confirmed, by team or confirmation.
    package var signoffs: [String: SignoffRecord]
    /// Conditions that people let count as met, in order of name.
    @LeftOutWhenEmpty package var overrides: [Override]
    /// People's consent to transitions from this stage.
    @LeftOutWhenEmpty package var approvals: [Approval]
    /// Nothing is polled or decided any more.
    package var retired: Bool
    /// Set once the journal was restored from a backup that knew the track.
    package var restored: Restoration?

    package init(track: TrackID, machine: String, since: Stamp, stage: String? = nil) {
        self.track = track
        self.machine = machine
        revision = 0
        step = 0
        self.stage = stage
        self.since = since
        phase = .waiting
        disarmed = []
        credits = [:]
        outbox = []
        verdicts = [:]
        resumes = 0
        uncertain = []
        signoffs = [:]
        overrides = []
        approvals = []
        retired = false
    }
}

/// Where a track stands within its stage.
package enum Phase: Sendable, Equatable, Codable {
    case waiting
    /// A transition is decided; its blocking actions are not all done.
    case entering(Progress)
    /// A transition cannot go on by itself.
    case error(Fault)
    case finished

    package var name: String {
        switch self {
        case .waiting: "waiting"
        case .entering: "entering"
        case .error: "error"
        case .finished: "finished"
        }
    }
}

/// A transition on its way.
package struct Progress: Sendable, Equatable, Codable {
    /// The transition's, or the guard's, name.
    package var transition: String
    package var to: String
    package var direction: Direction
    package var cause: Cause
    package var started: Stamp
    package var intents: [IntentProgress]

    /// Who or what decided the transition.
    package enum Cause: Sendable, Equatable, Codable {
        case rule
        case `guard`(name: String)
        case person(actor: String)
        case adoption(reason: String)
    }
}

/// A transition that stopped half-way, and what a person can do about it.
package struct Fault: Sendable, Equatable, Codable {
    package enum Kind: String, Sendable, Equatable, Codable {
        case refused
        case outOfTries = "out_of_tries"
        case halfDone = "half_done"
        case inDoubt = "in_doubt"
    }

    package var kind: Kind
    package var what: String
    package var remedy: String
    package var since: Stamp
    package var progress: Progress
}

/// One action of a transition, and how far it is.
package struct IntentProgress: Sendable, Equatable, Codable {
    package var intent: Intent
    /// Attempts begun so far.
    package var attempts: Int
    package var status: Status
    /// When the first attempt was decided, on the elapsed clock; nil where nothing counts from it.
    package var firstTry: Int64?

    package enum Status: Sendable, Equatable, Codable {
        /// Decided, not begun.
        case pending
        /// The attempt of this number may be under way.
        case sent(since: Stamp)
        /// To be tried again at this moment of the elapsed clock.
        case backoff(until: Int64, reason: String)
        /// In doubt: the effect may still arrive. Probed from this moment on.
        case quiet(until: Int64, reason: String)
        /// A probe of this number is asked for; `absences` found nothing so far.
        case probing(number: Int, absences: Int)
        /// Next probe at this moment.
        case probeAgain(at: Int64, number: Int, absences: Int)
        case done(evidence: String)
        case failed(reason: String, remedy: String?)
        case inDoubt(reason: String)
        case abandoned
    }

    package init(intent: Intent, attempts: Int = 0, status: Status = .pending) {
        self.intent = intent
        self.attempts = attempts
        self.status = status
    }

    package var isOver: Bool {
        switch status {
        case .done, .failed, .inDoubt, .abandoned: true
        case .pending, .sent, .backoff, .quiet, .probing, .probeAgain: false
        }
    }

    package var isDone: Bool {
        if case .done = status { true } else { false }
    }
}

/// The build that is being released, latched once.
///
/// No action ever chooses "latest".
package struct Candidate: Sendable, Hashable, Codable {
    package var commit: String
    package var build: String?
    package var digest: String?

    package init(commit: String, build: String? = nil, digest: String? = nil) {
        self.commit = commit
        self.build = build
        self.digest = digest
    }
}

/// Who put a track into its waiting stage, and where it was.
package struct Pause: Sendable, Hashable, Codable {
    package enum By: Sendable, Hashable, Codable {
        case `guard`(name: String)
        case person(actor: String)
        case outside
    }

    package var by: By
    package var previous: String
}

/// Time for which a sustained condition is known to have been met.
///
/// Only what validity intervals of met readings cover counts: unknown moves `start` on by its
/// length, unmet drops the credit.
package struct Credit: Sendable, Hashable, Codable {
    /// Met since this moment, moved on by every stretch that was not known.
    package var start: Stamp
    /// Not known since this moment of the elapsed clock, if it is not.
    package var pausedAt: Int64?
}

/// A team's word or a person's confirmation, and for which candidate it was given.
package struct SignoffRecord: Sendable, Hashable, Codable {
    package var verdict: Command.Signoff
    package var actor: String
    package var at: Instant
    package var commit: String?

    package init(verdict: Command.Signoff, actor: String, at: Instant, commit: String?) {
        self.verdict = verdict
        self.actor = actor
        self.at = at
        self.commit = commit
    }
}

/// A verdict's first moment.
package struct VerdictSince: Sendable, Hashable, Codable {
    package var verdict: String
    package var since: Stamp
}

/// The second look that every raise needs.
package struct Confirmation: Sendable, Hashable, Codable {
    package var transition: String
    /// Readings must have been asked for after this moment of the elapsed clock.
    package var after: Int64

    package init(transition: String, after: Int64) {
        self.transition = transition
        self.after = after
    }
}

/// Who holds what.
package struct Hold: Sendable, Hashable, Codable {
    package var scope: Scope
    package var actor: String
    package var reason: String?
    package var since: Instant

    package init(scope: Scope, actor: String, reason: String?, since: Instant) {
        self.scope = scope
        self.actor = actor
        self.reason = reason
        self.since = since
    }
}
