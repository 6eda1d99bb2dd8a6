import ArgumentParser
import ConductorCore
import ConductorJournal

/// `conductord prune`.
struct Prune: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Replace days that are long over by seals; what moved a track is kept for ever.",
        discussion: """
            Polls, ticks and decisions that changed nothing go. Machines, commands, actions with \
            all their attempts, and transitions stay, and so does what is needed to go on. The \
            journal stays verifiable, and 'replay' begins at the checkpoint. Works with the daemon \
            down.

            Examples:
              conductord prune --keep 180d --dry-run
              conductord prune --keep 180d
            """
    )

    @Option(help: "How much stays whole, counted back from the last tick: 180d, 4w is 28d.")
    var keep: Span

    @Flag(help: "Only show what would go.")
    var dryRun = false

    @OptionGroup var places: PlaceOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let path = places.journalPath
        let report: PruneReport
        if dryRun {
            report = try ReadOnlyJournal(path: path).plannedPrune(keeping: keep)
        } else {
            let journal = try Journal(path: path, holder: "conductord prune", create: false)
            report = try journal.prune(keeping: keep, now: SystemClock().wall())
            try journal.close()
        }
        try Output.print(output, json: { json(report) }, text: { _ in text(report) })
    }

    private func json(_ report: PruneReport) -> JSON {
        [
            "before": .string(report.before.description),
            "dry_run": .bool(dryRun),
            "through": .int(report.through),
            "removed": .object(report.removed.mapValues { .int($0) }),
            "rows": .int(report.rows),
            "kept": .int(report.kept),
            "seals": JSON(report.seals),
            "bytes": ["before": .int(report.bytesBefore), "after": .int(report.bytesAfter)],
        ]
    }

    private func text(_ report: PruneReport) -> String {
        guard report.rows > 0 else { return "nothing is older than \(report.before)" }
        let tables = report.removed.sorted { $0.key < $1.key }
            .map { "\($0.value) of \($0.key)" }.joined(separator: ", ")
        let verb = dryRun ? "would go" : "went"
        var lines = [
            "before \(report.before): \(report.rows) rows \(verb) (\(tables)),"
                + " \(report.kept) stay, \(report.seals) seals"
        ]
        if !dryRun { lines.append("\(report.bytesBefore) bytes before, \(report.bytesAfter) now") }
        return lines.joined(separator: "\n")
    }
}
