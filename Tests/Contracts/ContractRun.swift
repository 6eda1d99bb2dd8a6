import ConductorCore
import ConductorPorts
import Foundation
import SourceAdapters

/// What a cell is given: the server's address, keys, and the adapters as a deployment has them.
struct ContractRun: Sendable {
    static let track = TrackID(app: "music", platform: "ios", version: "8.9.2")

    let url: String
    /// A folder for secrets; settings name them `file:...`.
    let folder: String

    /// A secret in a file, as settings name it.
    func secret(_ text: String, _ name: String = "secret") throws -> JSON {
        let path = folder + "/" + name
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return .string("file:" + path)
    }

    /// The private key that belongs to the one the server verifies with.
    var signingKey: JSON { .string("file:" + folder + "/private.pem") }

    private func source(_ kind: String, _ settings: JSON) throws -> any Source {
        try StandardAdapters().source(
            SourceDefinition(
                name: "contract",
                kind: kind,
                scope: .track,
                every: .minutes(1),
                timeout: .seconds(30),
                settings: settings,
                schema: FactSchema([])
            )
        )
    }

    /// The versions that a source lists.
    func versions(_ kind: String, _ settings: JSON) async throws -> [String] {
        guard let lister = try source(kind, settings) as? any VersionLister else {
            throw ContractFault("\(kind): lists no versions")
        }
        let answer = await lister.versions(
            ObservationRequest(
                scope: .app("music"),
                variables: ["app": "music", "platform": "ios"]
            )
        )
        switch answer {
        case .listed(let versions): return versions
        case .failed(let failure, let message):
            throw ContractFault("\(kind): \(failure.rawValue): \(message)")
        }
    }

    /// The facts of one poll.
    func observe(_ kind: String, _ settings: JSON) async throws -> [String: ObservedFact] {
        let answer = await (try source(kind, settings)).observe(
            ObservationRequest(
                scope: .track(Self.track),
                variables: [
                    "app": "music", "platform": "ios", "version": "8.9.2",
                    "release": "music/8.9.2", "track": "music/ios/8.9.2",
                ]
            )
        )
        switch answer {
        case .observed(let observation): return observation.facts
        case .failed(let failure, let message):
            throw ContractFault("\(kind): \(failure.rawValue): \(message)")
        }
    }

    /// Performs an action, which must then be done.
    func perform(_ kind: String, _ settings: JSON, attempt: Int = 1) async throws {
        let outcome = await (try action(kind, settings)).perform(try intent(), attempt: attempt)
        guard case .done = outcome else { throw ContractFault("\(kind): \(outcome)") }
    }

    /// What a probe finds.
    func probe(_ kind: String, _ settings: JSON) async throws -> ProbeAnswer {
        await (try action(kind, settings)).probe(try intent())
    }

    func expect(_ holds: Bool, _ what: String) throws {
        if !holds { throw ContractFault(what) }
    }

    private func action(_ kind: String, _ settings: JSON) throws -> any ActionAdapter {
        try StandardAdapters().action(
            ActionDefinition(
                declaration: ActionDeclaration(name: "act", kind: kind, actionClass: .createOnce),
                settings: settings
            )
        )
    }

    /// The key under which actions are performed.
    static let key = "music/ios/8.9.2/3/0/act"

    private func intent() throws -> Intent {
        Intent(
            key: Self.key,
            track: Self.track,
            scope: .track(Self.track),
            step: 3,
            ordinal: 0,
            action: "act",
            kind: "contract",
            actionClass: .createOnce,
            direction: .neutral,
            lane: "act",
            blocking: true,
            policy: ActionPolicy(deadline: .seconds(30)),
            parameters: ["from": "branched", "to": "final_rc"]
        )
    }
}
