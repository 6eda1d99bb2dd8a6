import ConductorCore
import ConductorPorts

extension ContractVendor {
    /// GitHub's interface as its OpenAPI description has it.
    static let github = ContractVendor(
        name: "GitHub",
        specification: "github.json",
        cells: reads + acts
    )

    private static let head = String(repeating: "d", count: 40)
    private static let older = String(repeating: "c", count: 40)
    private static let release: JSON = [
        "tag_name": "v8.9.2", "draft": false, "prerelease": false,
        "html_url": "https://github.com/acme/music/releases/tag/v8.9.2",
    ]

    /// What every look at a branch is answered.
    private static let branch: [ContractAnswer] = [
        ContractAnswer("repos/get", [:]),
        ContractAnswer(
            "repos/get-branch",
            [
                "name": "release/8.9.2", "protected": true,
                "commit": [
                    "sha": .string(head),
                    "commit": ["committer": ["date": "2026-03-06T09:00:00Z"]],
                ],
                "protection": ["required_status_checks": ["contexts": ["build"]]],
            ]
        ),
        reference("heads/main", older),
        ContractAnswer(
            "repos/compare-commits-with-basehead",
            ["ahead_by": 3, "behind_by": 0, "status": "ahead"]
        ),
        ContractAnswer("pulls/list", [["state": "open", "base": ["ref": "release/8.9.2"]]]),
        ContractAnswer("repos/get-release-by-tag", release),
        ContractAnswer("repos/list-releases", []),
    ]

    private static func reference(_ name: String, _ commit: String) -> ContractAnswer {
        ContractAnswer(
            "git/get-ref",
            match: ["path.ref": .string(name)],
            [
                "ref": .string("refs/" + name),
                "object": ["type": "commit", "sha": .string(commit)],
            ]
        )
    }

    private static let nothing = ContractAnswer("git/get-ref", status: 404)

    private static func settings(_ run: ContractRun, _ more: [String: JSON] = [:]) throws -> JSON {
        let common: [String: JSON] = [
            "url": .string(run.url), "repository": "acme/music",
            "token": try run.secret("github-t0ken"),
        ]
        return .object(common.merging(more) { $1 })
    }

