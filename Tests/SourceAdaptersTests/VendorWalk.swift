import ConductorCore
import ConductorPorts
import AdapterTesting

@testable import SourceAdapters

/// One vendor's kinds on their walk through the conformance suites: all have a token and settings in common.
struct VendorWalk: Sendable {
    static let secret = "s3cret-t0ken"

    typealias World = @Sendable (LoopbackServer.Received) -> LoopbackServer.Reply

    private let scratch: Scratch
    private let common: [String: JSON]

    /// `common`: the settings of every kind but the address and the token.
    init(_ common: [String: JSON]) throws {
        scratch = try Scratch()
        try scratch.write(Self.secret, to: "token")
        self.common = common.merging(["token": .string("file:" + scratch.file("token"))]) { $1 }
    }

    func settings(_ url: String, _ more: [String: JSON]) -> JSON {
        .object(common.merging(more) { $1 }.merging(["url": .string(url)]) { $1 })
    }

    /// What is wrong with a kind of source.
    func walk(
        source kind: String,
        _ more: [String: JSON],
        mayTurn: Set<String> = [],
        remembers: Bool = true,
        world: @escaping World
    ) async throws -> [String] {
        try await HTTPSourceConformance(
            secret: Self.secret,
            request: request(),
            mayTurn: mayTurn,
            remembers: remembers,
            world: world
        ) { url, timeout in
            try source(kind, settings(url, more), timeout: timeout)
        }.run()
    }

    /// What is wrong with a kind of action.
    func walk(
        action kind: String,
        _ more: [String: JSON],
        _ intent: Intent,
        world: @escaping @Sendable () -> World
    ) async throws -> [String] {
        try await HTTPActionConformance(secret: Self.secret, intent: intent, world: world) { url in
            try action(kind, settings(url, more))
        }.run()
    }
}
