import ConductorCore
import ConductorPorts
import NIOHTTP1

/// The kind `play.vitals`, for the role `quality`: crashes and ANRs of a version as Google counts them.
///
///     play.vitals: {package: com.acme.music, key: file:service-account.json, name: "${version}",
///                   period: daily, users_as_sessions: true}
///
/// The newest whole day (in California) or hour that Google has. Where it has no numbers, too few users
/// among the reasons, nothing is known. Facts are as old as the end of that day or hour.
struct PlayVitals: ConfiguredSource {
    static let kind = "play.vitals"

    private let play: Play
    private let name: Template
    private let period: PlayPeriod
    private let countsUsers: Bool
    private let isPercent: Bool
    private let timeout: Span

    init?(settings: SettingsReader, binding: SourceBinding) {
        let play = Play(settings: settings, scope: .source, service: .reporting)
        let name = settings.template("name", .source, default: "${version}")
        let word = settings.string("period") ?? "daily"
        let period = PlayPeriod(rawValue: word)
        if period == nil { settings.fault(.badValue, "period", "should be daily or hourly") }
        countsUsers = settings.flag("users_as_sessions") ?? false
        let rates = settings.string("rates") ?? "fraction"
        if rates != "fraction", rates != "percent" {
            settings.fault(.badValue, "rates", "should be fraction or percent")
        }
        isPercent = rates == "percent"
        timeout = binding.timeout
        guard let play, let name, let period else { return nil }
        self.play = play
        self.name = name
        self.period = period
    }

    var secrets: [SecretReference] { play.secrets }
    var checkup: Checkup? { play.reportingCheckup }

    var schema: FactSchema {
        var entries = RoleFacts.quality.filter { $0.name != "crash_free_sessions" }
        for rate in ["user_perceived_crash_rate", "user_perceived_anr_rate"] {
            entries.append(
                .init(name: "play.\(rate)", type: .double, unit: "fraction", subject: .version)
            )
        }
        entries.append(
            .init(name: "play.distinct_users", type: .int, unit: "users", subject: .version)
        )
        entries.append(.init(name: "play.data_until", type: .timestamp, subject: .version))
        entries.append(.init(name: "play.version_code", type: .string, subject: .version))
        for index in entries.indices where entries[index].name != "play.version_code" {
            entries[index].maxAge = period.validity
        }
        return .sorted(entries)
    }

    func observe(_ request: ObservationRequest) async -> PollAnswer {
        await play.api.poll(request, timeout: timeout) { session, variables in
            let package = try play.package(variables)
            let version = request.variables["version"]
            var observation = Observation()
            let name = PlayReleaseName(name: try variables.text(name))
            guard let code = try await code(of: name, package, session) else { return observation }
            observation.facts["play.version_code"] = ObservedFact(
                .string(String(code)),
                about: version
            )
            for set in PlayMetricSet.allCases {
                guard
                    let (numbers, until) = try await numbers(of: set, code, package, session)
                else { continue }
                var facts: [String: JSON] = [:]
                if let rate = rate(numbers[set.rate]) {
                    switch set {
                    case .crashes: facts["crash_free_users"] = .double(1 - rate)
                    case .anrs: facts["anr_rate"] = .double(rate)
                    }
                }
                if let rate = rate(numbers[set.perceivedRate]) {
                    facts[set.perceivedFact] = .double(rate)
                }
                if set == .crashes {
                    facts["play.data_until"] = .string(until.description)
                    if let users = Self.count(numbers["distinctUsers"]) {
                        facts["play.distinct_users"] = .int(users)
                        // Who is counted had one session at least.
                        if countsUsers { facts["sessions"] = .int(users) }
                    }
                }
                for (name, value) in facts {
                    observation.facts[name] = ObservedFact(value, about: version)
                    observation.observedAt[name] = until
                }
            }
            return observation
        }
    }

    private func rate(_ number: Double?) -> Double? {
        guard let number else { return nil }
        let rate = isPercent ? number / 100 : number
        return rate >= 0 && rate <= 1 ? rate : nil
    }

    private static func count(_ number: Double?) -> Int64? {
        guard let number, number >= 0 else { return nil }
        return Int64(exactly: number.rounded())
    }

    /// The version's code, as the releases that Google serves have it.
    ///
    /// - Throws: where it has several; their rates cannot be put together.
    private func code(
        of name: PlayReleaseName,
        _ package: String,
        _ session: APISession
    ) async throws -> Int64? {
        let options = try await session.get("v1beta1/apps/\(package):fetchReleaseFilterOptions")
        guard options["tracks"] != nil else { return nil }
        var releases: [(name: String?, codes: [Int64])] = []
        for track in try options.list("tracks") where track["servingReleases"] != nil {
            for release in try track.list("servingReleases") {
                let codes = try PlayRelease.codes(try release.list("versionCodes"))
                releases.append((try release.textIfAny("displayName"), codes))
            }
        }
        let finding = name.find(in: releases, name: { $0.name }, codes: { $0.codes })
        guard case .found(let found) = finding else {
            return nil
        }
        guard found.codes.count == 1 else {
            throw APIProblem(
                .refused,
                "'\(name.name)' has \(found.codes.count) version codes, and Google counts each by itself"
            )
        }
        return found.codes[0]
    }

