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
        let disk = try SyncLoop(path: directory + "/syncs")
        let bytes = size + 200

        var times: [String: [Double]] = [:]
        var ratios: [Double] = []
        var indexedRatios: [Double] = []
        func measure(_ name: String, _ work: () throws -> Void) rethrows -> Double {
            let each = try nanoseconds { for _ in 0..<Self.transactions { try work() } }
            let time = each / Double(Self.transactions)
            times[name, default: []].append(time)
            return time
        }
        for repetition in 0...Self.repetitions {
            let ours = try measure("journal") { _ = try journal.append([.decision(record)]) }
            let theirs = try measure("plain") { try plain.insert(record) }
            let same = try measure("indexed") { try indexed.insert(record) }
            _ = try measure("disk") { try disk.append(bytes) }
            // The first round fills caches and grows the logs; it does not count.
            if repetition == 0 {
                times = [:]
            } else {
                ratios.append(theirs / ours)
                indexedRatios.append(same / ours)
            }
        }
        try journal.close()
        plain.close()
        indexed.close()

        func row(_ name: String, _ key: String) -> [String] {
            let each = median(times[key] ?? [])
            let base = median(times["plain"] ?? [])
            return [name, time(each), (1e9 / each).text(0), (base / each).text(3)]
        }
        let ratio = median(ratios)
        return Report(
            title: "Journal: one decision of \(size) bytes per transaction, synchronous=FULL"
                + " (median of \(Self.repetitions) x \(Self.transactions))",
            columns: ["", "each", "per second", "of plain"],
            rows: [
                row("plain C loop, rows of equal size", "plain"),
                row("plain C loop, with the journal's index too", "indexed"),
                row("the journal: checked, hashed, chained", "journal"),
                row("the disk: append as much, fdatasync", "disk"),
            ],
            goals: [
                (
                    "the journal does \(ratio.text(3)) x the plain loop's rate, at least 0.85"
                        + " (\(median(indexedRatios).text(3)) x the one with an index)",
                    ratio >= 0.85
                )
            ]
        )
    }

    /// A decision as a tick of the other benchmark records it.
    private static func record() throws -> Entry.DecisionRecord {
        var fleet = try Fleet()
        try fleet.pollQuality(of: fleet.tracks[0], crashFreeUsers: 0.98)
        for case .decision(let record) in try fleet.round().entries { return record }
        preconditionFailure("A changed fact made no decision.")
    }
}
