// What is remembered of a track while other rules are asked about it.

extension WhatIf {
    /// One track in one tick: what was known before it, and what was decided in it.
    struct Step {
        var track: TrackID
        var tick: Entry.Tick
        /// The recorded state before the tick.
        var state: TrackState
        /// The recorded machine.
        var machine: CompiledMachine
        /// What the tick recorded, if it did.
        var decision: Decision?
        /// The sign-offs after the tick, if they can have changed.
        var signoffs: [String: SignoffRecord]?
    }

    /// What the other rules remember by themselves.
    struct Memory {
        var credits: [String: Credit]
        var verdicts: [String: VerdictSince]
        var confirmation: Confirmation?

        init(_ state: TrackState) {
            credits = state.credits
            verdicts = state.verdicts
            confirmation = state.confirmation
        }
    }

    /// A stretch in a stage, until something leaves it.
    struct Stay {
        var stage: String
        var since: Stamp
        /// The first tick at which the other rules would have left.
        var would: Leaving?
        var differences: [Difference] = []
        /// All is met but the second look.
        var ready: Ready?
        /// Why the past cannot answer.
        var unanswered: String?
        /// The transitions for which the past lacks facts, as of the last time that was asked.
        var lacking: [(to: String, differences: [Difference], note: String)] = []
        /// When it was asked last.
        var asOf: Stamp?
    }

    /// A departure that only waits for its second look.
    struct Ready {
        var leaving: Leaving
        var differences: [Difference]
        /// The last moment of the elapsed clock at which the second look would count.
        var expiry: Int64
    }

    /// A stage that was left, as it is recorded, and that other rules would not have left yet.
    struct Pursuit {
        var stage: String
        /// The state in that stage, as the other rules have moved it since.
        var state: TrackState
        var recorded: Leaving
        var differences: [Difference]
        var ready: Ready?
        var wakeAt: Int64?
        var asOf: Stamp

        func finding(
            _ track: TrackID,
            _ kind: Kind,
            would: Leaving? = nil,
            note: String? = nil
        ) -> Finding {
            Finding(
                track: track,
                kind: kind,
                from: stage,
                to: recorded.to,
                recorded: recorded,
                would: would,
                differences: differences,
                note: note,
                asOf: asOf
            )
        }
    }

    /// All that is open of a track.
    struct Asked {
        let machine: CompiledMachine
        var memory: Memory?
        var stay: Stay?
        var pursuits: [Pursuit] = []
        /// When the other rules want to be asked again, on the elapsed clock.
        var wakeAt: Int64?
        /// Whether they are to be asked in the next tick, whatever it brings.
        var isFresh = true

        init(machine: CompiledMachine) { self.machine = machine }

        mutating func wake(at moment: Int64?) {
            guard let moment else { return }
            wakeAt = min(wakeAt ?? moment, moment)
        }
    }
}
