import ConductorCore
import ConductorPorts
import AdapterTesting
import NIOHTTP1
import Synchronization
import Testing

@testable import SourceAdapters

@Suite struct `Every kind of Slack` {
    private let scratch: Scratch
    private let common: @Sendable (String, [String: JSON]) -> JSON

    init() throws {
        let scratch = try Scratch()
        try scratch.write("xoxb-s3cret-t0ken", to: "token")
        let token = JSON.string("file:" + scratch.file("token"))
        self.scratch = scratch
        common = { url, more in
            .object(
                ["url": .string(url), "token": token, "channel": .string(SlackWorld.channel)]
                    .merging(more) { $1 }
            )
        }
    }

    /// An action's intent; the key is one that a deployment would make.
    private func intent(
        _ actionClass: ActionClass,
        step: Int = 3,
        track: TrackID = track,
        to stage: String = "final_rc"
    ) -> Intent {
        var intent = SourceAdaptersTests.intent()
        intent.actionClass = actionClass
        intent.track = track
        intent.step = step
        intent.key = "\(track)/\(step)/0/act"
        intent.parameters = ["from": "branched", "to": .string(stage)]
        return intent
    }

    private struct Case: Sendable, CustomTestStringConvertible {
        var kind: String
        var actionClass: ActionClass
        var settings: [String: JSON] = [:]
        var begin: @Sendable (inout SlackWorld.State) -> Void = { _ in }

        var testDescription: String { kind }
    }

    private static let parent = SlackWorld.Message(
        timestamp: "1772441000.000100",
        text: "music/8.9.2",
        metadata: ["event_type": "conductord", "event_payload": ["message": "music/8.9.2"]]
    )

    private static let cases: [Case] = [
        Case(kind: "slack.post", actionClass: .appendWithMarker),
        Case(kind: "slack.status", actionClass: .setToValue),
        Case(
            kind: "slack.reply",
            actionClass: .appendWithMarker,
            settings: ["thread": "1772441000.000100"],
            begin: { $0.messages = [.init(timestamp: "1772441000.000100", text: "hello")] }
        ),
    ]

    @Test(arguments: cases)
    private func `an action walks through the conformance suite`(one: Case) async throws {
        let findings = try await HTTPActionConformance(
            secret: "xoxb-s3cret-t0ken",
            intent: intent(one.actionClass),
            world: { SlackWorld(one.begin).answer }
        ) { [common] url in
            try action(
                one.kind,
                common(url, one.settings.merging(["text": "${track} entered *${to}*"]) { $1 })
            )
        }.run()
        #expect(findings == [])
    }

    @Test func `slack.webhook walks through the conformance suite`() async throws {
        let scratch = scratch
        let findings = try await HTTPActionConformance(
            secret: "/services/T0/B0/s3cret-h00k",
            intent: intent(.atLeastOnce),
            world: { { _ in .status(200, body: "ok") } }
        ) { url in
            try scratch.write(url + "/services/T0/B0/s3cret-h00k", to: "hook")
            return try action(
                "slack.webhook",
                ["url": .string("file:" + scratch.file("hook")), "text": "${track}"]
            )
        }.run()
        #expect(findings == [])
    }

    // MARK: The status message

    /// Performs `slack.status` in an adapter of its own each time, as after a restart.
    private func status(
        _ world: SlackWorld,
        _ intents: [Intent],
        _ more: [String: JSON] = [:]
    ) async throws -> (outcomes: [ActionOutcome], asked: [LoopbackServer.Received]) {
        let server = try await LoopbackServer.start(world.answer)
        var outcomes: [ActionOutcome] = []
        for intent in intents {
            let settings = common(server.url, more.merging(["text": "in ${to}"]) { $1 })
            outcomes.append(
                await (try action("slack.status", settings)).perform(intent, attempt: 1)
            )
        }
        let asked = server.received
        try await server.stop()
        return (outcomes, asked)
    }

