import ArgumentParser
import ConductorCore
import ConductorJournal

/// `conductord restore`.
struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put a backup in the place of the journal; the old one is kept aside.",
        discussion: """
            The backup is checked first. What was sent after it was taken is not in it: the next \
            'run' looks for every action that was open before it starts anything but brakes, and \
            goes on looking before it acts for the tracks that the backup knew. Refuses while a \
            daemon runs.

            Examples:
              conductord restore /backups/journal-today.sqlite
              conductord restore latest.sqlite --state /var/lib/conductord --json
            """
    )

    @Argument(help: "The backup.")
    var file: String

    @OptionGroup var places: PlaceOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let restored = try Journal.restore(
            file,
            to: places.journalPath,
            holder: "conductord restore",
            now: SystemClock().wall()
        )
        let journal = places.journalPath
        try Output.print(
            output,
            json: {
                [
                    "file": .string(file), "journal": .string(journal),
                    "backup": HeadReport(head: restored.backup).json,
                    "head": .string(restored.head.hash),
                    "entries": .int(restored.head.entries),
                    "kept_aside": restored.keptAside.map { .string($0) } ?? .null,
                ]
            },
            text: { page in
                var lines = [
                    page.paint(
                        "✔ \(journal) is \(file), \(restored.backup.entries) entries",
                        .green
                    )
                ]
                if let aside = restored.keptAside {
                    lines.append("the journal that was there is \(aside)")
                }
                lines.append("the next run looks for open actions before it starts anything")
                return lines.joined(separator: "\n")
            }
        )
    }
}
