package import ConductorCore
import GRDB

/// What pruning takes out, or would.
package struct PruneReport: Sendable, Equatable {
    /// Days before this one are closed.
    package var before: Instant
    /// The last row of the closed days; 0 where there are none.
    package var through: Int64
    /// Rows that go, by table, in order of name.
    package var removed: [String: Int64]
    /// Rows up to `through` that stay.
    package var kept: Int64
    /// Seals that stand for what is gone, those of earlier prunings merged in.
    package var seals: Int
    /// Bytes of the file before and after; equal in a dry run.
    package var bytesBefore: Int64
    package var bytesAfter: Int64

    /// Rows that go.
    package var rows: Int64 { removed.values.reduce(0, +) }
}

extension ReadOnlyJournal {
    /// What pruning would take out; nothing is written.
    package func plannedPrune(keeping span: Span) throws -> PruneReport {
        let plan = try read { try PrunePlan($0, keeping: span) }
        return plan.report(bytes: FilePath.size(of: path) ?? 0)
    }
}

extension Journal {
    /// Replaces days that are over by seals.
    ///
    /// Machines, boots, commands, discoveries, intents, attempts, outcomes, and decisions that
    /// moved a track or answered a person stay for ever. So does what the last tick of those days
    /// rested on, so that all goes on from there as if nothing were gone.
    ///
    /// - Parameters:
    ///   - span: how much stays whole, counted back from the last tick, in whole days of UTC.
    ///   - now: the wall clock.
    /// - Returns: what went, and what stayed.
    /// - Throws: `JournalError`; nothing was taken out then.
    package func prune(keeping span: Span, now: Instant) throws -> PruneReport {
        do {
            let bytes = FilePath.size(of: path) ?? 0
            let (plan, at) = try queue.inDatabase {
                (try PrunePlan($0, keeping: span), try $0.stamp(at: now))
            }
            var report = plan.report(bytes: bytes)
            guard report.rows > 0 else { return report }
            let record = Entry.Upkeep(
                at: at,
                event: .pruned(
                    through: plan.through,
                    rows: report.rows,
                    seals: plan.seals.digest
                )
            )
            // Without an index from a body to its polls, checking each deletion reads them all;
            // `verify` finds what would dangle.
            try queue.inDatabase { try $0.execute(sql: "PRAGMA foreign_keys = OFF") }
            _ = try append([.upkeep(record)], bodies: [:]) { try plan.execute($0) }
            try queue.inDatabase { database in
                try database.execute(sql: "PRAGMA foreign_keys = ON")
                try database.execute(sql: "VACUUM")
                _ = try Row.fetchAll(database, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            }
            try reloadChannels()
            report.bytesAfter = FilePath.size(of: path) ?? 0
            return report
        } catch {
            throw JournalError.naming(error, path: path)
        }
    }
}

/// Which rows go, and the seals that stand for them.
struct PrunePlan {
    private(set) var before = Instant(milliseconds: 0)
    private(set) var through: Int64 = 0
    private(set) var seals = Seals()
    private var removed: [JournalTable: Int64] = [:]
    private var kept: Int64 = 0

    private static let prunable: [JournalTable] = [.poll, .tick, .decision]

    init(_ database: Database, keeping span: Span) throws {
        seals = try database.seals()
        let lastTick = "SELECT at_ms FROM tick ORDER BY seq DESC LIMIT 1"
        guard
            let now = try PreparedStatement(database, lastTick).first([], read: { $0.integer(0) })
                ?? nil
        else { return }
        let day: Int64 = 86_400_000
        let moment = now - span.milliseconds
        let start = moment - ((moment % day) + day) % day
        before = Instant(milliseconds: start)
        guard let end = try Self.end(database, before: start) else { return }
        through = end
        let keep = try Self.keep(database, through: end)
        try walk(database, keep: keep)
    }

    /// The last row of the last tick's group before a moment.
    private static func end(_ database: Database, before start: Int64) throws -> Int64? {
        let first = "SELECT min(seq) FROM tick WHERE at_ms >= ?"
        let open = try PreparedStatement(database, first).first([.integer(start)]) { $0.integer(0) }
        guard let open = open ?? nil else { return nil }
        let last = "SELECT seq, number FROM tick WHERE seq < ? ORDER BY seq DESC LIMIT 1"
        let tick = try PreparedStatement(database, last).first([.integer(open)]) {
            ($0.integer(0) ?? 0, $0[1])
        }
        guard let tick else { return nil }
        var end = tick.0
        for table in ["decision", "intent"] {
            let sql = "SELECT max(seq) FROM \(table) WHERE seq > ? AND seq < ? AND tick = ?"
            let cells: [Cell] = [.integer(tick.0), .integer(open), tick.1]
            let found = try PreparedStatement(database, sql).first(cells) { $0.integer(0) } ?? nil
            end = max(end, found ?? end)
        }
        return end
    }

