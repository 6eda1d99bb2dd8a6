import GRDB

/// Why the journal cannot be opened, written or read.
package struct JournalError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable, Hashable, CaseIterable {
        /// There is no file at the path.
        case missing
        /// Another process writes it; the detail names it.
        case inUse = "in_use"
        case notAJournal = "not_a_journal"
        /// A newer conductord wrote it.
        case newerSchema = "newer_schema"
        /// An older conductord wrote it, and a reader cannot migrate it.
        case olderSchema = "older_schema"
        /// SQLite does not sync every commit.
        case notDurable = "not_durable"
        case diskFull = "disk_full"
        case readOnly = "read_only"
        /// SQLite's own lock is held by somebody who is no conductord.
        case locked
        case cannotOpen = "cannot_open"
        case inputOutput = "input_output"
        case corrupt
        /// An entry that could not be read back as it was given.
        case invalidEntry = "invalid_entry"
        /// A row or body that is not what it should be.
        case unreadable
        /// What a digest names is not there.
        case absent
        case closed
        /// A file that would be overwritten.
        case exists
        /// A restore that did not come to its end.
        case interrupted
        /// Rows that were pruned.
        case pruned
        /// A line of an export that is not as it was written.
        case badExport = "bad_export"
        case database
    }

    package let code: Code
    /// The database's file.
    package let path: String
    package let detail: String

    package init(_ code: Code, path: String, _ detail: String) {
        self.code = code
        self.path = path
        self.detail = detail
    }

    /// `/x/journal.sqlite is in use by ... [in_use]`.
    package var description: String { "\(path) \(detail) [\(code.rawValue)]" }

    /// Says in the journal's words what SQLite says in its own; other errors stay as they are.
    static func naming(_ error: any Error, path: String) -> any Error {
        guard let error = error as? DatabaseError else { return error }
        return JournalError(database: error, path: path)
    }

    init(database error: DatabaseError, path: String) {
        // The message alone: SQL and arguments may hold what must not be shown.
        let said = error.message ?? "no message"
        let sqlite = "SQLite: \(said), code \(error.extendedResultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_FULL:
            self.init(
                .diskFull,
                path: path,
                "cannot be written: the disk is full; free some space (\(sqlite))"
            )
        case .SQLITE_READONLY, .SQLITE_PERM:
            self.init(
                .readOnly,
                path: path,
                "cannot be written: the file or its directory is read-only (\(sqlite))"
            )
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(
                .locked,
                path: path,
                "is locked by another program; end what has it open for writing (\(sqlite))"
            )
        case .SQLITE_CORRUPT:
            self.init(
                .corrupt,
                path: path,
                "is damaged; restore it from a backup (\(sqlite))"
            )
        case .SQLITE_NOTADB:
            self.init(.notAJournal, path: path, "is no SQLite database (\(sqlite))")
        case .SQLITE_CANTOPEN:
            self.init(
                .cannotOpen,
                path: path,
                "cannot be opened; see that it and its directory may be read (\(sqlite))"
            )
        case .SQLITE_IOERR:
            self.init(
                .inputOutput,
                path: path,
                "cannot be read or written: the device reports an error (\(sqlite))"
            )
        default:
            self.init(.database, path: path, "cannot be used (\(sqlite))")
        }
    }
}
