import ConductorCore
import AdapterTesting
import NIOHTTP1
import Synchronization

@testable import SourceAdapters

/// GitHub as far as the adapters see it: it keeps what is written, and answers as the real one does.
final class GitHubWorld: Sendable {
    /// Names of commits; `commits` says which come after one another.
    static let base = String(repeating: "b", count: 40)
    static let cut = String(repeating: "c", count: 40)
    static let head = String(repeating: "d", count: 40)

    struct State: Sendable {
        var isVisible = true
        var references: [String: String] = [:]
        /// Annotated tags: the reference names a tag object, and that a commit.
        var annotated: Set<String> = []
        var required: [String] = ["build", "test"]
        /// Check runs by name, as `status/conclusion`.
        var checkRuns: [String: String] = [:]
        var statuses: [String: JSON] = [:]
        var releases: [JSON] = []
        var runs: [JSON] = []
        var comments: [JSON] = []
        var openRequests = 0
        var perPage: Int?
        /// Commits in order; each contains those before it.
        var commits = [GitHubWorld.base, GitHubWorld.cut, GitHubWorld.head]
        var keepsRuns = true
    }

    let state: Mutex<State>

    init(_ change: (inout State) -> Void = { _ in }) {
        var state = State()
        state.references = [
            "heads/main": Self.base, "heads/release/8.9.2": Self.head, "tags/v8.9.1": Self.cut,
            "tags/v8.9.0": Self.base, "tags/v8.9.2": Self.head,
        ]
        state.checkRuns = ["build": "completed/success", "test": "completed/success"]
        state.statuses = [
            "lint": [
                "context": "lint", "state": "success", "description": .null, "target_url": .null,
            ]
        ]
        state.openRequests = 2
        state.releases = [Self.release(id: 1, tag: "v8.9.2", isDraft: false)]
        state.runs = [Self.run(id: 7, number: 70, commit: Self.head, conclusion: "success")]
        change(&state)
        self.state = Mutex(state)
    }

    /// The world as a server's answers.
    var answer: @Sendable (LoopbackServer.Received) -> LoopbackServer.Reply {
        { received in self.state.withLock { Self.answer(received, &$0) } }
    }

    static func release(id: Int, tag: String, isDraft: Bool) -> JSON {
        [
            "id": .int(Int64(id)), "tag_name": .string(tag), "draft": .bool(isDraft),
            "prerelease": false, "html_url": .string("https://github.example/r/\(tag)"),
        ]
    }

    static func run(
        id: Int64,
        number: Int64,
        commit: String,
        conclusion: String?,
        title: String = "Release"
    ) -> JSON {
        [
            "id": .int(id), "run_number": .int(number), "head_sha": .string(commit),
            "status": .string(conclusion == nil ? "in_progress" : "completed"),
            "conclusion": conclusion.map { .string($0) } ?? .null,
            "html_url": .string("https://github.example/runs/\(id)"),
            "display_title": .string(title),
            "created_at": .string(Posix.now().description),
        ]
    }

    private static func ok(_ json: JSON, _ status: Int = 200) -> LoopbackServer.Reply {
        .status(status, body: json.description)
    }

    private static let missing = LoopbackServer.Reply.status(
        404,
        body: #"{"message": "Not Found"}"#
    )

    private static func answer(
        _ received: LoopbackServer.Received,
        _ state: inout State
    ) -> LoopbackServer.Reply {
        let parts = received.path.split(separator: "/").map(String.init)
        guard !received.headers["user-agent"].isEmpty else { return .status(403) }
        if parts.starts(with: ["app", "installations"]) {
            return ok(["token": "minted-t0ken", "expires_at": "2999-01-01T00:00:00Z"], 201)
        }
        guard state.isVisible, parts.starts(with: ["repos", "acme", "music"]) else {
            return missing
        }
        let rest = Array(parts.dropFirst(3))
        let body = (try? JSON(parsing: received.body)) ?? .null
        return received.method == .GET
            ? read(rest, received, state) : write(rest, received.method, body, &state)
    }

