/// What is shown of all tracks after a tick: one value, published as a whole.
///
/// Whoever shows it asks no source and reads no journal.
package struct FleetView: Sendable {
    /// The number of the tick that it shows; 0 before the first.
    package var tick: Int
    /// What `status` says, with the explanation of every track.
    package var status: StatusReport
    /// Every source at every scope that live tracks need, in order.
    package var sources: [SourceView]
    /// The longest pause between two rounds: a view that is older than a few of these is no news.
    package var interval: Span
    /// Why the journal cannot be written, while it cannot.
    package var fault: String?

    package init(tick: Int, status: StatusReport, sources: [SourceView], interval: Span) {
        self.tick = tick
        self.status = status
        self.sources = sources
        self.interval = interval
    }

    /// Looks at all that is known after the last tick.
    ///
    /// - Parameters:
    ///   - world: what is known.
    ///   - polls: what live tracks need to be asked, in order, each with its interval.
    ///   - interval: the longest pause between two rounds.
    package init(
        of world: World,
        polls: [(source: String, scope: Scope, every: Span)] = [],
        interval: Span
    ) {
        let tick = world.lastTick
        let now = tick?.at.wall
        var tracks: [TrackView] = []
        var hidden = 0
        var thresholds: [String: [String: [Threshold]]] = [:]
        for track in world.states.keys.sorted() {
            guard let state = world.states[track] else { continue }
            guard StatusReport.isShown(state, at: now) else {
                hidden += 1
                continue
            }
            var view = TrackView(state: state, decision: world.decision(on: track))
            if let machine = world.machines[state.machine] {
                view.machine = machine.machine
                if thresholds[machine.digest] == nil {
                    thresholds[machine.digest] = machine.thresholds
                }
                view.thresholds = thresholds[machine.digest] ?? [:]
            }
            view.isShadowed = tick?.shadow.contains(track.app) == true
            if let tick { view.explanation = world.explain(track, in: tick) }
            tracks.append(view)
        }
        self.init(
            tick: tick?.number ?? 0,
            status: StatusReport(
                at: now,
                stop: .standing(world.fleet, file: tick?.stopFile == true),
                isDiskFull: world.low,
                isReconciling: world.isReconciling,
                holds: world.fleet.holds,
                tracks: tracks,
                hidden: hidden
            ),
            sources: polls.map { poll in
                SourceView(
                    name: poll.source,
                    scope: poll.scope,
                    every: poll.every,
                    reading: world.readings[poll.source]?[poll.scope] ?? Reading(),
                    at: now
                )
            },
            interval: interval
        )
    }

    /// The view of one track; nil where it is not shown.
    package func track(_ track: TrackID) -> TrackView? {
        status.tracks.first { $0.state.track == track }
    }
}

/// How a source fares at one scope.
package struct SourceView: Sendable {
    package var name: String
    package var scope: Scope
    package var every: Span
    package var fetched: Instant?
    /// The newest failure, if no poll has succeeded since.
    package var failure: PollFailure?
    package var message: String?
    package var failedAt: Instant?
    /// It was last answered so long ago that what it said counts no more where nothing else is said.
    package var isStale: Bool
    /// Numbers and texts of the last good answer, by the fact's whole path, in order.
    package var facts: [(path: String, value: JSON)]

    /// After this many intervals a fact that says nothing else is stale.
    private static let intervals: Int64 = 3

    package init(name: String, scope: Scope, every: Span, reading: Reading, at now: Instant?) {
        self.name = name
        self.scope = scope
        self.every = every
        fetched = reading.good?.fetched.wall
        failure = reading.failed?.failure
        message = reading.failed?.message
        failedAt = reading.failed?.at.wall
        isStale =
            if let fetched, let now { now - fetched > every * Self.intervals } else { false }
        facts = (reading.good?.observation.facts ?? [:])
            .map { ("\(name).\($0.key)", $0.value.value) }
            .sorted { $0.0.precedes($1.0) }
    }

    /// Answered, and lately.
    package var isFine: Bool { fetched != nil && failure == nil && !isStale }

    /// The source's part of the document of the daemon's health.
    package var json: JSON {
        [
            "source": .string(name), "scope": .string(scope.description),
            "every_seconds": JSON(seconds: every), "fetched_at": JSON(fetched),
            "stale": .bool(isStale), "failure": JSON(failure?.rawValue),
            "message": JSON(message), "failed_at": JSON(failedAt),
        ]
    }
}
