import ConductorCore
import ConductorPorts

extension Backend {
    /// Programs of one's own.
    static let command = Backend(sources: [CommandSource.self], actions: [CommandAction.self])
}

/// The kind `command`: facts from the JSON that a program prints.
///
///     command: {argv: [bin/blockers, "${version}"], environment: {TOKEN: env:JIRA}, facts: {...}}
///
/// No shell is between: every element is one argument. The program has its own process group, which
/// ends as a whole at the deadline. Exit status 0 is an answer, any other a failed poll.
struct CommandSource: ConfiguredSource {
    static let kind = "command"

    private let argv: [Template]
    private let directory: Template?
    private let environment: ChildEnvironment
    private let facts: FactMap
    private let maxBytes: Int
    private let timeout: Span

    init?(settings: SettingsReader, binding: SourceBinding) {
        let argv = settings.argv("argv", .source)
        if !settings.has("argv") { settings.missing("argv", "the program and its arguments") }
        directory = settings.template("cwd", .source)
        environment = ChildEnvironment(settings: settings, scope: .source)
        maxBytes =
            settings.number("max_bytes", in: 1...AdapterLimits.responseBytes)
            ?? AdapterLimits.responseBytes
        timeout = binding.timeout
        guard let facts = FactMap(settings: settings), let argv else { return nil }
        self.argv = argv
        self.facts = facts
    }

    var schema: FactSchema { facts.schema }
    var secrets: [SecretReference] { environment.secrets }
    var checkup: Checkup? { environment.checkup(argv) }

    func observe(_ request: ObservationRequest) async -> PollAnswer {
        let variables = Variables(request)
        let runner: ProcessRunner
        let redactor: Redactor
        do {
            let child = try environment.resolve(variables)
            redactor = child.redactor
            runner = ProcessRunner(
                argv: try variables.arguments(argv),
                environment: child.environment,
                directory: try variables.directory(directory),
                timeout: timeout,
                output: .whole(limit: maxBytes)
            )
        } catch {
            return .failed(.misconfigured, message: error.message)
        }
        switch await runner.run() {
        case .exited(code: 0, let output, _):
            do {
                return facts.answer(try JSON(parsing: output), redactor)
            } catch {
                return .failed(
                    .malformed,
                    message: "the output is not JSON: byte \(error.offset): "
                        + redactor.quote(error.message)
                )
            }
        case .exited(let code, _, let errors):
            return .failed(
                .exitStatus,
                message: "exit status \(code): " + redactor.quoteEnd(errors)
            )
        case .killed(let signal, let errors):
            return .failed(
                .exitStatus,
                message: "ended by signal \(signal): " + redactor.quoteEnd(errors)
            )
        case .timedOut:
            return .failed(.timedOut, message: "no answer within \(timeout); the program was ended")
        case .tooMuchOutput(let limit):
            return .failed(.tooLarge, message: "more than \(limit) bytes of output")
        case .cancelled:
            return .failed(.timedOut, message: "the poll was given up; the program was ended")
        case .notStarted(let reason, let isTransient):
            return .failed(
                isTransient ? .unreachable : .misconfigured,
                message: "the program cannot be started: " + redactor.quote(reason)
            )
        }
    }
}

extension SettingsReader {
    /// A program and its arguments.
    func argv(_ key: String, _ scope: TemplateScope) -> [Template]? {
        guard let texts = texts(key) else { return nil }
        guard let program = texts.first, !program.isEmpty else {
            fault(.badValue, key, "should begin with the program to run")
            return nil
        }
        let templates = texts.enumerated().map { index, text in
            template(text, at: key, [String(index)], scope)
        }
        if let first = templates[0], !first.variables.isEmpty {
            fault(.badValue, key, ["0"], "the program itself is fixed; only arguments vary")
        }
        return templates.contains(nil) ? nil : templates.compactMap(\.self)
    }
}

extension Variables {
    func arguments(_ argv: [Template]) throws(ResolvingProblem) -> [String] {
        var arguments: [String] = []
        for template in argv {
            do {
                arguments.append(try text(template))
            } catch {
                throw ResolvingProblem(error)
            }
        }
        return arguments
    }

    func directory(_ template: Template?) throws(ResolvingProblem) -> String? {
        guard let template else { return nil }
        do {
            return try path(template)
        } catch {
            throw ResolvingProblem(error)
        }
    }
}

extension Redactor {
    /// The end of what a program wrote, for a message.
    ///
    /// What was kept may begin in the middle of a secret, so only its later part is shown.
    func quoteEnd(_ bytes: [UInt8]) -> String {
        let text = redact(String(decoding: bytes, as: UTF8.self))
        let isCut = bytes.count >= AdapterLimits.errorBytes
        let shown = text.suffix(min(AdapterLimits.quotedCharacters, text.count / (isCut ? 2 : 1)))
        let quoted = quote(String(shown))
        return quoted.isEmpty ? "it said nothing" : quoted
    }
}