    private static func read(
        _ parts: [String],
        _ received: LoopbackServer.Received,
        _ state: State
    ) -> LoopbackServer.Reply {
        let tail = parts.dropFirst(2).joined(separator: "/")
        switch (parts.first, parts.dropFirst().first, parts.last) {
        case (nil, _, _): return ok(["full_name": "acme/music"])
        case ("branches", _, _):
            let name = parts.dropFirst().joined(separator: "/")
            guard let commit = state.references["heads/" + name] else { return missing }
            return ok([
                "name": .string(name), "protected": true,
                "commit": [
                    "sha": .string(commit),
                    "commit": ["committer": ["date": "2026-03-06T09:00:00Z"]],
                ],
                "protection": [
                    "required_status_checks": [
                        "contexts": .array(state.required.map { .string($0) })
                    ]
                ],
            ])
        case ("git", "ref", _):
            guard let commit = state.references[tail] else { return missing }
            return ok(reference(tail, commit, state))
        case ("git", "matching-refs", _):
            return ok(
                .array(
                    state.references.filter { $0.key.hasPrefix(tail) }
                        .sorted { $0.key < $1.key }.map { reference($0.key, $0.value, state) }
                )
            )
        case ("compare", let range?, _):
            let ends = range.split(separator: ".").map(String.init)
            guard let first = state.commits.firstIndex(of: ends[0]),
                let second = state.commits.firstIndex(of: ends[1])
            else { return missing }
            return ok([
                "ahead_by": .int(Int64(max(0, second - first))),
                "behind_by": .int(Int64(max(0, first - second))),
            ])
        case ("commits", let commit?, "check-runs"):
            return ok([
                "check_runs": .array(
                    state.checkRuns.sorted { $0.key < $1.key }.map { name, value in
                        let words = value.split(separator: "/").map(String.init)
                        return [
                            "name": .string(name), "head_sha": .string(commit),
                            "status": .string(words[0]),
                            "conclusion": words.count > 1 ? .string(words[1]) : .null,
                        ]
                    }
                )
            ])
        case ("commits", let commit?, "status"):
            return ok([
                "sha": .string(commit),
                "statuses": .array(
                    state.statuses.sorted { $0.key < $1.key }.map(\.value)
                ),
            ])
        case ("commits", "tags", let name?):
            guard let commit = state.references["tags/" + name] else { return missing }
            return ok(["sha": .string(commit)])
        case ("pulls", _, _):
            let request: JSON = ["state": "open", "base": ["ref": "release/8.9.2"]]
            return ok(.array(Array(repeating: request, count: state.openRequests)))
        case ("releases", "tags", let tag?):
            let release = state.releases.first {
                $0["tag_name"]?.stringValue == tag && $0["draft"] == false
            }
            return release.map { ok($0) } ?? missing
        case ("releases", _, _): return ok(.array(state.releases))
        case ("actions", "workflows", "runs"): return ok(["workflow_runs": .array(state.runs)])
        case ("issues", _, "comments"): return ok(.array(state.comments))
        default: return missing
        }
    }

    private static func reference(_ name: String, _ commit: String, _ state: State) -> JSON {
        let isAnnotated = state.annotated.contains(name)
        return [
            "ref": .string("refs/" + name),
            "object": [
                "type": isAnnotated ? "tag" : "commit",
                "sha": .string(isAnnotated ? String(repeating: "e", count: 40) : commit),
            ],
        ]
    }

    private static func write(
        _ parts: [String],
        _ method: HTTPMethod,
        _ body: JSON,
        _ state: inout State
    ) -> LoopbackServer.Reply {
        switch (method, parts.first, parts.last) {
        case (.POST, "git", "refs"):
            guard let name = body["ref"]?.stringValue?.dropFirst(5),
                let commit = body["sha"]?.stringValue
            else { return .status(422) }
            guard state.references[String(name)] == nil else {
                return .status(422, body: #"{"message": "Reference already exists"}"#)
            }
            state.references[String(name)] = commit
            return ok(reference(String(name), commit, state), 201)
        case (.POST, "releases", "releases"):
            let release = Self.release(
                id: state.releases.count + 1,
                tag: body["tag_name"]?.stringValue ?? "",
                isDraft: body["draft"] == true
            )
            state.releases.append(release)
            return ok(release, 201)
        case (.PATCH, "releases", _):
            guard let index = state.releases.indices.last else { return missing }
            let tag = state.releases[index]["tag_name"]?.stringValue ?? ""
            state.releases[index] = Self.release(id: index + 1, tag: tag, isDraft: false)
            return ok(state.releases[index])
        case (.POST, "actions", "dispatches"):
            let mark = body["inputs"]?["conductor_id"]?.stringValue ?? ""
            let run = Self.run(
                id: 99,
                number: 99,
                commit: Self.head,
                conclusion: nil,
                title: "Release by \(mark)"
            )
            if state.keepsRuns { state.runs.append(run) }
            return body["return_run_details"] == true
                ? ok(["html_url": run["html_url"] ?? ""]) : .status(204)
        case (.POST, "statuses", _):
            let context = body["context"]?.stringValue ?? ""
            var status = body.objectValue ?? [:]
            for name in ["description", "target_url"] where status[name] == nil {
                status[name] = .null
            }
            state.statuses[context] = .object(status)
            return ok(.object(status), 201)
        case (.POST, "issues", "comments"):
            let comment: JSON = [
                "body": body["body"] ?? "", "html_url": "https://github.example/comments/1",
            ]
            state.comments.append(comment)
            return ok(comment, 201)
        default: return missing
        }
    }
}
