import ConductorCore
import ConductorJournal
import Foundation
import GRDBSQLite

/// How much the journal grows beside a table that stores every snapshot whole.
///
/// Ten sources with 141 leaf values between them. A tick is what a poll wakes: one source is asked,
/// its poll is written, and the tick after it. The other table gets the whole snapshot each time.
struct GrowthBenchmark {
    private static let ticks = 2_000
    private static let sources = 10
    private static let leaves = 141

    func run() throws -> Report {
        let directory = FileManager.default.currentDirectoryPath + "/.build/growth-benchmark"
        try? FileManager.default.removeItem(atPath: directory)
        try FileManager.default.createDirectory(
            atPath: directory,
            withIntermediateDirectories: true
        )
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var report = Report(
            title:
                "Growth: \(Self.ticks) ticks, \(Self.sources) sources, \(Self.leaves) leaf values",
            columns: ["", "polls", "bodies", "journal", "snapshots whole", "share"]
        )
        let cases: [(name: String, every: Int, all: Bool, goal: Double?)] = [
            ("each tick changes one to three values", 10, false, 0.18),
            ("three ticks of ten change one to three", 3, false, 0.06),
            ("every source polled each tick, one to three change", 10, true, nil),
        ]
        for (index, one) in cases.enumerated() {
            let path = directory + "/\(index)"
            let found = try measure(path, changing: one.every, pollsAll: one.all)
            let share = Double(found.journal) / Double(found.whole)
            report.rows.append([
                one.name, String(found.polls), String(found.bodies), "\(found.journal) B",
                "\(found.whole) B", (share * 100).text(1) + " %",
            ])
            if let goal = one.goal {
                report.goals.append(
                    (
                        "\(one.name): \((share * 100).text(1)) % of whole snapshots, at most"
                            + " \((goal * 100).text(0)) %", share <= goal
                    )
                )
            }
        }
        return report
    }

    private struct Sizes {
        var journal: Int
        var whole: Int
        var polls: Int
        var bodies: Int
    }

    private func measure(_ path: String, changing tenths: Int, pollsAll: Bool) throws -> Sizes {
        var facts = Self.facts()
        let journal = try Journal(path: path + ".sqlite", holder: "benchmark", create: true)
        let whole = try SnapshotTable(path: path + "-whole.sqlite")
        // What an empty database takes is no growth.
        let empty = (Self.size(path + ".sqlite"), Self.size(path + "-whole.sqlite"))
        var known: Set<String> = []
        var polls = 0
        var value: Int64 = 1_000
        for number in 1...Self.ticks {
            let at = Stamp(
                wall: Instant(milliseconds: 1_772_442_000_000 + Int64(number) * 6_000),
                elapsed: Int64(number) * 6_000
            )
            let polled = number % Self.sources
            if number % 10 < tenths {
                for step in 0..<(1 + number % 3) {
                    let names = facts[polled].keys.sorted()
                    value += 7
                    facts[polled][names[(number / 10 + step * 5) % names.count]] = .int(value)
                }
            }
            var entries: [Entry] = []
            var bodies: [String: JSON] = [:]
            for source in pollsAll ? Array(0..<Self.sources) : [polled] {
                let observation = Observation(facts: facts[source].mapValues { ObservedFact($0) })
                let digest = journal.digest(of: observation.body.canonicalBytes)
                if known.insert(digest).inserted { bodies[digest] = observation.body }
                entries.append(
                    .poll(
                        .init(
                            source: "source\(source)",
                            scope: .app("music"),
                            at: at,
                            result: .ok(body: digest, observedAt: [:])
                        )
                    )
                )
            }
            polls += entries.count
            entries.append(.tick(.init(number: number, at: at)))
            _ = try journal.append(entries, bodies: bodies)
            try whole.insert(number, Self.snapshot(facts))
        }
        try journal.close()
        whole.close()
        return Sizes(
            journal: Self.size(path + ".sqlite") - empty.0,
            whole: Self.size(path + "-whole.sqlite") - empty.1,
            polls: polls,
            bodies: known.count
        )
    }

    /// Values as releases have them: counts, states, commits, rates.
    private static func facts() -> [[String: JSON]] {
        var sources = [[String: JSON]](repeating: [:], count: sources)
        for leaf in 0..<leaves {
            let name = "group\(leaf % 4).quantity\(leaf)"
            let value: JSON =
                switch leaf % 4 {
                case 0: .int(Int64(leaf) * 37)
                case 1: .string("passed-with-\(leaf)-notes")
                case 2: .double(0.99 + Double(leaf) / 100_000)
                default: .string(String(repeating: "8fcc4d8ea2", count: 4))
                }
            sources[leaf % Self.sources][name] = value
        }
        return sources
    }

    private static func snapshot(_ facts: [[String: JSON]]) -> String {
        var members: [String: JSON] = [:]
        for (place, source) in facts.enumerated() {
            let observation = Observation(facts: source.mapValues { ObservedFact($0) })
            members["source\(place)"] = observation.body
        }
        return JSON.object(members).description
    }

    private static func size(_ path: String) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? Int) ?? 0
    }
}

/// One row a tick, with the whole snapshot as text.
@safe
private final class SnapshotTable {
    private var connection: OpaquePointer?

    init(path: String) throws {
        guard unsafe sqlite3_open(path, &connection) == SQLITE_OK else { throw Failed() }
        try run("PRAGMA synchronous = OFF")
        try run("CREATE TABLE snapshot (number INTEGER PRIMARY KEY, facts TEXT NOT NULL) STRICT")
    }

    func insert(_ number: Int, _ text: String) throws {
        try run("INSERT INTO snapshot VALUES (\(number), '\(text)')")
    }

    func close() { unsafe sqlite3_close(connection) }

    private func run(_ sql: String) throws {
        guard unsafe sqlite3_exec(connection, sql, nil, nil, nil) == SQLITE_OK else {
            throw Failed()
        }
    }

    private struct Failed: Error {}
}
