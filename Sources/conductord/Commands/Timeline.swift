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

    /// Reads what there is to say: up to now, or up to the last tick that is not after a moment.
    ///
    /// - Throws: `Cannot` when there is no such track, or was not then; `JournalError`,
    ///   `WorldError`.
    static func report(
        on track: TrackID,
        at: Instant? = nil,
        in reader: ReadOnlyJournal
    ) throws -> TimelineReport {
        try reader.require(track)
        let end =
            try at.map { try Standing.find(track, at: $0, in: reader).end }
            ?? reader.head().sequence
        var stages: [Stage] = []
        if case .discovery(let record)? = try reader.discovery(of: track)?.entry,
            let machine = try reader.machine(record.machine)
        {
            stages = try JSON(stored: machine.source).decode(Machine.self).stages
        }
        var history = TrackHistory(track: track, stages: stages)
        try fold(&history, in: reader, through: end)
        var last: Instant?
        if case .tick(let tick)? = try reader.tick(atOrBefore: end)?.entry { last = tick.at.wall }
        return TimelineReport(history: history, at: last)
    }

    /// Folds a track's rows into its history.
    ///
    /// - Parameters:
    ///   - history: the history of a track, empty so far.
    ///   - reader: the journal.
    ///   - end: the last row.
    ///   - start: a row of interest.
    /// - Returns: how many events there were up to that row.
    /// - Throws: `Cannot` when a tick is missing; `JournalError`, `WorldError`.
    @discardableResult
    static func fold(
        _ history: inout TrackHistory,
        in reader: ReadOnlyJournal,
        through end: Int64,
        after start: Int64 = 0
    ) throws -> Int {
        var times: [Int: Instant] = [:]
        func time(ofTick number: Int) throws -> Instant {
            if let known = times[number] { return known }
            guard case .tick(let tick)? = try reader.tick(number: number)?.entry else {
                throw Cannot("\(reader.path) has no tick \(number); 'conductord verify' says more")
            }
            // A decision and its intents come together; older ones are not asked for again.
            times = [number: tick.at.wall]
            return tick.at.wall
        }
        var before = 0
        try reader.history(of: history.track, through: end) { row in
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
            if row.sequence <= start { before = history.events.count }
            return true
        }
        return before
    }
}
