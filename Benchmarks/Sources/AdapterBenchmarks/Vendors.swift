import Backlot
import ConductorCore
import ConductorPorts
import Foundation
import SourceAdapters
import Synchronization

/// Eight backends on loopback that know every version, and the adapters that ask them.
///
/// Each vendor has a server of its own, as in life: connections are limited by host.
struct Vendors {
    private static let vendors = [
        "appstore", "github", "google", "http", "jira", "play", "prometheus", "sentry",
    ]
    static let kinds = [
        "appstore", "github", "github.checks", "http", "jira", "play", "prometheus", "sentry",
    ]

    /// What came of a round.
    struct Round {
        var seconds: Double
        /// How long the poll took that took longest, from its own beginning.
        var longest: Double
        var requests: Int
        /// Requests to vendors with ETags, and how many of them were *not modified*.
        var tagged: Int
        var unchanged: Int
        var answered: Int
        var failures: Int
    }

    private struct Counts {
        var requests = 0
        var tagged = 0
        var unchanged = 0
        var pausedAt: ContinuousClock.Instant?
        var isPaused = false
    }

    private final class Log: Sendable {
        let counts = Mutex(Counts())
    }

    let clock = ScriptedClock(at: Instant(milliseconds: 1_772_625_600_000))
    private let servers: [String: VendorServer]
    private let urls: [String: String]
    private let folder: String
    private let timeout: Span
    private let log: Log
    private let sources: [String: any Source]

    init(delay: Span, silent: String? = nil, timeout: Span = .minutes(2)) async throws {
        let log = Log()
        let keys = try VendorKeys()
        self.log = log
        self.timeout = timeout
        var servers: [String: VendorServer] = [:]
        for vendor in Self.vendors {
            servers[vendor] = try await VendorServer.start(delay: delay) { request in
                vendor == silent ? nil : Self.answer(vendor, request, log)
            }
        }
        self.servers = servers
        let urls = servers.mapValues(\.url)
        self.urls = urls
        folder = NSTemporaryDirectory() + "adapter-bench-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let account = keys.serviceAccount(tokenAddress: (urls["google"] ?? "") + "/token")
        for (name, text) in [
            ("token", keys.token), ("appstore.p8", keys.appStorePEM),
            ("play.json", account.description),
        ] {
            try Data(text.utf8).write(to: URL(filePath: folder + "/" + name))
        }
        var sources: [String: any Source] = [:]
        for kind in Self.kinds {
            sources[kind] = try StandardAdapters().source(
                SourceDefinition(
                    name: kind,
                    kind: kind,
                    scope: .track,
                    every: .minutes(10),
                    timeout: timeout,
                    settings: Self.settings(kind, urls, folder),
                    schema: FactSchema([])
                )
            )
        }
        self.sources = sources
    }

    func close() async throws {
        try FileManager.default.removeItem(atPath: folder)
        for server in servers.values { try await server.stop() }
    }

    var pausedAt: ContinuousClock.Instant? { log.counts.withLock(\.pausedAt) }

    private static func settings(_ kind: String, _ urls: [String: String], _ folder: String) -> JSON
    {
        let vendor = kind == "github.checks" ? "github" : kind
        let address = urls[vendor] ?? ""
        let url: JSON = .string(address)
        let token: JSON = .string("file:\(folder)/token")
        let version = "${version}"
        switch kind {
        case "appstore":
            return [
                "url": url, "app": "com.acme.music",
                "key": .string("file:\(folder)/appstore.p8"),
                "key_id": .string(VendorKeys.appStoreKeyID),
                "issuer": .string(VendorKeys.appStoreIssuer),
            ]
        case "github":
            return [
                "url": url, "token": token, "repository": "acme/music",
            ]
        case "github.checks":
            return [
                "url": url, "token": token, "repository": "acme/music",
                "required": ["test"],
            ]
        case "http":
            return [
                "url": .string("\(address)/\(version)"), "bearer": token, "facts": ["n": "int"],
            ]
        case "jira":
            return [
                "url": url, "token": token,
                "blockers": .string("fixVersion = \(version)"),
            ]
        case "play":
            return [
                "url": url, "package": "com.acme.music",
                "key": .string("file:\(folder)/play.json"),
            ]
        case "prometheus":
            return [
                "url": url, "token": token,
                "facts": [
                    "sessions": ["query": .string("s{version=\(version)}"), "series": "sum"]
                ],
            ]
        default:
            return [
                "url": url, "token": token, "organization": "acme",
                "projects": ["7"], "release": .string("music@\(version)"),
            ]
        }
    }

