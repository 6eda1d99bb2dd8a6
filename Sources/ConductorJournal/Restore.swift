package import ConductorCore
import GRDB

/// A journal that came back from a backup.
package struct RestoredJournal: Sendable, Equatable {
    /// The end of the backup.
    package var backup: JournalHead
    /// The end of the journal, behind the row that says that it was restored.
    package var head: JournalHead
    /// Where the journal went that was there; nil if there was none.
    package var keptAside: String?
}

extension Journal {
    /// The file in which a restore is prepared; while it is there, nobody writes the journal.
    static func restoringPath(_ path: String) -> String { path + ".restoring" }

    /// Puts a backup in the place of a journal.
    ///
    /// The journal that was there is kept aside. The last row of the new one says that it was
    /// restored, so that the next run looks for every open action before it does anything.
    ///
    /// - Parameters:
    ///   - backup: the backup's file; it is read only.
    ///   - path: where the journal belongs.
    ///   - holder: who restores, as another writer is told.
    ///   - now: the wall clock.
    /// - Returns: both ends, and where the old journal is.
    /// - Throws: `inUse` while a daemon runs, `corrupt` where the backup is not whole, or why a
    ///   file cannot be written; the journal that was there is then where it was, or aside.
    package static func restore(
        _ backup: String,
        to path: String,
        holder: String,
        now: Instant
    ) throws -> RestoredJournal {
        let source = try ReadOnlyJournal(path: backup)
        try FilePath.makeDirectory(FilePath.directory(of: path))
        let lock = try JournalLock(database: path, holder: holder)
        defer { withExtendedLifetime(lock) {} }
        let verification = try source.verify()
        guard verification.ok, let end = try? source.head() else {
            throw JournalError(
                .corrupt,
                path: backup,
                "is not as it was written; `verify --journal \(backup)` says what is wrong"
            )
        }
        let partial = restoringPath(path)
        DurableFile.removeDatabase(partial)
        try source.copy(to: partial)
        let head = try mark(partial, head: end.hash, now: now)
        try DurableFile.sync(partial)
        let aside = try keepAside(path, now: now)
        try DurableFile.move(partial, to: path)
        return RestoredJournal(backup: end, head: head, keptAside: aside)
    }

    /// Appends the row that says that the journal was restored.
    private static func mark(
        _ path: String,
        head: String,
        now: Instant
    ) throws -> JournalHead {
        let journal = try Journal(unlocked: path)
        let at = try journal.queue.inDatabase { try $0.stamp(at: now) }
        _ = try journal.append([.upkeep(.init(at: at, event: .restored(head: head)))])
        let end = journal.head
        try journal.close()
        return end
    }

    private static func keepAside(_ path: String, now: Instant) throws -> String? {
        guard FilePath.size(of: path) != nil || FilePath.size(of: path + "-wal") != nil else {
            return nil
        }
        let stamp = now.description.filter { $0 != ":" && $0 != "-" }
        var aside = "\(path).before-restore-\(stamp)"
        var number = 1
        while FilePath.size(of: aside) != nil || FilePath.size(of: aside + "-wal") != nil {
            number += 1
            aside = "\(path).before-restore-\(stamp)-\(number)"
        }
        for end in ["", "-wal"] where FilePath.size(of: path + end) != nil {
            try DurableFile.move(path + end, to: aside + end)
        }
        DurableFile.removeDatabase(path)
        return aside
    }
}
