import ArgumentParser
import ConductorCore
import ConductorJournal

/// `conductord status`.
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show where every track stands, what blocks it, and what comes next.",
        discussion: """
            Reads the journal; the daemon may be down. Times are those of the journal's last tick.

            Examples:
              conductord status
              conductord status music/8.9.2
              conductord status --all --json | jq '.tracks[].light'
            """
    )

    @Argument(help: "Only what is in this scope: a track, a release (app/version), or an app.")
    var scope: Scope?

    @Flag(help: "Also tracks that retired, and entered their last stage over 30 days ago.")
    var all = false

    @OptionGroup var reading: ReadingOptions

    func run() throws {
        let reader = try ReadOnlyJournal(path: reading.journalPath)
        let fleet = try FleetReading(reader)
        if case .track(let track) = scope { try reader.require(track) }
        let named = scope.map { if case .track = $0 { true } else { false } } ?? false
        let asked = fleet.tracks.filter { scope?.contains($0.state.track) ?? true }
        let shown = asked.filter { track in
            all || named || StatusReport.isShown(track.state, at: fleet.at)
        }
        let report = StatusReport(
            at: fleet.at,
            stop: fleet.stop,
            isDiskFull: fleet.isDiskFull,
            isReconciling: fleet.isReconciling,
            holds: fleet.holds,
            tracks: shown,
            hidden: asked.count - shown.count
        )
        try Output.print(reading.output, json: { report.json }, text: report.text)
    }
}
