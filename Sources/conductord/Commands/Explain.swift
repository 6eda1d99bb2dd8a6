import ArgumentParser
import ConductorCore
import ConductorJournal

/// `conductord explain`.
struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say why a track is where it is, and what must change for it to go on.",
        discussion: """
            Shows every transition from the stage with all that it needs: values, ages, owners, \
            and the smallest set that must change. The tick is decided once more and compared \
            with what was recorded.

            Examples:
              conductord explain music/ios/8.9.2
              conductord explain music/ios/8.9.2 --at 2026-03-02T09:00:00Z
              conductord explain music/ios/8.9.2 --json | jq '.transitions[0].smallest'
            """
    )

    @Argument(help: "The track: app/platform/version.")
    var track: TrackID

    @Option(help: "As it stood at this time (RFC 3339).")
    var at: Instant?

    @OptionGroup var reading: ReadingOptions

    func run() throws {
        let reader = try ReadOnlyJournal(path: reading.journalPath)
        let report = try Self.report(on: track, at: at, in: reader)
        try Output.print(reading.output, json: { report.json }, text: report.text)
    }

    /// Reads what there is to say.
    ///
    /// - Throws: `Cannot` when there is no such track, or was not then; `JournalError`,
    ///   `WorldError`.
    static func report(
        on track: TrackID,
        at: Instant?,
        in reader: ReadOnlyJournal
    ) throws -> ExplainReport {
        let standing = try Standing.find(track, at: at, in: reader).standing
        guard let explanation = standing.after.explain(track, in: standing.tick) else {
            throw Cannot("the machine of \(track) is not in \(reader.path)")
        }
        let state = standing.recorded.state
        let machine = standing.after.machines[state.machine]
        var report = ExplainReport(
            explanation: explanation,
            state: state,
            holds: standing.after.fleet.holds(over: track),
            stages: machine?.machine.stages ?? [],
            recordedEqual: try standing.isReproduced(for: track),
            engines: (standing.before.lastBoot?.engine, Conductor.engine)
        )
        report.machine = machine?.machine
        report.thresholds = machine?.thresholds ?? [:]
        return report
    }
}
