package import ConductorCore
import ConductorPorts
import Synchronization

/// A clock that a test moves by hand.
///
/// Sleepers wake when their time has come.
package final class ManualClock: ConductorClock {
    private struct Sleeper {
        var due: Int64
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var wall: Instant
        var monotonic: Int64 = 0
        var sleepers: [Int: Sleeper] = [:]
        var cancelled: Set<Int> = []
        var next = 0
    }

    private let state: Mutex<State>

    package init(wall: Instant) { state = Mutex(State(wall: wall)) }

    package func wall() -> Instant { state.withLock { $0.wall } }
    package func monotonic() -> Int64 { state.withLock { $0.monotonic } }

    /// Moves both clocks on, and wakes whoever is due, in order.
    package func advance(by span: Span) {
        let due = state.withLock { state in
            state.wall = state.wall + span
            state.monotonic += span.milliseconds
            let due = state.sleepers.filter { $0.value.due <= state.monotonic }
                .sorted { ($0.value.due, $0.key) < ($1.value.due, $1.key) }
            for sleeper in due { state.sleepers[sleeper.key] = nil }
            return due.map(\.value.continuation)
        }
        for continuation in due { continuation.resume() }
    }

    /// When the next sleeper is due, on the monotonic clock.
    package var nextWake: Int64? {
        state.withLock { state in state.sleepers.values.map(\.due).min() }
    }

    /// Wakes everybody at once, as a cancellation does.
    package func wakeAll() {
        let sleepers = state.withLock { state in
            let sleepers = state.sleepers.sorted { $0.key < $1.key }
            state.sleepers = [:]
            return sleepers.map(\.value.continuation)
        }
        for continuation in sleepers { continuation.resume(throwing: CancellationError()) }
    }

    /// Sets the wall clock alone, as an operator or NTP does.
    package func setWall(_ wall: Instant) { state.withLock { $0.wall = wall } }

    package func sleep(for span: Span) async throws {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.cancelled.remove(id) != nil { return true }
                    state.sleepers[id] = Sleeper(
                        due: state.monotonic + span.milliseconds,
                        continuation: continuation
                    )
                    return false
                }
                if isOver { continuation.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                let sleeper = state.sleepers.removeValue(forKey: id)
                if sleeper == nil { state.cancelled.insert(id) }
                return sleeper
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }
}
