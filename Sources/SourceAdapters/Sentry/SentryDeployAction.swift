import ConductorCore
import ConductorPorts
import NIOHTTP1

/// The kind `sentry.deploy`: marks that a release went to an environment.
///
///     sentry.deploy: {organization: acme, token: env:SENTRY_TOKEN,
///                     release: "com.acme.music@${version}+${candidate.build}",
///                     environment: production, name: "${track} ${to}"}
///
/// Sentry takes any number of the same mark, so it is looked for by environment and name; without a
/// name of its own it is the action's key.
struct SentryDeployAction: ConfiguredAction {
    static let kind = "sentry.deploy"

    private static let remedy =
        "see that Sentry knows the release, and the token may write releases"
    /// Characters that Sentry takes of a name and of an environment.
    private static let nameLength = 64

    private let sentry: Sentry
    private let release: Template
    private let environment: String
    private let name: Template
    private let link: Template?

    init?(settings: SettingsReader, binding: ActionBinding) {
        let sentry = Sentry(settings: settings)
        let release = settings.template("release", .action)
        if !settings.has("release") {
            settings.missing("release", "the release's whole name: com.acme.music@8.9.2+412")
        }
        let environment = settings.string("environment") ?? "production"
        if environment.isEmpty || environment.count > Self.nameLength {
            settings.fault(
                .badValue,
                "environment",
                "should have 1 to \(Self.nameLength) characters"
            )
        }
        let name = settings.template("name", .action, default: "${key}")
        link = settings.template("link", .action)
        guard let sentry, let release, let name else { return nil }
        self.sentry = sentry
        self.release = release
        self.environment = environment
        self.name = name
    }

    var traits: ActionTraits {
        ActionTraits(actionClass: .createOnce, direction: .neutral, canProbe: true)
    }

    var secrets: [SecretReference] { sentry.secrets }
    var checkup: Checkup? { sentry.checkup(.markDeploys) }

    private struct Plan: Sendable {
        var release: String
        var name: String
        var link: String?
    }

    private func plan(_ variables: Variables) throws -> Plan {
        let name = try variables.text(name)
        guard !name.isEmpty, name.count <= Self.nameLength else {
            throw ResolvingProblem(
                message: "'\(name)' has more than \(Self.nameLength) characters; say another 'name'"
            )
        }
        return Plan(
            release: try variables.sentryRelease(release),
            name: name,
            link: try link.map { try variables.text($0) }
        )
    }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        await sentry.api.perform(intent, remedy: Self.remedy) { session, variables in
            let plan = try plan(variables)
            let body: [String: JSON?] = [
                "environment": .string(environment), "name": .string(plan.name),
                "url": plan.link.map { .string($0) },
            ]
            return try await session.once(remedy: Self.remedy) {
                try await look(plan, session)
            } send: {
                let made = try await session.write(.POST, path(plan), .compact(body))
                guard try made.text("environment") == environment,
                    try made.textOrNull("name") == plan.name
                else { throw APIProblem(.malformed, "made, and the answer names another one") }
                return evidence(plan, try made.text("id"))
            }
        }
    }

    func probe(_ intent: Intent) async -> ProbeAnswer {
        await sentry.api.probe(intent) { session, variables in
            try await look(try plan(variables), session)
        }
    }

    private func path(_ plan: Plan) -> APIPath {
        "\(sentry.root)/releases/\(plan.release)/deploys/"
    }

    private func evidence(_ plan: Plan, _ id: String) -> String {
        "deploy \(id) of \(plan.release) to \(environment): \(plan.name)"
    }

    private func look(_ plan: Plan, _ session: APISession) async throws -> ProbeAnswer {
        for page in try await session.pages(path(plan)) {
            for deploy in try page.list() {
                let isThis =
                    try deploy.textOrNull("name") == plan.name
                    && deploy.text("environment") == environment
                if isThis { return .present(evidence: evidence(plan, try deploy.text("id"))) }
            }
        }
        return .absent
    }
}
