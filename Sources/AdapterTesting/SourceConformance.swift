package import ConductorCore
package import ConductorPorts
import Foundation

/// What every source must be like, whatever backend it asks: each walks through all of it.
///
/// A source under test is made by `make`, against a backend that was told how to behave. What is wrong
/// comes back as sentences, so that a test can show that a careless source is found out.
package struct SourceConformance: Sendable {
    /// How the backend is told to behave.
    package enum Backend: Sendable, CaseIterable {
        /// Answers `{"n": 7}` or what comes to the same.
        case healthy
        /// Does not answer before the deadline.
        case hanging
        /// Says what cannot be understood.
        case garbled
        /// Answers without end.
        case flooding
        /// Is not there.
        case absent
        /// Fails, and repeats the secret that it was given while doing so.
        case echoing
    }

    private let impossible: Set<Backend>
    private let secret: String
    private let request: ObservationRequest
    private let make: @Sendable (Backend, Span) async throws -> any Source

    /// A walk for sources that `make` makes; `impossible` are backends that they cannot meet.
    package init(
        impossible: Set<Backend> = [],
        secret: String,
        request: ObservationRequest,
        make: @escaping @Sendable (Backend, Span) async throws -> any Source
    ) {
        self.impossible = impossible
        self.secret = secret
        self.request = request
        self.make = make
    }

    /// Everything that is wrong; empty for a source that is as it must be.
    package func run() async throws -> [String] {
        var findings = Findings()
        try await answersTheSameTwice(&findings)
        try await neverGuesses(&findings)
        try await honoursItsDeadline(&findings)
        try await boundsAFlood(&findings)
        try await endsPromptlyWhenCancelled(&findings)
        try await keepsItsSecret(&findings)
        return findings.all
    }

    private func answersTheSameTwice(_ findings: inout Findings) async throws {
        let source = try await make(.healthy, .seconds(10))
        var past = request
        past.bypassesCaches = true
        let first = await source.observe(request)
        let second = await source.observe(request)
        let third = await source.observe(past)
        guard case .observed(let observation) = first, !observation.facts.isEmpty else {
            return findings.add("a healthy backend gives no facts: \(first)")
        }
        if first != second || first != third {
            findings.add("the same world is told twice in different ways: \(first), \(second)")
        }
    }

    /// A failure is a value, and never facts.
    private func neverGuesses(_ findings: inout Findings) async throws {
        for backend in [Backend.garbled, .absent, .echoing] where !impossible.contains(backend) {
            let answer = try await make(backend, .seconds(10)).observe(request)
            switch answer {
            case .observed: findings.add("facts from a backend that is \(backend): \(answer)")
            case .failed(.internal, _): findings.add("no reason for a backend that is \(backend)")
            case .failed(_, message: ""): findings.add("no words for a backend that is \(backend)")
            case .failed: break
            }
        }
    }

    private func honoursItsDeadline(_ findings: inout Findings) async throws {
        guard !impossible.contains(.hanging) else { return }
        let source = try await make(.hanging, Span(milliseconds: 500))
        let began = ContinuousClock.now
        let answer = await source.observe(request)
        findings.expect(answer.isTimeOut, "a deadline that passed is no time-out: \(answer)")
        findings.expect(ContinuousClock.now - began < .seconds(20), "the deadline is not kept")
    }

    private func boundsAFlood(_ findings: inout Findings) async throws {
        guard !impossible.contains(.flooding) else { return }
        let source = try await make(.flooding, .seconds(30))
        let before = Findings.residentBytes()
        let answer = await source.observe(request)
        if case .failed(.tooLarge, _) = answer {
        } else {
            findings.add("an answer without end is not too large: \(answer)")
        }
        findings.expect(
            Findings.residentBytes() - before < 100 << 20,
            "an answer without end is kept in memory"
        )
    }

    private func endsPromptlyWhenCancelled(_ findings: inout Findings) async throws {
        guard !impossible.contains(.hanging) else { return }
        let source = try await make(.hanging, .minutes(5))
        let request = request
        let poll = Task { await source.observe(request) }
        // Long enough to be under way, whatever it starts; nothing tells when it is.
        try await Task.sleep(for: .milliseconds(200))
        let began = ContinuousClock.now
        poll.cancel()
        let answer = await poll.value
        findings.expect(answer.isTimeOut, "a poll that was given up is no time-out: \(answer)")
        findings.expect(
            ContinuousClock.now - began < .seconds(10),
            "a poll that is given up goes on"
        )
    }

    private func keepsItsSecret(_ findings: inout Findings) async throws {
        for backend in Backend.allCases where !impossible.contains(backend) {
            let source = try await make(backend, .seconds(1))
            let answer = await source.observe(request)
            var dumped = ""
            dump(source, to: &dumped)
            findings.expect(
                !"\(answer)".contains(secret) && !dumped.contains(secret),
                "the secret is told when a backend is \(backend)"
            )
        }
    }
}

/// What a walk through a suite found, each once.
struct Findings {
    private(set) var all: [String] = []

    mutating func add(_ finding: String) {
        if !all.contains(finding) { all.append(finding) }
    }

    mutating func expect(_ holds: Bool, _ finding: @autoclosure () -> String) {
        if !holds { add(finding()) }
    }

    static func residentBytes() -> Int {
        let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?
            .split(separator: " ")
        return (fields.flatMap { $0.count > 1 ? Int($0[1]) : nil } ?? 0) * 4_096
    }
}

extension PollAnswer {
    var isTimeOut: Bool {
        if case .failed(.timedOut, _) = self { true } else { false }
    }
}
