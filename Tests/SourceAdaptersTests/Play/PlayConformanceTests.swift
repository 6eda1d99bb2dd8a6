import ConductorCore
import ConductorPorts
import AdapterTesting
import Testing

@testable import SourceAdapters

@Suite struct `Every kind of Play` {
    private let scratch: Scratch
    private let common: @Sendable (String) -> [String: JSON]

    init() throws {
        let scratch = try Scratch()
        try scratch.write(PlayWorld.key, to: "key")
        let key = JSON.string("file:" + scratch.file("key"))
        self.scratch = scratch
        common = { url in
            [
                "url": .string(url), "token_url": .string(url + "/token"), "key": key,
                "package": "com.acme.music",
            ]
        }
    }

    @Test func `play walks through the conformance suite`() async throws {
        let findings = try await HTTPSourceConformance(
            secret: PlayWorld.token,
            request: request(),
            remembers: false,
            world: PlayWorld().answer
        ) { [common] url, timeout in
            try source(
                "play",
                .object(common(url).merging(["others": ["internal"], "edits": "0s"]) { $1 }),
                timeout: timeout
            )
        }.run()
        #expect(findings == [])
    }

    @Test func `play.vitals walks through the conformance suite`() async throws {
        let findings = try await HTTPSourceConformance(
            secret: PlayWorld.token,
            request: request(),
            remembers: false,
            world: PlayWorld().answer
        ) { [common] url, timeout in
            try source(
                "play.vitals",
                .object(common(url).merging(["users_as_sessions": true]) { $1 }),
                timeout: timeout
            )
        }.run()
        #expect(findings == [])
    }

    private struct Case: Sendable, CustomTestStringConvertible {
        var kind: String
        var settings: JSON = [:]
        /// Makes the world one in which it can be done.
        var change: @Sendable (inout PlayWorld.State) -> Void = { _ in }

        var testDescription: String { kind }
    }

    private static let cases: [Case] = [
        Case(kind: "play.release", settings: ["fraction": 0.01.json]) {
            $0.tracks["production"] = [PlayWorld.before]
        },
        Case(kind: "play.raise", settings: ["fraction": 0.05.json]),
        Case(kind: "play.halt"),
        Case(kind: "play.resume") {
            $0.tracks["production"] = [PlayWorld.release("halted", 0.01), PlayWorld.before]
        },
        Case(kind: "play.complete"),
    ]

    @Test(arguments: cases)
    private func `an action walks through the conformance suite`(one: Case) async throws {
        var intent = intent(candidate: PlayWorld.commit)
        intent.actionClass = .setToValue
        let findings = try await HTTPActionConformance(
            secret: PlayWorld.token,
            intent: intent,
            isWrite: PlayWorld.isCommit,
            world: { PlayWorld(one.change).answer }
        ) { [common] url in
            try action(
                one.kind,
                .object(
                    common(url).merging(["version_codes": [.string("80902")]]) { $1 }
                        .merging(one.settings.objectValue ?? [:]) { $1 }
                )
            )
        }.run()
        #expect(findings == [])
    }
}

extension Double {
    /// As JSON has it.
    var json: JSON { .double(self) }
}