    @Test func `one message is edited, also after a restart`() async throws {
        let world = SlackWorld {
            $0.messages = (0..<5).map {
                .init(timestamp: "177244100\($0).000100", text: "chatter")
            }
            $0.perPage = 2
        }
        let steps = [1, 2].map { intent(.setToValue, step: $0, to: "stage \($0)") }
        let (outcomes, asked) = try await status(world, steps)
        #expect(
            outcomes.allSatisfy {
                $0 == .done(evidence: "message 1772442000.000001 in C024BE91L")
            }
        )
        // People go on talking, and the message scrolls away.
        world.state.withLock { state in
            state.messages += (0..<5).map {
                .init(timestamp: "177244200\($0).000100", text: "chatter")
            }
        }
        let third = intent(.setToValue, step: 3, to: "stage 3")
        let (later, _) = try await status(world, [third])
        #expect(later == [.done(evidence: "message 1772442000.000001 in C024BE91L")])
        #expect(world.messages.map(\.text).filter { $0 != "chatter" } == ["in stage 3"])
        #expect(
            asked.filter { $0.method == .POST }.map(\.path)
                == ["/chat.postMessage", "/chat.update"]
        )
    }

    @Test func `what is older is never put over what is newer`() async throws {
        let world = SlackWorld()
        let new = intent(.setToValue, step: 7, to: "new")
        let old = intent(.setToValue, step: 6, to: "old")
        let (outcomes, _) = try await status(world, [new, old, new])
        guard case .done = outcomes[0], case .alreadyDone = outcomes[1],
            case .alreadyDone = outcomes[2]
        else {
            Issue.record("\(outcomes)")
            return
        }
        #expect(world.messages.map(\.text) == ["in new"])
        // Steps of another track are counted anew, and so are those of another registration.
        let android = TrackID(app: "music", platform: "android", version: "8.9.2")
        var again = intent(.setToValue, step: 1, to: "again")
        again.key = "music/ios/8.9.2#2/1/0/act"
        let other = intent(.setToValue, step: 1, track: android, to: "other")
        let (more, _) = try await status(world, [other, again, old])
        guard case .done = more[0], case .done = more[1], case .alreadyDone = more[2] else {
            Issue.record("\(more)")
            return
        }
        #expect(world.messages.map(\.text) == ["in again"])
    }

    @Test func `each release has its message, and a deleted one comes anew`() async throws {
        let world = SlackWorld()
        let other = TrackID(app: "music", platform: "ios", version: "8.9.3")
        let ours = [1, 2].map { intent(.setToValue, step: $0, to: "\($0)") }
        _ = try await status(world, [ours[0], intent(.setToValue, track: other, to: "other")])
        #expect(world.messages.map(\.text) == ["in 1", "in other"])
        world.state.withLock { _ = $0.messages.removeFirst() }
        _ = try await status(world, [ours[1]])
        #expect(world.messages.map(\.text) == ["in other", "in 2"])
    }

    @Test func `a channel without end is no reason for a second message`() async throws {
        let world = SlackWorld {
            $0.messages = (100...140).map {
                .init(timestamp: "1772440\($0).000100", text: "chatter")
            }
            $0.perPage = 2
        }
        let (outcomes, asked) = try await status(world, [intent(.setToValue)])
        guard case .retryable(let reason, _) = outcomes[0] else {
            Issue.record("\(outcomes)")
            return
        }
        #expect(reason.contains("look_back"))
        #expect(asked.allSatisfy { $0.method == .GET })
        #expect(asked.count == AdapterLimits.pages)
    }

    // MARK: Replies

    @Test func `a reply goes into the thread of the status message`() async throws {
        let world = SlackWorld { $0.messages = [Self.parent] }
        let server = try await LoopbackServer.start(world.answer)
        let reply = try action("slack.reply", common(server.url, ["text": "entered ${to}"]))
        let intent = intent(.appendWithMarker)
        #expect(await reply.probe(intent) == .absent)
        let outcome = await reply.perform(intent, attempt: 1)
        #expect(outcome == .done(evidence: "message 1772442000.000001 in C024BE91L"))
        #expect(world.messages.map(\.thread) == [nil, Self.parent.timestamp])
        guard case .present = await reply.probe(intent) else {
            Issue.record("it is not found")
            return
        }
        world.state.withLock { $0.messages = [] }
        guard case .unavailable = await reply.probe(intent) else {
            Issue.record("a thread that is gone says something")
            return
        }
        guard case .rejected(let reason, _) = await reply.perform(intent, attempt: 1) else {
            Issue.record("a reply to nothing")
            return
        }
        #expect(reason.contains("music/8.9.2"))
        try await server.stop()
    }

    // MARK: What is sent

    @Test func `a value calls nobody and makes no link`() async throws {
        let world = SlackWorld()
        let server = try await LoopbackServer.start(world.answer)
        let post = try action(
            "slack.post",
            common(server.url, ["text": "<!here> ${to} is on <https://acme.example|its way>"])
        )
        _ = await post.perform(
            intent(.appendWithMarker, to: "<!channel> & <@U1>"),
            attempt: 1
        )
        let expected =
            "<!here> &lt;!channel&gt; &amp; &lt;@U1&gt; is on <https://acme.example|its way>"
        #expect(world.messages.map(\.text) == [expected])
        #expect(world.messages[0].blocks?.arrayValue?[0]["text"]?["text"] == .string(expected))
        try await server.stop()
    }

    @Test func `a long text goes in several blocks, cut at the ends of lines`() throws {
        let line = String(repeating: "x", count: 99) + "\n"
        let text = String(repeating: line, count: 61) + String(repeating: "y", count: 3_001)
        let body = try SlackMessage.body(text, channel: "C1", intent(.appendWithMarker))
        let blocks = try #require(body["blocks"]??.arrayValue)
        let parts = blocks.compactMap { $0["text"]?["text"]?.stringValue }
        #expect(parts.joined() == text)
        #expect(parts.map(\.count) == [3_000, 3_000, 100, 3_000, 1])
        #expect(blocks.compactMap { $0["block_id"] }.count == 1)
        let tooLong = String(repeating: "z", count: 150_001)
        for text in ["", tooLong] {
            #expect(throws: ResolvingProblem.self) {
                try SlackMessage.body(text, channel: "C1", intent(.appendWithMarker))
            }
        }
    }

    @Test(arguments: [
        ("channel_not_found", "rejected"), ("not_in_channel", "rejected"),
        ("missing_scope", "rejected"), ("msg_too_long", "rejected"),
        ("never_seen", "rejected"), ("ratelimited", "retryable"), ("internal_error", "unknown"),
    ])
    func `an answer that is not ok is no success`(error: String, outcome: String) async throws {
        let world = SlackWorld { $0.error = error }
        let server = try await LoopbackServer.start(world.answer)
        let post = try action("slack.post", common(server.url, ["text": "${track}"]))
        let found = await post.perform(intent(.appendWithMarker), attempt: 1)
        #expect("\(found)".hasPrefix(outcome), "\(found)")
        #expect("\(found)".contains(error))
        guard case .unavailable = await post.probe(intent(.appendWithMarker)) else {
            Issue.record("a refusal says whether it is there")
            return
        }
        try await server.stop()
    }

    @Test(
        arguments: [
            (["channel": "#releases"], "no id of a channel"),
            (["text": "${nobody}"], "no variable"),
            (["look_back": "5m"], "from 1h to 365d"), (["blocks": []], "not known here"),
        ] as [(JSON, String)]
    )
    func `settings that mean nothing are told`(more: JSON, words: String) {
        let settings = ["text": "x"].merging(more.objectValue ?? [:]) { $1 }
        let found = faults(action: "slack.post", common("https://slack.com/api", settings))
        #expect(found.contains { $0.message.contains(words) }, "\(found)")
    }

    @Test(arguments: [
        (404, "no_service", "rejected"), (400, "invalid_payload", "rejected"),
        (429, "rate_limited", "retryable"), (500, "rollup_error", "unknown"),
        (200, "<html>", "unknown"),
    ])
    func `what a webhook answers`(status: Int, body: String, outcome: String) async throws {
        let server = try await LoopbackServer.start { _ in .status(status, body: body) }
        try scratch.write(server.url + "/services/T0/B0/s3cret-h00k\n", to: "hook")
        let hook = try action(
            "slack.webhook",
            ["url": .string("file:" + scratch.file("hook")), "text": "<b> ${to}"]
        )
        let found = await hook.perform(intent(.atMostOnce, to: "a & b"), attempt: 1)
        #expect("\(found)".hasPrefix(outcome), "\(found)")
        #expect(server.received.map(\.body) == [#"{"text":"<b> a &amp; b"}"#])
        try await server.stop()
    }

    @Test func `a webhook's address never stands in settings`() {
        let found = faults(
            action: "slack.webhook",
            ["url": "https://hooks.slack.com/services/T0/B0/x", "text": "x"]
        )
        #expect(found.map(\.kind) == [.badSecret])
    }

    @Test func `its page names every kind`() throws {
        let page = try DecisionScene.repositoryFile("Docs/sources/slack.md")
        for kind in Backend.slack.actions.map({ $0.kind }) {
            #expect(page.contains("`\(kind)`"), "\(kind)")
        }
    }
}
