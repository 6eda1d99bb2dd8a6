import ConductorCore
import ConductorPorts

extension Backend {
    /// Repositories on this machine, and the remotes that they know.
    static let git = Backend(
        sources: [GitSource.self],
        actions: [GitBranchAction.self, GitPushAction.self, GitTagAction.self]
    )
}

/// The kind `git`: a release branch as the repository has it.
///
///     git: {repository: /srv/app.git, branch: "release/${version}", tag: "v${version}",
///           base: main, since: "v*", remote: origin}
///
/// With `remote` it fetches first, and all facts are the remote's; what it fetched stands under
/// `refs/conductord/` and touches no reference of anybody else. Commits are counted since the
/// newest tag matching `since` that the branch contains, without `since` from `tag`. A fact that
/// has no answer is absent: a branch that is not there has only `branch.exists`, and a shallow
/// repository counts nothing.
struct GitSource: ConfiguredSource, VersionLister {
    static let kind = "git"

    private let place: GitPlace
    private let branch: Template
    private let tag: Template?
    private let since: Template?
    private let base: Template
    private let remote: String?
    private let timeout: Span
    /// Fetches into one repository go one after the other.
    private let turnstile = Turnstile()

    init?(settings: SettingsReader, binding: SourceBinding) {
        let place = GitPlace(settings: settings, scope: .source)
        let branch = settings.template("branch", .source, default: "release/${version}")
        tag = settings.template("tag", .source)
        since = settings.template("since", .source)
        let base = settings.template("base", .source, default: "main")
        remote = settings.remote("remote", required: false)
        timeout = binding.timeout
        guard let place, let branch, let base else { return nil }
        self.place = place
        self.branch = branch
        self.base = base
    }

    var secrets: [SecretReference] { [] }
    var checkup: Checkup? { place.checkup() }

    var schema: FactSchema {
        .sorted(RoleFacts.vcs(tag: tag != nil, counts: tag != nil || since != nil))
    }

    func observe(_ request: ObservationRequest) async -> PollAnswer {
        let outcome = await asking { () async throws -> PollAnswer in
            let variables = Variables(request)
            let repository = try place.repository(variables, timeout: timeout)
            let names = Names(
                branch: try variables.referenceName(branch),
                base: try variables.referenceName(base),
                tag: try tag.map { try variables.referenceName($0) },
                since: try since.map { try variables.text($0) }
            )
            if let remote {
                try await turnstile.pass { try await fetch(remote, into: repository) }
            }
            return .bounded(try await read(repository, names))
        }
        switch outcome {
        case .success(let answer): return answer
        case .failure(let refusal): return .failed(refusal.failure, message: refusal.message)
        }
    }

    /// The versions that have a release branch.
    func versions(_ request: ObservationRequest) async -> VersionAnswer {
        let outcome = await asking { () async throws -> [String] in
            let variables = Variables(request)
            let pattern = try VersionPattern(branch, variables)
            let repository = try place.repository(variables, timeout: timeout)
            if let remote {
                try await turnstile.pass { try await fetch(remote, into: repository) }
            }
            let listing = try await repository.run([
                "for-each-ref", "--format=%(refname)", "--", heads,
            ])
            return listing.lines.compactMap { line in
                line.hasPrefix(heads)
                    ? pattern.version(in: String(line.dropFirst(heads.count))) : nil
            }
        }
        switch outcome {
        case .success(let versions): return .listed(versions)
        case .failure(let refusal): return .failed(refusal.failure, message: refusal.message)
        }
    }

    /// Why the repository gave no answer.
    private struct Refusal: Error {
        var failure: PollFailure
        var message: String
    }

    private func asking<Value: Sendable>(
        _ body: () async throws -> Value
    ) async -> Result<Value, Refusal> {
        do {
            return .success(try await body())
        } catch let problem as GitRepository.Problem {
            return .failure(Refusal(failure: problem.failure, message: problem.message))
        } catch let problem as ResolvingProblem {
            return .failure(Refusal(failure: .misconfigured, message: problem.message))
        } catch let problem as TemplateProblem {
            return .failure(Refusal(failure: .misconfigured, message: problem.message))
        } catch is CancellationError {
            return .failure(Refusal(failure: .timedOut, message: "the poll was given up"))
        } catch {
            return .failure(
                Refusal(failure: .internal, message: "the repository could not be asked")
            )
        }
    }

