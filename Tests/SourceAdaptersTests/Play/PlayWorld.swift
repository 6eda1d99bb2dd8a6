import ConductorCore
import AdapterTesting
import CryptoExtras
import NIOHTTP1
import Synchronization

@testable import SourceAdapters

/// Google Play and Play Developer Reporting as far as the adapters see them: edits that others invalidate,
/// lists that are replaced whole, and numbers for one version and day.
final class PlayWorld: Sendable {
    static let token = "ya29.s3cret-t0ken"
    static let commit = String(repeating: "d", count: 40)
    static let code: Int64 = 80_902

    /// A service account's key, as a file holds it.
    static let key: String = {
        // 2,048 bits, or Google would not have made it.
        let key = try? _RSA.Signing.PrivateKey(keySize: .bits2048)
        let json: JSON = [
            "type": "service_account", "client_email": "release@acme.iam.example",
            "private_key_id": "key-1", "private_key": .string(key?.pemRepresentation ?? ""),
            "token_uri": "https://oauth2.example/token",
        ]
        return json.description
    }()

    struct State: Sendable {
        /// Releases by track.
        var tracks: [String: [JSON]] = [:]
        /// States of the lifecycle by version code, without their prefix.
        var lifecycle: [Int64: String] = [:]
        var lists = true
        /// The one open edit: its number, and the tracks as it would have them.
        var edit: (number: Int, tracks: [String: [JSON]])?
        var edits = 0
        var commits: [String] = []
        /// Somebody in the Console changes something right after an edit was opened, so often.
        var consoleChanges = 0
        /// What a commit is refused with.
        var refusal: String?
        var refusalStatus = 400
        /// Whether a commit that holds changes back is taken in spite of `refusal`.
        var isHeldBackTaken = false
        /// Whether such a commit is refused: changes are sent for review by themselves.
        var refusesHeldBack = false
        var crashRate = "0.0021"
        var anrRate = "0.0012"
        var users = "12000"
        var hasRows = true
        var rowCode = PlayWorld.code
        var servedCodes: [Int64] = [PlayWorld.code]
        /// The day that is over, as year, month and day.
        var newestDay = [2026, 3, 1]
    }

    let state: Mutex<State>

    static func release(
        _ status: String,
        _ fraction: Double? = nil,
        name: String = "8.9.2 " + PlayWorld.commit,
        code: Int64 = PlayWorld.code
    ) -> JSON {
        .compact([
            "name": .string(name), "versionCodes": [.string(String(code))],
            "status": .string(status), "userFraction": fraction.map { .double($0) },
            "releaseNotes": [["language": "en-US", "text": "What is new"]],
        ])
    }

    /// The version before, which everybody has.
    static let before = release("completed", name: "8.9.1", code: 80_901)

    init(_ change: (inout State) -> Void = { _ in }) {
        var state = State()
        state.tracks = [
            "production": [Self.release("inProgress", 0.01), Self.before],
            "internal": [Self.release("completed")],
        ]
        state.lifecycle = [Self.code: "PUBLISHED", 80_901: "PUBLISHED"]
        change(&state)
        self.state = Mutex(state)
    }

    /// The world as a server's answers.
    var answer: @Sendable (LoopbackServer.Received) -> LoopbackServer.Reply {
        { received in self.state.withLock { Self.answer(received, &$0) } }
    }

    /// Whether a request makes something true.
    static let isCommit: @Sendable (LoopbackServer.Received) -> Bool = {
        $0.path.hasSuffix(":commit")
    }

    private static func ok(_ json: JSON) -> LoopbackServer.Reply {
        .status(200, body: json.description)
    }

    private static func refused(
        _ message: String,
        _ status: Int = 400,
        _ word: String = "INVALID_ARGUMENT"
    ) -> LoopbackServer.Reply {
        let body: JSON = [
            "error": [
                "code": .int(Int64(status)), "message": .string(message), "status": .string(word),
            ]
        ]
        return .status(status, body: body.description)
    }

