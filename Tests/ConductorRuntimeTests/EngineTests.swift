import ConductorCore
import ConductorJournal
import ConductorPorts
import ConductorRuntime
import ConductorTesting
import Foundation
import Synchronization
import Testing

@Suite struct `The engine` {
    @Test func `takes a track to its end, and its journal replays to equal bytes`() async throws {
        let bench = try Bench()
        let engine = try bench.engine(on: try bench.open())
        try await engine.boot()
        try await bench.add(to: engine)
        try await bench.look(engine)
        try await bench.act(engine)
        let state = try #require(await engine.snapshot().states[bench.track()])
        #expect(state.stage == "submitted")
        #expect(bench.backend.state.withLock(\.effects).count == 1)
        for full in [false, true] {
            let replay = try bench.replay(full: full)
            #expect(replay.divergences.isEmpty)
            #expect(replay.ticks > 3)
        }
    }

    @Test func `probes after a lost answer instead of sending again`() async throws {
        let bench = try Bench()
        bench.backend.state.withLock { $0.behaviour = .losesAnswer }
        let engine = try bench.engine(on: try bench.open())
        try await engine.boot()
        try await bench.add(to: engine)
        try await bench.look(engine)
        try await bench.act(engine)
        #expect(bench.backend.state.withLock(\.probed) == 0, "the quiet period comes first")
        bench.clock.advance(by: .seconds(36))
        try await bench.settle(engine)
        try await bench.act(engine)
        #expect(await engine.snapshot().states[bench.track()]?.stage == "submitted")
        #expect(bench.backend.state.withLock(\.performed) == 1)
        #expect(try bench.replay(full: true).divergences.isEmpty)
    }

    @Test func `sends again only after two probes found nothing`() async throws {
        let bench = try Bench()
        bench.backend.state.withLock { $0.behaviour = .losesRequest }
        let engine = try bench.engine(on: try bench.open())
        try await engine.boot()
        try await bench.add(to: engine)
        try await bench.look(engine)
        try await bench.act(engine)
        bench.backend.state.withLock { $0.behaviour = .works }
        for _ in 0..<6 {
            bench.clock.advance(by: .seconds(36))
            try await bench.settle(engine)
            try await bench.act(engine)
        }
        #expect(await engine.snapshot().states[bench.track()]?.stage == "submitted")
        #expect(bench.backend.state.withLock(\.probed) == 2)
        #expect(bench.backend.state.withLock(\.performed) == 2)
        #expect(bench.backend.state.withLock(\.effects).count == 1)
    }

    @Test(arguments: [true, false])
    func `after a restart with an open attempt, looks before it acts`(landed: Bool) async throws {
        let bench = try Bench()
        do {
            let journal = try bench.open()
            let engine = try bench.engine(on: journal)
            try await engine.boot()
            try await bench.add(to: engine)
            try await bench.look(engine)
            // The process dies between the attempt's row and the outcome's.
            let effect = try #require(await engine.takeStartable().first)
            bench.backend.state.withLock { $0.behaviour = .hangs }
            let stuck = Task { await engine.carryOut(effect) }
            while bench.backend.state.withLock(\.performed) == 0 { await Task.yield() }
            stuck.cancel()
            if landed { bench.backend.state.withLock { $0.effects.append(effect.intent.key) } }
            try journal.close()
        }
        bench.backend.state.withLock { $0.behaviour = .works }
        let engine = try bench.engine(on: try bench.open(), world: try bench.world())
        try await engine.boot()
        for _ in 0..<8 {
            bench.clock.advance(by: .seconds(40))
            try await bench.look(engine)
            try await bench.act(engine)
        }
        #expect(await engine.snapshot().states[bench.track()]?.stage == "submitted")
        #expect(bench.backend.state.withLock(\.effects).count == 1)
        #expect(bench.backend.state.withLock(\.performed) == (landed ? 1 : 2))
        #expect(try bench.replay(full: true).divergences.isEmpty)
    }

    @Test func `never repeats an at-most-once action that is in doubt`() async throws {
        let bench = try Bench(actionClass: .atMostOnce)
        bench.backend.state.withLock { $0.behaviour = .losesRequest }
        let engine = try bench.engine(on: try bench.open())
        try await engine.boot()
        try await bench.add(to: engine)
        try await bench.look(engine)
        for _ in 0..<4 {
            try await bench.act(engine)
            bench.clock.advance(by: .minutes(5))
            try await bench.look(engine)
        }
        let state = try #require(await engine.snapshot().states[bench.track()])
        guard case .error(let fault) = state.phase else {
            Issue.record("it stands in \(state.phase.name)")
            return
        }
        #expect(fault.kind == .inDoubt)
        #expect(bench.backend.state.withLock(\.performed) == 1)
        let key = try #require(fault.progress.intents.first?.intent.key)
        let reply = try await engine.submit(
            Command(
                id: "r",
                actor: "test",
                scope: .track(bench.track()),
                request: .resolve(key: key, done: true)
            )
        )
        #expect(reply.accepted)
        try await bench.settle(engine)
        #expect(await engine.snapshot().states[bench.track()]?.stage == "submitted")
    }

