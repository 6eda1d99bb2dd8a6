import ConductorCore
import ConductorPorts
import AdapterTesting
import Foundation
import Synchronization
import Testing

@testable import SourceAdapters

/// Where Debian's package puts it.
private let program = "/usr/bin/prometheus"

/// A real Prometheus that scrapes a page of ours.
///
/// `Scripts/test.sh` lists it as skipped where it is not installed.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: program), "not installed"))
struct `A real Prometheus` {
    private static let page = """
        # TYPE app_crash_free_users gauge
        app_crash_free_users{version="8.9.2"} 0.9968
        app_crash_free_users{version="8x9y2"} 0.5
        # TYPE app_sessions gauge
        app_sessions{version="8.9.2",pod="a"} 40000
        app_sessions{version="8.9.2",pod="b"} 12038

        """

    private static let rules = """
        groups:
          - name: app
            interval: 1s
            rules:
              - alert: Crashing
                expr: app_crash_free_users < 0.9
                labels: {severity: page}
              - alert: Quiet
                expr: app_sessions < 0
                labels: {severity: ticket}

        """

    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// A port that nobody listens on at this moment.
    private func freePort() async throws -> Int {
        let server = try await LoopbackServer.start { _ in .silence }
        let port = server.port
        try await server.stop()
        return port
    }

    @Test(.timeLimit(.minutes(3)))
    func `answers queries, ranges and alerts as the source reads them`() async throws {
        let scraped = try await LoopbackServer.start { _ in
            .status(
                200,
                headers: [("Content-Type", "text/plain; version=0.0.4")],
                body: Self.page
            )
        }
        try scratch.write(Self.rules, to: "rules.yaml")
        try scratch.write(
            """
            global: {scrape_interval: 1s, evaluation_interval: 1s}
            rule_files: [\(scratch.file("rules.yaml"))]
            scrape_configs:
              - job_name: app
                static_configs: [{targets: ["127.0.0.1:\(scraped.port)"]}]
            """,
            to: "prometheus.yml"
        )
        let port = try await freePort()
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = [
            "--config.file=" + scratch.file("prometheus.yml"),
            "--storage.tsdb.path=" + scratch.file("data"),
            "--web.listen-address=127.0.0.1:\(port)",
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        let prometheus = try source(
            "prometheus",
            [
                "url": .string("http://127.0.0.1:\(port)"),
                "facts": [
                    "crash_free_users": [
                        "query": "app_crash_free_users{version=~\"${version}\"}",
                        "about": "version",
                    ],
                    "sessions": ["query": "app_sessions{version=${version}}", "series": "sum"],
                    "most": [
                        "query": "app_sessions{version=${version}, pod=\"a\"}", "range": "2m",
                        "step": "1s", "reduce": "max",
                    ],
                    "up": ["query": "up{job=\"app\"} == bool 1", "type": "bool"],
                    "scalar": ["query": "scalar(vector(3))", "type": "int"],
                    "nothing": ["query": "app_crash_free_users{version=\"7.0\"}"],
                    "not_a_number": ["query": "0 * app_sessions{pod=\"a\"} / 0"],
                ],
                "alerts": ["severity": "page"],
            ]
        )
        // Until the page was scraped and the rules evaluated, there are fewer facts.
        var answer = await prometheus.observe(request())
        let deadline = ContinuousClock.now + .seconds(120)
        while answer.value("alerts.firing") != 1 || answer.value("most") == nil,
            ContinuousClock.now < deadline
        {
            try await Task.sleep(for: .milliseconds(200))
            answer = await prometheus.observe(request())
        }
        let observation = try #require(answer.observation, "\(answer.message)")
        let since = observation.facts["alerts.since"]?.value.stringValue
        #expect(since.flatMap { Instant(rfc3339: $0) } != nil)
        var facts = observation.facts
        facts["alerts.since"] = nil
        #expect(
            facts == [
                "crash_free_users": ObservedFact(.double(0.9968), about: "8.9.2"),
                "sessions": ObservedFact(52_038, about: "8.9.2"),
                "most": ObservedFact(.double(40_000), about: "8.9.2"),
                "up": ObservedFact(true), "scalar": ObservedFact(3),
                "alerts.firing": ObservedFact(1),
                "alerts.names": ObservedFact(["Crashing"]),
            ]
        )
        for name in ["crash_free_users", "most"] {
            let time = try #require(observation.observedAt[name])
            #expect(abs((Posix.now() - time).milliseconds) < 60_000)
        }
        let wrong = try asking("sum(", port)
        let refusal = await wrong.observe(request())
        #expect(refusal.failure == .refused)
        #expect(refusal.message.contains("bad_data"))
        let several = await (try asking("app_sessions", port)).observe(request())
        #expect(several.failure == .malformed)
        try await scraped.stop()
    }

    private func asking(_ query: String, _ port: Int) throws -> any Source {
        try source(
            "prometheus",
            [
                "url": .string("http://127.0.0.1:\(port)"),
                "facts": ["x": ["query": .string(query)]],
            ]
        )
    }
}
