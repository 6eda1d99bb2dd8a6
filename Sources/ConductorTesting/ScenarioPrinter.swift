import ConductorCore

/// What a round brought, in lines that can be read aloud.
struct ScenarioPrinter {
    private var verdicts: [TrackID: [String: String]] = [:]
    private var ways: [TrackID: [String: String]] = [:]
    private var last: [TrackID: String] = [:]
    private var wakes: [TrackID: String] = [:]

    mutating func lines(of round: Rehearsal.Round, in rehearsal: Rehearsal) -> [String] {
        var lines: [String] = []
        let recorded = round.entries.reduce(into: Set<TrackID>()) { tracks, entry in
            if case .decision(let record) = entry { tracks.insert(record.track) }
        }
        for (track, turn) in round.turns where recorded.contains(track) {
            lines += self.lines(of: turn, track, round, rehearsal.now)
        }
        for effect in round.started {
            switch effect {
            case .perform(let intent, let attempt):
                lines.append("    performs \(intent.key), attempt \(attempt)")
            case .probe(let intent, let number):
                lines.append("    probes \(intent.key), number \(number)")
            }
        }
        return lines
    }

    private mutating func lines(
        of turn: Turn,
        _ track: TrackID,
        _ round: Rehearsal.Round,
        _ now: Stamp
    ) -> [String] {
        let decision = turn.decision
        var details: [String] = []
        for reply in decision.replies {
            details.append(
                "\(reply.id) \(reply.accepted ? "accepted" : "refused"): \(reply.message)"
            )
        }
        if let fired = decision.fired {
            details.append(
                "fires \(fired.name) to \(fired.to), \(fired.direction.rawValue),"
                    + " by \(words(fired.cause))"
            )
        }
        for intent in turn.intents {
            details.append("records the intent \(intent.key)")
        }
        if let entered = decision.entered { details.append("enters \(entered)") }
        for line in decision.withheld { details.append("withholds \(line)") }
        if let drift = decision.drift { details.append("drift: reality shows \(drift)") }
        for item in decision.abandoned { details.append("abandons \(item.key): \(item.reason)") }
        for claim in decision.released { details.append("releases the claim \(claim)") }
        for alert in decision.alerts { details.append("alert: \(alert)") }
        details += changes(of: decision, track)
        if case .error(let fault) = turn.state.phase {
            details.append("fault, \(fault.kind.rawValue): \(fault.what); \(fault.remedy)")
        }
        if !turn.refetch.isEmpty {
            details.append("asks again: \(turn.refetch.joined(separator: ", "))")
        }
        let head =
            "\(track) \(decision.stage ?? "nowhere") \(decision.phase) \(decision.light.rawValue)"
            + (turn.state.retired ? " retired" : "")
        let wake = wake(turn, now)
        if wakes.updateValue(wake, forKey: track) != wake, !wake.isEmpty {
            if details.isEmpty, last[track] == head { return ["    \(wake)"] }
            details.append(wake)
        }
        let isNew = last.updateValue(head, forKey: track) != head
        if details.isEmpty, !isNew { return [] }
        return ["  \(round.tick.at.wall) \(head)"] + details.map { "    " + $0 }
    }

    private func wake(_ turn: Turn, _ now: Stamp) -> String {
        guard let wake = turn.wakeAt else { return "" }
        if wake <= now.elapsed { return "" }
        return "wakes \(now.wall + Span(milliseconds: wake - now.elapsed))"
    }

    private mutating func changes(of decision: Decision, _ track: TrackID) -> [String] {
        var lines: [String] = []
        var seen: [String: String] = [:]
        for verdict in decision.verdicts {
            var text = verdict.verdict.name
            if let cause = verdict.verdict.cause { text += " (\(cause))" }
            if verdict.light == .red { text += ", red" }
            seen[verdict.name] = text
            let before = verdicts[track]?[verdict.name]
            if before != text, before != nil || verdict.verdict.name != "unknown" {
                lines.append("\(verdict.name): \(text)")
            }
        }
        verdicts[track] = seen
        var open: [String: String] = [:]
        for way in decision.transitions {
            let missing = way.blockedBy.map { blocker in
                blocker.name + (blocker.verdict == "unmet" ? "" : " (\(blocker.verdict))")
            }
            var text = missing.isEmpty ? "nothing" : missing.joined(separator: ", ")
            if let earliest = way.earliest { text += "; at the earliest \(earliest)" }
            open[way.name] = text
            if ways[track]?[way.name] != text { lines.append("\(way.name) lacks \(text)") }
        }
        ways[track] = open
        return lines
    }

    private func words(_ cause: Progress.Cause) -> String {
        switch cause {
        case .rule: "rule"
        case .guard(let name): "guard \(name)"
        case .person(let actor): actor
        case .adoption(let reason): "adoption, \(reason)"
        }
    }

    func lines(of explanation: Explanation) -> [String] {
        var lines = [
            "  \(explanation.track) at \(explanation.at): \(explanation.stage ?? "nowhere")"
                + " \(explanation.phase) \(explanation.light.rawValue)"
        ]
        lines += explanation.work.map { "    " + $0 }
        for transition in explanation.transitions {
            lines.append(
                "    \(transition.name) to \(transition.to), \(transition.direction.rawValue)"
                    + (transition.manual ? ", by hand" : "")
            )
            for leaf in transition.leaves { lines += self.lines(of: leaf) }
            if !transition.smallest.isEmpty {
                lines.append("      lacks: \(transition.smallest.joined(separator: ", "))")
            }
            if let earliest = transition.earliest {
                lines.append("      at the earliest: \(earliest)")
            }
        }
        return lines
    }

    private func lines(of leaf: Explanation.Leaf) -> [String] {
        var text = "      [\(leaf.isMet ? "x" : " ")] \(leaf.name): \(leaf.verdict.name)"
        if let cause = leaf.verdict.cause { text += " (\(cause))" }
        text += ", \(leaf.light.rawValue)"
        if let since = leaf.since { text += ", since \(since)" }
        if let owner = leaf.owner { text += ", owner \(owner)" }
        if let earliest = leaf.earliest { text += ", at the earliest \(earliest)" }
        if let note = leaf.note, !leaf.isMet || leaf.overridden != nil { text += "; \(note)" }
        var lines = [text]
        for fact in leaf.facts {
            let value = fact.value?.description ?? "nothing"
            let cause = fact.cause.map { " (\($0))" } ?? ""
            lines.append("          \(fact.path) = \(value)\(cause)")
        }
        return lines
    }
}
