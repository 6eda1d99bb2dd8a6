import ConductorCore

/// Sentry: a project for each platform, with the health of its releases and the deploys of each.
///
/// A release is called `music@8.9.2+8090203`, by its version and its newest build.
struct SentryLot: Sendable {
    /// The numbers of the projects.
    static let projects = ["1": "android", "2": "desktop", "3": "ios"]
    private static let missing = VendorReply(
        404,
        ["detail": "The requested resource does not exist"]
    )

    /// By the name of a release.
    private var deploys: [String: [JSON]] = [:]

    private struct Release {
        var track: TrackID
        var name: String
        var project: String
    }

    mutating func answer(
        _ path: [String],
        _ request: VendorRequest,
        _ scene: inout Scene<Fortnight.Beat>
    ) -> VendorReply {
        guard path.count > 4, path.prefix(4) == ["api", "0", "organizations", "acme"] else {
            return Self.missing
        }
        let all = Self.releases(scene)
        let releases = all.filter { request.query("project") == $0.project }
        switch (request.method, path[4], path.count) {
        case ("GET", "releases", 5):
            let start = request.query("query") ?? ""
            let found = releases.filter { $0.name.hasPrefix(start) }
            return VendorReply(200, .array(found.map { json($0) }))
        case ("GET", "sessions", 5):
            return VendorReply(200, Self.sessions(releases, request, scene))
        case ("GET", "issues", 5):
            let found = Self.meant(releases, request).filter { Self.crashes($0.track, scene) }
            return VendorReply(200, .array(found.map { Self.issue($0, scene) }))
        case (_, "releases", 7) where path[6] == "deploys":
            guard let release = all.first(where: { $0.name == path[5] }) else {
                return Self.missing
            }
            if request.isRead { return VendorReply(200, .array(deploys[release.name] ?? [])) }
            guard request.json["environment"]?.stringValue != nil else {
                return VendorReply(400, ["environment": ["This field is required."]])
            }
            let deploy: JSON = [
                "id": .string("\((deploys[release.name] ?? []).count + 1)"),
                "environment": request.json["environment"] ?? .null,
                "name": request.json["name"] ?? .null, "url": request.json["url"] ?? .null,
                "dateStarted": .null, "dateFinished": .string(scene.now.description),
            ]
            deploys[release.name, default: []].append(deploy)
            scene.note("deploy", release.track)
            return VendorReply(201, deploy)
        default: return Self.missing
        }
    }

    // MARK: Releases

    private static func releases(_ scene: Scene<Fortnight.Beat>) -> [Release] {
        Fortnight.tracks.compactMap { track in
            let place = Place("rc", track)
            guard scene.value(place, "uploaded") == true,
                let build = scene.value(place, "build")?.stringValue,
                let project = projects.first(where: { $0.value == track.platform })
            else { return nil }
            let number = Fortnight.number(ofBuild: build)
            return Release(
                track: track,
                name: "\(track.app)@\(track.version)+\(number)",
                project: project.key
            )
        }
    }

    /// Those that a search names, as in `release:"music@8.9.2"`.
    private static func meant(_ releases: [Release], _ request: VendorRequest) -> [Release] {
        let query = request.query("query") ?? ""
        return releases.filter { query.contains("\"\($0.name)\"") }
    }

    private func json(_ release: Release) -> JSON {
        let project: JSON = [
            "id": .int(Int64(release.project) ?? 0), "slug": .string(release.track.platform),
            "name": .string(release.track.platform), "platform": .null, "platforms": [],
            "hasHealthData": true, "newGroups": 0,
        ]
        return [
            "id": 1, "version": .string(release.name), "newGroups": 0, "status": "open",
            "shortVersion": .string(release.track.version), "versionInfo": .null, "data": [:],
            "commitCount": 0, "deployCount": .int(Int64((deploys[release.name] ?? []).count)),
            "authors": [], "projects": [project],
        ]
    }

    // MARK: Health

    private static func sessions(
        _ releases: [Release],
        _ request: VendorRequest,
        _ scene: Scene<Fortnight.Beat>
    ) -> JSON {
        let hours = request.query("statsPeriod").flatMap { Int64($0.dropLast()) } ?? 24
        let end = Instant(milliseconds: scene.now.milliseconds / 3_600_000 * 3_600_000)
        let isOfSome = request.query("query") != nil
        let counted = isOfSome ? meant(releases, request) : releases
        func sessions(_ release: Release) -> Int64 {
            scene.value(Place("quality", release.track), "sessions")?.intValue ?? 0
        }
        let sum = counted.reduce(0) { $0 + sessions($1) }
        var totals: [String: JSON] = ["sum(session)": .int(sum)]
        if isOfSome {
            totals["count_unique(user)"] = .int(sum * 3 / 4)
            // One project's releases of one version: there is one, and null where nobody ran it.
            let rate = counted.first { sessions($0) > 0 }.flatMap {
                scene.value(Place("quality", $0.track), "crash_free_users")
            }
            totals["crash_free_rate(user)"] = rate ?? .null
            totals["crash_free_rate(session)"] = rate ?? .null
        }
        return [
            "start": .string((end + Span.hours(-hours)).description),
            "end": .string(end.description), "intervals": [],
            "query": .string(request.query("query") ?? ""),
            "groups": counted.isEmpty
                ? [] : [["by": [:], "series": [:], "totals": .object(totals)]],
        ]
    }

    private static func crashes(_ track: TrackID, _ scene: Scene<Fortnight.Beat>) -> Bool {
        guard case .double(let rate)? = scene.value(Place("quality", track), "crash_free_users")
        else { return false }
        return rate < 0.99
    }

    private static func issue(_ release: Release, _ scene: Scene<Fortnight.Beat>) -> JSON {
        let platform = release.track.platform
        let now = JSON.string(scene.now.description)
        var members: [String: JSON] = [
            "id": .string(release.project), "shortId": .string("MUSIC-\(platform.uppercased())-1"),
            "title": "Crash in the equaliser", "permalink": "https://sentry.example/issues/1",
            "level": "fatal", "status": "unresolved", "substatus": "new", "statusDetails": [:],
            "isPublic": false, "type": "error", "issueType": "error", "issueCategory": "error",
            "metadata": [:], "numComments": 0, "isBookmarked": false, "isSubscribed": false,
            "hasSeen": false, "annotations": [], "isUnhandled": true, "count": "120",
            "userCount": 90, "firstSeen": now, "lastSeen": now, "stats": [:], "lifetime": [:],
            "sessionCount": 0, "integrationIssues": [], "sentryAppIssues": [],
            "latestEventHasAttachments": false, "priority": "high",
            "project": [
                "id": .string(release.project), "name": .string(platform),
                "slug": .string(platform), "platform": .null,
            ],
            "derivedData": [
                "blocker": "", "progress": "", "status": "", "viewCount": 0,
                "hasOpenFixPr": false, "isAssigned": false, "hasRootCause": false,
                "lastCompletedAutofixStep": "", "lastProgressedAt": .null,
            ],
            "inbox": ["reason": 0, "reason_details": .null, "date_added": now],
            "owners": ["type": "ownershipRule", "owner": "team:1", "date_added": now],
        ]
        for nothing in [
            "shareId", "culprit", "logger", "platform", "priorityLockedAt", "seerFixabilityScore",
            "seerAutofixLastTriggered", "seerExplorerAutofixLastTriggered", "assignedTo",
            "subscriptionDetails", "filtered", "matchingEventId", "matchingEventEnvironment",
        ] {
            members[nothing] = .null
        }
        return .object(members)
    }
}
