import ConductorCore
import AdapterTesting
import NIOHTTP1
import Synchronization
import Testing

@testable import SourceAdapters

extension Quirk {
    private static let running = PlayWorld.release("inProgress", 0.2)
    private static let halted = PlayWorld.release("halted", 0.2)
    private static let completed = PlayWorld.release("completed")
    private static let name = "name: \"8.9.2 \(PlayWorld.commit)\", "

    static let play: [Quirk] = [
        Quirk(1, "after a rejection changes are sent by hand", without: "heldBackByItself") {
            let came = try await act("play.complete") {
                $0.refusal =
                    "Changes cannot be sent for review automatically. Please set the query"
                    + " parameter changesNotSentForReview to true."
                $0.isHeldBackTaken = true
            }
            #expect(came.stage == "waiting" && came.fault?.kind == .refused)
            #expect(came.fault?.remedy.contains("send the changes for review") == true)
            #expect(came.world.commits == [], "nothing is left waiting in the Console by itself")
        },
        Quirk(2, "the flag that is not needed is refused", without: "heldBackAlways") {
            let came = try await act("play.complete") { $0.refusesHeldBack = true }
            #expect(came.stage == "gone")
            #expect(came.world.commits == ["changesInReviewBehavior=ERROR_IF_IN_REVIEW"])
        },
        Quirk(3, "the flag may be ignored", without: "heldBackIsLive") {
            // Held back or not, what counts is how the store lists it.
            let stage = try await look("store.rollout == \"running\"") {
                $0.lifecycle[PlayWorld.code] = "NOT_SENT_FOR_REVIEW"
            }
            #expect(stage == "waiting")
        },
        Quirk(4, "set to roll out is not rolling out", without: "settingTakenForStanding") {
            for word in ["IN_REVIEW", "PUBLISHED"] {
                let stage = try await look("store.rollout == \"running\"") {
                    $0.lifecycle[PlayWorld.code] = word
                }
                #expect(stage == (word == "PUBLISHED" ? "gone" : "waiting"))
            }
        },
        Quirk(5, "an edit is deleted under us", without: "lostEditEndsIt") {
            let came = try await act("play.complete") { $0.consoleChanges = 2 }
            #expect(came.stage == "gone")
            #expect(came.writes.filter { $0.hasSuffix("/edits") }.count == 3)
            #expect(came.world.commits.count == 1)
        },
        Quirk(6, "an app that was never published", without: "remedyForgotten") {
            try await told(
                "Only releases with status draft may be created on draft app.",
                "publish it once"
            )
        },
        Quirk(7, "the first release cannot be staged", without: "remedyForgotten") {
            try await told("The first release on a track cannot be staged.", "fraction 1")
        },
        Quirk(8, "a person has finished it already", without: "completedIsOdd") {
            let came = try await act("play.complete") {
                $0.tracks["production"] = [completed]
            }
            #expect(came.stage == "gone")
            #expect(came.world.commits == [])
            // Staging it again is nobody's business but a person's.
            let raised = try await act("play.raise", "fraction: 0.5,") {
                $0.tracks["production"] = [completed]
            }
            #expect(raised.stage == "waiting" && raised.fault != nil)
            #expect(raised.world.commits == [])
        },
        Quirk(9, "whether everybody's can be halted", without: "everythingCanBeHalted") {
            for able in [false, true] {
                let came = try await act("play.halt", "halts_completed: \(able),") {
                    $0.tracks["production"] = [completed]
                }
                #expect(came.stage == (able ? "gone" : "waiting"))
                #expect(came.world.commits.count == (able ? 1 : 0))
            }
        },
        Quirk(10, "a halted rollout goes on where it was", without: "resumedAtOnePercent") {
            let came = try await act("play.resume") { $0.tracks["production"] = [halted] }
            #expect(came.stage == "gone")
            #expect(came.world.tracks["production"] == [running])
        },
        Quirk(12, "a newer staged release ends the running one", without: "runningIsReplaced") {
            let other = PlayWorld.release("inProgress", 0.5, name: "8.9.1", code: 80_901)
            let came = try await act("play.release", name + "fraction: 0.01,") {
                $0.tracks["production"] = [other]
            }
            #expect(came.stage == "waiting")
            #expect(came.fault?.remedy.contains("complete or halt it") == true)
            #expect(came.world.tracks["production"] == [other])
            #expect(came.world.commits == [])
        },
        Quirk(14, "a version that nobody can upgrade to", without: "remedyForgotten") {
            try await told("Release does not allow any existing users to upgrade.", "higher one")
        },
        Quirk(15, "a declaration is missing", without: "remedyForgotten") {
            try await told("You must complete the exact alarm declaration.", "fill in")
            try await told("There are issues with your account.", "of the account")
            try await told("A release in track is targeting no countries.", "countries")
        },
        Quirk(16, "three refusals of permission, three remedies", without: "remedyForgotten") {
            try await told("The caller does not have permission", "give the service", status: 403)
            try await told(
                "Google Play Android Developer API has not been used in project 1 before",
                "switch the Google Play Android Developer API on",
                status: 403
            )
        },
        Quirk(17, "notes are limited", without: "notesUncut") {
            let notes = String(repeating: "x", count: 600)
            let came = try await act(
                "play.release",
                name + "fraction: 0.01, notes: {en-US: \(notes)},"
            ) {
                $0.tracks["production"] = [PlayWorld.before]
            }
            #expect(came.stage == "gone")
            let text = came.world.tracks["production"]?.first?["releaseNotes"]?.arrayValue?.first
            #expect(text?["text"]?.stringValue?.count == 500)
        },
        Quirk(18, "everybody is no fraction", without: "fractionKept") {
            let came = try await act("play.complete") { $0.tracks["production"] = [running] }
            #expect(came.stage == "gone")
            #expect(came.world.tracks["production"] == [completed])
        },
        Quirk(20, "a priority is set with the release or never", without: "priorityForgotten") {
            let came = try await act("play.release", name + "fraction: 0.01, priority: 4,") {
                $0.tracks["production"] = [PlayWorld.before]
            }
            #expect(came.stage == "gone")
            #expect(came.world.tracks["production"]?.first?["inAppUpdatePriority"] == 4)
        },
    ]

