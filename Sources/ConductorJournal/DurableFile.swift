import Glibc

/// Moving whole files so that a loss of power leaves the old one or the new one.
enum DurableFile {
    /// Waits until a file's bytes, or a directory's names, are on the disk.
    static func sync(_ path: String) throws(JournalError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw JournalError(.cannotOpen, path: path, "cannot be opened: \(lastSystemError())")
        }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw JournalError(.inputOutput, path: path, "cannot be synced: \(lastSystemError())")
        }
    }

    /// Gives a synced file another name; what had that name is gone.
    static func move(_ path: String, to other: String) throws(JournalError) {
        guard unsafe rename(path, other) == 0 else {
            throw JournalError(
                .inputOutput,
                path: path,
                "cannot become \(other): \(lastSystemError())"
            )
        }
        try sync(FilePath.directory(of: other))
    }

    /// Removes a database and what SQLite keeps beside it, where they are.
    static func removeDatabase(_ path: String) {
        for end in ["", "-wal", "-shm", "-journal"] { _ = unsafe unlink(path + end) }
    }
}
