import ConductorCore
import ConductorJournal

/// All tracks as the journal knows them last, without walking the whole journal.
struct FleetReading {
    let at: Instant?
    let stop: StatusReport.Stop?
    let holds: [ConductorCore.Hold]
    let isDiskFull: Bool
    let isReconciling: Bool
    /// In order of tracks, retired ones too.
    let tracks: [TrackView]

    /// - Throws: `JournalError`, `WorldError`.
    init(_ reader: ReadOnlyJournal) throws {
        // What the daemon appends meanwhile is left out, so that all that is read fits together.
        let end = try reader.head().sequence
        var tick: Entry.Tick?
        if case .tick(let last)? = try reader.tick(atOrBefore: end)?.entry { tick = last }
        at = tick?.at.wall
        var fleet = FleetState()
        try reader.commands { row in
            guard row.sequence <= end else { return false }
            if case .command(let record) = row.entry { fleet.apply(record) }
            return true
        }
        holds = fleet.holds
        var upkeep = World()
        let rows = try reader.upkeepRows(before: end + 1)
        for row in rows.sorted(by: { $0.sequence < $1.sequence }) {
            try upkeep.apply(row.entry) { _ in .null }
        }
        isDiskFull = upkeep.low
        isReconciling = upkeep.isReconciling
        stop = .standing(fleet, file: tick?.stopFile == true)
        var machines: [String: Machine] = [:]
        tracks = try reader.tracks(atOrBefore: end).compactMap { [tick] track in
            guard var view = try Self.view(of: track, reader, end: end) else { return nil }
            let digest = view.state.machine
            if machines[digest] == nil, let record = try reader.machine(digest) {
                machines[digest] = try JSON(stored: record.source).decode(Machine.self)
            }
            view.machine = machines[digest]
            view.isShadowed = tick?.shadow.contains(track.app) == true
            return view
        }
    }

    private static func view(
        of track: TrackID,
        _ reader: ReadOnlyJournal,
        end: Int64
    ) throws -> TrackView? {
        var world = World()
        let rows = [
            try reader.discovery(of: track), try reader.decision(on: track, atOrBefore: end),
        ]
        for case let row? in rows where row.sequence <= end {
            try world.apply(row.entry) { _ in .null }
        }
        guard let state = world.states[track] else { return nil }
        let decision = try world.decisions[track].map {
            try JSON(stored: $0).decode(Decision.self)
        }
        return TrackView(state: state, decision: decision)
    }
}
