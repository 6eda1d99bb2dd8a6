import ConductorCore
import ConductorPorts

/// The kind `github`, for the role `vcs`: a release branch as GitHub has it.
///
///     github: {repository: acme/music, token: env:GITHUB_TOKEN, branch: "release/${version}",
///              tag: "v${version}", since: "v*", base: main, branches: "release/*", tags: "v*"}
///
/// The facts are those of `git`, and GitHub's own under `github.`. Everything is about the commit that
/// the first request found. A fact that has no answer is absent: a branch that is not there has only
/// `branch.exists`.
struct GitHubSource: ConfiguredSource, VersionLister {
    static let kind = "github"

    private let github: GitHub
    private let branch: Template
    private let base: Template
    private let tag: Template?
    private let since: NamePattern?
    private let branches: NamePattern?
    private let tags: NamePattern?
    private let timeout: Span

    init?(settings: SettingsReader, binding: SourceBinding) {
        let github = GitHub(settings: settings, scope: .source)
        let branch = settings.template("branch", .source, default: "release/${version}")
        let base = settings.template("base", .source, default: "main")
        tag = settings.template("tag", .source)
        since = settings.namePattern("since")
        branches = settings.namePattern("branches")
        tags = settings.namePattern("tags")
        timeout = binding.timeout
        guard let github, let branch, let base else { return nil }
        self.github = github
        self.branch = branch
        self.base = base
    }

    var secrets: [SecretReference] { github.secrets }
    var checkup: Checkup? { github.checkup(.readContents) }

    var schema: FactSchema {
        var entries = RoleFacts.vcs(tag: tag != nil, counts: tag != nil || since != nil)
        entries.append(.init(name: "github.behind", type: .int, unit: "commits"))
        entries.append(.init(name: "github.protected", type: .bool))
        entries.append(.init(name: "github.open_prs", type: .int, unit: "pull requests"))
        if tag != nil {
            entries.append(.init(name: "github.release.state", type: .string))
            entries.append(.init(name: "github.release.url", type: .string))
        }
        for (name, pattern) in [("github.branches", branches), ("github.tags", tags)]
        where pattern != nil {
            entries.append(.init(name: name, type: .list(.string), emptyIsKnown: true))
        }
        return .sorted(entries)
    }

    func observe(_ request: ObservationRequest) async -> PollAnswer {
        await github.api.poll(request, timeout: timeout) { session, variables in
            let root = try github.root(variables)
            let look = Look(
                session: session,
                root: root,
                branch: try variables.referenceName(branch),
                base: try variables.referenceName(base),
                tag: try tag.map { try variables.referenceName($0) }
            )
            var observation = try await look.branchFacts(since: since)
            for (name, kind, pattern) in [
                ("github.branches", "heads/", branches), ("github.tags", "tags/", tags),
            ] {
                guard let pattern else { continue }
                let names = try await look.names(kind, pattern).map { JSON.string($0) }
                observation.facts[name] = ObservedFact(.array(names))
            }
            return observation
        }
    }

    /// The versions that have a release branch.
    func versions(_ request: ObservationRequest) async -> VersionAnswer {
        await github.api.list(request, timeout: timeout) { session, variables in
            let pattern = try VersionPattern(branch, variables)
            let root = try github.root(variables)
            let look = Look(session: session, root: root, branch: "", base: "", tag: nil)
            return try await look.names(
                "heads/",
                NamePattern(beginning: pattern.beginning, ending: pattern.ending)
            ).compactMap(pattern.version)
        }
    }

    /// One look at a repository.
    private struct Look: Sendable {
        let session: APISession
        let root: APIPath
        let branch: String
        let base: String
        let tag: String?

