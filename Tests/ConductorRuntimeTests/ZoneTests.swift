import CEL
import ConductorCore
import ConductorJournal
import ConductorPorts
import ConductorRuntime
import ConductorTesting
import Synchronization
import Testing

@Suite struct `Time zones of conditions` {
    private static let stockholm = ZoneRules.Zone(name: "Europe/Stockholm", initialOffset: 3600)

    private static func bench(hour: Int) throws -> Bench {
        let bench = try Bench(
            condition: "timestamp(ci.state).getHours(\"Europe/Stockholm\") == \(hour)"
        )
        bench.source.answer.withLock {
            $0 = .observed(
                Observation(facts: ["state": ObservedFact("2026-03-02T09:00:00Z")])
            )
        }
        return bench
    }

    /// The zones of every boot row.
    private static func recorded(_ bench: Bench) throws -> [[RecordedZone]] {
        var zones: [[RecordedZone]] = []
        try ReadOnlyJournal(path: bench.journalPath).rows(after: 0) { row in
            if case .boot(let boot) = row.entry { zones.append(boot.zones) }
            return true
        }
        return zones
    }

    @Test func `are recorded with the start, and the journal replays without any of its own`()
        async throws
    {
        let bench = try Self.bench(hour: 10)
        let engine = try bench.engine(on: try bench.open(), zones: [Self.stockholm])
        try await engine.boot()
        try await bench.add(to: engine)
        try await bench.look(engine)
        try await bench.act(engine)
        #expect(await engine.snapshot().states[bench.track()]?.stage == "submitted")
        #expect(try Self.recorded(bench) == [[RecordedZone(Self.stockholm)]])
        for full in [false, true] {
            #expect(try bench.replay(full: full).divergences.isEmpty)
        }
    }

    @Test
    func `leave a condition unknown when the start recorded none, and are never taken for UTC`()
        async throws
    {
        for hour in [9, 10] {
            let bench = try Self.bench(hour: hour)
            let engine = try bench.engine(on: try bench.open())
            try await engine.boot()
            try await bench.add(to: engine)
            try await bench.look(engine)
            try await bench.act(engine)
            #expect(await engine.snapshot().states[bench.track()]?.stage == "branched")
            #expect(try bench.replay(full: true).divergences.isEmpty)
        }
    }

    @Test func `stay with a release whose rules alone name them`() async throws {
        let bench = try Self.bench(hour: 11)
        do {
            let engine = try bench.engine(on: try bench.open(), zones: [Self.stockholm])
            try await engine.boot()
            try await bench.add(to: engine)
            try await bench.look(engine)
            #expect(await engine.snapshot().states[bench.track()]?.stage == "branched")
        }
        // The rules of today name no zone any more.
        let engine = try bench.engine(on: try bench.open(), world: try bench.world())
        try await engine.boot()
        let zones = [RecordedZone(Self.stockholm)]
        #expect(try Self.recorded(bench) == [zones, zones])
        bench.source.answer.withLock {
            $0 = .observed(
                Observation(facts: ["state": ObservedFact("2026-03-02T10:30:00Z")])
            )
        }
        bench.clock.advance(by: .seconds(70))
        try await bench.look(engine)
        try await bench.act(engine)
        #expect(await engine.snapshot().states[bench.track()]?.stage == "submitted")
        #expect(try bench.replay(full: true).divergences.isEmpty)
    }
}
