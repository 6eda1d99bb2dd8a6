package import ConductorCore

/// Time as the runtime sees it; scripted in tests and in the demo.
package protocol ConductorClock: Sendable {
    /// The wall clock.
    func wall() -> Instant
    /// A monotonic clock in milliseconds from an arbitrary start.
    func monotonic() -> Int64
    /// Returns after `span`, or throws `CancellationError`.
    func sleep(for span: Span) async throws
}