    /// Polls every track at every backend, all at once, as the collectors do.
    func round(_ kinds: [String]) async throws -> Round {
        let before = log.counts.withLock(\.self)
        let began = ContinuousClock.now
        let answers = await AdapterTime.$clock.withValue(BenchTime(clock: clock)) {
            await withTaskGroup(of: (isAnswered: Bool, seconds: Double).self) { group in
                for track in Bench.tracks {
                    for kind in kinds {
                        guard let source = sources[kind] else { continue }
                        group.addTask { await Self.poll(source, track, timeout) }
                    }
                }
                return await group.reduce(into: [(isAnswered: Bool, seconds: Double)]()) {
                    $0.append($1)
                }
            }
        }
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        let after = log.counts.withLock(\.self)
        return Round(
            seconds: seconds,
            longest: answers.map(\.seconds).max() ?? 0,
            requests: after.requests - before.requests,
            tagged: after.tagged - before.tagged,
            unchanged: after.unchanged - before.unchanged,
            answered: answers.count(where: \.isAnswered),
            failures: answers.count { !$0.isAnswered }
        )
    }

    private static func poll(
        _ source: any Source,
        _ track: TrackID,
        _ timeout: Span
    ) async -> (isAnswered: Bool, seconds: Double) {
        let began = ContinuousClock.now
        let request = ObservationRequest(
            scope: .track(track),
            variables: [
                "app": track.app, "platform": track.platform, "version": track.version,
                "release": track.release.description, "track": track.description,
            ]
        )
        let answer = await source.observe(request)
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        switch answer {
        case .observed: return (true, seconds)
        case .failed(let failure, let message):
            if CommandLine.arguments.contains("--verbose") { print("\(failure): \(message)") }
            return (false, seconds)
        }
    }

    func pause(_ track: TrackID) async throws -> ActionOutcome {
        let action = try StandardAdapters().action(
            ActionDefinition(
                declaration: ActionDeclaration(
                    name: "pause",
                    kind: "appstore.pause",
                    actionClass: .setToValue
                ),
                settings: Self.settings("appstore", urls, folder)
            )
        )
        let intent = Intent(
            key: "\(track)/3/0/pause",
            track: track,
            scope: .track(track),
            step: 3,
            ordinal: 0,
            action: "pause",
            kind: "appstore.pause",
            actionClass: .setToValue,
            direction: .brakes,
            lane: "pause",
            blocking: true,
            policy: ActionPolicy(deadline: .seconds(30)),
            parameters: ["with": [:], "from": "rollout_1", "to": "rollout_paused"]
        )
        return await AdapterTime.$clock.withValue(BenchTime(clock: clock)) {
            await action.perform(intent, attempt: 1)
        }
    }

    /// Time that stands still between rounds, and passes by itself where somebody waits.
    private struct BenchTime: ConductorClock {
        let clock: ScriptedClock
        private let began = ContinuousClock.now

        init(clock: ScriptedClock) { self.clock = clock }

        private var passed: Span {
            Span(milliseconds: Int64((ContinuousClock.now - began) / .milliseconds(1)))
        }

        func wall() -> Instant { clock.wall() + passed }
        func monotonic() -> Int64 { clock.monotonic() + passed.milliseconds }

        func sleep(for span: Span) async throws {
            try await Task.sleep(for: .milliseconds(span.milliseconds))
        }
    }

    // MARK: Answers

    /// Vendors that say *not modified*.
    private static let tagged: Set = ["github", "http"]

