package import ConductorCore
package import ConductorPorts
import NIOHTTP1

/// What a source over HTTP must be like, held against a healthy world of its vendor in which one answer
/// after the other goes wrong, in every way: whatever it then tells is missing, or what is true.
package struct HTTPSourceConformance: Sendable {
    private let secret: String
    private let request: ObservationRequest
    private let mayTurn: Set<String>
    private let remembers: Bool
    private let world: @Sendable (LoopbackServer.Received) -> LoopbackServer.Reply
    private let make: @Sendable (_ url: String, _ timeout: Span) throws -> any Source

    /// A walk for sources that `make` makes.
    ///
    /// `mayTurn` are facts that say whether something is there: a 404 changes them rightly.
    /// `remembers`: the vendor has ETags.
    package init(
        secret: String,
        request: ObservationRequest,
        mayTurn: Set<String> = [],
        remembers: Bool = true,
        world: @escaping @Sendable (LoopbackServer.Received) -> LoopbackServer.Reply,
        make: @escaping @Sendable (_ url: String, _ timeout: Span) throws -> any Source
    ) {
        self.secret = secret
        self.request = request
        self.mayTurn = mayTurn
        self.remembers = remembers
        self.world = world
        self.make = make
    }

    /// Everything that is wrong; empty for a source that is as it must be.
    package func run() async throws -> [String] {
        var findings = Findings()
        let (answer, asked) = try await FaultyServer.start(world).run { server in
            (try await poll(server), server.received)
        }
        guard case .observed(let truth) = answer, !truth.facts.isEmpty else {
            return ["a healthy backend gives no facts: \(answer)"]
        }
        for (number, received) in asked.enumerated() {
            for fault in Self.faults(of: world(received)) {
                try await tells(truth, with: fault, at: number, of: received, &findings)
            }
            try await staysAtItsOrigin(at: number, &findings)
        }
        try await tellsTheSameFromMemory(truth, &findings)
        try await waitsWhenToldTo(&findings)
        try await boundsAFlood(&findings)
        try await endsWhenCancelled(&findings)
        return findings.all
    }

    private static func faults(of reply: LoopbackServer.Reply) -> [WireFault] {
        guard case .status(200..<300, _, let body) = reply, let json = try? JSON(parsing: body)
        else { return WireFault.plain + [.echo] }
        let places = json.places()
        let texts = places.filter { json.value(at: $0[...])?.stringValue != nil }
        return WireFault.plain + [.echo] + places.map { .without($0) }
            + places.map { .mistyped($0) }
            + texts.map { .secret($0) }
    }

    private func poll(
        _ server: LoopbackServer,
        bypassing: Bool = true,
        timeout: Span = .seconds(10)
    ) async throws -> PollAnswer {
        let source = try make(server.url, timeout)
        var request = request
        request.bypassesCaches = bypassing
        return await source.observe(request)
    }

    /// Facts are missing or true; nothing tells the secret.
    private func tells(
        _ truth: Observation,
        with fault: WireFault,
        at number: Int,
        of received: LoopbackServer.Received,
        _ findings: inout Findings
    ) async throws {
        let isSlow = fault == .silence || fault == .stall
        let began = ContinuousClock.now
        let answer = try await FaultyServer.start(world, (number, fault)).run { server in
            try await poll(server, timeout: isSlow ? Span(milliseconds: 300) : .seconds(10))
        }
        let place = "\(fault) as the answer to \(received.method) \(received.path)"
        findings.expect(!"\(answer)".contains(secret), "\(place): the secret is told")
        findings.expect(
            !isSlow || answer.isTimeOut && ContinuousClock.now - began < .seconds(3),
            "\(place): no time-out at the deadline"
        )
        switch answer {
        case .failed(let failure, let message):
            findings.expect(
                failure != .internal && !message.isEmpty,
                "\(place): no reason is told"
            )
        case .observed(let observation):
            if case .secret = fault { return }
            for (name, fact) in observation.facts.sorted(by: { $0.key < $1.key })
            where fact != truth.facts[name] {
                if fault == .status(404), mayTurn.contains(name) { continue }
                findings.add("\(place): a guess, \(name) is \(fact.value)")
            }
        }
    }

    private func staysAtItsOrigin(at number: Int, _ findings: inout Findings) async throws {
        let stranger = try await LoopbackServer.start { _ in .status(200, body: "[]") }
        let fault = WireFault.nextPage(stranger.url + "/page/2")
        let answer = try await FaultyServer.start(world, (number, fault)).run { server in
            try await poll(server)
        }
        findings.expect(
            stranger.received.isEmpty,
            "a next page at another origin is asked for: \(answer)"
        )
        try await stranger.stop()
    }

    /// *Not modified* is the same answer anew; a look past every cache offers nothing.
    private func tellsTheSameFromMemory(
        _ truth: Observation,
        _ findings: inout Findings
    ) async throws {
        let world = world
        let server = try await LoopbackServer.start { received in
            let tag = "\"\(received.uri)\""
            guard !received.headers["if-none-match"].contains(tag) else {
                return .status(304, headers: [("ETag", tag)])
            }
            guard case .status(let status, let headers, let body) = world(received) else {
                return world(received)
            }
            return .status(status, headers: headers + [("ETag", tag)], body: body)
        }
        for isPast in [false, false, true] {
            let before = server.received.count
            let answer = try await poll(server, bypassing: isPast)
            findings.expect(
                answer == .observed(truth),
                "the same world is told in another way: \(answer)"
            )
            let asked = server.received.dropFirst(before)
            let conditional = asked.count { !$0.headers["if-none-match"].isEmpty }
            if isPast {
                findings.expect(conditional == 0, "a look past every cache offers an ETag")
            } else if remembers, before > 0 {
                let expected = asked.count { received in
                    if case .status(200..<300, _, _) = world(received) {
                        received.method == .GET
                    } else {
                        false
                    }
                }
                findings.expect(
                    conditional == expected,
                    "\(conditional) of \(expected) requests of a second poll are conditional"
                )
            }
        }
        try await server.stop()
    }

    /// After a Retry-After nothing is asked until then.
    private func waitsWhenToldTo(_ findings: inout Findings) async throws {
        try await FaultyServer.start(world, (0, .limited(seconds: 60))).run { server in
            let first = try await poll(server)
            let count = server.received.count
            let second = try await poll(server)
            for answer in [first, second] {
                if case .failed(.rateLimited, _) = answer { continue }
                findings.add("a limit is not told as one: \(answer)")
            }
            findings.expect(
                count == 1 && server.received.count == count,
                "a backend that asks to wait is asked again"
            )
        }
    }

    private func boundsAFlood(_ findings: inout Findings) async throws {
        try await FaultyServer.start(world, (0, .flood)).run { server in
            let before = Findings.residentBytes()
            let answer = try await poll(server, timeout: .seconds(30))
            if case .failed(.tooLarge, _) = answer {
            } else {
                findings.add("an answer without end is not too large: \(answer)")
            }
            findings.expect(
                Findings.residentBytes() - before < 100 << 20,
                "an answer without end is kept in memory"
            )
        }
    }

    private func endsWhenCancelled(_ findings: inout Findings) async throws {
        try await FaultyServer.start(world, (0, .silence)).run { server in
            let source = try make(server.url, .minutes(5))
            let request = request
            let poll = Task { await source.observe(request) }
            while server.received.isEmpty { try await Task.sleep(for: .milliseconds(2)) }
            let began = ContinuousClock.now
            poll.cancel()
            let answer = await poll.value
            findings.expect(answer.isTimeOut, "a poll that was given up: \(answer)")
            findings.expect(
                ContinuousClock.now - began < .seconds(5),
                "a poll that is given up goes on"
            )
        }
    }
}
