import ConductorCore
import ConductorPorts
import Foundation
import Testing

@testable import SourceAdapters

/// A real repository, made on the spot.
struct Workshop {
    let scratch: Scratch
    var path: String { scratch.file("app") }

    init() async throws {
        scratch = try Scratch()
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: false
        )
        try await git("init", "--quiet", "--initial-branch=main")
        try await commit("first")
    }

    @discardableResult
    func git(_ arguments: String..., at folder: String? = nil) async throws -> String {
        let runner = ProcessRunner(
            argv: ["git", "-C", folder ?? path] + arguments,
            environment: [
                "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
                "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.com",
                "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.com",
                "GIT_AUTHOR_DATE": "2026-03-02T09:00:00Z",
                "GIT_COMMITTER_DATE": "2026-03-02T09:00:00Z",
            ],
            timeout: .minutes(1)
        )
        struct Failed: Error { var arguments: [String], ending: ProcessRunner.Ending }
        let ending = await runner.run()
        guard case .exited(code: 0, let output, _) = ending else {
            throw Failed(arguments: arguments, ending: ending)
        }
        return String(decoding: output, as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @discardableResult
    func commit(_ message: String) async throws -> String {
        try await git("commit", "--quiet", "--allow-empty", "-m", message)
        return try await git("rev-parse", "HEAD")
    }

    /// A bare repository that the workshop knows as `origin`.
    func makeOrigin() async throws -> String {
        let origin = scratch.file("origin.git")
        try await git("init", "--quiet", "--bare", "--initial-branch=main", origin)
        try await git("remote", "add", "origin", origin)
        return origin
    }
}

@Suite struct `The git source` {
    private let workshop: Workshop

    init() async throws { workshop = try await Workshop() }

    @Test(arguments: [false, true])
    func `tells which versions have a branch`(remote: Bool) async throws {
        for name in ["release/8.9.2", "release/8.10.0", "release/next", "feature/1.0"] {
            try await workshop.git("branch", name)
        }
        var more: [String: JSON] = [:]
        if remote {
            _ = try await workshop.makeOrigin()
            try await workshop.git("push", "--quiet", "origin", "release/8.9.2")
            more["remote"] = "origin"
        }
        let source = try #require(try git(more) as? any VersionLister)
        let answer = await source.versions(
            ObservationRequest(scope: .app("music"), variables: ["app": "music"])
        )
        guard case .listed(let versions) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(versions.sorted() == (remote ? ["8.9.2"] : ["8.10.0", "8.9.2", "next"]))
    }

    private func git(_ more: [String: JSON] = [:]) throws -> any Source {
        var settings = more
        settings["repository"] = settings["repository"] ?? .string(workshop.path)
        return try source("git", .object(settings))
    }

    @Test func `brings the release branch as it is`() async throws {
        let base = try await workshop.git("rev-parse", "HEAD")
        try await workshop.git("tag", "-a", "-m", "x", "v8.9.1")
        try await workshop.git("checkout", "--quiet", "-b", "release/8.9.2")
        try await workshop.commit("fix")
        try await workshop.git("tag", "v8.9.2-rc1")
        let head = try await workshop.commit("fix more")
        let source = try git(["tag": "v${version}", "since": "v*"])
        let answer = await source.observe(request())
        #expect(
            answer.observation?.facts.mapValues(\.value) == [
                "head": .string(head), "head_time": "2026-03-02T09:00:00Z", "branch.exists": true,
                "branch.name": "release/8.9.2", "base.head": .string(base),
                "merged_into_base": false, "ahead": 2, "tag.exists": false,
                "commits_since_tag": 1,
            ]
        )
        #expect(await source.observe(request()) == answer)
    }

    @Test func `follows a tag of a tag to its commit and sees a merge`() async throws {
        let commit = try await workshop.git("rev-parse", "HEAD")
        try await workshop.git("branch", "release/8.9.2")
        try await workshop.git("tag", "-a", "-m", "inner", "inner")
        try await workshop.git("tag", "-a", "-m", "outer", "v8.9.2", "inner")
        try await workshop.commit("main goes on")
        let answer = try await git(["tag": "v${version}"]).observe(request())
        #expect(answer.value("tag.exists") == true)
        #expect(answer.value("tag.commit") == .string(commit))
        #expect(answer.value("merged_into_base") == true)
        #expect(answer.value("ahead") == 0)
        #expect(answer.value("commits_since_tag") == 0)
    }

    @Test func `the schema names every fact that comes, and no other`() async throws {
        try await workshop.git("branch", "release/8.9.2")
        try await workshop.git("tag", "v8.9.2")
        let settings: JSON = ["repository": .string(workshop.path), "tag": "v${version}"]
        guard case .meaning(let schema) = adapters.schema(ofSource: "git", settings: settings)
        else { return #expect(Bool(false), "there should be a schema") }
        let answer = try await source("git", settings).observe(request())
        let facts = try #require(answer.observation?.facts)
        #expect(Set(facts.keys) == Set(schema.entries.map(\.name)))
    }

    @Test func `a branch that is not there is an answer and no more`() async throws {
        let answer = try await git(["base": "none"]).observe(request())
        #expect(answer.observation?.facts.mapValues(\.value) == ["branch.exists": false])
        // A branch below that name is not that branch.
        try await workshop.git("branch", "release/8.9.2/extra")
        let below = try await git().observe(request())
        #expect(below.value("branch.exists") == false)
    }

    @Test func `a missing repository and a broken one are told apart`() async throws {
        let missing = try await git(["repository": "/surely/not/here"]).observe(request())
        #expect(missing.failure == .notFound)
        let empty = workshop.scratch.file("empty")
        try FileManager.default.createDirectory(
            atPath: workshop.path + "/inside",
            withIntermediateDirectories: false
        )
        try FileManager.default.createDirectory(
            atPath: empty,
            withIntermediateDirectories: false
        )
        #expect(
            try await git(["repository": .string(empty)]).observe(request()).failure == .notFound
        )
        let inside = try await git(["repository": .string(workshop.path + "/inside")])
            .observe(request())
        #expect(inside.failure == .notFound)
        try await workshop.git("branch", "release/8.9.2")
        try FileManager.default.removeItem(atPath: workshop.path + "/.git/HEAD")
        #expect(try await git().observe(request()).failure == .malformed)
    }

    @Test func `a bare repository serves as well, and a shallow one counts nothing`() async throws {
        try await workshop.commit("second")
        try await workshop.git("branch", "release/8.9.2")
        let bare = workshop.scratch.file("bare.git")
        try await workshop.git("clone", "--quiet", "--bare", workshop.path, bare)
        let whole = try await git(["repository": .string(bare)]).observe(request())
        #expect(whole.value("ahead") == 0)
        let shallow = workshop.scratch.file("shallow.git")
        try await workshop.git(
            "clone",
            "--quiet",
            "--bare",
            "--depth=1",
            "--no-single-branch",
            "file://" + workshop.path,
            shallow
        )
        let answer = try await git(["repository": .string(shallow)]).observe(request())
        #expect(answer.value("head") != nil)
        #expect(answer.value("ahead") == nil && answer.value("merged_into_base") == nil)
    }

    @Test func `sees the remote as it is now and leaves the clone's own references alone`()
        async throws
    {
        let origin = try await workshop.makeOrigin()
        try await workshop.git("push", "--quiet", "origin", "main", "main:release/8.9.2")
        let source = try git(["remote": "origin", "tag": "v${version}"])
        let before = await source.observe(request())
        #expect(before.value("branch.exists") == true)
        let clone = workshop.scratch.file("clone")
        try await workshop.git("clone", "--quiet", origin, clone)
        try await workshop.git("checkout", "--quiet", "release/8.9.2", at: clone)
        try await workshop.git("commit", "--quiet", "--allow-empty", "-m", "theirs", at: clone)
        try await workshop.git("tag", "v8.9.2", at: clone)
        try await workshop.git("push", "--quiet", "--tags", "origin", "release/8.9.2", at: clone)
        let own = try await workshop.git("for-each-ref", "refs/heads", "refs/tags", "refs/remotes")
        async let first = source.observe(request())
        async let second = source.observe(request())
        let answers = await [first, second]
        let head = try await workshop.git("rev-parse", "HEAD", at: clone)
        for answer in answers {
            #expect(answer.value("head") == .string(head))
            #expect(answer.value("tag.commit") == .string(head))
            #expect(answer.value("ahead") == 1)
        }
        #expect(
            try await workshop.git("for-each-ref", "refs/heads", "refs/tags", "refs/remotes") == own
        )
        // What is gone there is gone here.
        try await workshop.git("push", "--quiet", "origin", ":release/8.9.2", at: clone)
        #expect(await source.observe(request()).value("branch.exists") == false)
    }

    @Test func `no value and no hook turns into a command`() async throws {
        var odd = request()
        for name in ["--upload-pack=touch x", "-x", "a..b", "a b", "x^{/y}", "a:b"] {
            odd.variables["version"] = name
            let answer = try await git(["branch": "${version}"]).observe(odd)
            #expect(answer.failure == .misconfigured)
        }
        let hook = workshop.path + "/.git/hooks/reference-transaction"
        try "#!/bin/sh\ntouch \(workshop.scratch.file("hooked"))\n"
            .write(toFile: hook, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: hook)
        let outcome = try await action(
            "git.branch",
            ["repository": .string(workshop.path), "name": "b", "from": "main"]
        ).perform(intent(), attempt: 1)
        guard case .done = outcome else { return #expect(Bool(false), "\(outcome)") }
        #expect(workshop.scratch.text("hooked") == nil)
    }
}

