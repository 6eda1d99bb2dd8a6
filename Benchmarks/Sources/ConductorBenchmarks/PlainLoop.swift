import ConductorCore
import Crypto
import Foundation
import GRDBSQLite

/// The least that writes such rows durably: one prepared statement, run over and over.
///
/// The table, the values' sizes and the settings are the journal's; nothing is checked or hashed.
@safe
final class PlainLoop {
    private var connection: OpaquePointer?
    private var insertion: OpaquePointer?
    private var number: Int64 = 0
    private var hash = [UInt8](repeating: 0x5a, count: 32)
    private let hashes: Bool

    /// `hashes`: whether each row's bytes go through SHA-256 with the hash before, as a chain does.
    init(path: String, indexed: Bool, hashes: Bool = false) throws {
        self.hashes = hashes
        guard unsafe sqlite3_open(path, &connection) == SQLITE_OK else { throw failure() }
        try run("PRAGMA journal_mode = WAL")
        try run("PRAGMA synchronous = FULL")
        try run("PRAGMA journal_size_limit = 67108864")
        try run(
            """
            CREATE TABLE decision (
                seq INTEGER PRIMARY KEY,
                tick INTEGER NOT NULL,
                track TEXT NOT NULL,
                decision TEXT NOT NULL,
                state TEXT NOT NULL,
                hash BLOB NOT NULL
            ) STRICT
            """
        )
        if indexed { try run("CREATE INDEX decision_by_track ON decision (track)") }
        let level = try number(of: "PRAGMA synchronous")
        precondition(
            level == 2,
            "The plain loop would not sync every commit, and compare with less than the journal."
        )
        let text = "INSERT INTO decision VALUES (?, ?, ?, ?, ?, ?)"
        guard unsafe sqlite3_prepare_v2(connection, text, -1, &insertion, nil) == SQLITE_OK else {
            throw failure()
        }
    }

    /// Inserts one row; each is a transaction of its own.
    func insert(_ record: Entry.DecisionRecord) throws {
        number += 1
        if hashes { chain(record) }
        let transient = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        unsafe sqlite3_bind_int64(insertion, 1, number)
        unsafe sqlite3_bind_int64(insertion, 2, Int64(record.tick))
        unsafe sqlite3_bind_text(insertion, 3, record.track.description, -1, transient)
        unsafe sqlite3_bind_text(insertion, 4, record.decision, -1, transient)
        unsafe sqlite3_bind_text(insertion, 5, record.state, -1, transient)
        unsafe sqlite3_bind_blob(insertion, 6, hash, CInt(hash.count), transient)
        guard unsafe sqlite3_step(insertion) == SQLITE_DONE else { throw failure() }
        unsafe sqlite3_reset(insertion)
    }

    /// Runs `work` in one transaction.
    func transaction(_ work: () throws -> Void) throws {
        try run("BEGIN IMMEDIATE")
        try work()
        try run("COMMIT")
    }

    private func chain(_ record: Entry.DecisionRecord) {
        var sum = SHA256()
        sum.update(data: hash)
        sum.update(data: Array(record.track.description.utf8))
        sum.update(data: Array(record.decision.utf8))
        sum.update(data: Array(record.state.utf8))
        hash = Array(sum.finalize())
    }

    func close() {
        unsafe sqlite3_finalize(insertion)
        unsafe sqlite3_close(connection)
    }

    private func run(_ text: String) throws {
        guard unsafe sqlite3_exec(connection, text, nil, nil, nil) == SQLITE_OK else {
            throw failure()
        }
    }

    private func number(of text: String) throws -> CInt {
        var statement: OpaquePointer?
        guard unsafe sqlite3_prepare_v2(connection, text, -1, &statement, nil) == SQLITE_OK,
            unsafe sqlite3_step(statement) == SQLITE_ROW
        else { throw failure() }
        defer { unsafe sqlite3_finalize(statement) }
        return unsafe sqlite3_column_int(statement, 0)
    }

    private func failure() -> Failure {
        Failure(message: unsafe String(cString: sqlite3_errmsg(connection)))
    }

    struct Failure: Error { var message: String }
}

/// What the disk can do: overwrite so many bytes of a file, as a log is written, and sync them.
final class SyncLoop {
    private static let size = 4 << 20
    private let handle: FileHandle
    private let bytes: Data
    private var offset = 0

    init(path: String, bytes count: Int) throws {
        let url = URL(filePath: path)
        try Data(repeating: 0, count: Self.size).write(to: url)
        handle = try FileHandle(forUpdating: url)
        bytes = Data(repeating: 0x5a, count: count)
    }

    func write() throws {
        if offset + bytes.count > Self.size { offset = 0 }
        try handle.seek(toOffset: UInt64(offset))
        try handle.write(contentsOf: bytes)
        offset += bytes.count
        precondition(fdatasync(handle.fileDescriptor) == 0, "The disk does not sync.")
    }
}
