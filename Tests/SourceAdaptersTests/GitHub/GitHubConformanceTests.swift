import ConductorCore
import ConductorPorts
import AdapterTesting
import Testing

@testable import SourceAdapters

@Suite struct `Every kind of GitHub` {
    private let scratch: Scratch
    private let common: @Sendable (String) -> [String: JSON]

    init() throws {
        let scratch = try Scratch()
        try scratch.write("s3cret-t0ken", to: "token")
        let token = JSON.string("file:" + scratch.file("token"))
        self.scratch = scratch
        common = { url in
            ["url": .string(url), "repository": "acme/music", "token": token]
        }
    }

    @Test func `github walks through the conformance suite`() async throws {
        let findings = try await HTTPSourceConformance(
            secret: "s3cret-t0ken",
            request: request(),
            mayTurn: [
                "branch.exists", "tag.exists", "github.release.state",
            ],
            world: GitHubWorld().answer
        ) { [common] url, timeout in
            try source(
                "github",
                .object(
                    common(url).merging([
                        "tag": "v${version}", "since": "v8.9.*", "branches": "release/*",
                        "tags": "v*",
                    ]) { $1 }
                ),
                timeout: timeout
            )
        }.run()
        #expect(findings == [])
    }

    @Test func `github.checks walks through the conformance suite`() async throws {
        let findings = try await HTTPSourceConformance(
            secret: "s3cret-t0ken",
            request: request(),
            world: GitHubWorld().answer
        ) { [common] url, timeout in
            try source(
                "github.checks",
                .object(common(url).merging(["workflow": "release.yml"]) { $1 }),
                timeout: timeout
            )
        }.run()
        #expect(findings == [])
    }

    private struct Case: Sendable, CustomTestStringConvertible {
        var kind: String
        var actionClass: ActionClass
        var settings: JSON = [:]
        var parameters: JSON = [:]
        /// Removes the effect from a world that has everything.
        var change: @Sendable (inout GitHubWorld.State) -> Void = { _ in }

        var testDescription: String { kind }
    }

    private static let cases: [Case] = [
        Case(kind: "github.branch", actionClass: .createOnce) { state in
            state.references["heads/release/8.9.2"] = nil
        },
        Case(kind: "github.tag", actionClass: .createOnce) { state in
            state.references["tags/v8.9.2"] = nil
        },
        Case(kind: "github.release", actionClass: .createOnce, settings: ["draft": false]) {
            state in
            state.releases = []
        },
        Case(
            kind: "github.dispatch",
            actionClass: .appendWithMarker,
            settings: ["workflow": "release.yml", "marker": "conductor_id"]
        ),
        Case(kind: "github.status", actionClass: .setToValue, settings: ["state": "success"]) {
            state in
            state.statuses = [:]
        },
        Case(
            kind: "github.comment",
            actionClass: .appendWithMarker,
            settings: ["issue": "${with.issue}", "body": "${track} is out"],
            parameters: ["issue": 12]
        ),
    ]

    @Test(arguments: cases)
    private func `an action walks through the conformance suite`(one: Case) async throws {
        var intent = intent(with: one.parameters, candidate: GitHubWorld.head)
        intent.actionClass = one.actionClass
        let findings = try await HTTPActionConformance(
            secret: "s3cret-t0ken",
            intent: intent,
            world: { GitHubWorld(one.change).answer }
        ) { [common] url in
            try action(
                one.kind,
                .object(common(url).merging(one.settings.objectValue ?? [:]) { $1 })
            )
        }.run()
        #expect(findings == [])
    }
}
