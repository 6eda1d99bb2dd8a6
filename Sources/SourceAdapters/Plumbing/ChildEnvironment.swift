import ConductorCore
import ConductorPorts

/// The environment that a child process gets: little, and nothing by accident.
///
/// `PATH`, `HOME` and `LANG` go along, what `pass:` lists, and what `environment:` names: `NAME:
/// env:OTHER` and `NAME: file:PATH` are secrets, `NAME: {value: TEXT}` is not.
struct ChildEnvironment: Sendable {
    private enum Value: Sendable {
        case secret(SecretReference)
        case text(Template)
    }

    private static let inherited = ["PATH", "HOME", "LANG"]

    private let passed: [String]
    private let named: [(name: String, value: Value)]

    init(settings: SettingsReader, scope: TemplateScope) {
        passed = settings.texts("pass") ?? []
        for (index, name) in passed.enumerated() where !Self.isName(name) {
            settings.fault(
                .badValue,
                "pass",
                [String(index)],
                "'\(name)' is no name of an environment variable"
            )
        }
        var named: [(name: String, value: Value)] = []
        if let entries = settings.mapping("environment") {
            for name in entries.keys {
                if !Self.isName(name) {
                    entries.fault(
                        .badValue,
                        name,
                        "'\(name)' is no name of an environment variable"
                    )
                }
                if case .object = entries.value(name), let entry = entries.mapping(name) {
                    if let template = entry.template("value", scope) {
                        named.append((name, .text(template)))
                    } else if !entry.has("value") {
                        entry.missing("value", "the variable's text")
                    }
                    entry.close()
                } else if let reference = entries.secret(name) {
                    named.append((name, .secret(reference)))
                }
            }
            entries.close()
        }
        self.named = named
    }

    var secrets: [SecretReference] {
        named.compactMap { entry in
            switch entry.value {
            case .secret(let reference): reference
            case .text: nil
            }
        }
    }

    /// The variables as they are now, and what hides the secrets among them.
    func resolve(
        _ variables: Variables
    ) throws(ResolvingProblem) -> (environment: [String: String], redactor: Redactor) {
        var environment: [String: String] = [:]
        for name in Self.inherited + passed {
            environment[name] = Posix.environmentVariable(name)
        }
        var secrets: [Secret] = []
        for entry in named {
            switch entry.value {
            case .secret(let reference):
                do {
                    let secret = try reference.resolve()
                    secrets.append(secret)
                    environment[entry.name] = secret.revealed()
                } catch {
                    throw ResolvingProblem(message: error.message)
                }
            case .text(let template):
                do {
                    environment[entry.name] = try variables.text(template)
                } catch {
                    throw ResolvingProblem(message: error.message)
                }
            }
        }
        return (environment, Redactor(secrets))
    }

    private static func isName(_ name: String) -> Bool {
        !name.isEmpty && !name.utf8.contains(UInt8(ascii: "=")) && !name.utf8.contains(0)
    }
}

/// Why settings have no meaning at this moment: a secret or a variable is not there.
struct ResolvingProblem: Error, Sendable, Hashable {
    var message: String

    init(message: String) { self.message = message }
    init(_ problem: TemplateProblem) { message = problem.message }
}
