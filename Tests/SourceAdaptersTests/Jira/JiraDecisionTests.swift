import ConductorCore
import AdapterTesting
import NIOHTTP1
import Testing

@testable import SourceAdapters

/// Every cell of what is read from Jira, and done there: over HTTP through the real adapter, core and
/// journal, with the answer that moves a release and the one that does not.
@Suite struct `What Jira says decides` {
    struct Cell: Sendable, CustomTestStringConvertible {
        var name: String
        var condition: String
        /// Makes the world one in which the condition is met.
        var mend: @Sendable (inout JiraWorld.State) -> Void
        /// Makes that world one in which it is not.
        var spoil: @Sendable (inout JiraWorld.State) -> Void

        var testDescription: String { name }
    }

    static let cells: [Cell] = [
        Cell(name: "blocking bugs", condition: "tracker.blockers.open == 0") {
            $0.found["priority = Highest"] = []
        } spoil: {
            $0.found["priority = Highest"] = [.init(key: "MUSIC-9")]
        },
        Cell(name: "their keys", condition: "!(\"MUSIC-9\" in tracker.blockers.keys)") { _ in
        } spoil: {
            $0.found["priority = Highest"]?.append(.init(key: "MUSIC-9"))
        },
        Cell(name: "their owners", condition: "tracker.blockers.owners == [\"Ada\"]") { _ in
        } spoil: {
            $0.found["priority = Highest"]?.append(.init(key: "MUSIC-9", owner: "Grace"))
        },
        Cell(
            name: "their ages",
            condition: "tracker.blockers.oldest >= timestamp(\"2026-03-02T09:15:00Z\")"
        ) { _ in
        } spoil: {
            $0.found["priority = Highest"]?.append(
                .init(key: "MUSIC-9", created: "2026-03-02T10:14:59.000+0100")
            )
        },
        Cell(name: "fixes under way", condition: "tracker.fixes.unmerged == 0") { _ in
        } spoil: {
            $0.found["In Review"] = [.init(key: "MUSIC-9")]
        },
        Cell(name: "bugs without a version", condition: "tracker.without_version.open == 1") {
            _ in
        } spoil: {
            $0.found["fixVersion is EMPTY"] = []
        },
        Cell(name: "bugs without an owner", condition: "tracker.blockers.unowned == 0") {
            $0.found["priority = Highest"] = [.init(key: "MUSIC-1")]
        } spoil: {
            $0.found["priority = Highest"] = [.init(key: "MUSIC-1", owner: nil)]
        },
        Cell(
            name: "sign-off tickets",
            condition: "signoff.teams.all(t, t.state == \"approved\" || t.opted_out)"
        ) { _ in
        } spoil: {
            $0.found["project = QA"]?.append(
                .init(key: "QA-3", status: "Rejected", components: ["playback"])
            )
        },
        Cell(name: "a team without a ticket", condition: "signoff.missing.size() == 0") { _ in
        } spoil: {
            $0.found["project = QA"]?.removeLast()
        },
        Cell(name: "a status that nobody named", condition: "signoff.missing.size() == 0") { _ in
        } spoil: {
            $0.found["project = QA"]?[0].status = "Doing"
        },
    ]

