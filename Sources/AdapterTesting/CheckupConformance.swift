package import ConductorCore
package import ConductorPorts
import NIOHTTP1
import Synchronization

/// What a doctor's looks at a backend over HTTP must be like: harmless, true, short, and silent about
/// secrets, whatever the backend answers.
package struct CheckupConformance: Sendable {
    package typealias Record = @Sendable (Recording) -> Void

    private let secret: String
    private let tokenPaths: Set<String>
    private let takesAnyJSON: Bool
    private let world: @Sendable (LoopbackServer.Received) -> LoopbackServer.Reply
    private let examine:
        @Sendable (_ url: String, _ patience: Span, _ record: @escaping Record) async throws ->
            [Diagnosis]

    /// A walk for one credential at a healthy `world`.
    ///
    /// `tokenPaths` are where a token is bought with a POST: the one write that a look may need.
    /// `takesAnyJSON`: any JSON at all is an answer that makes sense.
    package init(
        secret: String,
        tokenPaths: Set<String> = [],
        takesAnyJSON: Bool = false,
        world: @escaping @Sendable (LoopbackServer.Received) -> LoopbackServer.Reply,
        examine:
            @escaping @Sendable (
                _ url: String, _ patience: Span, _ record: @escaping Record
            ) async throws -> [Diagnosis]
    ) {
        self.secret = secret
        self.tokenPaths = tokenPaths
        self.takesAnyJSON = takesAnyJSON
        self.world = world
        self.examine = examine
    }

    /// Everything that is wrong; empty for looks that are as they must be.
    package func run() async throws -> [String] {
        var findings = Findings()
        let asked = try await isWell(&findings)
        guard asked > 0 else { return findings.all }
        try await saysOneThing(when: .status(401), Finding.authorised, &findings)
        try await saysOneThing(when: .silence, Finding.reachable, &findings)
        try await saysOneThing(when: .hangUp, Finding.reachable, &findings)
        try await saysOneThing(when: nil, Finding.reachable, &findings)
        try await tellsNoSecret(asked, &findings)
        try await seesOtherClocks(&findings)
        try await neverSaysYesToNonsense(asked, &findings)
        return findings.all
    }

    private func look(
        _ answer: @escaping @Sendable (LoopbackServer.Received) -> LoopbackServer.Reply,
        patience: Span = .seconds(10)
    ) async throws -> (Diagnosis?, Int, [LoopbackServer.Received], [Recording]) {
        let server = try await LoopbackServer.start(answer)
        let recordings = Mutex<[Recording]>([])
        let diagnoses = try await examine(server.url, patience) { recording in
            recordings.withLock { $0.append(recording) }
        }
        let received = server.received
        try await server.stop()
        return (diagnoses.first, diagnoses.count, received, recordings.withLock(\.self))
    }

    /// Nothing is wrong with a healthy backend, and only reads are sent to it.
    private func isWell(_ findings: inout Findings) async throws -> Int {
        let (found, count, received, recordings) = try await look(world)
        findings.expect(count == 1, "one credential is \(count) lines")
        guard let found else { return 0 }
        for finding in found.findings where finding.verdict == .no {
            findings.add("of a healthy backend: no, \(finding.what): \(finding.evidence ?? "-")")
        }
        for finding in found.findings where finding.verdict != .yes {
            findings.expect(finding.remedy != nil, "nobody is told what to do: \(finding.what)")
        }
        for request in received where request.method != .GET && request.method != .HEAD {
            findings.expect(
                tokenPaths.contains(request.path),
                "a look acts: \(request.method) \(request.path)"
            )
        }
        let keys = received.map { "\($0.method) \($0.uri)" }
        findings.expect(Set(keys).count == keys.count, "something is asked twice: \(keys)")
        findings.expect(!recordings.isEmpty, "nothing is recorded")
        return received.count
    }

    /// A credential that is no good, and a backend that is not there, are one red line each.
    private func saysOneThing(
        when fault: WireFault?,
        _ what: String,
        _ findings: inout Findings
    ) async throws {
        let world = world
        let found: Diagnosis?
        if let fault {
            let isSlow = fault == .silence
            found = try await look(
                { fault.applied(to: world($0), of: $0) },
                patience: isSlow ? Span(milliseconds: 300) : .seconds(10)
            ).0
        } else {
            let server = try await LoopbackServer.start(world)
            let url = server.url
            try await server.stop()
            found = try await examine(url, .seconds(10)) { _ in }.first
        }
        let place = fault.map { "\($0)" } ?? "nobody there"
        let red = (found?.findings ?? []).filter { $0.verdict == .no }
        findings.expect(red.map(\.what) == [what], "\(place): \(red.map(\.what))")
        findings.expect(red.allSatisfy { $0.remedy != nil }, "\(place): nobody is told what to do")
    }

    /// Not in findings, and not in what is recorded, however a backend repeats it.
    private func tellsNoSecret(_ asked: Int, _ findings: inout Findings) async throws {
        let world = world
        for status in [200, 403, 500] {
            let (found, _, _, recordings) = try await look { received in
                let sent = "\(received.headers) \(received.body)"
                let echo: JSON = ["message": .string(sent), "sent": .array([.string(sent)])]
                return .status(
                    status,
                    headers: [("X-Echo", sent.filter { $0.isASCII }), ("ETag", "\"\(status)\"")],
                    body: echo.description
                )
            }
            let told = "\(String(describing: found)) \(recordings)"
            findings.expect(!told.contains(secret), "a secret is told after status \(status)")
            let saved = recordings.map(\.json.description).joined()
            findings.expect(!saved.contains(secret), "a secret is saved after status \(status)")
        }
        for number in 0..<asked {
            let count = Mutex(0)
            let (found, _, _, recordings) = try await look { received in
                let isMeant = count.withLock { count in
                    count += 1
                    return count - 1 == number
                }
                return isMeant
                    ? WireFault.echo.applied(to: world(received), of: received)
                    : world(received)
            }
            let told = "\(String(describing: found)) \(recordings.map(\.json))"
            findings.expect(!told.contains(secret), "a secret is told by answer \(number)")
        }
    }

    private func seesOtherClocks(_ findings: inout Findings) async throws {
        let world = world
        let (found, _, _, _) = try await look { received in
            guard case .status(let status, let headers, let body) = world(received) else {
                return world(received)
            }
            let old = [("Date", "Sun, 06 Nov 1994 08:49:37 GMT")]
            return .status(status, headers: headers + old, body: body)
        }
        let red = (found?.findings ?? []).filter { $0.verdict == .no }
        findings.expect(
            red.map(\.what) == [Finding.clock],
            "a clock that is years behind: \(red.map(\.what))"
        )
    }

    /// An answer that makes no sense says *yes* to nothing that rests on it.
    private func neverSaysYesToNonsense(_ asked: Int, _ findings: inout Findings) async throws {
        for fault in [WireFault.notJSON, .empty, .otherType] {
            if fault == .otherType, takesAnyJSON { continue }
            let world = world
            let tokenPaths = tokenPaths
            let (found, _, _, _) = try await look { received in
                tokenPaths.contains(received.path)
                    ? world(received) : fault.applied(to: world(received), of: received)
            }
            let own = [Finding.credentialIsThere, Finding.reachable, Finding.authorised]
            let yes = (found?.findings ?? []).filter {
                $0.verdict == .yes && !own.contains($0.what) && $0.what != Finding.clock
                    && $0.what != Finding.budget
            }
            findings.expect(yes.isEmpty, "\(fault): yes, \(yes.map(\.what))")
        }
    }
}
