import ConductorCore
import ConductorRuntime
import HTTPTypes
import Testing

@testable import ConductorDashboard

/// One from whom nothing is kept.
let all = AccessGrant(role: .viewer)

@Suite(.timeLimit(.minutes(2))) struct `Events` {
    @Test func `tell what has changed, and go on where they broke off`() async throws {
        try await House.open { house in
            try await house.waits(for: "branched")
            let visitor = house.visitor
            let first = try await visitor.events { $0.contains { $0.name == "hello" } }
            let last = try #require(first.last?.id)
            // Nobody listens while this happens.
            let hold = Command(
                id: "h",
                actor: "os:anna",
                scope: .track(House.track),
                request: .hold
            )
            #expect(try await house.engine.submit(hold).accepted)
            let missed = try await visitor.events(["Last-Event-ID": "\(last)"]) {
                $0.contains { $0.name == "change" }
            }
            let change = try #require(missed.first { $0.name == "change" })
            #expect(!missed.contains { $0.name == "reset" })
            let data = try JSON(parsing: change.data)
            #expect(data["tracks"]?.arrayValue?.first?["track"] == .string("\(House.track)"))
            #expect(try #require(change.id) > last)
            // Who asks for what was never there begins anew.
            for odd in ["0", "99999999", "x"] {
                let reset = try await visitor.events(["Last-Event-ID": odd]) { !$0.isEmpty }
                #expect(reset.first?.name == "reset", "\(odd)")
            }
            let beat = try await visitor.events { $0.contains { $0.name == "beat" } }
            #expect(beat.contains { $0.name == "beat" && $0.data.contains("\"late\":false") })
        }
    }

    private func event(_ id: Int) -> StreamEvent {
        StreamEvent(id: id, name: "change", data: ["tick": JSON(id)])
    }

    private func ids(_ stream: AsyncStream<StreamEvent>, _ count: Int) async -> [Int] {
        var ids: [Int] = []
        for await event in stream {
            ids.append(event.id)
            if ids.count == count { break }
        }
        return ids
    }

    @Test func `are kept up to a bound, and beyond it one begins anew`() async throws {
        var limits = DashboardLimits()
        limits.keptEvents = 3
        let streams = EventStreams(limits: limits)
        streams.begin(at: 10)
        for id in 11...15 { streams.send(event(id)) }
        let (known, _) = try streams.listen(from: "a", grant: all, after: 13, current: 15)
        #expect(await ids(known, 2) == [14, 15])
        let (unknown, _) = try streams.listen(from: "a", grant: all, after: 11, current: 15)
        var iterator = unknown.makeAsyncIterator()
        #expect(await iterator.next()?.name == "reset")
    }

    @Test func `let go of who lags too far behind`() async throws {
        var limits = DashboardLimits()
        limits.keptEvents = 1
        limits.streamBacklog = 4
        let streams = EventStreams(limits: limits)
        streams.begin(at: 0)
        let (slow, _) = try streams.listen(from: "a", grant: all, after: nil, current: 0)
        for id in 1...20 { streams.send(event(id)) }
        #expect(streams.count == 0)
        var seen = 0
        for await _ in slow { seen += 1 }
        #expect(seen == 5)
    }

    @Test func `are bounded in all and by address`() throws {
        var limits = DashboardLimits()
        limits.streams = 3
        limits.streamsPerCaller = 2
        let streams = EventStreams(limits: limits)
        let first = try streams.listen(from: "a", grant: all, after: nil, current: 0)
        let second = try streams.listen(from: "a", grant: all, after: nil, current: 0)
        #expect { try streams.listen(from: "a", grant: all, after: nil, current: 0) } throws: {
            ($0 as? Problem)?.status == .tooManyRequests
        }
        let third = try streams.listen(from: "b", grant: all, after: nil, current: 0)
        #expect { try streams.listen(from: "c", grant: all, after: nil, current: 0) } throws: {
            ($0 as? Problem)?.status == .serviceUnavailable
        }
        first.leave()
        _ = try streams.listen(from: "c", grant: all, after: nil, current: 0)
        withExtendedLifetime((second, third)) {}
        streams.close()
        #expect(streams.count == 0)
    }
}
