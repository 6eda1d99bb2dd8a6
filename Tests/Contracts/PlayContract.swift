import ConductorCore
import ConductorPorts
import AdapterTesting
import Foundation

extension ContractVendor {
    /// Google's token endpoint as RFC 7523 has it; the server verifies the signature.
    static let googleToken = ContractVendor(
        name: "Google's tokens",
        specification: "google-oauth.json",
        signing: .rsa,
        cells: [
            ContractCell("auth: service account", ["jwtBearerToken"], []) { run in
                // Behind the token there is nobody.
                let answer = try? await run.observe(
                    "play",
                    PlayDesk.settings(run, tokens: run.url, ["url": "http://127.0.0.1:9"])
                )
                try run.expect(answer == nil, "facts of nobody")
            }
        ]
    )

    /// The Google Play Developer API as its discovery document has it.
    static let googlePlay = ContractVendor(
        name: "Google Play",
        specification: "play-androidpublisher.json",
        cells: PlayDesk.reads + PlayDesk.acts
    )

    /// Play Developer Reporting as its discovery document has it.
    static let playReporting = ContractVendor(
        name: "Play Developer Reporting",
        specification: "play-reporting.json",
        cells: PlayDesk.vitals
    )
}

/// Google Play as its cells need it: a release, an edit, and a desk that hands tokens out.
private enum PlayDesk {
    private static let publisher = "androidpublisher."
    private static let reporting = "playdeveloperreporting.vitals."

    static func settings(
        _ run: ContractRun,
        tokens: String,
        _ more: [String: JSON] = [:]
    ) throws -> JSON {
        let pem = try String(contentsOfFile: run.folder + "/private.pem", encoding: .utf8)
        let key: JSON = [
            "client_email": "release@acme.iam.example", "private_key_id": "key-1",
            "private_key": .string(pem),
        ]
        let common: [String: JSON] = [
            "url": .string(run.url), "token_url": .string(tokens + "/token"),
            "key": try run.secret(key.description, "play-key"), "package": "com.acme.music",
        ]
        return .object(common.merging(more) { $1 })
    }

    /// Calls `body` with settings whose tokens come from a server of our own.
    private static func withTokens(
        _ run: ContractRun,
        _ more: [String: JSON] = [:],
        _ body: (JSON) async throws -> Void
    ) async throws {
        let desk = try await LoopbackServer.start { _ in
            .status(
                200,
                body: #"{"access_token": "ya29.t0ken", "expires_in": 3599, "token_type": "Bearer"}"#
            )
        }
        do {
            try await body(try settings(run, tokens: desk.url, more))
        } catch {
            try await desk.stop()
            throw error
        }
        try await desk.stop()
    }

    // MARK: Reading

    private static func release(_ status: String, _ fraction: Double? = nil) -> JSON {
        .compact([
            "name": "8.9.2", "versionCodes": ["80902"], "status": .string(status),
            "userFraction": fraction.map { .double($0) },
            "releaseNotes": [["language": "en-US", "text": "What is new"]],
        ])
    }

    private static let before: JSON = [
        "name": "8.9.1", "versionCodes": ["80901"], "status": "completed",
    ]

    private static func track(_ releases: JSON...) -> JSON {
        ["track": "production", "releases": .array(releases)]
    }

    private static let edit = [
        ContractAnswer(
            publisher + "edits.insert",
            ["id": "edit-1", "expiryTimeSeconds": "1999999999"]
        ),
        ContractAnswer(publisher + "edits.delete"),
        ContractAnswer(publisher + "edits.commit", ["id": "edit-1"]),
    ]

    private static func list(_ state: String) -> ContractAnswer {
        ContractAnswer(
            publisher + "applications.tracks.releases.list",
            [
                "releases": [
                    [
                        "releaseName": "8.9.2", "track": "production",
                        "activeArtifacts": [["versionCode": 80_902]],
                        "releaseLifecycleState": .string("RELEASE_LIFECYCLE_STATE_" + state),
                    ]
                ]
            ]
        )
    }

    private static let tracks = ContractAnswer(
        publisher + "edits.tracks.list",
        [
            "kind": "androidpublisher#tracksListResponse",
            "tracks": [
                track(release("inProgress", 0.01), before),
                ["track": "internal", "releases": [release("completed")]],
            ],
        ]
    )

    static let reads: [ContractCell] = [
        ContractCell(
            "read: tracks, releases, fraction",
            [
                publisher + "edits.insert", publisher + "edits.tracks.list",
                publisher + "edits.delete",
            ],
            edit + [list("PUBLISHED"), tracks]
        ) { run in
            try await withTokens(run, ["others": ["internal"]]) { settings in
                let facts = try await run.observe("play", settings)
                try run.expect(facts["rollout"]?.value == "running", "rollout")
                try run.expect(facts["rollout_fraction"]?.value == .double(0.01), "fraction")
                try run.expect(facts["play.tracks.internal"]?.value == "completed", "internal")
            }
        },
        ContractCell(
            "read: review lifecycle",
            [publisher + "applications.tracks.releases.list"],
            edit + [list("IN_REVIEW"), tracks]
        ) { run in
            try await withTokens(run) { settings in
                let facts = try await run.observe("play", settings)
                try run.expect(facts["review"]?.value == "in_review", "review")
                try run.expect(facts["rollout"] == nil, "rollout")
            }
        },
        ContractCell(
            "read: versions",
            [publisher + "applications.tracks.releases.list"],
            [list("PUBLISHED")]
        ) { run in
            try await withTokens(run) { settings in
                let versions = try await run.versions("play", settings)
                try run.expect(versions == ["8.9.2"], "versions")
            }
        },
    ]

