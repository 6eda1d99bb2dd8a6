/// What was decided for a track, and what it rests on: verdicts, lights, what stands in the way.
///
/// It holds no ages and no raw values; equal situations have equal bytes.
package struct Decision: Sendable, Equatable, Codable {
    package var track: TrackID
    package var machine: String
    package var stage: String?
    package var phase: String
    package var light: Light
    package var verdicts: [ConditionVerdict]
    /// Transitions that lead away from the stage, in order of priority.
    package var transitions: [Candidate]
    /// What this turn fired.
    package var fired: Fired?
    /// The stage that this turn entered.
    package var entered: String?
    /// What would have been done, were it not for shadow or STOP.
    package var withheld: [String]
    /// The stage that reality shows, where it is another one.
    package var drift: String?
    /// Things that a person should be called for.
    package var alerts: [String]
    package var replies: [CommandReply]
    /// Actions that were decided and will not be sent.
    @LeftOutWhenEmpty package var abandoned: [Abandoned]
    /// Claims of a transition that was given up before anything was done.
    @LeftOutWhenEmpty package var released: [String]

    /// An action that was decided and will not be sent, and why.
    package struct Abandoned: Sendable, Equatable, Codable {
        package var key: String
        package var reason: String
    }

    /// A condition's verdict.
    package struct ConditionVerdict: Sendable, Equatable, Codable {
        package var name: String
        package var verdict: Verdict
        package var light: Light
        package var since: Instant
    }

    /// A transition, and what is not yet there for it.
    package struct Candidate: Sendable, Equatable, Codable {
        package var name: String
        package var to: String
        package var direction: Direction
        package var manual: Bool
        package var blockedBy: [Blocker]
        /// When it can fire at the earliest, if only clocks stand in the way.
        package var earliest: Instant?
    }

    /// A leaf that is not met.
    package struct Blocker: Sendable, Equatable, Codable {
        package var name: String
        package var kind: LeafKind
        package var verdict: String
        package var cause: String?
    }

    /// A transition that was decided.
    package struct Fired: Sendable, Equatable, Codable {
        package var name: String
        package var from: String
        package var to: String
        package var direction: Direction
        package var cause: Progress.Cause
        package var keys: [String]
        package var claims: [String]
    }

    /// The transition that is nearest to firing: fewest leaves missing, automatic before manual.
    package var nearest: Candidate? {
        let automatic = transitions.filter { !$0.manual }
        return (automatic.isEmpty ? transitions : automatic)
            .min { $0.blockedBy.count < $1.blockedBy.count }
    }
}

/// What kind of thing a leaf of an explanation is.
package enum LeafKind: String, Sendable, Hashable, Codable, CaseIterable {
    case condition
    /// A dwell, a sustained condition's time, or the pause after the wall clock was set.
    case clock
    case `guard`
    /// A push, a resume, or a rearm by a person.
    case push
    case hold
    case stop
    case claim
    case drift
    /// The track is in error, or another transition is under way.
    case phase
    /// The second look that precedes a raise.
    case confirmation
    case candidate
    /// The consent of one or more people.
    case approval
}
