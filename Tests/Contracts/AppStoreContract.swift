import ConductorCore
import ConductorPorts

extension ContractVendor {
    /// App Store Connect's interface as its OpenAPI description has it; tokens are verified.
    static let appStore = ContractVendor(
        name: "App Store Connect",
        specification: "appstoreconnect.json",
        signing: .p256,
        cells: AppStoreContract.reads + AppStoreContract.acts
    )
}

/// What is read from App Store Connect, and done there.
private enum AppStoreContract {
    private static let settings: @Sendable (ContractRun, [String: JSON]) -> JSON = { run, more in
        let common: [String: JSON] = [
            "url": .string(run.url), "app": "com.acme.music", "key": run.signingKey,
            "key_id": "2X9R4HXF34", "issuer": "57246542-96fe-1a63-e053-0824d011072a",
        ]
        return .object(common.merging(more) { $1 })
    }

    private static let app = ContractAnswer(
        "apps_getCollection",
        ["data": [["id": "1001", "attributes": ["bundleId": "com.acme.music"]]]]
    )

    private static func resource(_ type: String, _ id: String, _ attributes: JSON) -> JSON {
        ["type": .string(type), "id": .string(id), "attributes": attributes]
    }

    private static let build = resource(
        "builds",
        "b412",
        [
            "version": "412", "processingState": "VALID", "expired": false,
            "uploadedDate": "2026-03-01T10:00:00-08:00", "usesNonExemptEncryption": false,
        ]
    )

    private static func phased(_ state: String, day: Int64 = 3) -> JSON {
        resource(
            "appStoreVersionPhasedReleases",
            "p1",
            [
                "phasedReleaseState": .string(state), "startDate": "2026-03-02T01:00:00-08:00",
                "totalPauseDuration": 2, "currentDayNumber": .int(day),
            ]
        )
    }

    /// The version in a state; it tells of its build and its phased release, where it has them.
    private static func version(
        _ state: String,
        build: JSON? = build,
        phased: JSON? = nil,
        times: Int? = nil
    ) -> ContractAnswer {
        func link(_ resource: JSON) -> JSON {
            ["data": ["type": resource["type"] ?? .null, "id": resource["id"] ?? .null]]
        }
        return ContractAnswer(
            "apps_appStoreVersions_getToManyRelated",
            times: times,
            [
                "data": [
                    [
                        "type": "appStoreVersions", "id": "v892",
                        "attributes": [
                            "versionString": "8.9.2", "platform": "IOS",
                            "appVersionState": .string(state), "releaseType": "MANUAL",
                        ],
                        "relationships": .compact([
                            "build": build.map(link),
                            "appStoreVersionPhasedRelease": phased.map(link),
                        ]),
                    ]
                ],
                "included": .array([build, phased].compactMap(\.self)),
            ]
        )
    }

    /// What is asked for where the version does not tell.
    private static let nothing = [
        ContractAnswer("appStoreVersions_build_getToOneRelated", status: 404),
        ContractAnswer(
            "appStoreVersions_appStoreVersionPhasedRelease_getToOneRelated",
            status: 404
        ),
    ]

    private static func submissions(_ state: String?, item: String = "READY_FOR_REVIEW")
        -> [ContractAnswer]
    {
        guard let state else {
            return [ContractAnswer("reviewSubmissions_getCollection", ["data": []])]
        }
        return [
            ContractAnswer(
                "reviewSubmissions_getCollection",
                [
                    "data": [
                        [
                            "type": "reviewSubmissions", "id": "s1",
                            "attributes": ["state": .string(state), "platform": "IOS"],
                            "relationships": [
                                "appStoreVersionForReview": [
                                    "data": ["type": "appStoreVersions", "id": "v892"]
                                ],
                                "items": [
                                    "data": [["type": "reviewSubmissionItems", "id": "i1"]]
                                ],
                            ],
                        ]
                    ],
                    "included": [
                        resource("reviewSubmissionItems", "i1", ["state": .string(item)])
                    ],
                ]
            ),
            ContractAnswer(
                "reviewSubmissions_items_getToManyRelated",
                [
                    "data": [
                        [
                            "type": "reviewSubmissionItems", "id": "i1",
                            "attributes": ["state": .string(item)],
                            "relationships": [
                                "appStoreVersion": [
                                    "data": ["type": "appStoreVersions", "id": "v892"]
                                ]
                            ],
                        ]
                    ]
                ]
            ),
        ]
    }

    /// The rest of what a poll asks for.
    private static func rest(whatsNew: String = "Sounds better", newest: JSON = build)
        -> [ContractAnswer]
    {
        [
            app, ContractAnswer("builds_getCollection", ["data": [newest]]),
            ContractAnswer(
                "appStoreVersions_appStoreVersionLocalizations_getToManyRelated",
                [
                    "data": [
                        resource(
                            "appStoreVersionLocalizations",
                            "l1",
                            [
                                "locale": "de-DE", "description": "Musik", "keywords": "musik",
                                "supportUrl": "https://acme.example",
                                "whatsNew": .string(whatsNew),
                            ]
                        )
                    ]
                ]
            ),
        ] + nothing
    }

