import ConductorCore

/// Play Developer Reporting: crashes and ANRs of the Android app's builds, by hours and by days.
enum ReportingLot {
    private static let package = "com.acme.music"

    /// A set of numbers: its rate, the rate that users perceive, and what the world calls it.
    private static let sets = [
        "crashRateMetricSet": ("crashRate", "userPerceivedCrashRate", "crash_free_users"),
        "anrRateMetricSet": ("anrRate", "userPerceivedAnrRate", "anr_rate"),
    ]

    static func answer(
        _ path: [String],
        _ request: VendorRequest,
        _ scene: Scene<Fortnight.Beat>
    ) -> VendorReply {
        let missing = PlayLot.refused("Requested entity was not found.", 404, "NOT_FOUND")
        guard path.count > 2, path.prefix(2) == ["v1beta1", "apps"] else { return missing }
        if request.isRead, path[2] == package + ":fetchReleaseFilterOptions" {
            return VendorReply(200, options(scene))
        }
        guard path.count == 4, path[2] == package else { return missing }
        let (name, verb) = (path[3].prefix { $0 != ":" }, path[3].drop { $0 != ":" })
        guard let set = sets[String(name)] else { return missing }
        if request.isRead, verb.isEmpty {
            let freshnesses = ["HOURLY", "DAILY"].map { period -> JSON in
                [
                    "aggregationPeriod": .string(period),
                    "latestEndTime": time(newest(period, scene), period),
                ]
            }
            return VendorReply(
                200,
                [
                    "name": .string("apps/\(package)/\(name)"),
                    "freshnessInfo": ["freshnesses": .array(freshnesses)],
                ]
            )
        }
        guard request.method == "POST", verb == ":query" else { return missing }
        return VendorReply(200, rows(of: set, request.json, scene))
    }

    private static func code(_ track: TrackID, _ scene: Scene<Fortnight.Beat>) -> String? {
        let place = Place("rc", track)
        guard scene.value(place, "uploaded") == true else { return nil }
        return scene.value(place, "build")?.stringValue.map(Fortnight.number)
    }

    private static func options(_ scene: Scene<Fortnight.Beat>) -> JSON {
        let serving = Fortnight.tracks.filter { $0.platform == "android" }
            .compactMap { track -> JSON? in
                guard let code = code(track, scene),
                    let commit = scene.value(Place("rc", track), "commit")?.stringValue
                else { return nil }
                return [
                    "displayName": .string("\(track.version) \(commit)"),
                    "versionCodes": [.string(code)],
                ]
            }
        return [
            "tracks": [
                [
                    "displayName": "Production", "type": "Production",
                    "servingReleases": .array(serving),
                ]
            ]
        ]
    }

    // MARK: Numbers

    /// The end of the newest hour (in UTC) or day (in California) that has numbers, as a civil time.
    private static func newest(_ period: String, _ scene: Scene<Fortnight.Beat>) -> Instant {
        let (lag, unit) =
            period == "DAILY"
            ? (Span.hours(8), Span.days(1)) : (Span.zero, Span.hours(1))
        let now = scene.now.milliseconds - lag.milliseconds
        return Instant(milliseconds: now / unit.milliseconds * unit.milliseconds)
    }

    private static func time(_ time: Instant, _ period: String) -> JSON {
        let parts = time.description.split { "-T:Z".contains($0) }.map { Int64($0) ?? 0 }
        return [
            "year": .int(parts[0]), "month": .int(parts[1]), "day": .int(parts[2]),
            "hours": .int(period == "DAILY" ? 0 : parts[3]),
            "timeZone": ["id": period == "DAILY" ? "America/Los_Angeles" : "UTC"],
        ]
    }

    private static func rows(
        of set: (rate: String, perceived: String, fact: String),
        _ query: JSON,
        _ scene: Scene<Fortnight.Beat>
    ) -> JSON {
        let spec = query["timelineSpec"]
        guard let period = spec?["aggregationPeriod"]?.stringValue, let start = spec?["startTime"],
            let filter = query["filter"]?.stringValue,
            let code = filter.split(separator: " ").last,
            spec?["endTime"] == time(newest(period, scene), period),
            let track = Fortnight.tracks.first(where: {
                $0.platform == "android" && self.code($0, scene) == String(code)
            }),
            case .double(let value)? = scene.value(Place("quality", track), set.fact),
            let sessions = scene.value(Place("quality", track), "sessions")?.intValue
        else { return [:] }
        let rate = set.fact == "anr_rate" ? value : 1 - value
        func metric(_ name: String, _ value: String) -> JSON {
            ["metric": .string(name), "decimalValue": ["value": .string(value)]]
        }
        return [
            "rows": [
                [
                    "aggregationPeriod": .string(period), "startTime": start,
                    "dimensions": [
                        ["dimension": "versionCode", "int64Value": .string(String(code))]
                    ],
                    "metrics": [
                        metric(set.rate, "\(rate)"), metric(set.perceived, "\(rate)"),
                        metric("distinctUsers", "\(sessions * 3 / 4)"),
                    ],
                ]
            ]
        ]
    }
}
