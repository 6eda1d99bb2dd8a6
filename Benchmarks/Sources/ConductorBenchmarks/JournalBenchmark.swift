import ConductorCore
import ConductorJournal
import Foundation

/// Decisions per second, one in each durable transaction, beside the plainest loop over SQLite's C
/// interface, and beside the disk's own rate of syncs.
struct JournalBenchmark {
    private static let repetitions = 15
    private static let transactions = 200

    func run() throws -> Report {
        let record = try Self.record()
        let size = record.decision.utf8.count + record.state.utf8.count
        // Beside the build: a disk, where the directory for temporary files may be memory.
        let directory = FileManager.default.currentDirectoryPath + "/.build/journal-benchmark"
        try? FileManager.default.removeItem(atPath: directory)
        try FileManager.default.createDirectory(
            atPath: directory,
            withIntermediateDirectories: true
        )
        defer { try? FileManager.default.removeItem(atPath: directory) }

        let journal = try Journal(
            path: directory + "/journal.sqlite",
            holder: "benchmark",
            create: true
        )
        let plain = try PlainLoop(path: directory + "/plain.sqlite", indexed: false)
        let indexed = try PlainLoop(path: directory + "/indexed.sqlite", indexed: true)
        let disk = try SyncLoop(path: directory + "/syncs", bytes: size + 200)

        // One of each in turn, so that all meet the same moods of the disk.
        var times = Times()
        for repetition in 0...Self.repetitions {
            var sums = Times.Sums()
            for _ in 0..<Self.transactions {
                sums.journal += try nanoseconds { _ = try journal.append([.decision(record)]) }
                sums.plain += try nanoseconds { try plain.insert(record) }
                sums.indexed += try nanoseconds { try indexed.insert(record) }
                sums.disk += try nanoseconds { try disk.write() }
            }
            // The first round fills caches and grows the logs; it does not count.
            if repetition > 0 { times.rounds.append(sums) }
        }
        try journal.close()
        plain.close()
        indexed.close()

        func row(_ name: String, _ time: KeyPath<Times.Sums, Double>) -> [String] {
            let each = times.median(time) / Double(Self.transactions)
            let share = times.medianRatio(\.plain, time)
            return [name, conductor_benchmarks.time(each), (1e9 / each).text(0), share.text(3)]
        }
        let ratio = times.medianRatio(\.plain, \.journal)
        let indexedRatio = times.medianRatio(\.indexed, \.journal)
        return Report(
            title: "Journal: one decision of \(size) bytes per transaction, synchronous=FULL"
                + " (median of \(Self.repetitions) x \(Self.transactions))",
            columns: ["", "each", "per second", "of plain"],
            rows: [
                row("plain C loop, rows of equal size", \.plain),
                row("plain C loop, with the journal's index too", \.indexed),
                row("the journal: checked, hashed, chained", \.journal),
                row("the disk: overwrite as much, fdatasync", \.disk),
            ],
            goals: [
                (
                    "the journal does \(ratio.text(3)) x the plain loop's rate, at least 0.85"
                        + " (\(indexedRatio.text(3)) x the one with an index)",
                    ratio >= 0.85
                )
            ]
        )
    }

    /// What each took, round by round.
    private struct Times {
        struct Sums {
            var journal = 0.0
            var plain = 0.0
            var indexed = 0.0
            var disk = 0.0
        }

        var rounds: [Sums] = []

        func median(_ time: KeyPath<Sums, Double>) -> Double {
            conductor_benchmarks.median(rounds.map { $0[keyPath: time] })
        }

        func medianRatio(
            _ time: KeyPath<Sums, Double>,
            _ other: KeyPath<Sums, Double>
        ) -> Double {
            conductor_benchmarks.median(rounds.map { $0[keyPath: time] / $0[keyPath: other] })
        }
    }

    /// A decision as a tick of the other benchmark records it.
    private static func record() throws -> Entry.DecisionRecord {
        var fleet = try Fleet()
        try fleet.pollQuality(of: fleet.tracks[0], crashFreeUsers: 0.98)
        for case .decision(let record) in try fleet.round().entries { return record }
        preconditionFailure("A changed fact made no decision.")
    }
}
