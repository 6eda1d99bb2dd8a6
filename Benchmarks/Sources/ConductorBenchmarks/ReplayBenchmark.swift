import ConductorCore
import ConductorJournal
import Foundation

/// How fast a journal is decided again, what that keeps in memory, and how fast one tick of it is
/// explained.
///
/// The journal is made once and kept beside the build; `CONDUCTOR_TICKS` sets its length.
struct ReplayBenchmark {
    private static let incrementalGoal = 200_000.0
    private static let fullGoal = 20_000.0
    private static let explainGoal = 1e8
    private static let fullTicks = 5_000
    private static let explanations = 40

    func run(_ tell: (Report) -> Void) throws {
        let wanted = ProcessInfo.processInfo.environment["CONDUCTOR_TICKS"].flatMap(Int.init)
        let ticks = wanted ?? 50_000
        let long = try journal(ticks: ticks)
        let short = try journal(ticks: Self.fullTicks)
        tell(try explain(long, ticks: ticks))
        tell(try replay(long, ticks: ticks, short))
    }

    private func journal(ticks: Int) throws -> ReadOnlyJournal {
        let directory = FileManager.default.currentDirectoryPath + "/.build/replay-benchmark"
        // Another engine decides otherwise, and may write another schema.
        let path = "\(directory)/journal-\(Conductor.engine)-\(ticks).sqlite"
        if !FileManager.default.fileExists(atPath: path) {
            print("making a journal of \(ticks) ticks: \(path)")
            fflush(nil)
            let unfinished = path + ".new"
            try? FileManager.default.removeItem(atPath: unfinished)
            try JournalMaker.make(path: unfinished, ticks: ticks)
            try FileManager.default.moveItem(atPath: unfinished, toPath: path)
        }
        return try ReadOnlyJournal(path: path)
    }

    // MARK: Replay

    private func replay(
        _ long: ReadOnlyJournal,
        ticks: Int,
        _ short: ReadOnlyJournal
    ) throws -> Report {
        let incremental = try replay(long, full: false)
        let full = try replay(short, full: true)
        let growth = incremental.growth / 1_048_576
        var report = Report(
            title: "Replay of \(JournalMaker.tracks) live tracks x 12 conditions",
            columns: ["", "ticks", "decided", "one core for", "track-ticks per second"]
        )
        report.rows = [
            ["incrementally"] + incremental.cells, ["in full"] + full.cells,
        ]
        report.goals = [
            (
                "incrementally \(incremental.rate.text(0)) track-ticks per second, at least"
                    + " \(Self.incrementalGoal.text(0))",
                incremental.rate >= Self.incrementalGoal
            ),
            (
                "in full \(full.rate.text(0)) track-ticks per second, at least"
                    + " \(Self.fullGoal.text(0))",
                full.rate >= Self.fullGoal
            ),
            (
                "memory over the last nine tenths of \(ticks) ticks: \(growth.text(1)) MiB more,"
                    + " at most 8",
                growth <= 8
            ),
        ]
        return report
    }

    private struct Measured {
        var ticks: Int
        var decided: Int
        var trackTicks: Int
        var time: Double
        /// Bytes of memory that came to it over the last nine tenths.
        var growth: Double

        var rate: Double { Double(trackTicks) / (time / 1e9) }
        var cells: [String] {
            ["\(ticks)", "\(decided)", conductor_benchmarks.time(time), rate.text(0)]
        }
    }

    private func replay(_ reader: ReadOnlyJournal, full: Bool) throws -> Measured {
        let end = try reader.head().sequence
        var replay = Replay(full: full)
        var bodies: [String: JSON] = [:]
        var early: Double?
        func body(_ digest: String) throws -> JSON {
            if let known = bodies[digest] { return known }
            let body = try reader.body(digest)
            bodies[digest] = body
            return body
        }
        let took = try processorNanoseconds {
            try reader.rows(after: 0) { row in
                try replay.take(row.entry, observation: body)
                if early == nil, row.sequence > end / 10 { early = Self.residentBytes }
                return true
            }
            try replay.finish(observation: body)
        }
        precondition(
            replay.divergenceCount == 0,
            "What was recorded does not come out again; if the core was changed, remove \(reader.path)."
        )
        return Measured(
            ticks: replay.ticks,
            decided: replay.decided,
            trackTicks: replay.trackTicks,
            time: took,
            growth: Self.residentBytes - (early ?? 0)
        )
    }

    private static var residentBytes: Double {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0
        return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
    }

    // MARK: Explain

    private func explain(_ reader: ReadOnlyJournal, ticks: Int) throws -> Report {
        let tracks = try reader.tracks()
        var times: [Double] = []
        for number in 0..<Self.explanations {
            let track = tracks[number * 7 % tracks.count]
            let place = 1 + number * 7919 * 131 % ticks
            guard case .tick(let wanted)? = try reader.tick(number: place)?.entry else { continue }
            // As the command does it: a connection of its own, a time, no knowledge of rows.
            times.append(
                try nanoseconds {
                    let fresh = try ReadOnlyJournal(path: reader.path)
                    guard try fresh.knows(track),
                        let row = try fresh.tick(atOrBefore: wanted.at.wall),
                        let standing = try Standing(of: track, at: row, in: fresh)
                    else { preconditionFailure("Tick \(place) does not know \(track).") }
                    let isEqual = try standing.isReproduced(for: track)
                    precondition(isEqual, "It is decided otherwise.")
                    use(standing.after.explain(track, in: standing.tick))
                }
            )
        }
        let slowest = times.max() ?? 0
        var report = Report(
            title:
                "Explaining one of \(ticks) ticks (\(times.count) of them, all over the journal)",
            columns: ["", "time"]
        )
        report.rows = [
            ["median", time(median(times))], ["slowest", time(slowest)],
        ]
        report.goals = [("every explanation took under 100 ms", slowest < Self.explainGoal)]
        return report
    }
}
