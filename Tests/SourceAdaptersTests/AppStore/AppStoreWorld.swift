import ConductorCore
import AdapterTesting
import Foundation
import JWTKit
import NIOHTTP1
import Synchronization

@testable import SourceAdapters

/// App Store Connect as far as the adapters see it: it keeps what is written, and answers as the real one
/// does.
final class AppStoreWorld: Sendable {
    /// A key as Apple gives it out.
    static let key = ES256PrivateKey()
    static let pem = key.pemRepresentation
    /// A part of the key that is in no other text.
    static let secret = String(pem.split(separator: "\n")[1])

    struct Version: Sendable {
        var id = "v892"
        var name = "8.9.2"
        var state = "PREPARE_FOR_SUBMISSION"
        var releaseType = "MANUAL"
        /// A build's id.
        var build: String? = "b412"
        /// The state of the phased release; nil where there is none.
        var phased: String?
        var day: Int64? = 3
        var pauseDays: Int64 = 2
    }

    struct Build: Sendable {
        var id: String
        var number: String
        var state = "VALID"
        var isExpired = false
        var usesEncryption: Bool? = false
    }

    struct Submission: Sendable {
        var id: String
        var state: String
        var items: [Item]
    }

    struct Item: Sendable {
        var id: String
        var state = "READY_FOR_REVIEW"
        /// A version's id; nil for an event.
        var version: String?
    }

    struct State: Sendable {
        var bundle = "com.acme.music"
        var version: Version? = Version()
        /// The newest first.
        var builds = [Build(id: "b412", number: "412"), Build(id: "b411", number: "411")]
        var submissions: [Submission] = []
        var whatsNew = "Sounds better"
        /// Names of all versions, for whoever asks for no certain one.
        var listed = ["8.9.1", "8.9.2"]
        /// What adding to a submission is refused with.
        var refusal: String?
        /// The version was made, and is not seen yet.
        var hidesVersion = false
        /// Somebody declares the export compliance right before we do.
        var isDeclaredByOthers = false
        /// Somebody pauses the phased release right before we do.
        var isPausedByOthers = false
        /// Builds that were attached before they were processed.
        var early = 0
        var looksAtSubmissions = 0
        /// Looks after which what was added to a submission is seen.
        var lag = 0
        /// Whether answers tell of what belongs to a version.
        var tellsLinks = true
    }

    let state: Mutex<State>

    init(_ change: (inout State) -> Void = { _ in }) {
        var state = State()
        change(&state)
        self.state = Mutex(state)
    }

    /// A version that people get, on the third day of its phases.
    static let live: @Sendable (inout State) -> Void = { state in
        state.version?.state = "READY_FOR_DISTRIBUTION"
        state.version?.phased = "ACTIVE"
    }

    /// The world as a server's answers.
    var answer: @Sendable (LoopbackServer.Received) -> LoopbackServer.Reply {
        { received in self.state.withLock { Self.answer(received, &$0) } }
    }

    private static func ok(_ json: JSON, _ status: Int = 200) -> LoopbackServer.Reply {
        .status(status, body: json.description)
    }

    private static func error(_ status: Int, _ code: String, _ detail: String)
        -> LoopbackServer.Reply
    {
        let error: JSON = [
            "status": .string("\(status)"), "code": .string(code), "title": "No",
            "detail": .string(detail),
        ]
        return .status(status, body: JSON.object(["errors": [error]]).description)
    }

    private static let missing = error(404, "NOT_FOUND", "The resource does not exist")

    private static func answer(
        _ received: LoopbackServer.Received,
        _ state: inout State
    ) -> LoopbackServer.Reply {
        let token = received.headers["authorization"].first?.split(separator: " ").last
        guard token?.split(separator: ".").count == 3 else {
            return error(401, "NOT_AUTHORIZED", "Provide a properly configured bearer token")
        }
        let parts = received.path.split(separator: "/").map(String.init)
        let body = (try? JSON(parsing: received.body)) ?? .null
        var query: [String: String] = [:]
        for item in URLComponents(string: received.uri)?.queryItems ?? [] {
            query[item.name] = item.value
        }
        guard parts.first == "v1" else { return missing }
        let rest = Array(parts.dropFirst())
        return received.method == .GET
            ? read(rest, query, &state) : write(rest, received.method, body, &state)
    }

