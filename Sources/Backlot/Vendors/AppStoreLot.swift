import ConductorCore

/// App Store Connect: one app, its versions, builds, review submissions and phased releases.
struct AppStoreLot: Sendable {
    private static let app = "1001"
    private static let bundle = "com.acme.music"

    private struct Version: Sendable {
        /// The number of the build that is attached.
        var build: String?
        /// The commit that was submitted, and when.
        var submitted: (commit: String, at: Instant)?
        var phased: String?
        var started: Instant?
        var paused: (since: Instant?, days: Int64) = (nil, 0)
    }

    private struct Submission: Sendable {
        var id: String
        var state = "READY_FOR_REVIEW"
        var versions: [String] = []
    }

    private var versions: [String: Version] = [:]
    private var submissions: [Submission] = []

    static func error(_ status: Int, _ code: String, _ detail: String) -> VendorReply {
        let error: JSON = [
            "id": "e1", "status": .string("\(status)"), "code": .string(code),
            "title": .string(detail), "detail": .string(detail),
        ]
        return VendorReply(status, ["errors": [error]])
    }

    private static func missing() -> VendorReply {
        error(404, "NOT_FOUND", "There is no such thing")
    }

    mutating func answer(
        _ path: [String],
        _ request: VendorRequest,
        _ script: inout Fortnight,
        _ scene: inout Scene<Fortnight.Beat>
    ) -> VendorReply {
        for track in Fortnight.tracks where track.platform == "ios" { settle(track, scene) }
        let parts = Array(path.dropFirst())
        var reply =
            request.isRead
            ? read(parts, request, scene) : write(parts, request, &script, &scene)
        reply.headers.append(("X-Rate-Limit", "user-hour-lim:3500;user-hour-rem:3000;"))
        return reply
    }

    /// What the build farm and Apple do by themselves.
    private mutating func settle(_ track: TrackID, _ scene: Scene<Fortnight.Beat>) {
        let rc = Place("rc", track)
        guard let build = scene.value(rc, "build")?.stringValue else { return }
        var version = versions[track.version] ?? Version()
        // A version that is not with Apple gets the newest build that was uploaded.
        let word = word(track, version, scene)
        if ["PREPARE_FOR_SUBMISSION", "REJECTED"].contains(word),
            scene.value(rc, "uploaded") == true
        {
            version.build = Fortnight.number(ofBuild: build)
            // Whoever made the version wants it to go out in phases.
            version.phased = version.phased ?? "INACTIVE"
        }
        if word == "REJECTED" || word == "PENDING_DEVELOPER_RELEASE",
            let place = submissions.firstIndex(where: {
                $0.versions == [track.version] && $0.state == "WAITING_FOR_REVIEW"
            })
        {
            submissions[place].state = word == "REJECTED" ? "UNRESOLVED_ISSUES" : "COMPLETE"
        }
        versions[track.version] = version
    }

    private func word(
        _ track: TrackID,
        _ version: Version,
        _ scene: Scene<Fortnight.Beat>
    ) -> String {
        let place = Place("store", track)
        if let rollout = scene.value(place, "rollout")?.stringValue, rollout != "none" {
            return "READY_FOR_DISTRIBUTION"
        }
        guard let submitted = version.submitted,
            scene.about(place, "review") == submitted.commit
        else {
            let isDraft = submissions.contains {
                $0.state == "READY_FOR_REVIEW" && $0.versions == [track.version]
            }
            return isDraft ? "READY_FOR_REVIEW" : "PREPARE_FOR_SUBMISSION"
        }
        switch scene.value(place, "review")?.stringValue {
        case "in_review":
            return scene.now - submitted.at < .hours(2) ? "WAITING_FOR_REVIEW" : "IN_REVIEW"
        case "approved": return "PENDING_DEVELOPER_RELEASE"
        case "rejected": return "REJECTED"
        default: return "PREPARE_FOR_SUBMISSION"
        }
    }

    // MARK: Reading

