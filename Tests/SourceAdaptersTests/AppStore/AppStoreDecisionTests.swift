import ConductorCore
import ConductorFiles
import AdapterTesting
import NIOHTTP1
import Synchronization
import Testing

@testable import SourceAdapters

/// Every cell of what is read from App Store Connect, and done there: over HTTP through the real adapter,
/// core and journal, with the answer that moves a release and the one that does not.
@Suite struct `What App Store Connect says decides` {
    /// One cell: a condition, and what makes a world in which it is met one in which it is not.
    struct Cell: Sendable, CustomTestStringConvertible {
        var name: String
        var condition: String
        var spoil: @Sendable (inout AppStoreWorld.State) -> Void

        var testDescription: String { name }
    }

    static let cells: [Cell] = [
        Cell(name: "version state", condition: "store.appstore.state == \"READY_FOR_DISTRIBUTION\"")
        {
            $0.version?.state = "IN_REVIEW"
        },
        Cell(name: "a version that is not there", condition: "store.rollout == \"running\"") {
            $0.version = nil
        },
        Cell(name: "an app that must not be seen", condition: "store.rollout != \"paused\"") {
            $0.bundle = "com.other.app"
        },
        Cell(name: "review: live was approved", condition: "store.review == \"approved\"") {
            $0.version?.state = "METADATA_REJECTED"
        },
        Cell(name: "review of another build", condition: "store.review == \"approved\"") {
            $0.version?.build = "b411"
        },
        Cell(name: "a state never seen", condition: "store.review != \"rejected\"") {
            $0.version?.state = "ASTONISHED"
        },
        Cell(
            name: "accepted, its submission still open",
            condition: "store.review == \"approved\""
        ) {
            $0.version?.state = "ACCEPTED"
        },
        Cell(
            name: "build processing",
            condition: "store.appstore.newest_build.state == \"valid\""
        ) {
            $0.builds[0].state = "PROCESSING"
        },
        Cell(
            name: "a build state never seen",
            condition: "store.appstore.newest_build.state != \"failed\""
        ) {
            $0.builds[0].state = "PONDERING"
        },
        Cell(
            name: "the newest build",
            condition: "store.appstore.newest_build.number == candidate.build"
        ) {
            $0.builds.removeFirst()
        },
        Cell(name: "an expired build", condition: "!store.appstore.build.expired") {
            $0.builds[0].isExpired = true
        },
        Cell(
            name: "export compliance",
            condition: "store.appstore.build.export_compliance != \"open\""
        ) {
            $0.builds[0].usesEncryption = nil
        },
        Cell(
            name: "review submission",
            condition: "store.appstore.submission.state == \"none\""
        ) {
            $0.submissions = [Self.submission("UNRESOLVED_ISSUES")]
        },
        Cell(
            name: "a submission state never seen",
            condition: "store.appstore.submission.state == \"none\""
        ) {
            $0.submissions = [Self.submission("DREAMING")]
        },
        Cell(
            name: "items of the submission",
            condition: "!(\"rejected\" in store.appstore.submission.items)"
        ) {
            $0.submissions = [Self.submission("IN_REVIEW", item: "REJECTED")]
        },
        Cell(
            name: "another version's review",
            condition: "!store.appstore.submission.blocked"
        ) {
            $0.submissions = [Self.submission("IN_REVIEW", version: "v891")]
        },
        Cell(name: "phased release state", condition: "store.rollout == \"running\"") {
            $0.version?.phased = "PAUSED"
        },
        Cell(name: "a phased state never seen", condition: "store.rollout != \"paused\"") {
            $0.version?.phased = "SLEEPING"
        },
        Cell(name: "no phases", condition: "store.rollout != \"completed\"") {
            $0.version?.phased = nil
        },
        Cell(name: "a newer version took its place", condition: "store.rollout == \"running\"") {
            $0.version?.state = "REPLACED_WITH_NEW_VERSION"
        },
        Cell(name: "day", condition: "store.appstore.phased.day == 3") { $0.version?.day = 4 },
        Cell(name: "the true percentage", condition: "store.rollout_fraction == 0.05") {
            $0.version?.day = 8
        },
        Cell(name: "pause budget", condition: "store.pause_days_left > 0") {
            $0.version?.pauseDays = 30
        },
        Cell(name: "live since", condition: "store.live_at < timestamp(\"2026-03-03T00:00:00Z\")") {
            $0.version?.phased = "INACTIVE"
        },
        Cell(
            name: "missing metadata",
            condition: "store.appstore.missing_metadata.size() == 0"
        ) {
            $0.whatsNew = ""
        },
        Cell(name: "release type", condition: "store.appstore.release_type == \"manual\"") {
            $0.version?.releaseType = "AFTER_APPROVAL"
        },
    ]

