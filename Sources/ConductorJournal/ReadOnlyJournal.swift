package import ConductorCore
import ConductorPorts
import GRDB

/// A journal to look at: never writes, whether or not a daemon is writing.
///
/// Reads go in pages, each its own short transaction, so that a long reading never keeps the log
/// from being emptied. Rows are never changed, so pages of different moments fit together.
package final class ReadOnlyJournal: JournalReader, Sendable {
    /// Rows in one page, and thus in one read transaction.
    package static let pageRows: Int64 = 1_000

    /// The database's file.
    package let path: String
    let queue: DatabaseQueue

    /// Opens the journal for reading.
    ///
    /// Where the directory cannot be written (a copy on a read-only medium), and nothing waits in a
    /// log beside the database, it is read as a file that nobody changes.
    ///
    /// - Parameters:
    ///   - path: the database's file.
    ///   - vfs: the registered SQLite file system that holds the file; nil is the system's own.
    /// - Throws: why it cannot be read.
    package init(path: String, vfs: String? = nil) throws(JournalError) {
        self.path = path
        guard vfs != nil || FilePath.size(of: path) != nil else {
            throw JournalError(.missing, path: path, "does not exist")
        }
        do {
            queue = try Self.open(path, vfs: vfs)
            switch try queue.inDatabase(Schema.kind) {
            case .journal: break
            case .empty: throw JournalError(.notAJournal, path: path, "is empty")
            case .foreign:
                throw JournalError(.notAJournal, path: path, "is a database of something else")
            case .newer: throw JournalError.newer(path)
            case .older:
                throw JournalError(
                    .olderSchema,
                    path: path,
                    "was written by an older conductord; `run` brings it up to date"
                )
            }
        } catch let error as JournalError {
            throw error
        } catch let error as DatabaseError {
            throw JournalError(database: error, path: path)
        } catch {
            throw JournalError(.database, path: path, "cannot be opened (\(error))")
        }
    }

    private static func open(_ path: String, vfs: String?) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        configuration.label = "conductord.journal.reader"
        do {
            let queue = try DatabaseQueue(
                path: FilePath.place(path, vfs: vfs),
                configuration: configuration
            )
            // The first read meets what opening left undone.
            try queue.inDatabase { _ = try Schema.kind($0) }
            return queue
        } catch let error as DatabaseError where vfs == nil {
            switch error.resultCode {
            case .SQLITE_CANTOPEN, .SQLITE_READONLY:
                guard (FilePath.size(of: path + "-wal") ?? 0) == 0 else {
                    throw JournalError(
                        .cannotOpen,
                        path: path,
                        "has rows in \(path)-wal, which cannot be read where it lies; copy both"
                            + " files into a directory that you may write"
                    )
                }
                return try DatabaseQueue(
                    path: FilePath.immutableURI(path),
                    configuration: configuration
                )
            default: throw error
            }
        }
    }

    /// Runs `body` in one read transaction.
    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do {
            return try queue.inDatabase { database in
                var value: Value?
                try database.inTransaction(.deferred) {
                    value = try body(database)
                    return .commit
                }
                guard let value else { throw DatabaseError(message: "no value was read") }
                return value
            }
        } catch {
            throw JournalError.naming(error, path: path)
        }
    }

    /// What a row records, or an error that says which row cannot be read.
    func journalRow(_ row: StoredRow) throws(JournalError) -> JournalRow {
        do {
            return JournalRow(sequence: row.sequence, entry: try row.entry())
        } catch {
            throw JournalError(
                .unreadable,
                path: path,
                "has an unreadable row: \(row.table.rawValue) \(row.sequence): \(error.message)"
            )
        }
    }

    /// The last row, and the hash over all.
    package func head() throws -> JournalHead {
        let head = try read { try $0.journalHead() }
        return JournalHead(sequence: head.sequence, hash: Digest.hex(head.hash))
    }

    /// Calls `visit` with every row after `sequence`, in order, until it returns false.
    ///
    /// Rows appended meanwhile are visited too. `visit` may use this journal.
    ///
    /// - Throws: what `visit` throws, or why a row cannot be read; a gap is an error.
    package func rows(
        after sequence: Int64,
        visit: (JournalRow) throws -> Bool
    ) throws {
        var last = sequence
        let seals = try read { try $0.seals() }
        while true {
            if let seal = seals.covering(last + (last == .max ? 0 : 1)) { last = seal.last }
            let page = try read { database in
                let page = try database.rows(
                    after: last,
                    through: last + min(Self.pageRows, .max - last)
                )
                let isEnd = page.isEmpty ? try database.nextSequence(after: last) == nil : false
                return isEnd ? nil : page
            }
            guard let page else { return }
            for row in page {
                if let seal = seals.covering(last + 1), seal.last < row.sequence {
                    last = seal.last
                }
                guard row.sequence == last + 1 else { throw gap(after: last) }
                last = row.sequence
                guard try visit(journalRow(row)) else { return }
            }
            if page.isEmpty, seals.covering(last + 1) == nil { throw gap(after: last) }
        }
    }

    func gap(after last: Int64) -> JournalError {
        JournalError(.corrupt, path: path, "has no single row \(last + 1); `verify` says more")
    }

    /// The observation body of this digest.
    ///
    /// - Throws: `absent` when it is not there, `unreadable` when it is not what its digest says.
    package func body(_ digest: String) throws -> JSON {
        let found = try read { database -> Cell? in
            guard let bytes = Digest.bytes(ofHex: digest) else { return nil }
            let sql = "SELECT canonical FROM body WHERE digest = ?"
            return try PreparedStatement(database, sql).first([.bytes(bytes)]) { $0[0] }
        }
        guard let found else {
            throw JournalError(.absent, path: path, "has no body \(digest)")
        }
        guard case .text(let text) = found, Digest.text(of: Array(text.utf8)) == digest,
            let json = try? JSON(stored: text)
        else {
            throw JournalError(.unreadable, path: path, "has another body as \(digest)")
        }
        return json
    }
}

extension Database {
    /// Rows of all tables in a range of places, in order of place.
    func rows(after sequence: Int64, through last: Int64) throws -> [StoredRow] {
        var rows: [StoredRow] = []
        for table in JournalTable.allCases {
            rows += try self.rows(table, after: sequence, through: last)
        }
        return rows.sorted { $0.sequence < $1.sequence }
    }

    /// Rows of one table in a range of places, in order of place.
    func rows(_ table: JournalTable, after sequence: Int64, through last: Int64) throws
        -> [StoredRow]
    {
        var rows: [StoredRow] = []
        let sql = table.shape.select + "WHERE t.seq > ? AND t.seq <= ? ORDER BY t.seq"
        try PreparedStatement(self, sql).rows([.integer(sequence), .integer(last)]) { row in
            rows.append(StoredRow(table, row))
        }
        return rows
    }

    /// The first place after `sequence` that a row of any table has.
    func nextSequence(after sequence: Int64) throws -> Int64? {
        var next: Int64?
        for table in JournalTable.allCases {
            let found = try nextSequence(table, after: sequence)
            if let found { next = min(next ?? found, found) }
        }
        return next
    }

    func nextSequence(_ table: JournalTable, after sequence: Int64) throws -> Int64? {
        let sql = "SELECT min(seq) FROM \"\(table.rawValue)\" WHERE seq > ?"
        return try PreparedStatement(self, sql).first([.integer(sequence)]) { $0.integer(0) } ?? nil
    }
}
