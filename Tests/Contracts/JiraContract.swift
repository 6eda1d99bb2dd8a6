import ConductorCore
import ConductorPorts

extension ContractVendor {
    /// Jira Cloud's interface, version 3, as its OpenAPI description has it.
    static let jira = ContractVendor(
        name: "Jira Cloud",
        specification: "jira-cloud.json",
        cells: jiraReads + jiraActs
    )

    private static func settings(_ run: ContractRun, _ more: [String: JSON] = [:]) throws -> JSON {
        let common: [String: JSON] = [
            "url": .string(run.url), "user": "release-bot@acme.example",
            "token": try run.secret("jira-t0ken"),
        ]
        return .object(common.merging(more) { $1 })
    }

    private static let search = "searchAndReconsileIssuesUsingJql"

    private static let found = ContractAnswer(
        search,
        [
            "isLast": true,
            "issues": [
                [
                    "key": "MUSIC-1",
                    "fields": [
                        "assignee": ["displayName": "Ada"], "priority": ["name": "Highest"],
                        "created": "2026-03-02T10:15:00.000+0100",
                    ],
                ]
            ],
        ]
    )

    private static let jiraReads: [ContractCell] = [
        ContractCell("read: release-blocking bugs", [search], [found]) { run in
            let facts = try await run.observe(
                "jira",
                settings(run, ["blockers": "project = MUSIC AND fixVersion = ${version}"])
            )
            try run.expect(facts["blockers.open"]?.value == 1, "blockers.open")
            try run.expect(facts["blockers.owners"]?.value == ["Ada"], "blockers.owners")
            try run.expect(
                facts["blockers.oldest"]?.value == "2026-03-02T09:15:00.000Z"
                    || facts["blockers.oldest"]?.value == "2026-03-02T09:15:00Z",
                "blockers.oldest"
            )
        },
        ContractCell("read: bugs without version, priority, owner", [search], [found]) { run in
            let facts = try await run.observe(
                "jira",
                settings(
                    run,
                    [
                        "without_version": "project = MUSIC AND fixVersion is EMPTY",
                        "without_priority": "project = MUSIC AND priority is EMPTY",
                        "without_owner": "project = MUSIC AND assignee is EMPTY",
                    ]
                )
            )
            for name in ["without_version", "without_priority", "without_owner"] {
                try run.expect(facts[name + ".open"]?.value == 1, name)
            }
        },
        ContractCell(
            "read: sign-off tickets",
            [search],
            [
                ContractAnswer(
                    search,
                    [
                        "isLast": true,
                        "issues": [
                            [
                                "key": "QA-1",
                                "fields": [
                                    "assignee": .null, "status": ["name": "Done"],
                                    "components": [["name": "playback"]],
                                ],
                            ]
                        ],
                    ]
                )
            ]
        ) { run in
            let facts = try await run.observe(
                "jira.signoffs",
                settings(run, ["tickets": "project = QA", "teams": ["playback", "search"]])
            )
            try run.expect(facts["missing"]?.value == ["search"], "missing")
        },
    ]

    private static func issue(_ fields: JSON) -> ContractAnswer {
        ContractAnswer("getIssue", ["key": "MUSIC-1", "fields": fields])
    }

    private static let jiraActs: [ContractCell] = [
        ContractCell(
            "act: comment",
            ["addComment", "getComments"],
            [
                ContractAnswer("addComment", status: 201, ["id": "7"]),
                ContractAnswer("getComments", ["comments": [], "startAt": 0, "total": 0]),
            ]
        ) { run in
            let settings = try settings(run, ["issue": "MUSIC-1", "body": "${track} is out"])
            try await run.perform("jira.comment", settings)
            let found = try await run.probe("jira.comment", settings)
            guard case .absent = found else { throw ContractFault("a probe says \(found)") }
        },
        ContractCell(
            "act: transition",
            ["getIssue", "getTransitions", "doTransition"],
            [
                issue(["status": ["name": "To Do"]]),
                ContractAnswer(
                    "getTransitions",
                    ["transitions": [["id": "31", "to": ["name": "Done"]]]]
                ),
                ContractAnswer("doTransition", status: 204),
            ]
        ) { run in
            try await run.perform(
                "jira.transition",
                settings(run, ["issue": "MUSIC-1", "to": "Done"])
            )
        },
        ContractCell(
            "act: assign",
            ["getIssue", "editIssue"],
            [issue(["assignee": .null]), ContractAnswer("editIssue", status: 204)]
        ) { run in
            try await run.perform(
                "jira.assign",
                settings(run, ["issue": "MUSIC-1", "account": "5b10a2844c20165700ede21g"])
            )
        },
        ContractCell(
            "act: create",
            [search, "createIssue"],
            [
                ContractAnswer(search, ["isLast": true, "issues": []]),
                ContractAnswer("createIssue", status: 201, ["id": "10001", "key": "MUSIC-4"]),
            ]
        ) { run in
            try await run.perform(
                "jira.create",
                settings(
                    run,
                    [
                        "project": "MUSIC", "summary": "Sign off ${version}",
                        "description": "What is new\n\n${track}", "labels": ["release"],
                    ]
                )
            )
        },
    ]
}
