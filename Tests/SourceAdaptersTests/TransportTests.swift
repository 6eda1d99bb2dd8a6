import ConductorCore
import ConductorPorts
import AdapterTesting
import NIOHTTP1
import Testing

@testable import SourceAdapters

@Suite struct `The pace of a credential` {
    private let start = ContinuousClock.now
    private let limits = Pace.Limits(burst: 10, perSecond: 1, reserve: 0.2, writeGap: .seconds(1))

    private func allowed(_ pace: Pace, _ urgency: Pace.Urgency, at now: ContinuousClock.Instant)
        -> Int
    {
        var count = 0
        while count < 100, pace.admit(urgency, now: now) == .now { count += 1 }
        return count
    }

    @Test func `polls leave a reserve to actions, and brakes wait for nothing`() {
        let pace = Pace(limits, now: start)
        #expect(allowed(pace, .poll, at: start) == 8)
        #expect(allowed(pace, .action, at: start) == 2)
        #expect(allowed(pace, .brake, at: start) == 100)
        #expect(pace.admit(.poll, now: start) == .soon(.seconds(3)))
        #expect(pace.admit(.action, now: start + .seconds(1)) == .now)
    }

    @Test func `what the backend says is left counts`() {
        let pace = Pace(limits, now: start)
        pace.note(.init(limit: 100, remaining: 21, renewsIn: .minutes(5)), now: start)
        #expect(pace.admit(.poll, now: start) == .now)
        #expect(pace.admit(.poll, now: start) == .later(.minutes(5)))
        #expect(pace.admit(.action, now: start) == .now)
        #expect(pace.admit(.poll, now: start + .seconds(301)) == .now)
    }

    @Test func `a pause that was asked for keeps back all but brakes`() {
        let pace = Pace(limits, now: start)
        pace.pause(.seconds(30), now: start)
        pace.pause(.seconds(10), now: start)
        #expect(pace.admit(.action, now: start) == .later(.seconds(30)))
        #expect(pace.admit(.brake, now: start) == .now)
        #expect(pace.admit(.poll, now: start + .seconds(31)) == .now)
    }

    @Test func `writes keep a distance`() {
        let pace = Pace(limits, now: start)
        #expect(pace.admit(.action, isWrite: true, now: start) == .now)
        #expect(pace.admit(.action, isWrite: true, now: start) == .soon(.seconds(1)))
        #expect(pace.admit(.action, now: start) == .now)
        #expect(pace.admit(.brake, isWrite: true, now: start) == .now)
    }
}

@Suite struct `What the transport remembers` {
    private func entry(_ size: Int) -> AnswerCache.Entry {
        .init(tag: "\"1\"", headers: [:], body: Array(repeating: 97, count: size))
    }

    @Test func `is bounded, and the longest unused goes first`() {
        let cache = AnswerCache(capacity: 1_000)
        for name in ["a", "b", "c"] { cache.remember(entry(240), for: name) }
        #expect(cache.entry(for: "a") != nil)
        for name in ["d", "e"] { cache.remember(entry(240), for: name) }
        #expect(cache.entry(for: "a") != nil)
        #expect(cache.entry(for: "b") == nil)
        #expect(cache.bytes <= 1_000)
        cache.remember(entry(600), for: "large")
        #expect(cache.entry(for: "large") == nil)
        for number in 0..<10_000 { cache.remember(entry(1), for: "\(number)") }
        #expect(cache.bytes <= 1_000)
    }

    @Test func `a path holds a value and nothing else`() {
        let branch = "release/8.9 2"
        #expect("\("a/\(branch)/b" as APIPath)" == "a/release%2F8.9%202/b")
        #expect("\("a/\(segments: branch)" as APIPath)" == "a/release/8.9%202")
        #expect(("a/\("..")/b" as APIPath).strays)
        #expect(("a/\("")/b" as APIPath).strays)
        #expect(!("a/b/" as APIPath).strays)
    }

    @Test func `versions stand in the order of their numbers`() {
        let names = ["v8.10.0", "v8.9.2", "v8.9.2-rc.1", "v8.9", "v10.0.0"]
        #expect(
            names.sorted { VersionOrder.precedes($0, $1) }
                == ["v8.9", "v8.9.2-rc.1", "v8.9.2", "v8.10.0", "v10.0.0"]
        )
    }

    @Test func `what was done is counted by origin`() async throws {
        let server = try await LoopbackServer.start(GitHubWorld().answer)
        let scratch = try Scratch()
        try scratch.write("t", to: "token")
        let source = try source(
            "github.checks",
            [
                "url": .string(server.url), "repository": "acme/music",
                "token": .string("file:" + scratch.file("token")),
            ]
        )
        let origin = "http://127.0.0.1:\(server.port)"
        // An earlier server of this process may have had the same port.
        let before = TransportCounters.snapshot()[origin]
        _ = await source.observe(request())
        let counters = try #require(TransportCounters.snapshot()[origin])
        #expect(counters.requests - (before?.requests ?? 0) == server.received.count)
        #expect(counters.failures == before?.failures ?? 0)
        try await server.stop()
    }
}
