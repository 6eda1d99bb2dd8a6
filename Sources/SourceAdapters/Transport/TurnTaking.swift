import ConductorCore
import Synchronization

/// One at a time for each key: who comes while somebody is at it waits, and may be called away.
///
/// Twenty polls of one account that begin at once need one token, and not twenty.
final class TurnTaking: Sendable {
    private struct Queue {
        var waiting: [(id: Int, continuation: CheckedContinuation<Void, any Error>)] = []
    }

    private struct State {
        /// Keys that somebody is at.
        var queues: [String: Queue] = [:]
        var nextID = 0
    }

    private let state = Mutex(State())

    /// The purchases of tokens, by account.
    static let tokens = TurnTaking()

    /// Does `body` when nobody else of this key is at it, if that comes before the deadline.
    ///
    /// - Throws: what `body` throws; `CancellationError` where the caller was called away while waiting.
    func turn<Result: Sendable>(
        of key: String,
        until deadline: ContinuousClock.Instant,
        _ body: () async throws -> Result
    ) async throws -> Result {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        let timer = Task {
            try await Task.sleep(until: deadline, clock: .continuous)
            callAway(id, from: key)
        }
        defer { timer.cancel() }
        try await take(key, id)
        defer { leave(key) }
        return try await body()
    }

    private func take(_ key: String, _ id: Int) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                // The handler below finds who waits, or the task is seen to be cancelled here.
                let answer: Result<Void, any Error>? = state.withLock { state in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    guard state.queues[key] != nil else {
                        state.queues[key] = Queue()
                        return .success(())
                    }
                    state.queues[key]?.waiting.append((id, continuation))
                    return nil
                }
                if let answer { continuation.resume(with: answer) }
            }
        } onCancel: {
            callAway(id, from: key)
        }
    }

    /// Who waits does so no longer; whose turn has come already keeps it.
    private func callAway(_ id: Int, from key: String) {
        let waiting = state.withLock { state in
            let place = state.queues[key]?.waiting.firstIndex { $0.id == id }
            return place.flatMap { state.queues[key]?.waiting.remove(at: $0).continuation }
        }
        waiting?.resume(throwing: CancellationError())
    }

    /// The next one's turn.
    private func leave(_ key: String) {
        let next = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            guard let first = state.queues[key]?.waiting.first else {
                state.queues[key] = nil
                return nil
            }
            state.queues[key]?.waiting.removeFirst()
            return first.continuation
        }
        next?.resume()
    }
}
