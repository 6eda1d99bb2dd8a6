extension WhatIf {
    /// One departure from a stage, as it happened and as the other rules would have had it.
    package struct Finding: Sendable, Equatable {
        package var track: TrackID
        package var kind: Kind
        package var from: String
        /// Nil where nobody can say where it would have gone.
        package var to: String?
        package var recorded: Leaving?
        package var would: Leaving?
        /// What made the difference, at the tick that decided it.
        package var differences: [Difference]
        /// Why the past cannot answer, or up to when it was asked.
        package var note: String?
        /// The tick at which this was settled.
        package var asOf: Stamp

        /// How much earlier, or later, the other rules would have left: negative is earlier.
        package var shift: Span? {
            guard let recorded, let would, to == would.to, to == recorded.to else { return nil }
            return Span(milliseconds: would.at.elapsed - recorded.at.elapsed)
        }
    }

    /// How a departure compares.
    package enum Kind: String, Sendable, Equatable, CaseIterable {
        /// In the same tick, to the same stage.
        case same
        case earlier
        case later
        /// It happened, and the other rules would not have had it for as long as they were asked.
        case never
        /// It did not happen.
        case newly
        /// Not when it happened; when, the past cannot say.
        case notThen = "not_then"
        /// The past cannot say at all.
        case unanswered
    }

    /// A decision to leave a stage.
    package struct Leaving: Sendable, Equatable {
        package var tick: Int
        package var at: Stamp
        /// The transition, or the guard.
        package var name: String
        package var to: String
        package var cause: Progress.Cause
        /// Nobody asked the sources a second time then; it is taken that they would have said the
        /// same.
        package var isSecondLookAssumed = false

        init(_ fired: Decision.Fired, in tick: Entry.Tick) {
            self.init(
                tick: tick.number,
                at: tick.at,
                name: fired.name,
                to: fired.to,
                cause: fired.cause
            )
        }

        init(tick: Int, at: Stamp, name: String, to: String, cause: Progress.Cause) {
            self.tick = tick
            self.at = at
            self.name = name
            self.to = to
            self.cause = cause
        }
    }

    /// A leaf that one side had and the other had not.
    package struct Difference: Sendable, Equatable {
        package var name: String
        package var kind: LeafKind
        /// Nil where the recorded rules do not ask for it.
        package var recorded: Verdict?
        /// Nil where the other rules do not ask for it.
        package var would: Verdict?
        package var facts: [Explanation.ReadFact]
        package var note: String?
    }
}