    // MARK: Acting

    private static func act(
        _ name: String,
        _ kind: String,
        _ more: [String: JSON] = [:],
        from before: JSON,
        to after: JSON
    ) -> ContractCell {
        ContractCell(
            "act: " + name,
            ["insert", "tracks.get", "tracks.update", "commit"].map { publisher + "edits." + $0 },
            edit + [
                ContractAnswer(publisher + "edits.tracks.get", before),
                ContractAnswer(publisher + "edits.tracks.update", after),
            ]
        ) { run in
            let codes: [String: JSON] = ["version_codes": ["80902"]]
            try await withTokens(run, codes.merging(more) { $1 }) { settings in
                try await run.perform(kind, settings)
            }
        }
    }

    static let acts: [ContractCell] = [
        act(
            "release to a track",
            "play.release",
            [
                "fraction": .double(0.01), "name": "8.9.2", "priority": 3,
                "notes": ["en-US": "What is new"],
            ],
            from: track(before),
            to: track(release("inProgress", 0.01), before)
        ),
        act(
            "raise",
            "play.raise",
            ["fraction": .double(0.05)],
            from: track(release("inProgress", 0.01), before),
            to: track(release("inProgress", 0.05), before)
        ),
        act(
            "halt",
            "play.halt",
            from: track(release("inProgress", 0.01), before),
            to: track(release("halted", 0.01), before)
        ),
        act(
            "resume",
            "play.resume",
            from: track(release("halted", 0.01), before),
            to: track(release("inProgress", 0.01), before)
        ),
        act(
            "complete",
            "play.complete",
            from: track(release("inProgress", 0.01), before),
            to: track(release("completed"))
        ),
        act(
            "complete, held back by a person",
            "play.complete",
            ["changes_not_sent_for_review": true, "in_review": "cancel"],
            from: track(release("inProgress", 0.01), before),
            to: track(release("completed"))
        ),
        ContractCell(
            "probe: halt",
            ["insert", "tracks.get", "delete"].map { publisher + "edits." + $0 },
            edit + [
                ContractAnswer(
                    publisher + "edits.tracks.get",
                    track(release("halted", 0.01), before)
                )
            ]
        ) { run in
            try await withTokens(run, ["version_codes": ["80902"]]) { settings in
                let found = try await run.probe("play.halt", settings)
                guard case .present = found else { throw ContractFault("a probe says \(found)") }
            }
        },
    ]

    // MARK: Vitals

    private static func day(_ day: Int64, _ month: Int64) -> JSON {
        [
            "year": 2026, "month": .int(month), "day": .int(day),
            "timeZone": ["id": "America/Los_Angeles"],
        ]
    }

    private static func metric(_ name: String, _ value: String) -> JSON {
        ["metric": .string(name), "decimalValue": ["value": .string(value)]]
    }

    private static func numbers(_ set: String, _ rate: String, _ perceived: String)
        -> [ContractAnswer]
    {
        [
            ContractAnswer(
                reporting + set + ".get",
                [
                    "freshnessInfo": [
                        "freshnesses": [
                            ["aggregationPeriod": "DAILY", "latestEndTime": day(1, 3)]
                        ]
                    ]
                ]
            ),
            ContractAnswer(
                reporting + set + ".query",
                [
                    "rows": [
                        [
                            "aggregationPeriod": "DAILY", "startTime": day(28, 2),
                            "dimensions": [["dimension": "versionCode", "int64Value": "80902"]],
                            "metrics": [
                                metric(rate, "0.004"), metric(perceived, "0.002"),
                                metric("distinctUsers", "12000"),
                            ],
                        ]
                    ]
                ]
            ),
        ]
    }

    static let vitals: [ContractCell] = [
        ContractCell(
            "read: crash and ANR rate of a version",
            [
                "playdeveloperreporting.apps.fetchReleaseFilterOptions",
                reporting + "crashrate.get", reporting + "crashrate.query",
                reporting + "anrrate.get", reporting + "anrrate.query",
            ],
            [
                ContractAnswer(
                    "playdeveloperreporting.apps.fetchReleaseFilterOptions",
                    [
                        "tracks": [
                            [
                                "displayName": "Production",
                                "servingReleases": [
                                    ["displayName": "8.9.2", "versionCodes": ["80902"]]
                                ],
                            ]
                        ]
                    ]
                )
            ] + numbers("crashrate", "crashRate", "userPerceivedCrashRate")
                + numbers("anrrate", "anrRate", "userPerceivedAnrRate")
        ) { run in
            try await withTokens(run) { settings in
                let facts = try await run.observe("play.vitals", settings)
                try run.expect(facts["crash_free_users"]?.value == .double(0.996), "crashes")
                try run.expect(facts["anr_rate"]?.value == .double(0.004), "ANRs")
                try run.expect(
                    facts["play.user_perceived_crash_rate"]?.value == .double(0.002),
                    "user-perceived crashes"
                )
                try run.expect(
                    facts["play.user_perceived_anr_rate"]?.value == .double(0.002),
                    "user-perceived ANRs"
                )
                try run.expect(facts["play.distinct_users"]?.value == 12_000, "sample size")
                try run.expect(
                    facts["play.data_until"]?.value == "2026-03-01T07:00:00Z",
                    "freshness"
                )
            }
        }
    ]
}
