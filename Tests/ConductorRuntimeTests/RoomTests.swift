import ConductorCore
import ConductorJournal
import ConductorPorts
import ConductorRuntime
import ConductorTesting
import Foundation
import Synchronization
import Testing

/// The real journal, on a disk of which the test says whether it is full.
private final class WatchedJournal: JournalWriter, Sendable {
    let journal: Journal
    let low: Mutex<Bool?>

    init(_ journal: Journal, low: Bool? = false) {
        self.journal = journal
        self.low = Mutex(low)
    }

    func append(_ entries: [Entry], bodies: [String: JSON]) throws -> [Int64] {
        try journal.append(entries, bodies: bodies)
    }

    func digest(of bytes: [UInt8]) -> String { journal.digest(of: bytes) }
    func isLow() -> Bool? { low.withLock { $0 } }
    var headHash: String? { journal.headHash }
}

@Suite struct `On a full disk` {
    private func command(_ request: Command.Request, _ id: String, _ track: TrackID) -> Command {
        Command(id: id, actor: "test", scope: .track(track), request: request)
    }

    @Test
    func `nothing is decided or polled into the journal, holds are, and it goes on with room`()
        async throws
    {
        let bench = try Bench()
        let journal = WatchedJournal(try bench.open())
        let engine = try bench.engine(on: journal)
        try await engine.boot()
        try await bench.add(to: engine)
        journal.low.withLock { $0 = true }
        try await bench.settle(engine)
        let before = journal.journal.head.sequence
        for _ in 0..<3 {
            bench.clock.advance(by: .minutes(1))
            try await bench.look(engine)
            try await bench.act(engine)
        }
        #expect(journal.journal.head.sequence == before, "polls and rounds leave nothing behind")
        #expect(bench.backend.state.withLock(\.performed) == 0)
        #expect(await engine.snapshot().low)
        let refused = try await engine.submit(command(.advance(to: nil), "a", bench.track()))
        #expect(!refused.accepted)
        #expect(refused.message.contains("the disk of the journal is full"))
        let held = try await engine.submit(command(.hold, "h", bench.track()))
        #expect(held.accepted)
        #expect(journal.journal.head.sequence > before)
        journal.low.withLock { $0 = false }
        try await bench.settle(engine)
        let resumed = try await engine.submit(command(.resume, "r", bench.track()))
        #expect(resumed.accepted)
        try await bench.look(engine)
        try await bench.act(engine)
        #expect(await engine.snapshot().states[bench.track()]?.stage == "submitted")
        for full in [true, false] { #expect(try bench.replay(full: full).divergences == []) }
    }

    @Test func `an outcome is written`() async throws {
        let bench = try Bench()
        let journal = WatchedJournal(try bench.open())
        let engine = try bench.engine(on: journal)
        try await engine.boot()
        try await bench.add(to: engine)
        try await bench.look(engine)
        let effect = try #require(await engine.takeStartable().first)
        journal.low.withLock { $0 = true }
        #expect(await engine.carryOut(effect))
        try await bench.settle(engine)
        #expect(await engine.snapshot().states[bench.track()]?.stage == "submitted")
        #expect(try bench.replay(full: true).divergences == [])
    }

    @Test func `an action sends the head that its attempt's row has`() async throws {
        let bench = try Bench(parameters: ["note": "head ${journal.head}."])
        let engine = try bench.engine(on: try bench.open())
        try await engine.boot()
        try await bench.add(to: engine)
        try await bench.look(engine)
        try await bench.act(engine)
        let sent = try #require(bench.backend.state.withLock(\.sent).first)
        let head = try #require(sent.parameters["journal"]?["head"]?.stringValue)
        #expect(sent.parameters["with"]?["note"]?.stringValue == "head \(head).")
        var intents: [Intent] = []
        let reader = try ReadOnlyJournal(path: bench.journalPath)
        let lines = Mutex<[String]>([])
        _ = try reader.export { line in
            lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
            return true
        }
        try reader.rows(after: 0) { row in
            if case .intent(let record) = row.entry { intents.append(record.intent) }
            return true
        }
        #expect(intents.first?.parameters["with"]?["note"]?.stringValue == "head ${journal.head}.")
        let rows = lines.withLock { $0.filter { $0.contains(#""hash":"\#(head)""#) } }
        #expect(rows.count == 1)
        #expect(rows.first?.contains(#""table":"attempt""#) == true)
    }
}
