package import ConductorCore
package import ConductorPorts
import NIOHTTP1

/// What an action over HTTP must be like, held against a world of its vendor that keeps what is written,
/// and in which one answer after the other goes wrong: an effect comes once, and doubt is told as doubt.
package struct HTTPActionConformance: Sendable {
    /// A world of the vendor: it answers requests, and keeps what is written.
    package typealias World = @Sendable (LoopbackServer.Received) -> LoopbackServer.Reply

    private let secret: String
    private let intent: Intent
    private let mayTurn: Bool
    private let isWrite: @Sendable (LoopbackServer.Received) -> Bool
    private let world: @Sendable () -> World
    private let make: @Sendable (_ url: String) throws -> any ActionAdapter

    /// A walk for actions that `make` makes, in worlds without the effect.
    ///
    /// `mayTurn`: that something is not there is told with 404, and makes the probe say so.
    package init(
        secret: String,
        intent: Intent,
        mayTurn: Bool = true,
        isWrite: @escaping @Sendable (LoopbackServer.Received) -> Bool = { $0.method != .GET },
        world: @escaping @Sendable () -> World,
        make: @escaping @Sendable (_ url: String) throws -> any ActionAdapter
    ) {
        self.secret = secret
        self.intent = intent
        self.mayTurn = mayTurn
        self.isWrite = isWrite
        self.world = world
        self.make = make
    }

    /// Everything that is wrong; empty for an action that is as it must be.
    package func run() async throws -> [String] {
        var findings = Findings()
        try await happensOnce(&findings)
        try await tellsDoubtAsDoubt(&findings)
        try await tellsARefusal(&findings)
        try await probesWithoutGuessing(&findings)
        try await endsWhenCancelled(&findings)
        return findings.all
    }

    private var isProbed: Bool { intent.actionClass.isProbed }

    private func intent(deadline: Span) -> Intent {
        var intent = intent
        intent.policy.deadline = deadline
        return intent
    }

    private func writes(_ server: LoopbackServer) -> Int { server.received.count(where: isWrite) }

    /// Absent, done, present, already done: with one write.
    private func happensOnce(_ findings: inout Findings) async throws {
        try await FaultyServer.start(world()).run { server in
            let action = try make(server.url)
            if isProbed {
                let before = await action.probe(intent)
                findings.expect(before == .absent, "nothing is there, and a probe says \(before)")
            }
            let outcome = await action.perform(intent, attempt: 1)
            if case .done = outcome {
            } else {
                findings.add("a healthy backend, and the outcome is \(outcome)")
            }
            findings.expect(writes(server) == 1, "\(writes(server)) writes for one effect")
            guard isProbed else { return }
            let after = await action.probe(intent)
            if case .present = after {
            } else {
                findings.add("it was done, and a probe says \(after)")
            }
            let again = await action.perform(intent, attempt: 2)
            if case .alreadyDone = again {
            } else {
                findings.add("it was there, and the outcome is \(again)")
            }
            findings.expect(writes(server) == 1, "what was there is written again")
        }
    }

    /// The effect came and the answer was lost: unknown, without another write, and a probe finds it.
    private func tellsDoubtAsDoubt(_ findings: inout Findings) async throws {
        let faults: [WireFault] = [
            .status(500), .status(502), .status(504), .hangUp, .truncated, .notJSON, .silence,
            .stall, .echo,
        ]
        for fault in faults {
            let isSlow = fault == .silence || fault == .stall
            let server = try await FaultyServer.start(world(), (0, fault), among: isWrite)
            try await server.run { server in
                let action = try make(server.url)
                let outcome = await action.perform(
                    intent(deadline: isSlow ? Span(milliseconds: 500) : .seconds(10)),
                    attempt: 1
                )
                if case .unknown = outcome {
                } else {
                    findings.add("\(fault) for the answer to a write is told as \(outcome)")
                }
                findings.expect(
                    !"\(outcome)".contains(secret),
                    "\(fault): the secret is told"
                )
                findings.expect(writes(server) == 1, "\(fault): written again, blindly")
                guard isProbed else { return }
                let found = await action.probe(intent)
                if case .present = found {
                } else {
                    findings.add("\(fault): it came, and a probe says \(found)")
                }
            }
        }
    }

    /// Refused or put off: nothing came, and that is what is told.
    private func tellsARefusal(_ findings: inout Findings) async throws {
        for fault in [WireFault.status(400), .status(401), .status(403), .limited(seconds: 7)] {
            let empty = world()
            let isWrite = isWrite
            let server = try await FaultyServer.start { received in
                // What is refused does not reach the world.
                isWrite(received) ? fault.applied(to: .silence, of: received) : empty(received)
            }
            try await server.run { server in
                let outcome = await (try make(server.url)).perform(intent, attempt: 1)
                switch (fault, outcome) {
                case (.limited, .retryable(_, after: .seconds(7))): break
                case (.status, .rejected(_, remedy: .some)): break
                default: findings.add("\(fault) for the answer to a write is told as \(outcome)")
                }
                findings.expect(writes(server) == 1, "\(fault): written again, blindly")
            }
        }
    }

    /// With the effect there, a probe whose look goes wrong never says that it is not.
    private func probesWithoutGuessing(_ findings: inout Findings) async throws {
        guard isProbed else { return }
        let count = try await FaultyServer.start(world()).run { server in
            let action = try make(server.url)
            _ = await action.perform(intent, attempt: 1)
            let before = server.received.count
            _ = await action.probe(intent)
            return server.received.count - before
        }
        for number in 0..<count {
            for fault in try await faults(at: number) where fault != .status(404) || !mayTurn {
                try await probes(with: fault, at: number, &findings)
            }
        }
    }

    /// The faults of the probe's `nth` answer, made from what a healthy world says.
    private func faults(at number: Int) async throws -> [WireFault] {
        let healthy = world()
        return try await FaultyServer.start(healthy).run { server in
            let action = try make(server.url)
            _ = await action.perform(intent, attempt: 1)
            let before = server.received.count
            _ = await action.probe(intent)
            let received = server.received.dropFirst(before + number).first
            guard let received, case .status(200..<300, _, let body) = healthy(received),
                let json = try? JSON(parsing: body)
            else { return WireFault.plain + [.echo] }
            let places = json.places()
            return WireFault.plain + [.echo] + places.map { .without($0) }
                + places.map { .mistyped($0) }
        }
    }

    private func probes(
        with fault: WireFault,
        at number: Int,
        _ findings: inout Findings
    ) async throws {
        let kept = world()
        let isSlow = fault == .silence || fault == .stall
        try await FaultyServer.start(kept).run { server in
            _ = await (try make(server.url)).perform(intent, attempt: 1)
        }
        // The same world behind another address, so that no pause of the first one counts.
        try await FaultyServer.start(kept, (number, fault)).run { server in
            let action = try make(server.url)
            let found = await action.probe(
                intent(deadline: isSlow ? Span(milliseconds: 300) : .seconds(10))
            )
            let place = "\(fault) as answer \(number) of a probe"
            findings.expect(!"\(found)".contains(secret), "\(place): the secret is told")
            switch found {
            case .unavailable, .present: break
            case .absent, .ambiguous: findings.add("\(place): a guess, \(found)")
            }
            findings.expect(writes(server) == 0, "\(place): a probe writes")
        }
    }

    private func endsWhenCancelled(_ findings: inout Findings) async throws {
        let server = try await FaultyServer.start(world(), (0, .silence), among: isWrite)
        try await server.run { server in
            let action = try make(server.url)
            let intent = intent(deadline: .minutes(5))
            let attempt = Task { await action.perform(intent, attempt: 1) }
            while writes(server) == 0 { try await Task.sleep(for: .milliseconds(2)) }
            let began = ContinuousClock.now
            attempt.cancel()
            let outcome = await attempt.value
            if case .unknown = outcome {
            } else {
                findings.add("given up after sending, and told as \(outcome)")
            }
            findings.expect(
                ContinuousClock.now - began < .seconds(5),
                "an attempt that is given up goes on"
            )
        }
    }
}
