import ConductorCore
import ConductorPorts

/// The kind `github.checks`, for the role `ci`: the required checks of a branch's newest commit.
///
///     github.checks: {repository: acme/music, token: env:GITHUB_TOKEN, branch: "release/${version}",
///                     required: [build, test], workflow: release.yml}
///
/// A required name is green when every check run and every status of that name on this very commit is.
/// Without `required` the names are those that the branch's protection asks for; where it asks for none,
/// `tests.state` is unknown. A value that nobody has seen before is unknown, too.
struct GitHubChecks: ConfiguredSource {
    static let kind = "github.checks"

    private let github: GitHub
    private let branch: Template
    private let required: [String]?
    private let workflow: String?
    private let timeout: Span

    init?(settings: SettingsReader, binding: SourceBinding) {
        let github = GitHub(settings: settings, scope: .source)
        let branch = settings.template("branch", .source, default: "release/${version}")
        required = settings.texts("required")
        if required?.isEmpty == true {
            settings.fault(.badValue, "required", "should name at least one check")
        }
        workflow = settings.string("workflow")
        timeout = binding.timeout
        guard let github, let branch else { return nil }
        self.github = github
        self.branch = branch
    }

    var secrets: [SecretReference] { github.secrets }
    var checkup: Checkup? { github.checkup(.readChecks) }

    var schema: FactSchema {
        var entries = RoleFacts.ci
        entries.append(
            .init(
                name: "github.required",
                type: .list(.string),
                subject: .head,
                emptyIsKnown: true
            )
        )
        if workflow != nil {
            entries.append(.init(name: "github.workflow.state", type: .string, subject: .head))
            entries.append(.init(name: "github.workflow.url", type: .string, subject: .head))
            entries.append(.init(name: "github.workflow.run", type: .int, subject: .head))
        }
        return .sorted(entries)
    }

    func observe(_ request: ObservationRequest) async -> PollAnswer {
        await github.api.poll(request, timeout: timeout) { session, variables in
            let root = try github.root(variables)
            let branch = try variables.referenceName(branch)
            guard let found = try await session.find("\(root)/branches/\(segments: branch)") else {
                try await GitHub.confirm(root, session)
                throw APIProblem(.notFound, "there is no branch \(branch)")
            }
            let head = try GitHub.commit(found.text("commit", "sha"))
            var observation = Observation()
            func say(_ name: String, _ value: JSON) {
                observation.facts[name] = ObservedFact(value, about: head)
            }
            let checks = try await checks(of: head, root, session)
            if let required = try required ?? Self.protection(of: found) {
                say("github.required", .array(required.map { .string($0) }))
                if !required.isEmpty, let summary = Self.summary(of: required, in: checks) {
                    say("tests.state", .string(summary.state))
                    say("tests.failed", .array(summary.failed.map { .string($0) }))
                    say("tests.open", .array(summary.open.map { .string($0) }))
                }
            }
            if let workflow,
                let run = try await newestRun(of: workflow, branch, head, root, session)
            {
                if let state = try Check.state(ofRun: run) {
                    say("github.workflow.state", .string(state.rawValue))
                }
                say("github.workflow.run", .int(try run.whole("id")))
                say("github.workflow.url", .string(try run.text("html_url")))
            }
            return observation
        }
    }

    // MARK: What there is

    /// The names that the branch's protection requires; nil where it does not say.
    private static func protection(of branch: JSON) throws -> [String]? {
        guard try branch.flag("protected") else { return [] }
        guard let checks = branch["protection"]?["required_status_checks"]
        else { return nil }
        return try checks.list("contexts").map { try $0.text() }
    }

    /// Check runs and statuses: both say how a commit fares, and neither knows of the other.
    private func checks(
        of head: String,
        _ root: APIPath,
        _ session: APISession
    ) async throws -> [Check] {
        var checks: [Check] = []
        for page in try await session.pages(
            "\(root)/commits/\(head)/check-runs",
            query: [("filter", "latest"), ("per_page", "100")]
        ) {
            for run in try page.list("check_runs") {
                guard try run.text("head_sha") == head else {
                    throw APIProblem(.malformed, "a check run of another commit")
                }
                checks.append(Check(name: try run.text("name"), state: try Check.state(ofRun: run)))
            }
        }
        for page in try await session.pages(
            "\(root)/commits/\(head)/status",
            query: [("per_page", "100")]
        ) {
            guard try page.text("sha") == head else {
                throw APIProblem(.malformed, "statuses of another commit")
            }
            for status in try page.list("statuses") {
                checks.append(
                    Check(
                        name: try status.text("context"),
                        state: Check.state(ofStatus: try status.text("state"))
                    )
                )
            }
        }
        return checks
    }

    /// What the required checks come to together; nil where one says what nobody has seen before.
    private static func summary(
        of required: [String],
        in checks: [Check]
    ) -> (state: String, failed: [String], open: [String])? {
        var failed: [String] = []
        var open: [String] = []
        var isMissing = false
        for name in required {
            let found = checks.filter { $0.name == name }
            if found.contains(where: { $0.state == nil }) { return nil }
            if found.contains(where: { $0.state == .failed }) {
                failed.append(name)
            } else if found.isEmpty {
                isMissing = true
                open.append(name)
            } else if found.contains(where: { $0.state == .running }) {
                open.append(name)
            }
        }
        if !failed.isEmpty { return ("failed", failed, open) }
        if isMissing { return ("missing", failed, open) }
        return (open.isEmpty ? "passed" : "running", failed, open)
    }

    /// The newest run of a workflow on this commit; nil where there is none among the newest hundred.
    private func newestRun(
        of workflow: String,
        _ branch: String,
        _ head: String,
        _ root: APIPath,
        _ session: APISession
    ) async throws -> JSON? {
        let (page, _) = try await session.page(
            "\(root)/actions/workflows/\(workflow)/runs",
            query: [("branch", branch), ("per_page", "100")]
        )
        var newest: (number: Int64, attempt: Int64, run: JSON)?
        for run in try page.list("workflow_runs") where try run.text("head_sha") == head {
            let number = try run.whole("run_number")
            let attempt = run["run_attempt"]?.intValue ?? 1
            if (number, attempt) > (newest?.number ?? .min, newest?.attempt ?? .min) {
                newest = (number, attempt, run)
            }
        }
        return newest?.run
    }
}

/// A check of a commit, whichever of both ways reports it.
private struct Check: Sendable {
    enum State: String, Sendable {
        case passed, failed, running
    }

    var name: String
    /// Nil for a value that nobody has seen before.
    var state: State?

    /// What a check run or a workflow run says: `status`, and when that is `completed`, `conclusion`.
    static func state(ofRun run: JSON) throws(APIProblem) -> State? {
        switch try run.text("status") {
        case "queued", "in_progress", "waiting", "requested", "pending": .running
        case "completed":
            switch try run.text("conclusion") {
            case "success", "neutral", "skipped": .passed
            case "failure", "timed_out", "cancelled", "action_required", "stale",
                "startup_failure":
                .failed
            default: nil
            }
        default: nil
        }
    }

    static func state(ofStatus status: String) -> State? {
        switch status {
        case "success": .passed
        case "failure", "error": .failed
        case "pending": .running
        default: nil
        }
    }
}