    private static let reads: [ContractCell] = [
        ContractCell(
            "read: branch head",
            ["repos/get-branch", "git/get-ref", "repos/compare-commits-with-basehead"],
            branch
        ) { run in
            let facts = try await run.observe("github", settings(run))
            try run.expect(facts["head"]?.value == .string(head), "head")
            try run.expect(facts["ahead"]?.value == 3, "ahead")
        },
        ContractCell(
            "read: a branch that is not there",
            ["repos/get-branch", "repos/get"],
            [ContractAnswer("repos/get-branch", status: 404)] + branch
        ) { run in
            let facts = try await run.observe("github", settings(run))
            try run.expect(facts["branch.exists"]?.value == false, "branch.exists")
        },
        ContractCell(
            "read: commits since a tag",
            ["git/list-matching-refs", "git/get-ref", "repos/compare-commits-with-basehead"],
            branch + [
                reference("tags/v8.9.1", older),
                ContractAnswer("git/list-matching-refs", [["ref": "refs/tags/v8.9.1"]]),
            ]
        ) { run in
            let facts = try await run.observe("github", settings(run, ["since": "v8.*"]))
            try run.expect(facts["commits_since_tag"]?.value == 3, "commits_since_tag")
        },
        ContractCell(
            "read: an annotated tag",
            ["git/get-ref", "repos/get-commit"],
            branch + [
                ContractAnswer(
                    "git/get-ref",
                    [
                        "ref": "refs/tags/v8.9.2",
                        "object": ["type": "tag", "sha": .string(older)],
                    ]
                ),
                ContractAnswer("repos/get-commit", ["sha": .string(head)]),
            ]
        ) { run in
            let facts = try await run.observe("github", settings(run, ["tag": "v8.9.2"]))
            try run.expect(facts["tag.commit"]?.value == .string(head), "tag.commit")
        },
        ContractCell(
            "read: checks and statuses of head",
            ["checks/list-for-ref", "repos/get-combined-status-for-ref"],
            branch + [
                ContractAnswer(
                    "checks/list-for-ref",
                    [
                        "check_runs": [
                            [
                                "name": "build", "head_sha": .string(head),
                                "status": "completed", "conclusion": "success",
                            ]
                        ]
                    ]
                ),
                ContractAnswer(
                    "repos/get-combined-status-for-ref",
                    [
                        "sha": .string(head),
                        "statuses": [["context": "lint", "state": "failure"]],
                    ]
                ),
            ]
        ) { run in
            let facts = try await run.observe("github.checks", settings(run))
            try run.expect(
                facts["tests.state"] == ObservedFact("passed", about: head),
                "tests.state"
            )
            let both = try await run.observe(
                "github.checks",
                settings(run, ["required": ["build", "lint"]])
            )
            try run.expect(both["tests.state"]?.value == "failed", "tests.state of both")
        },
        ContractCell(
            "read: workflow runs",
            ["actions/list-workflow-runs"],
            branch + [
                ContractAnswer("checks/list-for-ref", ["check_runs": []]),
                ContractAnswer("repos/get-combined-status-for-ref", ["sha": .string(head)]),
                ContractAnswer(
                    "actions/list-workflow-runs",
                    [
                        "workflow_runs": [
                            [
                                "id": 7, "run_number": 70, "head_sha": .string(head),
                                "status": "completed", "conclusion": "success",
                                "html_url": "https://github.com/acme/music/actions/runs/7",
                            ]
                        ]
                    ]
                ),
            ]
        ) { run in
            let facts = try await run.observe(
                "github.checks",
                settings(run, ["workflow": "release.yml"])
            )
            try run.expect(facts["github.workflow.state"]?.value == "passed", "state of the run")
        },
        ContractCell(
            "read: releases",
            ["repos/get-release-by-tag"],
            branch + [reference("tags/v8.9.2", head)]
        ) { run in
            let facts = try await run.observe("github", settings(run, ["tag": "v8.9.2"]))
            try run.expect(facts["github.release.state"]?.value == "published", "release")
        },
        ContractCell(
            "read: a draft of a release",
            ["repos/get-release-by-tag", "repos/list-releases"],
            [
                ContractAnswer("repos/get-release-by-tag", status: 404),
                ContractAnswer("repos/list-releases", [["tag_name": "v8.9.2", "draft": true]]),
            ] + branch + [nothing]
        ) { run in
            let facts = try await run.observe("github", settings(run, ["tag": "v8.9.2"]))
            try run.expect(facts["github.release.state"]?.value == "draft", "release")
            try run.expect(facts["tag.exists"]?.value == false, "tag.exists")
        },
        ContractCell("read: open pull requests", ["pulls/list"], branch) { run in
            let facts = try await run.observe("github", settings(run))
            try run.expect(facts["github.open_prs"]?.value == 1, "open_prs")
        },
        ContractCell(
            "read: branches and tags by pattern",
            ["git/list-matching-refs"],
            branch + [
                ContractAnswer(
                    "git/list-matching-refs",
                    match: ["path.ref": "heads/release/"],
                    [["ref": "refs/heads/release/8.9.2"]]
                ),
                ContractAnswer("git/list-matching-refs", [["ref": "refs/tags/v8.9.1"]]),
            ]
        ) { run in
            let facts = try await run.observe(
                "github",
                settings(run, ["branches": "release/*", "tags": "v*"])
            )
            try run.expect(facts["github.branches"]?.value == ["release/8.9.2"], "branches")
            try run.expect(facts["github.tags"]?.value == ["v8.9.1"], "tags")
        },
        ContractCell(
            "read: versions by their branches",
            ["git/list-matching-refs"],
            [
                ContractAnswer(
                    "git/list-matching-refs",
                    match: ["path.ref": "heads/release/"],
                    [["ref": "refs/heads/release/8.9.2"]]
                )
            ]
        ) { run in
            let versions = try await run.versions("github", settings(run, [:]))
            try run.expect(versions == ["8.9.2"], "versions")
        },
        ContractCell(
            "read: as a GitHub App",
            ["apps/create-installation-access-token", "repos/get-branch"],
            branch + [
                ContractAnswer(
                    "apps/create-installation-access-token",
                    status: 201,
                    ["token": "minted-t0ken", "expires_at": "2999-01-01T00:00:00Z"]
                )
            ]
        ) { run in
            let facts = try await run.observe(
                "github",
                [
                    "url": .string(run.url), "repository": "acme/music",
                    "app": ["id": "1", "installation": "2", "key": run.signingKey],
                ]
            )
            try run.expect(facts["head"]?.value == .string(head), "head")
        },
    ]

