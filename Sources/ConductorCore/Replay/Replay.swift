/// Decides every tick of a journal again and compares bytes.
///
/// Replay is audit, not recovery: a divergence is reported, and the recorded road goes on.
package struct Replay: Sendable {
    /// One tick of one track where the recorded decision does not come out again.
    package struct Divergence: Sendable, Equatable, Codable {
        package enum Kind: String, Sendable, Equatable, Codable {
            /// The decision's bytes differ.
            case decision
            /// The decision is the same, the state after it is not.
            case state
            /// Nothing is recorded where something is decided now.
            case missing
            /// Something is recorded where nothing is decided now.
            case extra
        }

        package var tick: Int
        package var track: TrackID
        package var kind: Kind
        package var recorded: String?
        package var now: String?
    }

    package private(set) var world = World()
    package private(set) var ticks = 0
    /// Track decisions that were made again.
    package private(set) var decided = 0
    package private(set) var divergences: [Divergence] = []
    private let full: Bool
    private let only: TrackID?
    private var pending: Pending?

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
                divergences.append(
                    .init(
                        tick: record.tick,
                        track: record.track,
                        kind: .extra,
                        recorded: record.decision,
                        now: nil
                    )
                )
                try world.apply(entry, observation: observation)
                return
            }
            pending?.recorded[record.track] = record
        case .intent:
            return
        case .tick(let tick):
            try settle(observation: observation)
            ticks += 1
            var turns = world.decideAll(in: tick, full: full)
            if let only { turns.removeAll { $0.0 != only } }
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

    private mutating func settle(observation: (String) throws -> JSON) throws {
        guard let current = pending else { return }
        pending = nil
        for (track, turn) in current.turns {
            try compare(track, turn, with: current)
        }
        let turned = Set(current.turns.map(\.0))
        for (track, record) in current.recorded.sorted(by: { $0.key < $1.key })
        where !turned.contains(track) && (only == nil || only == track) {
            divergences.append(
                .init(
                    tick: current.tick.number,
                    track: track,
                    kind: .extra,
                    recorded: record.decision,
                    now: nil
                )
            )
        }
        try world.apply(.tick(current.tick), observation: observation)
        for record in current.recorded.values.sorted(by: { $0.track < $1.track }) {
            try world.apply(.decision(record), observation: observation)
        }
        world.decided(current.turns)
    }

    private mutating func compare(_ track: TrackID, _ turn: Turn, with current: Pending) throws {
        let decision = try JSON(encoding: turn.decision).description
        let record = current.recorded[track]
        let known = record?.decision ?? world.decisions[track]
        if decision != known {
            divergences.append(
                .init(
                    tick: current.tick.number,
                    track: track,
                    kind: record == nil && known == nil ? .missing : .decision,
                    recorded: known,
                    now: decision
                )
            )
            return
        }
        let state = try JSON(encoding: turn.state).description
        let recorded =
            try record?.state
            ?? world.states[track].map { try JSON(encoding: $0).description }
        if state != recorded {
            divergences.append(
                .init(
                    tick: current.tick.number,
                    track: track,
                    kind: .state,
                    recorded: recorded,
                    now: state
                )
            )
        }
    }
}
