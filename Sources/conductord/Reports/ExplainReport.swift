import ConductorCore

/// What `explain` says of one track after one tick.
struct ExplainReport: Sendable {
    var explanation: Explanation
    var state: TrackState
    var holds: [ConductorCore.Hold]
    var stages: [Stage]
    /// Whether deciding the tick once more gives what was recorded, byte for byte.
    var recordedEqual: Bool
    /// The engine that decided, and the one that explains.
    var engines: (recorded: String?, now: String)

    private var way: Explanation.Transition? { WayOn(stages: stages).transition(of: explanation) }

    var json: JSON {
        [
            "track": .string(explanation.track.description),
            "at": JSON(explanation.at),
            "stage": JSON(explanation.stage),
            "phase": .string(explanation.phase),
            "light": .string(explanation.light.rawValue),
            "since": JSON(state.since.wall),
            "candidate": state.candidate?.json ?? .null,
            "work": JSON(explanation.work),
            "recorded_equal": .bool(recordedEqual),
            "transitions": .array(explanation.transitions.map(json)),
            "guards": .array(explanation.guards.map(json)),
            "alerts": JSON(explanation.alerts),
            "drift": JSON(explanation.drift),
            "shadow": .bool(explanation.isShadowed),
        ]
    }

    private func json(of transition: Explanation.Transition) -> JSON {
        [
            "name": .string(transition.name),
            "to": .string(transition.to),
            "direction": .string(transition.direction.rawValue),
            "manual": .bool(transition.manual),
            "earliest": JSON(transition.earliest),
            "leaves": .array(transition.leaves.map(json)),
            "smallest": JSON(transition.smallest),
        ]
    }

    private func json(of leaf: Explanation.Leaf) -> JSON {
        [
            "name": .string(leaf.name),
            "kind": .string(leaf.kind.rawValue),
            "verdict": .string(leaf.verdict.name),
            "light": .string(leaf.light.rawValue),
            "cause": JSON(leaf.verdict.cause?.name),
            "detail": JSON(leaf.verdict.cause?.description),
            "title": JSON(leaf.title),
            "owner": JSON(leaf.owner),
            "link": JSON(leaf.link),
            "note": JSON(leaf.note),
            "overridden": leaf.overridden.map(json) ?? .null,
            "since": JSON(leaf.since),
            "earliest": JSON(leaf.earliest),
            "facts": .array(
                leaf.facts.map { fact in
                    [
                        "path": .string(fact.path),
                        "value": fact.value ?? .null,
                        "unit": JSON(fact.unit),
                        "cause": JSON(fact.cause?.name),
                        "observed_at": JSON(fact.observedAt),
                        "fetched_at": JSON(fact.fetchedAt),
                    ]
                }
            ),
        ]
    }

    private func json(of overridden: Explanation.Overridden) -> JSON {
        [
            "by": .string(overridden.actor),
            "until": JSON(overridden.until),
            "reason": .string(overridden.reason),
            "verdict": .string(overridden.instead.name),
            "cause": JSON(overridden.instead.cause?.name),
        ]
    }

    // MARK: For people

    func text(on page: Page) -> String {
        var lines = heading(on: page)
        for transition in explanation.transitions {
            lines.append("")
            lines += tree(of: transition, on: page)
        }
        for brake in explanation.guards {
            lines.append("")
            lines += tree(of: brake, on: page)
        }
        lines.append("")
        lines += whyNot(on: page)
        if !recordedEqual {
            var line = "✖ Deciding this tick once more does not give what was recorded"
            if let recorded = engines.recorded, recorded != engines.now {
                line += ": it was decided by conductord \(recorded), this is \(engines.now)"
            }
            lines.append(page.paint(line + "; 'conductord replay' shows where.", .red))
        }
        return lines.joined(separator: "\n")
    }

