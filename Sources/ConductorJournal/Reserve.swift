import Glibc

/// A file that keeps room on the disk, to be given back when there is no other.
struct Reserve: Sendable {
    /// `reserve` beside the database.
    let path: String
    let bytes: Int64

    init(database: String, bytes: Int64) {
        path = FilePath.directory(of: database) + "/reserve"
        self.bytes = bytes
    }

    /// Whether the file is there in its whole length.
    var isThere: Bool { FilePath.size(of: path) == bytes }

    /// Makes the file, with all its blocks; false where there is no room for it.
    func make() -> Bool {
        if isThere { return true }
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        guard ftruncate(descriptor, 0) == 0, posix_fallocate(descriptor, 0, Int(bytes)) == 0 else {
            release()
            return false
        }
        return true
    }

    /// Gives the room back.
    func release() { _ = unsafe unlink(path) }

    /// Whether there is so much room again that the file leaves as much beside it.
    var hasRoom: Bool {
        var status = statvfs()
        guard unsafe statvfs(path.isEmpty ? "." : FilePath.directory(of: path), &status) == 0
        else { return false }
        return Int64(status.f_bavail) * Int64(status.f_frsize) >= 2 * bytes
    }
}
