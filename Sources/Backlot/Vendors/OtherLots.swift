import ConductorCore

/// GitHub: a repository for each platform, `acme/music-ios`, with its release branches and their checks.
enum GitHubLot {
    private static let base = String(repeating: "b", count: 40)

    static func answer(
        _ path: [String],
        _ request: VendorRequest,
        _ scene: Scene<Fortnight.Beat>
    ) -> VendorReply {
        var reply = read(path, request, scene)
        let renews = scene.now.milliseconds / 1000 + 3600
        reply.headers += [
            ("X-RateLimit-Limit", "5000"), ("X-RateLimit-Remaining", "4900"),
            ("X-RateLimit-Reset", "\(renews)"), ("X-OAuth-Scopes", "repo"),
        ]
        return reply
    }

    private static func read(
        _ path: [String],
        _ request: VendorRequest,
        _ scene: Scene<Fortnight.Beat>
    ) -> VendorReply {
        let missing = VendorReply(404, ["message": "Not Found"])
        guard path.count >= 3, path[0] == "repos", path[1] == GitHubShapes.owner,
            let platform = Fortnight.platforms.first(where: { path[2] == "music-\($0)" })
        else { return missing }
        func commit(_ branch: String) -> String? {
            if branch == "main" { return base }
            guard branch.hasPrefix("release/"),
                let track = Fortnight.track(platform, String(branch.dropFirst(8)))
            else { return nil }
            return scene.value(Place("vcs", track), "head")?.stringValue
        }
        let shapes = GitHubShapes(name: path[2])
        let parts = Array(path.dropFirst(3))
        switch (parts.first, parts.last) {
        case (nil, _): return VendorReply(200, shapes.repository)
        case ("branches", _):
            let name = parts.dropFirst().joined(separator: "/")
            guard let head = commit(name) else { return missing }
            return VendorReply(200, shapes.branch(name, at: head))
        case ("git", _):
            let name = parts.dropFirst(3).joined(separator: "/")
            guard parts.count > 3, let head = commit(name) else { return missing }
            return VendorReply(200, shapes.reference(name, at: head))
        case ("compare", let range?):
            let ends = range.split(separator: ".").map(String.init)
            guard let first = ends.first, let last = ends.last else { return missing }
            let isAhead = first == base
            let comparison = shapes.comparison(
                first,
                last,
                ahead: isAhead ? 12 : 0,
                behind: isAhead ? 0 : 12
            )
            return VendorReply(200, comparison)
        case ("pulls", _): return VendorReply(200, [])
        case ("commits", "check-runs"):
            return VendorReply(200, checks(parts[1], platform, shapes, scene))
        case ("commits", "status"): return VendorReply(200, shapes.noStatuses(of: parts[1]))
        default: return missing
        }
    }

    private static func checks(
        _ commit: String,
        _ platform: String,
        _ shapes: GitHubShapes,
        _ scene: Scene<Fortnight.Beat>
    ) -> JSON {
        guard let track = Fortnight.track(platform, at: commit, scene) else {
            return ["total_count": 0, "check_runs": []]
        }
        let place = Place("ci", track)
        let isOver =
            scene.about(place, "tests.state") == commit
            && scene.value(place, "tests.state") == "passed"
        let run = shapes.checkRun("test", of: commit, conclusion: isOver ? "success" : nil)
        return ["total_count": 1, "check_runs": [run]]
    }
}

/// Jira: the release-blocking bugs of every version and platform, and the fixes that wait for a merge.
enum JiraLot {
    static func answer(
        _ path: [String],
        _ request: VendorRequest,
        _ script: Fortnight,
        _ scene: Scene<Fortnight.Beat>
    ) -> VendorReply {
        if scene.isDown("tracker") {
            return VendorReply(503, ["errorMessages": ["Service Unavailable"]])
        }
        guard path == ["rest", "api", "3", "search", "jql"], let query = request.query("jql"),
            let track = Fortnight.tracks.first(where: {
                query.contains("\"\($0.version)\"") && query.contains("\"\($0.platform)\"")
            })
        else { return VendorReply(404, ["errorMessages": ["There is no such thing"]]) }
        let wantsFixes = query.contains("In Review")
        let fact = wantsFixes ? "fixes.unmerged" : "blockers.open"
        let count = scene.value(Place("tracker", track), fact)?.intValue ?? 0
        let issues = (0..<count).map { number -> JSON in
            [
                "id": .string("1000\(number)"), "key": .string("MUSIC-\(100 + number)"),
                "fields": [
                    "assignee": ["displayName": "Ada", "accountId": "ada"],
                    "priority": ["name": "Highest"], "created": "2026-03-06T09:15:00.000+0000",
                    "status": ["name": wantsFixes ? "In Review" : "To Do"],
                ],
            ]
        }
        return VendorReply(200, ["issues": .array(issues), "isLast": true])
    }
}

/// Prometheus: what the analytics say of a version, with the time that they are of.
enum PrometheusLot {
    private static let metrics = [
        "music_crash_free_users": "crash_free_users", "music_anr_rate": "anr_rate",
        "music_sessions": "sessions", "music_content_plays": "content_plays",
    ]