    // MARK: Reading

    private static func read(
        _ parts: [String],
        _ query: [String: String],
        _ state: inout State
    ) -> LoopbackServer.Reply {
        switch (parts.first, parts.dropFirst().first, parts.last) {
        case ("apps", nil, _):
            // The filter finds whatever begins like this.
            let bundles = [state.bundle + ".beta", state.bundle]
                .filter { $0.hasPrefix(query["filter[bundleId]"] ?? "?") }
            return ok([
                "data": .array(
                    bundles.map { bundle in
                        [
                            "type": "apps", "id": bundle == state.bundle ? "1001" : "1002",
                            "attributes": ["bundleId": .string(bundle)],
                        ]
                    }
                )
            ])
        case ("apps", "1001", "appStoreVersions"):
            return versions(query, &state)
        case ("appStoreVersions", let id?, let last?):
            guard let version = state.version, version.id == id else { return missing }
            switch last {
            case "build":
                guard let build = state.builds.first(where: { $0.id == version.build }) else {
                    return ok(["data": .null])
                }
                return ok(["data": json(build)])
            case "appStoreVersionPhasedRelease":
                return version.phased == nil ? missing : ok(["data": phased(version)])
            case "appStoreVersionLocalizations":
                return ok([
                    "data": [
                        [
                            "type": "appStoreVersionLocalizations", "id": "l1",
                            "attributes": [
                                "locale": "en-US", "description": "Music", "keywords": "music",
                                "supportUrl": "https://acme.example",
                                "whatsNew": .string(state.whatsNew),
                            ],
                        ]
                    ]
                ])
            default: return missing
            }
        case ("builds", nil, _):
            guard query["filter[app]"] == "1001", state.version?.name != nil,
                query["filter[preReleaseVersion.version]"] == "8.9.2"
            else { return ok(["data": []]) }
            let builds = state.builds.filter {
                query["filter[version]"] == nil || $0.number == query["filter[version]"]
            }
            let limit = query["limit"].flatMap { Int($0) } ?? 50
            return ok(["data": .array(builds.prefix(limit).map { json($0) })])
        case ("reviewSubmissions", nil, _):
            state.looksAtSubmissions += 1
            guard query["filter[app]"] == "1001" else { return error(400, "PARAMETER", "app") }
            let states = query["filter[state]"]?.split(separator: ",").map(String.init) ?? []
            let found = state.submissions.filter {
                // One that no list of ours can know is shown all the same.
                states.contains($0.state) || AppStoreSubmissionState(rawValue: $0.state) == nil
            }
            return ok([
                "data": .array(found.map { json($0, state) }),
                "included": .array(found.flatMap(\.items).map { json($0) }),
            ])
        case ("reviewSubmissions", let id?, "items"):
            guard let found = state.submissions.first(where: { $0.id == id }) else {
                return missing
            }
            return ok(["data": .array(found.items.map { json($0) })])
        default: return missing
        }
    }

    private static func versions(_ query: [String: String], _ state: inout State)
        -> LoopbackServer.Reply
    {
        if query["filter[versionString]"] == nil, query["filter[platform]"] == "IOS" {
            let versions = state.listed.map { Version(id: "v" + $0, name: $0, build: nil) }
            return ok(["data": .array(versions.map { json($0) })])
        }
        if state.hidesVersion { return ok(["data": []]) }
        guard var version = state.version, query["filter[versionString]"] == version.name,
            query["filter[platform]"] == "IOS"
        else { return ok(["data": []]) }
        if version.state == "READY_FOR_REVIEW", state.lag > 0 {
            state.lag -= 1
            version.state = "PREPARE_FOR_SUBMISSION"
        }
        var included: [JSON] = []
        if let build = state.builds.first(where: { $0.id == version.build }) {
            included.append(json(build))
        }
        if version.phased != nil { included.append(phased(version)) }
        return ok([
            "data": [json(version, tellsLinks: state.tellsLinks)], "included": .array(included),
        ])
    }

