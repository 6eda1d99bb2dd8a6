import ConductorCore
import AdapterTesting
import Foundation
import NIOHTTP1
import Synchronization

@testable import SourceAdapters

/// A Prometheus as far as the adapter sees it: what its queries find, and what fires.
final class PrometheusWorld: Sendable {
    struct Alert: Sendable {
        var name: String
        var state = "firing"
        var severity = "page"
        var since = "2026-03-02T08:30:00.5Z"
    }

    struct State: Sendable {
        /// The moment of every instant value; by default one shortly before the scene begins.
        var time: JSON = .double(1_772_441_999.5)
        /// What a query finds that begins with this text: labels and the value, or the values.
        var found: [String: [(labels: JSON, values: [String])]] = [:]
        var rules: [(name: String, health: String)] = [("CrashSpike", "ok")]
        var alerts: [Alert] = []
        var warnings: [String] = []
    }

    let state: Mutex<State>

    init(_ change: (inout State) -> Void = { _ in }) {
        var state = State()
        state.found = [
            "crash_free": [(["version": "8.9.2", "job": "app"], ["0.9968"])],
            "sessions": [(["version": "8.9.2"], ["52038"])],
            "anr": [(["version": "8.9.2"], ["0.001", "0.004", "0.002"])],
        ]
        change(&state)
        self.state = Mutex(state)
    }

    var answer: @Sendable (LoopbackServer.Received) -> LoopbackServer.Reply {
        { received in self.state.withLock { Self.answer(received, $0) } }
    }

    private static func answer(
        _ received: LoopbackServer.Received,
        _ state: State
    ) -> LoopbackServer.Reply {
        let query = received.query("query").first ?? ""
        let found = state.found.first { query.hasPrefix($0.key) }?.value ?? []
        switch (received.method, received.path) {
        case (.GET, "/api/v1/query"):
            return ok(
                [
                    "resultType": "vector",
                    "result": .array(
                        found.map { one in
                            [
                                "metric": one.labels,
                                "value": [state.time, .string(one.values.last ?? "NaN")],
                            ]
                        }
                    ),
                ],
                state
            )
        case (.GET, "/api/v1/query_range"):
            return ok(
                [
                    "resultType": "matrix",
                    "result": .array(
                        found.map { one in
                            [
                                "metric": one.labels,
                                "values": .array(
                                    one.values.enumerated().map { number, value in
                                        [.int(1_772_441_700 + 60 * Int64(number)), .string(value)]
                                    }
                                ),
                            ]
                        }
                    ),
                ],
                state
            )
        case (.GET, "/api/v1/rules"):
            return ok(
                [
                    "groups": [
                        [
                            "name": "app", "file": "app.yaml",
                            "rules": .array(
                                state.rules.map { rule in
                                    [
                                        "type": "alerting", "name": .string(rule.name),
                                        "health": .string(rule.health), "labels": [:],
                                        "state": "inactive",
                                    ]
                                }
                            ),
                        ]
                    ]
                ],
                state
            )
        case (.GET, "/api/v1/alerts"):
            return ok(
                [
                    "alerts": .array(
                        state.alerts.map { alert in
                            [
                                "labels": [
                                    "alertname": .string(alert.name),
                                    "severity": .string(alert.severity),
                                ],
                                "annotations": [:], "state": .string(alert.state), "value": "1e+00",
                                "activeAt": .string(alert.since),
                            ]
                        }
                    )
                ],
                state
            )
        default: return .status(404, body: #"{"status": "error", "error": "not found"}"#)
        }
    }

    private static func ok(_ data: JSON, _ state: State) -> LoopbackServer.Reply {
        var answer: [String: JSON] = ["status": "success", "data": data]
        if !state.warnings.isEmpty {
            answer["warnings"] = .array(state.warnings.map { .string($0) })
        }
        return .status(200, body: JSON.object(answer).description)
    }
}
