import ConductorCore
import ConductorPorts

extension ContractVendor {
    /// Prometheus's interface, version 1, as its OpenAPI description has it.
    static let prometheus = ContractVendor(
        name: "Prometheus",
        specification: "prometheus.json",
        cells: prometheusReads
    )

    private static func settings(_ run: ContractRun, _ more: [String: JSON]) -> JSON {
        .object(["url": .string(run.url)].merging(more) { $1 })
    }

    private static func vector(_ value: JSON) -> ContractAnswer {
        ContractAnswer(
            "query",
            [
                "status": "success",
                "data": [
                    "resultType": "vector",
                    "result": [["metric": ["version": "8.9.2"], "value": [1_767_436_620, value]]],
                ],
            ]
        )
    }

    private static let prometheusReads: [ContractCell] = [
        ContractCell("read: instant query", ["query"], [vector("0.9968")]) { run in
            let facts = try await run.observe(
                "prometheus",
                settings(
                    run,
                    ["facts": ["crash_free_users": ["query": "free{version=${version}}"]]]
                )
            )
            try run.expect(
                facts["crash_free_users"] == ObservedFact(.double(0.9968), about: "8.9.2"),
                "crash_free_users"
            )
        },
        ContractCell("read: not a number", ["query"], [vector("NaN")]) { run in
            let facts = try await run.observe(
                "prometheus",
                settings(run, ["facts": ["x": ["query": "x"]]])
            )
            try run.expect(facts.isEmpty, "not a number became a value")
        },
        ContractCell(
            "read: range query",
            ["query-range"],
            [
                ContractAnswer(
                    "query-range",
                    [
                        "status": "success",
                        "data": [
                            "resultType": "matrix",
                            "result": [
                                [
                                    "metric": ["version": "8.9.2"],
                                    "values": [
                                        [1_767_433_020, "0.001"], [1_767_436_620, "0.004"],
                                    ],
                                ]
                            ],
                        ],
                    ]
                )
            ]
        ) { run in
            let facts = try await run.observe(
                "prometheus",
                settings(
                    run,
                    [
                        "facts": [
                            "anr_rate": [
                                "query": "anr{version=${version}}", "range": "3h", "step": "5m",
                                "reduce": "max",
                            ]
                        ]
                    ]
                )
            )
            try run.expect(facts["anr_rate"]?.value == .double(0.004), "anr_rate")
        },
        ContractCell(
            "read: firing alerts",
            ["alerts", "rules"],
            [
                ContractAnswer(
                    "rules",
                    [
                        "status": "success",
                        "data": [
                            "groups": [
                                [
                                    "name": "app", "file": "app.yaml", "interval": 60, "limit": 0,
                                    "evaluationTime": 1,
                                    "lastEvaluation": "2026-01-02T13:36:00Z",
                                    "rules": [
                                        [
                                            "type": "alerting", "name": "CrashSpike",
                                            "query": "x > 1", "duration": 0, "keepFiringFor": 0,
                                            "labels": ["severity": "page"], "annotations": [:],
                                            "alerts": [], "health": "ok", "evaluationTime": 1,
                                            "lastEvaluation": "2026-01-02T13:36:00Z",
                                            "state": "firing",
                                        ]
                                    ],
                                ]
                            ]
                        ],
                    ]
                ),
                ContractAnswer(
                    "alerts",
                    [
                        "status": "success",
                        "data": [
                            "alerts": [
                                [
                                    "labels": ["alertname": "CrashSpike", "severity": "page"],
                                    "annotations": [:], "state": "firing", "value": "1e+00",
                                    "activeAt": "2026-01-02T13:30:00Z",
                                ]
                            ]
                        ],
                    ]
                ),
            ]
        ) { run in
            let facts = try await run.observe(
                "prometheus",
                settings(run, ["alerts": ["severity": "page"]])
            )
            try run.expect(facts["alerts.firing"]?.value == 1, "alerts.firing")
            try run.expect(facts["alerts.names"]?.value == ["CrashSpike"], "alerts.names")
        },
    ]
}
