import ArgumentParser
import ConductorCore
import ConductorJournal

/// `conductord diff`.
struct Diff: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what changed for a track between two moments.",
        discussion: """
            Where it stands, each condition's verdict with the facts as they were and as they are, \
            what blocks each transition, and what was asked and done in between.

            Examples:
              conductord diff music/ios/8.9.2 --at 2026-03-02T09:00:00Z --at 2026-03-03T09:00:00Z
              conductord diff music/ios/8.9.2 --at 2026-03-02T09:00:00Z      # until now
              conductord diff music/ios/8.9.2 --at 2026-03-02T09:00:00Z --json | jq '.conditions'
            """
    )

    @Argument(help: "The track: app/platform/version.")
    var track: TrackID

    @Option(help: "The two moments (RFC 3339), the earlier one first; one alone means until now.")
    var at: [Instant] = []

    @OptionGroup var reading: ReadingOptions

    func validate() throws {
        guard (1...2).contains(at.count) else {
            throw ValidationError("give two moments: --at TIME --at TIME; or one, until now")
        }
        if at.count == 2, at[1] < at[0] {
            throw ValidationError("the first --at is after the second")
        }
    }

    func run() throws {
        let reader = try ReadOnlyJournal(path: reading.journalPath)
        let report = try Self.report(
            on: track,
            from: at[0],
            to: at.count == 2 ? at[1] : nil,
            in: reader
        )
        try Output.print(reading.output, json: { report.json }, text: report.text)
    }

    /// Reads what there is to say.
    ///
    /// - Throws: `Cannot` when there is no such track, or was not at the first moment;
    ///   `JournalError`, `WorldError`.
    static func report(
        on track: TrackID,
        from: Instant,
        to: Instant?,
        in reader: ReadOnlyJournal
    ) throws -> DiffReport {
        let was = try Standing.find(track, at: from, in: reader)
        let now = try Standing.find(track, at: to, in: reader)
        var history = TrackHistory(track: track, stages: now.machine?.stages ?? [])
        let first = try Timeline.fold(
            &history,
            in: reader,
            through: now.end,
            after: was.end
        )
        return DiffReport(
            track: track,
            was: try DiffReport.Side(was.standing, of: track),
            now: try DiffReport.Side(now.standing, of: track),
            events: Array(history.events.dropFirst(first))
        )
    }
}
