import ConductorCore
import GRDB
import Testing

@testable import ConductorJournal

@Suite struct `Questions` {
    private func journal(_ entries: [Entry]) throws -> (Scratch, ReadOnlyJournal) {
        let scratch = try Scratch()
        try scratch.filled(entries)
        return (scratch, try scratch.read())
    }

    private func tick(_ number: Int, at minute: Int64) -> Entry {
        .tick(.init(number: number, at: Sample.stamp(minute)))
    }

    @Test func `the last tick is found by time, by place and by number`() throws {
        let (_, reader) = try journal([
            tick(1, at: 10), tick(2, at: 20), Sample.decision(Sample.ios, tick: 2),
            tick(3, at: 15), tick(4, at: 30),
        ])
        func number(_ minute: Int64) throws -> Int64? {
            try reader.tick(atOrBefore: Sample.stamp(minute).wall)?.sequence
        }
        #expect(try number(9) == nil)
        #expect(try number(10) == 1)
        #expect(try number(14) == 1)
        #expect(try number(25) == 2)
        #expect(try number(99) == 5)
        #expect(try reader.tick(atOrBefore: 3)?.sequence == 2)
        #expect(try reader.tick()?.sequence == 5)
        #expect(try reader.tick(number: 3)?.sequence == 4)
        #expect(try reader.tick(number: 9) == nil)
        #expect(try reader.boot() == nil)
    }

    @Test func `the latest decision of each track is found, as of any row`() throws {
        let (_, reader) = try journal([
            Sample.machine,
            .discovery(
                .init(
                    at: Sample.stamp(0),
                    track: Sample.ios,
                    machine: Sample.machineDigest,
                    by: "vcs"
                )
            ),
            Sample.decision(Sample.android, tick: 1, "a1"), Sample.decision(Sample.ios, tick: 1),
            Sample.decision(Sample.android, tick: 2, "a2"),
        ])
        #expect(try reader.tracks() == [Sample.android, Sample.ios])
        #expect(try reader.tracks(atOrBefore: 2) == [Sample.ios])
        #expect(try reader.tracks(atOrBefore: 1) == [])
        #expect(try reader.decisions().map(\.sequence) == [5, 4])
        #expect(try reader.decisions(atOrBefore: 4).map(\.sequence) == [3, 4])
        #expect(try reader.decision(on: Sample.android)?.sequence == 5)
        #expect(try reader.decision(on: Sample.android, atOrBefore: 2) == nil)
        #expect(try reader.discovery(of: Sample.ios)?.sequence == 2)
        #expect(try reader.machine(Sample.machineDigest)?.source == "machine: x # é\n")
        #expect(try reader.machine("ab") == nil)
    }

