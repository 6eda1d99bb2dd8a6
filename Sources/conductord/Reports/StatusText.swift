import ConductorCore

extension StatusReport {
    /// The report for people.
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
