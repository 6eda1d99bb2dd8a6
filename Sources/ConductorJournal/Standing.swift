package import ConductorCore

/// What the conductor knew of one track right before and right after one tick.
///
/// Only rows that the track's decision can look at are read, not the whole journal.
package struct Standing {
    package let tick: Entry.Tick
    /// All that the tick's decision rests on, and nothing of other tracks.
    package let before: World
    /// The same, with what was decided.
    package let after: World
    /// The decision and the state that were in force after the tick, as recorded.
    package let recorded: (decision: String?, state: TrackState)
    /// The last row that the tick wrote for the track.
    package let end: Int64

    /// Reads it; nil when the track was not there yet, or the row is no tick.
    ///
    /// - Parameters:
    ///   - track: the track.
    ///   - row: the tick.
    ///   - reader: the journal.
    /// - Throws: `JournalError`, `WorldError`.
    package init?(of track: TrackID, at row: JournalRow, in reader: ReadOnlyJournal) throws {
        guard case .tick(let tick) = row.entry else { return nil }
        self.tick = tick
        var world = World()
        for row in try Self.rows(before: row.sequence, of: track, in: reader) {
            try world.apply(row.entry) { try reader.body($0) }
        }
        before = world
        try world.apply(row.entry) { try reader.body($0) }
        // What a tick decided stands right behind it.
        var decided: [JournalRow] = []
        let next = try reader.tick(after: row.sequence)?.sequence ?? .max
        var end = row.sequence
        try reader.history(of: track, after: row.sequence, through: next) { next in
            switch next.entry {
            case .decision(let record):
                guard record.tick == tick.number else { return false }
                decided.append(next)
                end = next.sequence
                return true
            case .intent(let record):
                guard record.tick == tick.number else { return false }
                end = next.sequence
                return true
            case .boot, .machine, .upkeep, .poll, .tick, .command, .attempt, .outcome,
                .discovery:
                return false
            }
        }
        for row in decided { try world.apply(row.entry) { try reader.body($0) } }
        after = world
        guard let state = world.states[track] else { return nil }
        recorded = (world.decisions[track], state)
        self.end = end
    }

    /// The rows before a tick that the track's decision can look at, in order.
    private static func rows(
        before end: Int64,
        of track: TrackID,
        in reader: ReadOnlyJournal
    ) throws -> [JournalRow] {
        var rows: [JournalRow] = []
        if let boot = try reader.boot(atOrBefore: end - 1) { rows.append(boot) }
        let previous = try reader.tick(atOrBefore: end - 1)
        if let previous { rows.append(previous) }
        let discovery = try reader.discovery(of: track)
        if let discovery, discovery.sequence < end { rows.append(discovery) }
        let decision = try reader.decision(on: track, atOrBefore: end - 1)
        if let decision { rows.append(decision) }
        var digest: String?
        if case .discovery(let record)? = discovery?.entry { digest = record.machine }
        if case .decision(let record)? = decision?.entry {
            digest = try JSON(stored: record.state).decode(TrackState.self).machine
        }
        for polls in try reader.polls(seenBy: track, atOrBefore: end - 1) {
            // An older failure is no part of the reading any more.
            if let good = polls.good { rows.append(good) }
            if let failed = polls.failed { rows.append(failed) }
        }
        // What was held and what was under way at the previous tick, and what came in since then.
        let last = previous?.sequence ?? 0
        rows += try reader.holdings(over: track, atOrBefore: last)
        rows += try reader.openAttempts(of: track, atOrBefore: last)
        try reader.history(of: track, after: last, through: end - 1) { row in
            switch row.entry {
            case .attempt, .outcome, .command: rows.append(row)
            case .boot, .machine, .upkeep, .poll, .tick, .decision, .intent, .discovery: break
            }
            return true
        }
        let known = Set(rows.map(\.sequence))
        rows += try reader.stops(after: last, through: end - 1)
            .filter { !known.contains($0.sequence) }
        let held = Set(rows.map(\.sequence))
        rows += try reader.upkeepRows(before: end).filter { !held.contains($0.sequence) }
        rows.sort { $0.sequence < $1.sequence }
        // A wish to migrate names the machine to move to.
        for row in rows {
            guard case .command(let record) = row.entry,
                case .migrate(let wanted) = record.command.request,
                record.command.scope.contains(track), wanted != digest,
                let machine = try reader.machine(wanted)
            else { continue }
            rows.insert(JournalRow(sequence: 0, entry: .machine(machine)), at: 0)
        }
        if let digest, let machine = try reader.machine(digest) {
            rows.insert(JournalRow(sequence: 0, entry: .machine(machine)), at: 0)
        }
        return rows
    }

    /// Whether deciding the tick once more gives what was recorded, byte for byte.
    package func isReproduced(for track: TrackID) throws -> Bool {
        guard !recorded.state.retired || after.decisions[track] != before.decisions[track] else {
            // A retired track is not decided any more.
            return true
        }
        guard let turn = before.decide(track, in: tick) else { return false }
        let decision = try JSON(encoding: turn.decision).description
        return decision == recorded.decision && turn.state == recorded.state
    }
}
