import ConductorCore
import ConductorPorts
import Foundation
import Logging
import SourceAdapters
import Testing

/// A folder of its own for one test, gone when the test is over.
final class Scratch: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "adapters-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }

    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        try text.write(toFile: file(name), atomically: true, encoding: .utf8)
        // Long ago, so that nobody waits for the writer to be through.
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -60)],
            ofItemAtPath: file(name)
        )
        return file(name)
    }

    /// A script for `/bin/sh`.
    ///
    /// It is never run by itself: while another test starts a process, that process holds our file
    /// open for writing for a moment, and the system runs no such file.
    func script(_ text: String, name: String = "script.sh") throws -> String {
        try write(text, to: name)
    }

    func text(_ name: String) -> String? {
        try? String(contentsOfFile: file(name), encoding: .utf8)
    }
}

let adapters = StandardAdapters()

func source(
    _ kind: String,
    _ settings: JSON,
    timeout: Span = .seconds(10)
) throws -> any Source {
    try adapters.source(
        SourceDefinition(
            name: "under_test",
            kind: kind,
            scope: .track,
            every: .minutes(1),
            timeout: timeout,
            settings: settings,
            schema: FactSchema([])
        )
    )
}

func action(
    _ kind: String,
    _ settings: JSON,
    logger: Logger = Logger(label: "test")
) throws -> any ActionAdapter {
    try StandardAdapters(logger: logger).action(
        ActionDefinition(
            declaration: ActionDeclaration(
                name: "act",
                kind: kind,
                actionClass: .atMostOnce
            ),
            settings: settings
        )
    )
}

let track = TrackID(app: "music", platform: "ios", version: "8.9.2")

func request(_ version: String = "8.9.2", bypassing: Bool = false) -> ObservationRequest {
    ObservationRequest(
        scope: .track(track),
        variables: [
            "app": "music", "platform": "ios", "version": version, "release": "music/\(version)",
            "track": "music/ios/\(version)",
        ],
        bypassesCaches: bypassing
    )
}

func intent(
    with parameters: JSON = [:],
    candidate: String? = nil,
    deadline: Span = .seconds(10)
) -> Intent {
    Intent(
        key: "music/ios/8.9.2/3/0/act",
        track: track,
        scope: .track(track),
        step: 3,
        ordinal: 0,
        action: "act",
        kind: "test",
        actionClass: .atMostOnce,
        direction: .neutral,
        lane: "act",
        blocking: true,
        policy: ActionPolicy(deadline: deadline),
        parameters: .compact([
            "with": parameters, "from": "branched", "to": "final_rc",
            "candidate": candidate.map { ["commit": .string($0)] },
        ])
    )
}

func faults(source kind: String, _ settings: JSON) -> [SettingsFault] {
    switch adapters.schema(ofSource: kind, settings: settings) {
    case .meaning: []
    case .faults(let faults): faults
    }
}

func faults(action kind: String, _ settings: JSON) -> [SettingsFault] {
    switch adapters.traits(ofAction: kind, settings: settings) {
    case .meaning: []
    case .faults(let faults): faults
    }
}

extension PollAnswer {
    var observation: Observation? {
        switch self {
        case .observed(let observation): observation
        case .failed: nil
        }
    }

    var failure: PollFailure? {
        switch self {
        case .observed: nil
        case .failed(let failure, _): failure
        }
    }

    var message: String {
        switch self {
        case .observed: ""
        case .failed(_, let message): message
        }
    }

    func value(_ name: String) -> JSON? { observation?.facts[name]?.value }
}

/// Waits for what another process or task brings about; false where it does not come.
func eventually(_ condition: () -> Bool) async -> Bool {
    let deadline = ContinuousClock.now + .seconds(60)
    while !condition() {
        guard ContinuousClock.now < deadline else { return false }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return true
}