    /// The numbers of the newest day or hour, and when that ended; nil where there are none.
    private func numbers(
        of set: PlayMetricSet,
        _ code: Int64,
        _ package: String,
        _ session: APISession
    ) async throws -> (numbers: [String: Double], until: Instant)? {
        let place: APIPath = "v1beta1/apps/\(package)/\(set.rawValue)"
        guard let freshness = try await session.get(place)["freshnessInfo"],
            freshness["freshnesses"] != nil,
            let newest = try freshness.list("freshnesses").first(where: {
                $0["aggregationPeriod"]?.stringValue == period.word
            }),
            let latest = newest["latestEndTime"]
        else { return nil }
        let end = try period.time(latest)
        let start = end + Span(milliseconds: -period.length.milliseconds)
        let query: JSON = [
            "timelineSpec": [
                "aggregationPeriod": .string(period.word),
                "startTime": period.json(start), "endTime": period.json(end),
            ],
            "metrics": [.string(set.rate), .string(set.perceivedRate), "distinctUsers"],
            "dimensions": ["versionCode"],
            "filter": .string("versionCode = \(code)"),
            "userCohort": "OS_PUBLIC",
            "pageSize": 100,
        ]
        let answer = try await session.write(.POST, "\(place):query", query)
        guard answer["rows"] != nil else { return nil }
        for row in try answer.list("rows") {
            guard let time = row["startTime"] else {
                throw APIProblem(.malformed, "a row without its time")
            }
            let isOurs = try row.list("dimensions").contains { dimension in
                dimension["dimension"]?.stringValue == "versionCode"
                    && dimension["int64Value"]?.stringValue == String(code)
            }
            guard isOurs, try period.time(time) == start else { continue }
            return (try Self.numbers(row), period.instant(end))
        }
        return nil
    }

    /// The decimal numbers of a row by metric.
    private static func numbers(_ row: JSON) throws -> [String: Double] {
        var numbers: [String: Double] = [:]
        for metric in try row.list("metrics") {
            let name = try metric.text("metric")
            guard metric["decimalValue"] != nil else { continue }
            let text = try metric.text("decimalValue", "value")
            guard let number = Double(text), number.isFinite else { continue }
            numbers[name] = number
        }
        return numbers
    }
}

/// The sets of numbers that Google keeps apart.
private enum PlayMetricSet: String, CaseIterable {
    case crashes = "crashRateMetricSet"
    case anrs = "anrRateMetricSet"

    var rate: String {
        switch self {
        case .crashes: "crashRate"
        case .anrs: "anrRate"
        }
    }

    var perceivedRate: String {
        switch self {
        case .crashes: "userPerceivedCrashRate"
        case .anrs: "userPerceivedAnrRate"
        }
    }

    var perceivedFact: String {
        switch self {
        case .crashes: "play.user_perceived_crash_rate"
        case .anrs: "play.user_perceived_anr_rate"
        }
    }
}

/// How long the stretches are that Google counts: days in California, hours in UTC.
enum PlayPeriod: String, Sendable {
    case daily
    case hourly

    var word: String {
        switch self {
        case .daily: "DAILY"
        case .hourly: "HOURLY"
        }
    }

    var length: Span {
        switch self {
        case .daily: .days(1)
        case .hourly: .hours(1)
        }
    }

    /// How long a number counts: a day's comes one to two days after its end.
    var validity: Span {
        switch self {
        case .daily: .days(3)
        case .hourly: .hours(12)
        }
    }

    private var zone: String {
        switch self {
        case .daily: "America/Los_Angeles"
        case .hourly: "UTC"
        }
    }

    /// A civil time as if it were one of UTC; only differences and equality mean something.
    func time(_ json: JSON) throws(APIProblem) -> Instant {
        guard try json.text("timeZone", "id") == zone else {
            throw APIProblem(.malformed, "a time that is not in \(zone)")
        }
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let (year, month, day) = (
            try json.count("year"), try json.count("month"), try json.count("day")
        )
        // What is zero is left out.
        let hour = self == .hourly && json["hours"] != nil ? try json.count("hours") : 0
        guard
            let time = Instant(rfc3339: "\(year)-\(two(month))-\(two(day))T\(two(hour)):00:00Z")
        else { throw APIProblem(.malformed, "a time that is none") }
        return time
    }

    func json(_ time: Instant) -> JSON {
        let text = time.description
        func number(_ from: Int, _ length: Int) -> JSON {
            .int(Int64(text.dropFirst(from).prefix(length)) ?? 0)
        }
        return [
            "year": number(0, 4), "month": number(5, 2), "day": number(8, 2),
            "hours": self == .hourly ? number(11, 2) : 0, "timeZone": ["id": .string(zone)],
        ]
    }

    /// When it is that time, or up to an hour earlier: California is seven or eight hours behind.
    func instant(_ time: Instant) -> Instant {
        switch self {
        case .daily: time + .hours(7)
        case .hourly: time
        }
    }
}
