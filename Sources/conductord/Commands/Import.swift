import ArgumentParser
import ConductorCore
import ConductorJournal
import Foundation
import Glibc

/// `conductord import`.
struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a journal of an export: the same rows, the same hashes.",
        discussion: """
            The journal is new; nothing may be in its place. It is checked before it gets its name.

            Examples:
              conductord import journal.jsonl --journal copy.sqlite
              zstdcat journal.jsonl.zst | conductord import - --state restored
            """
    )

    @Argument(help: "The export; '-' is standard input.")
    var file: String

    @OptionGroup var reading: ReadingOptions

    func run() throws {
        let descriptor = file == "-" ? STDIN_FILENO : unsafe open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Cannot("\(file) cannot be read: \(unsafe String(cString: strerror(errno)))")
        }
        let path = reading.journalPath
        var lines = LineReader(descriptor: descriptor)
        let head = try Journal.importing(to: path) { try lines.next() }
        try Output.print(
            reading.output,
            json: {
                [
                    "file": .string(file), "journal": .string(path), "head": .string(head.hash),
                    "entries": .int(head.entries),
                ]
            },
            text: { _ in "\(head.entries) entries in \(path)\nhead \(head.hash)" }
        )
    }
}

/// Reads a file line by line, whatever its size.
struct LineReader {
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// The next line without its end; nil after the last.
    ///
    /// - Throws: `Cannot` when the file cannot be read.
    mutating func next() throws -> [UInt8]? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                return Array(buffer[start..<end])
            }
            searched = buffer.count
            guard !isAtEnd else {
                guard start < buffer.count else { return nil }
                defer { start = buffer.count }
                return Array(buffer[start...])
            }
            searched -= start
            buffer.removeSubrange(..<start)
            start = 0
            try fill()
        }
    }

    private mutating func fill() throws {
        var block = [UInt8](repeating: 0, count: 1 << 16)
        let count = unsafe block.withUnsafeMutableBytes {
            unsafe read(descriptor, $0.baseAddress, $0.count)
        }
        guard count >= 0 else {
            guard errno == EINTR else {
                throw Cannot("it cannot be read: \(unsafe String(cString: strerror(errno)))")
            }
            return
        }
        if count == 0 { isAtEnd = true }
        buffer += block[..<count]
    }
}
