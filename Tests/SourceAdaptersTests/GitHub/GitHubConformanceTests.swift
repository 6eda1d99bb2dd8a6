import ConductorCore
import ConductorPorts
import AdapterTesting
import Testing

@testable import SourceAdapters

@Suite struct `Every kind of GitHub` {
    private let vendor: VendorWalk

    init() throws { vendor = try VendorWalk(["repository": "acme/music"]) }

    @Test func `github walks through the conformance suite`() async throws {
        let findings = try await vendor.walk(
            source: "github",
            ["tag": "v${version}", "since": "v8.9.*", "branches": "release/*", "tags": "v*"],
            mayTurn: ["branch.exists", "tag.exists", "github.release.state"],
            world: GitHubWorld().answer
        )
        #expect(findings == [])
    }

    @Test func `github.checks walks through the conformance suite`() async throws {
        let findings = try await vendor.walk(
            source: "github.checks",
            ["workflow": "release.yml"],
            world: GitHubWorld().answer
        )
        #expect(findings == [])
    }

    private struct Case: Sendable, CustomTestStringConvertible {
        var kind: String
        var actionClass: ActionClass
        var settings: [String: JSON] = [:]
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
        let findings = try await vendor.walk(action: one.kind, one.settings, intent) {
            GitHubWorld(one.change).answer
        }
        #expect(findings == [])
    }
}
