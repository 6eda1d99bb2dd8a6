import ArgumentParser
import ConductorCore
import ConductorJournal

/// `conductord track list`.
struct TrackList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List all tracks, retired ones too.",
        discussion: """
            Examples:
              conductord track list
              conductord track list --json | jq -r '.tracks[].track'
            """
    )

    @OptionGroup var reading: ReadingOptions

    func run() throws {
        let fleet = try FleetReading(try ReadOnlyJournal(path: reading.journalPath))
        let report = TrackListReport(at: fleet.at, tracks: fleet.tracks)
        try Output.print(reading.output, json: { report.json }, text: report.text)
    }
}
