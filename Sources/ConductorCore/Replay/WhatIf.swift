/// Asks other rules what they would have done at every tick of a journal, one step at a time.
///
/// At each tick the recorded state is given. The first tick at which the other rules would leave the
/// stage is compared with what happened; then the recorded road goes on, and nothing beyond that is
/// claimed. What the other rules remember by themselves (credit of sustained conditions, since when
/// a verdict holds) is their own, kept from tick to tick.
package struct WhatIf: Sendable {
    package private(set) var world = World()
    package private(set) var ticks = 0
    /// Times that the other rules were asked.
    package internal(set) var asked = 0
    package internal(set) var findings: [Finding] = []
    /// Tracks that were asked about, in order.
    package var tracks: [TrackID] { known.sorted() }
    /// Why nothing can be said of a track.
    package private(set) var unanswered: [TrackID: String] = [:]
    let limits: [ClaimLimit]
    private let machines: [String: CompiledMachine]
    private let since: Instant?
    private let only: TrackID?
    private var known: Set<TrackID> = []
    private var open: [TrackID: Asked] = [:]
    private var pending: (tick: Entry.Tick, recorded: [TrackID: Entry.DecisionRecord])?

    /// - Parameters:
    ///   - machines: the other rules, by `app/platform`.
    ///   - limits: what limits tracks together under the other rules.
    ///   - since: what was decided before is followed, and not told.
    ///   - only: ask about this track alone.
    package init(
        machines: [String: CompiledMachine],
        limits: [ClaimLimit] = [],
        since: Instant? = nil,
        only: TrackID? = nil
    ) {
        self.machines = machines
        self.limits = limits
        self.since = since
        self.only = only
    }

    // MARK: Folding

    /// Takes the next row in; a command's id and a track's discovery come once.
    package mutating func take(_ entry: Entry, observation: (String) throws -> JSON) throws {
        switch entry {
        case .decision(let record):
            guard pending != nil else { return try world.apply(entry, observation: observation) }
            pending?.recorded[record.track] = record
        case .intent:
            return
        case .tick(let tick):
            try settle(observation: observation)
            ticks += 1
            pending = (tick, [:])
        case .boot, .machine, .upkeep, .poll, .command, .attempt, .outcome, .discovery:
            try settle(observation: observation)
            try world.apply(entry, observation: observation)
        }
    }

    /// Tells what is still open; call it after the last row.
    package mutating func finish(observation: (String) throws -> JSON) throws {
        try settle(observation: observation)
        for track in world.live {
            guard var asked = open[track] else { continue }
            end(&asked, of: track, "until the journal's last tick")
            open[track] = nil
        }
        findings.sort { left, right in
            left.track != right.track
                ? left.track < right.track : left.moment.elapsed < right.moment.elapsed
        }
    }

    private mutating func settle(observation: (String) throws -> JSON) throws {
        guard let (tick, recorded) = pending else { return }
        pending = nil
        for track in world.live where only == nil || only == track {
            try consider(track, tick, recorded[track])
        }
        try world.apply(.tick(tick), observation: observation)
        for record in recorded.values.sorted(by: { $0.track < $1.track }) {
            try world.apply(.decision(record), observation: observation)
        }
        world.hearAll()
        for track in recorded.keys where world.states[track]?.retired == true {
            if var asked = open.removeValue(forKey: track) {
                end(&asked, of: track, "until it retired")
            }
            world.forget(track)
        }
        let longest = limits.map(\.within.milliseconds).max() ?? 0
        world.forgetAnswers(grantsBefore: tick.at.elapsed - longest)
    }

    mutating func tell(_ finding: Finding) {
        if let since, finding.moment.wall < since { return }
        findings.append(finding)
    }

    // MARK: One track in one tick

    private mutating func consider(
        _ track: TrackID,
        _ tick: Entry.Tick,
        _ record: Entry.DecisionRecord?
    ) throws {
        guard let state = world.states[track], state.stage != nil else { return }
        if known.insert(track).inserted {
            if let machine = machines["\(track.app)/\(track.platform)"] {
                open[track] = Asked(machine: machine)
            } else {
                unanswered[track] = "the other rules have none for \(track.app)/\(track.platform)"
            }
        }
        guard var asked = open[track], let recordedMachine = world.machines[state.machine] else {
            return
        }
        let isDue =
            record != nil || asked.isFresh || world.hasNews(for: track, in: tick)
            || asked.wakeAt.map { tick.at.elapsed >= $0 } ?? false
        guard isDue else { return }
        let after = try record.map { record in
            (
                decision: try JSON(stored: record.decision).decode(Decision.self),
                state: try JSON(stored: record.state).decode(TrackState.self)
            )
        }
        let step = Step(
            track: track,
            tick: tick,
            state: state,
            machine: recordedMachine,
            decision: after?.decision,
            signoffs: after?.state.signoffs
        )
        asked.wakeAt = nil
        asked.isFresh = false
        if state.phase.isAtRest { stay(&asked, step) }
        pursue(&asked, step)
        if let fired = after?.decision.fired {
            let leaving = Leaving(fired, in: tick)
            if asked.stay?.stage != fired.from || !state.phase.isAtRest {
                // It left a stage that it entered in this very turn, or was overtaken by a brake.
                var passing = step
                passing.state.stage = fired.from
                if fired.from != state.stage { passing.state.since = tick.at }
                asked.stay = Stay(stage: fired.from, since: passing.state.since)
                ask(&asked, passing)
                leave(&asked, passing, leaving)
            } else {
                leave(&asked, step, leaving)
            }
            asked.isFresh = true
        }
        open[track] = asked
    }

    /// Goes on with the stay in a stage, or begins one, and asks.
    private mutating func stay(_ asked: inout Asked, _ step: Step) {
        guard let stage = step.state.stage else { return }
        if asked.stay?.stage != stage || asked.stay?.since != step.state.since {
            if let stay = asked.stay { close(stay, asked.machine, of: step.track, nil) }
            for pursuit in asked.pursuits where pursuit.stage == stage {
                tell(pursuit.finding(step.track, .never, note: "until it was in \(stage) again"))
            }
            asked.pursuits.removeAll { $0.stage == stage }
            asked.stay = Stay(stage: stage, since: step.state.since)
            asked.memory?.confirmation = nil
        }
        if asked.stay?.would == nil { ask(&asked, step) }
    }

    /// Ends everything that is open of a track.
    private mutating func end(_ asked: inout Asked, of track: TrackID, _ words: String) {
        if let stay = asked.stay { close(stay, asked.machine, of: track, nil) }
        for pursuit in asked.pursuits { tell(pursuit.finding(track, .never, note: words)) }
        asked.stay = nil
        asked.pursuits = []
    }
}

extension WhatIf.Finding {
    /// When it happened, or would have; for order and for `since`.
    var moment: Stamp { recorded?.at ?? would?.at ?? asOf }
}

extension Phase {
    /// Whether no transition is under way or broken.
    var isAtRest: Bool {
        switch self {
        case .waiting, .finished: true
        case .entering, .error: false
        }
    }
}
