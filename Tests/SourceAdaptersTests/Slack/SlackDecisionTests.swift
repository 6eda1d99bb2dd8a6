import ConductorCore
import AdapterTesting
import NIOHTTP1
import Testing

@testable import SourceAdapters

/// Every cell of what is done in Slack: over HTTP through the real adapter, core and journal.
@Suite struct `What is told in Slack` {
    struct Act: Sendable, CustomTestStringConvertible {
        var kind: String
        var settings = ""
        var writes = ["POST /chat.postMessage"]
        var begin: @Sendable (inout SlackWorld.State) -> Void = { _ in }

        var testDescription: String { kind + settings }
    }

    private static let parent = SlackWorld.Message(
        timestamp: "1772441000.000100",
        text: "music/8.9.2",
        metadata: ["event_type": "conductord", "event_payload": ["message": "music/8.9.2"]]
    )

    static let acts: [Act] = [
        Act(kind: "slack.post"),
        Act(kind: "slack.status"),
        Act(kind: "slack.status", writes: ["POST /chat.update"]) { $0.messages = [parent] },
        Act(kind: "slack.reply") { $0.messages = [parent] },
    ]

    private func scene(_ kind: String, _ settings: String, secret: String) throws -> DecisionScene {
        try DecisionScene(
            rules: """
                machine: scene
                version: 1
                stages:
                  waiting: {shelf: current}
                  gone: {shelf: current, terminal: true}
                conditions:
                  ready: {expr: 'ready.yes'}
                transitions:
                  - {from: waiting, to: gone, when: [ready], do: [act]}
                """,
            sources: """
                  ready: {kind: file, scope: track, path: "rest.yaml", facts: {yes: bool}}
                """,
            actions: """
                  act: {kind: \(kind), text: "${track} goes", \(settings)}
                """,
            secrets: ["token": secret, "rest.yaml": "yes: true"]
        )
    }

    private func scene(_ act: Act, _ url: String) throws -> DecisionScene {
        try scene(
            act.kind,
            "url: \"\(url)\", token: \"file:token\", channel: \(SlackWorld.channel)\(act.settings)",
            secret: "xoxb-s3cret-t0ken"
        )
    }

    @Test(arguments: acts)
    func `it is told once, and then the stage is entered`(act: Act) async throws {
        let world = SlackWorld(act.begin)
        let server = try await LoopbackServer.start(world.answer)
        let scene = try scene(act, server.url)
        #expect(try await scene.stageAfterALook() == "gone")
        let writes = server.received.filter { $0.method != .GET }
        #expect(writes.map { "\($0.method) \($0.path)" } == act.writes)
        #expect(writes.allSatisfy { $0.headers["authorization"] == ["Bearer xoxb-s3cret-t0ken"] })
        #expect(world.messages.contains { $0.text == "music/ios/8.9.2 goes" })
        try scene.checkJournal(holdsNo: "xoxb-s3cret-t0ken")
        try await server.stop()
    }

    /// The answer to a write is lost: the release goes on once a look has found the message, and nothing
    /// was sent twice.
    @Test(arguments: acts)
    func `a lost answer is looked for`(act: Act) async throws {
        let world = SlackWorld(act.begin)
        let server = try await LoopbackServer.start { received in
            let reply = world.answer(received)
            return received.method == .GET ? reply : .hangUp
        }
        let scene = try scene(act, server.url)
        #expect(try await scene.stageAfterALook() == "waiting")
        #expect(try await scene.stageAfter(.minutes(5)) == "gone")
        #expect(server.received.count { $0.method != .GET } == 1)
        #expect(world.messages.count { $0.text == "music/ios/8.9.2 goes" } == 1)
        try scene.checkJournal(holdsNo: "xoxb-s3cret-t0ken")
        try await server.stop()
    }

    @Test func `a channel that is not there keeps the release where it is`() async throws {
        let world = SlackWorld { $0.error = "channel_not_found" }
        let server = try await LoopbackServer.start(world.answer)
        let scene = try scene(Self.acts[0], server.url)
        #expect(try await scene.stageAfterALook() == "waiting")
        #expect(try await scene.isInError())
        try await server.stop()
    }

    @Test(arguments: [("at_most_once", 1), ("at_least_once", 2)])
    func `a webhook's class says what happens in doubt`(name: String, count: Int) async throws {
        let server = try await LoopbackServer.start { _ in .status(200, body: "ok") }
        let hook = server.url + "/services/T0/B0/s3cret-h00k"
        let sound = try scene(
            "slack.webhook",
            "url: \"file:token\", class: \(name)",
            secret: hook
        )
        #expect(try await sound.stageAfterALook() == "gone")
        #expect(server.received.map(\.path) == ["/services/T0/B0/s3cret-h00k"])
        try sound.checkJournal(holdsNo: "s3cret-h00k")
        try await server.stop()
        let deaf = try await LoopbackServer.start { _ in .hangUp }
        let doubtful = try scene(
            "slack.webhook",
            "url: \"file:token\", class: \(name)",
            secret: deaf.url + "/services/T0/B0/s3cret-h00k"
        )
        #expect(try await doubtful.stageAfterALook() == "waiting")
        #expect(try await doubtful.stageAfter(.minutes(2)) == "waiting")
        #expect(count == 1 ? deaf.received.count == 1 : deaf.received.count >= count)
        try doubtful.checkJournal(holdsNo: "s3cret-h00k")
        try await deaf.stop()
    }
}
