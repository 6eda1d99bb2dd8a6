import ConductorCore
package import ConductorPorts

/// The time that adapters go by: when tokens end, how fast may be asked, how far back is looked.
///
/// It is the machine's, unless whoever calls an adapter says another: a simulation in which a fortnight
/// passes in seconds. Deadlines of requests are real time in any case.
package enum AdapterTime {
    @TaskLocal package static var clock: (any ConductorClock)?

    /// The wall clock.
    static func now() -> Instant { clock?.wall() ?? Posix.now() }

    private static let start = ContinuousClock.now

    /// The monotonic clock.
    static func monotonic() -> ContinuousClock.Instant {
        clock.map { start + .milliseconds($0.monotonic()) } ?? .now
    }

    /// Returns after `span`.
    static func sleep(for span: Span) async throws {
        guard let clock else { return try await Task.sleep(for: .milliseconds(span.milliseconds)) }
        try await clock.sleep(for: span)
    }
}