    private func read(
        _ parts: [String],
        _ request: VendorRequest,
        _ scene: Scene<Fortnight.Beat>
    ) -> VendorReply {
        switch (parts.first, parts.dropFirst().first, parts.last) {
        case ("apps", nil, _):
            let isMeant = request.query("filter[bundleId]") == Self.bundle
            return VendorReply(200, Self.page(isMeant ? [Self.appJSON] : [], request))
        case ("apps", Self.app, "appStoreVersions"):
            guard let name = request.query("filter[versionString]"), let version = versions[name],
                request.query("filter[platform]") == "IOS",
                let track = Fortnight.track("ios", name)
            else { return VendorReply(200, Self.page([], request)) }
            var page = Self.page([json(track, version, scene)], request).objectValue ?? [:]
            var included: [JSON] = []
            if let build = version.build { included.append(Self.build(build, isReady: true)) }
            if version.phased != nil { included.append(phased(name, version, scene)) }
            page["included"] = .array(included)
            return VendorReply(200, .object(page))
        case ("apps", Self.app, _):
            return VendorReply(200, ["data": Self.appJSON, "links": Self.links])
        case ("builds", nil, _): return VendorReply(200, Self.page(builds(request, scene), request))
        case ("reviewSubmissions", nil, _):
            let states = request.query("filter[state]")?.split(separator: ",").map(String.init)
            let found = submissions.filter { states?.contains($0.state) ?? true }
            var page = Self.page(found.map(json), request).objectValue ?? [:]
            page["included"] = .array(found.flatMap(items))
            return VendorReply(200, .object(page))
        case ("reviewSubmissions", let id?, "items"):
            guard let found = submissions.first(where: { $0.id == id }) else {
                return Self.missing()
            }
            return VendorReply(200, Self.page(items(found), request))
        case ("appStoreVersions", let id?, "appStoreVersionLocalizations"):
            let texts: JSON = [
                "type": "appStoreVersionLocalizations", "id": .string("l-\(id)"),
                "attributes": [
                    "locale": "en-US", "description": "Music", "keywords": "music",
                    "supportUrl": "https://acme.example", "whatsNew": "Sounds better",
                ],
                "links": Self.links,
            ]
            return VendorReply(200, Self.page([texts], request))
        default: return Self.missing()
        }
    }

    private static let links: JSON = ["self": "https://api.appstoreconnect.apple.com/v1"]

    private static var appJSON: JSON {
        [
            "type": "apps", "id": .string(app), "attributes": ["bundleId": .string(bundle)],
            "links": links,
        ]
    }

    private static func page(_ data: [JSON], _ request: VendorRequest) -> JSON {
        [
            "data": .array(data), "links": links,
            "meta": ["paging": ["total": .int(Int64(data.count)), "limit": 50]],
        ]
    }

    private func json(
        _ track: TrackID,
        _ version: Version,
        _ scene: Scene<Fortnight.Beat>
    ) -> JSON {
        let build: JSON =
            version.build.map { ["type": "builds", "id": .string("b\($0)")] } ?? .null
        let phased: JSON =
            version.phased == nil
            ? .null
            : ["type": "appStoreVersionPhasedReleases", "id": .string("p" + track.version)]
        return [
            "type": "appStoreVersions", "id": .string(track.version),
            "attributes": [
                "versionString": .string(track.version), "platform": "IOS",
                "appVersionState": .string(word(track, version, scene)), "releaseType": "MANUAL",
            ],
            "relationships": [
                "build": ["data": build], "appStoreVersionPhasedRelease": ["data": phased],
            ],
            "links": Self.links,
        ]
    }