    @Test func `performs an action of a release once for all its tracks`() async throws {
        let bench = try Bench(platforms: ["android", "desktop", "ios"], scope: .release)
        let engine = try bench.engine(on: try bench.open())
        try await engine.boot()
        for platform in bench.platforms { try await bench.add(platform, to: engine) }
        try await bench.look(engine)
        for _ in 0..<4 { try await bench.act(engine) }
        for platform in bench.platforms {
            #expect(await engine.snapshot().states[bench.track(platform)]?.stage == "submitted")
        }
        #expect(bench.backend.state.withLock(\.performed) == 1)
        #expect(try bench.replay(full: true).divergences.isEmpty)
    }

    @Test func `a person's word on a shared effect holds for who comes later`() async throws {
        let bench = try Bench(
            platforms: ["android", "ios"],
            actionClass: .atMostOnce,
            scope: .release
        )
        bench.backend.state.withLock { $0.behaviour = .losesRequest }
        let engine = try bench.engine(on: try bench.open())
        try await engine.boot()
        try await bench.add("android", to: engine)
        try await bench.look(engine)
        for _ in 0..<2 {
            try await bench.act(engine)
            bench.clock.advance(by: .minutes(5))
            try await bench.look(engine)
        }
        let state = try #require(await engine.snapshot().states[bench.track("android")])
        guard case .error(let fault) = state.phase else {
            Issue.record("it stands in \(state.phase.name)")
            return
        }
        let key = try #require(fault.progress.intents.first?.intent.key)
        let word = Command(
            id: "r",
            actor: "test",
            scope: .track(bench.track("android")),
            request: .resolve(key: key, done: true)
        )
        #expect(try await engine.submit(word).accepted)
        try await bench.add("ios", to: engine)
        try await bench.look(engine)
        for _ in 0..<2 { try await bench.act(engine) }
        #expect(await engine.snapshot().states[bench.track("ios")]?.stage == "submitted")
        #expect(bench.backend.state.withLock(\.performed) == 1)
    }

    @Test func `the same id again is the same command, and gets the same answer`() async throws {
        let bench = try Bench()
        let engine = try bench.engine(on: try bench.open())
        try await engine.boot()
        try await bench.add(to: engine)
        func ask(_ id: String, _ request: Command.Request) async throws -> CommandReply {
            try await engine.submit(
                Command(
                    id: id,
                    actor: "test",
                    scope: .track(bench.track()),
                    request: request,
                    reason: "a test"
                )
            )
        }
        let override = Command.Request.override(condition: "ready", term: .lasting(.hours(4)))
        let first = try await ask("o", override)
        bench.clock.advance(by: .hours(1))
        let second = try await ask("o", override)
        #expect(first.accepted && first == second)
        let state = try #require(await engine.snapshot().states[bench.track()])
        #expect(state.step == 1, "one command, one transition")
        let refused = try await ask("r", .rearm(transition: nil))
        #expect(!refused.accepted)
        #expect(try await ask("r", .rearm(transition: nil)) == refused)
        #expect(try bench.replay(full: true).divergences.isEmpty)
    }

    @Test func `a track moves to the rules that are loaded, and to no others`() async throws {
        let bench = try Bench()
        let engine = try bench.engine(on: try bench.open())
        try await engine.boot()
        try await bench.add(to: engine)
        func migrate(_ id: String, to digest: String, at scope: Scope) async throws -> CommandReply
        {
            try await engine.submit(
                Command(id: id, actor: "test", scope: scope, request: .migrate(to: digest))
            )
        }
        let track = Scope.track(bench.track())
        #expect(try await !migrate("a", to: "another", at: track).accepted)
        #expect(try await !migrate("b", to: "another", at: .installation).accepted)
        let pinned = try #require(await engine.snapshot().states[bench.track()]).machine
        let reply = try await migrate("c", to: pinned, at: track)
        #expect(reply.accepted && reply.message.contains("already"))
        #expect(try bench.replay(full: true).divergences.isEmpty)
    }

