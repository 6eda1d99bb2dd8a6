import ArgumentParser
import ConductorCore
import ConductorJournal

/// `conductord replay`.
struct Replay: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Decide every tick of the journal once more; or ask what other rules would do.",
        discussion: """
            Compares bytes, and ends with 1 when something does not come out as it is recorded.

            With --rules it asks other rules at every recorded tick, one step at a time: which \
            transitions would have come earlier, later, never, or newly, and what made the \
            difference. The journal is replayed all the same.

            Examples:
              conductord replay
              conductord replay --track music/ios/8.9.2
              conductord replay --full --journal copy.sqlite --json
              conductord replay --rules stricter.yaml --since 2026-03-01T00:00:00Z
              conductord replay --rules stricter.yaml --json | jq '.totals'
            """
    )

    @Option(help: "Only the decisions on this track.")
    var track: TrackID?

    @Flag(help: "Decide every live track in every tick, not only those that can have changed.")
    var full = false

    @Option(
        help: "Ask what these rules would have done; without it, the recorded ones are replayed."
    )
    var rules: String?

    @Option(help: "With --rules: the deployment's configuration. (default: ./conductor.yaml)")
    var config: String?

    @Option(help: "With --rules: tell what was decided from this time on (RFC 3339).")
    var since: Instant?

    @Option(help: "The state directory.")
    var state = "./.conductord"

    @Option(help: "Read this journal, and need nothing else.")
    var journal: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if rules == nil, since != nil { throw ValidationError("--since goes with --rules") }
    }

    func run() throws {
        var places = PlaceOptions()
        places.state = state
        let reader = try ReadOnlyJournal(path: journal ?? places.journalPath)
        if let track { try reader.require(track) }
        let terminal = Terminal.errors
        func progress(_ done: Int, _ total: Int) {
            guard terminal.isTerminal else { return }
            Output.progress(done < total ? "replay: tick \(done) of \(total)" : "")
        }
        if let rules {
            let asked = try AskedRules(rules: rules, config: config, reader)
            guard let other = asked.deployment else {
                let report = CheckReport(faults: asked.faults, summary: "")
                try Output.print(output, json: { report.json }, text: report.text)
                throw Exit.no
            }
            let report = try Self.whatIf(
                reader,
                rules: rules,
                other,
                since: since,
                only: track,
                progress: progress
            )
            // What other rules would have done is worth as much as the journal it is asked of.
            let replayed = try Self.report(reader, only: track, full: full, progress: progress)
            try Output.print(
                output,
                json: { report.json.merging(replayed.json) },
                text: { page in
                    let text = report.text(on: page)
                    return replayed.isEqual ? text : text + "\n\n" + replayed.text(on: page)
                }
            )
            if !replayed.isEqual { throw Exit.no }
            return
        }
        let report = try Self.report(reader, only: track, full: full, progress: progress)
        try Output.print(output, json: { report.json }, text: report.text)
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
        var replay = ConductorCore.Replay(full: full, only: track)
        var bodies = BodyCache(reader)
        let checkpoint = try reader.checkpoint()
        try reader.eachTakenIn(progress: progress) { row in
            if row.sequence <= checkpoint {
                try replay.fold(row.entry) { try bodies.body($0) }
            } else {
                try replay.take(row.entry) { try bodies.body($0) }
            }
        }
        try replay.finish { try bodies.body($0) }
        return ReplayReport(replay)
    }

    /// Asks other rules over a journal.
    ///
    /// - Throws: `JournalError`, `WorldError`.
    static func whatIf(
        _ reader: ReadOnlyJournal,
        rules: String,
        _ other: Deployment,
        since: Instant? = nil,
        only track: TrackID? = nil,
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> WhatIfReport {
        var machines: [String: CompiledMachine] = [:]
        for (name, record) in try Wiring.machineRecords(of: other) {
            let machine: Machine = try JSON(stored: record.source).decode()
            machines[name] = CompiledMachine(machine, digest: record.digest)
        }
        // Of what is pruned, nothing can be asked.
        var since = since
        if let last = try reader.tick(atOrBefore: reader.checkpoint()),
            case .tick(let tick) = last.entry
        {
            since = max(since ?? tick.at.wall, tick.at.wall)
        }
        var whatIf = WhatIf(machines: machines, limits: other.claims, since: since, only: track)
        var bodies = BodyCache(reader)
        try reader.eachTakenIn(progress: progress) { row in
            try whatIf.take(row.entry) { try bodies.body($0) }
        }
        try whatIf.finish { try bodies.body($0) }
        return WhatIfReport(whatIf, rules: rules, since: since)
    }
}

extension ReadOnlyJournal {
    /// Visits the rows of which the fold takes notice, up to the present end, in order: of commands
    /// with one id, and of discoveries of one track, only the first counts.
    ///
    /// `progress` is told now and then how many ticks of all are done.
    fileprivate func eachTakenIn(
        progress: (_ done: Int, _ total: Int) -> Void,
        visit: (JournalRow) throws -> Void
    ) throws {
        let end = try head().sequence
        var total = 0
        if case .tick(let last)? = try tick(atOrBefore: end)?.entry { total = last.number }
        try rows(after: 0) { row in
            guard row.sequence <= end else { return false }
            switch row.entry {
            case .command(let record):
                guard try command(record.command.id)?.sequence == row.sequence else { return true }
            case .discovery(let record):
                guard try discovery(of: record.track)?.sequence == row.sequence else { return true }
            case .tick(let tick):
                if tick.number % 256 == 0 { progress(tick.number, total) }
            case .boot, .machine, .poll, .decision, .intent, .attempt, .outcome, .upkeep: break
            }
            try visit(row)
            return true
        }
        progress(total, total)
    }
}

extension JSON {
    /// The members of two objects; where both have one, that of `self`.
    fileprivate func merging(_ other: JSON) -> JSON {
        guard case .object(let mine) = self, case .object(let others) = other else { return self }
        return .object(mine.merging(others) { first, _ in first })
    }
}
