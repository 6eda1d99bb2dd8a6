package import ConductorCore
import GRDB

/// The newest polls of one source at one scope.
package struct ChannelPolls: Sendable, Equatable {
    package var source: String
    package var scope: Scope
    /// Its entry's result is `ok`.
    package var good: JournalRow?
    /// Its entry's result is `failed`; it may be older than `good`.
    package var failed: JournalRow?

    package init(source: String, scope: Scope, good: JournalRow?, failed: JournalRow?) {
        self.source = source
        self.scope = scope
        self.good = good
        self.failed = failed
    }
}

/// Questions that do not walk the whole journal. `sequence` bounds what was known at that row; nil
/// means now.
extension ReadOnlyJournal {
    /// The tick of the latest wall time that is not after `instant`.
    ///
    /// Where the clock was set back, several ticks may claim a time; the last one recorded counts.
    package func tick(atOrBefore instant: Instant) throws -> JournalRow? {
        try row(
            .tick,
            "WHERE t.at_ms <= ? ORDER BY t.at_ms DESC, t.seq DESC LIMIT 1",
            [.integer(instant.milliseconds)]
        )
    }

    /// The last tick at or before a row.
    package func tick(atOrBefore sequence: Int64? = nil) throws -> JournalRow? {
        try row(.tick, "WHERE t.seq <= ? ORDER BY t.seq DESC LIMIT 1", [bound(sequence)])
    }

    /// The tick of this number.
    package func tick(number: Int) throws -> JournalRow? {
        try row(
            .tick,
            "WHERE t.number = ? ORDER BY t.seq DESC LIMIT 1",
            [.integer(Int64(number))]
        )
    }

    /// The last boot at or before a row.
    package func boot(atOrBefore sequence: Int64? = nil) throws -> JournalRow? {
        try row(.boot, "WHERE t.seq <= ? ORDER BY t.seq DESC LIMIT 1", [bound(sequence)])
    }

    /// All tracks that were discovered or decided on, in order.
    package func tracks(atOrBefore sequence: Int64? = nil) throws -> [TrackID] {
        let names = try read { database in
            var names: Set<String> = []
            for table in [JournalTable.discovery, .decision] {
                // Jumps from one track to the next in the index.
                let sql = """
                    WITH RECURSIVE known(track) AS (
                        SELECT min(track) FROM "\(table.rawValue)"
                        UNION ALL
                        SELECT (SELECT min(t.track) FROM "\(table.rawValue)" t
                            WHERE t.track > known.track)
                        FROM known WHERE known.track IS NOT NULL
                    )
                    SELECT track FROM known WHERE track IS NOT NULL AND EXISTS (
                        SELECT 1 FROM "\(table.rawValue)" t
                        WHERE t.track = known.track AND t.seq <= ?)
                    """
                try PreparedStatement(database, sql).rows([bound(sequence)]) { row in
                    if let name = row.text(0) { names.insert(name) }
                }
            }
            return names
        }
        return try names.map { name in
            guard let track = TrackID(name) else {
                throw JournalError(
                    .unreadable,
                    path: path,
                    "names a track '\(name)', which is none"
                )
            }
            return track
        }.sorted()
    }

    /// The last decision on a track, and the state after it, at or before a row.
    package func decision(on track: TrackID, atOrBefore sequence: Int64? = nil) throws
        -> JournalRow?
    {
        try row(
            .decision,
            "WHERE t.track = ? AND t.seq <= ? ORDER BY t.seq DESC LIMIT 1",
            [.text(track.description), bound(sequence)]
        )
    }

    /// The last decision on each track, in order of tracks.
    package func decisions(atOrBefore sequence: Int64? = nil) throws -> [JournalRow] {
        try tracks(atOrBefore: sequence).compactMap { track in
            try decision(on: track, atOrBefore: sequence)
        }
    }

    /// How a track was registered.
    package func discovery(of track: TrackID) throws -> JournalRow? {
        try row(.discovery, "WHERE t.track = ? ORDER BY t.seq LIMIT 1", [.text(track.description)])
    }

