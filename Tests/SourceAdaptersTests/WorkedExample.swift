import ConductorCore
import ConductorPorts
import AdapterTesting
import Foundation
import Logging
import NIOHTTP1
import Synchronization
import Testing

@testable import SourceAdapters

// What stands between the two marks is the worked example of CONTRIBUTING.md, word for word.

// example-begins
extension Backend {
    /// A server of feature switches: `GET switches/NAME` and `PUT switches/NAME`.
    static let switches = Backend(sources: [SwitchSource.self], actions: [SwitchAction.self])
}

/// What both kinds ask for: `{url: ..., token: env:SWITCHES_TOKEN, name: "music-${version}"}`.
struct Switches: Sendable {
    let api: API
    let name: Template

    init?(settings: SettingsReader, scope: TemplateScope) {
        let base = settings.base("url", default: "https://switches.example/v1")
        let token = settings.secret("token")
        if !settings.has("token") { settings.missing("token", "env:NAME or file:PATH") }
        let name = settings.template("name", scope, default: "${app}-${version}")
        guard let base, let token, let name else { return nil }
        let dialect = APIDialect(pace: Pace.Limits(burst: 20, perSecond: 2))
        api = API(base: base, dialect: dialect, credential: BearerCredential(token: token))
        self.name = name
    }

    func state(_ name: String, _ session: APISession) async throws -> String? {
        guard let found = try await session.find("switches/\(name)") else { return nil }
        guard try found.text("name") == name else {
            throw APIProblem(.malformed, "asked for \(name), and another one was answered")
        }
        return try found.text("state")
    }
}

/// The kind `switch`: whether a feature is on.
struct SwitchSource: ConfiguredSource {
    static let kind = "switch"
    private let switches: Switches
    private let timeout: Span

    init?(settings: SettingsReader, binding: SourceBinding) {
        guard let switches = Switches(settings: settings, scope: .source) else { return nil }
        self.switches = switches
        timeout = binding.timeout
    }

    var secrets: [SecretReference] { switches.api.credential.references }
    var schema: FactSchema { .sorted([.init(name: "on", type: .bool)]) }

    func observe(_ request: ObservationRequest) async -> PollAnswer {
        await switches.api.poll(request, timeout: timeout) { session, variables in
            let name = try variables.text(switches.name)
            switch try await switches.state(name, session) {
            case "on": return Observation(facts: ["on": ObservedFact(true)])
            case "off": return Observation(facts: ["on": ObservedFact(false)])
            // A value never seen before is no answer, and neither is nothing at all.
            case .some, nil: return Observation()
            }
        }
    }
}

/// The kind `switch.on`: turns a feature on, for everybody.
struct SwitchAction: ConfiguredAction {
    static let kind = "switch.on"
    private let switches: Switches

    init?(settings: SettingsReader, binding: ActionBinding) {
        guard let switches = Switches(settings: settings, scope: .action) else { return nil }
        self.switches = switches
    }

    var secrets: [SecretReference] { switches.api.credential.references }
    var traits: ActionTraits {
        ActionTraits(actionClass: .setToValue, direction: .raises, canProbe: true)
    }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        let remedy = "see the switch on the server"
        return await switches.api.perform(intent, remedy: remedy) { session, variables in
            let name = try variables.text(switches.name)
            return try await session.once(remedy: remedy) {
                try await look(name, session)
            } send: {
                let made = try await session.write(.PUT, "switches/\(name)", ["state": "on"])
                guard try made.text("state") == "on" else {
                    throw APIProblem(.malformed, "turned on, and the answer says something else")
                }
                return "\(name) is on"
            }
        }
    }

    func probe(_ intent: Intent) async -> ProbeAnswer {
        await switches.api.probe(intent) { session, variables in
            try await look(try variables.text(switches.name), session)
        }
    }

    private func look(_ name: String, _ session: APISession) async throws -> ProbeAnswer {
        switch try await switches.state(name, session) {
        case "on": .present(evidence: "\(name) is on")
        case "off": .absent
        case let other: .ambiguous(reason: "\(name) is \(other ?? "not there")")
        }
    }
}
// example-ends

@Suite struct `The worked example` {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        try scratch.write("s3cret-t0ken", to: "token")
    }

    private func settings(_ url: String) -> SettingsReader {
        SettingsReader([
            "url": .string(url), "token": .string("file:" + scratch.file("token")),
        ])
    }

    private static func world(_ state: String) -> HTTPActionConformance.World {
        let state = Kept(state)
        return { received in
            let text = state.text.withLock { text in
                if received.method == .PUT { text = "on" }
                return text
            }
            return .status(200, body: #"{"name": "music-8.9.2", "state": "\#(text)"}"#)
        }
    }

    private final class Kept: Sendable {
        let text: Mutex<String>

        init(_ text: String) { self.text = Mutex(text) }
    }

    @Test func `is in CONTRIBUTING, word for word`() throws {
        let code = try String(contentsOfFile: #filePath, encoding: .utf8)
            .components(separatedBy: "// example-" + "begins\n").last?
            .components(separatedBy: "// example-" + "ends").first
        let document = try DecisionScene.repositoryFile("CONTRIBUTING.md")
        #expect(document.contains("```swift\n" + (code ?? "?") + "```"))
    }

    @Test func `walks through the conformance suites`() async throws {
        let settings = settings
        let read = try await HTTPSourceConformance(
            secret: "s3cret-t0ken",
            request: request(),
            world: Self.world("on")
        ) { url, timeout in
            try #require(
                SwitchSource(
                    settings: settings(url),
                    binding: SourceBinding(name: "switch", timeout: timeout)
                )
            )
        }.run()
        #expect(read == [])
        var intent = intent()
        intent.actionClass = .setToValue
        let done = try await HTTPActionConformance(
            secret: "s3cret-t0ken",
            intent: intent,
            world: { Self.world("off") }
        ) { url in
            try #require(
                SwitchAction(
                    settings: settings(url),
                    binding: ActionBinding(name: "on", logger: .init(label: "test"))
                )
            )
        }.run()
        #expect(done == [])
    }
}
