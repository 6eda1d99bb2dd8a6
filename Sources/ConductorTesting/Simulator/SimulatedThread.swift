import SimulationKernel
import Synchronization

/// Runs every task of a simulation on the calling thread, in one order.
///
/// Nothing of a simulation waits for anything outside it, so that when no task can go on, all wait
/// for the scripted clock: the simulation has settled.
package enum SimulatedThread {
    /// Keeps the tasks that begin within `body` on this thread.
    package static func hold<Value>(_ body: () throws -> Value) rethrows -> Value {
        sim_thread_enter()
        defer { sim_thread_leave() }
        return try body()
    }

    /// Runs tasks until none can go on; false if they went on for ever.
    package static func settle() -> Bool {
        var left = 3_000_000
        while sim_thread_step() {
            left -= 1
            guard left > 0 else { return false }
        }
        return true
    }

    /// Runs an operation that waits for no clock.
    static func run<Value: Sendable>(
        _ operation: @escaping @Sendable () async -> Value
    ) -> Value? {
        let answer = Answer<Value>()
        Task { answer.set(await operation()) }
        guard settle() else { return nil }
        return answer.value.withLock { $0 }
    }

    private final class Answer<Value: Sendable>: Sendable {
        let value = Mutex<Value?>(nil)
        func set(_ new: Value) { value.withLock { $0 = new } }
    }
}
