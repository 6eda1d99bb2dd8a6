import ConductorCore
import ConductorJournal
import Foundation

/// Decisions per second, one in each durable transaction, beside the plainest loop over SQLite's C
/// interface, and beside the disk's own rate of syncs.
struct JournalBenchmark {
    private static let repetitions = 15
    private static let transactions = 200

    func run() throws -> [Report] {
        let record = try Self.record()
        // Beside the build: a disk, where the directory for temporary files may be memory.
        let disk = FileManager.default.currentDirectoryPath + "/.build/journal-benchmark"
        var reports = [try single(record, in: disk, name: "on disk", goal: 0.9)]
        let memory = "/dev/shm/conductor-journal-benchmark"
        if FileManager.default.fileExists(atPath: "/dev/shm") {
            reports.append(try single(record, in: memory, name: "on tmpfs", goal: 0.5))
            reports.append(try grouped(record, in: memory))
        }
        return reports
    }

    private func inDirectory<Value>(_ path: String, _ work: () throws -> Value) throws -> Value {
        try? FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try work()
    }

    private func single(
        _ record: Entry.DecisionRecord,
        in directory: String,
        name: String,
        goal: Double
    ) throws -> Report {
        try inDirectory(directory) {
            let size = record.decision.utf8.count + record.state.utf8.count
            let journal = try Journal(
                path: directory + "/journal.sqlite",
                holder: "benchmark",
                create: true
            )
            let plain = try PlainLoop(path: directory + "/plain.sqlite", indexed: false)
            let indexed = try PlainLoop(path: directory + "/indexed.sqlite", indexed: true)
            let disk = try SyncLoop(path: directory + "/syncs", bytes: size + 200)

            // All in turn, so that they meet the same moods of the disk.
            var times = Times()
            for repetition in 0...Self.repetitions {
                var sums = Times.Sums()
                let writers: [(WritableKeyPath<Times.Sums, Double>, () throws -> Void)] = [
                    (\.journal, { _ = try journal.append([.decision(record)]) }),
                    (\.plain, { try plain.insert(record) }),
                    (\.indexed, { try indexed.insert(record) }),
                    (\.disk, { try disk.write() }),
                ]
                // Each comes after each other as often: what one leaves behind, the next one pays.
                for turn in 0..<Self.transactions {
                    for place in writers.indices {
                        let order = turn / writers.count % 2 == 0 ? place : writers.count - place
                        let (sum, write) = writers[(turn + order) % writers.count]
                        sums[keyPath: sum] += try nanoseconds(write)
                    }
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
            let syncs = times.medianRatio(\.disk, \.journal)
            return Report(
                title: "Journal \(name): one decision of \(size) bytes per transaction,"
                    + " synchronous=FULL (median of \(Self.repetitions) x \(Self.transactions))",
                columns: ["", "each", "per second", "of plain"],
                rows: [
                    row("plain C loop, rows of equal size", \.plain),
                    row("plain C loop, with the journal's index too", \.indexed),
                    row("the journal: checked, hashed, chained", \.journal),
                    row("overwrite as much, fdatasync", \.disk),
                ],
                goals: [
                    (
                        "the journal does \(ratio.text(3)) x the plain loop's rate, at least"
                            + " \(goal) (\(indexedRatio.text(3)) x the one with an index)",
                        ratio >= goal
                    ),
                    (
                        syncs < 1
                            ? "its rate is \(syncs.text(3)) x that of fdatasync alone: it syncs"
                            : "DURABILITY IS OFF: \(syncs.text(3)) x the rate of fdatasync alone",
                        syncs < 1
                    ),
                ]
            )
        }
    }

    private static let group = 100

    /// A round of many decisions in one transaction, beside a loop that hashes as many bytes.
    private func grouped(_ record: Entry.DecisionRecord, in directory: String) throws -> Report {
        try inDirectory(directory) {
            let journal = try Journal(
                path: directory + "/journal.sqlite",
                holder: "benchmark",
                create: true
            )
            let plain = try PlainLoop(
                path: directory + "/plain.sqlite",
                indexed: true,
                hashes: true
            )
            let entries = [Entry](repeating: .decision(record), count: Self.group)
            var times: [(journal: Double, plain: Double)] = []
            for repetition in 0...40 {
                let ours = try nanoseconds { _ = try journal.append(entries) }
                let theirs = try nanoseconds {
                    try plain.transaction {
                        for _ in 0..<Self.group { try plain.insert(record) }
                    }
                }
                if repetition > 5 { times.append((ours, theirs)) }
            }
            try journal.close()
            plain.close()
            let ratio = median(times.map { $0.plain / $0.journal })
            let each = (
                median(times.map(\.plain)) / Double(Self.group),
                median(times.map(\.journal)) / Double(Self.group)
            )
            return Report(
                title: "Journal on tmpfs: \(Self.group) decisions per transaction",
                columns: ["", "each", "per second"],
                rows: [
                    [
                        "plain C loop with index and SHA-256 of the same bytes",
                        conductor_benchmarks.time(each.0), (1e9 / each.0).text(0),
                    ],
                    [
                        "the journal: checked, hashed, chained",
                        conductor_benchmarks.time(each.1), (1e9 / each.1).text(0),
                    ],
                ],
                goals: [
                    (
                        "grouped, the journal does \(ratio.text(3)) x its rate, at least 0.5",
                        ratio >= 0.5
                    )
                ]
            )
        }
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
