package import CEL

/// Everything that one track's decision may look at, beside its own state.
package struct View: Sendable, Equatable {
    /// Readings in force for the track, by source.
    package var readings: [String: Reading]
    /// What came in since the last turn, in journal order.
    package var inputs: [TrackInput]
    /// Holds over the track, in order of scope.
    package var holds: [Hold]
    /// The installation's STOP, by command or by file.
    package var stopped: Bool
    /// Decide and record; start no action.
    package var shadow: Bool
    /// Claims that `admit` did not grant in this round.
    package var deniedClaims: [String]
    /// Attempts of this track that have begun and have no outcome.
    ///
    /// One that was decided and is not among them has never been sent.
    package var begun: Set<World.AttemptID>
    /// The machine that a person asks the track to move to.
    package var nextMachine: CompiledMachine?
    /// When the journal was restored, until the track has taken note of it.
    package var restored: Stamp?
    /// The journal was restored, and some action that was open is not answered for yet.
    package var reconciling: Bool
    /// The disk is full: only brakes are written.
    package var low: Bool
    /// Calendars by name.
    package var calendars: [String: ReleaseCalendar]
    /// The time zones that conditions may name.
    package var zones: ZoneRules
    /// A newer version of the app on the platform that has reached the end of the road.
    package var successor: TrackID?

    package init(
        readings: [String: Reading] = [:],
        inputs: [TrackInput] = [],
        holds: [Hold] = [],
        stopped: Bool = false,
        shadow: Bool = false,
        deniedClaims: [String] = [],
        begun: Set<World.AttemptID> = [],
        nextMachine: CompiledMachine? = nil,
        restored: Stamp? = nil,
        reconciling: Bool = false,
        low: Bool = false,
        calendars: [String: ReleaseCalendar] = [:],
        zones: ZoneRules = .none,
        successor: TrackID? = nil
    ) {
        self.readings = readings
        self.inputs = inputs
        self.holds = holds
        self.stopped = stopped
        self.shadow = shadow
        self.deniedClaims = deniedClaims
        self.begun = begun
        self.nextMachine = nextMachine
        self.restored = restored
        self.reconciling = reconciling
        self.low = low
        self.calendars = calendars
        self.zones = zones
        self.successor = successor
    }
}

/// Something that came in for a track.
package enum TrackInput: Sendable, Equatable {
    /// `liftedHold`: a `resume` that ended a hold of exactly its scope.
    case command(Entry.CommandRecord, liftedHold: Bool)
    /// `begun`: when the attempt was sent, which can be long after it was decided.
    case outcome(Entry.OutcomeRecord, begun: Stamp?)
}

/// The moment of a turn.
package struct Moment: Sendable, Equatable {
    package var stamp: Stamp
    /// The wall clock was set since the last tick.
    package var wallStepped: Bool

    package init(_ stamp: Stamp, wallStepped: Bool = false) {
        self.stamp = stamp
        self.wallStepped = wallStepped
    }
}
