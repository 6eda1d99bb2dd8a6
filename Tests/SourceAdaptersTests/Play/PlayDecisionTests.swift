import ConductorCore
import AdapterTesting
import NIOHTTP1
import Synchronization
import Testing

@testable import SourceAdapters

/// Every cell of what is read from Google Play and Play Developer Reporting, and done there: over HTTP
/// through the real adapter, core and journal, with the answer that moves a release and the one that does
/// not.
@Suite struct `What Google Play says decides` {
    /// One cell: a condition, and a world in which it is not met.
    struct Cell: Sendable, CustomTestStringConvertible {
        var name: String
        var condition: String
        /// Makes the healthy world one in which the condition is not met.
        var spoil: @Sendable (inout PlayWorld.State) -> Void

        init(
            _ name: String,
            _ condition: String,
            spoil: @escaping @Sendable (inout PlayWorld.State) -> Void
        ) {
            self.name = name
            self.condition = condition
            self.spoil = spoil
        }

        var testDescription: String { name }
    }

    private static func put(_ release: JSON) -> @Sendable (inout PlayWorld.State) -> Void {
        { $0.tracks["production"] = [release, PlayWorld.before] }
    }

    static let cells: [Cell] = [
        Cell(
            "rollout",
            "store.rollout == \"running\"",
            spoil: put(PlayWorld.release("halted", 0.01))
        ),
        Cell(
            "status",
            "store.play.status == \"inProgress\"",
            spoil: put(PlayWorld.release("draft"))
        ),
        Cell(
            "fraction",
            "store.rollout_fraction < 0.02",
            spoil: put(PlayWorld.release("inProgress", 0.2))
        ),
        Cell(
            "a status never seen",
            "store.rollout != \"paused\"",
            spoil: put(PlayWorld.release("statusUnspecified"))
        ),
        Cell("set to roll out, and still in review", "store.rollout == \"running\"") {
            $0.lifecycle[PlayWorld.code] = "IN_REVIEW"
        },
        Cell("review lifecycle", "store.play.lifecycle == \"PUBLISHED\"") {
            $0.lifecycle[PlayWorld.code] = "NOT_APPROVED"
        },
        Cell("a lifecycle never seen", "store.play.lifecycle != \"DRAFT\"") {
            $0.lifecycle[PlayWorld.code] = "ASTONISHED"
        },
        Cell("releases", "\"80902\" in store.play.version_codes") {
            $0.tracks["production"] = [PlayWorld.before]
        },
        Cell("a release without a name", "store.rollout == \"running\"") {
            $0.tracks["production"] = [["status": "completed", "versionCodes": ["80902"]]]
        },
        Cell("tracks", "store.play.tracks.internal == \"completed\"") {
            $0.tracks["internal"] = [PlayWorld.release("completed", name: "8.9.3", code: 80_903)]
        },
        Cell("a list that is not there", "store.rollout == \"running\"") { $0.lists = false },
        Cell("crash rate", "quality.crash_free_users >= 0.995") { $0.crashRate = "0.02" },
        Cell("no rows", "quality.crash_free_users >= 0.0") { $0.hasRows = false },
        Cell("NaN", "quality.crash_free_users <= 1.0") { $0.crashRate = "NaN" },
        Cell("ANR rate", "quality.anr_rate <= 0.0047") { $0.anrRate = "0.009" },
        Cell("user-perceived crashes", "quality.play.user_perceived_crash_rate < 0.001") {
            $0.hasRows = false
        },
        Cell("user-perceived ANRs", "quality.play.user_perceived_anr_rate < 0.001") {
            $0.hasRows = false
        },
        Cell("sample size", "quality.play.distinct_users >= 10000") { $0.users = "4000" },
        Cell("users as sessions", "quality.sessions >= 10000") { $0.users = "4000" },
        Cell("another version's numbers", "quality.crash_free_users >= 0.995") {
            $0.rowCode = 80_901
        },
        Cell("freshness", "quality.crash_free_users >= 0.995") { $0.newestDay = [2025, 3, 1] },
        Cell("several version codes", "quality.anr_rate <= 0.0047") {
            $0.servedCodes = [PlayWorld.code, 90_902]
        },
    ]

    private static let secrets = [
        "key": PlayWorld.key, "rest.yaml": "head: \(PlayWorld.commit)\nbuild: \"80902\"\n",
    ]

    private static func common(_ url: String) -> String {
        """
        url: "\(url)", token_url: "\(url)/token", package: com.acme.music, key: "file:key"
        """
    }

    private static func sources(_ url: String) -> String {
        """
          vcs: {kind: file, scope: track, path: "rest.yaml", facts: {head: string}}
          store: {kind: play, scope: track, \(common(url)), others: [internal]}
          quality: {kind: play.vitals, scope: track, \(common(url)), users_as_sessions: true}
        """
    }

