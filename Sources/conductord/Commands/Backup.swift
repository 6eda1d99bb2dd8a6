import ArgumentParser
import ConductorCore
import ConductorJournal

/// `conductord backup`.
struct Backup: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Copy the journal into one file, beside a running daemon, and check the copy.",
        discussion: """
            The copy is the journal at one moment: checked row by row, synced, and only then given \
            its name. Ends with 1 when the journal itself is not as it was written; then there is \
            no copy.

            Examples:
              conductord backup /backups/journal-today.sqlite
              conductord backup --force latest.sqlite --json
            """
    )

    @Argument(help: "The file to write.")
    var file: String

    @Flag(help: "Replace a file that is there.")
    var force = false

    @OptionGroup var reading: ReadingOptions

    func run() throws {
        let reader = try ReadOnlyJournal(path: reading.journalPath)
        let copy = try reader.backUp(to: file, replaces: force)
        let report = BackupReport(copy: copy)
        try Output.print(reading.output, json: { report.json }, text: report.text)
        if copy.file == nil { throw Exit.no }
    }
}

/// What `backup` says.
struct BackupReport: Sendable {
    var copy: JournalCopy

    var json: JSON {
        let check = VerifyReport(verification: copy.verification).json
        return [
            "file": copy.file.map { .string($0) } ?? .null,
            "bytes": .int(copy.bytes),
            "head": .string(copy.verification.head),
            "entries": .int(copy.verification.entries),
            "ok": .bool(copy.verification.ok),
            "faults": check["faults"] ?? .array([]),
        ]
    }

    func text(on page: Page) -> String {
        let check = VerifyReport(verification: copy.verification).text(on: page)
        guard let file = copy.file else { return check + "\nno copy was made" }
        return check + "\n\(copy.bytes) bytes in \(file)"
    }
}
