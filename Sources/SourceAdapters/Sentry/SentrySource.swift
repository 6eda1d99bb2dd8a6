import ConductorCore
import ConductorPorts

/// The kind `sentry`, for the role `quality`: the health of a version's release, and what is new in it.
///
///     sentry: {organization: acme, token: env:SENTRY_TOKEN, projects: ["4501"],
///              release: "com.acme.music@${version}", environment: production, period: 24h}
///
/// The version's builds (`com.acme.music@8.9.2+412`) count together. Sentry says null where there was no
/// session, and that is no value: without sessions nothing is known.
struct SentrySource: ConfiguredSource {
    static let kind = "sentry"

    private let sentry: Sentry
    private let projects: [String]
    private let release: Template
    private let environment: String?
    private let period: Span
    private let timeout: Span

    /// Builds of one version that are asked for together.
    private static let builds = 50
    /// Pages of new issues that are counted.
    private static let issuePages = 5

    init?(settings: SettingsReader, binding: SourceBinding) {
        let sentry = Sentry(settings: settings)
        let projects = settings.texts("projects")
        if !settings.has("projects") {
            settings.missing("projects", "the numbers of the app's projects")
        } else if let projects {
            if projects.isEmpty {
                settings.fault(.badValue, "projects", "should name at least one project")
            }
            for (index, project) in projects.enumerated()
            where project.isEmpty || !project.utf8.allSatisfy({ (48...57).contains($0) }) {
                settings.fault(
                    .badValue,
                    "projects",
                    [String(index)],
                    "'\(project)' is no number of a project; it stands in the project's settings"
                )
            }
        }
        let release = settings.template("release", .source)
        if !settings.has("release") {
            settings.missing("release", "how the app names its releases: com.acme.music@${version}")
        } else if let release, !release.namesVersion {
            settings.fault(.badValue, "release", "should name the version: ${version}")
        }
        environment = settings.string("environment")
        period = settings.span("period") ?? .hours(24)
        if period < .hours(1) || period > .days(90) || period.milliseconds % 3_600_000 != 0 {
            settings.fault(.badValue, "period", "should be whole hours, from 1h to 90d")
        }
        timeout = binding.timeout
        guard let sentry, let projects, !projects.isEmpty, let release else { return nil }
        self.sentry = sentry
        self.projects = projects
        self.release = release
    }

    var secrets: [SecretReference] { sentry.secrets }
    var checkup: Checkup? { sentry.checkup(.read) }

    private static let known = ["crash_free_users", "crash_free_sessions", "sessions"]

    var schema: FactSchema {
        .sorted(
            RoleFacts.quality.filter { Self.known.contains($0.name) } + [
                .init(name: "sentry.users", type: .int, unit: "users", subject: .version),
                .init(name: "sentry.adoption", type: .double, unit: "fraction", subject: .version),
                .init(name: "sentry.builds", type: .list(.string), subject: .version),
                .init(name: "sentry.new_issues", type: .int, unit: "issues", subject: .version),
                .init(
                    name: "sentry.new_issue_keys",
                    type: .list(.string),
                    subject: .version,
                    emptyIsKnown: true
                ),
            ]
        )
    }

    func observe(_ request: ObservationRequest) async -> PollAnswer {
        await sentry.api.poll(request, timeout: timeout) { session, variables in
            var observation = Observation()
            let version = try variables.text(Template("${version}"))
            func say(_ name: String, _ value: JSON) {
                observation.facts[name] = ObservedFact(value, about: version)
            }
            let builds = try await builds(of: try variables.sentryRelease(release), session)
            // A release that nobody runs yet has no health.
            guard !builds.isEmpty else { return observation }
            say("sentry.builds", .array(builds.map { .string($0) }))
            let own = try await health(Sentry.filter("release", builds), session)
            if let own, own.sessions > 0 {
                say("sessions", .int(own.sessions))
                if let users = own.users { say("sentry.users", .int(users)) }
                if let rate = own.crashFreeSessions { say("crash_free_sessions", .double(rate)) }
                if let rate = own.crashFreeUsers { say("crash_free_users", .double(rate)) }
                // Both windows must be the same one; every session of the release is in both.
                if let all = try await health(nil, session), all.window == own.window,
                    all.sessions >= own.sessions
                {
                    let share = Double(own.sessions) / Double(all.sessions)
                    say("sentry.adoption", .double(share))
                }
            }
            if let keys = try await newIssues(of: builds, session) {
                say("sentry.new_issues", .int(Int64(keys.count)))
                say("sentry.new_issue_keys", .array(keys.map { .string($0) }))
            }
            return observation
        }
    }

