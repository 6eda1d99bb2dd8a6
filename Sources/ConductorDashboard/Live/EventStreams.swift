import ConductorCore
import HTTPTypes
import Synchronization

/// Something that has changed, as whoever listens is told.
struct StreamEvent: Sendable, Equatable {
    /// The tick that it belongs to; what comes later has a greater one.
    var id: Int
    var name: String
    var data: JSON
    /// Whether it is kept for those who come back; a sign of life is not.
    var isKept = true

    /// As server-sent events are written.
    var text: String {
        (isKept ? "id: \(id)\n" : "") + "event: \(name)\ndata: \(data)\n\n"
    }
}

extension StreamEvent {
    /// What of it is for somebody: the tracks of their apps.
    func part(for grant: AccessGrant) -> StreamEvent {
        guard !grant.isUnlimited, name == "change" else { return self }
        func isTheirs(_ name: JSON?) -> Bool {
            name?.stringValue.flatMap(TrackID.init).map { grant.covers(app: $0.app) } ?? false
        }
        var part = self
        part.data.set(
            "tracks",
            .array((data["tracks"]?.arrayValue ?? []).filter { isTheirs($0["track"]) })
        )
        part.data.set("removed", .array((data["removed"]?.arrayValue ?? []).filter(isTheirs)))
        return part
    }
}

/// Who listens, and what they may have missed.
final class EventStreams: Sendable {
    private typealias Continuation = AsyncStream<StreamEvent>.Continuation

    private struct State {
        var listeners: [Int: (name: String, grant: AccessGrant, continuation: Continuation)] = [:]
        var next = 0
        var kept: [StreamEvent] = []
        /// Everything after this id is in `kept`.
        var keptFrom: Int?
        var isClosed = false
    }

    private let state = Mutex(State())
    private let limits: DashboardLimits

    init(limits: DashboardLimits) { self.limits = limits }

    /// How many listen.
    var count: Int { state.withLock { $0.listeners.count } }

    /// From here on all is kept: nothing before this id is known.
    func begin(at id: Int) { state.withLock { if $0.keptFrom == nil { $0.keptFrom = id } } }

    /// Tells all who listen, and keeps it for those who come back.
    ///
    /// Who lags too far behind is let go: their browser comes back, and says what it had last.
    func send(_ event: StreamEvent) {
        let late = state.withLock { state in
            if event.isKept {
                state.kept.append(event)
                if state.kept.count > limits.keptEvents {
                    state.keptFrom = state.kept.removeFirst().id
                }
            }
            var late: [Continuation] = []
            for (id, listener) in state.listeners {
                if case .dropped = listener.continuation.yield(event.part(for: listener.grant)) {
                    late.append(listener.continuation)
                    state.listeners[id] = nil
                }
            }
            return late
        }
        for continuation in late { continuation.finish() }
    }

    /// One who listens: what was missed since an id, and what comes.
    ///
    /// - Parameters:
    ///   - name: who asks, or their address.
    ///   - grant: what they may hear of.
    ///   - last: the id of the last event that was received, where the browser says it.
    ///   - current: the id of what is shown now.
    /// - Returns: events, the first of which is `reset` where it is not known what was missed.
    /// - Throws: `Problem` when too many listen.
    func listen(
        from name: String,
        grant: AccessGrant,
        after last: Int?,
        current: Int
    ) throws(Problem) -> (stream: AsyncStream<StreamEvent>, leave: @Sendable () -> Void) {
        let (stream, continuation) = AsyncStream.makeStream(
            of: StreamEvent.self,
            bufferingPolicy: .bufferingOldest(limits.streamBacklog + limits.keptEvents)
        )
        let refusal: Problem? = state.withLock { state in
            if state.isClosed { return Problem(.serviceUnavailable, "the daemon is ending") }
            let retry = [(name: HTTPField.Name.retryAfter, value: "30")]
            guard state.listeners.count < limits.streams else {
                return Problem(
                    .serviceUnavailable,
                    "\(limits.streams) event streams are open already",
                    fields: retry
                )
            }
            let own = state.listeners.values.count { $0.name == name }
            guard own < limits.streamsPerCaller else {
                return Problem(
                    .tooManyRequests,
                    "\(limits.streamsPerCaller) event streams of \(name) are open already",
                    fields: retry
                )
            }
            if let last {
                let isKnown =
                    last <= current && (state.keptFrom.map { last >= $0 } ?? (last == current))
                if isKnown {
                    for event in state.kept where event.id > last {
                        continuation.yield(event.part(for: grant))
                    }
                } else {
                    continuation.yield(Self.reset(at: current))
                }
            } else {
                continuation.yield(
                    StreamEvent(id: current, name: "hello", data: ["tick": JSON(current)])
                )
            }
            state.listeners[state.next] = (name, grant, continuation)
            let id = state.next
            continuation.onTermination = { [weak self] _ in self?.leave(id) }
            state.next += 1
            return nil
        }
        if let refusal { throw refusal }
        return (stream, { continuation.finish() })
    }

    private static func reset(at current: Int) -> StreamEvent {
        StreamEvent(id: current, name: "reset", data: ["tick": JSON(current)])
    }

    private func leave(_ id: Int) { state.withLock { $0.listeners[id] = nil } }

    /// Ends all streams, for good.
    func close() {
        let all = state.withLock { state in
            state.isClosed = true
            defer { state.listeners = [:] }
            return state.listeners.values.map(\.continuation)
        }
        for continuation in all { continuation.finish() }
    }
}
