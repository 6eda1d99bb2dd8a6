package import ConductorCore
import GRDB

/// Rows that were pruned: an unbroken run of places, and what they were chained to and into.
struct Seal: Sendable, Equatable {
    var first: Int64
    var last: Int64
    /// The chain's value after the first row of the run.
    var firstHash: [UInt8]
    /// The chain's value after the last row of the run: what the next row is chained to.
    var lastHash: [UInt8]

    var json: JSON {
        [
            "first": .int(first), "first_hash": .string(Digest.hex(firstHash)),
            "last": .int(last), "last_hash": .string(Digest.hex(lastHash)),
        ]
    }

    init(first: Int64, last: Int64, firstHash: [UInt8], lastHash: [UInt8]) {
        self.first = first
        self.last = last
        self.firstHash = firstHash
        self.lastHash = lastHash
    }

    /// Nil for what is no seal.
    init?(_ json: JSON) {
        guard let first = json["first"]?.intValue, let last = json["last"]?.intValue,
            let firstHash = json["first_hash"]?.stringValue.flatMap(Digest.bytes(ofHex:)),
            let lastHash = json["last_hash"]?.stringValue.flatMap(Digest.bytes(ofHex:)),
            first <= last
        else { return nil }
        self.init(first: first, last: last, firstHash: firstHash, lastHash: lastHash)
    }
}

/// All seals of a journal, in order.
struct Seals: Sendable {
    var all: [Seal] = []

    /// What a `pruned` row says of them: SHA-256 over their canonical JSON.
    var digest: String { Digest.text(of: JSON.array(all.map(\.json)).canonicalBytes) }

    /// The seal that a place is under.
    func covering(_ place: Int64) -> Seal? {
        var (low, high) = (0, all.count)
        while low < high {
            let middle = (low + high) / 2
            if all[middle].last < place { low = middle + 1 } else { high = middle }
        }
        guard low < all.count, all[low].first <= place else { return nil }
        return all[low]
    }
}

extension Database {
    func seals() throws -> Seals {
        var seals = Seals()
        let sql = "SELECT first, last, first_hash, last_hash FROM seal ORDER BY first"
        try PreparedStatement(self, sql).rows([]) { row in
            seals.all.append(
                Seal(
                    first: row.integer(0) ?? 0,
                    last: row.integer(1) ?? 0,
                    firstHash: row.bytes(2) ?? [],
                    lastHash: row.bytes(3) ?? []
                )
            )
        }
        return seals
    }

    func insert(_ seal: Seal) throws {
        let sql = "INSERT INTO seal (first, last, first_hash, last_hash) VALUES (?, ?, ?, ?)"
        try PreparedStatement(self, sql).run([
            .integer(seal.first), .integer(seal.last), .bytes(seal.firstHash),
            .bytes(seal.lastHash),
        ])
    }

    /// The newest moment on both clocks that a row holds; nil in an empty journal.
    func newestStamp() throws -> Stamp? {
        var newest: Stamp?
        for table in JournalTable.allCases where table.columns.contains("elapsed_ms") {
            let sql =
                "SELECT at_ms, elapsed_ms FROM \"\(table.rawValue)\" ORDER BY seq DESC LIMIT 1"
            let last = try PreparedStatement(self, sql).first([]) { row in
                Stamp(
                    wall: Instant(milliseconds: row.integer(0) ?? 0),
                    elapsed: row.integer(1) ?? 0
                )
            }
            if let last, newest.map({ $0.elapsed <= last.elapsed }) ?? true { newest = last }
        }
        return newest
    }

    /// Now, for a row that the program writes outside any run: the elapsed clock goes on.
    func stamp(at now: Instant) throws -> Stamp {
        let newest = try newestStamp()
        let gone = newest.map { max(0, (now - $0.wall).milliseconds) } ?? 0
        return Stamp(wall: now, elapsed: (newest?.elapsed ?? 0) + gone)
    }
}

extension ReadOnlyJournal {
    /// The last row of the closed days that were pruned; 0 where nothing was.
    ///
    /// What is kept of the rows up to it folds to what was believed after it; between them, no
    /// moment can be asked for.
    package func checkpoint() throws -> Int64 {
        let found = try read { database -> StoredRow? in
            let sql = "WHERE t.event = 'pruned' ORDER BY t.seq DESC LIMIT 1"
            let select = JournalTable.upkeep.shape.select + sql
            return try PreparedStatement(database, select).first([]) { StoredRow(.upkeep, $0) }
        }
        guard let found, case .upkeep(let record) = try journalRow(found).entry,
            case .pruned(let through, _, _) = record.event
        else { return 0 }
        return through
    }

    /// Says that a tick cannot be asked for any more, if that is so.
    ///
    /// - Throws: `pruned`.
    package func requireNotPruned(_ tick: JournalRow, asked: Instant) throws {
        let checkpoint = try checkpoint()
        guard tick.sequence <= checkpoint,
            let last = try self.tick(atOrBefore: checkpoint), last.sequence != tick.sequence
        else { return }
        var until = ""
        if case .tick(let tick) = last.entry { until = " before \(tick.at.wall)" }
        throw JournalError(
            .pruned,
            path: path,
            "has nothing to ask for at \(asked): what was\(until) is pruned; transitions,"
                + " commands and actions are kept, see `timeline`"
        )
    }
}
