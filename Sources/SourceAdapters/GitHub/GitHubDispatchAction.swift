import ConductorCore
import ConductorPorts
import NIOHTTP1

/// The kind `github.dispatch`: starts a workflow.
///
///     github.dispatch: {repository: acme/music, token: env:GITHUB_TOKEN, workflow: release.yml,
///                       ref: "release/${version}", inputs: {build: "${candidate.build}"},
///                       marker: conductor_id}
///
/// `marker` names an input of the workflow that it puts into its `run-name`: by that a run is found again
/// among those of the last week. Without it a run cannot be told from another, and the configuration says
/// `at_most_once` or `at_least_once`.
struct GitHubDispatchAction: ConfiguredAction {
    static let kind = "github.dispatch"

    private static let remedy = "see that the workflow is on this branch and takes these inputs"
    private static let lookBack = Span.days(7)

    private let github: GitHub
    private let workflow: String
    private let ref: Template
    private let inputs: [(name: String, value: Template)]
    private let marker: String?
    private let asksForRun: Bool

    init?(settings: SettingsReader, binding: ActionBinding) {
        let github = GitHub(settings: settings, scope: .action)
        let workflow = settings.string("workflow")
        if !settings.has("workflow") {
            settings.missing("workflow", "the file's name, for example release.yml, or its id")
        }
        let ref = settings.template("ref", .action, default: "release/${version}")
        var inputs: [(name: String, value: Template)] = []
        if let reader = settings.mapping("inputs") {
            for name in reader.keys {
                if let value = reader.template(name, .action) { inputs.append((name, value)) }
            }
            reader.close()
        }
        marker = settings.string("marker")
        if let marker, inputs.contains(where: { $0.name == marker }) {
            settings.fault(.badValue, "marker", "'\(marker)' is among 'inputs' already")
        }
        asksForRun = settings.flag("run_details") ?? (github?.isPublic ?? false)
        guard let github, let workflow, let ref else { return nil }
        self.github = github
        self.workflow = workflow
        self.ref = ref
        self.inputs = inputs
    }

    var traits: ActionTraits {
        ActionTraits(
            actionClass: marker == nil ? nil : .appendWithMarker,
            direction: .neutral,
            canProbe: marker != nil,
            // A run shows in the list some seconds after it was asked for.
            settle: .seconds(30)
        )
    }

    var secrets: [SecretReference] { github.secrets }
    var checkup: Checkup? { github.checkup(.dispatch) }

    /// The key in brackets, so that no key is found within another one.
    private func mark(_ intent: Intent) -> String { "[\(intent.key)]" }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        await github.api.perform(intent, remedy: Self.remedy) { session, variables in
            let root = try github.root(variables)
            var values: [String: JSON] = [:]
            for input in inputs { values[input.name] = .string(try variables.text(input.value)) }
            if let marker { values[marker] = .string(mark(intent)) }
            let body: [String: JSON?] = [
                "ref": .string(try variables.referenceName(ref)), "inputs": .object(values),
                "return_run_details": asksForRun ? true : nil,
            ]
            let look = { () async throws -> ProbeAnswer in
                marker == nil ? .absent : try await find(intent, root, session)
            }
            let send = { () async throws -> String in
                let answer = try await session.write(
                    .POST,
                    "\(root)/actions/workflows/\(workflow)/dispatches",
                    .compact(body)
                )
                return try answer.textIfAny("html_url").map { "run \($0)" }
                    ?? "\(workflow) was started"
            }
            // The first attempt of a key has nothing to find.
            return attempt > 1 && marker != nil
                ? try await session.once(remedy: Self.remedy, look: look, send: send)
                : try await session.change(remedy: Self.remedy, look: look, send: send)
        }
    }

    func probe(_ intent: Intent) async -> ProbeAnswer {
        guard marker != nil else {
            return .unavailable(reason: "without 'marker' a run cannot be told from another")
        }
        return await github.api.probe(intent) { session, variables in
            try await find(intent, try github.root(variables), session)
        }
    }

    private func find(
        _ intent: Intent,
        _ root: APIPath,
        _ session: APISession
    ) async throws -> ProbeAnswer {
        let since = AdapterTime.now() + Span(milliseconds: -Self.lookBack.milliseconds)
        // The newest come first.
        let pages = try await session.pages(
            "\(root)/actions/workflows/\(workflow)/runs",
            query: [("event", "workflow_dispatch"), ("per_page", "100")]
        ) { page throws(APIProblem) in
            try page.list("workflow_runs").last.map { run throws(APIProblem) in
                try run.instant("created_at") < since
            } ?? true
        }
        for page in pages {
            for run in try page.list("workflow_runs") {
                guard let title = try run.textIfAny("display_title") else {
                    return .unavailable(reason: "this server does not tell the titles of runs")
                }
                if title.contains(mark(intent)) {
                    return .present(evidence: "run \(try run.text("html_url"))")
                }
            }
        }
        return .absent
    }
}
