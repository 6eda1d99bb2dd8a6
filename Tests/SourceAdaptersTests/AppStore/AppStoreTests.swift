import ConductorCore
import ConductorPorts
import AdapterTesting
import Foundation
import JWTKit
import NIOHTTP1
import Synchronization
import Testing

@testable import SourceAdapters

@Suite struct `App Store Connect` {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        try scratch.write(AppStoreWorld.pem, to: "key")
    }

    private func settings(_ url: String, _ more: [String: JSON] = [:]) -> JSON {
        let common: [String: JSON] = [
            "url": .string(url), "app": "com.acme.music", "key_id": "2X9R4HXF34",
            "issuer": "57246542-96fe", "key": .string("file:" + scratch.file("key")),
        ]
        return .object(common.merging(more) { $1 })
    }

    /// What an attempt comes to, and what it wrote.
    private func perform(
        _ kind: String,
        _ more: [String: JSON] = [:],
        in world: AppStoreWorld
    ) async throws -> (outcome: ActionOutcome, writes: [String]) {
        let server = try await LoopbackServer.start(world.answer)
        let action = try action(kind, settings(server.url, more))
        let outcome = await action.perform(intent(), attempt: 1)
        let writes = server.received.filter { $0.method != .GET }
            .map { "\($0.method) \($0.path)" }
        try await server.stop()
        return (outcome, writes)
    }

    private func isDone(_ outcome: ActionOutcome) -> Bool {
        if case .done = outcome { true } else { false }
    }

    private func isRejected(_ outcome: ActionOutcome) -> Bool {
        if case .rejected = outcome { true } else { false }
    }

    private struct Claims: JWTPayload {
        var iss: String?
        var sub: String?
        var iat: Int
        var exp: Int
        var aud: String

        func verify(using algorithm: some JWTAlgorithm) throws {}
    }

    @Test(arguments: ["57246542-96fe", nil])
    func `the token is as Apple asks for it`(issuer: String?) async throws {
        let server = try await LoopbackServer.start(AppStoreWorld().answer)
        let more: [String: JSON] = issuer.map { ["issuer": .string($0)] } ?? ["issuer": .null]
        _ = await (try source("appstore", settings(server.url, more))).observe(request())
        let sent = try #require(server.received.first?.headers["authorization"].first)
        let token = String(sent.dropFirst("Bearer ".count))
        let keys = JWTKeyCollection()
        await keys.add(ecdsa: AppStoreWorld.key.publicKey, kid: "2X9R4HXF34")
        let claims = try await keys.verify(token, as: Claims.self)
        #expect(claims.aud == "appstoreconnect-v1")
        #expect(claims.exp - claims.iat <= 1_200)
        #expect(claims.iss == issuer)
        #expect(claims.sub == (issuer == nil ? "user" : nil))
        let header = try #require(token.split(separator: ".").first)
        let padding = String(repeating: "=", count: (4 - header.count % 4) % 4)
        let data = try #require(Data(base64Encoded: header + padding))
        let head = try JSON(parsing: [UInt8](data))
        #expect(head == ["alg": "ES256", "kid": "2X9R4HXF34", "typ": "JWT"])
        try await server.stop()
    }

    @Test func `one token serves many requests, a key that was exchanged makes another`()
        async throws
    {
        let server = try await LoopbackServer.start(AppStoreWorld().answer)
        let source = try source("appstore", settings(server.url))
        _ = await source.observe(request())
        _ = await source.observe(request())
        let first = Set(server.received.flatMap { $0.headers["authorization"] })
        #expect(first.count == 1)
        try scratch.write(ES256PrivateKey().pemRepresentation, to: "key")
        let before = server.received.count
        _ = await source.observe(request())
        let second = Set(server.received.dropFirst(before).flatMap { $0.headers["authorization"] })
        #expect(second.count == 1 && second != first)
        try await server.stop()
    }

    @Test func `neither key nor token is told`() async throws {
        let server = try await LoopbackServer.start { received in
            .status(500, body: "\(received.headers)")
        }
        let source = try source("appstore", settings(server.url))
        let answer = await source.observe(request())
        let sent = try #require(server.received.first?.headers["authorization"].first)
        #expect(!"\(answer)".contains(sent.dropFirst("Bearer ".count)))
        try scratch.write("no key at all, s3cret", to: "key")
        let broken = await source.observe(request())
        #expect(broken.failure == .misconfigured)
        #expect(!"\(broken)".contains("s3cret"))
        try await server.stop()
    }

    @Test func `settings say what is wrong`() {
        let faults = faults(
            source: "appstore",
            [
                "key": "s3cret", "platform": "iso", "fraction": .double(0.25),
                "metadata": ["whatsnew"],
            ]
        )
        let places = Set(faults.map { $0.path.joined(separator: ".") })
        #expect(places.isSuperset(of: ["key", "platform", "fraction", "metadata", ""]))
        #expect(faults.first { $0.path == ["platform"] }?.suggestion == "ios")
        #expect(faults.first { $0.path == ["metadata"] }?.suggestion == "whatsNew")
        #expect(!"\(faults)".contains("s3cret"))
    }

    @Test(arguments: ["appstore.release", "appstore.complete", "appstore.resume"])
    func `a plan that asks for a percentage is refused`(kind: String) throws {
        let settings = settings("http://127.0.0.1:1", ["fraction": .double(0.25)])
        guard case .faults(let faults) = adapters.traits(ofAction: kind, settings: settings) else {
            Issue.record("taken")
            return
        }
        #expect(faults.map(\.path) == [["fraction"]])
        #expect(faults.first?.message.contains("no percentage") == true)
    }

    @Test func `a brake waits for nothing, in no lane`() async throws {
        let world = AppStoreWorld(AppStoreWorld.live)
        let server = try await LoopbackServer.start { received in
            let reply = world.answer(received)
            guard case .status(let status, let headers, let body) = reply else { return reply }
            let limit = ("X-Rate-Limit", "user-hour-lim:3500;user-hour-rem:0;")
            return .status(status, headers: headers + [limit], body: body)
        }
        let settings = settings(server.url)
        let source = try source("appstore", settings)
        #expect(await source.observe(request()).failure == .rateLimited)
        let count = server.received.count
        #expect(await source.observe(request()).failure == .rateLimited)
        #expect(server.received.count == count, "nothing is asked while nothing is left")
        var brake = intent()
        brake.direction = .brakes
        let pause = try action("appstore.pause", settings)
        #expect(isDone(await pause.perform(brake, attempt: 1)))
        guard
            case .meaning(let traits) = adapters.traits(
                ofAction: "appstore.pause",
                settings: settings
            )
        else {
            Issue.record("no traits")
            return
        }
        #expect(traits.direction == .brakes && traits.lane == nil)
        try await server.stop()
    }

    @Test func `polls leave a part of the hour to actions`() async throws {
        let world = AppStoreWorld(AppStoreWorld.live)
        let server = try await LoopbackServer.start { received in
            let reply = world.answer(received)
            guard case .status(let status, let headers, let body) = reply else { return reply }
            let limit = ("X-Rate-Limit", "user-hour-lim:3500;user-hour-rem:500;")
            return .status(status, headers: headers + [limit], body: body)
        }
        let settings = settings(server.url)
        #expect(await (try source("appstore", settings)).observe(request()).failure == .rateLimited)
        let complete = try action("appstore.complete", settings)
        #expect(isDone(await complete.perform(intent(), attempt: 1)))
        try await server.stop()
    }

    @Test func `what answers leave out is asked for`() async throws {
        let world = AppStoreWorld { state in
            AppStoreWorld.live(&state)
            state.tellsLinks = false
        }
        let server = try await LoopbackServer.start(world.answer)
        let source = try source("appstore", settings(server.url))
        let told = await source.observe(request())
        #expect(told.value("rollout") == "running")
        #expect(told.observation?.facts["review"] == ObservedFact("approved", about: "412"))
        // No phased release is told with 404.
        world.state.withLock { $0.version?.phased = nil }
        #expect(await source.observe(request(bypassing: true)).value("rollout") == "completed")
        try await server.stop()
    }

    @Test func `the app's number is asked for once, and anew for what decides`() async throws {
        let server = try await LoopbackServer.start(AppStoreWorld().answer)
        let source = try source("appstore", settings(server.url))
        func asks() -> Int { server.received.count { $0.path == "/v1/apps" } }
        _ = await source.observe(request())
        _ = await source.observe(request())
        #expect(asks() == 1)
        _ = await source.observe(request(bypassing: true))
        #expect(asks() == 2)
        try await server.stop()
    }

    @Test func `what is really missing stands deep in an error`() async throws {
        let world = AppStoreWorld()
        let server = try await LoopbackServer.start { received in
            guard received.method == .POST else { return world.answer(received) }
            return .status(
                409,
                body: """
                    {"errors": [{"status": "409", "code": "STATE_ERROR", "title": "No",
                     "detail": "The item is not in the right state", "meta": {"associatedErrors":
                     {"/v1/appStoreVersionLocalizations/1": [{"status": "409",
                      "code": "ENTITY_ERROR.ATTRIBUTE.REQUIRED", "title": "whatsNew is missing"}]}}}]}
                    """
            )
        }
        let submit = try action("appstore.submit", settings(server.url, ["build": "412"]))
        guard case .rejected(let reason, _) = await submit.perform(intent(), attempt: 1) else {
            Issue.record("not rejected")
            return
        }
        #expect(reason.contains("whatsNew is missing"))
        try await server.stop()
    }

    // MARK: Submissions of others, and of before

    private static func world(
        _ submission: AppStoreWorld.Submission,
        state: String = "PREPARE_FOR_SUBMISSION"
    ) -> AppStoreWorld {
        AppStoreWorld { world in
            world.version?.state = state
            world.submissions = [submission]
        }
    }

    @Test func `a draft that holds what others put there is not sent`() async throws {
        let world = Self.world(
            .init(id: "s1", state: "READY_FOR_REVIEW", items: [.init(id: "i1", version: nil)])
        )
        let (outcome, writes) = try await perform("appstore.submit", ["build": "412"], in: world)
        #expect(isRejected(outcome) && "\(outcome)".contains("appEvent"))
        #expect(writes == [])
    }

    @Test func `an event under review is in nobody's way`() async throws {
        let world = Self.world(
            .init(id: "s1", state: "IN_REVIEW", items: [.init(id: "i1", version: nil)])
        )
        let (outcome, writes) = try await perform("appstore.submit", ["build": "412"], in: world)
        #expect(isDone(outcome) && writes.last == "PATCH /v1/reviewSubmissions/s2")
    }

    @Test func `an empty draft is used`() async throws {
        let world = Self.world(.init(id: "s1", state: "READY_FOR_REVIEW", items: []))
        let (outcome, writes) = try await perform("appstore.submit", ["build": "412"], in: world)
        #expect(isDone(outcome))
        #expect(writes == ["POST /v1/reviewSubmissionItems", "PATCH /v1/reviewSubmissions/s1"])
    }

    @Test func `what was rejected is sent again in its own submission`() async throws {
        let world = Self.world(
            .init(
                id: "s1",
                state: "UNRESOLVED_ISSUES",
                items: [.init(id: "i1", state: "REJECTED", version: "v892")]
            ),
            state: "REJECTED"
        )
        let (outcome, writes) = try await perform("appstore.submit", ["build": "412"], in: world)
        #expect(isDone(outcome))
        #expect(
            writes == ["PATCH /v1/reviewSubmissionItems/i1", "PATCH /v1/reviewSubmissions/s1"]
        )
    }

    @Test func `a submission that is being cancelled is waited for`() async throws {
        let world = Self.world(
            .init(id: "s1", state: "CANCELING", items: [.init(id: "i1", version: "v892")]),
            state: "DEVELOPER_REJECTED"
        )
        let (outcome, writes) = try await perform("appstore.submit", ["build": "412"], in: world)
        guard case .retryable = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(writes == [])
    }

    @Test func `what is with Apple already is not sent again`() async throws {
        // The version's own state lags behind.
        let world = Self.world(
            .init(id: "s1", state: "WAITING_FOR_REVIEW", items: [.init(id: "i1", version: "v892")])
        )
        let (outcome, writes) = try await perform("appstore.submit", ["build": "412"], in: world)
        #expect(isDone(outcome) && writes == [])
    }

    @Test(arguments: ["INVALID_BINARY", "ASTONISHED", "REPLACED_WITH_NEW_VERSION"])
    func `a version that cannot be submitted is not`(state: String) async throws {
        let world = AppStoreWorld { $0.version?.state = state }
        let (outcome, writes) = try await perform("appstore.submit", ["build": "412"], in: world)
        switch outcome {
        case .rejected, .retryable: #expect(writes == [])
        case .done, .alreadyDone, .unknown: Issue.record("\(outcome)")
        }
    }

    @Test func `a build that is still processed is attached later`() async throws {
        let world = AppStoreWorld { state in
            state.version?.build = nil
            state.builds[0].state = "PROCESSING"
        }
        let (outcome, writes) = try await perform("appstore.build", ["build": "412"], in: world)
        guard case .retryable(_, after: .minutes(1)) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(writes == [])
    }

    @Test func `a version without phases goes to everybody only where that is said`() async throws {
        let ready: @Sendable (inout AppStoreWorld.State) -> Void = {
            $0.version?.state = "PENDING_DEVELOPER_RELEASE"
        }
        let (kept, _) = try await perform("appstore.release", in: AppStoreWorld(ready))
        #expect(isRejected(kept))
        let (gone, _) = try await perform(
            "appstore.release",
            ["phased": false],
            in: AppStoreWorld(ready)
        )
        #expect(isDone(gone))
    }
}