    @Test(arguments: cells)
    func `a fact moves a release, or keeps it`(cell: Cell) async throws {
        for isSpoilt in [false, true] {
            let world = JiraWorld { state in
                cell.mend(&state)
                if isSpoilt { cell.spoil(&state) }
            }
            let server = try await LoopbackServer.start(world.answer)
            let place = """
                url: "\(server.url)", user: release-bot@acme.example, token: "file:token"
                """
            let scene = try DecisionScene(
                rules: """
                    machine: scene
                    version: 1
                    stages:
                      waiting: {shelf: current}
                      gone: {shelf: current, terminal: true}
                    conditions:
                      ready: {expr: '\(cell.condition)'}
                    transitions:
                      - {from: waiting, to: gone, when: [ready]}
                    """,
                sources: """
                      tracker:
                        {kind: jira, scope: release, \(place),
                         blockers: "project = MUSIC AND fixVersion = ${version} AND priority = Highest",
                         fixes: "project = MUSIC AND status = \\"In Review\\"",
                         without_version: "project = MUSIC AND fixVersion is EMPTY"}
                      signoff:
                        {kind: jira.signoffs, scope: release, \(place),
                         tickets: "project = QA AND fixVersion = ${version}",
                         teams: [playback, search], opted_out: ["Won't Do"]}
                    """,
                secrets: ["token": "s3cret-t0ken"]
            )
            let stage = try await scene.stageAfterALook()
            #expect(stage == (isSpoilt ? "waiting" : "gone"), "spoilt: \(isSpoilt)")
            try scene.checkJournal(holdsNo: "s3cret-t0ken")
            try await server.stop()
        }
    }

    struct Act: Sendable, CustomTestStringConvertible {
        var kind: String
        var settings: String
        var writes: [String]

        var testDescription: String { kind }
    }

    static let acts: [Act] = [
        Act(
            kind: "jira.comment",
            settings: "issue: MUSIC-1, body: \"${track} goes\"",
            writes: ["POST /rest/api/3/issue/MUSIC-1/comment"]
        ),
        Act(
            kind: "jira.transition",
            settings: "issue: MUSIC-1, to: Done",
            writes: ["POST /rest/api/3/issue/MUSIC-1/transitions"]
        ),
        Act(
            kind: "jira.assign",
            settings: "issue: MUSIC-1, account: grace",
            writes: ["PUT /rest/api/3/issue/MUSIC-1"]
        ),
        Act(
            kind: "jira.create",
            settings: "project: MUSIC, summary: \"Sign off ${release}\"",
            writes: ["POST /rest/api/3/issue"]
        ),
    ]

    private func scene(_ act: Act, _ url: String) throws -> DecisionScene {
        let place = """
            url: "\(url)", user: release-bot@acme.example, token: "file:token"
            """
        return try DecisionScene(
            rules: """
                machine: scene
                version: 1
                stages:
                  waiting: {shelf: current}
                  gone: {shelf: current, terminal: true}
                conditions:
                  ready: {expr: 'tracker.fixes.unmerged == 0'}
                transitions:
                  - {from: waiting, to: gone, when: [ready], do: [act]}
                """,
            sources: """
                  tracker: {kind: jira, scope: release, \(place), fixes: "status = \\"In Review\\""}
                """,
            actions: """
                  act: {kind: \(act.kind), \(place), direction: neutral, \(act.settings)}
                """,
            secrets: ["token": "s3cret-t0ken"]
        )
    }

    @Test(arguments: acts)
    func `an action is done once, and then the stage is entered`(act: Act) async throws {
        let server = try await LoopbackServer.start(JiraWorld().answer)
        let scene = try scene(act, server.url)
        #expect(try await scene.stageAfterALook() == "gone")
        let writes = server.received.filter { $0.method != .GET }
        #expect(writes.map { "\($0.method) \($0.path)" } == act.writes)
        try scene.checkJournal(holdsNo: "s3cret-t0ken")
        try await server.stop()
    }

    /// The answer to a write is lost: the release goes on once a look has found the effect, and nothing
    /// was sent twice.
    @Test(arguments: acts)
    func `a lost answer is looked for`(act: Act) async throws {
        let world = JiraWorld()
        let server = try await LoopbackServer.start { received in
            let reply = world.answer(received)
            return received.method == .GET ? reply : .hangUp
        }
        let scene = try scene(act, server.url)
        #expect(try await scene.stageAfterALook() == "waiting")
        #expect(try await scene.stageAfter(.minutes(5)) == "gone")
        #expect(server.received.count { $0.method != .GET } == 1)
        try scene.checkJournal(holdsNo: "s3cret-t0ken")
        try await server.stop()
    }
}
