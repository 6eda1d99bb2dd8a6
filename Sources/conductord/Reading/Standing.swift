import ConductorCore
import ConductorJournal

extension Standing {
    /// A track after the last tick, or after the last that is not after a moment.
    ///
    /// - Returns: the standing, the pinned machine, and the last row that belongs to the tick.
    /// - Throws: `Cannot` when there is no such track, or was not then; `JournalError`,
    ///   `WorldError`.
    static func find(
        _ track: TrackID,
        at: Instant?,
        in reader: ReadOnlyJournal
    ) throws -> (standing: Standing, machine: Machine?, end: Int64) {
        try reader.require(track)
        let found = try at.map { try reader.tick(atOrBefore: $0) } ?? reader.tick()
        guard let row = found, case .tick(let tick) = row.entry else {
            guard let at else { throw Cannot("nothing was decided yet in \(reader.path)") }
            throw Cannot("nothing was decided yet at \(at): the journal begins later")
        }
        if let discovery = try reader.discovery(of: track), discovery.sequence > row.sequence,
            case .discovery(let record) = discovery.entry
        {
            guard let at else { throw Cannot("\(track) was registered and not decided yet") }
            throw Cannot("\(track) was not there yet at \(at): registered at \(record.at.wall)")
        }
        if let at { try reader.requireNotPruned(row, asked: at) }
        guard let standing = try Standing(of: track, at: row, in: reader) else {
            throw Cannot("\(track) was not there yet at \(tick.at.wall)")
        }
        let machine = standing.after.machines[standing.recorded.state.machine]?.machine
        return (standing, machine, standing.end)
    }
}
