import ConductorCore
import AdapterTesting
import Foundation
import NIOHTTP1
import Synchronization

@testable import SourceAdapters

/// Sentry as far as the adapters see it: it keeps deploys, and answers as the real one does.
final class SentryWorld: Sendable {
    struct Health: Sendable {
        var sessions: JSON = 52_038
        var users: JSON = 40_000
        var freeSessions: JSON = .double(0.9981)
        var freeUsers: JSON = .double(0.9968)
    }

    struct State: Sendable {
        var releases = ["com.acme.music@8.9.2+412"]
        var health: Health? = Health()
        var allSessions: JSON = 208_152
        /// The end of the window of all sessions.
        var end = "2026-03-02T09:00:00Z"
        var issues = ["MUSIC-1A"]
        var deploys: [JSON] = []
        var perPage = 100
    }

    let state: Mutex<State>

    init(_ change: (inout State) -> Void = { _ in }) {
        var state = State()
        change(&state)
        self.state = Mutex(state)
    }

    var answer: @Sendable (LoopbackServer.Received) -> LoopbackServer.Reply {
        { received in self.state.withLock { Self.answer(received, &$0) } }
    }

    private static let missing = LoopbackServer.Reply.status(
        404,
        body: #"{"detail": "The requested resource does not exist"}"#
    )

    private static func answer(
        _ received: LoopbackServer.Received,
        _ state: inout State
    ) -> LoopbackServer.Reply {
        let parts = received.path.split(separator: "/", omittingEmptySubsequences: false)
            .map { $0.removingPercentEncoding ?? "" }
        guard parts.starts(with: ["", "api", "0", "organizations", "acme"]), parts.last == ""
        else { return missing }
        switch (received.method, Array(parts.dropFirst(5).dropLast())) {
        case (.GET, ["releases"]):
            let start = received.query("query").first ?? ""
            let found = state.releases.filter { $0.hasPrefix(start) }
            return page(found.map { ["version": .string($0)] }, received, state)
        case (.GET, ["sessions"]): return .status(200, body: sessions(received, state).description)
        case (.GET, ["issues"]):
            return page(state.issues.map { ["id": "1", "shortId": .string($0)] }, received, state)
        case (let method, let rest) where rest.count == 3 && rest[2] == "deploys":
            guard state.releases.contains(rest[1]) else { return missing }
            if method == .GET { return page(state.deploys, received, state) }
            guard let body = try? JSON(parsing: received.body) else { return .status(400) }
            let deploy: [String: JSON] = [
                "id": .string("\(state.deploys.count + 1)"),
                "environment": body["environment"] ?? .null,
                "name": body["name"] ?? .null, "url": body["url"] ?? .null, "dateStarted": .null,
                "dateFinished": "2026-03-02T09:00:00Z",
            ]
            state.deploys.append(.object(deploy))
            return .status(201, body: JSON.object(deploy).description)
        default: return missing
        }
    }

    /// A page of a list; a next one is named even behind the last.
    private static func page(
        _ list: [JSON],
        _ received: LoopbackServer.Received,
        _ state: State
    ) -> LoopbackServer.Reply {
        let start = received.query("cursor").first.flatMap { Int($0) } ?? 0
        let end = min(list.count, start + state.perPage)
        let hasMore = end < list.count
        let rest = received.uri.split(separator: "?").dropFirst().first.map(String.init) ?? ""
        let query =
            rest.split(separator: "&").filter { !$0.hasPrefix("cursor=") } + ["cursor=\(end)"]
        let link =
            "<\(received.path)?\(query.joined(separator: "&"))>; rel=\"next\"; "
            + "results=\"\(hasMore)\"; cursor=\"\(end)\""
        return .status(
            200,
            headers: [("Link", link)],
            body: JSON.array(Array(list[min(start, end)..<end])).description
        )
    }

    private static func sessions(
        _ received: LoopbackServer.Received,
        _ state: State
    ) -> JSON {
        let isOfOne = !received.query("query").isEmpty
        var groups: [JSON] = []
        if isOfOne, let health = state.health {
            groups = [
                [
                    "by": [:], "series": [:],
                    "totals": [
                        "sum(session)": health.sessions, "count_unique(user)": health.users,
                        "crash_free_rate(session)": health.freeSessions,
                        "crash_free_rate(user)": health.freeUsers,
                    ],
                ]
            ]
        } else if !isOfOne {
            groups = [["by": [:], "series": [:], "totals": ["sum(session)": state.allSessions]]]
        }
        return [
            "start": "2026-03-01T09:00:00Z",
            "end": .string(isOfOne ? "2026-03-02T09:00:00Z" : state.end),
            "intervals": [], "query": "", "groups": .array(groups),
        ]
    }
}