    /// Rows of the prunable tables that stay.
    private static func keep(_ database: Database, through end: Int64) throws -> Set<Int64> {
        var keep: Set<Int64> = []
        var ticks: Set<Int64> = []
        var live: [TrackID] = []
        let bound: [Cell] = [.integer(end)]
        // What moved a track or answered a person, and the last decision on each.
        let moves = """
            SELECT seq, tick FROM decision WHERE seq <= ?1 AND
                (json_valid(decision) AND (json_extract(decision, '$.fired') IS NOT NULL
                    OR json_extract(decision, '$.entered') IS NOT NULL
                    OR json_array_length(decision, '$.replies') > 0)
                OR seq IN (SELECT max(seq) FROM decision WHERE seq <= ?1 GROUP BY track))
            """
        try PreparedStatement(database, moves).rows(bound) { row in
            keep.insert(row.integer(0) ?? 0)
            ticks.insert(row.integer(1) ?? 0)
        }
        let intents = "SELECT DISTINCT tick FROM intent WHERE seq <= ?"
        try PreparedStatement(database, intents).rows(bound) { ticks.insert($0.integer(0) ?? 0) }
        let all = "SELECT seq, number FROM tick WHERE seq <= ? ORDER BY seq"
        var last: Int64 = 0
        try PreparedStatement(database, all).rows(bound) { row in
            last = row.integer(0) ?? 0
            if let number = row.integer(1), ticks.contains(number) { keep.insert(last) }
        }
        keep.insert(last)
        // Tracks that were still decided then.
        let tracks = """
            SELECT track FROM discovery d WHERE seq <= ?1 AND NOT EXISTS (
                SELECT 1 FROM decision WHERE track = d.track AND seq <= ?1
                    AND json_valid(state) AND json_extract(state, '$.retired') = 1)
            """
        try PreparedStatement(database, tracks).rows(bound) { row in
            if let track = row.text(0).flatMap({ TrackID($0) }) { live.append(track) }
        }
        try PreparedStatement(database, "SELECT id, scope FROM channel").rows([]) { row in
            guard let scope = row.text(1).flatMap({ Scope($0) }),
                live.contains(where: scope.contains)
            else { return }
            let channel: [Cell] = [row[0], .integer(end)]
            func newest(_ condition: String) throws -> Int64? {
                let sql =
                    "SELECT max(seq) FROM poll WHERE channel = ? AND failure IS \(condition)"
                    + " AND seq <= ?"
                return try PreparedStatement(database, sql).first(channel) { $0.integer(0) } ?? nil
            }
            let good = try newest("NULL")
            let failed = try newest("NOT NULL")
            if let good { keep.insert(good) }
            if let failed, failed > good ?? 0 { keep.insert(failed) }
        }
        return keep
    }

    /// Goes over all rows up to the end once, and joins what goes into runs.
    private mutating func walk(_ database: Database, keep: Set<Int64>) throws {
        var old = seals.all[...]
        var runs: [Seal] = []
        func add(_ seal: Seal) {
            if let last = runs.last, last.last + 1 == seal.first {
                runs[runs.count - 1].last = seal.last
                runs[runs.count - 1].lastHash = seal.lastHash
            } else {
                runs.append(seal)
            }
        }
        let parts = JournalTable.allCases.map { table in
            let prunable = Self.prunable.firstIndex(of: table) ?? -1
            return "SELECT seq, \(prunable) AS place, hash FROM \"\(table.rawValue)\""
                + " WHERE seq <= ?1"
        }
        let sql = parts.joined(separator: " UNION ALL ") + " ORDER BY seq"
        var removed = removed
        var kept: Int64 = 0
        try PreparedStatement(database, sql).rows([.integer(through)]) { row in
            let sequence = row.integer(0) ?? 0
            while let seal = old.first, seal.first < sequence {
                add(seal)
                old = old.dropFirst()
            }
            let place = Int(row.integer(1) ?? -1)
            guard place >= 0, !keep.contains(sequence) else {
                kept += 1
                return
            }
            let hash = row.bytes(2) ?? []
            add(Seal(first: sequence, last: sequence, firstHash: hash, lastHash: hash))
            removed[Self.prunable[place], default: 0] += 1
        }
        for seal in old { add(seal) }
        self.removed = removed
        self.kept = kept
        seals.all = runs
    }

    func report(bytes: Int64) -> PruneReport {
        PruneReport(
            before: before,
            through: through,
            removed: Dictionary(
                uniqueKeysWithValues: Self.prunable.map { ($0.rawValue, removed[$0] ?? 0) }
            ),
            kept: kept,
            seals: seals.all.count,
            bytesBefore: bytes,
            bytesAfter: bytes
        )
    }

    /// Takes the rows out, within the transaction that records it.
    func execute(_ database: Database) throws {
        for table in Self.prunable {
            let sql = "DELETE FROM \"\(table.rawValue)\" WHERE seq BETWEEN ? AND ?"
            let statement = try PreparedStatement(database, sql)
            for seal in seals.all {
                try statement.run([.integer(seal.first), .integer(seal.last)])
            }
        }
        try PreparedStatement(database, "DELETE FROM seal").run([])
        for seal in seals.all { try database.insert(seal) }
        let orphans = [
            """
            DELETE FROM body WHERE id NOT IN (
                SELECT body FROM poll WHERE body IS NOT NULL
                UNION SELECT shadow FROM tick WHERE shadow IS NOT NULL)
            """,
            "DELETE FROM channel WHERE id NOT IN (SELECT channel FROM poll)",
        ]
        for sql in orphans { try PreparedStatement(database, sql).run([]) }
    }
}
