import ConductorCore
import ConductorPorts

/// The page of one track, as it is or as it was.
struct TrackPage: Sendable {
    var explained: ExplainReport
    var story: TimelineReport
    /// The newest values of what is a metric here.
    var recent: [String: [SeriesPoint]]
    /// The moment that is asked about; nil means now.
    var at: Instant?
    /// What the fleet is at, where the page shows now.
    var view: FleetView?
    var isLate = false
    var limits: DashboardLimits
    var caller: Caller

    private var track: TrackID { explained.explanation.track }
    private var explanation: Explanation { explained.explanation }
    private var light: Light { explained.state.retired ? .grey : explanation.light }

    var html: HTML {
        let live = at == nil ? view.map { ($0.tick, $0.status.at, $0.interval) } : nil
        let layout = Layout(title: "\(track)", live: live, isLate: isLate, caller: caller)
        return layout.page(
            """
            \(past)\(heading)\(acts)
            <div class="columns"><div>
            \(WhyNotPart(report: explained).html)
            \(NeedsPart(report: explained).html)
            </div><div>
            \(metrics)
            \(StoryPart(story: story).stages)
            \(travel)
            </div></div>
            \(map)
            \(StoryPart(story: story).actions)
            \(StoryPart(story: story).commands)
            \(StoryPart(story: story).events(atMost: limits.storyRows))
            """
        )
    }

    private var acts: HTML {
        guard let view, let shown = view.track(track) else { return "" }
        return ActPart(track: shown, status: view.status, caller: caller).html
    }

    private var past: HTML {
        guard at != nil else { return "" }
        let differs: HTML =
            explained.recordedEqual
            ? "" : " Decided again, it comes out otherwise than it was recorded."
        return """
            <p class="banner past"><i aria-hidden="true">◷</i> As it was at \
            \(HTML.time(explanation.at)), the last tick before the moment that was asked about.\
            \(differs) <a href="\(track.path)">Now</a></p>

            """
    }

    private var heading: HTML {
        var facts: [HTML] = []
        facts.append("in <b>\(explanation.stage ?? "no stage")</b>, \(explanation.phase)")
        facts.append(at == nil ? HTML.since(explained.state.since.wall) : stayed)
        if let candidate = explained.state.candidate {
            let build: HTML = candidate.build.map { ", build <code>\($0)</code>" } ?? ""
            facts.append("candidate <code>\(candidate.commit)</code>\(build)")
        }
        var lines: [HTML] = explained.holds.map { hold in
            let reason: HTML = hold.reason.map { ": \($0)" } ?? ""
            return """
                <p class="banner hold"><i aria-hidden="true">‖</i> <b>Hold</b> on \
                \(hold.scope.description), by \(hold.actor), \(HTML.time(hold.since))\(reason)</p>

                """
        }
        for alert in explanation.alerts {
            lines.append("<p class=\"banner stop\"><i aria-hidden=\"true\">✖</i> \(alert)</p>\n")
        }
        if let drift = explanation.drift {
            lines.append(
                "<p class=\"banner hold\"><i aria-hidden=\"true\">≠</i> Reality shows another stage: \(drift)</p>\n"
            )
        }
        if explanation.isShadowed {
            lines.append(
                """
                <p class="banner quiet"><i aria-hidden="true">▒</i> In shadow: what would be done is \
                recorded, and nothing is done</p>

                """
            )
        }
        for override in explained.state.overrides {
            lines.append(
                """
                <p class="banner hold"><i aria-hidden="true">!</i> \(override.condition) counts as met \
                until \(HTML.time(override.until.wall)), by \(override.actor): \(override.reason)</p>

                """
            )
        }
        for work in explanation.work { lines.append("<p class=\"work\">\(work)</p>\n") }
        return """
            <div class="title" id="title"><h1><span class="app">\(track.app)</span> \
            \(track.version) <span class="platform">\(track.platform)</span></h1>
            \(light.badge)<p>\(facts.joined(" · "))</p></div>
            \(lines)
            """
    }

    private var stayed: HTML {
        "entered \(HTML.time(explained.state.since.wall)), \(Words.length(explanation.at - explained.state.since.wall)) before"
    }

    /// The numbers that decide here: of the way on, and of the guards.
    static func metrics(of explained: ExplainReport) -> [Metric] {
        let transitions = [explained.way].compactMap(\.self) + explained.explanation.guards
        return Metric.all(of: transitions, explained.thresholds)
    }

    private var metrics: HTML {
        let all = Self.metrics(of: explained)
        guard !all.isEmpty else { return "" }
        return """
            <section aria-labelledby="h-metrics"><h2 id="h-metrics">Metrics and thresholds</h2>
            <dl class="metrics">\(all.map { $0.html(drawn: Sparkline($0, recent[$0.path] ?? []).html) })</dl></section>

            """
    }

    private var map: HTML {
        guard let machine = explained.machine else { return "" }
        var travelled = story.history.stays.map(\.stage)
        if let stage = explanation.stage, travelled.last != stage { travelled.append(stage) }
        return """
            <section aria-labelledby="h-map"><h2 id="h-map">The machine <small>\(machine.name), \
            version \(machine.version)</small></h2>
            \(MachineDrawing(machine: machine, travelled: travelled, light: light).html)</section>

            """
    }

