import ArgumentParser
import ConductorJournal

/// `conductord verify`.
struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check that every row of the journal is as it was written.",
        discussion: """
            Finds any single row that was changed, inserted, dropped or swapped before the last. \
            That rows were cut off or appended at the end shows only against a head that was kept \
            elsewhere. Ends with 1 when something is wrong, with 3 when nothing can be read.

            Examples:
              conductord verify
              conductord verify --head "$(conductord head | cut -d' ' -f1)"
              conductord verify --journal copy.sqlite --json
            """
    )

    @Option(help: "The journal must end with this head, as 'conductord head' printed it.")
    var head: String?

    @OptionGroup var reading: ReadingOptions

    func validate() throws {
        guard let head else { return }
        guard head.count == 64, head.allSatisfy({ $0.isASCII && $0.isHexDigit }) else {
            throw ValidationError("A head is 64 hex digits, as 'conductord head' prints them.")
        }
    }

    func run() throws {
        let reader = try ReadOnlyJournal(path: reading.journalPath)
        let terminal = Terminal.errors
        let verification = try reader.verify(expectedHead: head?.lowercased()) { checked, total in
            guard terminal.isTerminal else { return }
            Output.progress(checked < total ? "verify: row \(checked) of \(total)" : "")
        }
        let report = VerifyReport(verification: verification)
        try Output.print(reading.output, json: { report.json }, text: report.text)
        if !verification.ok { throw Exit.no }
    }
}
