import ConductorCore
import Foundation
import Glibc

/// Standard output and standard error.
///
/// A reader who has gone away ends nothing: what is left is not written, and the command ends with
/// the code that its answer has.
enum Output {
    /// Prints one JSON document and a line's end.
    ///
    /// - Throws: `Cannot` when standard output cannot be written.
    static func print(_ json: JSON) throws {
        try write(json.canonicalBytes + [UInt8(ascii: "\n")], to: STDOUT_FILENO)
    }

    /// Prints a text and a line's end.
    ///
    /// - Throws: `Cannot` when standard output cannot be written.
    static func print(_ text: String) throws {
        try write(Array(text.utf8) + [UInt8(ascii: "\n")], to: STDOUT_FILENO)
    }

    /// Says on standard error that something cannot be done, or is not so.
    static func complain(_ sentence: String) {
        _ = try? write(Array("conductord: \(sentence)\n".utf8), to: STDERR_FILENO)
    }

    /// Puts a line of progress in the place of the one before; an empty text clears it.
    static func progress(_ text: String) {
        _ = try? write(Array("\r\u{1B}[K\(text)".utf8), to: STDERR_FILENO)
    }

    /// Prints a report as JSON or for people.
    ///
    /// - Throws: `Cannot` when standard output cannot be written.
    static func print(_ options: OutputOptions, json: () -> JSON, text: (Page) -> String) throws {
        if options.json {
            try print(json())
        } else {
            try print(text(Terminal.output.page(now: SystemClock().wall())))
        }
    }

    /// Writes all bytes, and returns whether somebody was there to read them.
    ///
    /// - Throws: `Cannot` when they cannot be written for another reason.
    @discardableResult
    static func write(_ bytes: [UInt8], to descriptor: Int32) throws -> Bool {
        _ = signal(SIGPIPE, SIG_IGN)
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EPIPE {
                return false
            } else if errno == EAGAIN {
                var place = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = unsafe poll(&place, 1, -1)
            } else if errno != EINTR {
                throw Cannot(
                    "the output cannot be written: \(unsafe String(cString: strerror(errno)))"
                )
            }
        }
        return true
    }
}
