import ConductorCore
import Glibc

/// The one writer's claim: an advisory lock on the file `lock` beside the database.
///
/// The kernel drops it with the process, however that ends. The file says who holds it.
final class JournalLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock.
    ///
    /// - Throws: `inUse`, naming the holder; or why the file cannot be made.
    init(database path: String, holder: String) throws(JournalError) {
        let file = FilePath.directory(of: path) + "/lock"
        // Close-on-exec: a child that outlives the daemon must not keep its lock.
        let descriptor = unsafe open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            let code: JournalError.Code =
                errno == EACCES || errno == EROFS || errno == EPERM ? .readOnly : .cannotOpen
            throw JournalError(code, path: path, "cannot be locked: \(file): \(lastSystemError())")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let cause = errno
            defer { close(descriptor) }
            guard cause == EWOULDBLOCK else {
                throw JournalError(
                    .cannotOpen,
                    path: path,
                    "cannot be locked: \(file): \(lastSystemError())"
                )
            }
            let other = Holder(readFrom: descriptor)
            throw JournalError(.inUse, path: path, "is in use by \(other.sentence)")
        }
        self.descriptor = descriptor
        Holder(name: holder).write(to: descriptor)
    }

    deinit {
        // Emptied first: a file without a holder says that nobody holds the lock.
        ftruncate(descriptor, 0)
        // Unlocked, not only closed: a child between fork and exec still has the descriptor.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}

/// Who holds the lock, as the lock file says it: one line of canonical JSON.
private struct Holder {
    var name: String?
    var process: Int64?
    var user: String?
    var since: String?

    init(name: String) {
        self.name = name
        process = Int64(getpid())
        user = Self.currentUser()
        since = Instant.now().description
    }

    init(readFrom descriptor: Int32) {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = unsafe pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0, let json = try? JSON(parsing: Array(bytes[..<count])) else { return }
        name = json["holder"]?.stringValue
        process = json["process"]?.intValue
        user = json["user"]?.stringValue
        since = json["since"]?.stringValue
    }

    /// `conductord, process 123, user root, since 2026-03-02T09:00:00Z`.
    var sentence: String {
        var parts = [name ?? "another process"]
        if let process { parts.append("process \(process)") }
        if let user { parts.append("user \(user)") }
        if let since { parts.append("since \(since)") }
        return parts.joined(separator: ", ")
    }

    func write(to descriptor: Int32) {
        let json = JSON.compact([
            "holder": name.map { .string($0) }, "process": process.map { .int($0) },
            "user": user.map { .string($0) }, "since": since.map { .string($0) },
        ])
        let bytes = json.canonicalBytes + [UInt8(ascii: "\n")]
        // It informs people only: that it could not be written changes nothing.
        ftruncate(descriptor, 0)
        _ = unsafe pwrite(descriptor, bytes, bytes.count, 0)
    }

    private static func currentUser() -> String {
        guard let entry = unsafe getpwuid(geteuid()), let name = unsafe entry.pointee.pw_name else {
            return String(geteuid())
        }
        return unsafe String(cString: name)
    }
}

extension Instant {
    /// The wall clock, for the lock file alone; what is recorded gets its times from the caller.
    fileprivate static func now() -> Instant {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Instant(milliseconds: Int64(time.tv_sec) * 1000)
    }
}

/// What `errno` says, in words.
func lastSystemError() -> String { unsafe String(cString: strerror(errno)) }

/// The few questions about files that the journal asks.
enum FilePath {
    /// The directory that a path's last part is in.
    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        let directory = path[..<slash]
        return directory.isEmpty ? "/" : String(directory)
    }

    /// The size in bytes, or nil where nothing is.
    static func size(of path: String) -> Int64? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return Int64(status.st_size)
    }

    /// A form that SQLite never takes for a URI.
    static func plain(_ path: String) -> String { path.hasPrefix("/") ? path : "./" + path }

    /// What SQLite opens: the file in the system's own file system, or in another one.
    static func place(_ path: String, vfs: String?) -> String {
        guard let vfs else { return plain(path) }
        return uri(path) + "?vfs=\(vfs)"
    }

    /// A URI by which SQLite opens a file that nobody writes, without its log and shared memory.
    static func immutableURI(_ path: String) -> String { uri(path) + "?immutable=1" }

    private static func uri(_ path: String) -> String {
        var uri = "file:"
        for byte in plain(path).utf8 {
            switch byte {
            case UInt8(ascii: "%"): uri += "%25"
            case UInt8(ascii: "?"): uri += "%3f"
            case UInt8(ascii: "#"): uri += "%23"
            default: uri.unicodeScalars.append(Unicode.Scalar(byte))
            }
        }
        return uri
    }

    /// Makes a directory and those above it.
    static func makeDirectory(_ path: String) throws(JournalError) {
        guard size(of: path) == nil else { return }
        let parent = directory(of: path)
        if parent != path { try makeDirectory(parent) }
        guard unsafe mkdir(path, 0o755) == 0 || errno == EEXIST else {
            throw JournalError(.cannotOpen, path: path, "cannot be made: \(lastSystemError())")
        }
    }
}
