package import ConductorCore
import ConductorPorts
import GRDB
import Synchronization

/// The journal's one writer.
///
/// Appending is durable: when `append` returns, the rows survive the loss of power. There is one
/// connection, it alone writes and checkpoints, and a lock beside the database keeps every other
/// writer out for as long as the process lives.
package final class Journal: JournalWriter, Sendable {
    /// The database's file.
    package let path: String
    let queue: DatabaseQueue
    private let state: Mutex<State>
    private let reserve: Reserve?

    /// Bytes that a daemon keeps for the hour in which the disk is full.
    package static let reserveBytes: Int64 = 32 << 20

    /// What the writer knows without asking the database.
    private struct State {
        var lock: JournalLock?
        var isClosed = false
        var sequence: Int64
        var hash: [UInt8]
        var channels: [Channel: Int64]
        /// The disk is full, and the reserve was given back for what must not be lost.
        var isLow = false
        /// Set once a sync failed: what the kernel then still holds, nobody can say.
        var failure: JournalError?
    }

    private struct Channel: Hashable {
        var source: Cell
        var scope: Cell
    }

    /// Opens the journal for writing, and brings an older one up to the present schema.
    ///
    /// - Parameters:
    ///   - path: the database's file; `lock` is made in the same directory.
    ///   - holder: who writes, as another writer is told: `conductord`.
    ///   - create: make the file, and its directory, if there is none.
    ///   - reserve: bytes of room to keep beside the database; 0 keeps none.
    ///   - vfs: the registered SQLite file system that holds the file; nil is the system's own. In
    ///     another one there is no directory and no lock: who registered it has it alone.
    /// - Throws: why it cannot be used; above all `inUse`, which names the holder.
    package convenience init(
        path: String,
        holder: String,
        create: Bool,
        reserve: Int64 = 0,
        vfs: String? = nil
    ) throws(JournalError) {
        if vfs == nil {
            if create {
                try FilePath.makeDirectory(FilePath.directory(of: path))
            } else if FilePath.size(of: path) == nil {
                throw JournalError(.missing, path: path, "does not exist; `run` makes it")
            }
        }
        let lock = vfs == nil ? try JournalLock(database: path, holder: holder) : nil
        guard vfs != nil || FilePath.size(of: Self.restoringPath(path)) == nil else {
            throw JournalError(
                .interrupted,
                path: path,
                "was being restored when that was cut off; run `restore` again"
            )
        }
        try self.init(path: path, lock: lock, create: create, reserve: reserve, vfs: vfs)
    }

    /// Opens a file that nobody else knows of yet.
    convenience init(unlocked path: String, create: Bool = false) throws(JournalError) {
        try self.init(path: path, lock: nil, create: create, reserve: 0, vfs: nil)
    }

    private init(
        path: String,
        lock: JournalLock?,
        create: Bool,
        reserve: Int64,
        vfs: String?
    ) throws(JournalError) {
        let reserve = reserve > 0 ? Reserve(database: path, bytes: reserve) : nil
        let isLow = reserve.map { !$0.make() } ?? false
        do {
            let queue = try DatabaseQueue(
                path: FilePath.place(path, vfs: vfs),
                configuration: Self.configuration
            )
            try Self.prepare(queue, path: path, create: create)
            let (head, channels) = try queue.inDatabase { database in
                (try database.journalHead(), try Self.channels(database))
            }
            self.path = path
            self.queue = queue
            self.reserve = reserve
            state = Mutex(
                State(
                    lock: lock,
                    sequence: head.sequence,
                    hash: head.hash,
                    channels: channels,
                    isLow: isLow
                )
            )
        } catch let error as JournalError {
            throw error
        } catch let error as DatabaseError {
            throw JournalError(database: error, path: path)
        } catch {
            throw JournalError(.database, path: path, "cannot be opened (\(error))")
        }
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.label = "conductord.journal"
        return configuration
    }

    private static func prepare(_ queue: DatabaseQueue, path: String, create: Bool) throws {
        switch try queue.inDatabase(Schema.kind) {
        case .journal, .older: break
        case .empty:
            guard create else {
                throw JournalError(.notAJournal, path: path, "is empty; `run` makes a journal")
            }
        case .newer: throw JournalError.newer(path)
        case .foreign:
            throw JournalError(.notAJournal, path: path, "is a database of something else")
        }
        try queue.inDatabase { database in
            let mode = try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL")
            guard mode == "wal" else {
                throw JournalError(
                    .notDurable,
                    path: path,
                    "cannot keep a write-ahead log where it lies; use a local file system"
                )
            }
            // After WAL, for whoever enters WAL on the way may have set NORMAL.
            try database.execute(sql: "PRAGMA synchronous = FULL")
            try database.execute(sql: "PRAGMA journal_size_limit = 67108864")
        }
        try Schema.migrator.migrate(queue)
        try queue.inDatabase { try requireFullSync($0, path: path) }
    }

    static func requireFullSync(_ database: Database, path: String) throws {
        let level = try Int.fetchOne(database, sql: "PRAGMA synchronous")
        guard level == 2 else {
            throw JournalError(
                .notDurable,
                path: path,
                "would not sync every commit: synchronous reads \(level ?? -1), not 2 (FULL)"
            )
        }
    }

    private static func channels(_ database: Database) throws -> [Channel: Int64] {
        var channels: [Channel: Int64] = [:]
        let statement = try PreparedStatement(database, "SELECT id, source, scope FROM channel")
        try statement.rows([]) { row in
            channels[Channel(source: row[1], scope: row[2])] = row.integer(0)
        }
        return channels
    }

    /// Learns anew which channels there are.
    func reloadChannels() throws {
        let channels = try queue.inDatabase(Self.channels)
        state.withLock { $0.channels = channels }
    }

    /// The last row, and the hash over all.
    package var head: JournalHead {
        state.withLock { JournalHead(sequence: $0.sequence, hash: Digest.hex($0.hash)) }
    }

    /// SHA-256 as 64 lower-case hex digits.
    package func digest(of bytes: [UInt8]) -> String { Digest.text(of: bytes) }

    /// Empties the log into the database, closes it, and gives the lock back.
    package func close() throws(JournalError) {
        do {
            try state.withLock { state in
                guard !state.isClosed else { return }
                state.isClosed = true
                state.failure = JournalError(.closed, path: path, "is closed")
                try queue.close()
                state.lock = nil
            }
        } catch let error as DatabaseError {
            throw JournalError(database: error, path: path)
        } catch {
            throw JournalError(.database, path: path, "cannot be closed (\(error))")
        }
    }
}

