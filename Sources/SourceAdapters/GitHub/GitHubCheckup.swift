import ConductorCore
import ConductorPorts
import NIOHTTP1

/// What a source or an action may have to do at GitHub.
enum GitHubRight: Sendable, Hashable, CaseIterable {
    case readContents
    case readChecks
    case writeContents
    case dispatch
    case setStatus
    case comment

    fileprivate var words: String {
        switch self {
        case .readContents: "may read branches, tags and commits"
        case .readChecks: "may read checks, statuses and workflow runs"
        case .writeContents: "may create branches, tags and releases"
        case .dispatch: "may start workflows"
        case .setStatus: "may set commit statuses"
        case .comment: "may comment"
        }
    }

    /// The permissions of an App, or of a fine-grained token, and how much of them.
    fileprivate var permissions: [(name: String, isWrite: Bool)] {
        switch self {
        case .readContents: [("contents", false)]
        case .readChecks: [("checks", false), ("statuses", false), ("actions", false)]
        case .writeContents: [("contents", true)]
        case .dispatch: [("actions", true)]
        case .setStatus: [("statuses", true)]
        case .comment: [("issues", true)]
        }
    }
}

extension GitHub {
    /// Looks at the repository, at what needs a right to be read, and at what GitHub says of the credential.
    func checkup(_ right: GitHubRight) -> Checkup {
        Checkup("GitHub", api) { looks, variables in
            let root = try root(variables)
            let repository = try await looks.get(root)
            guard repository.isFine else {
                return [
                    Finding(
                        "may see \(root)",
                        .no,
                        evidence: repository.words,
                        remedy: "let the credential see this repository, or correct its name"
                    )
                ]
            }
            var reads: [(permission: String, look: Look)] = []
            if right == .readChecks, let branch = repository.json?["default_branch"]?.stringValue {
                reads = [
                    ("actions", try await looks.get("\(root)/actions/runs", query: one)),
                    (
                        "checks",
                        try await looks.get("\(root)/commits/\(branch)/check-runs", query: one)
                    ),
                    (
                        "statuses",
                        try await looks.get("\(root)/commits/\(branch)/status", query: one)
                    ),
                ]
            }
            if right == .readContents {
                reads = [("contents", try await looks.get("\(root)/branches", query: one))]
            }
            return GitHubDiagnosis(
                root: "\(root)",
                repository: repository,
                reads: reads,
                grants: looks.session.signature.grants
            ).findings(right)
        }
    }

    private var one: [(String, String)] { [("per_page", "1")] }
}

/// What GitHub's answers say of a right.
struct GitHubDiagnosis: Sendable {
    var root: String
    /// The answer to `GET /repos/OWNER/NAME`.
    var repository: Look
    /// What was read that needs a permission of its own.
    var reads: [(permission: String, look: Look)] = []
    /// What an App's installation was granted: `{contents: write}`.
    var grants: JSON?

    func findings(_ right: GitHubRight) -> [Finding] {
        let what = "\(right.words) in \(root)"
        if !reads.isEmpty {
            return reads.map { read in
                read.look.finding(
                    "\(what) (\(read.permission))",
                    isList: read.permission == "contents",
                    remedy: "give it the permission '\(read.permission)': read"
                )
            }
        }
        // What says nothing of a repository answers for no right in it.
        guard repository.json?["full_name"]?.stringValue != nil else {
            return [
                Finding(
                    what,
                    .untold,
                    evidence: "the answer tells of no repository",
                    remedy: "see that 'url' is the address of GitHub's interface"
                )
            ]
        }
        if let grants { return [granted(grants, right, what)] }
        if let scopes = repository.headers.first(name: "x-oauth-scopes") {
            return [scoped(scopes, right, what)]
        }
        // A fine-grained token: the answer tells the person's rights, and nothing of the token's own.
        guard canPush else { return [notPushing(what)] }
        let needed = right.permissions.map { "\($0.name): write" }.joined(separator: ", ")
        return [
            Finding(
                what,
                .untold,
                evidence: "its owner may, and GitHub does not say what the token may",
                remedy: "see that the token has \(needed)"
            )
        ]
    }

    private var canPush: Bool { repository.json?["permissions"]?["push"] == true }

    private func notPushing(_ what: String) -> Finding {
        Finding(
            what,
            .no,
            evidence: "its owner may only read the repository",
            remedy: "give its owner the role 'write' in the repository"
        )
    }

    private func granted(_ grants: JSON, _ right: GitHubRight, _ what: String) -> Finding {
        let missing = right.permissions.filter { permission in
            let level = grants[permission.name]?.stringValue
            return permission.isWrite ? level != "write" && level != "admin" : level == nil
        }
        guard let first = missing.first else { return Finding(what, .yes) }
        let has = grants[first.name]?.stringValue ?? "nothing"
        return Finding(
            what,
            .no,
            evidence: "the App has \(first.name): \(has)",
            remedy: "give the App \(first.name): \(first.isWrite ? "write" : "read"), and accept it"
                + " where it is installed"
        )
    }

    /// A classic token: its scopes, and what its owner may.
    private func scoped(_ scopes: String, _ right: GitHubRight, _ what: String) -> Finding {
        let scopes = Set(scopes.split { $0 == "," || $0 == " " }.map(String.init))
        let isPublic = repository.json?["private"] == false
        var enough: Set<String> = isPublic ? ["repo", "public_repo"] : ["repo"]
        if right == .setStatus { enough.insert("repo:status") }
        guard !scopes.isDisjoint(with: enough) else {
            return Finding(
                what,
                .no,
                evidence:
                    "its scopes are \(scopes.sorted { $0.precedes($1) }.joined(separator: ", "))",
                remedy: "give the token the scope \(isPublic ? "public_repo" : "repo")"
            )
        }
        // Whoever reads may comment.
        guard canPush || right == .comment else { return notPushing(what) }
        return Finding(what, .yes)
    }
}
