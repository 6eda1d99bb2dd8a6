import ConductorCore
import Glibc
import Logging
import Synchronization

/// The tokens as they stand in their file now: a change is noticed at the next question.
final class TokenShelf: Sendable {
    /// What tells one state of the file from another.
    private struct Mark: Equatable {
        var inode: UInt64 = 0
        var seconds = 0
        var nanoseconds = 0
        var size: Int64 = 0
        var mode: UInt32 = 0
    }

    private struct State {
        var mark: Mark?
        var book = TokenBook()
    }

    private let path: String
    private let logger: Logger
    private let state = Mutex(State())

    init(path: String, logger: Logger) {
        self.path = path
        self.logger = logger
    }

    /// The book; an empty one where it cannot be read, so that nobody is let in by it.
    var book: TokenBook {
        let mark = Self.mark(of: path)
        return state.withLock { state in
            if state.mark == mark, mark != nil { return state.book }
            do {
                state.book = try TokenBook(path: path)
            } catch {
                // Said once for each state of the file.
                logger.error("no token is good", metadata: ["reason": "\(error)"])
                state.book = TokenBook()
            }
            state.mark = mark
            return state.book
        }
    }

    private static func mark(of path: String) -> Mark? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return Mark(
            inode: UInt64(status.st_ino),
            seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec,
            size: Int64(status.st_size),
            mode: status.st_mode
        )
    }
}