// MARK: - Appending

extension Journal {
    /// Appends entries in one durable transaction.
    ///
    /// - Parameters:
    ///   - entries: what is recorded; nothing is written for an empty list.
    ///   - bodies: observation bodies by digest; those that no entry names are not stored.
    /// - Returns: the places, in order of `entries`.
    /// - Throws: `JournalError`; nothing was written then, and the head is where it was.
    package func append(
        _ entries: [Entry],
        bodies: [String: JSON] = [:]
    ) throws(JournalError) -> [Int64] {
        try append(entries, bodies: bodies) { _ in }
    }

    /// Whether the disk is full, so that only what must not be lost may be written.
    ///
    /// Looks whether there is room again, and keeps some of it then. Nil where no room is kept.
    package func isLow() -> Bool? {
        guard let reserve else { return nil }
        return state.withLock { state in
            guard state.isLow else { return false }
            if reserve.hasRoom, reserve.make() { state.isLow = false }
            return state.isLow
        }
    }

    /// The hash over all rows.
    package var headHash: String? { head.hash }

    /// Appends entries, and does something else before them in the same transaction.
    func append(
        _ entries: [Entry],
        bodies: [String: JSON],
        after first: (Database) throws -> Void
    ) throws(JournalError) -> [Int64] {
        guard !entries.isEmpty else { return [] }
        do {
            return try state.withLock { state in
                if let failure = state.failure { throw failure }
                do {
                    let batch = try writeWithReserve(entries, bodies, &state, first)
                    let places = Array(state.sequence + 1...batch.sequence)
                    state.sequence = batch.sequence
                    state.hash = batch.hash
                    state.channels.merge(batch.channels) { known, _ in known }
                    return places
                } catch let error as DatabaseError {
                    let named = JournalError(database: error, path: path)
                    state.failure = Self.lasting(error, path: path)
                    throw named
                }
            }
        } catch let error as JournalError {
            throw error
        } catch {
            throw JournalError(.database, path: path, "cannot be written (\(error))")
        }
    }