    /// The last good and the last failed poll of every source at every scope.
    ///
    /// - Parameters:
    ///   - track: only scopes that this track sees.
    ///   - sequence: what was known at this row.
    /// - Returns: channels that have been polled, in order of source and scope.
    /// - Throws: `JournalError`.
    package func polls(
        seenBy track: TrackID? = nil,
        atOrBefore sequence: Int64? = nil
    ) throws -> [ChannelPolls] {
        let last = bound(sequence)
        let found = try read { database in
            var sql = "SELECT id, source, scope FROM channel"
            var cells: [Cell] = []
            if let track {
                // Jumps from one source to the next in the index, which has every scope of each.
                sql = """
                    WITH RECURSIVE known(name) AS (
                        SELECT min(source) FROM channel
                        UNION ALL
                        SELECT (SELECT min(c.source) FROM channel c WHERE c.source > known.name)
                        FROM known WHERE known.name IS NOT NULL
                    )
                    SELECT c.id, c.source, c.scope FROM known JOIN channel c
                        ON c.source = known.name AND c.scope IN (?, ?, ?, ?)
                    """
                cells = Self.scopes(around: track)
            }
            var channels: [(id: Cell, source: String, scope: String)] = []
            try PreparedStatement(database, sql + " ORDER BY source, scope").rows(cells) { row in
                channels.append((row[0], row.text(1) ?? "", row.text(2) ?? ""))
            }
            return try channels.map { channel in
                let good = try database.row(
                    .poll,
                    "WHERE t.channel = ? AND t.failure IS NULL AND t.seq <= ?"
                        + " ORDER BY t.seq DESC LIMIT 1",
                    [channel.id, last]
                )
                let failed = try database.row(
                    .poll,
                    "WHERE t.channel = ? AND t.failure IS NOT NULL AND t.seq <= ?"
                        + " ORDER BY t.seq DESC LIMIT 1",
                    [channel.id, last]
                )
                return (channel: channel, good: good, failed: failed)
            }
        }
        return try found.compactMap { found in
            guard found.good != nil || found.failed != nil else { return nil }
            guard let scope = Scope(found.channel.scope) else {
                throw JournalError(
                    .unreadable,
                    path: path,
                    "names a scope '\(found.channel.scope)', which is none"
                )
            }
            return ChannelPolls(
                source: found.channel.source,
                scope: scope,
                good: try found.good.map(journalRow),
                failed: try found.failed.map(journalRow)
            )
        }
    }

    /// What the journal's upkeep means for a tick, in order: whether the disk is full, and the
    /// last restore, with every other track's last decision, for they wait for one another then.
    package func upkeepRows(before end: Int64) throws -> [JournalRow] {
        let last: [Cell] = [.integer(end - 1)]
        var rows: [JournalRow] = []
        let room = "WHERE t.event = 'room' AND t.seq <= ? ORDER BY t.seq DESC LIMIT 1"
        if let room = try row(.upkeep, room, last) { rows.append(room) }
        let restored = "WHERE t.event = 'restored' AND t.seq <= ? ORDER BY t.seq DESC LIMIT 1"
        guard let restored = try row(.upkeep, restored, last) else { return rows }
        rows.append(restored)
        for track in try tracks(atOrBefore: end - 1) {
            if let discovery = try discovery(of: track), discovery.sequence < end {
                rows.append(discovery)
            }
            if let decision = try decision(on: track, atOrBefore: end - 1) {
                rows.append(decision)
            }
        }
        return rows
    }

    /// The machine of this digest, as it was recorded last.
    package func machine(_ digest: String) throws -> Entry.MachineRecord? {
        let found = try row(
            .machine,
            "WHERE t.digest = ? ORDER BY t.seq DESC LIMIT 1",
            [.text(digest)]
        )
        guard case .machine(let machine) = found?.entry else { return nil }
        return machine
    }

    /// The command of this id, as it was recorded first.
    package func command(_ id: String) throws -> JournalRow? {
        try row(.command, "WHERE t.id = ? ORDER BY t.seq LIMIT 1", [.text(id)])
    }

    /// The intent of this key, as it was recorded last.
    package func intent(_ key: String) throws -> JournalRow? {
        try row(.intent, "WHERE t.key = ? ORDER BY t.seq DESC LIMIT 1", [.text(key)])
    }