    static let reads: [ContractCell] = [
        ContractCell(
            "read: versions",
            ["apps_getCollection", "apps_appStoreVersions_getToManyRelated"],
            [version("IN_REVIEW")] + rest()
        ) { run in
            let versions = try await run.versions("appstore", settings(run, [:]))
            try run.expect(versions == ["8.9.2"], "versions")
        },
        ContractCell(
            "read: version state",
            ["apps_appStoreVersions_getToManyRelated"],
            [version("IN_REVIEW")] + submissions(nil) + rest()
        ) { run in
            let facts = try await run.observe("appstore", settings(run, [:]))
            try run.expect(facts["review"] == ObservedFact("in_review", about: "412"), "review")
            try run.expect(facts["rollout"]?.value == "none", "rollout")
        },
        ContractCell(
            "read: build processing",
            ["builds_getCollection"],
            [version("PREPARE_FOR_SUBMISSION", build: nil)] + submissions(nil)
                + rest(
                    newest: resource(
                        "builds",
                        "b413",
                        ["version": "413", "processingState": "PROCESSING", "expired": false]
                    )
                )
        ) { run in
            let facts = try await run.observe("appstore", settings(run, [:]))
            let name = "appstore.newest_build."
            try run.expect(facts[name + "state"]?.value == "processing", "state")
            try run.expect(facts[name + "number"]?.value == "413", "number")
        },
        ContractCell(
            "read: review submission and items",
            ["reviewSubmissions_getCollection"],
            [version("REJECTED")] + submissions("UNRESOLVED_ISSUES", item: "REJECTED") + rest()
        ) { run in
            let facts = try await run.observe("appstore", settings(run, [:]))
            let name = "appstore.submission."
            try run.expect(facts["review"]?.value == "rejected", "review")
            try run.expect(facts[name + "state"]?.value == "unresolved_issues", "state")
            try run.expect(facts[name + "items"]?.value == ["rejected"], "items")
        },
        ContractCell(
            "read: phased release, day, pauses",
            ["apps_appStoreVersions_getToManyRelated"],
            [version("READY_FOR_DISTRIBUTION", phased: phased("PAUSED", day: 5))]
                + submissions(nil) + rest()
        ) { run in
            let facts = try await run.observe("appstore", settings(run, [:]))
            try run.expect(facts["rollout"]?.value == "paused", "rollout")
            try run.expect(facts["rollout_fraction"]?.value == .double(0.2), "fraction")
            try run.expect(facts["pause_days_left"]?.value == 28, "pause days")
        },
        ContractCell(
            "read: no phased release",
            ["appStoreVersions_appStoreVersionPhasedRelease_getToOneRelated"],
            [version("READY_FOR_DISTRIBUTION")] + submissions(nil) + rest()
        ) { run in
            let facts = try await run.observe("appstore", settings(run, [:]))
            try run.expect(facts["rollout"]?.value == "completed", "rollout")
        },
        ContractCell(
            "read: export compliance",
            ["apps_appStoreVersions_getToManyRelated"],
            [version("PREPARE_FOR_SUBMISSION")] + submissions(nil) + rest()
        ) { run in
            let facts = try await run.observe("appstore", settings(run, [:]))
            try run.expect(facts["appstore.build.export_compliance"]?.value == "exempt", "it")
        },
        ContractCell(
            "read: missing metadata",
            ["appStoreVersions_appStoreVersionLocalizations_getToManyRelated"],
            [version("PREPARE_FOR_SUBMISSION")] + submissions(nil) + rest(whatsNew: "")
        ) { run in
            let facts = try await run.observe("appstore", settings(run, [:]))
            try run.expect(
                facts["appstore.missing_metadata"]?.value == ["de-DE: whatsNew"],
                "missing_metadata"
            )
        },
    ]

    private static func changed(_ state: String) -> [ContractAnswer] {
        [
            ContractAnswer(
                "appStoreVersionPhasedReleases_updateInstance",
                ["data": phased(state)]
            )
        ]
    }

    private static let submitted = ContractAnswer(
        "reviewSubmissions_updateInstance",
        ["data": resource("reviewSubmissions", "s1", ["state": "WAITING_FOR_REVIEW"])]
    )

    private static let made: [ContractAnswer] = [
        ContractAnswer(
            "reviewSubmissions_createInstance",
            status: 201,
            ["data": resource("reviewSubmissions", "s1", ["state": "READY_FOR_REVIEW"])]
        ),
        ContractAnswer(
            "reviewSubmissionItems_createInstance",
            status: 201,
            ["data": resource("reviewSubmissionItems", "i1", ["state": "READY_FOR_REVIEW"])]
        ),
    ]