    private static func submission(
        _ state: String,
        version: String = "v892",
        item: String = "READY_FOR_REVIEW"
    ) -> AppStoreWorld.Submission {
        .init(id: "s1", state: state, items: [.init(id: "i1", state: item, version: version)])
    }

    /// A machine that takes its candidate first: commit and build.
    private static func scene(
        _ url: String,
        condition: String,
        action: String? = nil
    ) throws -> DecisionScene {
        try DecisionScene(
            rules: """
                machine: scene
                version: 1
                head: vcs.head
                candidate: {commit: vcs.head, build: vcs.build}
                stages:
                  fresh: {shelf: current}
                  waiting: {shelf: current, latch: candidate}
                  gone: {shelf: current, terminal: true}
                conditions:
                  built: {expr: 'vcs.build != ""'}
                  ready: {expr: '\(condition)'}
                transitions:
                  - {from: fresh, to: waiting, when: [built]}
                  - {from: waiting, to: gone, when: [ready]\(action == nil ? "" : ", do: [act]")}
                """,
            sources: """
                  vcs: {kind: file, scope: release, path: "rest.yaml", facts: {head: string, build: string}}
                  store:
                    {kind: appstore, scope: track, url: "\(url)", app: com.acme.music,
                     key: "file:key", key_id: 2X9R4HXF34, issuer: 57246542-96fe}
                """,
            actions: action.map { "  act: " + $0 },
            secrets: [
                "key": AppStoreWorld.pem,
                "rest.yaml": "head: \(String(repeating: "d", count: 40))\nbuild: \"412\"\n",
            ]
        )
    }

    @Test(arguments: cells)
    func `a fact moves a release, or keeps it`(cell: Cell) async throws {
        for isSpoilt in [false, true] {
            let world = AppStoreWorld { state in
                AppStoreWorld.live(&state)
                if isSpoilt { cell.spoil(&state) }
            }
            let server = try await LoopbackServer.start(world.answer)
            let scene = try Self.scene(server.url, condition: cell.condition)
            let stage = try await scene.stageAfterALook()
            #expect(stage == (isSpoilt ? "waiting" : "gone"), "spoilt: \(isSpoilt)")
            try scene.checkJournal(holdsNo: AppStoreWorld.secret)
            try await server.stop()
        }
    }

    /// One action: how the world is before, in which it cannot be done, and what is written.
    struct Act: Sendable, CustomTestStringConvertible {
        var kind: String
        var settings = ""
        var before: @Sendable (inout AppStoreWorld.State) -> Void
        /// A world in which it is for a person.
        var taken: @Sendable (inout AppStoreWorld.State) -> Void
        var writes: [String]

        var testDescription: String { kind }
    }

    static let acts: [Act] = [
        Act(
            kind: "appstore.version",
            before: { $0.version = nil },
            taken: { $0.version?.releaseType = "AFTER_APPROVAL" },
            writes: ["POST /v1/appStoreVersions"]
        ),
        Act(
            kind: "appstore.build",
            before: { $0.version?.build = "b411" },
            taken: { state in
                state.version?.build = "b411"
                state.version?.state = "IN_REVIEW"
            },
            writes: ["PATCH /v1/appStoreVersions/v892/relationships/build"]
        ),
        Act(
            kind: "appstore.build",
            settings: "exempt: true",
            before: { state in
                state.version?.build = nil
                state.builds[0].usesEncryption = nil
            },
            taken: { state in
                state.version?.build = nil
                state.builds[0].state = "INVALID"
            },
            writes: [
                "PATCH /v1/builds/b412", "PATCH /v1/appStoreVersions/v892/relationships/build",
            ]
        ),
        Act(
            kind: "appstore.submit",
            before: { _ in },
            taken: { $0.submissions = [submission("IN_REVIEW", version: "v891")] },
            writes: [
                "POST /v1/reviewSubmissions", "POST /v1/reviewSubmissionItems",
                "PATCH /v1/reviewSubmissions/s1",
            ]
        ),
        Act(
            kind: "appstore.withdraw",
            before: { state in
                state.version?.state = "IN_REVIEW"
                state.submissions = [submission("IN_REVIEW")]
            },
            // Approved while it was to be withdrawn.
            taken: { $0.version?.state = "PENDING_DEVELOPER_RELEASE" },
            writes: ["PATCH /v1/reviewSubmissions/s1"]
        ),
        Act(
            kind: "appstore.phased",
            before: { $0.version?.state = "PENDING_DEVELOPER_RELEASE" },
            taken: { $0.version?.state = "READY_FOR_DISTRIBUTION" },
            writes: ["POST /v1/appStoreVersionPhasedReleases"]
        ),
        Act(
            kind: "appstore.release",
            before: { state in
                state.version?.state = "PENDING_DEVELOPER_RELEASE"
                state.version?.phased = "INACTIVE"
            },
            // It would go to everybody.
            taken: { $0.version?.state = "PENDING_DEVELOPER_RELEASE" },
            writes: ["POST /v1/appStoreVersionReleaseRequests"]
        ),
        Act(
            kind: "appstore.pause",
            before: AppStoreWorld.live,
            taken: { state in
                AppStoreWorld.live(&state)
                state.version?.phased = "COMPLETE"
            },
            writes: ["PATCH /v1/appStoreVersionPhasedReleases/p1"]
        ),
        Act(
            kind: "appstore.resume",
            before: { state in
                AppStoreWorld.live(&state)
                state.version?.phased = "PAUSED"
            },
            taken: { state in
                AppStoreWorld.live(&state)
                state.version?.phased = "COMPLETE"
            },
            writes: ["PATCH /v1/appStoreVersionPhasedReleases/p1"]
        ),
        Act(
            kind: "appstore.complete",
            before: AppStoreWorld.live,
            taken: { state in
                AppStoreWorld.live(&state)
                state.version?.phased = "PAUSED"
            },
            writes: ["PATCH /v1/appStoreVersionPhasedReleases/p1"]
        ),
    ]