    private struct Names {
        var branch: String
        var base: String
        var tag: String?
        var since: String?
    }

    /// Where branches and tags stand.
    private var heads: String { remote.map { "refs/conductord/\($0)/heads/" } ?? "refs/heads/" }
    private var tags: String { remote.map { "refs/conductord/\($0)/tags/" } ?? "refs/tags/" }

    private func fetch(
        _ remote: String,
        into repository: GitRepository
    ) async throws(GitRepository.Problem) {
        _ = try await repository.run([
            "fetch", "--quiet", "--prune", "--no-tags", "--no-recurse-submodules",
            "--no-write-fetch-head", "--refmap=", "--", remote, "+refs/heads/*:\(heads)*",
            "+refs/tags/*:\(tags)*",
        ])
    }

    private func read(
        _ repository: GitRepository,
        _ names: Names
    ) async throws -> Observation {
        var wanted = [heads + names.branch, heads + names.base]
        if let tag = names.tag { wanted.append(tags + tag) }
        // One look at all references; from there on only at commits, which never change.
        let listing = try await repository.run(
            [
                "for-each-ref",
                "--format=%(refname) %(objectname) %(objecttype) "
                    + "%(committerdate:unix)", "--",
            ] + wanted
        )
        var found: [String: [Substring]] = [:]
        for line in listing.lines {
            let fields = line.split(separator: " ")
            if fields.count >= 3 { found[String(fields[0])] = fields }
        }
        var observation = Observation()
        func say(_ name: String, _ value: JSON) {
            observation.facts[name] = ObservedFact(value)
        }
        let head = found[heads + names.branch].map { String($0[1]) }
        let base = found[heads + names.base].map { String($0[1]) }
        say("branch.exists", .bool(head != nil))
        if let base { say("base.head", .string(base)) }
        let tag = try await tagCommit(names, found, repository)
        if names.tag != nil { say("tag.exists", .bool(tag != nil)) }
        if let tag { say("tag.commit", .string(tag)) }
        guard let head else { return observation }
        say("head", .string(head))
        say("branch.name", .string(names.branch))
        if let fields = found[heads + names.branch], fields.count == 4,
            let seconds = Int64(fields[3])
        {
            let time = Instant(milliseconds: seconds * 1000)
            say("head_time", .string(time.description))
        }
        let isShallow = try await repository.run(["rev-parse", "--is-shallow-repository"]).line
        guard isShallow == "false" else { return observation }
        if let base {
            let isMerged = try await repository.isAncestor(head, of: base)
            say("merged_into_base", .bool(isMerged))
            if let ahead = try await repository.count(from: base, to: head) {
                say("ahead", .int(ahead))
            }
        }
        let start = try await startOfCount(names, tag, head, repository)
        if let start, let count = try await repository.count(from: start, to: head) {
            say("commits_since_tag", .int(count))
        }
        return observation
    }

    /// The commit that the tag names, through all tags of tags; nil where it is not there.
    private func tagCommit(
        _ names: Names,
        _ found: [String: [Substring]],
        _ repository: GitRepository
    ) async throws -> String? {
        guard let tag = names.tag, let fields = found[tags + tag] else { return nil }
        if fields[2] == "commit" { return String(fields[1]) }
        return try await repository.commit(String(fields[1]))
    }

    private func startOfCount(
        _ names: Names,
        _ tag: String?,
        _ head: String,
        _ repository: GitRepository
    ) async throws -> String? {
        guard let pattern = names.since else { return tag }
        // The last key counts most: newest first, of equal age the highest version.
        let newest = try await repository.run([
            "for-each-ref", "--count=1", "--merged=\(head)", "--sort=-version:refname",
            "--sort=-creatordate", "--format=%(objectname)", "--", tags + pattern,
        ])
        return newest.line.isEmpty ? nil : try await repository.commit(newest.line)
    }
}

/// Lets one caller through at a time.
private actor Turnstile {
    private var last: Task<Void, Never>?

    func pass(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let previous = last
        let turn = Task {
            await previous?.value
            try Task.checkCancellation()
            try await body()
        }
        last = Task { _ = await turn.result }
        try await withTaskCancellationHandler {
            try await turn.value
        } onCancel: {
            turn.cancel()
        }
    }
}
