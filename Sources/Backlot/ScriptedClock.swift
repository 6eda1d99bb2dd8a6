package import ConductorCore
import ConductorPorts
import Synchronization

/// A clock that stands still until it is moved.
///
/// Wall and monotonic time move together, so nobody ever sees a clock that was set.
package final class ScriptedClock: ConductorClock {
    private struct State {
        var now: Instant
        var nextSleeper = 0
        var sleepers: [Int: Sleeper] = [:]
    }

    private struct Sleeper {
        var until: Instant
        var continuation: CheckedContinuation<Void, any Error>
    }

    private let start: Instant
    private let state: Mutex<State>

    package init(at start: Instant) {
        self.start = start
        state = Mutex(State(now: start))
    }

    package func wall() -> Instant { state.withLock { $0.now } }

    package func monotonic() -> Int64 { (wall() - start).milliseconds }

    package func sleep(for span: Span) async throws {
        guard span > .zero else { return try Task.checkCancellation() }
        let id = state.withLock { state in
            state.nextSleeper += 1
            return state.nextSleeper
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                // The handler below finds the sleeper, or the task is seen to be cancelled here.
                let isCancelled = state.withLock { state in
                    if Task.isCancelled { return true }
                    let until = state.now + span
                    state.sleepers[id] = Sleeper(until: until, continuation: continuation)
                    return false
                }
                if isCancelled { continuation.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            let sleeper = state.withLock { $0.sleepers.removeValue(forKey: id) }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Moves on to `instant` and wakes who slept until then.
    ///
    /// It never runs backwards.
    package func move(to instant: Instant) {
        let woken = state.withLock { state in
            state.now = max(state.now, instant)
            let due = state.sleepers.filter { $0.value.until <= state.now }
            for id in due.keys { state.sleepers[id] = nil }
            return due.sorted { ($0.value.until, $0.key) < ($1.value.until, $1.key) }
        }
        for (_, sleeper) in woken { sleeper.continuation.resume() }
    }

    /// Moves on by `span`.
    package func move(by span: Span) { move(to: wall() + span) }

    /// How many tasks sleep on this clock.
    package var sleepers: Int { state.withLock { $0.sleepers.count } }
}
