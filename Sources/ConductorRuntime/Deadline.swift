import ConductorCore
import ConductorPorts

/// Runs an operation with a deadline that holds even where the operation ignores cancellation.
///
/// At the deadline the operation's task is cancelled and left to itself; what it still brings is
/// dropped.
func within<Value: Sendable>(
    _ deadline: Span,
    on clock: any ConductorClock,
    otherwise: Value,
    _ operation: @escaping @Sendable () async -> Value
) async -> Value {
    let race = Race<Value>()
    let work = Task { await race.finish(await operation()) }
    let timer = Task {
        do {
            try await clock.sleep(for: deadline)
        } catch {
            return
        }
        await race.finish(otherwise)
    }
    let value = await withTaskCancellationHandler {
        await race.value
    } onCancel: {
        work.cancel()
    }
    work.cancel()
    timer.cancel()
    return value
}

/// The first value that arrives.
private actor Race<Value: Sendable> {
    private var winner: Value?
    private var waiter: CheckedContinuation<Value, Never>?

    func finish(_ value: Value) {
        guard winner == nil else { return }
        winner = value
        waiter?.resume(returning: value)
        waiter = nil
    }

    var value: Value {
        get async {
            if let winner { return winner }
            return await withCheckedContinuation { waiter = $0 }
        }
    }
}