        func branchFacts(since: NamePattern?) async throws -> Observation {
            var observation = Observation()
            func say(_ name: String, _ value: JSON) {
                observation.facts[name] = ObservedFact(value)
            }
            let found = try await session.find("\(root)/branches/\(segments: branch)")
            if found == nil { try await GitHub.confirm(root, session) }
            say("branch.exists", .bool(found != nil))
            let baseHead = try await GitHub.commit(of: "heads/" + base, root, session)
            if let baseHead { say("base.head", .string(baseHead)) }
            var tagged: String?
            if let tag {
                tagged = try await GitHub.commit(of: "tags/" + tag, root, session)
                say("tag.exists", .bool(tagged != nil))
                if let tagged { say("tag.commit", .string(tagged)) }
                let release = try await release(tag)
                if let state = release.state { say("github.release.state", .string(state)) }
                if let url = release.url { say("github.release.url", .string(url)) }
            }
            guard let found else { return observation }
            guard try found.text("name") == branch else {
                throw APIProblem(.malformed, "asked for \(branch), and another one was answered")
            }
            let head = try GitHub.commit(found.text("commit", "sha"))
            say("head", .string(head))
            say("branch.name", .string(branch))
            say("github.protected", .bool(try found.flag("protected")))
            let time = try found.instant("commit", "commit", "committer", "date")
            say("head_time", .string(time.description))
            if let baseHead {
                let comparison = try await GitHub.compare(baseHead, head, root, session)
                say("ahead", .int(comparison.ahead))
                say("github.behind", .int(comparison.behind))
                say("merged_into_base", .bool(comparison.ahead == 0))
            }
            if let count = try await commits(since: since, tagged: tagged, head: head) {
                say("commits_since_tag", .int(count))
            }
            say("github.open_prs", .int(Int64(try await openPullRequests())))
            return observation
        }

        private func openPullRequests() async throws -> Int {
            let pages = try await session.pages(
                "\(root)/pulls",
                query: [("state", "open"), ("base", branch), ("per_page", "100")]
            )
            var count = 0
            for page in pages {
                for request in try page.list() {
                    guard try request.text("state") == "open",
                        try request.text("base", "ref") == branch
                    else { throw APIProblem(.malformed, "a pull request that was not asked for") }
                    count += 1
                }
            }
            return count
        }

        /// The release of a tag; of a draft, which has none yet, the newest hundred tell.
        private func release(_ tag: String) async throws -> (state: String?, url: String?) {
            var release = try await session.find("\(root)/releases/tags/\(segments: tag)")
            if release == nil {
                let (list, isLast) = try await session.page(
                    "\(root)/releases",
                    query: [("per_page", "100")]
                )
                release = try list.list().first { try $0.text("tag_name") == tag }
                if release == nil { return (isLast ? "none" : nil, nil) }
            }
            guard let release else { return (nil, nil) }
            guard try release.text("tag_name") == tag else {
                throw APIProblem(.malformed, "asked for \(tag), and another one was answered")
            }
            let url = try release.textIfAny("html_url")
            if try release.flag("draft") { return ("draft", url) }
            return (try release.flag("prerelease") ? "prerelease" : "published", url)
        }

        /// Commits since the highest tag of the pattern that the branch contains; without a pattern
        /// since the version's own tag.
        private func commits(
            since: NamePattern?,
            tagged: String?,
            head: String
        ) async throws -> Int64? {
            guard let since else {
                guard let tagged else { return nil }
                let comparison = try await GitHub.compare(tagged, head, root, session)
                return comparison.behind == 0 ? comparison.ahead : nil
            }
            let newestFirst = try await names("tags/", since).reversed()
            // Higher versions are on other branches; looking further back costs a request each.
            for name in newestFirst.prefix(10) {
                guard let commit = try await GitHub.commit(of: "tags/" + name, root, session)
                else { return nil }
                let comparison = try await GitHub.compare(commit, head, root, session)
                if comparison.behind == 0 { return comparison.ahead }
            }
            return nil
        }

        /// Branches or tags that a pattern names, the lowest version first.
        func names(_ kind: String, _ pattern: NamePattern) async throws -> [String] {
            let pages = try await session.pages(
                "\(root)/git/matching-refs/\(segments: kind + pattern.beginning)",
                query: [("per_page", "100")]
            )
            var names: [String] = []
            for page in pages {
                for reference in try page.list() {
                    let name = try reference.text("ref")
                    guard name.hasPrefix("refs/" + kind) else {
                        throw APIProblem(.malformed, "'\(name)' was not asked for")
                    }
                    names.append(String(name.dropFirst(("refs/" + kind).count)))
                }
            }
            return names.filter { pattern.matches($0) }.sorted { VersionOrder.precedes($0, $1) }
        }
    }
}
