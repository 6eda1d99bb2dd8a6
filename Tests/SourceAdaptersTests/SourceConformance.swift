import ConductorCore
import ConductorPorts
import Foundation
import Testing

/// What every source must be like, whatever backend it asks: each walks through all of it.
///
/// A source under test is made by `make`, against a backend that was told how to behave.
struct SourceConformance: Sendable {
    /// How the backend is told to behave.
    enum Backend: Sendable, CaseIterable {
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

    var name: String
    /// Backends that this kind of source cannot meet.
    var impossible: Set<Backend> = []
    /// The secret that the source is given.
    var secret = "s3cret-t0ken"
    var make: @Sendable (Backend, Span) async throws -> any Source

    func run() async throws {
        try await answersTheSameTwice()
        try await neverGuesses()
        try await honoursItsDeadline()
        try await boundsAFlood()
        try await endsPromptlyWhenCancelled()
        try await keepsItsSecret()
    }

    private func answersTheSameTwice() async throws {
        let source = try await make(.healthy, .seconds(10))
        let first = await source.observe(request())
        let second = await source.observe(request())
        let third = await source.observe(request(bypassing: true))
        #expect(first.observation?.facts.isEmpty == false, "\(name): \(first)")
        #expect(first == second && first == third, "\(name)")
    }

    /// A failure is a value, and never facts.
    private func neverGuesses() async throws {
        for backend in [Backend.garbled, .absent, .echoing] where !impossible.contains(backend) {
            let answer = try await make(backend, .seconds(10)).observe(request())
            #expect(answer.failure != nil, "\(name) with a backend \(backend): \(answer)")
            #expect(answer.failure != .internal, "\(name) with a backend \(backend): \(answer)")
            #expect(!answer.message.isEmpty, "\(name)")
        }
    }

    private func honoursItsDeadline() async throws {
        guard !impossible.contains(.hanging) else { return }
        let source = try await make(.hanging, Span(milliseconds: 500))
        let began = ContinuousClock.now
        #expect(await source.observe(request()).failure == .timedOut, "\(name)")
        #expect(ContinuousClock.now - began < .seconds(20), "\(name)")
    }

    private func boundsAFlood() async throws {
        guard !impossible.contains(.flooding) else { return }
        let source = try await make(.flooding, .seconds(30))
        let before = residentBytes()
        let answer = await source.observe(request())
        #expect(answer.failure == .tooLarge, "\(name): \(answer)")
        #expect(residentBytes() - before < 100 << 20, "\(name)")
    }

    private func endsPromptlyWhenCancelled() async throws {
        guard !impossible.contains(.hanging) else { return }
        let source = try await make(.hanging, .minutes(5))
        let poll = Task { await source.observe(request()) }
        // Long enough to be under way, whatever it starts; nothing tells when it is.
        try await Task.sleep(for: .milliseconds(200))
        let began = ContinuousClock.now
        poll.cancel()
        #expect(await poll.value.failure == .timedOut, "\(name)")
        #expect(ContinuousClock.now - began < .seconds(10), "\(name)")
    }

    private func keepsItsSecret() async throws {
        for backend in Backend.allCases where !impossible.contains(backend) {
            let source = try await make(backend, .seconds(1))
            let answer = await source.observe(request())
            #expect(!"\(answer)".contains(secret), "\(name) with a backend \(backend)")
            var dumped = ""
            dump(source, to: &dumped)
            #expect(!dumped.contains(secret), "\(name)")
        }
    }

    private func residentBytes() -> Int {
        let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?
            .split(separator: " ")
        return (fields.flatMap { $0.count > 1 ? Int($0[1]) : nil } ?? 0) * 4_096
    }
}
