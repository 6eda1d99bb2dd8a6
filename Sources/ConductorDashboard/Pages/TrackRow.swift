import ConductorCore

/// One track on the overview.
///
/// It says no ages, so that it stays the same, byte for byte, while nothing changes.
struct TrackRow: Sendable {
    var track: TrackView
    var status: StatusReport

    private var state: TrackState { track.state }

    var html: HTML {
        let id = state.track
        return """
            <li class="track \(track.shownLight.style)" id="\(id.anchor)">
            <div class="who"><a href="\(id.path)"><span class="app">\(id.app)</span> \
            <b class="version">\(id.version)</b> <span class="platform">\(id.platform)</span></a>
            \(track.shownLight.badge)</div>
            <div class="where">\(place)\(marks)\(next)</div>
            \(needs)\(metrics)</li>

            """
    }

    private var place: HTML {
        guard let stage = state.stage else {
            return
                "<p class=\"stage\"><b>not placed</b> <small>does nothing until it is</small></p>"
        }
        let phase: HTML =
            switch state.phase {
            case .waiting: ""
            case .entering(let progress): " <span class=\"mark go\">→ \(progress.to)</span>"
            case .error: " <span class=\"mark red\">✖ error</span>"
            case .finished: " <span class=\"mark\">finished</span>"
            }
        return """
            <p class="stage"><b>\(stage)</b>\(phase) \(HTML.since(state.since.wall))</p>
            """
    }

    private var marks: HTML {
        var marks: [HTML] = []
        if let hold = status.holds(over: state.track).first {
            let reason: HTML = hold.reason.map { ": \($0)" } ?? ""
            marks.append("<span class=\"mark yellow\">‖ held by \(hold.actor)\(reason)</span>")
        }
        if track.isShadowed {
            marks.append(
                "<span class=\"mark\" title=\"What would be done is recorded; nothing is done\">▒ shadow</span>"
            )
        }
        if let drift = track.decision?.drift {
            marks.append("<span class=\"mark unknown\">≠ reality shows \(drift)</span>")
        }
        for override in state.overrides {
            marks.append(
                "<span class=\"mark yellow\">\(override.condition) overridden by \(override.actor)</span>"
            )
        }
        return marks.isEmpty ? "" : "<p class=\"marks\">\(marks.joined(" "))</p>"
    }

    private var next: HTML {
        guard !state.retired, let way = track.wayOn else { return "" }
        var words: HTML = "next <b>\(way.to)</b>"
        if way.manual { words += ", by hand" }
        if let earliest = way.earliest { words += ", earliest \(HTML.time(earliest))" }
        return "<p class=\"next\">→ \(words)</p>"
    }

    // MARK: What it needs

    private var way: Explanation.Transition? {
        track.explanation.flatMap {
            WayOn(stages: track.machine?.stages ?? []).transition(of: $0)
        }
    }

    private var needs: HTML {
        var open: [HTML] = []
        for alert in track.decision?.alerts ?? [] {
            open.append(need("red", "✖", "\(alert)"))
        }
        switch state.phase {
        case .error(let fault):
            open.append(need("red", "✖", "\(fault.what). <b>What to do:</b> \(fault.remedy)"))
        case .entering:
            for work in status.work(of: state) { open.append(need("go", "→", "\(work)")) }
        case .waiting, .finished: break
        }
        var met: [HTML] = []
        for leaf in state.retired ? [] : way?.leaves ?? [] {
            if leaf.isMet {
                guard leaf.kind == .condition else { continue }
                met.append(Self.chip(leaf))
            } else {
                open.append(item(leaf))
            }
        }
        if !met.isEmpty { open.append("<li class=\"met\">\(met.joined(" "))</li>") }
        return "<ul class=\"needs\">\(open.joined("\n"))</ul>\n"
    }

    private func need(_ style: HTML, _ sign: HTML, _ words: HTML) -> HTML {
        "<li class=\"need \(style)\"><i aria-hidden=\"true\">\(sign)</i> <span>\(words)</span></li>"
    }

    /// A condition that is met, or does not apply: its name, small.
    private static func chip(_ leaf: Explanation.Leaf) -> HTML {
        let name = leaf.name.replacing("_", with: " ")
        let over: HTML = leaf.overridden == nil ? "" : " (overridden)"
        return """
            <span class="chip \(leaf.light.style)" title="\(leaf.title ?? leaf.name)">\
            <i aria-hidden="true">\(leaf.sign)</i> \(name)\(over)<span class="sr">: \(leaf.word)</span></span>
            """
    }

    /// Something that is missing: what, what it is now, whose it is, and where to look.
    ///
    /// The whole words are on the track's page.
    private func item(_ leaf: Explanation.Leaf) -> HTML {
        guard leaf.kind == .condition else {
            return need(leaf.light.style, "\(leaf.sign)", "\(WhyNot.reason(leaf, on: state.track))")
        }
        var words: HTML = "\(leaf.title ?? leaf.name)"
        let now: [HTML] =
            leaf.verdict.cause.map { ["<b>unknown</b>, \($0.description)"] }
            ?? Metric.missed(by: leaf, track.thresholds[leaf.name] ?? [])
            ?? leaf.facts.compactMap { fact in
                fact.value.map { "\(Metric.name(of: fact.path)) <b>\(Numbers.short($0))</b>" }
            }
        words += "<span class=\"sr\"> \(leaf.word)</span>"
        if !now.isEmpty { words += " <span class=\"now\">\(now.joined(", "))</span>" }
        if let owner = leaf.owner { words += " <span class=\"owner\">\(owner)</span>" }
        return need(leaf.light.style, "\(leaf.sign)", words + HTML.look(leaf.link))
    }

    private var metrics: HTML {
        guard let explanation = track.explanation, !state.retired else { return "" }
        let all = Metric.all(of: [way].compactMap(\.self) + explanation.guards, track.thresholds)
        return all.isEmpty ? "" : "<dl class=\"metrics\">\(all.map(\.html))</dl>\n"
    }
}