    @Test func `starts nothing while the STOP file is there`() async throws {
        let bench = try Bench()
        let engine = try bench.engine(on: try bench.open())
        try await engine.boot()
        try await bench.add(to: engine)
        #expect(FileManager.default.createFile(atPath: bench.stopFile, contents: nil))
        try await bench.look(engine)
        try await bench.act(engine)
        #expect(bench.backend.state.withLock(\.performed) == 0)
        #expect(await engine.snapshot().states[bench.track()]?.stage == "branched")
        try FileManager.default.removeItem(atPath: bench.stopFile)
        try await bench.settle(engine)
        try await bench.act(engine)
        #expect(bench.backend.state.withLock(\.performed) == 1)
    }

    @Test func `does nothing that it cannot write, and writes it when it can`() async throws {
        let bench = try Bench()
        let failing = FailingJournal(try bench.open())
        let switchboard = failing.switchboard
        let engine = try bench.engine(on: failing)
        try await engine.boot()
        try await bench.add(to: engine)
        switchboard.fails = true
        for target in await engine.targets() { await engine.poll(target, bypassesCaches: false) }
        await #expect(throws: FailingJournal.Full.self) { try await engine.round() }
        #expect(bench.backend.state.withLock(\.performed) == 0)
        switchboard.fails = false
        try await bench.look(engine)
        let effect = try #require(await engine.takeStartable().first)
        switchboard.failsAfter = 1
        let isRecorded = await engine.carryOut(effect)
        #expect(!isRecorded, "the attempt was written, the outcome was not")
        #expect(await engine.takeStartable().isEmpty, "it is never begun again")
        switchboard.failsAfter = nil
        try await bench.settle(engine)
        #expect(await engine.snapshot().states[bench.track()]?.stage == "submitted")
        #expect(bench.backend.state.withLock(\.performed) == 1)
    }

    @Test func `takes a command of the same id once`() async throws {
        let bench = try Bench()
        let engine = try bench.engine(on: try bench.open())
        try await engine.boot()
        try await bench.add(to: engine)
        let hold = Command(
            id: "h",
            actor: "test",
            scope: .track(bench.track()),
            request: .hold,
            reason: "wait"
        )
        let first = try await engine.submit(hold)
        let second = try await engine.submit(hold)
        #expect(first == second)
        #expect(await engine.snapshot().fleet.holds.count == 1)
        try await bench.look(engine)
        try await bench.act(engine)
        #expect(bench.backend.state.withLock(\.performed) == 0, "it is held")
        let resume = Command(
            id: "r",
            actor: "test",
            scope: .track(bench.track()),
            request: .resume
        )
        #expect(try await engine.submit(resume).accepted)
        try await bench.settle(engine)
        try await bench.act(engine)
        #expect(bench.backend.state.withLock(\.performed) == 1)
    }

    @Test func `refuses a raise, and any road change, that rests on an older revision`()
        async throws
    {
        let bench = try Bench()
        let engine = try bench.engine(on: try bench.open())
        try await engine.boot()
        try await bench.add(to: engine)
        let reply = try await engine.submit(
            Command(
                id: "a",
                actor: "test",
                scope: .track(bench.track()),
                request: .advance(to: nil),
                basedOn: 0
            )
        )
        #expect(!reply.accepted)
        #expect(reply.message.contains("revision"))
    }

    @Test func `gives up on a source that hangs, and decides meanwhile`() async throws {
        let bench = try Bench()
        bench.source.answer.withLock { $0 = .failed(.unreachable, message: "refused") }
        let engine = try bench.engine(on: try bench.open())
        try await engine.boot()
        try await bench.add(to: engine)
        try await bench.look(engine)
        let decision = try #require(await engine.snapshot().decisions[bench.track()])
        #expect(decision.contains("\"failed\""))
        #expect(bench.backend.state.withLock(\.performed) == 0)
    }
}

/// A journal that can be made to fail.
final class FailingJournal: JournalWriter {
    struct Full: Error {}

    /// Touched by one test at a time.
    final class Switchboard: @unchecked Sendable {
        // A test sets it only while the engine is idle: it awaits every call of the engine.
        var fails = false
        var failsAfter: Int?
    }

    let switchboard = Switchboard()
    private let journal: Journal

    init(_ journal: Journal) { self.journal = journal }

    func append(_ entries: [Entry], bodies: [String: JSON]) throws -> [Int64] {
        if switchboard.fails { throw Full() }
        if let left = switchboard.failsAfter {
            guard left > 0 else { throw Full() }
            switchboard.failsAfter = left - 1
        }
        return try journal.append(entries, bodies: bodies)
    }

    func digest(of bytes: [UInt8]) -> String { journal.digest(of: bytes) }
}