    @Test func `the last good and the last failed poll of a channel are both found`() throws {
        func failed(_ scope: Scope, at minute: Int64) -> Entry {
            .poll(
                .init(
                    source: "tracker",
                    scope: scope,
                    at: Sample.stamp(minute),
                    result: .failed(.timedOut, message: "no answer")
                )
            )
        }
        let app = Scope.app("music")
        let (_, reader) = try journal([
            Sample.good(0, scope: app, at: 1), failed(app, at: 2),
            Sample.good(1, scope: app, source: "ci", at: 3),
            Sample.good(1, scope: .track(Sample.android), at: 4), failed(.installation, at: 5),
            Sample.good(2, scope: app, at: 6), failed(app, at: 7),
        ])
        func lines(_ polls: [ChannelPolls]) -> [String] {
            polls.map { polls in
                let good = polls.good.map { "\($0.sequence)" } ?? "-"
                let failed = polls.failed.map { "\($0.sequence)" } ?? "-"
                return "\(polls.source) \(polls.scope) \(good) \(failed)"
            }
        }
        #expect(
            try lines(reader.polls()) == [
                "ci music 3 -", "tracker * - 5", "tracker music 6 7",
                "tracker music/android/8.9.2 4 -",
            ]
        )
        #expect(
            try lines(reader.polls(seenBy: Sample.ios, atOrBefore: 4)) == [
                "ci music 3 -", "tracker music 1 2",
            ]
        )
        #expect(try reader.polls(atOrBefore: 0) == [])
    }

    @Test func `a track's history has its own rows and the commands of its scopes`() throws {
        let (_, reader) = try journal(Sample.entries)
        func belongs(_ entry: Entry) -> Bool {
            switch entry {
            case .boot, .machine, .upkeep, .poll, .tick: false
            case .decision(let decision): decision.track == Sample.ios
            case .command(let record): record.command.scope.contains(Sample.ios)
            case .intent(let record): record.intent.track == Sample.ios
            case .attempt(let attempt): attempt.track == Sample.ios
            case .outcome(let outcome): outcome.track == Sample.ios
            case .discovery(let discovery): discovery.track == Sample.ios
            }
        }
        let expected = Sample.entries.filter(belongs)
        var history: [Entry] = []
        try reader.history(of: Sample.ios) { row in
            history.append(row.entry)
            return true
        }
        #expect(history == expected)
        var commands = 0
        try reader.commands { _ in
            commands += 1
            return true
        }
        #expect(commands == Sample.requests.count)
        #expect(
            try reader.command("c3")?.entry
                == Sample.entries.first { entry in
                    if case .command(let record) = entry {
                        record.command.id == "c3"
                    } else {
                        false
                    }
                }
        )
        #expect(try reader.intent("music/ios/8.9.2/3/0/create_once") != nil)
        #expect(try reader.intent("none") == nil)
    }

    @Test func `a long history comes in pages, in order, from any place`() throws {
        let scratch = try Scratch()
        let journal = try scratch.write()
        let entries = (0..<2_600).flatMap { number -> [Entry] in
            let attempt = Entry.attempt(
                .init(
                    at: Sample.stamp(0),
                    key: "k",
                    track: Sample.ios,
                    purpose: .perform,
                    number: number
                )
            )
            return number % 2 == 0
                ? [Sample.decision(Sample.ios, tick: number), attempt]
                : [Sample.decision(Sample.android, tick: number), attempt]
        }
        _ = try journal.append(entries)
        let expected = entries.indices.filter { $0 % 4 != 2 }.map { Int64($0) + 1 }
        for start in [Int64(0), 700, 5_100] {
            var seen: [Int64] = []
            try scratch.read().history(of: Sample.ios, after: start) { row in
                seen.append(row.sequence)
                return true
            }
            #expect(seen == expected.filter { $0 > start })
        }
    }

    @Test func `every question is answered from an index`() throws {
        let (_, reader) = try journal(Sample.entries)
        let questions: [(JournalTable, String)] = [
            (.tick, "t.at_ms <= 1 ORDER BY t.at_ms DESC, t.seq DESC"), (.tick, "t.number = 1"),
            (.decision, "t.track = 'a' AND t.seq <= 9 ORDER BY t.seq DESC"),
            (.poll, "t.channel = 1 AND t.failure IS NULL AND t.seq <= 9 ORDER BY t.seq DESC"),
            (.poll, "t.channel = 1 AND t.failure IS NOT NULL AND t.seq <= 9 ORDER BY t.seq DESC"),
            (.poll, "t.seq > 1 AND t.seq <= 9 ORDER BY t.seq"),
            (.outcome, "t.track = 'a' AND t.seq > 9 ORDER BY t.seq"),
            (.command, "t.scope = 'a' AND t.seq > 9 ORDER BY t.seq"), (.command, "t.id = 'a'"),
            (.machine, "t.digest = 'a' ORDER BY t.seq DESC"), (.intent, "t.key = 'a'"),
        ]
        for (table, condition) in questions {
            let plan = try reader.queue.read { database in
                try Row.fetchAll(
                    database,
                    sql: "EXPLAIN QUERY PLAN \(table.shape.select) WHERE \(condition)"
                ).map { $0["detail"] as String }
            }
            #expect(plan.first?.hasPrefix("SEARCH t USING") == true, "\(condition): \(plan)")
            #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(condition): \(plan)")
        }
    }
}
