import ConductorCore
import ConductorPorts

extension GitPlace {
    /// Looks whether the repository is there; with a remote, whether that answers.
    ///
    /// `mayChange` is what an action does: whether a push would be taken, only a push tells.
    func checkup(remote: String? = nil, mayChange what: String? = nil) -> Checkup {
        Checkup("git", address: text) { _, variables in
            let repository = try repository(variables, timeout: .seconds(30))
            do throws(GitRepository.Problem) {
                _ = try await repository.run(["rev-parse", "--git-dir"])
            } catch {
                return [Self.unread(repository.path, error)]
            }
            var findings = [Finding("may read \(repository.path)", .yes)]
            if what != nil, remote == nil {
                findings.append(Self.mayWrite(repository.path))
            }
            guard let remote else { return findings }
            do throws(GitRepository.Problem) {
                _ = try await repository.run(["ls-remote", "--quiet", "--heads", remote])
                findings.append(Finding("may read its remote '\(remote)'", .yes))
            } catch {
                findings.append(
                    Finding(
                        "may read its remote '\(remote)'",
                        .no,
                        evidence: error.message,
                        remedy: "see to the remote and the credential for it"
                    )
                )
            }
            if let what {
                findings.append(
                    Finding(
                        "may \(what) '\(remote)'",
                        .untold,
                        evidence: "only a push tells",
                        remedy: "see that the credential may write there"
                    )
                )
            }
            return findings
        }
    }

    private static func unread(_ path: String, _ problem: GitRepository.Problem) -> Finding {
        let remedy =
            switch problem {
            case .missing: "correct the path, or clone the repository there"
            case .forbidden: "give the repository to this user, or say trust_owner: true"
            case .noGit: "install git"
            case .failed, .timedOut, .cancelled, .tooLarge: "see what git says there"
            }
        return Finding("may read \(path)", .no, evidence: problem.message, remedy: remedy)
    }

    private static func mayWrite(_ path: String) -> Finding {
        let what = "may change \(path)"
        // A bare repository has no folder of its own name in it.
        let places = [path + "/.git/refs", path + "/refs"]
        return places.contains(where: Posix.isWritable)
            ? Finding(what, .yes)
            : Finding(
                what,
                .no,
                evidence: "this user may not write there",
                remedy: "give the repository to the user that conductord runs as"
            )
    }
}
