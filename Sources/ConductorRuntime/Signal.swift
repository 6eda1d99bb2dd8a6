import ConductorCore
import ConductorPorts

/// A wake-up that is never lost: news that come before anyone waits are kept, and coalesce.
actor Signal {
    private var isRaised = false
    private var waiter: CheckedContinuation<Void, Never>?

    /// Wakes whoever waits, now or next.
    func raise() {
        guard let waiter else {
            isRaised = true
            return
        }
        self.waiter = nil
        waiter.resume()
    }

    /// Returns when the signal was raised, or after `span`.
    ///
    /// One waiter at a time.
    func wait(atMost span: Span, on clock: any ConductorClock) async {
        if isRaised {
            isRaised = false
            return
        }
        let timer = Task {
            do {
                try await clock.sleep(for: span)
            } catch {
                return
            }
            raise()
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter = $0 }
        } onCancel: {
            Task { await self.raise() }
        }
        timer.cancel()
        isRaised = false
    }
}
