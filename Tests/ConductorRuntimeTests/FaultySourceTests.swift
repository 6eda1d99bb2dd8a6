import ConductorCore
import ConductorJournal
import ConductorPorts
import ConductorRuntime
import ConductorTesting
import Synchronization
import Testing

@Suite struct `Sources and clocks at fault` {
    /// A bench with its engine, and a track at `branched`.
    private static func started(_ bench: Bench) async throws -> Engine {
        let engine = try bench.engine(on: try bench.open())
        try await engine.boot()
        try await bench.add(to: engine)
        return engine
    }

    private static func stage(_ bench: Bench, _ engine: Engine) async -> String? {
        await engine.snapshot().states[bench.track()]?.stage
    }

    private static func effects(_ bench: Bench) -> Int {
        bench.backend.state.withLock(\.effects).count
    }

    /// A minute later: what was polled, decided and done.
    private static func minute(_ bench: Bench, _ engine: Engine) async throws {
        bench.clock.advance(by: .minutes(1))
        try await bench.look(engine)
        try await bench.act(engine)
    }

    /// The failures in the journal's polls, in order.
    private static func failures(_ bench: Bench) throws -> [PollFailure] {
        var failures: [PollFailure] = []
        try ReadOnlyJournal(path: bench.journalPath).rows(after: 0) { row in
            if case .poll(let poll) = row.entry, case .failed(let failure, _) = poll.result {
                failures.append(failure)
            }
            return true
        }
        return failures
    }

    @Test(arguments: [7, true, .double(1.5), .null, ["passed"], ["passed": true], ""] as [JSON])
    func `a value of another type is unknown or unmet, never met`(lie: JSON) async throws {
        let bench = try Bench()
        bench.source.say(lie)
        let engine = try await Self.started(bench)
        for _ in 0..<3 { try await Self.minute(bench, engine) }
        #expect(await Self.stage(bench, engine) == "branched")
        #expect(bench.backend.state.withLock(\.performed) == 0)
        let decision = try #require(await engine.snapshot().decisions[bench.track()])
        if lie != "" {
            #expect(decision.contains(lie == .null ? "\"missing\"" : "\"type\""), "\(decision)")
        }
        bench.source.say("passed")
        try await Self.minute(bench, engine)
        #expect(await Self.stage(bench, engine) == "submitted")
        #expect(try bench.replay(full: true).divergences.isEmpty)
    }

    @Test func `a value that flips at every look never counts as sustained`() async throws {
        let bench = try Bench(sustained: .minutes(5))
        let engine = try await Self.started(bench)
        for number in 0..<40 {
            bench.source.say(number % 2 == 0 ? "passed" : "failed")
            try await Self.minute(bench, engine)
        }
        #expect(await Self.stage(bench, engine) == "branched")
        #expect(bench.backend.state.withLock(\.performed) == 0)
        bench.source.say("passed")
        for _ in 0..<8 { try await Self.minute(bench, engine) }
        #expect(await Self.stage(bench, engine) == "submitted")
        #expect(Self.effects(bench) == 1)
        #expect(try bench.replay(full: true).divergences.isEmpty)
    }

    @Test func `a source that hangs costs its deadline, and what it would have said is unknown`()
        async throws
    {
        let bench = try Bench()
        bench.source.hangs.withLock { $0 = true }
        let engine = try await Self.started(bench)
        let target = try #require(await engine.targets().first)
        let poll = Task { await engine.poll(target, bypassesCaches: false) }
        while bench.clock.nextWake == nil { await Task.yield() }
        // Others decide meanwhile.
        try await bench.settle(engine)
        #expect(await Self.stage(bench, engine) == "branched")
        bench.clock.advance(by: .seconds(20))
        await poll.value
        try await bench.settle(engine)
        #expect(try Self.failures(bench) == [.timedOut])
        #expect(bench.backend.state.withLock(\.performed) == 0)
        bench.source.hangs.withLock { $0 = false }
        try await Self.minute(bench, engine)
        #expect(await Self.stage(bench, engine) == "submitted")
    }

    @Test func `an observation that is too large is a failed poll, and is not kept`() async throws {
        let bench = try Bench()
        let engine = try await Self.started(bench)
        bench.source.say(.string(String(repeating: "x", count: Limits.observationBytes)))
        try await Self.minute(bench, engine)
        var facts: [String: ObservedFact] = ["state": ObservedFact("passed")]
        for number in 0..<Limits.factsPerObservation { facts["f\(number)"] = ObservedFact("x") }
        bench.source.answer.withLock { $0 = .observed(Observation(facts: facts)) }
        try await Self.minute(bench, engine)
        #expect(try Self.failures(bench) == [.tooLarge, .tooLarge])
        #expect(await Self.stage(bench, engine) == "branched")
        #expect(bench.backend.state.withLock(\.performed) == 0)
    }

    @Test(arguments: [-3_600_000, 86_400_000, -86_400_000, 3_600_000] as [Int64])
    func `a clock that is set gives no credit, and nothing is done twice`(step: Int64) async throws
    {
        let bench = try Bench(sustained: .minutes(30))
        let engine = try await Self.started(bench)
        for _ in 0..<5 { try await Self.minute(bench, engine) }
        bench.clock.setWall(Instant(milliseconds: bench.clock.wall().milliseconds + step))
        for _ in 0..<5 { try await Self.minute(bench, engine) }
        #expect(await Self.stage(bench, engine) == "branched", "ten minutes are no thirty")
        #expect(bench.backend.state.withLock(\.performed) == 0)
        for _ in 0..<60 { try await Self.minute(bench, engine) }
        #expect(await Self.stage(bench, engine) == "submitted")
        #expect(Self.effects(bench) == 1)
        var steps: [Int64] = []
        try ReadOnlyJournal(path: bench.journalPath).rows(after: 0) { row in
            if case .tick(let tick) = row.entry, let step = tick.wallStep { steps.append(step) }
            return true
        }
        #expect(steps == [step])
        #expect(try bench.replay(full: true).divergences.isEmpty)
    }
}