    private func phased(
        _ name: String,
        _ version: Version,
        _ scene: Scene<Fortnight.Beat>
    ) -> JSON {
        var pause = version.paused.days
        if let since = version.paused.since {
            pause += (scene.now - since).milliseconds / Span.days(1).milliseconds
        }
        var attributes: [String: JSON] = [
            "phasedReleaseState": version.phased.map { .string($0) } ?? .null,
            "totalPauseDuration": .int(pause),
        ]
        if let started = version.started {
            let days = (scene.now - started).milliseconds / Span.days(1).milliseconds
            attributes["startDate"] = .string(started.description)
            attributes["currentDayNumber"] = .int(min(8, max(1, days + 1 - pause)))
        }
        return [
            "type": "appStoreVersionPhasedReleases", "id": .string("p" + name),
            "attributes": .object(attributes), "links": Self.links,
        ]
    }

    private func builds(_ request: VendorRequest, _ scene: Scene<Fortnight.Beat>) -> [JSON] {
        guard let name = request.query("filter[preReleaseVersion.version]"),
            let track = Fortnight.track("ios", name),
            let build = scene.value(Place("rc", track), "build")?.stringValue
        else { return [] }
        let number = Fortnight.number(ofBuild: build)
        let wanted = request.query("filter[version]") ?? number
        let isReady = scene.value(Place("rc", track), "uploaded") == true
        guard wanted == number || wanted == versions[name]?.build else { return [] }
        return [Self.build(wanted, isReady: isReady || wanted != number)]
    }

    private static func build(_ number: String, isReady: Bool) -> JSON {
        [
            "type": "builds", "id": .string("b" + number),
            "attributes": [
                "version": .string(number), "processingState": isReady ? "VALID" : "PROCESSING",
                "expired": false, "uploadedDate": .string(Fortnight.start.description),
                "usesNonExemptEncryption": false,
            ],
            "links": links,
        ]
    }

    private func json(_ submission: Submission) -> JSON {
        var relationships: [String: JSON] = [
            "items": [
                "data": .array(
                    submission.versions.map {
                        [
                            "type": "reviewSubmissionItems",
                            "id": .string("\(submission.id)-\($0)"),
                        ]
                    }
                )
            ]
        ]
        // A submission that holds no version yet does not tell of one: null is no answer here.
        if let version = submission.versions.first {
            relationships["appStoreVersionForReview"] = [
                "data": ["type": "appStoreVersions", "id": .string(version)]
            ]
        }
        return [
            "type": "reviewSubmissions", "id": .string(submission.id),
            "attributes": ["state": .string(submission.state), "platform": "IOS"],
            "relationships": .object(relationships), "links": Self.links,
        ]
    }

    private func items(_ submission: Submission) -> [JSON] {
        submission.versions.map { version in
            [
                "type": "reviewSubmissionItems", "id": .string("\(submission.id)-\(version)"),
                "attributes": [
                    "state": submission.state == "UNRESOLVED_ISSUES"
                        ? "REJECTED" : "READY_FOR_REVIEW"
                ],
                "relationships": [
                    "appStoreVersion": [
                        "data": ["type": "appStoreVersions", "id": .string(version)]
                    ]
                ],
                "links": Self.links,
            ]
        }
    }

    // MARK: Writing

