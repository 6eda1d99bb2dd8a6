import ConductorCore
import AdapterTesting
import Foundation
import NIOHTTP1
import Synchronization

@testable import SourceAdapters

/// Jira Cloud as far as the adapters see it: it keeps what is written, and answers as the real one does.
final class JiraWorld: Sendable {
    struct Issue: Sendable {
        var key: String
        var status = "To Do"
        var owner: String? = "Ada"
        var priority: String? = "Highest"
        var created = "2026-03-02T10:15:00.000+0100"
        var components: [String] = []
        var labels: [String] = []
        var comments: [JSON] = []

        func json(_ fields: [String]) -> JSON {
            let all: [String: JSON] = [
                "assignee": owner.map {
                    ["displayName": .string($0), "accountId": .string($0.lowercased())]
                } ?? .null,
                "priority": priority.map { ["name": .string($0)] } ?? .null,
                "created": .string(created), "status": ["name": .string(status)],
                "components": .array(components.map { ["name": .string($0)] }),
                "labels": .array(labels.map { .string($0) }),
            ]
            return [
                "id": "10001", "key": .string(key),
                "fields": .object(all.filter { fields.contains($0.key) }),
            ]
        }
    }

    struct State: Sendable {
        /// What a query finds that holds this text.
        var found: [String: [Issue]] = [:]
        var issues: [String: Issue] = [:]
        /// Statuses that a transition leads to from anywhere.
        var workflow = ["To Do", "In Review", "Done"]
        var perPage = 100
    }

    let state: Mutex<State>

    init(_ change: (inout State) -> Void = { _ in }) {
        var state = State()
        state.found = [
            "priority = Highest": [
                Issue(key: "MUSIC-1"), Issue(key: "MUSIC-2", owner: nil, priority: nil),
            ],
            "In Review": [],
            "fixVersion is EMPTY": [Issue(key: "MUSIC-3")],
            "project = QA": [
                Issue(key: "QA-1", status: "Done", components: ["Playback"]),
                Issue(key: "QA-2", status: "Won't Do", components: ["search"]),
            ],
        ]
        state.issues = ["MUSIC-1": Issue(key: "MUSIC-1")]
        change(&state)
        self.state = Mutex(state)
    }

    var answer: @Sendable (LoopbackServer.Received) -> LoopbackServer.Reply {
        { received in self.state.withLock { Self.answer(received, &$0) } }
    }

    private static func ok(_ json: JSON, _ status: Int = 200) -> LoopbackServer.Reply {
        .status(status, body: json.description)
    }

    private static let missing = LoopbackServer.Reply.status(
        404,
        body: #"{"errorMessages": ["Issue does not exist or you do not have permission"]}"#
    )

    private static func answer(
        _ received: LoopbackServer.Received,
        _ state: inout State
    ) -> LoopbackServer.Reply {
        let parts = received.path.split(separator: "/").map(String.init)
        guard parts.starts(with: ["rest", "api", "3"]) else { return missing }
        let body = (try? JSON(parsing: received.body)) ?? .null
        switch (received.method, Array(parts.dropFirst(3))) {
        case (.GET, ["search", "jql"]): return search(received, state)
        case (.POST, ["issue"]):
            guard let fields = body["fields"], let project = fields["project"]?["key"]?.stringValue
            else { return .status(400) }
            let key = "\(project)-\(state.issues.count + 1)"
            let labels = (fields["labels"]?.arrayValue ?? []).compactMap(\.stringValue)
            let issue = Issue(key: key, labels: labels)
            state.issues[key] = issue
            for label in labels { state.found["labels = \"\(label)\"", default: []].append(issue) }
            return ok(["id": "10001", "key": .string(key)], 201)
        case (let method, let rest) where rest.count > 1 && rest[0] == "issue":
            guard var issue = state.issues[rest[1]] else { return missing }
            let reply = answer(method, rest.dropFirst(2).first, received, body, &issue, state)
            state.issues[rest[1]] = issue
            return reply
        default: return missing
        }
    }

    private static func answer(
        _ method: HTTPMethod,
        _ part: String?,
        _ received: LoopbackServer.Received,
        _ body: JSON,
        _ issue: inout Issue,
        _ state: State
    ) -> LoopbackServer.Reply {
        switch (method, part) {
        case (.GET, nil): return ok(issue.json(received.query("fields")))
        case (.PUT, nil):
            issue.owner = body["fields"]?["assignee"]?["accountId"]?.stringValue
            return .status(204)
        case (.GET, "transitions"):
            return ok([
                "transitions": .array(
                    state.workflow.enumerated().map { number, status in
                        ["id": .string("\(number)"), "to": ["name": .string(status)]]
                    }
                )
            ])
        case (.POST, "transitions"):
            guard let id = body["transition"]?["id"]?.stringValue.flatMap({ Int($0) }),
                state.workflow.indices.contains(id)
            else { return .status(400) }
            issue.status = state.workflow[id]
            return .status(204)
        case (.GET, "comment"):
            return ok([
                "comments": .array(issue.comments.reversed()), "startAt": 0,
                "total": .int(Int64(issue.comments.count)),
            ])
        case (.POST, "comment"):
            guard body["body"]?["type"] == "doc" else { return .status(400) }
            let comment: JSON = ["id": "7", "body": body["body"] ?? .null]
            issue.comments.append(comment)
            return ok(comment, 201)
        default: return missing
        }
    }

    private static func search(
        _ received: LoopbackServer.Received,
        _ state: State
    ) -> LoopbackServer.Reply {
        let query = received.query("jql").first ?? ""
        let known = state.found.first { query.contains($0.key) }
        let issues = known?.value ?? []
        let start = received.query("nextPageToken").first.flatMap { Int($0) } ?? 0
        let end = min(issues.count, start + state.perPage)
        let page = issues[min(start, end)..<end].map { $0.json(received.query("fields")) }
        var answer: [String: JSON] = [
            "issues": .array(page), "isLast": .bool(end == issues.count),
        ]
        if end < issues.count { answer["nextPageToken"] = .string("\(end)") }
        return ok(.object(answer))
    }
}

extension LoopbackServer.Received {
    /// The values of a parameter of the query, decoded.
    func query(_ name: String) -> [String] {
        uri.drop { $0 != "?" }.dropFirst().split(separator: "&").compactMap { pair in
            let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.first?.removingPercentEncoding == name else { return nil }
            return parts.count > 1 ? parts[1].removingPercentEncoding : ""
        }
    }
}
