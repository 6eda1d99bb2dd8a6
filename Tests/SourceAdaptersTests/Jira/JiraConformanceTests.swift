import ConductorCore
import ConductorPorts
import AdapterTesting
import NIOHTTP1
import Testing

@testable import SourceAdapters

@Suite struct `Every kind of Jira` {
    private let vendor: VendorWalk

    init() throws {
        vendor = try VendorWalk([
            "site": "https://acme.atlassian.net", "user": "release-bot@acme.example",
        ])
    }

    @Test func `jira walks through the conformance suite`() async throws {
        let findings = try await vendor.walk(
            source: "jira",
            [
                "blockers":
                    "project = MUSIC AND fixVersion = ${version} AND priority = Highest"
            ],
            remembers: false,
            world: JiraWorld().answer
        )
        #expect(findings == [])
    }

    @Test func `jira.signoffs walks through the conformance suite`() async throws {
        let findings = try await vendor.walk(
            source: "jira.signoffs",
            [
                "tickets": "project = QA AND fixVersion = ${version}",
                "teams": ["playback", "search"], "opted_out": ["Won't Do"],
            ],
            remembers: false,
            world: JiraWorld().answer
        )
        #expect(findings == [])
    }

    private struct Case: Sendable, CustomTestStringConvertible {
        var kind: String
        var actionClass: ActionClass
        var settings: [String: JSON] = [:]

        var testDescription: String { kind }
    }

    private static let cases: [Case] = [
        Case(
            kind: "jira.comment",
            actionClass: .appendWithMarker,
            settings: ["issue": "MUSIC-1", "body": "${track}\n\nis out"]
        ),
        Case(
            kind: "jira.transition",
            actionClass: .setToValue,
            settings: ["issue": "MUSIC-1", "to": "Done", "from": ["To Do"]]
        ),
        Case(
            kind: "jira.assign",
            actionClass: .setToValue,
            settings: ["issue": "MUSIC-1", "account": "grace"]
        ),
        Case(
            kind: "jira.create",
            actionClass: .createOnce,
            settings: [
                "project": "MUSIC", "summary": "Release ${version}", "labels": ["release"],
                "fields": ["fixVersions": [["name": "${version}"]]],
            ]
        ),
    ]

    @Test(arguments: cases)
    private func `an action walks through the conformance suite`(one: Case) async throws {
        var intent = intent()
        intent.actionClass = one.actionClass
        let findings = try await vendor.walk(action: one.kind, one.settings, intent) {
            JiraWorld().answer
        }
        #expect(findings == [])
    }

    @Test func `a value is never read as a part of the query`() async throws {
        let server = try await LoopbackServer.start(JiraWorld().answer)
        let jira = try source(
            "jira",
            vendor.settings(
                server.url,
                ["blockers": "fixVersion = ${version} AND summary ~ \"of ${version}\""]
            )
        )
        _ = await jira.observe(request(#"8" OR priority = Highest OR \"#))
        let value = #"8\" OR priority = Highest OR \\"#
        #expect(
            server.received.map { $0.query("jql") }
                == [["fixVersion = \"\(value)\" AND summary ~ \"of \(value)\""]]
        )
        try await server.stop()
    }

    @Test func `all pages of a list count`() async throws {
        let world = JiraWorld { state in
            state.found["priority = Highest"] = (1...7).map { .init(key: "MUSIC-\($0)") }
            state.perPage = 3
        }
        let server = try await LoopbackServer.start(world.answer)
        let jira = try source(
            "jira",
            vendor.settings(server.url, ["blockers": "priority = Highest"])
        )
        guard case .observed(let observation) = await jira.observe(request()) else {
            Issue.record("no facts")
            return
        }
        #expect(observation.facts["blockers.open"]?.value == 7)
        #expect(server.received.count == 3)
        #expect(
            server.received.allSatisfy {
                // release-bot@acme.example:s3cret-t0ken
                $0.headers["authorization"] == [
                    "Basic cmVsZWFzZS1ib3RAYWNtZS5leGFtcGxlOnMzY3JldC10MGtlbg=="
                ]
            }
        )
        try await server.stop()
    }

    @Test func `an issue that somebody moved elsewhere is left alone`() async throws {
        let world = JiraWorld { $0.issues["MUSIC-1"]?.status = "In Review" }
        let server = try await LoopbackServer.start(world.answer)
        let move = try action(
            "jira.transition",
            vendor.settings(
                server.url,
                ["issue": "MUSIC-1", "to": "Done", "from": ["To Do"]]
            )
        )
        guard case .rejected(let reason, _) = await move.perform(intent(), attempt: 1) else {
            Issue.record("it was moved")
            return
        }
        #expect(reason.contains("In Review"))
        #expect(server.received.allSatisfy { $0.method == .GET })
        try await server.stop()
    }
}
