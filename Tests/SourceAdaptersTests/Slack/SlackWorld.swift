import ConductorCore
import AdapterTesting
import Foundation
import NIOHTTP1
import Synchronization

@testable import SourceAdapters

/// Slack as far as the adapters see it: it keeps messages and answers as the real one does, with status
/// 200 whatever happens.
final class SlackWorld: Sendable {
    struct Message: Sendable {
        var timestamp: String
        var text: String
        var blocks: JSON?
        var metadata: JSON?
        var thread: String?

        var json: JSON {
            .compact([
                "type": "message", "ts": .string(timestamp), "text": .string(text),
                "blocks": blocks, "metadata": metadata,
                "thread_ts": thread.map { .string($0) },
            ])
        }
    }

    struct State: Sendable {
        /// The newest last.
        var messages: [Message] = []
        var perPage = 200
        /// What every request is refused with.
        var error: String?
        private var count = 0

        mutating func nextTimestamp() -> String {
            count += 1
            return "1772442000." + String(String(1_000_000 + count).dropFirst())
        }
    }

    static let channel = "C024BE91L"

    let state: Mutex<State>

    init(_ change: (inout State) -> Void = { _ in }) {
        var state = State()
        change(&state)
        self.state = Mutex(state)
    }

    var messages: [Message] { state.withLock(\.messages) }

    var answer: @Sendable (LoopbackServer.Received) -> LoopbackServer.Reply {
        { received in self.state.withLock { Self.answer(received, &$0) } }
    }

    private static func ok(_ members: [String: JSON]) -> LoopbackServer.Reply {
        .status(200, body: JSON.object(members.merging(["ok": true]) { $1 }).description)
    }

    private static func refused(_ error: String) -> LoopbackServer.Reply {
        .status(200, body: #"{"ok": false, "error": "\#(error)", "needed": "chat:write"}"#)
    }

    private static func answer(
        _ received: LoopbackServer.Received,
        _ state: inout State
    ) -> LoopbackServer.Reply {
        if let error = state.error { return refused(error) }
        let body = (try? JSON(parsing: received.body)) ?? .null
        switch (received.method, received.path) {
        case (.POST, "/chat.postMessage"):
            guard body["channel"] == .string(channel) else { return refused("channel_not_found") }
            let message = Message(
                timestamp: state.nextTimestamp(),
                text: body["text"]?.stringValue ?? "",
                blocks: body["blocks"],
                metadata: body["metadata"],
                thread: body["thread_ts"]?.stringValue
            )
            state.messages.append(message)
            return ok([
                "channel": .string(channel), "ts": .string(message.timestamp),
                "message": message.json,
            ])
        case (.POST, "/chat.update"):
            let place = state.messages.firstIndex { .string($0.timestamp) == body["ts"] }
            guard let place else { return refused("message_not_found") }
            state.messages[place].text = body["text"]?.stringValue ?? ""
            state.messages[place].blocks = body["blocks"]
            state.messages[place].metadata = body["metadata"]
            return ok([
                "channel": .string(channel), "ts": .string(state.messages[place].timestamp),
                "text": .string(state.messages[place].text),
                "message": state.messages[place].json,
            ])
        case (.GET, "/conversations.history"):
            return page(state.messages.filter { $0.thread == nil }.reversed(), received, state)
        case (.GET, "/conversations.replies"):
            let thread = received.query("ts").first
            let found = state.messages.filter { $0.thread == thread || $0.timestamp == thread }
            return found.isEmpty ? refused("thread_not_found") : page(found, received, state)
        default: return refused("unknown_method")
        }
    }

    private static func page(
        _ messages: [Message],
        _ received: LoopbackServer.Received,
        _ state: State
    ) -> LoopbackServer.Reply {
        guard received.query("channel") == [channel] else { return refused("channel_not_found") }
        let shown = received.query("include_all_metadata") == ["true"]
        let start = received.query("cursor").first.flatMap { Int($0) } ?? 0
        let end = min(messages.count, start + state.perPage)
        let list = messages[min(start, end)..<end].map { message in
            var message = message
            if !shown { message.metadata = nil }
            return message.json
        }
        var answer: [String: JSON] = [
            "messages": .array(list), "has_more": .bool(end < messages.count),
        ]
        if end < messages.count {
            answer["response_metadata"] = ["next_cursor": .string("\(end)")]
        }
        return ok(answer)
    }
}
