import ConductorCore
import ConductorJournal

/// What the conductor knew of one track right before and right after one tick.
///
/// Only rows that the track's decision can look at are read, not the whole journal.
struct Standing {
    let tick: Entry.Tick
    /// All that the tick's decision rests on.
    let before: World
    /// The same, with what was decided.
    let after: World
    /// The decision and the state that were in force after the tick, as recorded.
    let recorded: (decision: String?, state: TrackState)

    /// - Parameters:
    ///   - track: the track.
    ///   - row: the tick.
    ///   - reader: the journal.
    /// - Throws: `Cannot` when the track was not yet decided then; `JournalError`, `WorldError`.
    init(of track: TrackID, at row: JournalRow, in reader: ReadOnlyJournal) throws {
        guard case .tick(let tick) = row.entry else {
            preconditionFailure("The journal gives ticks for ticks.")
        }
        self.tick = tick
        var world = World()
        for row in try Self.rows(before: row.sequence, of: track, in: reader) {
            try world.apply(row.entry) { try reader.body($0) }
        }
        before = world
        try world.apply(row.entry) { try reader.body($0) }
        // What a tick decided stands right behind it.
        var decided: [JournalRow] = []
        try reader.history(of: track, after: row.sequence) { next in
            switch next.entry {
            case .decision(let record):
                guard record.tick == tick.number else { return false }
                decided.append(next)
                return true
            case .intent(let record): return record.tick == tick.number
            case .boot, .machine, .poll, .tick, .command, .attempt, .outcome, .discovery:
                return false
            }
        }
        for row in decided { try world.apply(row.entry) { try reader.body($0) } }
        after = world
        guard let state = world.states[track] else {
            throw Cannot("\(track) was not there yet at \(tick.at.wall)")
        }
        recorded = (world.decisions[track], state)
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
        try reader.commands { row in
            guard row.sequence < end else { return false }
            rows.append(row)
            return true
        }
        // What came in for the track since the previous tick.
        try reader.history(of: track, after: previous?.sequence ?? 0) { row in
            guard row.sequence < end else { return false }
            switch row.entry {
            case .attempt, .outcome: rows.append(row)
            case .boot, .machine, .poll, .tick, .decision, .command, .intent, .discovery: break
            }
            return true
        }
        rows.sort { $0.sequence < $1.sequence }
        // A wish to migrate names the machine to move to.
        for row in rows {
            guard case .command(let record) = row.entry,
                case .migrate(let successor) = record.command.request,
                record.command.scope.contains(track), successor != digest,
                let machine = try reader.machine(successor)
            else { continue }
            rows.insert(JournalRow(sequence: 0, entry: .machine(machine)), at: 0)
        }
        if let digest, let machine = try reader.machine(digest) {
            rows.insert(JournalRow(sequence: 0, entry: .machine(machine)), at: 0)
        }
        return rows
    }

    /// Whether deciding the tick once more gives what was recorded, byte for byte.
    func isReproduced(for track: TrackID) throws -> Bool {
        guard !recorded.state.retired || after.decisions[track] != before.decisions[track] else {
            // A retired track is not decided any more.
            return true
        }
        guard let turn = before.decide(track, in: tick) else { return false }
        let decision = try JSON(encoding: turn.decision).description
        return decision == recorded.decision && turn.state == recorded.state
    }
}