    @Test(arguments: cells)
    func `a fact moves a release, or keeps it`(cell: Cell) async throws {
        for isSpoilt in [false, true] {
            let world = PlayWorld { state in if isSpoilt { cell.spoil(&state) } }
            let server = try await LoopbackServer.start(world.answer)
            let scene = try DecisionScene(
                condition: cell.condition,
                sources: Self.sources(server.url),
                secrets: Self.secrets
            )
            let stage = try await scene.stageAfterALook()
            #expect(stage == (isSpoilt ? "waiting" : "gone"), "spoilt: \(isSpoilt)")
            #expect(!server.received.contains(where: PlayWorld.isCommit))
            try scene.checkJournal(holdsNo: PlayWorld.token)
            try await server.stop()
        }
    }

    /// What the store said of an earlier candidate of the same version counts no more.
    @Test(arguments: ["approved", "of another commit", "of no commit", "in review"])
    func `a review is about the candidate's commit`(word: String) async throws {
        let world = PlayWorld { state in
            switch word {
            case "of another commit":
                let name = "8.9.2 " + String(repeating: "c", count: 40)
                state.tracks["production"] = [PlayWorld.release("completed", name: name)]
            case "of no commit":
                state.tracks["production"] = [PlayWorld.release("completed", name: "8.9.2")]
            case "in review": state.lifecycle[PlayWorld.code] = "IN_REVIEW"
            default: break
            }
        }
        let server = try await LoopbackServer.start(world.answer)
        let scene = try DecisionScene(
            rules: """
                machine: scene
                version: 1
                head: vcs.head
                candidate: {commit: vcs.head, build: vcs.build}
                stages:
                  before: {shelf: current}
                  waiting: {shelf: current, latch: candidate}
                  gone: {shelf: current, terminal: true}
                conditions:
                  found: {expr: vcs.build == "80902"}
                  ready: {expr: store.review == "approved"}
                transitions:
                  - {from: before, to: waiting, when: [found]}
                  - {from: waiting, to: gone, when: [ready]}
                """,
            sources: """
                  vcs: {kind: file, scope: track, path: "rest.yaml", facts: {head: string, build: string}}
                  store: {kind: play, scope: track, \(Self.common(server.url))}
                """,
            secrets: Self.secrets
        )
        #expect(try await scene.stageAfterALook() == (word == "approved" ? "gone" : "waiting"))
        try await server.stop()
    }

    /// One action: its settings, how the track looks before, as it can be done and as it cannot, and how
    /// it looks afterwards.
    struct Act: Sendable, CustomTestStringConvertible {
        var kind: String
        var settings: String = ""
        var before: [JSON]
        var taken: [JSON]
        var after: [JSON]
        var behaviour = "ERROR_IF_IN_REVIEW"

        var testDescription: String { kind + " " + settings }
    }

    static let acts: [Act] = [
        Act(
            kind: "play.release",
            settings:
                ", fraction: 0.01, name: \"8.9.2 \(PlayWorld.commit)\", notes: {en-US: What is new}",
            before: [PlayWorld.before],
            taken: [PlayWorld.release("halted", 0.01), PlayWorld.before],
            after: [PlayWorld.release("inProgress", 0.01), PlayWorld.before]
        ),
        Act(
            kind: "play.release",
            settings:
                ", fraction: 1, name: \"8.9.2 \(PlayWorld.commit)\", notes: {en-US: What is new}",
            before: [PlayWorld.before],
            // Another version is rolling out.
            taken: [PlayWorld.release("inProgress", 0.5, name: "8.9.1", code: 80_901)],
            after: [PlayWorld.release("completed")]
        ),
        Act(
            kind: "play.raise",
            settings: ", fraction: 0.05",
            before: [PlayWorld.release("inProgress", 0.01), PlayWorld.before],
            taken: [PlayWorld.release("inProgress", 0.1), PlayWorld.before],
            after: [PlayWorld.release("inProgress", 0.05), PlayWorld.before]
        ),
        Act(
            kind: "play.halt",
            before: [PlayWorld.release("inProgress", 0.01), PlayWorld.before],
            taken: [PlayWorld.release("completed")],
            after: [PlayWorld.release("halted", 0.01), PlayWorld.before],
            behaviour: "CANCEL_IN_REVIEW_AND_SUBMIT"
        ),
        Act(
            kind: "play.resume",
            before: [PlayWorld.release("halted", 0.01), PlayWorld.before],
            taken: [PlayWorld.release("completed")],
            after: [PlayWorld.release("inProgress", 0.01), PlayWorld.before]
        ),
        Act(
            kind: "play.complete",
            before: [PlayWorld.release("inProgress", 0.01), PlayWorld.before],
            taken: [PlayWorld.release("halted", 0.01), PlayWorld.before],
            after: [PlayWorld.release("completed")]
        ),
    ]

    private func scene(_ act: Act, _ url: String) throws -> DecisionScene {
        try DecisionScene(
            condition: "vcs.head == \"\(PlayWorld.commit)\"",
            sources: """
                  vcs: {kind: file, scope: track, path: "rest.yaml", facts: {head: string}}
                """,
            action: """
                {kind: \(act.kind), \(Self.common(url)), version_codes: ["80902"],
                 direction: neutral\(act.settings)}
                """,
            secrets: Self.secrets
        )
    }

