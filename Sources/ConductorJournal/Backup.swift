import GRDB

/// What a copy of a journal came to.
package struct JournalCopy: Sendable, Equatable {
    /// The copy's file; nil where there is none, because the journal itself is not whole.
    package var file: String?
    package var bytes: Int64
    /// What the check of the copy found.
    package var verification: Verification
}

extension ReadOnlyJournal {
    /// Writes a whole copy of the journal as it stands at one moment, beside whoever writes it.
    ///
    /// The copy is checked row by row before it gets its name, and synced. It is one file that
    /// needs no other.
    ///
    /// - Parameters:
    ///   - file: where the copy goes.
    ///   - replaces: whether a file that is there may be replaced.
    /// - Returns: the copy, and what its check found.
    /// - Throws: `exists` where there is a file already, or why the copy cannot be written.
    package func backUp(to file: String, replaces: Bool) throws -> JournalCopy {
        guard replaces || FilePath.size(of: file) == nil else {
            throw JournalError(.exists, path: file, "is there already; --force replaces it")
        }
        let partial = file + ".partial"
        DurableFile.removeDatabase(partial)
        do {
            try copy(to: partial)
            let verification = try ReadOnlyJournal(path: partial).verify()
            guard verification.ok else {
                DurableFile.removeDatabase(partial)
                return JournalCopy(file: nil, bytes: 0, verification: verification)
            }
            try DurableFile.sync(partial)
            try DurableFile.move(partial, to: file)
            return JournalCopy(
                file: file,
                bytes: FilePath.size(of: file) ?? 0,
                verification: verification
            )
        } catch {
            DurableFile.removeDatabase(partial)
            throw error
        }
    }

    /// Copies the database at one moment by SQLite's backup interface, into one file without a log.
    func copy(to file: String) throws {
        do {
            var configuration = Configuration()
            configuration.label = "conductord.journal.copy"
            let copy = try DatabaseQueue(
                path: FilePath.plain(file),
                configuration: configuration
            )
            // All pages in one step: one read transaction, which keeps no writer waiting.
            try queue.backup(to: copy)
            try copy.inDatabase { database in
                _ = try String.fetchOne(database, sql: "PRAGMA journal_mode = DELETE")
            }
            try copy.close()
        } catch {
            throw JournalError.naming(error, path: file)
        }
    }
}