    private mutating func write(
        _ parts: [String],
        _ request: VendorRequest,
        _ script: inout Fortnight,
        _ scene: inout Scene<Fortnight.Beat>
    ) -> VendorReply {
        let data = request.json["data"] ?? .null
        func linked(_ name: String) -> String? {
            data["relationships"]?[name]?["data"]?["id"]?.stringValue
        }
        switch (request.method, parts.first) {
        case ("POST", "reviewSubmissions"):
            let made = Submission(id: "s\(submissions.count + 1)")
            submissions.append(made)
            return VendorReply(201, ["data": json(made), "links": Self.links])
        case ("POST", "reviewSubmissionItems"):
            guard let name = linked("appStoreVersion"), versions[name] != nil,
                let place = submissions.firstIndex(where: { $0.id == linked("reviewSubmission") })
            else { return Self.missing() }
            submissions[place].versions = [name]
            let item = items(submissions[place]).first ?? .null
            return VendorReply(201, ["data": item, "links": Self.links])
        case ("PATCH", "reviewSubmissionItems"):
            guard
                let item = submissions.flatMap(items).first(where: {
                    $0["id"]?.stringValue == parts.last
                })
            else { return Self.missing() }
            return VendorReply(200, ["data": item, "links": Self.links])
        case ("PATCH", "reviewSubmissions"):
            return submit(parts.last, data["attributes"] ?? .null, &script, &scene)
        case ("POST", "appStoreVersionPhasedReleases"):
            guard let name = linked("appStoreVersion"), var version = versions[name],
                version.phased == nil
            else { return Self.error(409, "STATE_ERROR", "There is a phased release") }
            version.phased = "INACTIVE"
            versions[name] = version
            return VendorReply(201, ["data": phased(name, version, scene), "links": Self.links])
        case ("PATCH", "appStoreVersionPhasedReleases"):
            let wanted = data["attributes"]?["phasedReleaseState"]?.stringValue
            return change(parts.last ?? "", to: wanted ?? "", &script, &scene)
        case ("POST", "appStoreVersionReleaseRequests"):
            guard let name = linked("appStoreVersion"), let track = Fortnight.track("ios", name),
                var version = versions[name],
                word(track, version, scene) == "PENDING_DEVELOPER_RELEASE"
            else { return Self.error(409, "STATE_ERROR", "The version is not in the right state") }
            if version.phased != nil { version.phased = "ACTIVE" }
            version.started = scene.now
            versions[name] = version
            let rollout = version.phased == nil ? "completed" : "running"
            script.rollOut(track, rollout, &scene)
            scene.note("release", track)
            let made: JSON = ["type": "appStoreVersionReleaseRequests", "id": .string("r" + name)]
            return VendorReply(201, ["data": made, "links": Self.links])
        default: return Self.missing()
        }
    }

    private mutating func submit(
        _ id: String?,
        _ attributes: JSON,
        _ script: inout Fortnight,
        _ scene: inout Scene<Fortnight.Beat>
    ) -> VendorReply {
        guard let place = submissions.firstIndex(where: { $0.id == id }) else {
            return Self.missing()
        }
        guard attributes["canceled"] != true else {
            submissions[place].state = "CANCELING"
            return VendorReply(200, ["data": json(submissions[place]), "links": Self.links])
        }
        guard let name = submissions[place].versions.first,
            let track = Fortnight.track("ios", name), let version = versions[name],
            let commit = scene.value(Place("rc", track), "commit")?.stringValue,
            version.build != nil, submissions[place].state != "WAITING_FOR_REVIEW"
        else {
            return Self.error(409, "STATE_ERROR", "The version is not ready to be submitted yet")
        }
        submissions[place].state = "WAITING_FOR_REVIEW"
        versions[name]?.submitted = (commit, scene.now)
        script.review(track, commit: commit, &scene)
        scene.note("submit", track)
        return VendorReply(200, ["data": json(submissions[place]), "links": Self.links])
    }

    private mutating func change(
        _ id: String,
        to wanted: String,
        _ script: inout Fortnight,
        _ scene: inout Scene<Fortnight.Beat>
    ) -> VendorReply {
        let name = String(id.dropFirst())
        guard var version = versions[name], let track = Fortnight.track("ios", name) else {
            return Self.missing()
        }
        guard version.phased != wanted, version.phased != "COMPLETE",
            let rollout = ["PAUSED": "paused", "ACTIVE": "running", "COMPLETE": "completed"][wanted]
        else {
            return Self.error(409, "STATE_ERROR", "The phased release already has this value")
        }
        if wanted == "PAUSED" { version.paused.since = scene.now }
        if let since = version.paused.since, wanted == "ACTIVE" {
            version.paused.days += (scene.now - since).milliseconds / Span.days(1).milliseconds
            version.paused.since = nil
        }
        version.phased = wanted
        versions[name] = version
        script.rollOut(track, rollout, &scene)
        scene.note(wanted.lowercased(), track)
        return VendorReply(200, ["data": phased(name, version, scene), "links": Self.links])
    }
}
