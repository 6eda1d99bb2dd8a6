import ConductorCore
import ConductorPorts
import AdapterTesting
import NIOHTTP1
import Testing

@testable import SourceAdapters

@Suite struct `The kind prometheus` {
    private let scratch: Scratch
    private let settings: @Sendable (String, [String: JSON]) -> JSON

    init() throws {
        let scratch = try Scratch()
        try scratch.write("s3cret-t0ken", to: "token")
        let token = JSON.string("file:" + scratch.file("token"))
        self.scratch = scratch
        settings = { url, more in
            .object(["url": .string(url), "token": token].merging(more) { $1 })
        }
    }

    private static let facts: [String: JSON] = [
        "crash_free_users": ["query": "crash_free{version=${version}}", "about": "version"],
        "sessions": ["query": "sessions{version=\"${version}\"}"],
        "anr_rate": [
            "query": "anr{version=${version}}", "range": "3h", "step": "5m", "reduce": "max",
        ],
    ]

    @Test func `it walks through the conformance suite`() async throws {
        let findings = try await HTTPSourceConformance(
            secret: "s3cret-t0ken",
            request: request(),
            remembers: false,
            world: PrometheusWorld { $0.alerts = [.init(name: "CrashSpike")] }.answer
        ) { [settings] url, timeout in
            try source(
                "prometheus",
                settings(url, ["facts": .object(Self.facts), "alerts": [:]]),
                timeout: timeout
            )
        }.run()
        #expect(findings == [])
    }

    private func answer(
        _ facts: JSON,
        alerts: JSON? = nil,
        _ change: (inout PrometheusWorld.State) -> Void = { _ in }
    ) async throws -> (answer: PollAnswer, asked: [LoopbackServer.Received]) {
        let server = try await LoopbackServer.start(PrometheusWorld(change).answer)
        var more: [String: JSON] = facts == [:] ? [:] : ["facts": facts]
        more["alerts"] = alerts
        let answer = await (try source("prometheus", settings(server.url, more)))
            .observe(request())
        let asked = server.received
        try await server.stop()
        return (answer, asked)
    }