@Suite struct `The git actions` {
    private let workshop: Workshop
    private let commit: String

    init() async throws {
        workshop = try await Workshop()
        commit = try await workshop.git("rev-parse", "HEAD")
    }

    private func git(_ kind: String, _ more: [String: JSON] = [:]) throws -> any ActionAdapter {
        var settings = more
        settings["repository"] = settings["repository"] ?? .string(workshop.path)
        return try action("git." + kind, .object(settings))
    }

    private func isDone(_ outcome: ActionOutcome) -> Bool {
        if case .done = outcome { true } else { false }
    }

    private func isAlreadyDone(_ outcome: ActionOutcome) -> Bool {
        if case .alreadyDone = outcome { true } else { false }
    }

    private func isRejected(_ outcome: ActionOutcome) -> Bool {
        if case .rejected = outcome { true } else { false }
    }

    private func isPresent(_ answer: ProbeAnswer) -> Bool {
        if case .present = answer { true } else { false }
    }

    private func isAmbiguous(_ answer: ProbeAnswer) -> Bool {
        if case .ambiguous = answer { true } else { false }
    }

    private func isUnavailable(_ answer: ProbeAnswer) -> Bool {
        if case .unavailable = answer { true } else { false }
    }

    @Test(arguments: ["branch", "tag"])
    func `creates once, at the candidate, and finds it done`(kind: String) async throws {
        let action = try git(kind)
        let later = try await workshop.commit("newer, and not the candidate")
        let intent = intent(candidate: commit)
        #expect(await action.probe(intent) == .absent)
        #expect(isDone(await action.perform(intent, attempt: 1)))
        let name = kind == "tag" ? "v8.9.2" : "release/8.9.2"
        #expect(try await workshop.git("rev-parse", name + "^{commit}") == commit)
        #expect(isPresent(await action.probe(intent)))
        #expect(isAlreadyDone(await action.perform(intent, attempt: 2)))
        // The same name for another commit is somebody else's.
        let other = self.intentFor(later)
        #expect(isAmbiguous(await action.probe(other)))
        #expect(isRejected(await action.perform(other, attempt: 1)))
        #expect(try await workshop.git("rev-parse", name + "^{commit}") == commit)
    }

