import ConductorCore

extension ExplainReport {
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
        let ink = Self.ink(of: leaf)
        let title = leaf.title.map { "\($0) " } ?? ""
        let name = leaf.title == nil ? leaf.name : page.paint("(\(leaf.name))", .faint)
        var text = page.paint("\(leaf.sign) ", ink) + title + name
        text += page.paint("  \(leaf.word)", ink)
        if let overridden = leaf.overridden {
            text += page.paint(" by an override; by the facts \(overridden.instead.name)", .yellow)
            if let cause = overridden.instead.cause { text += page.paint(", \(cause)", .yellow) }
        }
        if let cause = leaf.verdict.cause { text += page.paint(", \(cause)", ink) }
        return text
    }

    private static func ink(of leaf: Explanation.Leaf) -> Ink {
        switch leaf.verdict {
        case .met: .green
        case .unmet:
            switch leaf.light {
            case .red: .red
            case .green: .green
            case .grey, .yellow, .unknown: .yellow
            }
        case .unknown: .magenta
        case .notApplicable: .faint
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
        let why = WhyNot(of: self)
        guard !why.reasons.isEmpty else { return [why.heading] }
        var lines = [page.paint(why.heading, .bold)]
        for (place, reason) in why.reasons.enumerated() {
            lines.append("  \(place + 1). " + reason)
        }
        if let earliest = why.earliest {
            lines.append(
                "  By the passing of time alone: at \(Words.minute(earliest)), "
                    + Words.relative(earliest, to: explanation.at) + "."
            )
        }
        return lines
    }
}
