import ConductorCore
import AdapterTesting
import NIOHTTP1
import Testing

@testable import SourceAdapters

/// Every cell of what is read from GitHub, and done there: over HTTP through the real adapter, core and
/// journal, with the answer that moves a release and the one that does not.
@Suite struct `What GitHub says decides` {
    /// One cell: a condition, the world in which it is met, and one in which it is not.
    struct Cell: Sendable, CustomTestStringConvertible {
        var name: String
        var condition: String
        /// Makes the healthy world one in which the condition is not met.
        var spoil: @Sendable (inout GitHubWorld.State) -> Void

        var testDescription: String { name }
    }

    static let cells: [Cell] = [
        Cell(name: "branch head", condition: "vcs.head == \"\(GitHubWorld.head)\"") {
            $0.references["heads/release/8.9.2"] = GitHubWorld.cut
        },
        Cell(name: "branch exists", condition: "vcs.branch.exists") {
            $0.references["heads/release/8.9.2"] = nil
        },
        Cell(name: "a repository that must not be seen", condition: "!vcs.tag.exists") {
            $0.isVisible = false
        },
        Cell(name: "commits since a tag", condition: "vcs.commits_since_tag == 0") {
            $0.references["tags/v8.9.2"] = nil
        },
        Cell(name: "merged", condition: "!vcs.merged_into_base && vcs.ahead == 2") {
            $0.references["heads/main"] = GitHubWorld.head
        },
        Cell(name: "required checks", condition: "ci.tests.state == \"passed\"") {
            $0.checkRuns["test"] = "completed/failure"
        },
        Cell(name: "a check that runs", condition: "ci.tests.state == \"passed\"") {
            $0.checkRuns["test"] = "in_progress"
        },
        Cell(name: "a check that is missing", condition: "ci.tests.state == \"passed\"") {
            $0.checkRuns["test"] = nil
        },
        Cell(name: "a conclusion never seen", condition: "ci.tests.state != \"failed\"") {
            $0.checkRuns["test"] = "completed/astonished"
        },
        Cell(name: "no check required", condition: "ci.tests.state == \"passed\"") {
            $0.required = []
        },
        Cell(name: "a status instead of a check", condition: "ci.tests.state == \"passed\"") {
            $0.checkRuns["test"] = nil
            $0.statuses["test"] = ["context": "test", "state": "pending"]
        },
        Cell(name: "workflow run", condition: "ci.github.workflow.state == \"passed\"") {
            $0.runs = [
                GitHubWorld.run(id: 8, number: 71, commit: GitHubWorld.head, conclusion: nil)
            ]
        },
        Cell(name: "workflow run of that head", condition: "ci.github.workflow.state == \"passed\"")
        {
            $0.runs = [
                GitHubWorld.run(
                    id: 7,
                    number: 70,
                    commit: GitHubWorld.cut,
                    conclusion: "success"
                )
            ]
        },
        Cell(name: "releases", condition: "vcs.github.release.state == \"published\"") {
            $0.releases = [GitHubWorld.release(id: 1, tag: "v8.9.2", isDraft: true)]
        },
        Cell(name: "open pull requests", condition: "vcs.github.open_prs == 2") {
            $0.openRequests = 3
        },
        Cell(name: "branches by pattern", condition: "\"release/8.9.2\" in vcs.github.branches") {
            $0.references["heads/release/8.9.2"] = nil
        },
        Cell(name: "tags by pattern", condition: "vcs.github.tags.size() == 3") {
            $0.references["tags/v8.9.1"] = nil
        },
    ]

    @Test(arguments: cells)
    func `a fact moves a release, or keeps it`(cell: Cell) async throws {
        for isSpoilt in [false, true] {
            // What a cell of absence asks for is absent in its healthy world, too.
            let world = GitHubWorld { state in
                if cell.condition == "!vcs.tag.exists" { state.references["tags/v8.9.2"] = nil }
                if isSpoilt { cell.spoil(&state) }
            }
            let server = try await LoopbackServer.start(world.answer)
            let scene = try DecisionScene(
                condition: cell.condition,
                sources: Self.sources(server.url),
                secrets: ["token": "s3cret-t0ken"]
            )
            let stage = try await scene.stageAfterALook()
            #expect(stage == (isSpoilt ? "waiting" : "gone"), "spoilt: \(isSpoilt)")
            try scene.checkJournal(holdsNo: "s3cret-t0ken")
            try await server.stop()
        }
    }

    private static func sources(_ url: String) -> String {
        """
          vcs:
            {kind: github, scope: release, url: "\(url)", repository: acme/music, token: "file:token",
             tag: "v${version}", since: "v8.9.*", branches: "release/*", tags: "v*"}
          ci:
            {kind: github.checks, scope: release, url: "\(url)", repository: acme/music,
             token: "file:token", workflow: release.yml}
        """
    }

    /// One action: its settings, and how the world looks before and in which it cannot be done.
    struct Act: Sendable, CustomTestStringConvertible {
        var kind: String
        var settings: String
        var before: @Sendable (inout GitHubWorld.State) -> Void = { _ in }
        /// Somebody else's in its place; nil where nothing can be.
        var taken: (@Sendable (inout GitHubWorld.State) -> Void)?
        /// What was written: method and the end of the path.
        var writes: [String]

        var testDescription: String { kind }

        @Sendable func begin(_ state: inout GitHubWorld.State) {
            // The scene looks at the main branch, which has none.
            state.openRequests = 0
            before(&state)
        }
    }