    private static func scene(_ act: Act, _ url: String) throws -> DecisionScene {
        try scene(
            url,
            condition: "vcs.head != \"\"",
            action: """
                {kind: \(act.kind), url: "\(url)", app: com.acme.music, key: "file:key",
                 key_id: 2X9R4HXF34, issuer: 57246542-96fe, direction: neutral,
                 \(act.settings)}
                """
        )
    }

    @Test(arguments: acts)
    func `an action is done once, and then the stage is entered`(act: Act) async throws {
        let world = AppStoreWorld(act.before)
        let server = try await LoopbackServer.start(world.answer)
        let scene = try Self.scene(act, server.url)
        #expect(try await scene.stageAfterALook() == "gone")
        let writes = server.received.filter { $0.method != .GET }
        #expect(writes.map { "\($0.method) \($0.path)" } == act.writes)
        try scene.checkJournal(holdsNo: AppStoreWorld.secret)
        try await server.stop()
    }

    @Test(arguments: acts)
    func `what is otherwise than thought is left to a person`(act: Act) async throws {
        let server = try await LoopbackServer.start(AppStoreWorld(act.taken).answer)
        let scene = try Self.scene(act, server.url)
        #expect(try await scene.stageAfterALook() == "waiting")
        #expect(try await scene.isInError())
        #expect(server.received.allSatisfy { $0.method == .GET })
        try await server.stop()
    }

    /// The answer to the last write is lost: the release goes on once a look has found the effect, and
    /// nothing was sent twice.
    @Test(arguments: acts)
    func `a lost answer is looked for`(act: Act) async throws {
        let world = AppStoreWorld(act.before)
        let server = try await LoopbackServer.start { received in
            let reply = world.answer(received)
            return "\(received.method) \(received.path)" == act.writes.last ? .hangUp : reply
        }
        let scene = try Self.scene(act, server.url)
        #expect(try await scene.stageAfterALook() == "waiting")
        #expect(try await scene.stageAfter(.minutes(3)) == "gone")
        let writes = server.received.filter { $0.method != .GET }
        #expect(writes.map { "\($0.method) \($0.path)" } == act.writes)
        try await server.stop()
    }

    /// The answers to what prepares a submission are lost, each once: it is gone on with, and there is one
    /// submission with one item.
    @Test(arguments: ["/v1/reviewSubmissions", "/v1/reviewSubmissionItems"])
    func `a submission that was half made is gone on with`(path: String) async throws {
        let world = AppStoreWorld()
        let server = try await LoopbackServer.start { received in
            let reply = world.answer(received)
            let isFirst = received.method == .POST && received.path == path
            return isFirst ? .hangUp : reply
        }
        let act = try #require(Self.acts.first { $0.kind == "appstore.submit" })
        let scene = try Self.scene(act, server.url)
        #expect(try await scene.stageAfterALook() == "waiting")
        #expect(try await scene.stageAfter(.minutes(12)) == "gone")
        let submissions = world.state.withLock { $0.submissions }
        #expect(submissions.map(\.state) == ["WAITING_FOR_REVIEW"])
        #expect(submissions.first?.items.count == 1)
        try await server.stop()
    }

