import ConductorCore
import ConductorPorts

/// A repository on this machine, asked and changed through the real git.
///
/// No configuration of the user or the system, no prompt, no hook, no helper program and no
/// transport but the known ones has a say. Values reach git only where no option can be meant:
/// names are checked by git's own rules for references, and stand behind `--` or `refs/`.
struct GitRepository: Sendable {
    let path: String
    /// Whether a repository of another user is taken, too.
    let trustsOwner: Bool
    let deadline: ContinuousClock.Instant

    init(path: String, trustsOwner: Bool, timeout: Span) {
        self.path = path
        self.trustsOwner = trustsOwner
        deadline = .now + .milliseconds(timeout.milliseconds)
    }

    /// What git said, with the exit statuses that are answers.
    struct Output: Sendable {
        var code: Int
        var text: String

        var line: String {
            String(text.prefix { !$0.isNewline })
        }

        var lines: [Substring] { text.split(whereSeparator: \.isNewline) }
    }

    enum Problem: Error, Sendable, Hashable {
        /// There is no repository at this place.
        case missing(String)
        /// git failed: the repository is broken, or does not hold what it should.
        case failed(String)
        case forbidden(String)
        case timedOut
        case cancelled
        case tooLarge
        case noGit(String)

        var message: String {
            switch self {
            case .missing(let path): "there is no repository at '\(path)'"
            case .failed(let words): "git failed: \(words)"
            case .forbidden(let words): words
            case .timedOut: "git gave no answer in time; it was ended"
            case .cancelled: "given up; git was ended"
            case .tooLarge: "git says more than \(AdapterLimits.responseBytes) bytes"
            case .noGit(let reason): "git cannot be started: \(reason)"
            }
        }

        var failure: PollFailure {
            switch self {
            case .missing: .notFound
            case .failed: .malformed
            case .forbidden: .unauthorised
            case .timedOut, .cancelled: .timedOut
            case .tooLarge: .tooLarge
            case .noGit: .misconfigured
            }
        }
    }

    /// Runs git with `arguments`; exit statuses other than 0 and `accepting` are thrown.
    func run(
        _ arguments: [String],
        accepting: Set<Int> = [],
        environment: [String: String] = [:]
    ) async throws(Problem) -> Output {
        try check()
        let left = max(0, (deadline - .now) / .milliseconds(1))
        let runner = ProcessRunner(
            argv: ["git", "-C", path] + options + arguments,
            environment: self.environment.merging(environment) { _, own in own },
            timeout: Span(milliseconds: Int64(left))
        )
        switch await runner.run() {
        case .exited(let code, let output, let errors):
            guard code == 0 || accepting.contains(code) else {
                throw problem(errors, code: code)
            }
            return Output(code: code, text: String(decoding: output, as: UTF8.self))
        case .killed(let signal, _): throw .failed("ended by signal \(signal)")
        case .timedOut: throw .timedOut
        case .tooMuchOutput: throw .tooLarge
        case .cancelled: throw .cancelled
        case .notStarted(let reason, let isTransient):
            let words = Redactor.nothing.quote(reason)
            if isTransient { throw .failed("git cannot be started: \(words)") }
            throw .noGit(words)
        }
    }

    /// The place is looked at before every run, so that *missing* is told from *broken*.
    private func check() throws(Problem) {
        guard let status = try? Posix.status(of: path), status.isDirectory else {
            throw .missing(path)
        }
        let hasGit = (try? Posix.status(of: path + "/.git")) != nil
        let isBare = (try? Posix.status(of: path + "/objects")) != nil
        guard hasGit || isBare else { throw .missing(path) }
    }

    private func problem(_ errors: [UInt8], code: Int) -> Problem {
        let words = Self.withoutCredentials(Redactor.nothing.quote(errors))
        if words.contains("dubious ownership") {
            return .forbidden(
                "the repository belongs to another user; to trust it, write 'trust_owner: true'"
            )
        }
        return .failed(words.isEmpty ? "exit status \(code)" : words)
    }

    /// A remote's address may carry a user and a password; git repeats it in its messages.
    static func withoutCredentials(_ words: String) -> String {
        var result = ""
        var rest = words[...]
        while let mark = rest.firstRange(of: "://") {
            result += rest[..<mark.upperBound]
            rest = rest[mark.upperBound...]
            let authority = rest.prefix { $0 != "/" && !$0.isWhitespace && $0 != "'" }
            if let at = authority.lastIndex(of: "@") {
                result += "***"
                rest = rest[at...]
            }
        }
        return result + rest
    }

    private var options: [String] {
        var settings = [
            "core.hooksPath=/dev/null", "core.fsmonitor=false", "gc.auto=0",
            "maintenance.auto=false", "tag.gpgSign=false", "push.gpgSign=false",
            "push.followTags=false", "protocol.ext.allow=never", "core.quotePath=true",
        ]
        if trustsOwner { settings.append("safe.directory=*") }
        return settings.flatMap { ["-c", $0] }
    }

    private var environment: [String: String] {
        var variables = [
            "LC_ALL": "C",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "/bin/false",
            "SSH_ASKPASS": "/bin/false",
            "GIT_SSH_COMMAND": "ssh -o BatchMode=yes",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",
            "GIT_PAGER": "cat",
            // The repository is at this very place, not somewhere above it.
            "GIT_CEILING_DIRECTORIES": Self.parent(of: path),
        ]
        for name in ["PATH", "HOME", "SSH_AUTH_SOCK"] {
            variables[name] = Posix.environmentVariable(name)
        }
        return variables
    }

    private static func parent(of path: String) -> String {
        var parts = path.split(separator: "/", omittingEmptySubsequences: true)
        if !parts.isEmpty { parts.removeLast() }
        return "/" + parts.joined(separator: "/")
    }
}

extension GitRepository {
    /// The commit that a revision means; nil where it means none.
    func commit(_ revision: String) async throws(Problem) -> String? {
        let output = try await run(
            ["rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}"],
            accepting: [1, 128]
        )
        return output.code == 0 && Self.isObjectName(output.line) ? output.line : nil
    }

    /// Whether the first commit is the second one or comes before it.
    func isAncestor(_ first: String, of second: String) async throws(Problem) -> Bool {
        try await run(["merge-base", "--is-ancestor", first, second], accepting: [1]).code == 0
    }

    /// Commits that `second` has and `first` has not.
    func count(from first: String, to second: String) async throws(Problem) -> Int64? {
        Int64(try await run(["rev-list", "--count", first + ".." + second, "--"]).line)
    }

    static func isObjectName(_ text: String) -> Bool {
        (text.utf8.count == 40 || text.utf8.count == 64)
            && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }

    /// The rules of `git check-ref-format` for a branch or a tag.
    static func isReferenceName(_ name: String) -> Bool {
        guard !name.isEmpty, !name.hasPrefix("-"), name != "@", !name.hasSuffix("."),
            !name.contains(".."), !name.contains("@{"),
            name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && !"~^:?*[\\".utf8.contains($0) })
        else { return false }
        return name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && !part.hasPrefix(".") && !part.hasSuffix(".lock")
        }
    }
}

extension Variables {
    /// A branch's or tag's name.
    func referenceName(_ template: Template) throws(ResolvingProblem) -> String {
        let name: String
        do {
            name = try text(template)
        } catch {
            throw ResolvingProblem(error)
        }
        guard GitRepository.isReferenceName(name) else {
            throw ResolvingProblem(message: "'\(name)' is no name that git takes")
        }
        return name
    }
}
