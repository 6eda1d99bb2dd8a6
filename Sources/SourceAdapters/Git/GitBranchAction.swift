import ConductorCore
import ConductorPorts

/// The kind `git.branch`: creates a branch in a repository.
///
///     git.branch: {repository: /srv/app, name: "release/${version}", from: "${with.commit}"}
///
/// Its natural key is the branch's name. A branch that is there and contains the commit is the
/// effect, whoever made it and whatever was added since; any other is somebody else's.
struct GitBranchAction: ConfiguredAction {
    static let kind = "git.branch"

    private let place: GitPlace
    private let name: Template
    private let from: Template

    init?(settings: SettingsReader, binding: ActionBinding) {
        let place = GitPlace(settings: settings, scope: .action)
        let name = settings.template("name", .action, default: "release/${version}")
        let from = settings.template("from", .action, default: "${candidate.commit}")
        guard let place, let name, let from else { return nil }
        self.place = place
        self.name = name
        self.from = from
    }

    var traits: ActionTraits {
        ActionTraits(actionClass: .createOnce, direction: .neutral, canProbe: true)
    }

    var secrets: [SecretReference] { [] }
    var checkup: Checkup? { place.checkup(mayChange: "branch") }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        await GitWork.perform(place, intent) { repository, variables in
            let name = try variables.referenceName(name)
            let commit = try await GitWork.commit(from, variables, repository)
            switch try await look(repository, name, commit) {
            case .present(let evidence): return .alreadyDone(evidence: evidence)
            case .ambiguous(let reason):
                return .rejected(reason: reason, remedy: "see whose it is, move or remove it")
            case .unavailable(let reason): return .retryable(reason: reason, after: nil)
            case .absent: break
            }
            // Zeros for the old value: created, never moved.
            let zeros = String(repeating: "0", count: commit.utf8.count)
            return await GitWork.change(probe: { try await look(repository, name, commit) }) {
                _ = try await repository.run([
                    "update-ref", "-m", "conductord: \(intent.key)", "refs/heads/\(name)", commit,
                    zeros,
                ])
            }
        }
    }

    func probe(_ intent: Intent) async -> ProbeAnswer {
        await GitWork.probe(place, intent) { repository, variables in
            let name = try variables.referenceName(name)
            let commit = try await GitWork.commit(from, variables, repository)
            return try await look(repository, name, commit)
        }
    }

    private func look(
        _ repository: GitRepository,
        _ name: String,
        _ commit: String
    ) async throws -> ProbeAnswer {
        guard let tip = try await repository.commit("refs/heads/" + name) else { return .absent }
        if tip == commit { return .present(evidence: "branch \(name) at \(commit)") }
        if try await repository.isAncestor(commit, of: tip) {
            return .present(evidence: "branch \(name) at \(tip), which contains \(commit)")
        }
        return .ambiguous(reason: "branch \(name) is at \(tip), without \(commit)")
    }
}