    /// Whether a track was discovered or decided on.
    package func knows(_ track: TrackID) throws -> Bool {
        try discovery(of: track) != nil || decision(on: track) != nil
    }

    /// The first tick after a row.
    package func tick(after sequence: Int64) throws -> JournalRow? {
        try row(.tick, "WHERE t.seq > ? ORDER BY t.seq LIMIT 1", [.integer(sequence)])
    }

    /// The commands to which the holds over a track, and STOP, are owed at a row, in order.
    package func holdings(over track: TrackID, atOrBefore sequence: Int64? = nil) throws
        -> [JournalRow]
    {
        let last = bound(sequence)
        var rows: [JournalRow] = []
        for scope in Self.scopes(around: track) {
            let cells: [Cell] = [.text("hold"), last, .text("resume"), last, scope, scope]
            let condition = Self.firstSinceLifted(" AND r.scope = ?", " AND t.scope = ?")
            if let found = try row(.command, condition, cells) { rows.append(found) }
        }
        let cells: [Cell] = [.text("stop"), last, .text("liftStop"), last]
        if let stop = try row(.command, Self.firstSinceLifted("", ""), cells) { rows.append(stop) }
        return rows.sorted { $0.sequence < $1.sequence }
    }

    /// The commands between two rows that set or lift STOP, whatever scope they name, in order.
    package func stops(after sequence: Int64, through last: Int64) throws -> [JournalRow] {
        let condition = """
            WHERE t.request IN ('stop', 'liftStop') AND t.seq > ? AND t.seq <= ? ORDER BY t.seq
            """
        let cells: [Cell] = [.integer(sequence), .integer(last)]
        return try read { try $0.rows(.command, condition, cells) }.map(journalRow)
    }

    /// The first command of one kind after the last one of the kind that lifts it.
    private static func firstSinceLifted(_ lifting: String, _ lifted: String) -> String {
        """
        WHERE t.request = ? AND t.seq <= ? AND t.seq > coalesce(
            (SELECT max(r.seq) FROM command r WHERE r.request = ? AND r.seq <= ?\(lifting)), 0)
            \(lifted) ORDER BY t.seq LIMIT 1
        """
    }

    /// Attempts and probes of a track that had no outcome at a row, in order.
    package func openAttempts(of track: TrackID, atOrBefore sequence: Int64? = nil) throws
        -> [JournalRow]
    {
        // The plus keeps SQLite from the index by track: a key has few outcomes.
        let condition = """
            WHERE t.track = ? AND t.seq <= ? AND NOT EXISTS (
                SELECT 1 FROM outcome o WHERE o.key = t.key AND +o.track = t.track
                    AND o.number = t.number AND o.purpose = t.purpose
                    AND o.seq > t.seq AND o.seq <= ?)
            ORDER BY t.seq
            """
        let cells: [Cell] = [.text(track.description), bound(sequence), bound(sequence)]
        let found = try read { try $0.rows(.attempt, condition, cells) }
        return try found.map(journalRow)
    }

    /// Calls `visit` with every command after `sequence`, in order, until it returns false.
    package func commands(
        after sequence: Int64 = 0,
        visit: (JournalRow) throws -> Bool
    ) throws {
        try walk([(.command, "", [])], after: sequence, through: .max, visit: visit)
    }

    /// Calls `visit` with every poll after `sequence` that brought an answer, in order, until it
    /// returns false: of some sources, at the scopes that a track is in.
    ///
    /// - Throws: what `visit` throws, or why a row cannot be read.
    package func goodPolls(
        of sources: [String],
        seenBy track: TrackID,
        after sequence: Int64 = 0,
        visit: (JournalRow) throws -> Bool
    ) throws {
        let parts = sources.flatMap { source in
            Self.scopes(around: track).map { scope -> Part in
                (
                    .poll, "t.channel = \(Self.channel) AND t.failure IS NULL AND",
                    [.text(source), scope]
                )
            }
        }
        try walk(parts, after: sequence, through: .max, visit: visit)
    }

