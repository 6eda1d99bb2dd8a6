package import ConductorCore

/// A story that a scripted world plays: it moves by itself, and answers what is done to it.
///
/// A script is a value and reads no clock and no dice but its own: the same deeds of the conductor
/// at the same moments have the same consequences.
package protocol Script<Beat>: Sendable {
    /// What can be due at a moment.
    associatedtype Beat: Sendable

    /// Sets the scene up.
    mutating func begin(_ scene: inout Scene<Beat>)

    /// Plays what is due.
    mutating func play(_ beat: Beat, _ scene: inout Scene<Beat>)

    /// The conductor does something to the world.
    mutating func perform(
        _ intent: Intent,
        attempt: Int,
        _ scene: inout Scene<Beat>
    ) -> Deed

    /// People see that a track has entered a stage.
    mutating func entered(_ stage: String, _ track: TrackID, _ scene: inout Scene<Beat>)
}

/// What came of an action.
package struct Deed: Sendable, Equatable {
    /// What the backend answers.
    package var outcome: ActionOutcome
    /// Whether the effect is there, whatever the answer says.
    package var landed: Bool

    package init(_ outcome: ActionOutcome, landed: Bool) {
        self.outcome = outcome
        self.landed = landed
    }

    /// It is done, and the answer says so.
    package static func done(_ evidence: String) -> Deed {
        Deed(.done(evidence: evidence), landed: true)
    }
}
