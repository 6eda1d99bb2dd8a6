import ConductorCore
import ConductorPorts
import Logging

extension Backend {
    /// The daemon's own log.
    static let log = Backend(actions: [LogAction.self])
}

/// The kind `log`: a line in the daemon's own log.
///
///     log: {message: "${track} entered ${to}", level: notice}
struct LogAction: ConfiguredAction {
    static let kind = "log"

    private let message: Template
    private let level: Logger.Level
    private let logger: Logger

    init?(settings: SettingsReader, binding: ActionBinding) {
        let message = settings.template(
            "message",
            .action,
            default: "${track}: ${action}"
        )
        var level = Logger.Level.notice
        if let name = settings.string("level") {
            if let known = Logger.Level(rawValue: name) {
                level = known
            } else {
                let names = Logger.Level.allCases.map(\.rawValue)
                settings.fault(
                    .badValue,
                    "level",
                    "'\(name)' is no level; there are: " + names.joined(separator: ", "),
                    suggestion: nearest(to: name, among: names)
                )
            }
        }
        self.level = level
        logger = binding.logger
        guard let message else { return nil }
        self.message = message
    }

    var traits: ActionTraits {
        ActionTraits(actionClass: .atLeastOnce, direction: .neutral, canProbe: false)
    }

    var secrets: [SecretReference] { [] }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        do {
            let line = Redactor.nothing.quote(try Variables(intent).text(message))
            logger.log(level: level, "\(line)", metadata: ["key": "\(intent.key)"])
            return .done(evidence: "logged")
        } catch {
            return .rejected(reason: error.message, remedy: "correct the action's settings")
        }
    }

    func probe(_ intent: Intent) async -> ProbeAnswer {
        .unavailable(reason: "a line in the log cannot be looked for")
    }
}
