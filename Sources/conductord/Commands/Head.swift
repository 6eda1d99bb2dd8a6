import ArgumentParser
import ConductorJournal

/// `conductord head`.
struct Head: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the hash over the whole journal, and the number of its entries.",
        discussion: """
            Kept elsewhere, it shows later whether rows were cut off at the end.

            Examples:
              conductord head
              conductord head --json
            """
    )

    @OptionGroup var reading: ReadingOptions

    func run() throws {
        let report = HeadReport(head: try ReadOnlyJournal(path: reading.journalPath).head())
        try Output.print(reading.output, json: { report.json }, text: report.text)
    }
}