    static func answer(
        _ path: [String],
        _ request: VendorRequest,
        _ scene: Scene<Fortnight.Beat>
    ) -> VendorReply {
        guard path == ["api", "v1", "query"], let query = request.query("query"),
            let metric = metrics.first(where: { query.hasPrefix($0.key + "{") })
        else {
            return VendorReply(400, ["status": "error", "errorType": "bad_data", "error": "?"])
        }
        let track = Fortnight.tracks.first {
            query.contains("\"\($0.version)\"") && query.contains("\"\($0.platform)\"")
        }
        var result: [JSON] = []
        if let track, let value = scene.value(Place("quality", track), metric.value) {
            let time = scene.time(Place("quality", track), metric.value) ?? scene.now
            result = [
                [
                    "metric": [
                        "__name__": .string(metric.key), "version": .string(track.version),
                        "platform": .string(track.platform),
                    ],
                    "value": [
                        .double(Double(time.milliseconds) / 1000), .string(value.description),
                    ],
                ]
            ]
        }
        return VendorReply(
            200,
            ["status": "success", "data": ["resultType": "vector", "result": .array(result)]]
        )
    }
}

/// Slack: one channel, and what was posted to it.
struct SlackLot: Sendable {
    static let channel = "C024BE91L"

    private var messages: [JSON] = []

    mutating func answer(
        _ path: [String],
        _ request: VendorRequest,
        _ scene: inout Scene<Fortnight.Beat>
    ) -> VendorReply {
        switch path {
        case ["chat.postMessage"]:
            let body = request.json
            let text = body["text"]?.stringValue ?? ""
            guard body["channel"]?.stringValue == Self.channel else {
                return VendorReply(200, ["ok": false, "error": "channel_not_found"])
            }
            let seconds = scene.now.milliseconds / 1000
            let digits = String(1_000_000 + messages.count).dropFirst()
            let name = "\(seconds).\(digits)"
            let message: [String: JSON?] = [
                "type": "message", "ts": .string(name), "text": .string(text),
                "metadata": body["metadata"], "blocks": body["blocks"],
            ]
            messages.append(.compact(message))
            scene.tell(nil, "chat: \(text)")
            scene.note("chat", Fortnight.tracks[0])
            return VendorReply(
                200,
                [
                    "ok": true, "channel": .string(Self.channel), "ts": .string(name),
                    "message": .compact(message),
                ]
            )
        case ["conversations.history"]:
            return VendorReply(
                200,
                ["ok": true, "messages": .array(messages.reversed()), "has_more": false]
            )
        case ["auth.test"]: return VendorReply(200, ["ok": true, "bot_id": "B1"])
        default: return VendorReply(200, ["ok": false, "error": "unknown_method"])
        }
    }
}

/// What a company has of its own: the build farm, the audit's tests, and the store of its desktop app.
struct DepotLot: Sendable {
    private var done: Set<String> = []
    private var wasBusy = false

    mutating func answer(
        _ path: [String],
        _ request: VendorRequest,
        _ script: inout Fortnight,
        _ scene: inout Scene<Fortnight.Beat>
    ) -> VendorReply {
        if request.isRead, path.count == 2, let track = Fortnight.track(path[0], path[1]) {
            return VendorReply(200, Self.page(track, scene))
        }
        let body = request.json
        guard path == ["depot"], request.method == "POST",
            let key = request.header("idempotency-key"),
            let track = Fortnight.tracks.first(where: {
                $0.description == body["track"]?.stringValue
            })
        else { return VendorReply(404, [:]) }
        // Under its key an effect happens once, however often it is asked for.
        guard done.insert(key).inserted else { return VendorReply(200, ["done": true]) }
        switch body["action"]?.stringValue {
        case "submit":
            guard let commit = body["commit"]?.stringValue else { return VendorReply(422, [:]) }
            script.review(track, commit: commit, &scene)
        case "complete": script.rollOut(track, "completed", &scene)
        case "pause": script.rollOut(track, "paused", &scene)
        default: script.rollOut(track, "running", &scene)
        }
        scene.note(body["action"]?.stringValue ?? "", track)
        return VendorReply(200, ["done": true])
    }

    private static func page(_ track: TrackID, _ scene: Scene<Fortnight.Beat>) -> JSON {
        func facts(_ source: String, _ names: [String]) -> JSON {
            var members: [String: JSON] = [:]
            for name in names { members[name] = scene.value(Place(source, track), name) }
            return .object(members)
        }
        var rc = facts("rc", ["commit", "build", "verification", "uploaded"]).objectValue ?? [:]
        if let build = rc["build"]?.stringValue {
            rc["build"] = .string(Fortnight.number(ofBuild: build))
        }
        var store = facts("store", ["review", "rollout"]).objectValue ?? [:]
        store["commit"] = scene.about(Place("store", track), "review").map { .string($0) }
        return [
            "rc": .object(rc), "itgc": facts("itgc", ["passed", "data_loss"]),
            "store": .object(store),
        ]
    }
}