    /// The newest polls that brought an answer, oldest first, up to a row: of one source, at the
    /// scopes that a track is in, no more of each than asked for.
    ///
    /// - Throws: `JournalError`.
    package func newestGoodPolls(
        of source: String,
        seenBy track: TrackID,
        through last: Int64,
        limit: Int
    ) throws -> [JournalRow] {
        let found = try read { database in
            try Self.scopes(around: track).flatMap { scope in
                try database.rows(
                    .poll,
                    "WHERE t.channel = \(Self.channel) AND t.failure IS NULL AND t.seq <= ?"
                        + " ORDER BY t.seq DESC LIMIT ?",
                    [.text(source), scope, .integer(last), .integer(Int64(limit))]
                )
            }
        }
        return try found.sorted { $0.sequence < $1.sequence }.map(journalRow)
    }

    /// The channel of a source at a scope.
    private static let channel = "(SELECT id FROM channel WHERE source = ? AND scope = ?)"

    /// Calls `visit` with all that happened to a track after `sequence`, in order, until it returns
    /// false: discoveries, decisions, intents, attempts, outcomes, and the commands of every scope
    /// that the track is in.
    ///
    /// - Parameters:
    ///   - track: the track.
    ///   - sequence: rows up to this one are left out.
    ///   - last: rows after this one are left out.
    ///   - visit: returns whether to go on.
    /// - Throws: what `visit` throws, or why a row cannot be read.
    package func history(
        of track: TrackID,
        after sequence: Int64 = 0,
        through last: Int64 = .max,
        visit: (JournalRow) throws -> Bool
    ) throws {
        let name: [Cell] = [.text(track.description)]
        let tables: [JournalTable] = [.discovery, .decision, .intent, .attempt, .outcome]
        var parts: [Part] = tables.map { ($0, "t.track = ? AND", name) }
        for scope in Self.scopes(around: track) {
            parts.append((.command, "t.scope = ? AND", [scope]))
        }
        try walk(parts, after: sequence, through: last, visit: visit)
    }

    /// Rows of one table that fit a condition, which ends in `AND`.
    private typealias Part = (table: JournalTable, condition: String, cells: [Cell])

    /// Merges parts by place, page by page.
    private func walk(
        _ parts: [Part],
        after sequence: Int64,
        through end: Int64,
        visit: (JournalRow) throws -> Bool
    ) throws {
        var last = sequence
        while true {
            let page = try read { database in
                var rows: [StoredRow] = []
                // Up to this place, every part has given all that it has.
                var complete = Int64.max
                for part in parts {
                    let found = try database.rows(
                        part.table,
                        "WHERE \(part.condition) t.seq > ? AND t.seq <= ?"
                            + " ORDER BY t.seq LIMIT ?",
                        part.cells + [.integer(last), .integer(end), .integer(Self.pageRows)]
                    )
                    if found.count == Int(Self.pageRows), let end = found.last?.sequence {
                        complete = min(complete, end)
                    }
                    rows += found
                }
                return (
                    rows.filter { $0.sequence <= complete }.sorted { $0.sequence < $1.sequence },
                    complete == .max
                )
            }
            for row in page.0 {
                last = row.sequence
                guard try visit(journalRow(row)) else { return }
            }
            if page.1 { return }
        }
    }

    private static func scopes(around track: TrackID) -> [Cell] {
        Scope.Level.allCases.map { .text(Scope($0, around: track).description) }
    }

    private func bound(_ sequence: Int64?) -> Cell { .integer(sequence ?? .max) }

    private func row(_ table: JournalTable, _ condition: String, _ cells: [Cell]) throws
        -> JournalRow?
    {
        try read { try $0.row(table, condition, cells) }.map(journalRow)
    }
}

extension Database {
    fileprivate func rows(
        _ table: JournalTable,
        _ condition: String,
        _ cells: [Cell]
    ) throws -> [StoredRow] {
        var rows: [StoredRow] = []
        try PreparedStatement(self, table.shape.select + condition).rows(cells) { row in
            rows.append(StoredRow(table, row))
        }
        return rows
    }

    fileprivate func row(
        _ table: JournalTable,
        _ condition: String,
        _ cells: [Cell]
    ) throws -> StoredRow? {
        try PreparedStatement(self, table.shape.select + condition).first(cells) { row in
            StoredRow(table, row)
        }
    }
}
