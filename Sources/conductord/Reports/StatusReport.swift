import ConductorCore

/// What `status` says: STOP, holds, and every track.
struct StatusReport: Sendable {
    /// STOP, by whom and since when; by the file in the state directory nobody is named.
    struct Stop: Sendable {
        var actor: String?
        var since: Instant?
        var reason: String?
    }

    /// The wall time of the journal's last tick; nil before the first.
    var at: Instant?
    var stop: Stop?
    /// The disk of the journal is full: only outcomes, holds, STOP and brakes are written.
    var isDiskFull = false
    /// The journal was restored, and not every action that was open is answered for.
    var isReconciling = false
    var holds: [ConductorCore.Hold]
    /// In order of tracks.
    var tracks: [TrackView]
    /// Retired tracks that are not shown.
    var hidden = 0

    var json: JSON {
        [
            "at": JSON(at),
            "stop": stop.map {
                ["actor": JSON($0.actor), "since": JSON($0.since), "reason": JSON($0.reason)]
            } ?? .null,
            "disk_full": .bool(isDiskFull),
            "reconciling": .bool(isReconciling),
            "holds": .array(holds.map(\.jsonWithScope)),
            "tracks": .array(tracks.map(json)),
        ]
    }

    private func json(of track: TrackView) -> JSON {
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

    private func json(of override: ConductorCore.Override) -> JSON {
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
    private func blocking(_ track: TrackView) -> [String] {
        track.wayOn?.blockedBy.map(\.name) ?? []
    }

    /// The widest first: while it stands, lifting a narrower one changes nothing.
    private func holds(over track: TrackID) -> [ConductorCore.Hold] {
        let levels = Scope.Level.allCases
        return levels.flatMap { level in
            holds.filter { $0.scope.level == level && $0.scope.contains(track) }
        }
    }

    private func work(of state: TrackState) -> [String] {
        switch state.phase {
        case .waiting, .finished: []
        case .entering(let progress):
            progress.intents.map { "\($0.intent.action): \($0.words)" }
        case .error(let fault): [fault.what, fault.remedy]
        }
    }

    // MARK: For people

    func text(on page: Page) -> String {
        var lines: [String] = []
        if let at {
            lines.append(page.paint("As of \(Words.moment(at, from: page.now))", .faint))
        } else {
            lines.append(page.paint("Nothing was decided yet.", .faint))
        }
        if let stop {
            var line = "STOP: nothing is started"
            if let actor = stop.actor { line += ", by \(actor)" }
            if let since = stop.since { line += ", since \(Words.moment(since, from: page.now))" }
            if let reason = stop.reason { line += ": \(reason)" }
            lines.append(page.paint("✖ \(line)", .bold, .red))
        }
        if isDiskFull {
            let line = "the journal's disk is full: only holds, STOP and brakes are written"
            lines.append(page.paint("✖ \(line)", .bold, .red))
        }
        if isReconciling {
            let line = "restored from a backup: open actions are probed before anything starts"
            lines.append(page.paint("‖ \(line)", .yellow))
        }
        for hold in holds {
            lines.append(page.paint("‖ hold on \(hold.scope), by \(hold.words(on: page))", .yellow))
        }
        guard !tracks.isEmpty else {
            let hint =
                hidden == 0
                ? "No tracks. 'conductord track add APP/PLATFORM/VERSION' adds one."
                : "No live tracks; --all shows \(hidden) that retired."
            return (lines + [hint]).joined(separator: "\n")
        }
        var table = Table("TRACK", "LIGHT", "STAGE", "PHASE", "SINCE", "NEXT", "WAITS FOR")
        table.rows = tracks.map { row($0, on: page) }
        return (lines + ["", table.text(on: page)]).joined(separator: "\n")
    }

    private func row(_ track: TrackView, on page: Page) -> [Cell] {
        let state = track.state
        let isHeld = !holds(over: state.track).isEmpty
        return [
            Cell(state.track.description, .bold),
            track.light.cell,
            Cell(state.stage ?? "not placed"),
            phase(of: state, isHeld: isHeld, isShadowed: track.isShadowed),
            Cell(at.map { Words.length($0 - state.since.wall) } ?? ""),
            Cell(state.retired ? "" : track.wayOn?.to ?? "", .cyan),
            Cell(waits(track)),
        ]
    }

    private func phase(of state: TrackState, isHeld: Bool, isShadowed: Bool) -> Cell {
        if state.retired { return Cell("retired", .faint) }
        switch state.phase {
        case .waiting:
            if isHeld { return Cell("held", .yellow) }
            return isShadowed ? Cell("shadow", .faint) : Cell("waiting")
        case .entering(let progress): return Cell("→ \(progress.to)", .cyan)
        case .error: return Cell("error", .bold, .red)
        case .finished: return Cell("finished", .faint)
        }
    }

    private func waits(_ track: TrackView) -> String {
        switch track.state.phase {
        case .error(let fault): return "\(fault.what): \(fault.remedy)"
        case .entering: return work(of: track.state).joined(separator: ", ")
        case .waiting, .finished: break
        }
        var text = blocking(track).joined(separator: ", ")
        if let drift = track.decision?.drift {
            text += (text.isEmpty ? "" : "; ") + "reality shows \(drift)"
        }
        for override in track.state.overrides {
            text += (text.isEmpty ? "" : "; ") + "\(override.condition) overridden"
        }
        for alert in track.decision?.alerts ?? [] { text += (text.isEmpty ? "" : "; ") + alert }
        if let earliest = track.wayOn?.earliest {
            text += text.isEmpty ? "" : "; "
            text += "earliest \(Words.clock(earliest))"
            if let at { text += " (\(Words.relative(earliest, to: at)))" }
        }
        return text
    }
}
