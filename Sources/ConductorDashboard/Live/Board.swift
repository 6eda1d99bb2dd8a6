import ConductorCore
import ConductorPorts
import Synchronization

/// The newest view, and what was rendered of it: once, for all who ask.
final class Board: Sendable {
    /// A view, and the rows of its tracks.
    struct Shown: Sendable {
        var view: FleetView
        var rows: [TrackID: HTML]
        /// When it came, on the monotonic clock.
        var since: Int64
        /// The panel over all tracks.
        var panel: HTML
    }

    private struct State {
        var shown: Shown?
        /// Rendered answers of this view, by what was asked.
        var kept: [String: Answer] = [:]
        /// Counts views, so that nothing of an older one is kept for a newer one.
        var generation = 0
    }

    private let state = Mutex(State())
    private let clock: any ConductorClock
    private let limits: DashboardLimits
    let streams: EventStreams

    init(clock: any ConductorClock, limits: DashboardLimits) {
        self.clock = clock
        self.limits = limits
        streams = EventStreams(limits: limits)
    }

    /// The newest view; nil before the first.
    var shown: Shown? { state.withLock(\.shown) }

    /// Whether the newest view is so old that the conductor does not decide any more.
    func isLate(_ shown: Shown) -> Bool {
        let most = shown.view.interval * limits.lateIntervals + limits.lateGrace
        return clock.monotonic() - shown.since > most.milliseconds
    }

    /// Takes the next view, and tells who listens what has changed.
    func publish(_ view: FleetView) {
        var rows: [TrackID: HTML] = [:]
        for track in view.status.tracks {
            rows[track.state.track] = TrackRow(track: track, status: view.status).html
        }
        let shown = Shown(
            view: view,
            rows: rows,
            since: clock.monotonic(),
            panel: FleetPanel(view: view).html
        )
        let before = state.withLock { state in
            defer {
                state.shown = shown
                state.kept = [:]
                state.generation += 1
            }
            return state.shown
        }
        guard let before else { return streams.begin(at: view.tick) }
        if let event = Self.change(from: before, to: shown) { streams.send(event) }
    }

    private static func change(from before: Shown, to after: Shown) -> StreamEvent? {
        let changed = after.view.status.tracks.filter {
            before.rows[$0.state.track] != after.rows[$0.state.track]
        }
        let removed = before.view.status.tracks.map(\.state.track).filter { after.rows[$0] == nil }
        guard !changed.isEmpty || !removed.isEmpty || before.panel != after.panel else {
            return nil
        }
        return StreamEvent(
            id: after.view.tick,
            name: "change",
            data: [
                "tick": JSON(after.view.tick), "at": JSON(after.view.status.at), "late": false,
                "tracks": .array(
                    changed.map { track in
                        [
                            "track": .string(track.state.track.description),
                            "stage": JSON(track.state.stage),
                            "phase": .string(track.state.phase.name),
                            "light": .string(track.light.rawValue),
                        ]
                    }
                ),
                "removed": JSON(removed.map(\.description)),
                "stop": .bool(after.view.status.stop != nil),
            ]
        )
    }

    /// A sign of life.
    func beat() {
        guard let shown else { return }
        streams.send(
            StreamEvent(
                id: shown.view.tick,
                name: "beat",
                data: [
                    "tick": JSON(shown.view.tick), "at": JSON(shown.view.status.at),
                    "late": .bool(isLate(shown)),
                ],
                isKept: false
            )
        )
    }

    /// An answer that is rendered once for each view.
    ///
    /// - Parameters:
    ///   - name: what is asked, with all that the answer depends on beside the view.
    ///   - make: renders it.
    /// - Returns: the answer; nil before the first view.
    /// - Throws: what `make` throws.
    func kept<Failure: Error>(
        _ name: String,
        _ make: (Shown) async throws(Failure) -> Answer
    ) async throws(Failure) -> Answer? {
        let (found, shown, generation) = state.withLock {
            ($0.kept[name], $0.shown, $0.generation)
        }
        guard let shown else { return nil }
        if let found { return found }
        let answer = try await make(shown)
        state.withLock { state in
            guard state.generation == generation else { return }
            if state.kept.count >= limits.keptAnswers { state.kept = [:] }
            state.kept[name] = answer
        }
        return answer
    }
}
