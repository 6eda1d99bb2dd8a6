import ArgumentParser
import ConductorCore
import ConductorJournal
import Foundation
import Glibc

/// `conductord export`.
struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write the whole journal as lines of JSON.",
        discussion: """
            One object a line: every row as the chain hashes it, every body once, and an end. \
            'import' makes the same journal of it again, hash by hash. With --json the lines go \
            to FILE and what was done is printed.

            Examples:
              conductord export journal.jsonl
              conductord export - | zstd > journal.jsonl.zst
            """
    )

    @Argument(help: "The file to write; '-' is standard output.")
    var file = "-"

    @Flag(help: "Replace a file that is there.")
    var force = false

    @OptionGroup var reading: ReadingOptions

    func validate() throws {
        guard file != "-" || !reading.output.json else {
            throw ValidationError("--json needs a FILE: standard output has the lines.")
        }
    }

    func run() throws {
        let reader = try ReadOnlyJournal(path: reading.journalPath)
        guard file != "-" else {
            _ = try Self.write(reader, to: STDOUT_FILENO)
            return
        }
        let head = try Self.write(reader, toFile: file, replaces: force)
        try Output.print(
            reading.output,
            json: {
                [
                    "file": .string(file), "head": .string(head.hash),
                    "entries": .int(head.entries),
                ]
            },
            text: { _ in "\(head.entries) entries in \(file)\nhead \(head.hash)" }
        )
    }

    private static func write(
        _ reader: ReadOnlyJournal,
        toFile file: String,
        replaces: Bool
    ) throws -> JournalHead {
        guard replaces || !FileManager.default.fileExists(atPath: file) else {
            throw Cannot("\(file) is there already; --force replaces it")
        }
        let partial = file + ".partial"
        let descriptor = unsafe open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        func failed() -> Cannot {
            Cannot("\(partial) cannot be written: \(unsafe String(cString: strerror(errno)))")
        }
        guard descriptor >= 0 else { throw failed() }
        defer { close(descriptor) }
        let head = try write(reader, to: descriptor)
        guard fsync(descriptor) == 0, unsafe rename(partial, file) == 0 else { throw failed() }
        return head
    }

    /// Lines in blocks, for one call a line costs more than the line.
    private static func write(
        _ reader: ReadOnlyJournal,
        to descriptor: Int32
    ) throws -> JournalHead {
        var block: [UInt8] = []
        let head = try reader.export { line in
            block += line
            block.append(UInt8(ascii: "\n"))
            guard block.count >= 1 << 16 else { return true }
            defer { block.removeAll(keepingCapacity: true) }
            return try Output.write(block, to: descriptor)
        }
        try Output.write(block, to: descriptor)
        return head
    }
}
