import ConductorCore

/// Google Play: one app, whose tracks an edit changes whole.
struct PlayLot: Sendable {
    private static let package = "com.acme.music"

    private var production: [JSON] = []
    private var edit: (number: Int, production: [JSON])?
    private var edits = 0

    static func refused(
        _ message: String,
        _ status: Int = 400,
        _ word: String = "INVALID_ARGUMENT"
    ) -> VendorReply {
        VendorReply(
            status,
            [
                "error": [
                    "code": .int(Int64(status)), "message": .string(message),
                    "status": .string(word),
                ]
            ]
        )
    }

    mutating func answer(
        _ path: [String],
        _ request: VendorRequest,
        _ script: inout Fortnight,
        _ scene: inout Scene<Fortnight.Beat>
    ) -> VendorReply {
        for track in Fortnight.tracks where track.platform == "android" {
            settle(track, &script, &scene)
        }
        guard path.prefix(4) == ["androidpublisher", "v3", "applications", Self.package] else {
            return Self.refused("Package not found.", 404, "NOT_FOUND")
        }
        let parts = Array(path.dropFirst(4))
        switch (request.method, parts.count, parts.first) {
        case ("GET", 3, "tracks"):
            guard parts[1] == "production" else {
                return Self.refused("Track not found.", 404, "NOT_FOUND")
            }
            return VendorReply(200, ["releases": .array(production.map { summary($0, scene) })])
        case ("POST", 1, "edits"):
            edits += 1
            edit = (edits, production)
            let ends = scene.now.milliseconds / 1000 + 3600
            return VendorReply(
                200,
                ["id": .string("edit-\(edits)"), "expiryTimeSeconds": .string("\(ends)")]
            )
        case (_, 2..., "edits"): return change(parts, request, &script, &scene)
        default: return Self.refused("Not found.", 404, "NOT_FOUND")
        }
    }

    /// What goes to review goes live by itself when that is over.
    private func settle(
        _ track: TrackID,
        _ script: inout Fortnight,
        _ scene: inout Scene<Fortnight.Beat>
    ) {
        let place = Place("store", track)
        guard scene.value(place, "review") == "approved", scene.value(place, "rollout") == "none"
        else { return }
        script.rollOut(track, "running", &scene)
    }

    private static func track(of release: JSON) -> (track: TrackID, commit: String)? {
        let words = release["name"]?.stringValue?.split(separator: " ").map(String.init) ?? []
        guard words.count == 2, let track = Fortnight.track("android", words[0]) else { return nil }
        return (track, words[1])
    }

    private func summary(_ release: JSON, _ scene: Scene<Fortnight.Beat>) -> JSON {
        var word = "DRAFT"
        if let (track, commit) = Self.track(of: release) {
            let place = Place("store", track)
            if scene.about(place, "review") == commit {
                word =
                    switch scene.value(place, "review")?.stringValue {
                    case "approved": "PUBLISHED"
                    case "rejected": "NOT_APPROVED"
                    default: "IN_REVIEW"
                    }
            }
        }
        let code = release["versionCodes"]?.arrayValue?.first?.stringValue ?? "0"
        return [
            "releaseName": release["name"] ?? "", "track": "production",
            "activeArtifacts": [["versionCode": .int(Int64(code) ?? 0)]],
            "releaseLifecycleState": .string("RELEASE_LIFECYCLE_STATE_" + word),
        ]
    }

    private mutating func change(
        _ parts: [String],
        _ request: VendorRequest,
        _ script: inout Fortnight,
        _ scene: inout Scene<Fortnight.Beat>
    ) -> VendorReply {
        guard let edit,
            parts[1] == "edit-\(edit.number)" || parts[1] == "edit-\(edit.number):commit"
        else { return Self.refused("This Edit has been deleted.") }
        switch (request.method, parts.count) {
        case ("POST", 2):
            self.edit = nil
            commit(edit.production, &script, &scene)
            return VendorReply(200, ["id": .string("edit-\(edit.number)")])
        case ("DELETE", 2):
            self.edit = nil
            return VendorReply(204)
        case ("GET", 3):
            return VendorReply(
                200,
                [
                    "kind": "androidpublisher#tracksListResponse",
                    "tracks": [Self.list(edit.production)],
                ]
            )
        case ("GET", 4) where parts[3] == "production":
            return VendorReply(200, Self.list(edit.production))
        case ("PUT", 4) where parts[3] == "production":
            guard let releases = request.json["releases"]?.arrayValue else {
                return Self.refused("There is no list of releases.")
            }
            if let fault = Self.fault(releases) { return Self.refused(fault) }
            self.edit?.production = releases
            return VendorReply(200, Self.list(releases))
        default: return Self.refused("Not found.", 404, "NOT_FOUND")
        }
    }

    private static func list(_ releases: [JSON]) -> JSON {
        releases.isEmpty
            ? ["track": "production"] : ["track": "production", "releases": .array(releases)]
    }

    /// What Google's specification says in words only.
    private static func fault(_ releases: [JSON]) -> String? {
        for release in releases {
            let isStaged = ["inProgress", "halted"].contains(release["status"]?.stringValue)
            var fraction: Double?
            if case .double(let number)? = release["userFraction"] { fraction = number }
            if let fraction, !isStaged || fraction <= 0 || fraction >= 1 {
                return "rolloutFractionOutOfBound"
            }
        }
        let staged = releases.count {
            ["inProgress", "halted"].contains($0["status"]?.stringValue)
        }
        return staged > 1 ? "Too many staged releases specified." : nil
    }

    /// What a committed list says that the one before did not.
    private mutating func commit(
        _ releases: [JSON],
        _ script: inout Fortnight,
        _ scene: inout Scene<Fortnight.Beat>
    ) {
        let before = production
        production = releases
        for release in releases {
            guard let (track, commit) = Self.track(of: release) else { continue }
            let old = before.first { $0["versionCodes"] == release["versionCodes"] }
            let status = release["status"]?.stringValue
            guard old?["status"]?.stringValue != status else { continue }
            switch status {
            case "inProgress" where old == nil || old?["status"] == "draft":
                script.review(track, commit: commit, &scene)
            case "inProgress": script.rollOut(track, "running", &scene)
            case "halted": script.rollOut(track, "paused", &scene)
            case "completed": script.rollOut(track, "completed", &scene)
            default: continue
            }
            scene.note(status ?? "", track)
        }
    }
}
