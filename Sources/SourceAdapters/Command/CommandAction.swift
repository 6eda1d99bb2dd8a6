import ConductorCore
import ConductorPorts

/// The kind `command`: a program performs the action.
///
///     command: {argv: [bin/submit, "${version}"], probe: [bin/is-submitted, "${version}"]}
///
/// The child knows `CONDUCTOR_KEY` (the idempotency key), `CONDUCTOR_TRACK`, `CONDUCTOR_ACTION`
/// and, when it performs, `CONDUCTOR_ATTEMPT`. What its exit status says:
///
/// - 0: done; the last line of the output is the evidence.
/// - 75 (`EX_TEMPFAIL`): surely without effect, try again.
/// - any other: refused, a person must look; the end of its error output is the reason.
/// - ended by a signal, or at the deadline: unknown.
///
/// The probe changes nothing and says 0: present, 1: absent, 3: ambiguous; anything else is no
/// answer. Without a probe the class must be `at_most_once` or `at_least_once`.
struct CommandAction: ConfiguredAction {
    static let kind = "command"

    private let argv: [Template]
    private let probing: [Template]?
    private let directory: Template?
    private let environment: ChildEnvironment

    init?(settings: SettingsReader, binding: ActionBinding) {
        let argv = settings.argv("argv", .action)
        if !settings.has("argv") { settings.missing("argv", "the program and its arguments") }
        probing = settings.argv("probe", .action)
        directory = settings.template("cwd", .action)
        environment = ChildEnvironment(settings: settings, scope: .action)
        guard let argv else { return nil }
        self.argv = argv
    }

    var traits: ActionTraits {
        ActionTraits(actionClass: nil, direction: nil, canProbe: probing != nil)
    }

    var secrets: [SecretReference] { environment.secrets }
    var checkup: Checkup? { environment.checkup(argv, probe: probing) }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        let prepared: (runner: ProcessRunner, redactor: Redactor)
        do {
            prepared = try prepare(argv, intent, attempt: attempt)
        } catch {
            return .rejected(reason: error.message, remedy: "correct the action's settings")
        }
        let redactor = prepared.redactor
        switch await prepared.runner.run() {
        case .exited(code: 0, let output, _):
            return .done(evidence: redactor.lastLine(output) ?? "exit status 0")
        case .exited(code: 75, _, let errors):
            return .retryable(reason: "exit status 75: " + redactor.quoteEnd(errors), after: nil)
        case .exited(let code, _, let errors):
            return .rejected(
                reason: "exit status \(code): " + redactor.quoteEnd(errors),
                remedy: "see what the program says, set it right, and retry"
            )
        case .killed(let signal, let errors):
            return .unknown(
                reason: "ended by signal \(signal): " + redactor.quoteEnd(errors)
            )
        case .timedOut:
            return .unknown(reason: "no end within \(intent.policy.deadline); it was ended")
        case .tooMuchOutput: return .unknown(reason: "ended for too much output")
        case .cancelled(let started):
            return started
                ? .unknown(reason: "ended before it was through")
                : .retryable(reason: "given up before it was started", after: nil)
        case .notStarted(let reason, let isTransient):
            let reason = "the program cannot be started: " + redactor.quote(reason)
            return isTransient
                ? .retryable(reason: reason, after: nil)
                : .rejected(
                    reason: reason,
                    remedy: "correct 'argv' or 'cwd', or install the program"
                )
        }
    }

    func probe(_ intent: Intent) async -> ProbeAnswer {
        guard let probing else { return .unavailable(reason: "this command has no probe") }
        let prepared: (runner: ProcessRunner, redactor: Redactor)
        do {
            prepared = try prepare(probing, intent, attempt: nil)
        } catch {
            return .unavailable(reason: error.message)
        }
        let redactor = prepared.redactor
        switch await prepared.runner.run() {
        case .exited(code: 0, let output, _):
            return .present(evidence: redactor.lastLine(output) ?? "the probe's exit status 0")
        case .exited(code: 1, _, _): return .absent
        case .exited(code: 3, let output, let errors):
            return .ambiguous(reason: redactor.lastLine(output) ?? redactor.quoteEnd(errors))
        case .exited(let code, _, let errors):
            return .unavailable(
                reason: "the probe's exit status \(code): " + redactor.quoteEnd(errors)
            )
        case .killed(let signal, _):
            return .unavailable(reason: "the probe was ended by signal \(signal)")
        case .timedOut:
            return .unavailable(reason: "no answer within \(intent.policy.deadline)")
        case .tooMuchOutput: return .unavailable(reason: "too much output")
        case .cancelled: return .unavailable(reason: "the probe was given up")
        case .notStarted(let reason, _):
            return .unavailable(
                reason: "the probe cannot be started: " + redactor.quote(reason)
            )
        }
    }

    private func prepare(
        _ argv: [Template],
        _ intent: Intent,
        attempt: Int?
    ) throws(ResolvingProblem) -> (runner: ProcessRunner, redactor: Redactor) {
        let variables = Variables(intent)
        var child = try environment.resolve(variables)
        child.environment["CONDUCTOR_KEY"] = intent.key
        child.environment["CONDUCTOR_TRACK"] = intent.track.description
        child.environment["CONDUCTOR_ACTION"] = intent.action
        child.environment["CONDUCTOR_ATTEMPT"] = attempt.map { String($0) }
        let runner = ProcessRunner(
            argv: try variables.arguments(argv),
            environment: child.environment,
            directory: try variables.directory(directory),
            timeout: intent.policy.deadline,
            output: .tail,
            // What an action leaves running on purpose is part of its effect.
            killsLeftovers: false
        )
        return (runner, child.redactor)
    }
}

extension Redactor {
    /// The last line with anything in it.
    fileprivate func lastLine(_ bytes: [UInt8]) -> String? {
        let text = redact(String(decoding: bytes, as: UTF8.self))
        let line = text.split(whereSeparator: \.isNewline).last { !$0.allSatisfy(\.isWhitespace) }
        return line.map { quote(String($0.suffix(AdapterLimits.quotedCharacters))) }
    }
}
