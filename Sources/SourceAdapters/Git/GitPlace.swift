import ConductorCore
import ConductorPorts

/// The settings that every kind of git shares: which repository, and whether its owner matters.
struct GitPlace: Sendable {
    private let path: Template
    private let trustsOwner: Bool

    init?(settings: SettingsReader, scope: TemplateScope) {
        let path = settings.template("repository", scope)
        if !settings.has("repository") {
            settings.missing("repository", "the path of a repository on this machine")
        }
        trustsOwner = settings.flag("trust_owner") ?? false
        if let path, path.text.contains("://") {
            settings.fault(
                .badValue,
                "repository",
                "should be a path on this machine; to see another repository, clone it here and "
                    + "write its remote's name into 'remote'"
            )
        }
        guard let path else { return nil }
        self.path = path
    }

    /// The path as settings write it.
    var text: String { path.text }

    func repository(
        _ variables: Variables,
        timeout: Span
    ) throws(ResolvingProblem) -> GitRepository {
        do {
            return GitRepository(
                path: try variables.path(path),
                trustsOwner: trustsOwner,
                timeout: timeout
            )
        } catch {
            throw ResolvingProblem(error)
        }
    }
}

extension SettingsReader {
    /// A remote's name as the repository knows it.
    func remote(_ key: String, required: Bool) -> String? {
        guard let name = string(key) else {
            if required, !has(key) { missing(key, "the remote's name, for example origin") }
            return nil
        }
        guard GitRepository.isReferenceName(name), !name.contains("/") else {
            fault(
                .badValue,
                key,
                "should be the name of a remote of the repository, for example origin"
            )
            return nil
        }
        return name
    }
}