    @Test(arguments: acts)
    func `an action is done once, and then the stage is entered`(act: Act) async throws {
        let world = PlayWorld { $0.tracks["production"] = act.before }
        let server = try await LoopbackServer.start(world.answer)
        let scene = try scene(act, server.url)
        #expect(try await scene.stageAfterALook() == "gone")
        let (tracks, commits) = world.state.withLock { ($0.tracks, $0.commits) }
        #expect(tracks["production"] == act.after)
        #expect(tracks["internal"] == [PlayWorld.release("completed")])
        #expect(commits == ["changesInReviewBehavior=\(act.behaviour)"])
        let requests = server.received.map {
            "\($0.method) \($0.path.split(separator: "/").last ?? "")"
        }
        #expect(
            requests == [
                "POST token", "POST edits", "GET production", "PUT production",
                "POST edit-1:commit",
            ]
        )
        try scene.checkJournal(holdsNo: PlayWorld.token)
        try await server.stop()
    }

    @Test(arguments: acts)
    func `what a person moved keeps the release where it is`(act: Act) async throws {
        let world = PlayWorld { $0.tracks["production"] = act.taken }
        let server = try await LoopbackServer.start(world.answer)
        let scene = try scene(act, server.url)
        #expect(try await scene.stageAfterALook() == "waiting")
        #expect(try await scene.isInError())
        #expect(world.state.withLock { $0.tracks["production"] } == act.taken)
        #expect(world.state.withLock { $0.edit == nil }, "no edit is left open")
        try await server.stop()
    }

    /// The answer to a commit is lost: the release goes on once a fresh edit shows the effect, and nothing
    /// was committed twice.
    @Test(arguments: acts)
    func `a lost answer is looked for`(act: Act) async throws {
        let world = PlayWorld { $0.tracks["production"] = act.before }
        let server = try await LoopbackServer.start { received in
            let reply = world.answer(received)
            return PlayWorld.isCommit(received) ? .hangUp : reply
        }
        let scene = try scene(act, server.url)
        #expect(try await scene.stageAfterALook() == "waiting")
        #expect(try await scene.stageAfter(.minutes(3)) == "gone")
        #expect(server.received.count(where: PlayWorld.isCommit) == 1)
        #expect(world.state.withLock { $0.tracks["production"] } == act.after)
        try scene.checkJournal(holdsNo: PlayWorld.token)
        try await server.stop()
    }

    @Test func `the default machine runs on it unchanged`() async throws {
        let (stage, server) = try await standing(in: nil) { _ in }
        #expect(stage == "branched")
        try await server.stop()
    }

    /// Nobody starts the rollout: it goes live after its review, and the track follows.
    @Test(arguments: ["IN_REVIEW", "PUBLISHED"])
    func `what goes live by itself is followed`(lifecycle: String) async throws {
        let (stage, server) = try await standing(in: "submitted") { state in
            // A name without a commit: what the review was of is not known.
            state.tracks["production"] = [PlayWorld.release("inProgress", 0.01, name: "8.9.2")]
            state.lifecycle[PlayWorld.code] = lifecycle
        }
        #expect(stage == (lifecycle == "PUBLISHED" ? "rollout_1" : "submitted"))
        #expect(!server.received.contains(where: PlayWorld.isCommit))
        try await server.stop()
    }

    private func standing(
        in beginning: String?,
        _ change: (inout PlayWorld.State) -> Void
    ) async throws -> (stage: String?, server: LoopbackServer) {
        let server = try await LoopbackServer.start(PlayWorld(change).answer)
        let scene = try DecisionScene(
            rules: DecisionScene.repositoryFile("release-states.yaml"),
            sources: """
                  store: {kind: play, scope: track, \(Self.common(server.url))}
                  rest:
                    {kind: file, scope: track, path: "rest.yaml", facts: {
                     head: string, branch.exists: bool,
                     commit: string, build: string, verification: string, uploaded: bool,
                     blockers.open: int, blockers.url: string, fixes.unmerged: int,
                     tests.state: string,
                     crash_free_users: double, anr_rate: double, sessions: int, content_plays: int,
                     passed: bool, data_loss: double}}
                  signoff: {kind: people, scope: release, teams: [playback]}
                  people: {kind: people, scope: track, confirmations: [store_approved]}
                """,
            actions: """
                  store.submit_for_review:
                    {kind: play.release, \(Self.common(server.url)), fraction: 0.01}
                  store.start_rollout: {kind: log, direction: neutral, message: x}
                  store.complete_rollout: {kind: play.complete, \(Self.common(server.url))}
                  store.pause_rollout: {kind: play.halt, \(Self.common(server.url))}
                  store.resume_rollout: {kind: play.resume, \(Self.common(server.url))}
                  chat.post: {kind: log, direction: neutral, message: x}
                """,
            roles: """
                {vcs: rest, ci: rest, rc: rest, tracker: rest, quality: rest, itgc: rest}
                """,
            claims: "{full_rollout: {limit: 1, per: platform, within: 24h}}",
            beginning: beginning,
            secrets: [
                "key": PlayWorld.key,
                "rest.yaml": "head: \(PlayWorld.commit)\nbranch: {exists: true}\n",
            ]
        )
        return (try await scene.stageAfterALook(), server)
    }
}