    /// What goes along with each question.
    private var place: [(String, String)] {
        projects.map { ("project", $0) }
            + (environment.map { [("environment", $0)] } ?? [])
    }

    /// The release of this very name, and those that name a build of it.
    private func builds(of name: String, _ session: APISession) async throws -> [String] {
        var builds: [String] = []
        for page in try await session.pages(
            "\(sentry.root)/releases/",
            query: place + [("query", name), ("per_page", "100")]
        ) {
            for release in try page.list() {
                let version = try release.text("version")
                guard version == name || version.hasPrefix(name + "+") else { continue }
                guard !version.contains("\"") else {
                    throw APIProblem(.malformed, "a release's name holds a quotation mark")
                }
                builds.append(version)
            }
        }
        guard builds.count <= Self.builds else {
            throw APIProblem(.tooLarge, "\(builds.count) builds; name one in 'release'")
        }
        return builds.sorted { $0.precedes($1) }
    }

    private struct Health {
        var window: [String]
        var sessions: Int64
        var users: Int64?
        var crashFreeSessions: Double?
        var crashFreeUsers: Double?
    }

    /// How releases fared; nil where Sentry has no row of them.
    ///
    /// Without a filter it is all of them, and only their sessions are asked for.
    private func health(_ filter: String?, _ session: APISession) async throws -> Health? {
        var fields = ["sum(session)"]
        if filter != nil {
            fields += [
                "count_unique(user)", "crash_free_rate(session)", "crash_free_rate(user)",
            ]
        }
        var query = place + fields.map { ("field", $0) }
        query += [
            ("statsPeriod", "\(period.milliseconds / 3_600_000)h"), ("interval", "1h"),
            ("includeSeries", "0"),
        ]
        if let filter { query.append(("query", filter)) }
        let answer = try await session.get("\(sentry.root)/sessions/", query: query)
        let groups = try answer.list("groups")
        guard let group = groups.first else { return nil }
        guard groups.count == 1 else {
            throw APIProblem(.malformed, "\(groups.count) groups, and one was asked for")
        }
        let window = [try answer.text("start"), try answer.text("end")]
        guard let sessions = try Self.count("sum(session)", group) else { return nil }
        var health = Health(window: window, sessions: sessions)
        if filter != nil {
            health.users = try Self.count("count_unique(user)", group)
            health.crashFreeSessions = try Self.rate("crash_free_rate(session)", group)
            health.crashFreeUsers = try Self.rate("crash_free_rate(user)", group)
        }
        return health
    }

    /// A total of a group; nil where it is null.
    private static func total(_ field: String, _ group: JSON) throws(APIProblem) -> Double? {
        switch group["totals"]?[field] {
        case .null: return nil
        case .int(let number): return Double(number)
        case .double(let number): return number
        case nil, .bool, .string, .array, .object:
            throw APIProblem(.malformed, "'\(field)' in the answer should be a number")
        }
    }

    private static func count(_ field: String, _ group: JSON) throws(APIProblem) -> Int64? {
        guard let total = try total(field, group) else { return nil }
        guard let count = Int64(exactly: total), count >= 0 else {
            throw APIProblem(.malformed, "'\(field)' in the answer should be a count")
        }
        return count
    }

    private static func rate(_ field: String, _ group: JSON) throws(APIProblem) -> Double? {
        guard let total = try total(field, group) else { return nil }
        guard (0...1).contains(total) else {
            throw APIProblem(.malformed, "'\(field)' in the answer should be a fraction of 1")
        }
        return total
    }

    /// Open issues that were first seen in these builds; nil where there are more than can be counted.
    private func newIssues(of builds: [String], _ session: APISession) async throws -> [String]? {
        var keys: [String] = []
        var count = 0
        let pages = try await session.pages(
            "\(sentry.root)/issues/",
            query: place + [
                ("query", "is:unresolved \(Sentry.filter("firstRelease", builds))"),
                ("statsPeriod", "\(period.milliseconds / 3_600_000)h"), ("limit", "100"),
            ]
        ) { _ in
            count += 1
            return count > Self.issuePages
        }
        guard pages.count <= Self.issuePages else { return nil }
        for page in pages {
            for issue in try page.list() { keys.append(try issue.text("shortId")) }
        }
        return keys
    }
}
