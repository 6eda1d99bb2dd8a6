import ConductorCore
import ConductorPorts
import AdapterTesting
import NIOHTTP1
import Testing

@testable import SourceAdapters

@Suite struct `Every kind of Sentry` {
    private let scratch: Scratch
    private let common: @Sendable (String, [String: JSON]) -> JSON

    init() throws {
        let scratch = try Scratch()
        try scratch.write("s3cret-t0ken", to: "token")
        let token = JSON.string("file:" + scratch.file("token"))
        self.scratch = scratch
        common = { url, more in
            .object(
                ["url": .string(url), "organization": "acme", "token": token].merging(more) { $1 }
            )
        }
    }

    private static let app: [String: JSON] = [
        "projects": ["4501"], "release": "com.acme.music@${version}",
        "environment": "production",
    ]

    @Test func `sentry walks through the conformance suite`() async throws {
        let findings = try await HTTPSourceConformance(
            secret: "s3cret-t0ken",
            request: request(),
            remembers: false,
            world: SentryWorld().answer
        ) { [common] url, timeout in
            try source("sentry", common(url, Self.app), timeout: timeout)
        }.run()
        #expect(findings == [])
    }

    @Test func `sentry.deploy walks through the conformance suite`() async throws {
        var intent = intent()
        intent.actionClass = .createOnce
        let findings = try await HTTPActionConformance(
            secret: "s3cret-t0ken",
            intent: intent,
            world: { SentryWorld().answer }
        ) { [common] url in
            try action(
                "sentry.deploy",
                common(url, ["release": "com.acme.music@${version}+412"])
            )
        }.run()
        #expect(findings == [])
    }

    private func facts(
        _ change: (inout SentryWorld.State) -> Void = { _ in }
    ) async throws -> (answer: PollAnswer, asked: [LoopbackServer.Received]) {
        let server = try await LoopbackServer.start(SentryWorld(change).answer)
        let answer = await (try source("sentry", common(server.url, Self.app)))
            .observe(request())
        let asked = server.received
        try await server.stop()
        return (answer, asked)
    }

