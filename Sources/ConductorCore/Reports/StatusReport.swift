/// What `status` says: STOP, holds, and every track.
package struct StatusReport: Sendable {
    /// STOP, by whom and since when; by the file in the state directory nobody is named.
    package struct Stop: Sendable {
        package var actor: String?
        package var since: Instant?
        package var reason: String?

        package init(actor: String? = nil, since: Instant? = nil, reason: String? = nil) {
            self.actor = actor
            self.since = since
            self.reason = reason
        }

        /// What STOP says: all that is known of it, or that the file in the state directory does.
        package static func standing(_ fleet: FleetState, file: Bool) -> Stop? {
            if let stop = fleet.stop {
                return Stop(actor: stop.actor, since: stop.since, reason: stop.reason)
            }
            return file ? Stop(reason: "the file STOP is in the state directory") : nil
        }
    }

    /// The wall time of the journal's last tick; nil before the first.
    package var at: Instant?
    package var stop: Stop?
    /// The disk of the journal is full: only outcomes, holds, STOP and brakes are written.
    package var isDiskFull = false
    /// The journal was restored, and not every action that was open is answered for.
    package var isReconciling = false
    package var holds: [Hold]
    /// In order of tracks.
    package var tracks: [TrackView]
    /// Retired tracks that are not shown.
    package var hidden = 0

    package init(
        at: Instant?,
        stop: Stop?,
        isDiskFull: Bool = false,
        isReconciling: Bool = false,
        holds: [Hold],
        tracks: [TrackView],
        hidden: Int = 0
    ) {
        self.at = at
        self.stop = stop
        self.isDiskFull = isDiskFull
        self.isReconciling = isReconciling
        self.holds = holds
        self.tracks = tracks
        self.hidden = hidden
    }

    /// How long a track that has retired is still shown.
    private static let recently = Span.days(30)

    /// Whether a track is shown where all are: it is live, or it retired not long ago.
    package static func isShown(_ state: TrackState, at now: Instant?) -> Bool {
        !state.retired || (now.map { $0 - state.since.wall <= recently } ?? true)
    }

    /// The document of `status --json`.
    package var json: JSON {
        [
            "at": JSON(at),
            "stop": stop.map {
                ["actor": JSON($0.actor), "since": JSON($0.since), "reason": JSON($0.reason)]
            } ?? .null,
            "disk_full": .bool(isDiskFull),
            "reconciling": .bool(isReconciling),
            "holds": .array(holds.map(\.jsonWithScope)),
            "tracks": .array(tracks.map { json(of: $0) }),
        ]
    }

    /// One track of the document.
    package func json(of track: TrackView) -> JSON {
        let state = track.state
        let holds = holds(over: state.track)
        return [
            "track": .string(state.track.description),
            "stage": JSON(state.stage),
            "phase": .string(state.phase.name),
            "light": .string(track.light.rawValue),
            "since": JSON(state.since.wall),
            "step": JSON(state.step),
            "revision": JSON(state.revision),
            "retired": .bool(state.retired),
            "hold": holds.first?.jsonWithScope ?? .null,
            "candidate": state.candidate?.json ?? .null,
            "blocking": JSON(blocking(track)),
            "work": JSON(work(of: state)),
            "alerts": JSON(track.decision?.alerts ?? []),
            "drift": JSON(track.decision?.drift),
            "shadow": .bool(track.isShadowed),
            "overrides": .array(state.overrides.map(json)),
            "approvals": .array(state.approvals.map(json)),
            "disarmed": JSON(state.disarmed),
            "next": .array(
                (track.decision?.transitions ?? []).map { candidate in
                    [
                        "name": .string(candidate.name),
                        "to": .string(candidate.to),
                        "manual": .bool(candidate.manual),
                        "direction": .string(candidate.direction.rawValue),
                        "blocked_by": JSON(candidate.blockedBy.map(\.name)),
                        "earliest": JSON(candidate.earliest),
                    ]
                }
            ),
        ]
    }

    private func json(of override: Override) -> JSON {
        [
            "condition": .string(override.condition),
            "candidate": override.candidate?.json ?? .null,
            "actor": .string(override.actor),
            "reason": .string(override.reason),
            "since": JSON(override.since.wall),
            "until": JSON(override.until.wall),
        ]
    }

    private func json(of approval: Approval) -> JSON {
        [
            "transition": .string(approval.transition),
            "candidate": approval.candidate?.json ?? .null,
            "actor": .string(approval.actor),
            "at": JSON(approval.at),
        ]
    }

    /// What the way on still lacks.
    package func blocking(_ track: TrackView) -> [String] {
        track.wayOn?.blockedBy.map(\.name) ?? []
    }

    /// The widest first: while it stands, lifting a narrower one changes nothing.
    package func holds(over track: TrackID) -> [Hold] {
        let levels = Scope.Level.allCases
        return levels.flatMap { level in
            holds.filter { $0.scope.level == level && $0.scope.contains(track) }
        }
    }

    /// What an entering track does, or what is wrong and what to do.
    package func work(of state: TrackState) -> [String] {
        switch state.phase {
        case .waiting, .finished: []
        case .entering(let progress):
            progress.intents.map { "\($0.intent.action): \($0.words)" }
        case .error(let fault): [fault.what, fault.remedy]
        }
    }
}