    /// On a full disk, the reserve is given back, and it is tried once more.
    private func writeWithReserve(
        _ entries: [Entry],
        _ bodies: [String: JSON],
        _ state: inout State,
        _ first: (Database) throws -> Void
    ) throws -> Batch {
        do {
            return try write(entries, bodies: bodies, after: state, first)
        } catch let error as DatabaseError
            where error.resultCode == .SQLITE_FULL && reserve?.isThere == true
        {
            reserve?.release()
            state.isLow = true
            return try write(entries, bodies: bodies, after: state, first)
        }
    }

    /// After a failed sync a later one may succeed over pages that are lost: no more is written.
    private static func lasting(_ error: DatabaseError, path: String) -> JournalError? {
        switch error.extendedResultCode {
        case .SQLITE_IOERR_FSYNC, .SQLITE_IOERR_DIR_FSYNC:
            JournalError(
                .inputOutput,
                path: path,
                "is not written any more: an earlier sync failed; look at the disk, then restart"
            )
        default: nil
        }
    }

    /// One transaction's progress, taken over by the writer only once it is committed.
    private struct Batch {
        var sequence: Int64
        var hash: [UInt8]
        var channels: [Channel: Int64] = [:]
    }

    private func write(
        _ entries: [Entry],
        bodies: [String: JSON],
        after state: borrowing State,
        _ first: (Database) throws -> Void
    ) throws -> Batch {
        var batch = Batch(sequence: state.sequence, hash: state.hash)
        let known = state.channels
        try queue.inDatabase { database in
            try database.inImmediateTransaction {
                try first(database)
                for (index, entry) in entries.enumerated() {
                    do {
                        try write(entry, bodies, known, &batch, database)
                    } catch let fault as EntryFault {
                        throw invalid(index, fault.message)
                    } catch is EncodingError {
                        throw invalid(index, "it holds a value that has no JSON form")
                    }
                }
            }
        }
        return batch
    }

    private func invalid(_ index: Int, _ message: String) -> JournalError {
        JournalError(
            .invalidEntry,
            path: path,
            "cannot record entry \(index) of a batch: \(message)"
        )
    }

    private func write(
        _ entry: Entry,
        _ bodies: [String: JSON],
        _ known: [Channel: Int64],
        _ batch: inout Batch,
        _ database: Database
    ) throws {
        let row = try entry.encoded()
        let sequence = batch.sequence + 1
        let next = row.table.shape.header.hash(
            after: batch.hash,
            sequence: sequence,
            cells: row.cells
        )
        guard let hash = next else { throw EntryFault(message: "it holds bytes") }
        try store(row, at: sequence, hash: hash, bodies, known, &batch, database)
        batch.sequence = sequence
        batch.hash = hash
    }

