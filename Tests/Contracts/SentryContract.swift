import ConductorCore
import ConductorPorts

extension ContractVendor {
    /// Sentry's interface, version 0, as its OpenAPI description has it.
    static let sentry = ContractVendor(
        name: "Sentry",
        specification: "sentry.json",
        cells: sentryReads + sentryActs
    )

    private static func settings(_ run: ContractRun, _ more: [String: JSON]) throws -> JSON {
        let common: [String: JSON] = [
            "url": .string(run.url), "organization": "acme",
            "token": try run.secret("sentry-t0ken"),
        ]
        return .object(common.merging(more) { $1 })
    }

    private static let app: [String: JSON] = [
        "projects": ["4501"], "release": "com.acme.music@${version}",
        "environment": "production",
    ]

    private static let releases = ContractAnswer(
        "listOrganizationReleases",
        [["version": "com.acme.music@8.9.2+412"], ["version": "com.acme.music@8.9.20+500"]]
    )

    private static func sessions(_ match: JSON, _ totals: JSON) -> ContractAnswer {
        ContractAnswer(
            "getOrganizationSessions",
            match: match,
            [
                "groups": [["by": [:], "series": [:], "totals": totals]],
                "start": "2026-03-01T09:00:00Z", "end": "2026-03-02T09:00:00Z",
            ]
        )
    }

    private static func health(_ rate: JSON) -> ContractAnswer {
        sessions(
            ["query.query": "*"],
            [
                "sum(session)": 52_038, "count_unique(user)": 40_000,
                "crash_free_rate(session)": rate, "crash_free_rate(user)": rate,
            ]
        )
    }

    private static let everybody = sessions([:], ["sum(session)": 208_152])
    private static let issues = ContractAnswer("listOrganizationIssues", [["shortId": "MUSIC-1A"]])

    private static let operations = [
        "listOrganizationReleases", "getOrganizationSessions", "listOrganizationIssues",
    ]

    private static let sentryReads: [ContractCell] = [
        ContractCell(
            "read: crash-free users and sessions",
            operations,
            [releases, health(.double(0.9968)), everybody, issues]
        ) { run in
            let facts = try await run.observe("sentry", settings(run, app))
            for name in ["crash_free_users", "crash_free_sessions"] {
                try run.expect(
                    facts[name] == ObservedFact(.double(0.9968), about: "8.9.2"),
                    name
                )
            }
        },
        ContractCell("read: no rate", operations, [releases, health(.null), everybody, issues]) {
            run in
            let facts = try await run.observe("sentry", settings(run, app))
            try run.expect(facts["crash_free_users"] == nil, "null became a value")
        },
        ContractCell(
            "read: sessions, adoption",
            operations,
            [releases, health(.double(0.9968)), everybody, issues]
        ) { run in
            let facts = try await run.observe("sentry", settings(run, app))
            try run.expect(facts["sessions"]?.value == 52_038, "sessions")
            try run.expect(facts["sentry.adoption"]?.value == .double(0.25), "sentry.adoption")
        },
        ContractCell(
            "read: new issues",
            operations,
            [releases, health(.double(0.9968)), everybody, issues]
        ) { run in
            let facts = try await run.observe("sentry", settings(run, app))
            try run.expect(facts["sentry.new_issues"]?.value == 1, "sentry.new_issues")
        },
    ]

    private static let sentryActs: [ContractCell] = [
        ContractCell(
            "act: deploy marker",
            ["listOrganizationReleaseDeploys", "createOrganizationReleaseDeploy"],
            [
                ContractAnswer("listOrganizationReleaseDeploys", []),
                ContractAnswer(
                    "createOrganizationReleaseDeploy",
                    status: 201,
                    [
                        "id": "7", "environment": "production", "name": .string(ContractRun.key),
                    ]
                ),
            ]
        ) { run in
            try await run.perform(
                "sentry.deploy",
                settings(
                    run,
                    [
                        "release": "com.acme.music@${version}+412",
                        "link": "https://ci.example/runs/8",
                    ]
                )
            )
        }
    ]
}
