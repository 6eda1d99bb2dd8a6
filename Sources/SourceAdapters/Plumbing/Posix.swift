import ConductorCore

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The few calls of the operating system that no library here wraps.
enum Posix {
    /// An environment variable of this process.
    static func environmentVariable(_ name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }

    /// Whether an error's number says that a connection never came to be.
    static func isRefusal(_ number: Int32) -> Bool { number == ECONNREFUSED }

    /// Whether this user may write there.
    static func isWritable(_ path: String) -> Bool { unsafe access(path, W_OK) == 0 }

    /// Whether this user may start it.
    static func isExecutable(_ path: String) -> Bool { unsafe access(path, X_OK) == 0 }

    /// The wall clock.
    static func now() -> Instant {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Instant(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// Whether a child of this process has ended; it stays to be reaped by its owner.
    static func hasEnded(_ child: Int32) -> Bool {
        var information = unsafe siginfo_t()
        let result = unsafe waitid(
            P_PID,
            id_t(child),
            &information,
            WEXITED | WNOHANG | WNOWAIT
        )
        return unsafe result != 0 || information.si_signo != 0
    }

    /// What stands at a path, links followed.
    static func status(of path: String) throws(FileProblem) -> FileStatus {
        var buffer = stat()
        guard unsafe stat(path, &buffer) == 0 else { throw FileProblem(errno: errno, path: path) }
        return FileStatus(buffer)
    }

    /// All bytes of a regular file, read in one piece.
    ///
    /// Nothing but a regular file is ever opened for long, and none that holds more than `limit`
    /// is read to its end.
    static func readRegularFile(
        _ path: String,
        limit: Int
    ) throws(FileProblem) -> (bytes: [UInt8], status: FileStatus) {
        guard try status(of: path).isRegular else { throw .notRegular(path) }
        let descriptor = unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { throw FileProblem(errno: errno, path: path) }
        defer { close(descriptor) }
        let before = try status(of: descriptor, path)
        guard before.isRegular else { throw .notRegular(path) }
        guard before.size <= limit else { throw .tooLarge(path, limit: limit) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(before.size) + 1)
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes { buffer in
                unsafe read(descriptor, buffer.baseAddress, buffer.count)
            }
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw FileProblem(errno: errno, path: path)
            }
            bytes += chunk[..<count]
            guard bytes.count <= limit else { throw .tooLarge(path, limit: limit) }
        }
        let after = try status(of: descriptor, path)
        let there = try status(of: path)
        guard before == after, after == there, bytes.count == Int(after.size) else {
            throw .changing(path)
        }
        return (bytes, after)
    }

    private static func status(
        of descriptor: Int32,
        _ path: String
    ) throws(FileProblem) -> FileStatus {
        var buffer = stat()
        guard unsafe fstat(descriptor, &buffer) == 0 else {
            throw FileProblem(errno: errno, path: path)
        }
        return FileStatus(buffer)
    }
}

/// What identifies a file and its content's age.
struct FileStatus: Sendable, Hashable {
    var isRegular: Bool
    var isDirectory: Bool
    var device: UInt64
    var inode: UInt64
    var size: Int64
    var modified: Instant
    private var modifiedNanoseconds: Int64

    fileprivate init(_ buffer: stat) {
        isRegular = buffer.st_mode & S_IFMT == S_IFREG
        isDirectory = buffer.st_mode & S_IFMT == S_IFDIR
        device = UInt64(truncatingIfNeeded: buffer.st_dev)
        inode = UInt64(truncatingIfNeeded: buffer.st_ino)
        size = Int64(buffer.st_size)
        #if canImport(Darwin)
            let time = buffer.st_mtimespec
        #else
            let time = buffer.st_mtim
        #endif
        modifiedNanoseconds = Int64(time.tv_nsec)
        modified = Instant(
            milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
        )
    }
}

/// Why a file was not read.
enum FileProblem: Error, Sendable, Hashable {
    case missing(String)
    case forbidden(String)
    case notRegular(String)
    case tooLarge(String, limit: Int)
    /// It was written to, or replaced, while it was read.
    case changing(String)
    case other(String, number: Int32)

    init(errno number: Int32, path: String) {
        switch number {
        case ENOENT, ENOTDIR: self = .missing(path)
        case EACCES, EPERM: self = .forbidden(path)
        default: self = .other(path, number: number)
        }
    }

    var message: String {
        switch self {
        case .missing(let path): "there is no file '\(path)'"
        case .forbidden(let path): "'\(path)' may not be read by this user"
        case .notRegular(let path): "'\(path)' is not a regular file"
        case .tooLarge(let path, let limit): "'\(path)' holds more than \(limit) bytes"
        case .changing(let path): "'\(path)' changes while it is read"
        case .other(let path, let number):
            "'\(path)' cannot be read: \(unsafe String(cString: strerror(number)))"
        }
    }

    var failure: PollFailure {
        switch self {
        case .missing: .notFound
        case .forbidden: .unauthorised
        case .notRegular: .misconfigured
        case .tooLarge: .tooLarge
        case .changing: .malformed
        case .other: .unreachable
        }
    }
}