    private func heading(on page: Page) -> [String] {
        let light = explanation.light
        var lines = [
            page.paint(explanation.track.description, .bold) + "  "
                + page.paint("\(light.sign) \(light.rawValue)", light.ink) + "  "
                + (explanation.stage ?? "not placed") + ", \(explanation.phase)"
        ]
        lines.append(
            page.paint(
                "as of \(Words.moment(explanation.at, from: page.now)), in this stage for "
                    + Words.length(explanation.at - state.since.wall),
                .faint
            )
        )
        if let candidate = state.candidate {
            let build = candidate.build.map { ", build \($0)" } ?? ""
            lines.append("candidate \(candidate.commit)\(build)")
        }
        for hold in holds {
            lines.append(page.paint("‖ hold on \(hold.scope), by \(hold.words(on: page))", .yellow))
        }
        lines += explanation.alerts.map { page.paint("✖ \($0)", .red) }
        if let drift = explanation.drift {
            lines.append(page.paint("≠ reality shows another stage: \(drift)", .yellow))
        }
        if explanation.isShadowed {
            lines.append(
                page.paint("▒ in shadow: what would be done is recorded, nothing is done", .yellow)
            )
        }
        lines += explanation.work.map { "  \($0)" }
        return lines
    }

    private func tree(of transition: Explanation.Transition, on page: Page) -> [String] {
        let missing = transition.smallest.count
        let isGuard = transition.name.hasPrefix("guard ")
        let state =
            switch (isGuard, missing) {
            case (true, 0): "met"
            case (true, _): "watching"
            case (false, 0): "nothing is missing"
            case (false, _): "\(missing) missing"
            }
        let kind = transition.manual ? ", by hand" : ""
        let direction =
            switch transition.direction {
            case .raises: ", raises"
            case .brakes: ", brakes"
            case .neutral: ""
            }
        var lines = [
            page.paint("→ \(transition.to)", .bold)
                + page.paint("  \(transition.name)\(direction)\(kind): \(state)", .faint)
        ]
        for (place, leaf) in transition.leaves.enumerated() {
            let isLast = place == transition.leaves.count - 1
            lines.append((isLast ? "  └ " : "  ├ ") + line(of: leaf, on: page))
            let stem = isLast ? "    " : "  │ "
            lines += details(of: leaf, on: page).map { stem + "    " + $0 }
        }
        return lines
    }

    private func line(of leaf: Explanation.Leaf, on page: Page) -> String {
        let mark = Self.mark(of: leaf)
        let title = leaf.title.map { "\($0) " } ?? ""
        let name = leaf.title == nil ? leaf.name : page.paint("(\(leaf.name))", .faint)
        var text = page.paint("\(mark.sign) ", mark.ink) + title + name
        text += page.paint("  \(Self.verdict(of: leaf))", mark.ink)
        if let overridden = leaf.overridden {
            text += page.paint(" by an override; by the facts \(overridden.instead.name)", .yellow)
            if let cause = overridden.instead.cause { text += page.paint(", \(cause)", .yellow) }
        }
        if let cause = leaf.verdict.cause { text += page.paint(", \(cause)", mark.ink) }
        return text
    }

    /// A mark, which differs in shape as well as in colour.
    private static func mark(of leaf: Explanation.Leaf) -> (sign: String, ink: Ink) {
        switch leaf.verdict {
        case .met: ("✔", .green)
        case .unmet:
            switch leaf.light {
            case .red: ("✖", .red)
            case .green: ("○", .green)
            case .grey, .yellow, .unknown: ("◐", .yellow)
            }
        case .unknown: ("?", .magenta)
        case .notApplicable: ("○", .faint)
        }
    }

    private static func verdict(of leaf: Explanation.Leaf) -> String {
        switch leaf.verdict {
        case .met: "met"
        case .unmet: "not met"
        case .unknown: "unknown"
        case .notApplicable: "does not apply"
        }
    }

    private func details(of leaf: Explanation.Leaf, on page: Page) -> [String] {
        var lines = leaf.facts.map { words(of: $0, on: page) }
        var asides: [String] = []
        if let since = leaf.since {
            asides.append(
                "since \(Words.clock(since)) (\(Words.relative(since, to: explanation.at)))"
            )
        }
        if let earliest = leaf.earliest, !leaf.isMet {
            asides.append(
                "met at \(Words.clock(earliest)) (\(Words.relative(earliest, to: explanation.at)))"
            )
        }
        if let owner = leaf.owner { asides.append("owner \(owner)") }
        if let link = leaf.link { asides.append(link) }
        if !asides.isEmpty { lines.append(page.paint(asides.joined(separator: ", "), .faint)) }
        if let note = leaf.note { lines.append(page.paint(note, .faint)) }
        return lines
    }