    private static func answer(
        _ received: LoopbackServer.Received,
        _ state: inout State
    ) -> LoopbackServer.Reply {
        if received.path == "/token" { return token(received) }
        guard received.headers["authorization"] == ["Bearer " + token] else {
            return refused(
                "Request had invalid authentication credentials.",
                401,
                "UNAUTHENTICATED"
            )
        }
        let parts = received.path.replacing("%3A", with: ":").split(separator: "/").map(String.init)
        if parts.starts(with: ["androidpublisher", "v3", "applications", "com.acme.music"]) {
            return publisher(Array(parts.dropFirst(4)), received, &state)
        }
        if parts.starts(with: ["v1beta1", "apps"]) { return reporting(parts, received, state) }
        return refused("Package not found.", 404, "NOT_FOUND")
    }

    private static func token(_ received: LoopbackServer.Received) -> LoopbackServer.Reply {
        guard received.method == .POST,
            received.headers["content-type"] == ["application/x-www-form-urlencoded"],
            received.body.hasPrefix("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3A")
        else { return .status(400, body: #"{"error": "invalid_request"}"#) }
        return ok([
            "access_token": .string(token), "expires_in": 3599, "token_type": "Bearer",
        ])
    }

    // MARK: Publisher

    private static func publisher(
        _ parts: [String],
        _ received: LoopbackServer.Received,
        _ state: inout State
    ) -> LoopbackServer.Reply {
        switch (received.method, parts.count, parts.first) {
        case (.GET, 3, "tracks"):
            guard state.lists, let releases = state.tracks[parts[1]] else {
                return refused("Track not found.", 404, "NOT_FOUND")
            }
            return ok(["releases": .array(releases.map { summary($0, parts[1], state) })])
        case (.POST, 1, "edits"):
            state.edits += 1
            let number = state.edits
            state.edit = (number, state.tracks)
            if state.consoleChanges > 0 {
                state.consoleChanges -= 1
                state.edit = nil
            }
            return ok([
                "id": .string("edit-\(number)"), "expiryTimeSeconds": "1999999999",
            ])
        case (_, 2..., "edits"): return edit(parts, received, &state)
        default: return refused("Not found.", 404, "NOT_FOUND")
        }
    }

    private static func summary(_ release: JSON, _ track: String, _ state: State) -> JSON {
        let code = release["versionCodes"]?.arrayValue?.first?.stringValue.flatMap { Int64($0) }
        let word = code.flatMap { state.lifecycle[$0] } ?? "DRAFT"
        return [
            "releaseName": release["name"] ?? "", "track": .string(track),
            "activeArtifacts": [["versionCode": .int(code ?? 0)]],
            "releaseLifecycleState": .string("RELEASE_LIFECYCLE_STATE_" + word),
        ]
    }

    private static func edit(
        _ parts: [String],
        _ received: LoopbackServer.Received,
        _ state: inout State
    ) -> LoopbackServer.Reply {
        guard let edit = state.edit,
            parts[1] == "edit-\(edit.number)" || parts[1] == "edit-\(edit.number):commit"
        else { return refused("This Edit has been deleted.") }
        switch (received.method, parts.count) {
        case (.POST, 2):
            guard received.uri.contains("changesInReviewBehavior="), received.body.isEmpty else {
                return refused("a commit without a behaviour, or with a body")
            }
            let isHeldBack = received.uri.contains("changesNotSentForReview=true")
            if isHeldBack, state.refusesHeldBack {
                return refused(
                    "Changes are sent for review automatically. The query parameter"
                        + " changesNotSentForReview must not be set."
                )
            }
            if let refusal = state.refusal, !(isHeldBack && state.isHeldBackTaken) {
                return refused(refusal, state.refusalStatus)
            }
            state.commits.append(String(received.uri.drop { $0 != "?" }.dropFirst()))
            state.tracks = edit.tracks
            state.edit = nil
            return ok(["id": .string("edit-\(edit.number)")])
        case (.DELETE, 2):
            state.edit = nil
            return .status(204)
        case (.GET, 3):
            return ok([
                "kind": "androidpublisher#tracksListResponse",
                "tracks": .array(
                    edit.tracks.sorted { $0.key > $1.key }.map { track($0.key, $0.value) }
                ),
            ])
        case (.GET, 4):
            guard let releases = edit.tracks[parts[3]] else {
                return refused("Track not found.", 404, "NOT_FOUND")
            }
            return ok(track(parts[3], releases))
        case (.PUT, 4):
            guard let body = try? JSON(parsing: received.body),
                let releases = body["releases"]?.arrayValue
            else { return refused("no list") }
            if let fault = fault(releases) { return refused(fault) }
            state.edit?.tracks[parts[3]] = releases
            return ok(track(parts[3], releases))
        default: return refused("Not found.", 404, "NOT_FOUND")
        }
    }

    private static func track(_ name: String, _ releases: [JSON]) -> JSON {
        releases.isEmpty
            ? ["track": .string(name)]
            : ["track": .string(name), "releases": .array(releases)]
    }

    /// What Google's specification says in words only.
    private static func fault(_ releases: [JSON]) -> String? {
        for release in releases {
            let notes = release["releaseNotes"]?.arrayValue ?? []
            if notes.contains(where: { ($0["text"]?.stringValue?.count ?? 0) > 500 }) {
                return "Release notes are longer than 500 characters."
            }
            let isStaged = ["inProgress", "halted"].contains(release["status"]?.stringValue)
            switch release["userFraction"]?.number {
            case nil where release["status"] == "inProgress": return "userFraction is missing"
            case let fraction? where !isStaged || fraction <= 0 || fraction >= 1:
                return "rolloutFractionOutOfBound"
            default: continue
            }
        }
        if releases.count(where: { $0["status"] == "completed" }) > 1 {
            return "Only one completed release is allowed."
        }
        let staged = releases.count {
            ["inProgress", "halted"].contains($0["status"]?.stringValue)
        }
        return staged > 1 ? "Too many staged releases specified." : nil
    }

    // MARK: Reporting

    private static func reporting(
        _ parts: [String],
        _ received: LoopbackServer.Received,
        _ state: State
    ) -> LoopbackServer.Reply {
        if parts.last == "com.acme.music:fetchReleaseFilterOptions" {
            return ok([
                "tracks": [
                    [
                        "displayName": "Production", "type": "Production",
                        "servingReleases": [
                            [
                                "displayName": .string("8.9.2 " + commit),
                                "versionCodes": .array(
                                    state.servedCodes.map { .string(String($0)) }
                                ),
                            ],
                            ["displayName": "8.9.1", "versionCodes": ["80901"]],
                        ],
                    ]
                ]
            ])
        }
        let set = parts.last ?? ""
        let end = day(state.newestDay, and: 0)
        if received.method == .GET {
            return ok([
                "name": .string("apps/com.acme.music/\(set)"),
                "freshnessInfo": [
                    "freshnesses": [["aggregationPeriod": "DAILY", "latestEndTime": end]]
                ],
            ])
        }
        let query = (try? JSON(parsing: received.body)) ?? .null
        let start = day(state.newestDay, and: -1)
        guard state.hasRows, query["filter"] == .string("versionCode = \(code)"),
            query["timelineSpec"]?["aggregationPeriod"] == "DAILY",
            same(query["timelineSpec"]?["endTime"], end),
            same(query["timelineSpec"]?["startTime"], start)
        else { return ok([:]) }
        let isCrashes = set.hasPrefix("crash")
        let rate = isCrashes ? state.crashRate : state.anrRate
        func metric(_ name: String, _ value: String) -> JSON {
            ["metric": .string(name), "decimalValue": ["value": .string(value)]]
        }
        return ok([
            "rows": [
                [
                    "aggregationPeriod": "DAILY", "startTime": start,
                    "dimensions": [
                        [
                            "dimension": "versionCode",
                            "int64Value": .string(String(state.rowCode)),
                        ]
                    ],
                    "metrics": [
                        metric(isCrashes ? "crashRate" : "anrRate", rate),
                        metric(
                            isCrashes ? "userPerceivedCrashRate" : "userPerceivedAnrRate",
                            "0.0009"
                        ),
                        metric("distinctUsers", state.users),
                    ],
                ]
            ]
        ])
    }

    private static func day(_ day: [Int], and days: Int) -> JSON {
        [
            "year": .int(Int64(day[0])), "month": .int(Int64(days == 0 ? day[1] : day[1] - 1)),
            "day": .int(Int64(days == 0 ? day[2] : 28)),
            "timeZone": ["id": "America/Los_Angeles"],
        ]
    }

    private static func same(_ one: JSON?, _ other: JSON) -> Bool {
        ["year", "month", "day"].allSatisfy { one?[$0] == other[$0] }
    }
}
