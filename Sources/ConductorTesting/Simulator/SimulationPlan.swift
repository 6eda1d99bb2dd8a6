package import ConductorCore

/// What one simulation is about: a seed, and what may go wrong.
package struct SimulationPlan: Sendable, Equatable {
    /// Decides all that is left to chance.
    package var seed: UInt64
    package var tracks: [TrackID]
    /// A machine of `PublishedMachine`, with shorter clocks.
    package var machine: String
    /// Sources fail, hang, lie and lag; backends refuse, lose and delay.
    package var hasFaults = false
    /// People hold, stop, pause, and click twice or late.
    package var hasMeddlers = false
    /// How often a process ends at a moment that chance chooses.
    package var crashes = 0
    /// The process ends exactly here, once each.
    package var crashPoints: [CrashPoint] = []
    /// Backends tell at once that something has changed; else only polls show it.
    package var hasWebhooks = false
    /// People do nothing for some hours once all faults are over.
    package var rests = false
    /// Nothing in its story hangs on the minute, so that a short loss of power changes no effect.
    package var isPlain = false
    /// What looks at the whole journal again at the end is left out.
    package var isBrief = false
    /// Apps whose sources never answer.
    package var deadApps: Set<String> = []

    package init(seed: UInt64, tracks: [TrackID], machine: String) {
        self.seed = seed
        self.tracks = tracks
        self.machine = machine
    }

    /// A plan by chance alone: what `make soak` and the table of planted bugs run.
    package static func random(seed: UInt64) -> SimulationPlan {
        var dice = Dice(seed: seed &* 0x2545_F491_4F6C_DD1D)
        var names = ["music/ios/8.9.2"]
        if !dice.oneIn(4) { names.append("music/android/8.9.2") }
        if dice.oneIn(2) { names.append("music/ios/8.10.0") }
        if dice.oneIn(3) { names.append("radio/ios/2.0") }
        let machines = [
            "published", "published", "published-resuming", "published-resuming",
            "published-webhook", "published-once", "published-side-road", "published-two-claims",
            "published-approving",
        ]
        var plan = SimulationPlan(
            seed: seed,
            tracks: names.compactMap(TrackID.init),
            machine: dice.pick(machines)
        )
        plan.hasFaults = !dice.oneIn(5)
        plan.hasMeddlers = dice.oneIn(2)
        plan.crashes = dice.oneIn(2) ? 0 : 1 + dice.below(4)
        plan.hasWebhooks = dice.oneIn(3)
        plan.rests = dice.oneIn(12)
        if dice.oneIn(2) {
            plan.crashPoints = (0..<1 + dice.below(4)).map { _ in
                let kind = dice.pick(CrashPoint.Kind.allCases)
                let most =
                    switch kind {
                    case .notSent, .lost, .unheard, .late: 24
                    case .afterCommand: 30
                    case .beforeCommit, .afterCommit: 600
                    case .disk: 3000
                    }
                return CrashPoint(kind, 1 + dice.below(most))
            }
        }
        return plan
    }

    /// A story without faults, whose crash points are tried one by one.
    package static func golden(_ number: Int) -> SimulationPlan {
        let casts = [
            ["music/ios/8.9.2"], ["music/ios/8.9.2", "music/android/8.9.2"],
            ["music/ios/8.9.2", "music/ios/8.10.0"],
        ]
        var plan = SimulationPlan(
            seed: UInt64(1_000_000 + number),
            tracks: casts[number % casts.count].compactMap(TrackID.init),
            machine: number % 2 == 0 ? "published" : "published-resuming"
        )
        plan.isPlain = true
        return plan
    }
}

/// A moment at which a process can end.
package struct CrashPoint: Sendable, Hashable, CustomStringConvertible {
    /// What the process was about to do, or had just done.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Before a transaction of the journal began.
        case beforeCommit = "before commit"
        /// After it was durable, before anybody heard of it.
        case afterCommit = "after commit"
        /// After a person's command was durable, before it was decided.
        case afterCommand = "after command"
        /// At a write or a sync of the disk; the power went.
        case disk
        /// A remote call was not sent yet.
        case notSent = "not sent"
        /// It was sent and never arrived.
        case lost
        /// Its effect is there, its answer was never heard.
        case unheard
        /// Its effect came later, as late as may be.
        case late
    }

    package var kind: Kind
    /// Counted from 1 over the whole simulation.
    package var number: Int

    package init(_ kind: Kind, _ number: Int) {
        self.kind = kind
        self.number = number
    }

    package var description: String { "\(kind.rawValue) \(number)" }
}