    private static func json(_ version: Version, tellsLinks: Bool = true) -> JSON {
        let build: JSON =
            version.build.map { ["type": "builds", "id": .string($0)] } ?? .null
        let phased: JSON =
            version.phased == nil ? .null : ["type": "appStoreVersionPhasedReleases", "id": "p1"]
        return [
            "type": "appStoreVersions", "id": .string(version.id),
            "attributes": [
                "versionString": .string(version.name), "platform": "IOS",
                "appVersionState": .string(version.state),
                "releaseType": .string(version.releaseType),
            ],
            "relationships": tellsLinks
                ? [
                    "build": ["data": build],
                    "appStoreVersionPhasedRelease": ["data": phased],
                ] : [:],
        ]
    }

    private static func phased(_ version: Version) -> JSON {
        let hasBegun = version.phased != "INACTIVE"
        return [
            "type": "appStoreVersionPhasedReleases", "id": "p1",
            "attributes": [
                "phasedReleaseState": version.phased.map { .string($0) } ?? .null,
                "startDate": hasBegun ? "2026-03-02T01:00:00-08:00" : .null,
                "totalPauseDuration": .int(version.pauseDays),
                "currentDayNumber": version.day.map { .int($0) } ?? .null,
            ],
        ]
    }

    private static func json(_ build: Build) -> JSON {
        [
            "type": "builds", "id": .string(build.id),
            "attributes": [
                "version": .string(build.number), "processingState": .string(build.state),
                "expired": .bool(build.isExpired), "uploadedDate": "2026-03-01T10:00:00-08:00",
                "usesNonExemptEncryption": build.usesEncryption.map { .bool($0) } ?? .null,
            ],
        ]
    }

    private static func json(_ submission: Submission, _ state: State) -> JSON {
        let version = submission.items.compactMap(\.version).first
        let link: JSON =
            version.map { ["type": "appStoreVersions", "id": .string($0)] } ?? .null
        return [
            "type": "reviewSubmissions", "id": .string(submission.id),
            "attributes": ["state": .string(submission.state), "platform": "IOS"],
            "relationships": [
                "appStoreVersionForReview": ["data": link],
                "items": [
                    "data": .array(
                        submission.items.map {
                            ["type": "reviewSubmissionItems", "id": .string($0.id)]
                        }
                    )
                ],
            ],
        ]
    }

    private static func json(_ item: Item) -> JSON {
        let link: JSON =
            item.version.map { ["type": "appStoreVersions", "id": .string($0)] } ?? .null
        let event: JSON = item.version == nil ? ["type": "appEvents", "id": "e1"] : .null
        return [
            "type": "reviewSubmissionItems", "id": .string(item.id),
            "attributes": ["state": .string(item.state)],
            "relationships": ["appStoreVersion": ["data": link], "appEvent": ["data": event]],
        ]
    }

    // MARK: Writing

