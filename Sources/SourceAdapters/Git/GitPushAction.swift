import ConductorCore
import ConductorPorts

/// The kind `git.push`: brings one branch or one tag to a remote, never by force.
///
///     git.push: {repository: /srv/app, remote: origin, tag: "v${version}"}
///     git.push: {repository: /srv/app, remote: origin, branch: "release/${version}"}
///
/// What is pushed is the local branch or tag of that name; `commit:` names another commit for a
/// branch. The remote is what is looked at: the same object there is the effect, and so is a branch
/// that contains it already; a branch that it would only move forward is moved; anything else is
/// somebody else's.
struct GitPushAction: ConfiguredAction {
    static let kind = "git.push"

    private let place: GitPlace
    private let remote: String
    private let name: Template
    private let isTag: Bool
    private let commit: Template?

    init?(settings: SettingsReader, binding: ActionBinding) {
        let place = GitPlace(settings: settings, scope: .action)
        let remote = settings.remote("remote", required: true)
        let branch = settings.template("branch", .action)
        let tag = settings.template("tag", .action)
        commit = settings.template("commit", .action)
        switch (settings.has("branch"), settings.has("tag")) {
        case (true, true): settings.fault(.badValue, "tag", "one of 'branch' and 'tag', not both")
        case (false, false): settings.missing("branch", "the branch to push; or write 'tag'")
        case (true, false): break
        case (false, true):
            if settings.has("commit") {
                settings.fault(.badValue, "commit", "a tag already says its commit")
            }
        }
        isTag = tag != nil
        guard let place, let remote, let name = branch ?? tag else { return nil }
        self.place = place
        self.remote = remote
        self.name = name
    }

    var traits: ActionTraits {
        ActionTraits(actionClass: .createOnce, direction: .neutral, canProbe: true)
    }

    var secrets: [SecretReference] { [] }
    var checkup: Checkup? { place.checkup(remote: remote, mayChange: "push to") }

    /// What is to be where.
    private struct Plan: Sendable {
        var repository: GitRepository
        /// `refs/heads/NAME` or `refs/tags/NAME`.
        var reference: String
        /// The object that the remote's reference shall be.
        var object: String
    }

    private func plan(
        _ repository: GitRepository,
        _ variables: Variables
    ) async throws -> Plan {
        let name = try variables.referenceName(name)
        let reference = (isTag ? "refs/tags/" : "refs/heads/") + name
        if let commit {
            let object = try await GitWork.commit(commit, variables, repository)
            return Plan(repository: repository, reference: reference, object: object)
        }
        let local = try await repository.run(
            ["rev-parse", "--verify", "--quiet", "--end-of-options", reference],
            accepting: [1, 128]
        )
        guard local.code == 0, GitRepository.isObjectName(local.line) else {
            throw ResolvingProblem(message: "the repository has no \(reference)")
        }
        return Plan(repository: repository, reference: reference, object: local.line)
    }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        await GitWork.perform(place, intent) { repository, variables in
            let plan = try await plan(repository, variables)
            switch try await look(plan) {
            case .present(let evidence): return .alreadyDone(evidence: evidence)
            case .ambiguous(let reason):
                return .rejected(reason: reason, remedy: "see whose it is; nothing is overwritten")
            case .unavailable(let reason): return .retryable(reason: reason, after: nil)
            case .absent: break
            }
            return await GitWork.change(probe: { try await look(plan) }) {
                _ = try await repository.run([
                    "push", "--porcelain", "--no-verify", "--no-follow-tags", "--", remote,
                    "\(plan.object):\(plan.reference)",
                ])
            }
        }
    }

    func probe(_ intent: Intent) async -> ProbeAnswer {
        await GitWork.probe(place, intent) { repository, variables in
            try await look(plan(repository, variables))
        }
    }

    private func look(_ plan: Plan) async throws -> ProbeAnswer {
        let listing = try await plan.repository.run(
            ["ls-remote", "--refs", "--quiet", "--", remote, plan.reference]
        )
        let line = listing.lines.first { $0.hasSuffix("\t" + plan.reference) }
        guard let there = line?.split(separator: "\t").first.map(String.init) else {
            return .absent
        }
        if there == plan.object { return .present(evidence: "\(plan.reference) at \(there)") }
        // The remote may hold commits that this repository has not.
        if !isTag, try await plan.repository.commit(there) != nil {
            if try await plan.repository.isAncestor(plan.object, of: there) {
                return .present(
                    evidence: "\(plan.reference) at \(there), which contains \(plan.object)"
                )
            }
            if try await plan.repository.isAncestor(there, of: plan.object) { return .absent }
        }
        return .ambiguous(reason: "\(remote) has \(plan.reference) at \(there)")
    }
}
