import ConductorCore
import AdapterTesting
import Testing

@testable import SourceAdapters

/// Every cell of what is read from Prometheus: over HTTP through the real adapter, core and journal, with
/// the answer that moves a release and the one that does not.
@Suite struct `What Prometheus says decides` {
    struct Cell: Sendable, CustomTestStringConvertible {
        var name: String
        var condition: String
        /// Makes the world one in which the condition is not met.
        var spoil: @Sendable (inout PrometheusWorld.State) -> Void

        var testDescription: String { name }
    }

    static let cells: [Cell] = [
        Cell(name: "an instant query", condition: "quality.crash_free_users >= 0.995") {
            $0.found["crash_free"]?[0].values = ["0.9949"]
        },
        Cell(name: "a value of another version", condition: "quality.crash_free_users >= 0.995") {
            $0.found["crash_free"]?[0].labels = ["version": "8.9.1"]
        },
        Cell(name: "an old value", condition: "quality.crash_free_users >= 0.995") {
            // An hour and a second before the scene begins; it counts for an hour.
            $0.time = 1_772_438_399
        },
        Cell(name: "not a number", condition: "quality.crash_free_users >= 0.0") {
            $0.found["crash_free"]?[0].values = ["NaN"]
        },
        Cell(name: "no series", condition: "quality.crash_free_users >= 0.0") {
            $0.found["crash_free"] = []
        },
        Cell(name: "no series, and few would do", condition: "quality.sessions < 100000") {
            $0.found["sessions"] = []
        },
        Cell(name: "a range", condition: "quality.anr_rate <= 0.004") {
            $0.found["anr"]?[0].values = ["0.001", "0.0041", "0.002"]
        },
        Cell(name: "firing alerts", condition: "quality.alerts.firing == 0") {
            $0.alerts = [.init(name: "CrashSpike")]
        },
        Cell(name: "their names", condition: "!(\"CrashSpike\" in quality.alerts.names)") {
            $0.alerts = [.init(name: "CrashSpike")]
        },
        Cell(name: "a rule that cannot be evaluated", condition: "quality.alerts.firing == 0") {
            $0.rules = [("CrashSpike", "err")]
        },
    ]

    @Test(arguments: cells)
    func `a fact moves a release, or keeps it`(cell: Cell) async throws {
        for isSpoilt in [false, true] {
            let world = PrometheusWorld { state in
                if isSpoilt { cell.spoil(&state) }
            }
            let server = try await LoopbackServer.start(world.answer)
            let scene = try DecisionScene(
                rules: """
                    machine: scene
                    version: 1
                    stages:
                      waiting: {shelf: current}
                      gone: {shelf: current, terminal: true}
                    conditions:
                      ready: {expr: '\(cell.condition)'}
                    transitions:
                      - {from: waiting, to: gone, when: [ready]}
                    """,
                sources: """
                      quality:
                        kind: prometheus
                        scope: track
                        url: "\(server.url)"
                        token: "file:token"
                        facts:
                          crash_free_users: {query: crash_free, about: version, max_age: 1h}
                          sessions: {query: "sessions{version=${version}}"}
                          anr_rate:
                            {query: "anr{version=${version}}", range: 3h, step: 5m, reduce: max}
                        alerts: {severity: page}
                    """,
                secrets: ["token": "s3cret-t0ken"]
            )
            let stage = try await scene.stageAfterALook()
            #expect(stage == (isSpoilt ? "waiting" : "gone"), "spoilt: \(isSpoilt)")
            try scene.checkJournal(holdsNo: "s3cret-t0ken")
            try await server.stop()
        }
    }
}