    static let acts: [ContractCell] = [
        ContractCell(
            "act: create version",
            ["apps_appStoreVersions_getToManyRelated", "appStoreVersions_createInstance"],
            [
                app, ContractAnswer("apps_appStoreVersions_getToManyRelated", ["data": []]),
                ContractAnswer(
                    "appStoreVersions_createInstance",
                    status: 201,
                    ["data": resource("appStoreVersions", "v892", ["versionString": "8.9.2"])]
                ),
            ]
        ) { run in
            try await run.perform("appstore.version", settings(run, [:]))
        },
        ContractCell(
            "act: attach build",
            ["builds_getCollection", "appStoreVersions_build_updateToOneRelationship"],
            [
                app, version("PREPARE_FOR_SUBMISSION", build: nil),
                ContractAnswer("builds_getCollection", ["data": [build]]),
                ContractAnswer("appStoreVersions_build_updateToOneRelationship", status: 204),
            ] + nothing
        ) { run in
            try await run.perform("appstore.build", settings(run, ["build": "412"]))
        },
        ContractCell(
            "act: declare export compliance",
            ["builds_updateInstance", "appStoreVersions_build_updateToOneRelationship"],
            [
                app, version("PREPARE_FOR_SUBMISSION", build: nil),
                ContractAnswer(
                    "builds_getCollection",
                    [
                        "data": [
                            resource(
                                "builds",
                                "b412",
                                ["version": "412", "processingState": "VALID"]
                            )
                        ]
                    ]
                ),
                ContractAnswer("builds_updateInstance", ["data": build]),
                ContractAnswer("appStoreVersions_build_updateToOneRelationship", status: 204),
            ] + nothing
        ) { run in
            try await run.perform(
                "appstore.build",
                settings(run, ["build": "412", "exempt": true])
            )
        },
        ContractCell(
            "act: submit for review",
            [
                "reviewSubmissions_getCollection", "reviewSubmissions_createInstance",
                "reviewSubmissionItems_createInstance", "reviewSubmissions_updateInstance",
            ],
            [
                app, version("PREPARE_FOR_SUBMISSION", times: 2), version("READY_FOR_REVIEW"),
                submitted,
            ] + made + submissions(nil) + nothing
        ) { run in
            try await run.perform("appstore.submit", settings(run, ["build": "412"]))
        },
        ContractCell(
            "act: submit what was rejected",
            [
                "reviewSubmissions_items_getToManyRelated", "reviewSubmissionItems_updateInstance",
                "reviewSubmissions_updateInstance",
            ],
            [
                app, version("REJECTED"), submitted,
                ContractAnswer(
                    "reviewSubmissionItems_updateInstance",
                    ["data": resource("reviewSubmissionItems", "i1", ["state": "READY_FOR_REVIEW"])]
                ),
            ] + submissions("UNRESOLVED_ISSUES", item: "REJECTED") + nothing
        ) { run in
            try await run.perform("appstore.submit", settings(run, ["build": "412"]))
        },
        ContractCell(
            "act: withdraw",
            ["reviewSubmissions_getCollection", "reviewSubmissions_updateInstance"],
            [app, version("WAITING_FOR_REVIEW"), submitted] + submissions("WAITING_FOR_REVIEW")
                + nothing
        ) { run in
            try await run.perform("appstore.withdraw", settings(run, [:]))
        },
        ContractCell(
            "act: release",
            ["appStoreVersionReleaseRequests_createInstance"],
            [
                app, version("PENDING_DEVELOPER_RELEASE", phased: phased("INACTIVE")),
                ContractAnswer(
                    "appStoreVersionReleaseRequests_createInstance",
                    status: 201,
                    ["data": ["type": "appStoreVersionReleaseRequests", "id": "r1"]]
                ),
            ]
        ) { run in
            try await run.perform("appstore.release", settings(run, [:]))
        },
        ContractCell(
            "act: create a phased release",
            ["appStoreVersionPhasedReleases_createInstance"],
            [
                app, version("PENDING_DEVELOPER_RELEASE"),
                ContractAnswer(
                    "appStoreVersionPhasedReleases_createInstance",
                    status: 201,
                    ["data": phased("INACTIVE")]
                ),
            ] + nothing
        ) { run in
            try await run.perform("appstore.phased", settings(run, [:]))
        },
        ContractCell(
            "act: pause",
            ["appStoreVersionPhasedReleases_updateInstance"],
            [app, version("READY_FOR_DISTRIBUTION", phased: phased("ACTIVE"))] + changed("PAUSED")
        ) { run in
            try await run.perform("appstore.pause", settings(run, [:]))
        },
        ContractCell(
            "act: resume",
            ["appStoreVersionPhasedReleases_updateInstance"],
            [app, version("READY_FOR_DISTRIBUTION", phased: phased("PAUSED"))] + changed("ACTIVE")
        ) { run in
            try await run.perform("appstore.resume", settings(run, [:]))
        },
        ContractCell(
            "act: complete",
            ["appStoreVersionPhasedReleases_updateInstance"],
            [app, version("READY_FOR_DISTRIBUTION", phased: phased("ACTIVE"))]
                + changed("COMPLETE")
        ) { run in
            try await run.perform("appstore.complete", settings(run, [:]))
        },
    ]
}
