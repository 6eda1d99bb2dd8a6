import ConductorCore
import ConductorPorts

/// The kind `git.tag`: creates an annotated tag in a repository.
///
///     git.tag: {repository: /srv/app, name: "v${version}", message: "Release ${version}",
///               tagger: "Release Robot <robot@example.com>"}
///
/// Its natural key is the tag's name. A tag of that name at the same commit is the effect; at any
/// other it is somebody else's.
struct GitTagAction: ConfiguredAction {
    static let kind = "git.tag"

    private let place: GitPlace
    private let name: Template
    private let commit: Template
    private let message: Template
    private let tagger: (name: String, address: String)

    init?(settings: SettingsReader, binding: ActionBinding) {
        let place = GitPlace(settings: settings, scope: .action)
        let name = settings.template("name", .action, default: "v${version}")
        let commit = settings.template("commit", .action, default: "${candidate.commit}")
        let message = settings.template("message", .action, default: "Release ${version}")
        var tagger = (name: "conductord", address: "conductord@localhost")
        if let text = settings.string("tagger") {
            if let person = Self.person(text) {
                tagger = person
            } else {
                settings.fault(.badValue, "tagger", "should be of the form 'NAME <ADDRESS>'")
            }
        }
        self.tagger = tagger
        guard let place, let name, let commit, let message else { return nil }
        self.place = place
        self.name = name
        self.commit = commit
        self.message = message
    }

    var traits: ActionTraits {
        ActionTraits(actionClass: .createOnce, direction: .neutral, canProbe: true)
    }

    var secrets: [SecretReference] { [] }
    var checkup: Checkup? { place.checkup(mayChange: "tag") }

    private static func person(_ text: String) -> (name: String, address: String)? {
        guard text.hasSuffix(">"), let open = text.firstIndex(of: "<") else { return nil }
        let name = text[..<open].split(separator: " ").joined(separator: " ")
        let address = text[text.index(after: open)...].dropLast()
        guard !name.isEmpty, !address.isEmpty, !address.contains("<"), !address.contains(">"),
            text.utf8.allSatisfy({ $0 >= 0x20 })
        else { return nil }
        return (name, String(address))
    }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        await GitWork.perform(place, intent) { repository, variables in
            let name = try variables.referenceName(name)
            let message = try variables.text(message)
            let commit = try await GitWork.commit(commit, variables, repository)
            switch try await look(repository, name, commit) {
            case .present(let evidence): return .alreadyDone(evidence: evidence)
            case .ambiguous(let reason):
                return .rejected(reason: reason, remedy: "see whose it is, or choose another name")
            case .unavailable(let reason): return .retryable(reason: reason, after: nil)
            case .absent: break
            }
            return await GitWork.change(probe: { try await look(repository, name, commit) }) {
                _ = try await repository.run(
                    [
                        "tag", "--annotate", "--no-sign", "--cleanup=whitespace",
                        "--message=\(message)", "--", name, commit,
                    ],
                    environment: [
                        "GIT_COMMITTER_NAME": tagger.name, "GIT_COMMITTER_EMAIL": tagger.address,
                    ]
                )
            }
        }
    }

    func probe(_ intent: Intent) async -> ProbeAnswer {
        await GitWork.probe(place, intent) { repository, variables in
            let name = try variables.referenceName(name)
            let commit = try await GitWork.commit(commit, variables, repository)
            return try await look(repository, name, commit)
        }
    }

    private func look(
        _ repository: GitRepository,
        _ name: String,
        _ commit: String
    ) async throws -> ProbeAnswer {
        guard let there = try await repository.commit("refs/tags/" + name) else { return .absent }
        return there == commit
            ? .present(evidence: "tag \(name) at \(commit)")
            : .ambiguous(reason: "tag \(name) is at \(there), not at \(commit)")
    }
}