    @Test func `a value has its time, its subject and its type`() async throws {
        let (answer, asked) = try await answer(.object(Self.facts))
        let observation = try #require(answer.observation)
        #expect(
            observation.facts == [
                "crash_free_users": ObservedFact(.double(0.9968), about: "8.9.2"),
                "sessions": ObservedFact(52_038, about: "8.9.2"),
                "anr_rate": ObservedFact(.double(0.004), about: "8.9.2"),
            ]
        )
        #expect(
            observation.observedAt["sessions"] == Instant(milliseconds: 1_772_441_999_500)
        )
        #expect(observation.observedAt["anr_rate"] == Instant(milliseconds: 1_772_441_820_000))
        #expect(asked.map(\.path).count { $0 == "/api/v1/query_range" } == 1)
        #expect(asked.allSatisfy { $0.headers["authorization"] == ["Bearer s3cret-t0ken"] })
        let range = try #require(asked.first { $0.path == "/api/v1/query_range" })
        let times = ["start", "end"].compactMap { name in
            range.query(name).first.flatMap { Instant(rfc3339: $0) }
        }
        #expect(times.count == 2 && times[1] - times[0] == .hours(3))
        #expect(range.query("step") == ["300000ms"])
    }

    @Test(arguments: [
        ("last", 0.002), ("min", 0.001), ("max", 0.004), ("sum", 0.007), ("avg", 0.007 / 3),
    ])
    func `a range becomes one value`(reduction: String, expected: Double) async throws {
        let (answer, _) = try await answer([
            "rate": ["query": "anr", "range": "3h", "reduce": .string(reduction)]
        ])
        #expect(answer.value("rate") == .double(expected))
    }

    @Test(arguments: ["NaN", "+Inf", "-Inf", "1e999"])
    func `what is no number is no value`(text: String) async throws {
        let (instant, _) = try await answer([
            "x": ["query": "x"], "sessions": ["query": "sessions{v=${version}}"],
        ]) {
            $0.found["x"] = [([:], [text])]
        }
        #expect(instant.observation?.facts.keys.sorted() == ["sessions"])
        // One such value spoils what all of them make up, and not what the last one says.
        let (range, _) = try await answer([
            "avg": ["query": "x", "range": "1h", "reduce": "avg"],
            "last": ["query": "x", "range": "1h", "reduce": "last"],
        ]) {
            $0.found["x"] = [([:], [text, "2"])]
        }
        #expect(range.observation?.facts == ["last": ObservedFact(.double(2))])
    }

    @Test func `no series is no value`() async throws {
        let (answer, _) = try await answer([
            "gone": ["query": "nothing"],
            "gone_range": ["query": "nothing", "range": "1h", "reduce": "sum"],
            "gone_sum": ["query": "nothing", "type": "int", "series": "sum"],
        ])
        #expect(answer == .observed(Observation()))
    }

    @Test func `several series are one value only where settings say how`() async throws {
        let change: (inout PrometheusWorld.State) -> Void = {
            $0.found["x"] = [(["pod": "a"], ["1"]), (["pod": "b"], ["2"])]
        }
        let (refused, _) = try await answer(["x": ["query": "x"]], change)
        #expect(refused.failure == .malformed)
        #expect(refused.message.contains("x: 2 series"))
        for (word, expected) in [("sum", 3.0), ("min", 1), ("max", 2), ("avg", 1.5)] {
            let (answer, _) = try await answer(
                ["x": ["query": "x", "series": .string(word)]],
                change
            )
            #expect(answer.value("x") == .double(expected))
        }
    }

    @Test func `a label says which version it is about, or nothing does`() async throws {
        let facts: JSON = [
            "crash_free_users": ["query": "crash_free", "about": "version", "series": "min"]
        ]
        let (other, _) = try await answer(facts) {
            $0.found["crash_free"] = [(["version": "8.9.1"], ["0.9"])]
        }
        #expect(other.observation?.facts["crash_free_users"]?.about == "8.9.1")
        for labels: [JSON] in [[[:]], [["version": "8.9.2"], ["version": "8.9.1"]]] {
            let (answer, _) = try await answer(facts) { state in
                state.found["crash_free"] = labels.map { ($0, ["0.9"]) }
            }
            #expect(answer == .observed(Observation()))
        }
    }

    @Test(
        arguments: [
            (["type": "int"], "0.5"), (["type": "bool"], "2"), (["unit": "fraction"], "99.7"),
        ] as [(JSON, String)]
    )
    func `a value of another kind is refused`(settings: JSON, value: String) async throws {
        var one = settings.objectValue ?? [:]
        one["query"] = "x"
        let (answer, _) = try await answer(["x": .object(one)]) {
            $0.found["x"] = [([:], [value])]
        }
        #expect(answer.failure == .malformed)
        #expect(answer.message.hasPrefix("x: "))
    }

    @Test func `a partial answer is none`() async throws {
        let (answer, _) = try await answer(.object(Self.facts)) {
            $0.warnings = ["receive series from store: unavailable"]
        }
        #expect(answer.failure == .malformed)
        #expect(answer.message.contains("unavailable"))
    }

    @Test func `alerts are counted that fire and have the labels`() async throws {
        let (found, _) = try await answer([:], alerts: ["severity": "page"]) {
            $0.alerts = [
                .init(name: "CrashSpike"), .init(name: "CrashSpike", since: "2026-03-02T08:00:00Z"),
                .init(name: "CrashSpike", state: "pending"),
                .init(name: "DiskFull", severity: "ticket"),
            ]
        }
        #expect(found.value("alerts.firing") == 2)
        #expect(found.value("alerts.names") == ["CrashSpike"])
        #expect(found.value("alerts.since") == "2026-03-02T08:00:00Z")
        let (none, _) = try await answer([:], alerts: [:])
        #expect(none.value("alerts.firing") == 0)
        #expect(none.value("alerts.names") == [])
    }

    @Test func `without a rule that works nothing is known of alerts`() async throws {
        for rules in [[], [("CrashSpike", "err")], [("CrashSpike", "unknown")]] {
            let (answer, _) = try await answer([:], alerts: ["alertname": "CrashSpike"]) {
                $0.rules = rules
            }
            #expect(answer == .observed(Observation()))
        }
        // Another rule that cannot be evaluated says nothing of this one.
        let (answer, _) = try await answer([:], alerts: ["alertname": "CrashSpike"]) {
            $0.rules = [("CrashSpike", "ok"), ("DiskFull", "err")]
        }
        #expect(answer.value("alerts.firing") == 0)
        let (strange, _) = try await self.answer([:], alerts: [:]) {
            $0.alerts = [.init(name: "CrashSpike", state: "snoozed")]
        }
        #expect(strange.failure == .malformed)
    }

    @Test(arguments: [
        ("up{v=${version}}", #"up{v="8.9\"2\\"}"#),
        ("up{v=\"of ${version}\"}", #"up{v="of 8.9\"2\\"}"#),
        ("up{v='${version}'}", #"up{v='8.9"2\\'}"#),
        ("up{v=`${version}`}", #"up{v=`8.9"2\`}"#),
        ("up{v=~\"${version}.*\"}", #"up{v="# + #"~"8\\.9\"2\\\\.*"}"#),
        ("up{v !~ ${version}, w=\"${version}\"}", #"up{v !~ "8\\.9\"2\\\\", w="8.9\"2\\"}"#),
        ("up{v=~`${version}`}", #"up{v=~`8\.9"2\\`}"#),
        ("# it's\nup{v=\"${version}\"}", "# it's\n" + #"up{v="8.9\"2\\"}"#),
    ])
    func `a value is never read as a part of the query`(
        template: String,
        query: String
    ) throws {
        let variables = Variables(request(#"8.9"2\"#))
        #expect(try variables.promQL(Template(template)) == query)
    }

    @Test func `what cannot be written is refused`() throws {
        for value in ["8`", "8\n9"] {
            #expect(throws: TemplateProblem.self) {
                try Variables(request(value)).promQL(Template("up{v=`${version}`}"))
            }
        }
    }

    @Test(
        arguments: [
            (["query": "x", "range": "1h"], "'reduce' is missing"),
            (["query": "x", "reduce": "max"], "there is none"),
            (["query": "x", "range": "1h", "step": "2h", "reduce": "max"], "longer than 'step'"),
            (["query": "x", "range": "30d", "step": "1m", "reduce": "max"], "less than 11000"),
            (["query": "x", "series": "last"], "none of"),
            (["query": "x", "type": "text"], "none of"),
            (["query": "x", "subject": "version"], "is not known here"),
            ([:], "'query' is missing"),
            (["query": "up{v=\"${build}\"}"], "no variable"),
        ] as [(JSON, String)]
    )
    func `settings that mean nothing are told`(one: JSON, words: String) {
        let found = faults(source: "prometheus", ["url": "http://p.example", "facts": ["x": one]])
        #expect(found.contains { $0.message.contains(words) }, "\(found)")
    }

    @Test func `a fact of the role is about a version`() {
        let found = faults(
            source: "prometheus",
            ["url": "http://p.example", "facts": ["crash_free_users": ["query": "x"]]]
        )
        #expect(found.map(\.kind) == [.badFact])
    }

    @Test func `a user, a tenant, and nobody can ask`() async throws {
        let server = try await LoopbackServer.start(PrometheusWorld().answer)
        for more: [String: JSON] in [
            [:], ["tenant": "music"],
            ["user": "ada", "password": .string("file:" + scratch.file("token"))],
        ] {
            var settings: [String: JSON] = [
                "url": .string(server.url), "facts": ["n": ["query": "sessions"]],
            ]
            settings.merge(more) { $1 }
            let answer = await (try source("prometheus", .object(settings))).observe(request())
            #expect(answer.value("n") == .double(52_038))
        }
        #expect(
            server.received.map { $0.headers["authorization"] }
                == [[], [], ["Basic YWRhOnMzY3JldC10MGtlbg=="]]
        )
        #expect(server.received.map { $0.headers["x-scope-orgid"] } == [[], ["music"], []])
        try await server.stop()
    }

    @Test func `its page names every setting and fact`() throws {
        let page = try DecisionScene.repositoryFile("Docs/sources/prometheus.md")
        let names =
            RoleFacts.quality.map(\.name)
            + PrometheusAlerts(settings: SettingsReader([:])).schema
            .map(\.name) + PrometheusQuestion.Reduction.allCases.map(\.rawValue)
        for name in names { #expect(page.contains("`\(name)`"), "\(name)") }
    }
}
