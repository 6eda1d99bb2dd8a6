import ConductorCore
import ConductorPorts
// Its headers are the ones that the compiler takes `timespec` from.
import CoreFoundation
import Glibc

/// The machine's clocks.
///
/// The monotonic one goes on while the machine is suspended.
struct SystemClock: ConductorClock {
    func wall() -> Instant { Instant(milliseconds: Self.read(CLOCK_REALTIME)) }
    func monotonic() -> Int64 { Self.read(CLOCK_BOOTTIME) }

    func sleep(for span: Span) async throws {
        try await Task.sleep(for: .milliseconds(span.milliseconds), clock: .continuous)
    }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        let status = unsafe clock_gettime(clock, &time)
        precondition(status == 0, "The system has the clocks that Linux always has.")
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
