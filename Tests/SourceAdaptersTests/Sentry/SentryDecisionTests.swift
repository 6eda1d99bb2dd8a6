import ConductorCore
import AdapterTesting
import NIOHTTP1
import Testing

@testable import SourceAdapters

/// Every cell of what is read from Sentry, and done there: over HTTP through the real adapter, core and
/// journal, with the answer that moves a release and the one that does not.
@Suite struct `What Sentry says decides` {
    struct Cell: Sendable, CustomTestStringConvertible {
        var name: String
        var condition: String
        /// Makes the world one in which the condition is not met.
        var spoil: @Sendable (inout SentryWorld.State) -> Void

        var testDescription: String { name }
    }

    static let cells: [Cell] = [
        Cell(name: "crash-free users", condition: "quality.crash_free_users >= 0.995") {
            $0.health?.freeUsers = .double(0.9949)
        },
        Cell(name: "no rate", condition: "quality.crash_free_users >= 0.0") {
            $0.health?.freeUsers = .null
        },
        Cell(name: "crash-free sessions", condition: "quality.crash_free_sessions >= 0.998") {
            $0.health?.freeSessions = .double(0.9979)
        },
        Cell(name: "sessions", condition: "quality.sessions >= 50000") {
            $0.health?.sessions = 49_999
        },
        Cell(name: "no sessions, and few would do", condition: "quality.sessions < 100000") {
            $0.health = .init(sessions: 0, users: 0, freeSessions: .null, freeUsers: .null)
        },
        Cell(name: "no row", condition: "quality.sessions < 100000") { $0.health = nil },
        Cell(name: "a release of another version", condition: "quality.sessions >= 50000") {
            $0.releases = ["com.acme.music@8.9.1+400"]
        },
        Cell(name: "users", condition: "quality.sentry.users >= 40000") {
            $0.health?.users = 39_999
        },
        Cell(name: "adoption", condition: "quality.sentry.adoption >= 0.2") {
            $0.allSessions = 1_000_000
        },
        Cell(name: "new issues", condition: "quality.sentry.new_issues <= 1") {
            $0.issues.append("MUSIC-1B")
        },
        Cell(
            name: "their keys",
            condition: "!(\"MUSIC-1B\" in quality.sentry.new_issue_keys)"
        ) {
            $0.issues.append("MUSIC-1B")
        },
    ]

    private func scene(_ url: String, condition: String, acts: Bool) throws -> DecisionScene {
        let place = "url: \"\(url)\", organization: acme, token: \"file:token\""
        return try DecisionScene(
            rules: """
                machine: scene
                version: 1
                stages:
                  waiting: {shelf: current}
                  gone: {shelf: current, terminal: true}
                conditions:
                  ready: {expr: '\(condition)'}
                transitions:
                  - {from: waiting, to: gone, when: [ready]\(acts ? ", do: [act]" : "")}
                """,
            sources: """
                  quality:
                    {kind: sentry, scope: track, \(place), projects: [4501],
                     release: "com.acme.music@${version}", environment: production}
                """,
            actions: """
                  act: {kind: sentry.deploy, \(place), release: "com.acme.music@${version}+412"}
                """,
            secrets: ["token": "s3cret-t0ken"]
        )
    }

    @Test(arguments: cells)
    func `a fact moves a release, or keeps it`(cell: Cell) async throws {
        for isSpoilt in [false, true] {
            let world = SentryWorld { state in
                if isSpoilt { cell.spoil(&state) }
            }
            let server = try await LoopbackServer.start(world.answer)
            let scene = try scene(server.url, condition: cell.condition, acts: false)
            let stage = try await scene.stageAfterALook()
            #expect(stage == (isSpoilt ? "waiting" : "gone"), "spoilt: \(isSpoilt)")
            try scene.checkJournal(holdsNo: "s3cret-t0ken")
            try await server.stop()
        }
    }

    private static let mark =
        "POST /api/0/organizations/acme/releases/com.acme.music%408.9.2%2B412/deploys/"

    @Test func `a deploy is marked once, and then the stage is entered`() async throws {
        let server = try await LoopbackServer.start(SentryWorld().answer)
        let scene = try scene(server.url, condition: "quality.sessions > 0", acts: true)
        #expect(try await scene.stageAfterALook() == "gone")
        let writes = server.received.filter { $0.method != .GET }
        #expect(writes.map { "\($0.method) \($0.path)" } == [Self.mark])
        try scene.checkJournal(holdsNo: "s3cret-t0ken")
        try await server.stop()
    }

    @Test func `a lost answer is looked for`() async throws {
        let world = SentryWorld()
        let server = try await LoopbackServer.start { received in
            let reply = world.answer(received)
            return received.method == .GET ? reply : .hangUp
        }
        let scene = try scene(server.url, condition: "quality.sessions > 0", acts: true)
        #expect(try await scene.stageAfterALook() == "waiting")
        #expect(try await scene.stageAfter(.minutes(5)) == "gone")
        #expect(server.received.count { $0.method != .GET } == 1)
        try await server.stop()
    }
}
