import ConductorCore
import AdapterTesting
import NIOHTTP1
import Synchronization
import Testing

@testable import SourceAdapters

extension Quirk {
    static let appStore: [Quirk] = [
        Quirk(22, "a build is processed for hours", without: "processingIsUsable") {
            let came = try await act("appstore.build", after: .minutes(12)) { state, look in
                state.version?.build = "b411"
                state.builds[0].state = look < 8 ? "PROCESSING" : "VALID"
            }
            #expect(came.stage == "waiting" && came.fault == nil)
            #expect(came.later == "gone")
            #expect(came.writes == ["PATCH /v1/appStoreVersions/v892/relationships/build"])
            #expect(came.world.early == 0, "nothing is attached before it is processed")
        },
        Quirk(23, "export compliance can be declared once", without: "declaredTwiceFails") {
            let came = try await act("appstore.build", "exempt: true,") { state, look in
                guard look == 0 else { return }
                state.version?.build = nil
                state.builds[0].usesEncryption = nil
                state.isDeclaredByOthers = true
            }
            #expect(came.stage == "gone")
            #expect(came.writes.first == "PATCH /v1/builds/b412")
        },
        Quirk(24, "a version that was made is seen late", without: "missingVersionIsFinal") {
            let came = try await act("appstore.build", after: .minutes(12)) { state, look in
                if look == 0 { state.version?.build = "b411" }
                state.hidesVersion = look < 6
            }
            #expect(came.stage == "waiting" && came.fault == nil)
            #expect(came.later == "gone")
        },
        Quirk(25, "cancelling is answered before it is done", without: "cancellingIsOver") {
            let came = try await act("appstore.submit", after: .minutes(12)) { state, look in
                if look == 0 {
                    state.version?.state = "DEVELOPER_REJECTED"
                    state.submissions = [submission("CANCELING")]
                }
                if look == 10 { state.submissions = [] }
            }
            #expect(came.stage == "waiting" && came.fault == nil)
            #expect(came.later == "gone")
            #expect(came.world.submissions.map(\.state) == ["WAITING_FOR_REVIEW"])
        },
        Quirk(26, "only another version blocks a submission", without: "everyReviewBlocks") {
            let came = try await act("appstore.submit") { state, look in
                guard look == 0 else { return }
                state.submissions = [
                    .init(id: "s1", state: "IN_REVIEW", items: [.init(id: "i1", version: nil)])
                ]
            }
            #expect(came.stage == "gone")
            let blocked = try await act("appstore.submit") { state, _ in
                state.submissions = [submission("IN_REVIEW", version: "v891")]
            }
            #expect(blocked.stage == "waiting" && blocked.fault?.kind == .refused)
            #expect(blocked.writes == [])
        },
        Quirk(27, "a draft may hold what others put there", without: "foreignItemsAreSent") {
            let came = try await act("appstore.submit") { state, look in
                guard look == 0 else { return }
                state.submissions = [
                    .init(
                        id: "s1",
                        state: "READY_FOR_REVIEW",
                        items: [.init(id: "i1", version: nil)]
                    )
                ]
            }
            #expect(came.stage == "waiting" && came.fault?.what.contains("appEvent") == true)
            #expect(came.writes == [])
        },
        Quirk(28, "a refusal that is over soon", without: "refusalsNeverHeal") {
            for words in [
                "The version is not ready to be submitted yet",
                "Attachment uploads still in progress",
            ] {
                let came = try await act("appstore.submit", after: .minutes(12)) { state, look in
                    state.refusal = look < 12 ? words : nil
                }
                #expect(came.stage == "waiting" && came.fault == nil, "\(words)")
                #expect(came.later == "gone", "\(words)")
            }
        },
        Quirk(29, "what was just made cannot be found", without: "unfoundIsFinal") {
            let came = try await act("appstore.submit", after: .minutes(12)) { state, look in
                state.refusal =
                    look < 12 ? "reviewSubmissions with id 's1' cannot be found" : nil
            }
            #expect(came.stage == "waiting" && came.fault == nil)
            #expect(came.later == "gone")
            #expect(came.world.submissions.count == 1, "it is found again, and no other is made")
        },
        Quirk(30, "Apple asks a person something new", without: "refusalsAlwaysHeal") {
            let words = "Provide the answers to the updated age rating questions"
            let came = try await act("appstore.submit", after: .minutes(12)) { state, _ in
                state.refusal = words
            }
            #expect(came.stage == "waiting" && came.later == "waiting")
            #expect(came.fault?.kind == .refused && came.fault?.what.contains(words) == true)
            #expect(
                came.writes.filter { $0.hasPrefix("POST /v1/reviewSubmissionItems") }.count == 1
            )
        },
        Quirk(31, "no build is exchanged after submission", without: "buildSwappedInReview") {
            let came = try await act("appstore.build") { state, _ in
                state.version?.build = "b411"
                state.version?.state = "WAITING_FOR_REVIEW"
            }
            #expect(came.stage == "waiting" && came.fault?.kind == .refused)
            #expect(came.writes == [])
        },
        Quirk(32, "on its way is released, every state means", without: "appleReleaseIsReview") {
            for (word, review) in reviews {
                let stage = try await look("store.review == \"\(review)\"") { state in
                    state.version?.state = word
                }
                #expect(stage == "gone", "\(word) is \(review)")
            }
            let came = try await act("appstore.release") { state, _ in
                state.version?.state = "PENDING_APPLE_RELEASE"
            }
            #expect(came.stage == "gone" && came.writes == [])
        },
        Quirk(33, "live right after approval was approved", without: "liveIsNotApproved") {
            let stage = try await look("store.review == \"approved\"") { state in
                AppStoreWorld.live(&state)
                state.version?.releaseType = "AFTER_APPROVAL"
            }
            #expect(stage == "gone")
        },
        Quirk(34, "a person submits it again in the console", without: "submittedAgain") {
            let came = try await act("appstore.submit") { state, _ in
                state.version?.state = "WAITING_FOR_REVIEW"
                state.submissions = [submission("WAITING_FOR_REVIEW")]
            }
            #expect(came.stage == "gone" && came.writes == [])
            #expect(came.world.looksAtSubmissions == 0, "the version itself says so")
        },
        Quirk(35, "approved while it was withdrawn", without: "approvedIsWithdrawn") {
            let came = try await act("appstore.withdraw") { state, _ in
                state.version?.state = "PENDING_DEVELOPER_RELEASE"
            }
            #expect(came.stage == "waiting" && came.fault?.kind == .refused)
            #expect(came.writes == [])
        },
        Quirk(36, "the seventh day is followed by an eighth", without: "dayRunsOn") {
            let stage = try await look(
                "store.appstore.phased.day == 7 && store.rollout_fraction == 1.0"
            ) { state in
                AppStoreWorld.live(&state)
                state.version?.day = 8
            }
            #expect(stage == "gone")
        },
        Quirk(37, "thirty days of pauses, and no way back", without: "budgetWithoutEnd") {
            for (used, isLeft) in [(Int64(29), true), (30, false)] {
                let stage = try await look("store.pause_days_left > 0") { state in
                    AppStoreWorld.live(&state)
                    state.version?.pauseDays = used
                }
                #expect(stage == (isLeft ? "gone" : "waiting"))
            }
            // The brake is a pause; nothing that we can do takes an app off sale.
            let came = try await act("appstore.pause") { state, look in
                if look == 0 { AppStoreWorld.live(&state) }
            }
            #expect(came.writes == ["PATCH /v1/appStoreVersionPhasedReleases/p1"])
            #expect(!Backend.appStore.actions.contains { $0.kind.contains("remove") })
        },
        Quirk(38, "somebody was quicker", without: "refusalIsFinal") {
            let came = try await act("appstore.pause") { state, look in
                if look == 0 { AppStoreWorld.live(&state) }
                state.isPausedByOthers = true
            }
            #expect(came.stage == "gone")
            #expect(came.writes == ["PATCH /v1/appStoreVersionPhasedReleases/p1"])
        },
        Quirk(39, "builds expire, and a newer version ends phases", without: "expiredIsUsable") {
            let came = try await act("appstore.build") { state, _ in
                state.version?.build = "b411"
                state.builds[0].isExpired = true
            }
            #expect(came.stage == "waiting" && came.fault?.what.contains("expired") == true)
            #expect(came.writes == [])
            let stage = try await look("store.rollout != \"none\"") { state in
                state.version?.state = "REPLACED_WITH_NEW_VERSION"
                state.version?.phased = "ACTIVE"
            }
            #expect(stage == "waiting", "nobody knows how far it came")
        },
        Quirk(40, "a write lands and its answer is lost", without: "lostAnswerIsDone") {
            let came = try await act("appstore.pause", after: .minutes(6), loses: .PATCH) {
                state,
                look in
                if look == 0 { AppStoreWorld.live(&state) }
            }
            #expect(came.stage == "waiting" && came.later == "gone")
            #expect(came.writes == ["PATCH /v1/appStoreVersionPhasedReleases/p1"])
        },
    ]

    /// What each state of a version means for `review`.
    private static let reviews = [
        ("PREPARE_FOR_SUBMISSION", "none"), ("READY_FOR_REVIEW", "none"),
        ("DEVELOPER_REJECTED", "none"), ("WAITING_FOR_REVIEW", "in_review"),
        ("IN_REVIEW", "in_review"), ("WAITING_FOR_EXPORT_COMPLIANCE", "in_review"),
        ("ACCEPTED", "in_review"), ("REJECTED", "rejected"), ("METADATA_REJECTED", "rejected"),
        ("INVALID_BINARY", "rejected"), ("PENDING_DEVELOPER_RELEASE", "approved"),
        ("PENDING_APPLE_RELEASE", "approved"), ("PROCESSING_FOR_DISTRIBUTION", "approved"),
        ("READY_FOR_DISTRIBUTION", "approved"), ("REPLACED_WITH_NEW_VERSION", "approved"),
    ]

    // MARK: Scenes

    private static func submission(
        _ state: String,
        version: String = "v892"
    ) -> AppStoreWorld.Submission {
        .init(id: "s1", state: state, items: [.init(id: "i1", version: version)])
    }

    private static func scene(
        _ url: String,
        condition: String,
        action: String? = nil
    ) throws -> DecisionScene {
        let common = """
            url: "\(url)", app: com.acme.music, key: "file:key", key_id: 2X9R4HXF34,
                  issuer: 57246542-96fe
            """
        return try DecisionScene(
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
                \(action == nil ? "  store: {kind: appstore, scope: track, \(common)}" : "")
                """,
            actions: action.map { "  act: {\($0) direction: neutral,\n      \(common)}" },
            secrets: [
                "key": AppStoreWorld.pem,
                "rest.yaml": "head: \(String(repeating: "d", count: 40))\nbuild: \"412\"\n",
            ]
        )
    }

    /// An action is decided in a world that `change` makes before each look at the version: it is told how
    /// many came before.
    ///
    /// `loses`: the answer to the first request of this method is lost, though it is carried out.
    private static func act(
        _ kind: String,
        _ settings: String = "",
        after span: Span? = nil,
        loses method: HTTPMethod? = nil,
        _ change: @escaping @Sendable (inout AppStoreWorld.State, Int) -> Void
    ) async throws -> Came<AppStoreWorld.State> {
        let world = AppStoreWorld { change(&$0, 0) }
        let looks = Mutex((seen: 0, isLost: false))
        let server = try await LoopbackServer.start { received in
            if received.method == .GET, received.path.hasSuffix("/appStoreVersions") {
                let look = looks.withLock { looks in
                    looks.seen += 1
                    return looks.seen
                }
                world.state.withLock { change(&$0, look) }
            }
            let reply = world.answer(received)
            let isLost = looks.withLock { looks in
                guard received.method == method, !looks.isLost else { return false }
                looks.isLost = true
                return true
            }
            return isLost ? .hangUp : reply
        }
        let scene = try scene(
            server.url,
            condition: "vcs.head != \"\"",
            action: "kind: \(kind), \(settings)"
        )
        var came = Came(
            stage: try await scene.stageAfterALook(),
            writes: [],
            world: world.state.withLock { $0 }
        )
        came.fault = await scene.fault()
        if let span { came.later = try await scene.stageAfter(span) }
        came.world = world.state.withLock { $0 }
        came.writes = server.received.filter { $0.method != .GET }
            .map { "\($0.method) \($0.path)" }
        try scene.checkJournal(holdsNo: AppStoreWorld.secret)
        try await server.stop()
        return came
    }

    /// Whether a condition over what the store says lets the release go on.
    private static func look(
        _ condition: String,
        _ change: @escaping @Sendable (inout AppStoreWorld.State) -> Void
    ) async throws -> String? {
        let server = try await LoopbackServer.start(AppStoreWorld(change).answer)
        let scene = try scene(server.url, condition: condition)
        let stage = try await scene.stageAfterALook()
        try scene.checkJournal(holdsNo: AppStoreWorld.secret)
        try await server.stop()
        return stage
    }
}