    private static func answer(
        _ vendor: String,
        _ request: VendorRequest,
        _ log: Log
    ) -> VendorReply? {
        let parts = request.uri.prefix { $0 != "?" }.split(separator: "/").map(String.init)
        let isPaused = log.counts.withLock { counts in
            counts.requests += 1
            if tagged.contains(vendor) { counts.tagged += 1 }
            if request.method == "PATCH" {
                counts.pausedAt = .now
                counts.isPaused = true
            }
            return counts.isPaused
        }
        var reply = VendorReply(200, body(vendor, parts, request, isPaused))
        guard tagged.contains(vendor) else { return reply }
        // The tag is the address: nothing changes here.
        let tag = "\"\(request.uri.utf8.reduce(5381) { ($0 &* 33) ^ UInt64($1) })\""
        reply.headers.append(("ETag", tag))
        if request.headers.contains(where: {
            $0.name.lowercased() == "if-none-match" && $0.value == tag
        }) {
            log.counts.withLock { $0.unchanged += 1 }
            reply.status = 304
            reply.body = []
        }
        return reply
    }

    private static let commit: JSON = .string(String(repeating: "c", count: 40))

    private static func body(
        _ vendor: String,
        _ parts: [String],
        _ request: VendorRequest,
        _ isPaused: Bool
    ) -> JSON {
        let version = request.query("filter[versionString]") ?? "8.1.0"
        switch (vendor, parts.last ?? "") {
        case ("google", _): return ["access_token": "t", "expires_in": 3599]
        case ("http", _): return ["n": 7]
        case ("jira", _): return ["issues": [], "isLast": true]
        case ("prometheus", _):
            let sample: JSON = ["metric": [:], "value": [1_772_625_600, "12000"]]
            return ["status": "success", "data": ["resultType": "vector", "result": [sample]]]
        case ("sentry", "releases"): return [["version": "music@8.1.0"]]
        case ("sentry", "sessions"): return ["groups": [], "intervals": []]
        case ("sentry", _): return []
        case ("play", "releases"): return ["releases": []]
        case ("play", "edits"): return ["id": "e1", "expiryTimeSeconds": "1999999999"]
        case ("play", _): return ["track": "production", "tracks": [["track": "production"]]]
        case ("appstore", "apps"):
            return [
                "data": [
                    ["type": "apps", "id": "7", "attributes": ["bundleId": "com.acme.music"]]
                ]
            ]
        case ("appstore", "appStoreVersions"):
            let phased: JSON = ["type": "appStoreVersionPhasedReleases", "id": "p1"]
            return [
                "data": [
                    [
                        "type": "appStoreVersions", "id": "v1",
                        "attributes": [
                            "versionString": .string(version), "platform": "IOS",
                            "appVersionState": "READY_FOR_DISTRIBUTION", "releaseType": "MANUAL",
                        ],
                        "relationships": [
                            "build": ["data": .null],
                            "appStoreVersionPhasedRelease": ["data": phased],
                        ],
                    ]
                ],
                "included": [Self.phased(isPaused)],
            ]
        case ("appstore", "p1"): return ["data": phased(true)]
        case ("appstore", _): return ["data": []]
        case ("github", "check-runs"): return ["check_runs": []]
        case ("github", "status"): return ["sha": commit, "statuses": []]
        case ("github", "pulls"): return []
        case ("github", _) where parts.contains("compare"):
            return ["ahead_by": 1, "behind_by": 0]
        case ("github", _):
            let path = request.path
            let name = path.drop { $0 != "branches" && $0 != "heads" }.dropFirst()
                .joined(separator: "/")
            return [
                "name": .string(name),
                "ref": .string("refs/heads/" + name),
                "protected": false, "object": ["type": "commit", "sha": commit],
                "commit": [
                    "sha": commit, "commit": ["committer": ["date": "2026-03-01T00:00:00Z"]],
                ],
            ]
        default: return [:]
        }
    }

    private static func phased(_ isPaused: Bool) -> JSON {
        [
            "type": "appStoreVersionPhasedReleases", "id": "p1",
            "attributes": [
                "phasedReleaseState": isPaused ? "PAUSED" : "ACTIVE",
                "startDate": "2026-03-02T01:00:00Z", "totalPauseDuration": 0,
                "currentDayNumber": 1,
            ],
        ]
    }
}
