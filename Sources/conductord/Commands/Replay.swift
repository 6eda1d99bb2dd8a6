import ArgumentParser
import ConductorCore
import ConductorJournal

/// `conductord replay`.
struct Replay: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Decide every tick of the journal once more, and compare bytes.",
        discussion: """
            Ends with 1 when something does not come out as it is recorded.

            Examples:
              conductord replay
              conductord replay --track music/ios/8.9.2
              conductord replay --full --journal copy.sqlite --json
            """
    )

    @Option(help: "Only the decisions on this track.")
    var track: TrackID?

    @Flag(help: "Decide every live track in every tick, not only those that can have changed.")
    var full = false

    @OptionGroup var reading: ReadingOptions

    func run() throws {
        let reader = try ReadOnlyJournal(path: reading.journalPath)
        if let track { try reader.require(track) }
        let terminal = Terminal.errors
        let report = try Self.report(reader, only: track, full: full) { done, total in
            guard terminal.isTerminal else { return }
            Output.progress(done < total ? "replay: tick \(done) of \(total)" : "")
        }
        try Output.print(reading.output, json: { report.json }, text: report.text)
        if !report.isEqual { throw Exit.no }
    }

    /// Replays a journal; `progress` is told now and then how many ticks of all are done.
    ///
    /// - Throws: `JournalError`, `WorldError`.
    static func report(
        _ reader: ReadOnlyJournal,
        only track: TrackID? = nil,
        full: Bool = false,
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> ReplayReport {
        var total = 0
        let end = try reader.head().sequence
        if case .tick(let last)? = try reader.tick(atOrBefore: end)?.entry { total = last.number }
        var replay = ConductorCore.Replay(full: full, only: track)
        var bodies = BodyCache(reader)
        var found: [ReplayReport.Found] = []
        let checkpoint = try reader.checkpoint()
        // A tick is compared when the next row comes, under the boot that it was decided under.
        func note(engine: String?) {
            for divergence in replay.divergences.dropFirst(found.count) {
                found.append(.init(divergence: divergence, engine: engine))
            }
        }
        try reader.rows(after: 0) { row in
            guard row.sequence <= end else { return false }
            if row.sequence <= checkpoint {
                try replay.fold(row.entry) { try bodies.body($0) }
                return true
            }
            let engine = replay.world.lastBoot?.engine
            try replay.take(row.entry) { try bodies.body($0) }
            note(engine: engine)
            if case .tick = row.entry, replay.ticks % 256 == 0 { progress(replay.ticks, total) }
            return true
        }
        let engine = replay.world.lastBoot?.engine
        try replay.finish { try bodies.body($0) }
        note(engine: engine)
        progress(total, total)
        return ReplayReport(
            ticks: replay.ticks,
            decided: replay.decided,
            found: found,
            engine: Conductor.engine
        )
    }
}
