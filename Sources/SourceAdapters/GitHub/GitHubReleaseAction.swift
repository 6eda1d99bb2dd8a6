import ConductorCore
import ConductorPorts
import NIOHTTP1

/// The kind `github.release`: makes the release of a tag, or publishes its draft.
///
///     github.release: {repository: acme/music, token: env:GITHUB_TOKEN, tag: "v${version}",
///                      title: "Music ${version}", notes: "${with.notes}", draft: false}
///
/// Its natural key is the tag. A release that is as public as it is wanted is the effect, whatever its
/// text. A draft is neutral; publishing shows it to everybody, so it raises.
struct GitHubReleaseAction: ConfiguredAction {
    static let kind = "github.release"

    private static let remedy = "see the repository's releases, and set right what GitHub names"

    private let github: GitHub
    private let tag: Template
    private let commit: Template
    private let title: Template
    private let notes: Template?
    private let generatesNotes: Bool
    private let isDraft: Bool
    private let isPrerelease: Bool

    init?(settings: SettingsReader, binding: ActionBinding) {
        let github = GitHub(settings: settings, scope: .action)
        let tag = settings.template("tag", .action, default: "v${version}")
        let commit = settings.template("commit", .action, default: "${candidate.commit}")
        let title = settings.template("title", .action, default: "${version}")
        notes = settings.template("notes", .action)
        generatesNotes = settings.flag("generate_notes") ?? false
        isDraft = settings.flag("draft") ?? false
        isPrerelease = settings.flag("prerelease") ?? false
        guard let github, let tag, let commit, let title else { return nil }
        self.github = github
        self.tag = tag
        self.commit = commit
        self.title = title
    }

    var traits: ActionTraits {
        ActionTraits(
            actionClass: .createOnce,
            direction: isDraft ? .neutral : .raises,
            canProbe: true
        )
    }

    var secrets: [SecretReference] { github.secrets }
    var checkup: Checkup? { github.checkup(.writeContents) }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        await github.api.perform(intent, remedy: Self.remedy) { session, variables in
            let root = try github.root(variables)
            let tag = try variables.referenceName(tag)
            let commit = try variables.commitName(commit)
            let text: [String: JSON?] = [
                "tag_name": .string(tag), "target_commitish": .string(commit),
                "name": .string(try variables.text(title)),
                "body": try notes.map { .string(try variables.text($0)) },
                "draft": .bool(isDraft), "prerelease": .bool(isPrerelease),
                "generate_release_notes": generatesNotes ? true : nil,
            ]
            return try await session.once(remedy: Self.remedy) {
                try await look(tag, root, session)
            } send: {
                let draft = isDraft ? nil : try await release(tag, root, session)
                let made: JSON
                if let draft {
                    made = try await session.write(
                        .PATCH,
                        "\(root)/releases/\(try draft.whole("id"))",
                        ["draft": false]
                    )
                } else {
                    made = try await session.write(.POST, "\(root)/releases", .compact(text))
                }
                guard try made.text("tag_name") == tag, try made.flag("draft") == isDraft else {
                    throw APIProblem(.malformed, "made, and the answer names another release")
                }
                return try Self.evidence(made)
            }
        }
    }

    func probe(_ intent: Intent) async -> ProbeAnswer {
        await github.api.probe(intent) { session, variables in
            try await look(
                try variables.referenceName(tag),
                try github.root(variables),
                session
            )
        }
    }

    private func look(
        _ tag: String,
        _ root: APIPath,
        _ session: APISession
    ) async throws -> ProbeAnswer {
        guard let release = try await release(tag, root, session) else { return .absent }
        // A draft, where one that everybody sees is wanted, is yet to be published.
        if !isDraft, try release.flag("draft") { return .absent }
        return .present(evidence: try Self.evidence(release))
    }

    /// The release of a tag; drafts are not found by it.
    private func release(
        _ tag: String,
        _ root: APIPath,
        _ session: APISession
    ) async throws -> JSON? {
        if let release = try await session.find("\(root)/releases/tags/\(segments: tag)") {
            guard try release.text("tag_name") == tag else {
                throw APIProblem(.malformed, "asked for \(tag), and another one was answered")
            }
            return release
        }
        for page in try await session.pages("\(root)/releases", query: [("per_page", "100")]) {
            for release in try page.list() where try release.text("tag_name") == tag {
                return release
            }
        }
        return nil
    }

    private static func evidence(_ release: JSON) throws -> String {
        let state = try release.flag("draft") ? "draft of" : "release"
        return "\(state) \(try release.text("tag_name")): \(try release.text("html_url"))"
    }
}