    private func intentFor(_ commit: String) -> Intent { intent(candidate: commit) }

    @Test func `a tag is annotated, with our message`() async throws {
        let action = try git(
            "tag",
            ["message": "# ${version}\n\n--odd", "tagger": "Robot <robot@example.com>"]
        )
        #expect(isDone(await action.perform(intent(candidate: commit), attempt: 1)))
        #expect(try await workshop.git("cat-file", "-t", "v8.9.2") == "tag")
        let text = try await workshop.git("cat-file", "tag", "v8.9.2")
        #expect(text.hasSuffix("\n\n# 8.9.2\n\n--odd"))
        #expect(text.contains("tagger Robot <robot@example.com>"))
    }

    @Test func `a branch that went on since is still the effect`() async throws {
        let action = try git("branch")
        let intent = intent(candidate: commit)
        #expect(isDone(await action.perform(intent, attempt: 1)))
        try await workshop.git("checkout", "--quiet", "release/8.9.2")
        try await workshop.commit("a fix")
        #expect(isPresent(await action.probe(intent)))
        #expect(isAlreadyDone(await action.perform(intent, attempt: 1)))
    }

    @Test func `what is not there is refused before anything is done`() async throws {
        let unknown = String(repeating: "0123456789", count: 4)
        #expect(isRejected(try await git("tag").perform(intent(candidate: unknown), attempt: 1)))
        #expect(isRejected(try await git("tag").perform(intent(), attempt: 1)))
        let gone = try git("tag", ["repository": "/surely/not/here"])
        #expect(isRejected(await gone.perform(intent(candidate: commit), attempt: 1)))
        #expect(isUnavailable(await gone.probe(intent(candidate: commit))))
    }

