import ConductorCore
import ConductorPorts

/// What all actions of git share: how a failure becomes an outcome.
enum GitWork {
    /// Runs `body` and says what its failures mean before anything was changed.
    static func perform(
        _ place: GitPlace,
        _ intent: Intent,
        _ body: (GitRepository, Variables) async throws -> ActionOutcome
    ) async -> ActionOutcome {
        let variables = Variables(intent)
        do {
            let repository = try place.repository(variables, timeout: intent.policy.deadline)
            return try await body(repository, variables)
        } catch let problem as ResolvingProblem {
            return .rejected(reason: problem.message, remedy: "correct it, and retry")
        } catch let problem as TemplateProblem {
            return .rejected(reason: problem.message, remedy: "correct the action's settings")
        } catch let problem as GitRepository.Problem {
            switch problem {
            case .missing, .forbidden, .noGit:
                return .rejected(reason: problem.message, remedy: "correct it, and retry")
            case .failed(let words) where needsPerson(words):
                return .rejected(
                    reason: problem.message,
                    remedy: "see to the remote and the credential for it"
                )
            case .failed, .timedOut, .cancelled, .tooLarge:
                return .retryable(reason: problem.message, after: nil)
            }
        } catch {
            return .retryable(reason: "git could not be asked", after: nil)
        }
    }

    /// Runs `body`; a failure is no answer.
    static func probe(
        _ place: GitPlace,
        _ intent: Intent,
        _ body: (GitRepository, Variables) async throws -> ProbeAnswer
    ) async -> ProbeAnswer {
        let variables = Variables(intent)
        do {
            let repository = try place.repository(variables, timeout: intent.policy.deadline)
            return try await body(repository, variables)
        } catch let problem as ResolvingProblem {
            return .unavailable(reason: problem.message)
        } catch let problem as TemplateProblem {
            return .unavailable(reason: problem.message)
        } catch let problem as GitRepository.Problem {
            return .unavailable(reason: problem.message)
        } catch {
            return .unavailable(reason: "git could not be asked")
        }
    }

    /// The one step that changes something.
    ///
    /// After a failure a look says what became of it; where that says nothing either, the outcome
    /// is unknown.
    static func change(
        probe: () async throws -> ProbeAnswer,
        _ body: () async throws -> Void
    ) async -> ActionOutcome {
        var reason = "git was ended"
        do {
            try await body()
            if case .present(let evidence) = try await probe() { return .done(evidence: evidence) }
            return .unknown(reason: "git said yes, and the effect is not to be seen")
        } catch let problem as GitRepository.Problem {
            reason = problem.message
            switch problem {
            case .timedOut, .cancelled: return .unknown(reason: reason)
            case .missing, .failed, .forbidden, .tooLarge, .noGit: break
            }
        } catch {
            return .unknown(reason: "git could not be asked")
        }
        switch try? await probe() {
        case .present(let evidence): return .done(evidence: evidence)
        case .ambiguous(let found):
            return .rejected(reason: found, remedy: "see whose it is; nothing is overwritten")
        case .absent:
            return .rejected(reason: reason, remedy: "see what git says, set it right, and retry")
        case .unavailable, nil: return .unknown(reason: reason)
        }
    }

    /// The commit that an action is about.
    static func commit(
        _ template: Template,
        _ variables: Variables,
        _ repository: GitRepository
    ) async throws -> String {
        let revision = try variables.text(template)
        guard let commit = try await repository.commit(revision) else {
            throw ResolvingProblem(message: "the repository has no commit '\(revision)'")
        }
        return commit
    }

    /// Failures that no repetition heals.
    private static func needsPerson(_ words: String) -> Bool {
        [
            "Permission denied", "Authentication failed", "could not read Username",
            "does not appear to be a git repository", "Repository not found", "terminal prompts",
        ].contains { words.contains($0) }
    }
}