    static let acts: [Act] = [
        Act(
            kind: "github.branch",
            settings: "name: \"release/${version}\", from: \(GitHubWorld.head)",
            before: { $0.references["heads/release/8.9.2"] = nil },
            taken: { $0.references["heads/release/8.9.2"] = GitHubWorld.cut },
            writes: ["POST /repos/acme/music/git/refs"]
        ),
        Act(
            kind: "github.tag",
            settings: "commit: \(GitHubWorld.head)",
            before: { $0.references["tags/v8.9.2"] = nil },
            taken: { $0.references["tags/v8.9.2"] = GitHubWorld.cut },
            writes: ["POST /repos/acme/music/git/refs"]
        ),
        Act(
            kind: "github.release",
            settings: "commit: \(GitHubWorld.head), notes: \"What is new\"",
            before: { $0.releases = [] },
            writes: ["POST /repos/acme/music/releases"]
        ),
        Act(
            kind: "github.release",
            settings: "commit: \(GitHubWorld.head)",
            before: {
                $0.releases = [GitHubWorld.release(id: 1, tag: "v8.9.2", isDraft: true)]
            },
            writes: ["PATCH /repos/acme/music/releases/1"]
        ),
        Act(
            kind: "github.dispatch",
            settings: "workflow: release.yml, marker: conductor_id, inputs: {track: \"${track}\"}",
            writes: ["POST /repos/acme/music/actions/workflows/release.yml/dispatches"]
        ),
        Act(
            kind: "github.status",
            settings: "commit: \(GitHubWorld.head), state: success",
            writes: ["POST /repos/acme/music/statuses/\(GitHubWorld.head)"]
        ),
        Act(
            kind: "github.comment",
            settings: "issue: \"12\", body: \"${track} goes\"",
            writes: ["POST /repos/acme/music/issues/12/comments"]
        ),
    ]

    private func scene(_ act: Act, _ url: String) throws -> DecisionScene {
        try DecisionScene(
            condition: "vcs.branch.name == \"main\"",
            sources: """
                  vcs:
                    {kind: github, scope: release, url: "\(url)", repository: acme/music,
                     token: "file:token", branch: main, base: main}
                """,
            action: """
                {kind: \(act.kind), url: "\(url)", repository: acme/music, token: "file:token",
                 direction: neutral, \(act.settings)}
                """,
            secrets: ["token": "s3cret-t0ken"]
        )
    }

    @Test(arguments: acts)
    func `an action is done once, and then the stage is entered`(act: Act) async throws {
        let world = GitHubWorld(act.begin)
        let server = try await LoopbackServer.start(world.answer)
        let scene = try scene(act, server.url)
        #expect(try await scene.stageAfterALook() == "gone")
        let writes = server.received.filter { $0.method != .GET }
        #expect(writes.map { "\($0.method) \($0.path)" } == act.writes)
        #expect(writes.allSatisfy { $0.headers["authorization"] == ["Bearer s3cret-t0ken"] })
        try scene.checkJournal(holdsNo: "s3cret-t0ken")
        try await server.stop()
    }

    @Test(arguments: acts.filter { $0.taken != nil })
    func `what stands in its place keeps the release where it is`(act: Act) async throws {
        let world = GitHubWorld { state in
            state.openRequests = 0
            act.taken?(&state)
        }
        let server = try await LoopbackServer.start(world.answer)
        let scene = try scene(act, server.url)
        #expect(try await scene.stageAfterALook() == "waiting")
        #expect(try await scene.isInError())
        #expect(server.received.allSatisfy { $0.method == .GET })
        try await server.stop()
    }

    /// The answer to a write is lost: the release goes on once a look has found the effect, and nothing
    /// was sent twice.
    @Test(arguments: acts)
    func `a lost answer is looked for`(act: Act) async throws {
        let world = GitHubWorld(act.begin)
        let server = try await LoopbackServer.start { received in
            let reply = world.answer(received)
            return received.method == .GET ? reply : .hangUp
        }
        let scene = try scene(act, server.url)
        #expect(try await scene.stageAfterALook() == "waiting")
        #expect(try await scene.stageAfter(.minutes(3)) == "gone")
        #expect(server.received.count { $0.method != .GET } == 1)
        try scene.checkJournal(holdsNo: "s3cret-t0ken")
        try await server.stop()
    }

    @Test func `the default machine runs on it unchanged`() async throws {
        let server = try await LoopbackServer.start(GitHubWorld().answer)
        let scene = try DecisionScene(
            rules: DecisionScene.repositoryFile("release-states.yaml"),
            sources: Self.sources(server.url) + """

                  rest:
                    {kind: file, scope: track, path: "rest.yaml", facts: {
                     commit: string, build: string, verification: string, uploaded: bool,
                     blockers.open: int, blockers.url: string, fixes.unmerged: int,
                     crash_free_users: double, anr_rate: double, sessions: int, content_plays: int,
                     review: string, rollout: string,
                     rollout_fraction: double, pause_days_left: int, passed: bool, data_loss: double}}
                  signoff: {kind: people, scope: release, teams: [playback]}
                  people: {kind: people, scope: track, confirmations: [store_approved]}
                """,
            actions: [
                "store.submit_for_review", "store.start_rollout", "store.complete_rollout",
                "store.pause_rollout", "store.resume_rollout", "chat.post",
            ].map { "  \($0): {kind: log, direction: neutral, message: x}" }
                .joined(separator: "\n"),
            roles: """
                {vcs: vcs, ci: ci, rc: rest, tracker: rest, quality: rest, store: rest, itgc: rest}
                """,
            claims: "{full_rollout: {limit: 1, per: platform, within: 24h}}",
            secrets: ["token": "s3cret-t0ken"]
        )
        #expect(try await scene.stageAfterALook() == "branched")
        try await server.stop()
    }
}
