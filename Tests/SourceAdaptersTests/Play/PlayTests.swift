import ConductorCore
import ConductorPorts
import AdapterTesting
import CryptoExtras
import JWTKit
import NIOHTTP1
import Synchronization
import Testing

@testable import SourceAdapters

@Suite struct `Google Play` {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        try scratch.write(PlayWorld.key, to: "key")
    }

    private func settings(_ url: String, _ more: [String: JSON] = [:]) -> JSON {
        let common: [String: JSON] = [
            "url": .string(url), "token_url": .string(url + "/token"),
            "key": .string("file:" + scratch.file("key")), "package": "com.acme.music",
        ]
        return .object(common.merging(more) { $1 })
    }

    private func act(_ kind: String, _ url: String, _ more: [String: JSON] = [:]) throws
        -> any ActionAdapter
    {
        let codes: [String: JSON] = ["version_codes": ["80902"]]
        return try action(kind, settings(url, codes.merging(more) { $1 }))
    }

    private var release: [String: JSON] { ["fraction": .double(0.01)] }
    private var deployed: Intent { intent(candidate: PlayWorld.commit) }

    @Test func `an edit that somebody deletes starts over, some times`() async throws {
        for changes in [3, 9] {
            let world = PlayWorld { state in
                state.consoleChanges = changes
                state.tracks["production"] = [PlayWorld.before]
            }
            let server = try await LoopbackServer.start(world.answer)
            let outcome = await (try act("play.release", server.url, release))
                .perform(deployed, attempt: 1)
            switch outcome {
            case .done: #expect(changes == 3)
            case .retryable: #expect(changes == 9)
            case .alreadyDone, .rejected, .unknown: Issue.record("\(outcome)")
            }
            #expect(world.state.withLock { $0.commits.count } == (changes == 3 ? 1 : 0))
            try await server.stop()
        }
    }

    @Test func `a flag that holds changes back is sent only where a person said so`() async throws {
        let words =
            "Changes cannot be sent for review automatically. Please set the query parameter"
            + " changesNotSentForReview to true."
        let world = PlayWorld { $0.refusal = words }
        let server = try await LoopbackServer.start(world.answer)
        let outcome = await (try act("play.complete", server.url)).perform(deployed, attempt: 1)
        guard case .rejected(let reason, let remedy?) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(reason.contains(words))
        #expect(remedy.contains("Play Console"))
        #expect(!server.received.contains { $0.uri.contains("changesNotSentForReview") })
        world.state.withLock { $0.refusal = nil }
        let flagged = try act(
            "play.complete",
            server.url,
            ["changes_not_sent_for_review": true, "in_review": "cancel"]
        )
        guard case .done = await flagged.perform(deployed, attempt: 2) else {
            Issue.record("the flag of the settings is not taken")
            return
        }
        #expect(
            world.state.withLock { $0.commits } == [
                "changesInReviewBehavior=CANCEL_IN_REVIEW_AND_SUBMIT&changesNotSentForReview=true"
            ]
        )
        try await server.stop()
    }

    @Test(arguments: [
        (
            "Changes are sent for review automatically. The query parameter"
                + " changesNotSentForReview must not be set.", "take"
        ),
        ("Only releases with status draft may be created on draft app.", "publish it once"),
        ("There is already a change in review.", "wait until it is through"),
        ("Release does not allow any existing users to upgrade.", "higher one"),
    ])
    func `what Google refuses is told with what to do`(words: String, remedy: String) async throws {
        let server = try await LoopbackServer.start(PlayWorld { $0.refusal = words }.answer)
        let outcome = await (try act("play.complete", server.url)).perform(deployed, attempt: 1)
        guard case .rejected(_, let told?) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(told.contains(remedy))
        try await server.stop()
    }

    @Test func `a brake takes the edit from a raise, which then finds it halted`() async throws {
        let world = PlayWorld()
        let server = try await LoopbackServer.start { received in
            // The raise hangs with its edit open.
            received.method == .PUT && received.body.contains("0.05")
                ? .silence : world.answer(received)
        }
        let raise = try act("play.raise", server.url, ["fraction": .double(0.05)])
        let deployed = deployed
        let hanging = Task { await raise.perform(deployed, attempt: 1) }
        #expect(await eventually { server.received.contains { $0.method == .PUT } })
        var brake = deployed
        brake.direction = .brakes
        let began = ContinuousClock.now
        let halted = await (try act("play.halt", server.url)).perform(brake, attempt: 1)
        guard case .done = halted else {
            Issue.record("\(halted)")
            return
        }
        #expect(ContinuousClock.now - began < .seconds(5))
        hanging.cancel()
        _ = await hanging.value
        guard case .rejected = await raise.perform(deployed, attempt: 2) else {
            Issue.record("what was halted was raised")
            return
        }
        #expect(
            world.state.withLock { $0.tracks["production"] }
                == [PlayWorld.release("halted", 0.01), PlayWorld.before]
        )
        try await server.stop()
    }

    @Test func `other edits take turns`() async throws {
        let world = PlayWorld()
        let server = try await LoopbackServer.start(world.answer)
        let raise = try act("play.raise", server.url, ["fraction": .double(0.05)])
        let source = try source("play", settings(server.url, ["edits": "0s"]))
        let deployed = deployed
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    let answer = await source.observe(request())
                    #expect(answer.observation != nil, "\(answer)")
                }
            }
            group.addTask {
                guard case .done = await raise.perform(deployed, attempt: 1) else {
                    Issue.record("a poll took the edit")
                    return
                }
            }
        }
        #expect(world.state.withLock { $0.edits } == 4)
        try await server.stop()
    }

    @Test func `a poll opens few edits, and one after a change`() async throws {
        let world = PlayWorld()
        let server = try await LoopbackServer.start(world.answer)
        let source = try source("play", settings(server.url))
        let first = await source.observe(request())
        let second = await source.observe(request())
        #expect(world.state.withLock { $0.edits } == 1)
        #expect(first.observation?.facts == second.observation?.facts)
        #expect(first.observation?.observedAt.isEmpty == true)
        #expect(second.observation?.observedAt["rollout"] != nil, "as old as it is")
        #expect(second.observation?.observedAt["review"] == nil)
        _ = await source.observe(request(bypassing: true))
        #expect(world.state.withLock { $0.edits } == 2)
        let halted = await (try act("play.halt", server.url)).perform(deployed, attempt: 1)
        guard case .done = halted else {
            Issue.record("\(halted)")
            return
        }
        #expect(await source.observe(request()).value("rollout") == "paused")
        try await server.stop()
    }

    @Test func `without the list of releases a rollout is what the track is set to`() async throws {
        let world = PlayWorld { $0.lists = false }
        let server = try await LoopbackServer.start(world.answer)
        let answer = await (try source("play", settings(server.url, ["review": false])))
            .observe(request())
        #expect(answer.value("rollout") == "running")
        #expect(answer.value("review") == nil)
        #expect(answer.value("rollout_fraction") == .double(0.01))
        try await server.stop()
    }

    @Test func `a version that is not on the track is at nobody`() async throws {
        let world = PlayWorld { $0.tracks["production"] = [PlayWorld.before] }
        let server = try await LoopbackServer.start(world.answer)
        let answer = await (try source("play", settings(server.url))).observe(request())
        #expect(answer.value("rollout") == "none")
        #expect(answer.value("rollout_fraction") == .double(0))
        // 8.9.20 is another version.
        world.state.withLock { state in
            state.tracks["production"] = [PlayWorld.release("completed", name: "8.9.20")]
        }
        let other = await (try source("play", settings(server.url)))
            .observe(request(bypassing: true))
        #expect(other.value("rollout") == "none")
        try await server.stop()
    }

    @Test func `the first release of a track goes to everybody`() async throws {
        let world = PlayWorld { $0.tracks["wear:production"] = [] }
        let server = try await LoopbackServer.start(world.answer)
        let first = try act(
            "play.release",
            server.url,
            [
                "fraction": 1, "track": "wear:production", "priority": 5,
                "notes": ["en-US": .string(String(repeating: "x", count: 600))],
            ]
        )
        guard case .done = await first.perform(deployed, attempt: 1) else {
            Issue.record("the first release is not made")
            return
        }
        let made = try #require(world.state.withLock { $0.tracks["wear:production"]?.first })
        #expect(made["status"] == "completed")
        #expect(made["userFraction"] == nil)
        #expect(made["inAppUpdatePriority"] == 5)
        let text = try #require(made["releaseNotes"]?.arrayValue?.first?["text"]?.stringValue)
        #expect(text.count == 500)
        try await server.stop()
    }

    @Test func `a running version is replaced only where that is wanted, a halted one always`()
        async throws
    {
        let running = PlayWorld.release("inProgress", 0.2, name: "8.9.1", code: 80_901)
        let halted = PlayWorld.release("halted", 0.2, name: "8.9.1", code: 80_901)
        for (standing, more, isDone) in [
            (running, [:], false), (running, ["supersedes": true], true), (halted, [:], true),
        ] as [(JSON, [String: JSON], Bool)] {
            let base = PlayWorld.release("completed", name: "8.9.0", code: 80_900)
            let world = PlayWorld { $0.tracks["production"] = [standing, base] }
            let server = try await LoopbackServer.start(world.answer)
            let outcome = await (try act("play.release", server.url, release.merging(more) { $1 }))
                .perform(deployed, attempt: 1)
            if case .done = outcome {
                #expect(isDone)
                let codes = world.state.withLock { state in
                    state.tracks["production"]?.compactMap { $0["versionCodes"] }
                }
                #expect(codes == [["80902"], ["80900"]])
            } else {
                #expect(!isDone, "\(outcome)")
            }
            try await server.stop()
        }
    }

    @Test func `what everybody has is halted only where settings say that it can be`() async throws
    {
        let world = PlayWorld { $0.tracks["production"] = [PlayWorld.release("completed")] }
        let server = try await LoopbackServer.start(world.answer)
        guard
            case .rejected = await (try act("play.halt", server.url)).perform(deployed, attempt: 1)
        else {
            Issue.record("halted by itself")
            return
        }
        let able = try act("play.halt", server.url, ["halts_completed": true])
        guard case .done = await able.perform(deployed, attempt: 2) else {
            Issue.record("not halted")
            return
        }
        try await server.stop()
    }

    private struct Claims: JWTPayload {
        var iss: String
        var scope: String
        var aud: String
        var iat: Int
        var exp: Int
        func verify(using algorithm: some JWTAlgorithm) throws {}
    }

    @Test func `a key signs, buys a token, and is used until it is exchanged`() async throws {
        let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        func file(_ key: _RSA.Signing.PrivateKey) -> String {
            let json: JSON = [
                "client_email": "release@acme.iam.example", "private_key_id": "key-7",
                "private_key": .string(key.pemRepresentation),
            ]
            return json.description
        }
        try scratch.write(file(key), to: "key")
        let server = try await LoopbackServer.start(PlayWorld().answer)
        let source = try source("play.vitals", settings(server.url))
        #expect(await source.observe(request()).observation != nil)
        #expect(await source.observe(request()).observation != nil)
        let buying = server.received.filter { $0.path == "/token" }
        #expect(buying.count == 1)
        let assertion = try #require(
            buying[0].body.split(separator: "&").last?.split(separator: "=").last
        )
        let keys = JWTKeyCollection()
        let publicKey = try Insecure.RSA.PublicKey(pem: key.publicKey.pemRepresentation)
        await keys.add(rsa: publicKey, digestAlgorithm: .sha256, kid: "key-7")
        let claims = try await keys.verify(String(assertion), as: Claims.self)
        #expect(claims.iss == "release@acme.iam.example")
        #expect(claims.scope == "https://www.googleapis.com/auth/playdeveloperreporting")
        #expect(claims.aud == server.url + "/token")
        #expect(claims.exp - claims.iat <= 3600)

        try scratch.write(file(try _RSA.Signing.PrivateKey(keySize: .bits2048)), to: "key")
        #expect(await source.observe(request()).observation != nil)
        #expect(server.received.count { $0.path == "/token" } == 2)

        // What is no key is told without a part of it.
        try scratch.write(
            #"{"client_email": "a@b.example", "private_key": "bm90IGEga2V5IGF0IGFsbA"}"#,
            to: "key"
        )
        let answer = await source.observe(request())
        #expect(answer.failure == .misconfigured)
        #expect(!"\(answer)".contains("bm90IGEga2V5"))
        try scratch.write("s3cret-t0ken", to: "key")
        let other = await source.observe(request())
        #expect(other.failure == .misconfigured)
        #expect(!"\(other)".contains("s3cret-t0ken"))
        try await server.stop()
    }

    @Test func `a clock that is wrong is told as Google tells it`() async throws {
        let server = try await LoopbackServer.start { _ in
            .status(
                400,
                body: #"{"error": "invalid_grant", "error_description": "Invalid JWT: iat"}"#
            )
        }
        let answer = await (try source("play", settings(server.url))).observe(request())
        #expect(answer.failure == .unauthorised)
        #expect(answer.message.contains("invalid_grant: Invalid JWT: iat"))
        try await server.stop()
    }

    @Test func `settings that mean nothing are told, all of them`() {
        let found = faults(
            source: "play",
            ["key": "plain", "others": ["a", "a"], "edits": "often", "trakc": "x"]
        )
        let paths = Set(found.map { $0.path.joined(separator: ".") })
        #expect(paths.isSuperset(of: ["", "key", "others", "edits", "trakc"]))
        #expect(faults(source: "play.vitals", ["package": "a.b", "key": "env:K"]).isEmpty)
        let good: [String: JSON] = ["package": "a.b", "key": "env:K"]
        for (kind, more) in [
            ("play.raise", ["fraction": 1]), ("play.raise", ["fraction": 0]), ("play.raise", [:]),
            ("play.release", ["fraction": 1.5.json]), ("play.release", ["fraction": "x"]),
            ("play.halt", ["in_review": "maybe"]), ("play.complete", ["version_codes": []]),
            ("play.release", ["fraction": 1, "priority": 6]),
        ] as [(String, [String: JSON])] {
            let found = faults(action: kind, .object(good.merging(more) { $1 }))
            #expect(found.count == 1, "\(kind) \(more): \(found)")
        }
    }

    @Test func `a halt brakes, in no lane; all else goes one at a time for each app`() throws {
        func traits(_ kind: String, _ more: [String: JSON] = [:]) -> ActionTraits? {
            let settings = settings("http://127.0.0.1:1", more)
            guard case .meaning(let traits) = adapters.traits(ofAction: kind, settings: settings)
            else { return nil }
            return traits
        }
        let halt = try #require(traits("play.halt"))
        #expect(halt.direction == .brakes)
        #expect(halt.lane == nil)
        for (kind, more) in [
            ("play.release", release), ("play.raise", release), ("play.resume", [:]),
            ("play.complete", [:]),
        ] {
            let traits = try #require(traits(kind, more))
            #expect(traits.direction == .raises)
            #expect(traits.lane == "play com.acme.music")
            #expect(traits.actionClass == .setToValue)
            #expect(traits.canProbe)
        }
    }

    @Test func `its page names every kind, fact and action`() throws {
        let page = try DecisionScene.repositoryFile("Docs/sources/google-play.md")
        for kind in Backend.play.sources.map({ $0.kind }) {
            let schema = adapters.schema(ofSource: kind, settings: settings("http://127.0.0.1:1"))
            guard case .meaning(let schema) = schema else {
                return #expect(Bool(false), "\(schema)")
            }
            #expect(page.contains("## `\(kind)`"))
            for entry in schema.entries { #expect(page.contains("`\(entry.name)`")) }
        }
        for action in Backend.play.actions { #expect(page.contains("| `\(action.kind)` |")) }
    }
}
