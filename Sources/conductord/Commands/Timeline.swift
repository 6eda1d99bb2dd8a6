import ArgumentParser
import ConductorCore
import ConductorJournal

/// `conductord timeline`.
struct Timeline: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell a track's story: stages, commands, actions, and what held it for how long.",
        discussion: """
            Examples:
              conductord timeline music/ios/8.9.2
              conductord timeline music/ios/8.9.2 --json | jq '.stages'
            """
    )

    @Argument(help: "The track: app/platform/version.")
    var track: TrackID

    @OptionGroup var reading: ReadingOptions

    func run() throws {
        let reader = try ReadOnlyJournal(path: reading.journalPath)
        let report = try Self.report(on: track, in: reader)
        try Output.print(reading.output, json: { report.json }, text: report.text)
    }

    /// Reads what there is to say.
    ///
    /// - Throws: `Cannot` when there is no such track; `JournalError`, `WorldError`.
    static func report(on track: TrackID, in reader: ReadOnlyJournal) throws -> TimelineReport {
        try reader.require(track)
        let end = try reader.head().sequence
        var stages: [Stage] = []
        if case .discovery(let record)? = try reader.discovery(of: track)?.entry,
            let machine = try reader.machine(record.machine)
        {
            stages = try JSON(stored: machine.source).decode(Machine.self).stages
        }
        var history = TrackHistory(track: track, stages: stages)
        var times: [Int: Instant] = [:]
        func time(ofTick number: Int) throws -> Instant {
            if let known = times[number] { return known }
            guard case .tick(let tick)? = try reader.tick(number: number)?.entry else {
                throw Cannot("\(reader.path) has no tick \(number); 'conductord verify' says more")
            }
            times[number] = tick.at.wall
            return tick.at.wall
        }
        try reader.history(of: track) { row in
            guard row.sequence <= end else { return false }
            let at: Instant
            switch row.entry {
            case .decision(let record): at = try time(ofTick: record.tick)
            case .intent(let record): at = try time(ofTick: record.tick)
            case .command(let record): at = record.at.wall
            case .attempt(let record): at = record.at.wall
            case .outcome(let record): at = record.at.wall
            case .discovery(let record): at = record.at.wall
            case .boot, .machine, .upkeep, .poll, .tick: return true
            }
            try history.take(row.entry, at: at)
            return true
        }
        var last: Instant?
        if case .tick(let tick)? = try reader.tick(atOrBefore: end)?.entry { last = tick.at.wall }
        return TimelineReport(history: history, at: last)
    }
}
