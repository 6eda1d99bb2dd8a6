import ConductorCore
import ConductorJournal
import ConductorPorts
import ConductorRuntime
import ConductorTesting
import Foundation
import Synchronization
import Testing

@Suite struct `After a restore` {
    /// A journal whose backup was taken before the action was sent, while the action went on.
    private func bench(
        actionClass: ActionClass = .createOnce,
        sent: Bool
    ) async throws -> Bench {
        let bench = try Bench(actionClass: actionClass)
        let journal = try bench.open()
        let engine = try bench.engine(on: journal)
        try await engine.boot()
        try await bench.add(to: engine)
        try await bench.look(engine)
        let backup = bench.folder.appending(path: "backup.sqlite").path
        #expect(
            try ReadOnlyJournal(path: bench.journalPath).backUp(to: backup, replaces: false)
                .verification.ok
        )
        if sent { try await bench.act(engine) }
        try journal.close()
        bench.clock.advance(by: .minutes(1))
        _ = try Journal.restore(
            backup,
            to: bench.journalPath,
            holder: "test",
            now: bench.clock.wall()
        )
        return bench
    }

    private func run(_ bench: Bench, rounds: Int = 12) async throws -> TrackState? {
        let engine = try bench.engine(on: try bench.open(), world: try bench.world())
        try await engine.boot()
        for _ in 0..<rounds {
            bench.clock.advance(by: .seconds(40))
            try await bench.look(engine)
            try await bench.act(engine)
        }
        return await engine.snapshot().states[bench.track()]
    }

    @Test(arguments: [true, false])
    func `an action that the backup knows as never sent is looked for first`(sent: Bool)
        async throws
    {
        let bench = try await bench(sent: sent)
        let performed = bench.backend.state.withLock(\.performed)
        #expect(performed == (sent ? 1 : 0))
        let state = try await run(bench)
        #expect(state?.stage == "submitted")
        #expect(bench.backend.state.withLock(\.effects).count == 1, "never twice")
        #expect(bench.backend.state.withLock(\.performed) == 1)
        #expect(bench.backend.state.withLock(\.probed) == (sent ? 1 : 2))
        #expect(state?.restored?.unprobed == [])
        for full in [true, false] { #expect(try bench.replay(full: full).divergences == []) }
    }

    @Test func `until every open action is answered for, nothing starts, and explain says so`()
        async throws
    {
        let bench = try await bench(sent: false)
        let engine = try bench.engine(on: try bench.open(), world: try bench.world())
        try await engine.boot()
        try await bench.add(to: engine, version: "8.9.3")
        try await bench.look(engine)
        try await bench.act(engine)
        #expect(await engine.snapshot().isReconciling)
        #expect(bench.backend.state.withLock(\.performed) == 0)
        let other = TrackID(app: "music", platform: "ios", version: "8.9.3")
        let world = await engine.snapshot()
        let tick = try #require(world.lastTick)
        let explanation = try #require(world.explain(other, in: tick))
        let leaf = explanation.transitions.first?.leaves.first {
            $0.name == "restored: open actions are probed first"
        }
        #expect(leaf?.kind == .phase)
        #expect(leaf?.verdict == .unmet)
        // A person's push does not go through either.
        let reply = try await engine.submit(
            Command(
                id: "push",
                actor: "test",
                scope: .track(other),
                request: .advance(to: nil)
            )
        )
        #expect(!reply.accepted)
        #expect(reply.unmet.contains("restored: open actions are probed first"))
        for _ in 0..<16 {
            bench.clock.advance(by: .seconds(40))
            try await bench.look(engine)
            try await bench.act(engine)
        }
        #expect(await !engine.snapshot().isReconciling)
        #expect(await engine.snapshot().states[other]?.stage == "submitted")
        #expect(bench.backend.state.withLock(\.effects).count == 2)
        #expect(try bench.replay(full: true).divergences == [])
    }

    @Test func `an action decided again after the backup is looked for before it is done`()
        async throws
    {
        // The backup is older than the decision; the effect is there already.
        let bench = try Bench()
        let journal = try bench.open()
        let engine = try bench.engine(on: journal)
        try await engine.boot()
        try await bench.add(to: engine)
        let backup = bench.folder.appending(path: "backup.sqlite").path
        _ = try ReadOnlyJournal(path: bench.journalPath).backUp(to: backup, replaces: false)
        try await bench.look(engine)
        try await bench.act(engine)
        #expect(bench.backend.state.withLock(\.effects).count == 1)
        try journal.close()
        _ = try Journal.restore(
            backup,
            to: bench.journalPath,
            holder: "test",
            now: bench.clock.wall()
        )
        let state = try await run(bench)
        #expect(state?.stage == "submitted")
        #expect(bench.backend.state.withLock(\.performed) == 1, "done before, found, not repeated")
        #expect(bench.backend.state.withLock(\.probed) == 1)
        #expect(try bench.replay(full: true).divergences == [])
    }

    @Test func `what cannot be looked for waits for a person`() async throws {
        let bench = try await bench(actionClass: .atMostOnce, sent: true)
        let engine = try bench.engine(on: try bench.open(), world: try bench.world())
        try await engine.boot()
        for _ in 0..<4 {
            bench.clock.advance(by: .seconds(40))
            try await bench.look(engine)
            try await bench.act(engine)
        }
        #expect(bench.backend.state.withLock(\.performed) == 1)
        let state = await engine.snapshot().states[bench.track()]
        guard case .error(let fault)? = state?.phase else {
            Issue.record("it is \(String(describing: state?.phase))")
            return
        }
        #expect(fault.kind == .inDoubt)
        let key = try #require(fault.progress.intents.first?.intent.key)
        let reply = try await engine.submit(
            Command(
                id: "resolve",
                actor: "test",
                scope: .track(bench.track()),
                request: .resolve(key: key, done: true)
            )
        )
        #expect(reply.accepted)
        #expect(await engine.snapshot().states[bench.track()]?.stage == "submitted")
    }
}