    /// `met`: whether what 100 % asks for is met; `days`: what the phased release has paused so far.
    @Test(arguments: [(met: false, days: 2), (met: true, days: 2), (met: false, days: 30)])
    func `the default machine holds a phased release that outgrows its first day`(
        met: Bool,
        days: Int64
    ) async throws {
        let world = AppStoreWorld { state in
            AppStoreWorld.live(&state)
            state.version?.pauseDays = days
        }
        let server = try await LoopbackServer.start(world.answer)
        let common = """
            url: "\(server.url)", app: com.acme.music, key: "file:key", key_id: 2X9R4HXF34,
                     issuer: 57246542-96fe
            """
        let scene = try DecisionScene(
            rules: DecisionScene.repositoryFile("release-states.yaml"),
            sources: """
                  store: {kind: appstore, scope: track, \(common)}
                  rest:
                    {kind: file, scope: track, path: "rest.yaml", facts: {
                     head: string, branch.exists: bool, commit: string, build: string,
                     verification: string, uploaded: bool, blockers.open: int,
                     blockers.url: string, fixes.unmerged: int, tests.state: string,
                     crash_free_users: double, anr_rate: double, sessions: int,
                     content_plays: int, passed: bool, data_loss: double}}
                  signoff: {kind: people, scope: release, teams: [playback]}
                  people: {kind: people, scope: track, confirmations: [store_approved]}
                """,
            actions: """
                  store.submit_for_review: {kind: appstore.submit, \(common)}
                  store.start_rollout: {kind: appstore.release, \(common)}
                  store.complete_rollout: {kind: appstore.complete, \(common)}
                  store.pause_rollout: {kind: appstore.pause, \(common)}
                  store.resume_rollout: {kind: appstore.resume, \(common)}
                  chat.post: {kind: log, direction: neutral, message: x}
                """,
            roles: "{vcs: rest, ci: rest, rc: rest, tracker: rest, quality: rest, itgc: rest}",
            claims: "{full_rollout: {limit: 1, per: platform, within: 24h}}",
            beginning: "rollout_1",
            secrets: [
                "key": AppStoreWorld.pem,
                "rest.yaml": """
                head: \(String(repeating: "d", count: 40))
                commit: \(String(repeating: "d", count: 40))
                build: "412"
                crash_free_users: 0.999
                anr_rate: 0.001
                sessions: 50000
                data_loss: 0.0
                \(met ? "passed: true" : "")
                """,
            ]
        )
        // That ITGC is not known is no excuse.
        let isHeld = !met && days < 30
        #expect(try await scene.stageAfterALook() == (isHeld ? "rollout_paused" : "rollout_1"))
        let writes = server.received.filter { $0.method != .GET }
        #expect(
            writes.map { "\($0.method) \($0.path)" }
                == (isHeld ? ["PATCH /v1/appStoreVersionPhasedReleases/p1"] : [])
        )
        #expect(world.state.withLock { $0.version?.phased } == (isHeld ? "PAUSED" : "ACTIVE"))
        try scene.checkJournal(holdsNo: AppStoreWorld.secret)
        try await server.stop()
    }

    @Test(arguments: ["percent", "fraction"])
    func `a rule that asks for a percentage is refused by check`(key: String) throws {
        let scratch = try Scratch()
        try scratch.write(
            """
            machine: scene
            version: 1
            stages: {waiting: {shelf: current}, gone: {shelf: current, terminal: true}}
            conditions: {ready: {expr: vcs.head != ""}}
            transitions:
              - {from: waiting, to: gone, when: [ready], do: [{act: {\(key): 0.25}}]}
            """,
            to: "rules.yaml"
        )
        try scratch.write(
            """
            version: 1
            sources: {vcs: {kind: file, scope: track, path: x.yaml, facts: {head: string}}}
            actions:
              act: {kind: appstore.release, app: com.acme.music, key: env:KEY, key_id: K}
            apps: {music: {platforms: [ios]}}
            """,
            to: "conductor.yaml"
        )
        let loaded = RuleFiles.load(
            rules: scratch.file("rules.yaml"),
            config: scratch.file("conductor.yaml"),
            catalog: StandardAdapters()
        )
        #expect(loaded.deployment == nil)
        #expect(loaded.faults.map(\.code) == [.badSetting])
        #expect(loaded.faults.first?.message.contains("takes no percentage") == true)
    }

    /// The version is seen as ready for review some looks after the item was added.
    @Test func `what is not ready yet is submitted later`() async throws {
        let world = AppStoreWorld { $0.lag = 2 }
        let server = try await LoopbackServer.start(world.answer)
        let act = try #require(Self.acts.first { $0.kind == "appstore.submit" })
        let scene = try Self.scene(act, server.url)
        #expect(try await scene.stageAfterALook() == "waiting")
        #expect(!(try await scene.isInError()))
        #expect(try await scene.stageAfter(.minutes(4)) == "gone")
        let writes = server.received.filter { $0.method != .GET }
        #expect(writes.map { "\($0.method) \($0.path)" } == act.writes)
        try await server.stop()
    }
}