    private static func write(
        _ parts: [String],
        _ method: HTTPMethod,
        _ body: JSON,
        _ state: inout State
    ) -> LoopbackServer.Reply {
        let attributes = body["data"]?["attributes"]
        func linked(_ name: String) -> String? {
            body["data"]?["relationships"]?[name]?["data"]?["id"]?.stringValue
        }
        switch (method, parts.first) {
        case (.POST, "appStoreVersions"):
            guard state.version == nil, linked("app") == "1001" else {
                return error(409, "ENTITY_ERROR", "You cannot create a new version now")
            }
            let name = attributes?["versionString"]?.stringValue ?? ""
            let version = Version(
                name: name,
                releaseType: attributes?["releaseType"]?.stringValue ?? "",
                build: nil
            )
            state.version = version
            return ok(["data": json(version)], 201)
        case (.PATCH, "appStoreVersions"):
            guard ["PREPARE_FOR_SUBMISSION", "REJECTED"].contains(state.version?.state) else {
                return error(409, "STATE_ERROR", "The pre-release build could not be added")
            }
            let id = body["data"]?["id"]?.stringValue
            if state.builds.first(where: { $0.id == id })?.state != "VALID" { state.early += 1 }
            state.version?.build = id
            return .status(204)
        case (.PATCH, "builds"):
            guard let index = state.builds.firstIndex(where: { $0.id == parts.last }) else {
                return missing
            }
            if state.isDeclaredByOthers {
                state.builds[index].usesEncryption = false
                return error(409, "ENTITY_ERROR", "You cannot update when the value is already set")
            }
            state.builds[index].usesEncryption = attributes?["usesNonExemptEncryption"]?.boolValue
            return ok(["data": json(state.builds[index])])
        case (.POST, "appStoreVersionPhasedReleases"):
            guard state.version?.phased == nil else { return error(409, "STATE_ERROR", "There") }
            state.version?.phased = "INACTIVE"
            state.version?.day = nil
            return ok(["data": phased(state.version ?? Version())], 201)
        case (.PATCH, "appStoreVersionPhasedReleases"):
            if state.isPausedByOthers { state.version?.phased = "PAUSED" }
            guard let wanted = attributes?["phasedReleaseState"]?.stringValue,
                state.version?.phased != "COMPLETE", state.version?.phased != wanted
            else {
                return error(409, "STATE_ERROR", "The phased release already has this value")
            }
            state.version?.phased = wanted
            return ok(["data": phased(state.version ?? Version())])
        case (.POST, "appStoreVersionReleaseRequests"):
            guard state.version?.state == "PENDING_DEVELOPER_RELEASE" else {
                return error(409, "STATE_ERROR", "The version is not in the right state")
            }
            state.version?.state = "READY_FOR_DISTRIBUTION"
            if state.version?.phased != nil { state.version?.phased = "ACTIVE" }
            return ok(["data": ["type": "appStoreVersionReleaseRequests", "id": "r1"]], 201)
        case (_, "reviewSubmissions"), (_, "reviewSubmissionItems"):
            return submit(parts, method, attributes ?? .null, linked, &state)
        default: return missing
        }
    }

    private static func submit(
        _ parts: [String],
        _ method: HTTPMethod,
        _ attributes: JSON,
        _ linked: (String) -> String?,
        _ state: inout State
    ) -> LoopbackServer.Reply {
        switch (method, parts.first) {
        case (.POST, "reviewSubmissions"):
            let made = Submission(
                id: "s\(state.submissions.count + 1)",
                state: "READY_FOR_REVIEW",
                items: []
            )
            state.submissions.append(made)
            return ok(["data": json(made, state)], 201)
        case (.POST, _) where state.refusal != nil:
            return error(409, "STATE_ERROR", state.refusal ?? "")
        case (.POST, _):
            guard
                let index = state.submissions.firstIndex(where: {
                    $0.id == linked("reviewSubmission")
                }), let version = linked("appStoreVersion")
            else { return missing }
            let item = Item(id: "i\(state.submissions[index].items.count + 1)", version: version)
            state.submissions[index].items.append(item)
            state.version?.state = "READY_FOR_REVIEW"
            return ok(["data": json(item)], 201)
        case (.PATCH, "reviewSubmissions"):
            guard let index = state.submissions.firstIndex(where: { $0.id == parts.last }) else {
                return missing
            }
            if attributes["canceled"] == true {
                // Answered before it takes effect.
                state.submissions[index].state = "CANCELING"
            } else {
                guard state.lag == 0, !state.submissions[index].items.isEmpty else {
                    return error(409, "STATE_ERROR", "The version is not ready to be submitted yet")
                }
                state.submissions[index].state = "WAITING_FOR_REVIEW"
                state.version?.state = "WAITING_FOR_REVIEW"
            }
            return ok(["data": json(state.submissions[index], state)])
        case (.PATCH, _):
            for index in state.submissions.indices {
                guard
                    let item = state.submissions[index].items.firstIndex(where: {
                        $0.id == parts.last
                    })
                else { continue }
                state.submissions[index].items[item].state = "READY_FOR_REVIEW"
                return ok(["data": json(state.submissions[index].items[item])])
            }
            return missing
        default: return missing
        }
    }
}
