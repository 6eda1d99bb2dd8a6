/// Decides every tick of a journal again and compares bytes.
///
/// Replay is audit, not recovery: a divergence is reported, and the recorded road goes on. What it
/// keeps grows with the live tracks and not with the journal, so a command's id and a track's
/// discovery are handed in once: the fold takes no notice of a second one.
package struct Replay: Sendable {
    /// Divergences that are kept; the others are counted.
    package static let keptDivergences = 1_000

    package private(set) var world = World()
    package private(set) var ticks = 0
    /// Live tracks, summed over all ticks: what was looked at, due or not.
    package private(set) var trackTicks = 0
    /// Track decisions that were made again.
    package private(set) var decided = 0
    /// The first of them, in order.
    package private(set) var divergences: [Divergence] = []
    package private(set) var divergenceCount = 0
    private let full: Bool
    private let only: TrackID?
    private var pending: Pending?
    /// The last turn of each track that came out as it is recorded.
    private var agreed: [TrackID: Turn] = [:]

    /// A tick whose recorded decisions are still coming in.
    private struct Pending: Sendable {
        var tick: Entry.Tick
        var turns: [(TrackID, Turn)]
        var recorded: [TrackID: Entry.DecisionRecord] = [:]
    }

    /// - Parameters:
    ///   - full: decide every live track in every tick, not only those that can have changed.
    ///   - only: decide this track alone.
    package init(full: Bool = false, only: TrackID? = nil) {
        self.full = full
        self.only = only
    }

    /// Takes the next row in.
    package mutating func take(_ entry: Entry, observation: (String) throws -> JSON) throws {
        switch entry {
        case .decision(let record):
            guard pending != nil else {
                // A decision outside any tick was never made by the engine.
                diverged(.extra, record.track, in: record.tick, record.decision, nil)
                try world.apply(entry, observation: observation)
                return
            }
            pending?.recorded[record.track] = record
        case .intent:
            return
        case .tick(let tick):
            try settle(observation: observation)
            ticks += 1
            trackTicks += world.live.count
            var due = world.due(in: tick, full: full)
            if let only { due.removeAll { $0 != only } }
            let turns = due.compactMap { track in
                world.decide(track, in: tick).map { (track, $0) }
            }
            decided += turns.count
            pending = Pending(tick: tick, turns: turns)
        case .boot, .machine, .poll, .command, .attempt, .outcome, .discovery,
            .upkeep:
            try settle(observation: observation)
            try world.apply(entry, observation: observation)
        }
    }

    /// Takes the next row in without deciding anything: rows up to a pruned journal's checkpoint.
    package mutating func fold(_ entry: Entry, observation: (String) throws -> JSON) throws {
        try world.apply(entry, observation: observation)
        world.resumeAtCheckpoint()
    }

    /// Compares the last tick; call it after the last row.
    package mutating func finish(observation: (String) throws -> JSON) throws {
        try settle(observation: observation)
    }

    private mutating func diverged(
        _ kind: Divergence.Kind,
        _ track: TrackID,
        in tick: Int,
        _ recorded: String?,
        _ now: String?
    ) {
        divergenceCount += 1
        guard divergences.count < Self.keptDivergences else { return }
        divergences.append(
            Divergence(
                tick: tick,
                track: track,
                kind: kind,
                recorded: recorded,
                now: now,
                engine: world.lastBoot?.engine
            )
        )
    }

    // MARK: Comparing

    private mutating func settle(observation: (String) throws -> JSON) throws {
        guard let current = pending else { return }
        pending = nil
        var equal: [TrackID: Turn] = [:]
        for (track, turn) in current.turns {
            let record = current.recorded[track]
            if try isEqual(track, turn, record, in: current.tick.number) {
                agreed[track] = turn
                if record != nil { equal[track] = turn }
            } else {
                agreed[track] = nil
            }
        }
        let records = current.recorded.values.sorted { $0.track < $1.track }
        if !records.isEmpty {
            let turned = Set(current.turns.map(\.0))
            for record in records
            where !turned.contains(record.track) && (only == nil || only == record.track) {
                diverged(.extra, record.track, in: current.tick.number, record.decision, nil)
                agreed[record.track] = nil
            }
        }
        try world.apply(.tick(current.tick), observation: observation)
        for record in records {
            if let turn = equal[record.track] {
                // The bytes are the same, so what they say is.
                world.take(record, turn.decision, turn.state)
            } else {
                try world.apply(.decision(record), observation: observation)
            }
        }
        world.decided(current.turns)
        for record in records where world.states[record.track]?.retired == true {
            agreed[record.track] = nil
            world.forget(record.track)
        }
        world.forgetAnswers(grantsBefore: .max)
    }

    /// Whether a turn is what is recorded; what is not recorded is as it was.
    private mutating func isEqual(
        _ track: TrackID,
        _ turn: Turn,
        _ record: Entry.DecisionRecord?,
        in tick: Int
    ) throws -> Bool {
        // Equal values have equal bytes, and those were compared before.
        if record == nil, let last = agreed[track], last.decision == turn.decision,
            turn.state == world.states[track]
        {
            return true
        }
        let decision = try JSON(encoding: turn.decision).description
        let known = record?.decision ?? world.decisions[track]
        guard decision == known else {
            diverged(known == nil ? .missing : .decision, track, in: tick, known, decision)
            return false
        }
        let state = try JSON(encoding: turn.state).description
        let recorded =
            try record?.state
            ?? world.states[track].map { try JSON(encoding: $0).description }
        guard state == recorded else {
            diverged(.state, track, in: tick, recorded, state)
            return false
        }
        return true
    }
}
