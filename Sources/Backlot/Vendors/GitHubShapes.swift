import ConductorCore

/// Answers of GitHub's with every member that its specification requires.
struct GitHubShapes: Sendable {
    static let owner = "acme"
    private static let api = "https://api.github.example"
    private static let web = "https://github.example"

    /// The name of the repository, without its owner.
    let name: String

    private var full: String { "\(Self.owner)/\(name)" }
    private var root: String { "\(Self.api)/repos/\(full)" }
    private var page: String { "\(Self.web)/\(full)" }
    private var started: JSON { .string(Fortnight.start.description) }

    /// What GitHub calls a thing of its own, whatever that is.
    private static func node(_ kind: String, _ key: String) -> JSON { .string("\(kind)_\(key)") }

    private static let account: JSON = {
        let root = [api, "users", owner].joined(separator: "/")
        var members: [String: JSON] = [
            "login": .string(owner), "id": 1, "node_id": node("O", owner), "gravatar_id": "",
            "avatar_url": .string("\(web)/\(owner).png"), "url": .string(root),
            "html_url": .string("\(web)/\(owner)"), "type": "Organization", "site_admin": false,
            "following_url": .string(root + "/following{/other_user}"),
            "gists_url": .string(root + "/gists{/gist_id}"),
            "starred_url": .string(root + "/starred{/owner}{/repo}"),
            "events_url": .string(root + "/events{/privacy}"),
        ]
        for part in ["followers", "subscriptions", "repos", "received_events"] {
            members[part + "_url"] = .string("\(root)/\(part)")
        }
        members["organizations_url"] = .string(root + "/orgs")
        return .object(members)
    }()

    /// The repository's own interface, by what stands behind its address.
    private static let places = [
        "archive": "{archive_format}{/ref}", "assignees": "assignees{/user}",
        "blobs": "git/blobs{/sha}", "branches": "branches{/branch}",
        "collaborators": "collaborators{/collaborator}", "comments": "comments{/number}",
        "commits": "commits{/sha}", "compare": "compare/{base}...{head}",
        "contents": "contents/{+path}", "contributors": "contributors",
        "deployments": "deployments", "downloads": "downloads", "events": "events",
        "forks": "forks", "git_commits": "git/commits{/sha}", "git_refs": "git/refs{/sha}",
        "git_tags": "git/tags{/sha}", "hooks": "hooks",
        "issue_comment": "issues/comments{/number}", "issue_events": "issues/events{/number}",
        "issues": "issues{/number}", "keys": "keys{/key_id}", "labels": "labels{/name}",
        "languages": "languages", "merges": "merges", "milestones": "milestones{/number}",
        "notifications": "notifications{?since,all,participating}", "pulls": "pulls{/number}",
        "releases": "releases{/id}", "stargazers": "stargazers", "statuses": "statuses/{sha}",
        "subscribers": "subscribers", "subscription": "subscription", "tags": "tags",
        "teams": "teams", "trees": "git/trees{/sha}",
    ]

    /// A repository as other things name it.
    private var repositoryInBrief: [String: JSON] {
        var members: [String: JSON] = [
            "id": 7, "node_id": Self.node("R", name), "name": .string(name),
            "full_name": .string(full), "owner": Self.account, "private": true, "fork": false,
            "description": .null, "url": .string(root), "html_url": .string(page),
        ]
        for (part, place) in Self.places { members[part + "_url"] = .string("\(root)/\(place)") }
        return members
    }

    /// The repository itself.
    var repository: JSON {
        var members = repositoryInBrief
        for (part, address) in [
            "git": "git://github.example/\(full).git", "ssh": "git@github.example:\(full).git",
            "clone": page + ".git", "svn": page,
        ] {
            members[part + "_url"] = .string(address)
        }
        for count in [
            "forks", "forks_count", "stargazers_count", "watchers", "watchers_count", "size",
            "open_issues", "open_issues_count", "subscribers_count", "network_count",
        ] {
            members[count] = 0
        }
        for part in ["issues", "projects", "wiki", "pages", "downloads"] {
            members["has_" + part] = false
        }
        for nothing in ["mirror_url", "homepage", "language", "license"] {
            members[nothing] = .null
        }
        for moment in ["pushed_at", "created_at", "updated_at"] { members[moment] = started }
        members["default_branch"] = "main"
        members["archived"] = false
        members["disabled"] = false
        members["permissions"] = ["push": true, "pull": true, "admin": false]
        return .object(members)
    }

