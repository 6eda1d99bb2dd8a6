import ConductorCore
import Synchronization

/// How fast one credential asks one backend, and who goes first.
///
/// Three things bound it: our own bucket, what the backend says is left, and a pause that it asks for.
/// Polls leave a reserve to actions; a brake waits for nothing.
final class Pace: Sendable {
    /// What a backend allows, by its documentation; its adapter says it.
    struct Limits: Sendable, Hashable {
        /// Requests that may go at once.
        var burst: Int
        var perSecond: Double
        /// The share of bucket and budget that polls leave alone.
        var reserve = 0.2
        /// The least distance of two writes.
        var writeGap = Span.zero
    }

    enum Urgency: Sendable, Hashable {
        case poll
        case action
        case brake
    }

    /// What the backend says is left of a budget that begins anew at some time.
    struct Budget: Sendable, Hashable {
        var limit: Int
        var remaining: Int
        var renewsIn: Span
    }

    enum Admission: Sendable, Hashable {
        case now
        /// Our own bucket: it fills soon.
        case soon(Span)
        /// The backend's word: nothing is asked until then.
        case later(Span)
    }

    private struct State {
        var tokens: Double
        var filled: ContinuousClock.Instant
        var pausedUntil: ContinuousClock.Instant?
        var budget: (limit: Int, remaining: Int, renews: ContinuousClock.Instant)?
        var lastWrite: ContinuousClock.Instant?
    }

    private let limits: Limits
    private let state: Mutex<State>

    init(_ limits: Limits, now: ContinuousClock.Instant = AdapterTime.monotonic()) {
        self.limits = limits
        state = Mutex(State(tokens: Double(limits.burst), filled: now))
    }

    private static let all = Mutex<[String: Pace]>([:])

    /// The one pace of an account; it outlives a reload of the settings.
    static func of(_ account: String, _ limits: Limits) -> Pace {
        all.withLock { all in
            if let pace = all[account], pace.limits == limits { return pace }
            if all.count >= AdapterLimits.accounts { all.removeAll() }
            let pace = Pace(limits)
            all[account] = pace
            return pace
        }
    }

    /// Whether a request may go now; if so, it is counted.
    func admit(
        _ urgency: Urgency,
        isWrite: Bool = false,
        now: ContinuousClock.Instant = AdapterTime.monotonic()
    ) -> Admission {
        state.withLock { state in
            let elapsed = max(0, (now - state.filled) / .seconds(1))
            state.tokens = min(Double(limits.burst), state.tokens + elapsed * limits.perSecond)
            state.filled = now
            let reserve: Double
            switch urgency {
            case .brake:
                take(isWrite, now, &state)
                return .now
            case .action: reserve = 0
            case .poll: reserve = limits.reserve
            }
            if let until = state.pausedUntil, until > now { return .later(Self.span(until - now)) }
            if let budget = state.budget, budget.renews > now,
                Double(budget.remaining) <= Double(budget.limit) * reserve
            {
                return .later(Self.span(budget.renews - now))
            }
            let missing = 1 + reserve * Double(limits.burst) - state.tokens
            var wait = Duration.seconds(max(0, missing / limits.perSecond))
            if isWrite, let last = state.lastWrite {
                wait = max(wait, .milliseconds(limits.writeGap.milliseconds) - (now - last))
            }
            guard wait <= .zero else { return .soon(Self.span(wait)) }
            take(isWrite, now, &state)
            return .now
        }
    }

    private func take(_ isWrite: Bool, _ now: ContinuousClock.Instant, _ state: inout State) {
        state.tokens = max(0, state.tokens - 1)
        state.budget?.remaining -= 1
        if isWrite { state.lastWrite = now }
    }

    /// The backend asks to wait.
    func pause(_ span: Span, now: ContinuousClock.Instant = AdapterTime.monotonic()) {
        let span = min(span, AdapterLimits.longestRetryAfter)
        state.withLock { state in
            let until = now + .milliseconds(span.milliseconds)
            state.pausedUntil = max(until, state.pausedUntil ?? until)
        }
    }

    /// The backend says what is left.
    func note(_ budget: Budget, now: ContinuousClock.Instant = AdapterTime.monotonic()) {
        let span = min(budget.renewsIn, AdapterLimits.longestRetryAfter)
        state.withLock { state in
            state.budget = (
                budget.limit, budget.remaining, now + .milliseconds(span.milliseconds)
            )
        }
    }

    private static func span(_ duration: Duration) -> Span {
        Span(milliseconds: max(1, Int64((duration / .milliseconds(1)).rounded(.up))))
    }
}