    private var travel: HTML {
        let value = at ?? explanation.at
        return """
            <form class="travel" method="get" action="\(track.path)" \
            data-timeline="/api/v1\(track.path)/timeline"><label>As it was at \
            <input name="at" value="\(value.description)" pattern="[-0-9]{10}[Tt ][0-9:.]{5,12}([Zz]|[-+][0-9:]{5})" \
            title="RFC 3339, such as 2026-03-02T09:00:00Z" maxlength="40" required></label> \
            <button>Show</button></form>

            """
    }
}

/// Why the way on is not taken yet, in plain words.
struct WhyNotPart: Sendable {
    var report: ExplainReport

    var html: HTML {
        let why = WhyNot(of: report)
        let items = why.reasons.map { "<li>\($0)</li>" as HTML }
        let earliest: HTML =
            why.earliest.map { "<p>By the passing of time alone: at \(HTML.time($0)).</p>" } ?? ""
        return """
            <section class="why" id="why" aria-labelledby="h-why"><h2 id="h-why">\(why.heading)</h2>
            \(items.isEmpty ? "" : "<ol>\(items)</ol>" as HTML)\(earliest)</section>

            """
    }
}

/// Every transition from the stage, and every guard that watches it, with all that they need.
struct NeedsPart: Sendable {
    var report: ExplainReport

    var html: HTML {
        let all = report.explanation.transitions + report.explanation.guards
        guard !all.isEmpty else { return "" }
        // The way on stands open; the others are there to be looked at.
        let parts = all.map { part($0, isOpen: $0.name == report.way?.name) }
        return """
            <section aria-labelledby="h-needs"><h2 id="h-needs">What each way needs</h2>
            \(parts)</section>

            """
    }

    private func part(_ transition: Explanation.Transition, isOpen: Bool) -> HTML {
        let missing = transition.smallest.count
        let isGuard = transition.name.hasPrefix("guard ")
        let state =
            switch (isGuard, missing) {
            case (true, 0): "met"
            case (true, _): "watching"
            case (false, 0): "nothing is missing"
            case (false, _): "\(missing) missing"
            }
        let direction =
            switch transition.direction {
            case .raises: ", raises"
            case .brakes: ", brakes"
            case .neutral: ""
            }
        let manual = transition.manual ? ", by hand" : ""
        return """
            <details class="way"\(isOpen ? " open" as HTML : "")><summary><b>→ \(transition.to)</b> \
            <small>\(transition.name)\(direction)\(manual): \(state)</small></summary>
            <ul class="leaves">\(transition.leaves.map(leaf))</ul></details>

            """
    }

    private func leaf(_ leaf: Explanation.Leaf) -> HTML {
        var asides: [HTML] = []
        if let since = leaf.since { asides.append("since \(HTML.time(since))") }
        if let earliest = leaf.earliest, !leaf.isMet {
            asides.append("met at \(HTML.time(earliest))")
        }
        if let owner = leaf.owner { asides.append("owner \(owner)") }
        if let link = leaf.link { asides.append(HTML.link(link, "\(link)")) }
        if let note = leaf.note { asides.append("\(note)") }
        if let cause = leaf.verdict.cause { asides.insert("\(cause.description)", at: 0) }
        if let overridden = leaf.overridden {
            asides.insert(
                "by an override of \(overridden.actor); by the facts \(overridden.instead.name)",
                at: 0
            )
        }
        let name: HTML =
            leaf.title.map { "\($0) <small>(\(leaf.name))</small>" } ?? "\(leaf.name)"
        let facts = leaf.facts.map { fact($0, report.thresholds[leaf.name] ?? []) }
        return """
            <li class="leaf \(leaf.light.style)"><i aria-hidden="true">\(leaf.sign)</i> <div>\
            <p>\(name) <b class="verdict">\(leaf.word)</b></p>\
            \(facts.isEmpty ? "" : "<ul class=\"facts\">\(facts)</ul>" as HTML)\
            \(asides.isEmpty ? "" : "<p class=\"aside\">\(asides.joined(" · "))</p>" as HTML)</div></li>

            """
    }

    private func fact(_ fact: Explanation.ReadFact, _ thresholds: [Threshold]) -> HTML {
        var words: HTML = "<code>\(fact.path)</code> "
        if let value = fact.value {
            words += "<b>\(Numbers.text(value, unit: fact.unit))</b>"
        } else {
            words += "<b class=\"unknown\">unknown</b>"
        }
        if let cause = fact.cause {
            words += " <span class=\"unknown\">(\(cause.description))</span>"
        }
        for threshold in thresholds where threshold.fact == fact.path {
            let unit = fact.unit == "fraction" ? fact.unit : nil
            words +=
                " <small>\(threshold.comparison.rawValue) \(Numbers.text(threshold.limit, unit: unit))</small>"
        }
        if let time = fact.observedAt ?? fact.fetchedAt {
            let verb = fact.observedAt == nil ? "fetched" : "observed"
            words += """
                 <small>\(verb) <time class="ago" datetime="\(time.description)">\
                \(Words.relative(time, to: report.explanation.at))</time></small>
                """
        }
        return "<li>\(words)</li>"
    }
}