    @Test(arguments: ["branch", "tag"])
    func `pushes without force and looks at the remote`(kind: String) async throws {
        let origin = try await workshop.makeOrigin()
        try await workshop.git("branch", "release/8.9.2")
        try await workshop.git("tag", "-a", "-m", "x", "v8.9.2")
        let name = kind == "tag" ? "v8.9.2" : "release/8.9.2"
        let action = try git("push", ["remote": "origin", kind: .string(name)])
        let intent = intent(candidate: commit)
        #expect(await action.probe(intent) == .absent)
        #expect(isDone(await action.perform(intent, attempt: 1)))
        #expect(
            try await workshop.git("rev-parse", name, at: origin) == workshop.git("rev-parse", name)
        )
        #expect(isPresent(await action.probe(intent)))
        #expect(isAlreadyDone(await action.perform(intent, attempt: 2)))
        // Somebody else's history under that name stays as it is.
        let tree = try await workshop.git("write-tree")
        let stranger = try await workshop.git("commit-tree", tree, "-m", "stranger")
        let reference = kind == "tag" ? "refs/tags/v8.9.2" : "refs/heads/release/8.9.2"
        try await workshop.git("push", "--quiet", "--force", "origin", "\(stranger):\(reference)")
        #expect(isAmbiguous(await action.probe(intent)))
        #expect(isRejected(await action.perform(intent, attempt: 1)))
        #expect(try await workshop.git("rev-parse", reference, at: origin) == stranger)
    }

    @Test func `a branch that only moves forward is moved, and is done when ahead`() async throws {
        let origin = try await workshop.makeOrigin()
        try await workshop.git("push", "--quiet", "origin", "main")
        try await workshop.commit("next")
        let action = try git("push", ["remote": "origin", "branch": "main"])
        #expect(await action.probe(intent()) == .absent)
        #expect(isDone(await action.perform(intent(), attempt: 1)))
        #expect(
            try await workshop.git("rev-parse", "main", at: origin)
                == workshop.git("rev-parse", "main")
        )
        let older = try git("push", ["remote": "origin", "branch": "main", "commit": "main~1"])
        #expect(isAlreadyDone(await older.perform(intent(), attempt: 1)))
    }

    @Test func `a remote that refuses, hangs or is not there`() async throws {
        let origin = try await workshop.makeOrigin()
        let hook = origin + "/hooks/pre-receive"
        try "#!/bin/sh\necho not on Fridays >&2\nexit 1\n"
            .write(toFile: hook, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: hook)
        let action = try git("push", ["remote": "origin", "branch": "main"])
        let refused = await action.perform(intent(), attempt: 1)
        #expect(isRejected(refused))
        #expect("\(refused)".contains("not on Fridays"))
        let begun = workshop.scratch.file("begun")
        try "#!/bin/sh\ntouch \(begun)\nexec sleep 300\n"
            .write(toFile: hook, atomically: false, encoding: .utf8)
        let push = Task { await action.perform(intent(deadline: .minutes(5)), attempt: 1) }
        #expect(await eventually { FileManager.default.fileExists(atPath: begun) })
        push.cancel()
        let hung = await push.value
        guard case .unknown = hung else { return #expect(Bool(false), "\(hung)") }
        try FileManager.default.removeItem(atPath: origin)
        #expect(isRejected(await action.perform(intent(), attempt: 1)))
        #expect(isUnavailable(await action.probe(intent())))
    }
}