    // MARK: Scenes

    /// A refusal of Google's that a person has to deal with: told with what to do, and not tried again.
    private static func told(_ refusal: String, _ remedy: String, status: Int = 400) async throws {
        let came = try await act("play.complete", after: .minutes(30)) {
            $0.refusal = refusal
            $0.refusalStatus = status
        }
        #expect(came.stage == "waiting" && came.later == "waiting")
        #expect(came.fault?.kind == .refused)
        #expect(came.fault?.remedy.contains(remedy) == true, "\(came.fault?.remedy ?? "-")")
        #expect(came.writes.filter { $0.contains(":commit") }.count == 1)
    }

    private static let secrets = [
        "key": PlayWorld.key, "rest.yaml": "head: \(PlayWorld.commit)\n",
    ]

    private static func common(_ url: String) -> String {
        "url: \"\(url)\", token_url: \"\(url)/token\", package: com.acme.music, key: \"file:key\""
    }

    /// An action is decided in a world that `change` has made.
    private static func act(
        _ kind: String,
        _ settings: String = "",
        after span: Span? = nil,
        _ change: (inout PlayWorld.State) -> Void
    ) async throws -> Came<PlayWorld.State> {
        let world = PlayWorld(change)
        let server = try await LoopbackServer.start(world.answer)
        let scene = try DecisionScene(
            condition: "vcs.head == \"\(PlayWorld.commit)\"",
            sources: """
                  vcs: {kind: file, scope: track, path: "rest.yaml", facts: {head: string}}
                """,
            action: """
                {kind: \(kind), \(common(server.url)), version_codes: ["80902"], \(settings)
                 direction: neutral}
                """,
            secrets: secrets
        )
        var came = Came(
            stage: try await scene.stageAfterALook(),
            writes: [],
            world: world.state.withLock { $0 }
        )
        came.fault = await scene.fault()
        if let span { came.later = try await scene.stageAfter(span) }
        came.world = world.state.withLock { $0 }
        came.writes = server.received.filter { $0.method != .GET && $0.path != "/token" }
            .map { "\($0.method) \($0.path)" }
        try scene.checkJournal(holdsNo: PlayWorld.token)
        try await server.stop()
        return came
    }

    /// Whether a condition over what the store says lets the release go on.
    private static func look(
        _ condition: String,
        _ change: (inout PlayWorld.State) -> Void
    ) async throws -> String? {
        let server = try await LoopbackServer.start(PlayWorld(change).answer)
        let scene = try DecisionScene(
            condition: condition,
            sources: """
                  vcs: {kind: file, scope: track, path: "rest.yaml", facts: {head: string}}
                  store: {kind: play, scope: track, \(common(server.url))}
                """,
            secrets: secrets
        )
        let stage = try await scene.stageAfterALook()
        try scene.checkJournal(holdsNo: PlayWorld.token)
        try await server.stop()
        return stage
    }
}