    private func words(of fact: Explanation.ReadFact, on page: Page) -> String {
        var text = fact.path + " = "
        if let value = fact.value {
            text += page.paint(value.description, .bold)
            if let unit = fact.unit { text += " \(unit)" }
        } else {
            text += page.paint("unknown", .magenta)
        }
        if let cause = fact.cause { text += page.paint(" (\(cause))", .magenta) }
        if let time = fact.observedAt ?? fact.fetchedAt {
            let verb = fact.observedAt == nil ? "fetched" : "observed"
            text += page.paint(
                "  \(verb) \(Words.relative(time, to: explanation.at))",
                .faint
            )
        }
        return text
    }

    /// Why the way on is not taken yet: the fewest things that must change, in plain words.
    private func whyNot(on page: Page) -> [String] {
        if state.retired { return ["It is retired: nothing is polled or decided any more."] }
        guard let stage = explanation.stage else {
            return ["It does nothing until it is placed in a stage."]
        }
        guard let way else { return ["Nothing leads further on from \(stage)."] }
        let missing = way.leaves.filter { !$0.isMet }
        guard !missing.isEmpty else {
            return [
                explanation.isShadowed
                    ? "Only shadow keeps it from → \(way.to): 'shadow: false' in conductor.yaml."
                    : "Nothing stands in the way of → \(way.to)."
            ]
        }
        var lines = [page.paint("Why not → \(way.to) yet? Exactly this must change:", .bold)]
        for (place, leaf) in missing.enumerated() {
            lines.append("  \(place + 1). " + reason(leaf))
        }
        if let earliest = way.earliest {
            lines.append(
                "  By the passing of time alone: at \(Words.minute(earliest)), "
                    + Words.relative(earliest, to: explanation.at) + "."
            )
        }
        return lines
    }

    private func reason(_ leaf: Explanation.Leaf) -> String {
        let track = explanation.track
        let note = leaf.note.map { ": \($0)" } ?? ""
        let asking = leaf.owner.map { ", ask \($0)" } ?? ""
        switch leaf.kind {
        case .condition:
            let name = leaf.title ?? leaf.name
            if let cause = leaf.verdict.cause {
                return "\(name): it is not known (\(cause))\(asking)"
            }
            let values = leaf.facts.compactMap { fact in
                fact.value.map { "\(fact.path) is \($0)" }
            }
            let because = values.isEmpty ? note : ": " + values.joined(separator: ", ")
            return "\(name) is not met\(because)\(asking)"
        case .clock:
            guard let earliest = leaf.earliest else {
                return "\(leaf.name): its time has not begun to count"
            }
            return "\(leaf.name): time must pass until \(Words.minute(earliest))"
        case .guard:
            let cause = leaf.verdict.cause.map { " (\($0))" } ?? ""
            return "\(leaf.name) must be known, fresh and quiet\(cause)"
        case .push:
            let verb = ["resume", "rearm"].contains(leaf.name) ? leaf.name : "advance"
            return "a person's word: 'conductord \(verb) \(track)'"
                + (leaf.name == "push" ? "" : note)
        case .hold:
            let scope = leaf.name.split(separator: " ").last.map(String.init) ?? "\(track)"
            return "\(leaf.name)\(asking)\(note); 'conductord resume \(scope)' lifts it"
        case .stop: return "STOP; 'conductord stop --lift' lifts it"
        case .claim: return "\(leaf.name) is taken by another track"
        case .drift: return "belief and reality differ\(note)"
        case .phase: return leaf.name + note
        case .confirmation: return "the second look, which follows by itself"
        case .candidate: return "the release candidate\(note)"
        case .approval: return "people's consent\(note)"
        }
    }
}