    private func store(
        _ row: EncodedEntry,
        at sequence: Int64,
        hash: [UInt8],
        _ bodies: [String: JSON],
        _ known: [Channel: Int64],
        _ batch: inout Batch,
        _ database: Database
    ) throws {
        var stored: [Cell] = [.integer(sequence)]
        stored.reserveCapacity(row.cells.count + 2)
        switch row.table {
        case .poll:
            let channel = Channel(source: row.cells[0], scope: row.cells[1])
            stored.append(.integer(try id(of: channel, known, &batch, database)))
            stored += row.cells[2...]
            if case .text(let digest) = row.cells[4] {
                stored[4] = .integer(
                    try id(ofBody: digest, database) { bodies[digest]?.description }
                )
            }
        case .tick:
            stored += row.cells
            if case .text(let digest) = row.cells[5] {
                stored[6] = .integer(try id(ofBody: digest, database) { row.sharedText })
            }
        case .machine, .boot, .decision, .command, .intent, .attempt, .outcome, .discovery,
            .upkeep:
            stored += row.cells
        }
        stored.append(.bytes(hash))
        try PreparedStatement(database, row.table.shape.insert).run(stored)
    }

    /// Puts rows in place as an export has them; their hashes are checked already.
    func insert(_ items: [ImportItem]) throws {
        do {
            try state.withLock { state in
                var batch = Batch(sequence: state.sequence, hash: state.hash)
                let known = state.channels
                try queue.inDatabase { database in
                    try database.inImmediateTransaction {
                        for item in items { try insert(item, known, &batch, database) }
                    }
                }
                state.sequence = batch.sequence
                state.hash = batch.hash
                state.channels.merge(batch.channels) { known, _ in known }
            }
        } catch let fault as EntryFault {
            throw JournalError(.badExport, path: path, "cannot be made: \(fault.message)")
        } catch {
            throw JournalError.naming(error, path: path)
        }
    }

    private func insert(
        _ item: ImportItem,
        _ known: [Channel: Int64],
        _ batch: inout Batch,
        _ database: Database
    ) throws {
        switch item {
        case .row(let row, let sequence, let hash):
            try store(row, at: sequence, hash: hash, [:], known, &batch, database)
            batch.sequence = sequence
            batch.hash = hash
        case .body(let digest, let canonical):
            _ = try id(ofBody: digest, database) { canonical }
        case .seal(let seal):
            try database.insert(seal)
            batch.sequence = seal.last
            batch.hash = seal.lastHash
        }
    }

    private func id(
        of channel: Channel,
        _ known: [Channel: Int64],
        _ batch: inout Batch,
        _ database: Database
    ) throws -> Int64 {
        if let id = known[channel] ?? batch.channels[channel] { return id }
        let insert = "INSERT INTO channel (source, scope) VALUES (?, ?)"
        try PreparedStatement(database, insert).run([channel.source, channel.scope])
        let id = database.lastInsertedRowID
        batch.channels[channel] = id
        return id
    }

    private func id(
        ofBody digest: String,
        _ database: Database,
        text: () -> String?
    ) throws -> Int64 {
        guard let bytes = Digest.bytes(ofHex: digest) else {
            throw EntryFault(message: "'\(digest)' is no digest; it would be 64 hex digits")
        }
        let select = try PreparedStatement(database, "SELECT id FROM body WHERE digest = ?")
        if let id = try select.first([.bytes(bytes)], read: { $0.integer(0) ?? 0 }) { return id }
        guard let text = text() else {
            throw EntryFault(message: "body \(digest) is neither stored nor handed along")
        }
        guard Digest.sha256(Array(text.utf8)) == bytes else {
            throw EntryFault(message: "the body handed along as \(digest) has another digest")
        }
        let insert = "INSERT INTO body (digest, canonical) VALUES (?, ?)"
        try PreparedStatement(database, insert).run([.bytes(bytes), .text(text)])
        return database.lastInsertedRowID
    }
}

extension JournalError {
    static func newer(_ path: String) -> JournalError {
        JournalError(
            .newerSchema,
            path: path,
            "was written by a newer conductord; use that one, or restore an older backup"
        )
    }
}