    @Test func `every fact is about the version`() async throws {
        let (answer, asked) = try await facts()
        let expected: [String: JSON] = [
            "crash_free_users": .double(0.9968), "crash_free_sessions": .double(0.9981),
            "sessions": 52_038, "sentry.users": 40_000, "sentry.adoption": .double(0.25),
            "sentry.builds": ["com.acme.music@8.9.2+412"], "sentry.new_issues": 1,
            "sentry.new_issue_keys": ["MUSIC-1A"],
        ]
        #expect(
            answer.observation?.facts == expected.mapValues { ObservedFact($0, about: "8.9.2") }
        )
        #expect(asked.count == 4)
        #expect(asked.allSatisfy { $0.headers["authorization"] == ["Bearer s3cret-t0ken"] })
        #expect(asked.allSatisfy { $0.query("project") == ["4501"] })
        #expect(asked.allSatisfy { $0.query("environment") == ["production"] })
        let health = try #require(asked.first { !$0.query("field").isEmpty })
        #expect(health.query("query") == [#"release:"com.acme.music@8.9.2+412""#])
        #expect(health.query("statsPeriod") == ["24h"])
    }

    @Test func `builds of the version count together, those of another do not`() async throws {
        let (answer, asked) = try await facts {
            $0.releases = [
                "com.acme.music@8.9.2", "com.acme.music@8.9.2+412", "com.acme.music@8.9.2+413",
                "com.acme.music@8.9.20+500",
            ]
            $0.perPage = 2
        }
        #expect(
            answer.value("sentry.builds")
                == [
                    "com.acme.music@8.9.2", "com.acme.music@8.9.2+412", "com.acme.music@8.9.2+413",
                ]
        )
        let queries = asked.flatMap { $0.query("query") }
        let list =
            #"["com.acme.music@8.9.2","com.acme.music@8.9.2+412","com.acme.music@8.9.2+413"]"#
        #expect(queries.contains("release:" + list))
        #expect(queries.contains("is:unresolved firstRelease:" + list))
        #expect(asked.count { $0.path.hasSuffix("/releases/") } == 2)
    }

    @Test func `a release that nobody knows has no facts`() async throws {
        let (answer, asked) = try await facts { $0.releases = ["com.acme.music@8.9.1+400"] }
        #expect(answer == .observed(Observation()))
        #expect(asked.count == 1)
    }

    @Test func `without sessions there is no health, and no zero`() async throws {
        let nothing = SentryWorld.Health(
            sessions: 0,
            users: 0,
            freeSessions: .null,
            freeUsers: .null
        )
        for health in [nothing, nil] {
            let (answer, _) = try await facts { $0.health = health }
            let names = answer.observation?.facts.keys.sorted()
            #expect(names == ["sentry.builds", "sentry.new_issue_keys", "sentry.new_issues"])
        }
        let (rates, _) = try await facts { $0.health?.freeUsers = .null }
        #expect(rates.value("crash_free_users") == nil)
        #expect(rates.value("sessions") == 52_038)
    }

    @Test func `a share of another window is none`() async throws {
        let (answer, _) = try await facts { $0.end = "2026-03-02T10:00:00Z" }
        #expect(answer.value("sentry.adoption") == nil)
        #expect(answer.value("sessions") == 52_038)
        let (less, _) = try await facts { $0.allSessions = 7 }
        #expect(less.value("sentry.adoption") == nil)
    }

    @Test func `a rate that is no fraction is refused`() async throws {
        let (answer, _) = try await facts { $0.health?.freeUsers = .double(99.7) }
        #expect(answer.failure == .malformed)
    }

    @Test func `more issues than can be counted are not counted, and health is told`() async throws
    {
        let (answer, _) = try await facts {
            $0.issues = (1...13).map { "MUSIC-\($0)" }
            $0.perPage = 2
        }
        #expect(answer.value("sentry.new_issues") == nil)
        #expect(answer.value("crash_free_users") == .double(0.9968))
        let (ten, _) = try await facts {
            $0.issues = (1...10).map { "MUSIC-\($0)" }
            $0.perPage = 2
        }
        #expect(ten.value("sentry.new_issues") == 10)
    }

    @Test func `a limit without Retry-After is told by its own header`() async throws {
        let server = try await LoopbackServer.start { _ in
            .status(
                429,
                headers: [
                    ("X-Sentry-Rate-Limit-Reset", "1772442030"),
                    ("Date", "Mon, 02 Mar 2026 09:00:00 GMT"),
                ],
                body: #"{"detail": "too many"}"#
            )
        }
        let mark = try action(
            "sentry.deploy",
            common(server.url, ["release": "com.acme.music@${version}+412"])
        )
        let outcome = await mark.perform(intent(), attempt: 1)
        #expect(outcome == .retryable(reason: "status 429: too many", after: .seconds(30)))
        try await server.stop()
    }

    @Test(
        arguments: [
            (["release": "com.acme.music@8.9.2", "projects": ["1"]], "should name the version"),
            (["release": "${version}", "projects": ["music"]], "no number"),
            (["release": "${version}", "projects": []], "at least one"),
            (["release": "${version}", "projects": ["1"], "period": "90m"], "whole hours"),
            (["projects": ["1"]], "'release' is missing"),
            (["release": "${version}"], "'projects' is missing"),
        ] as [(JSON, String)]
    )
    func `settings that mean nothing are told`(more: JSON, words: String) {
        let found = faults(
            source: "sentry",
            common("https://sentry.io", more.objectValue ?? [:])
        )
        #expect(found.contains { $0.message.contains(words) }, "\(found)")
    }

    @Test func `a name that Sentry does not take is refused before anything is sent`() async throws
    {
        let server = try await LoopbackServer.start(SentryWorld().answer)
        for more: [String: JSON] in [
            ["release": "com.acme.music@${with.none}"], ["release": "a/${version}"],
            ["release": "${version}", "name": .string(String(repeating: "n", count: 65))],
        ] {
            let outcome = await (try action("sentry.deploy", common(server.url, more)))
                .perform(intent(), attempt: 1)
            guard case .rejected = outcome else {
                Issue.record("\(outcome)")
                continue
            }
        }
        #expect(server.received.isEmpty)
        try await server.stop()
    }

    @Test func `its page names every kind and fact`() throws {
        let page = try DecisionScene.repositoryFile("Docs/sources/sentry.md")
        let schema = adapters.schema(
            ofSource: "sentry",
            settings: common("https://sentry.io", Self.app)
        )
        guard case .meaning(let schema) = schema else {
            Issue.record("\(schema)")
            return
        }
        for entry in schema.entries { #expect(page.contains("`\(entry.name)`"), "\(entry.name)") }
        for kind in Backend.sentry.actions.map({ $0.kind }) {
            #expect(page.contains("`\(kind)`"), "\(kind)")
        }
    }
}
