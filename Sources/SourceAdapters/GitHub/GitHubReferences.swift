import ConductorCore
import ConductorPorts
import NIOHTTP1

/// The kind `github.branch`: creates a branch.
///
///     github.branch: {repository: acme/music, token: env:GITHUB_TOKEN, name: "release/${version}",
///                     from: "${with.commit}"}
///
/// Its natural key is the branch's name. A branch that is there and contains the commit is the effect,
/// whoever made it and whatever was added since; any other is somebody else's.
struct GitHubBranchAction: ConfiguredAction {
    static let kind = "github.branch"

    private let reference: GitHubReference

    init?(settings: SettingsReader, binding: ActionBinding) {
        let reference = GitHubReference(
            settings: settings,
            space: "heads/",
            name: "release/${version}",
            commitKey: "from"
        )
        guard let reference else { return nil }
        self.reference = reference
    }

    var traits: ActionTraits { GitHubReference.traits }
    var secrets: [SecretReference] { reference.github.secrets }
    var checkup: Checkup? { reference.github.checkup(.writeContents) }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        await reference.perform(intent)
    }

    func probe(_ intent: Intent) async -> ProbeAnswer { await reference.probe(intent) }
}

/// The kind `github.tag`: creates a lightweight tag.
///
///     github.tag: {repository: acme/music, token: env:GITHUB_TOKEN, name: "v${version}"}
///
/// Its natural key is the tag's name. A tag that is there at this commit is the effect, annotated or not;
/// at another commit it is somebody else's.
struct GitHubTagAction: ConfiguredAction {
    static let kind = "github.tag"

    private let reference: GitHubReference

    init?(settings: SettingsReader, binding: ActionBinding) {
        let reference = GitHubReference(
            settings: settings,
            space: "tags/",
            name: "v${version}",
            commitKey: "commit"
        )
        guard let reference else { return nil }
        self.reference = reference
    }

    var traits: ActionTraits { GitHubReference.traits }
    var secrets: [SecretReference] { reference.github.secrets }
    var checkup: Checkup? { reference.github.checkup(.writeContents) }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        await reference.perform(intent)
    }

    func probe(_ intent: Intent) async -> ProbeAnswer { await reference.probe(intent) }
}

/// What creating a branch and creating a tag have in common.
struct GitHubReference: Sendable {
    static let traits = ActionTraits(actionClass: .createOnce, direction: .neutral, canProbe: true)
    private static let remedy = "see whose it is; nothing is overwritten"

    let github: GitHub
    /// `heads/` or `tags/`.
    private let space: String
    private let name: Template
    private let commit: Template

    init?(settings: SettingsReader, space: String, name: String, commitKey: String) {
        let github = GitHub(settings: settings, scope: .action)
        let name = settings.template("name", .action, default: name)
        let commit = settings.template(commitKey, .action, default: "${candidate.commit}")
        guard let github, let name, let commit else { return nil }
        self.github = github
        self.space = space
        self.name = name
        self.commit = commit
    }

    /// What is to be where.
    private struct Plan: Sendable {
        var session: APISession
        var root: APIPath
        /// `heads/NAME` or `tags/NAME`.
        var reference: String
        var commit: String
    }

    private func plan(_ session: APISession, _ variables: Variables) throws -> Plan {
        Plan(
            session: session,
            root: try github.root(variables),
            reference: space + (try variables.referenceName(name)),
            commit: try variables.commitName(commit)
        )
    }

    func perform(_ intent: Intent) async -> ActionOutcome {
        await github.api.perform(intent, remedy: Self.remedy) { session, variables in
            let plan = try plan(session, variables)
            return try await session.once(remedy: Self.remedy) {
                try await look(plan)
            } send: {
                let made = try await session.write(
                    .POST,
                    "\(plan.root)/git/refs",
                    ["ref": .string("refs/" + plan.reference), "sha": .string(plan.commit)]
                )
                guard try made.text("object", "sha") == plan.commit else {
                    throw APIProblem(.malformed, "made, and the answer names another commit")
                }
                return "\(plan.reference) at \(plan.commit)"
            }
        }
    }

    func probe(_ intent: Intent) async -> ProbeAnswer {
        await github.api.probe(intent) { session, variables in
            try await look(plan(session, variables))
        }
    }

    private func look(_ plan: Plan) async throws -> ProbeAnswer {
        guard let there = try await GitHub.commit(of: plan.reference, plan.root, plan.session)
        else {
            try await GitHub.confirm(plan.root, plan.session)
            return .absent
        }
        if there == plan.commit { return .present(evidence: "\(plan.reference) at \(there)") }
        if space == "heads/" {
            let comparison = try await GitHub.compare(
                plan.commit,
                there,
                plan.root,
                plan.session
            )
            if comparison.behind == 0 {
                return .present(
                    evidence: "\(plan.reference) at \(there), which contains \(plan.commit)"
                )
            }
        }
        return .ambiguous(reason: "\(plan.reference) is at \(there), not at \(plan.commit)")
    }
}

extension Variables {
    /// The whole name of a commit.
    func commitName(_ template: Template) throws -> String {
        let name = try text(template)
        guard GitRepository.isObjectName(name) else {
            throw ResolvingProblem(message: "'\(name)' is not the whole name of a commit")
        }
        return name
    }
}
