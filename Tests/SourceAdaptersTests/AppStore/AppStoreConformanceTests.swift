import ConductorCore
import ConductorPorts
import AdapterTesting
import NIOHTTP1
import Testing

@testable import SourceAdapters

@Suite struct `Every kind of App Store Connect` {
    private let scratch: Scratch
    private let common: @Sendable (String) -> [String: JSON]

    init() throws {
        let scratch = try Scratch()
        try scratch.write(AppStoreWorld.pem, to: "key")
        self.scratch = scratch
        common = { url in
            [
                "url": .string(url), "app": "com.acme.music", "key_id": "2X9R4HXF34",
                "issuer": "57246542-96fe", "key": .string("file:" + scratch.file("key")),
            ]
        }
    }

    private static let worlds: [@Sendable (inout AppStoreWorld.State) -> Void] = [
        AppStoreWorld.live,
        { state in
            state.version?.state = "IN_REVIEW"
            state.submissions = [
                .init(
                    id: "s1",
                    state: "IN_REVIEW",
                    items: [.init(id: "i1", state: "READY_FOR_REVIEW", version: "v892")]
                )
            ]
        },
    ]

    @Test(arguments: worlds.indices)
    func `appstore walks through the conformance suite`(index: Int) async throws {
        let findings = try await HTTPSourceConformance(
            secret: AppStoreWorld.secret,
            request: request(),
            world: AppStoreWorld(Self.worlds[index]).answer
        ) { [common] url, timeout in
            try source("appstore", .object(common(url)), timeout: timeout)
        }.run()
        #expect(findings == [])
    }

    private struct Case: Sendable, CustomTestStringConvertible {
        var kind: String
        var actionClass: ActionClass = .setToValue
        var settings: JSON = [:]
        /// What counts as the one write; the others only prepare it.
        var decisive: String?
        /// The world without the effect.
        var world: @Sendable (inout AppStoreWorld.State) -> Void

        var testDescription: String { kind }
    }

    private static let cases: [Case] = [
        Case(kind: "appstore.version", actionClass: .createOnce) { $0.version = nil },
        Case(kind: "appstore.build", settings: ["build": "412"]) { $0.version?.build = "b411" },
        Case(
            kind: "appstore.submit",
            actionClass: .createOnce,
            settings: ["build": "412"],
            decisive: "/v1/reviewSubmissions/"
        ) { _ in },
        Case(kind: "appstore.withdraw") { state in
            state.version?.state = "WAITING_FOR_REVIEW"
            state.submissions = [
                .init(
                    id: "s1",
                    state: "WAITING_FOR_REVIEW",
                    items: [.init(id: "i1", version: "v892")]
                )
            ]
        },
        Case(kind: "appstore.release", actionClass: .createOnce) { state in
            state.version?.state = "PENDING_DEVELOPER_RELEASE"
            state.version?.phased = "INACTIVE"
        },
        Case(kind: "appstore.phased", actionClass: .createOnce) { state in
            state.version?.state = "PENDING_DEVELOPER_RELEASE"
        },
        Case(kind: "appstore.pause", world: AppStoreWorld.live),
        Case(kind: "appstore.resume") { state in
            AppStoreWorld.live(&state)
            state.version?.phased = "PAUSED"
        },
        Case(kind: "appstore.complete", world: AppStoreWorld.live),
    ]

    @Test(arguments: cases)
    private func `an action walks through the conformance suite`(one: Case) async throws {
        var intent = intent()
        intent.actionClass = one.actionClass
        let findings = try await HTTPActionConformance(
            secret: AppStoreWorld.secret,
            intent: intent,
            mayTurn: false,
            isWrite: { received in
                received.method != .GET
                    && one.decisive.map { received.path.hasPrefix($0) } ?? true
            },
            world: { AppStoreWorld(one.world).answer }
        ) { [common] url in
            try action(
                one.kind,
                .object(common(url).merging(one.settings.objectValue ?? [:]) { $1 })
            )
        }.run()
        #expect(findings == [])
    }
}