    func reference(_ branch: String, at commit: String) -> JSON {
        [
            "ref": .string("refs/heads/" + branch), "node_id": Self.node("REF", branch),
            "url": .string("\(root)/git/refs/heads/\(branch)"),
            "object": [
                "type": "commit", "sha": .string(commit),
                "url": .string("\(root)/git/commits/\(commit)"),
            ],
        ]
    }

    func branch(_ branch: String, at commit: String) -> JSON {
        let address = JSON.string("\(root)/branches/\(branch)")
        return [
            "name": .string(branch), "commit": self.commit(commit), "protected": false,
            "_links": ["self": address, "html": .string("\(page)/tree/\(branch)")],
            "protection": ["enabled": false],
            "protection_url": .string("\(root)/branches/\(branch)/protection"),
        ]
    }

    private func commit(_ commit: String) -> JSON {
        let author: JSON = ["name": "Ada", "email": "ada@acme.example", "date": started]
        return [
            "sha": .string(commit), "node_id": Self.node("C", commit),
            "url": .string("\(root)/commits/\(commit)"),
            "html_url": .string("\(page)/commit/\(commit)"),
            "comments_url": .string("\(root)/commits/\(commit)/comments"),
            "commit": [
                "url": .string("\(root)/git/commits/\(commit)"), "author": author,
                "committer": author, "message": "Play on", "comment_count": 0,
                "tree": [
                    "sha": .string(commit), "url": .string("\(root)/git/trees/\(commit)"),
                ],
            ],
            // Whose address belongs to no account is nobody that GitHub knows.
            "author": .null, "committer": .null, "parents": [],
        ]
    }

    /// How one commit lies to another; the list of commits is as long as one page that was asked for is.
    func comparison(_ base: String, _ head: String, ahead: Int64, behind: Int64) -> JSON {
        let word: JSON = ahead > 0 ? (behind > 0 ? "diverged" : "ahead") : "behind"
        let address = "\(root)/compare/\(base)...\(head)"
        let shown = "\(page)/compare/\(base)...\(head)"
        return [
            "url": .string(address), "html_url": .string(shown),
            "permalink_url": .string(shown), "diff_url": .string(shown + ".diff"),
            "patch_url": .string(shown + ".patch"), "base_commit": commit(base),
            "merge_base_commit": commit(ahead > 0 ? base : head),
            "status": ahead == 0 && behind == 0 ? "identical" : word,
            "ahead_by": .int(ahead), "behind_by": .int(behind), "total_commits": .int(ahead),
            "commits": ahead > 0 ? [commit(head)] : [],
        ]
    }

    /// A check of a commit; `conclusion` is nil as long as it runs.
    func checkRun(_ check: String, of commit: String, conclusion: String?) -> JSON {
        let address = "\(root)/check-runs/1"
        let shown = JSON.string("\(page)/runs/1")
        return [
            "id": 1, "node_id": Self.node("CR", commit), "external_id": "",
            "name": .string(check), "head_sha": .string(commit), "url": .string(address),
            "html_url": shown, "details_url": shown, "started_at": started,
            "status": conclusion == nil ? "in_progress" : "completed",
            "conclusion": conclusion.map { .string($0) } ?? .null,
            "completed_at": conclusion == nil ? .null : started,
            "output": [
                "title": .null, "summary": .null, "text": .null, "annotations_count": 0,
                "annotations_url": .string(address + "/annotations"),
            ],
            "check_suite": ["id": 1], "app": .null, "pull_requests": [],
        ]
    }

    /// The statuses of a commit, of which there are none.
    func noStatuses(of commit: String) -> JSON {
        [
            "sha": .string(commit), "state": "pending", "statuses": [], "total_count": 0,
            "repository": .object(repositoryInBrief),
            "commit_url": .string("\(root)/commits/\(commit)"),
            "url": .string("\(root)/commits/\(commit)/status"),
        ]
    }
}