    private static func created(_ name: String) -> ContractAnswer {
        ContractAnswer(
            "git/create-ref",
            status: 201,
            [
                "ref": .string("refs/" + name),
                "object": ["type": "commit", "sha": .string(head)],
            ]
        )
    }

    private static let acts: [ContractCell] = [
        ContractCell(
            "act: create branch",
            ["git/get-ref", "git/create-ref"],
            branch + [nothing, created("heads/release/8.9.2")]
        ) { run in
            try await run.perform("github.branch", settings(run, ["from": .string(head)]))
        },
        ContractCell(
            "act: create tag",
            ["git/get-ref", "git/create-ref"],
            branch + [nothing, created("tags/v8.9.2")]
        ) { run in
            try await run.perform("github.tag", settings(run, ["commit": .string(head)]))
        },
        ContractCell(
            "act: create release",
            ["repos/get-release-by-tag", "repos/create-release"],
            [
                ContractAnswer("repos/get-release-by-tag", status: 404),
                ContractAnswer("repos/list-releases", []),
                ContractAnswer("repos/create-release", status: 201, release),
            ]
        ) { run in
            try await run.perform(
                "github.release",
                settings(
                    run,
                    ["commit": .string(head), "notes": "What is new", "generate_notes": true]
                )
            )
        },
        ContractCell(
            "act: publish a draft",
            ["repos/list-releases", "repos/update-release"],
            [
                ContractAnswer("repos/get-release-by-tag", status: 404),
                ContractAnswer(
                    "repos/list-releases",
                    [["id": 5, "tag_name": "v8.9.2", "draft": true]]
                ),
                ContractAnswer("repos/update-release", release),
            ]
        ) { run in
            try await run.perform("github.release", settings(run, ["commit": .string(head)]))
        },
        ContractCell(
            "act: dispatch a workflow",
            ["actions/create-workflow-dispatch", "actions/list-workflow-runs"],
            [
                ContractAnswer(
                    "actions/create-workflow-dispatch",
                    ["html_url": "https://github.com/acme/music/actions/runs/8"]
                ),
                ContractAnswer(
                    "actions/list-workflow-runs",
                    [
                        "workflow_runs": [
                            [
                                "created_at": "2999-01-01T00:00:00Z",
                                "display_title": .string("Release [\(ContractRun.key)]"),
                                "html_url": "https://github.com/acme/music/actions/runs/8",
                            ]
                        ]
                    ]
                ),
            ]
        ) { run in
            let settings = try settings(
                run,
                [
                    "workflow": "release.yml", "marker": "conductor_id", "run_details": true,
                    "inputs": ["track": "${track}"],
                ]
            )
            try await run.perform("github.dispatch", settings)
            let found = try await run.probe("github.dispatch", settings)
            guard case .present = found else { throw ContractFault("a probe says \(found)") }
        },
        ContractCell(
            "act: commit status",
            ["repos/get-combined-status-for-ref", "repos/create-commit-status"],
            [
                ContractAnswer("repos/get-combined-status-for-ref", ["sha": .string(head)]),
                ContractAnswer(
                    "repos/create-commit-status",
                    status: 201,
                    ["state": "success", "context": "conductord/act"]
                ),
            ]
        ) { run in
            try await run.perform(
                "github.status",
                settings(run, ["commit": .string(head), "state": "success"])
            )
        },
        // The specification at hand has no list of comments, so the probe is not part of this.
        ContractCell(
            "act: comment",
            ["issues/create-comment"],
            [
                ContractAnswer(
                    "issues/create-comment",
                    status: 201,
                    ["html_url": "https://github.com/acme/music/issues/12#comment-1"]
                )
            ]
        ) { run in
            try await run.perform(
                "github.comment",
                settings(run, ["issue": "12", "body": "${track} is out"])
            )
        },
    ]
}
