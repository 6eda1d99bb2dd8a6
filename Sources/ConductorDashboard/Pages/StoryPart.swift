import ConductorCore

/// What happened to a track: hours per stage, actions, commands, and everything in order.
struct StoryPart: Sendable {
    var story: TimelineReport

    private static let barWidth = 240
    /// Of what held a stay, those that are named.
    private static let shownHoldings = 2

    // MARK: Stages

    var stages: HTML {
        let stays = story.history.stays
        guard !stays.isEmpty else { return "" }
        let total = max(1, stays.reduce(0) { $0 + story.length(of: $1).milliseconds })
        let rows = stays.map { stay -> HTML in
            let length = story.length(of: stay)
            let width = Int(
                (Double(length.milliseconds) / Double(total) * Double(Self.barWidth)).rounded()
            )
            let held = story.holdings(in: stay)
                .filter { $0.leaf != LeafKind.confirmation.rawValue }
                .prefix(Self.shownHoldings)
                .map { "\($0.by) \(Words.length($0.length))" }.joined(separator: ", ")
            let now: HTML = stay.until == nil ? " aria-current=\"step\"" : ""
            return """
                <tr\(now)><th scope="row">\(stay.stage)</th><td class="number">\(Self.hours(length))</td>\
                <td class="share"><svg width="\(Self.barWidth)" height="10" aria-hidden="true">\
                <rect width="\(max(1, width))" height="10" rx="2"/></svg></td>\
                <td>\(HTML.time(stay.from))</td><td class="held">\(held)</td></tr>

                """
        }
        return """
            <section aria-labelledby="h-stages"><h2 id="h-stages">Time in each stage</h2>
            <div class="scroll" tabindex="0" role="group" aria-labelledby="h-stages"><table class="stages">
            <thead><tr><th scope="col">stage</th><th scope="col" class="number">hours</th>\
            <th scope="col"><span class="sr">share</span></th><th scope="col">since</th>\
            <th scope="col">held longest by</th></tr></thead>
            <tbody>\(rows)</tbody></table></div></section>

            """
    }

    private static func hours(_ span: Span) -> String {
        let tenths = (span.milliseconds + 180_000) / 360_000
        return "\(tenths / 10).\(tenths % 10)"
    }

    // MARK: Actions

    private struct Action {
        var key: String
        var name: String
        var decided: Instant
        var attempts = 0
        var outcome: String?
        var text: String?
        var answered: Instant?
    }

    var actions: HTML {
        var all: [Action] = []
        for event in story.history.events {
            guard let key = event.details["key"]?.stringValue else { continue }
            if event.kind == .intent, !all.contains(where: { $0.key == key }) {
                let name = event.details["action"]?.stringValue ?? ""
                all.append(Action(key: key, name: name, decided: event.at))
            }
            guard let place = all.lastIndex(where: { $0.key == key }) else { continue }
            switch event.kind {
            case .attempt: all[place].attempts += 1
            case .outcome:
                all[place].outcome = event.details["outcome"]?.stringValue
                all[place].text = event.details["text"]?.stringValue
                all[place].answered = event.at
            case .probe:
                if let answer = event.details["answer"]?.stringValue {
                    all[place].outcome = "probed: \(answer)"
                    all[place].text = event.details["text"]?.stringValue
                    all[place].answered = event.at
                }
            case .abandoned:
                all[place].outcome = "not sent"
                all[place].text = event.details["why"]?.stringValue
            case .registered, .command, .fired, .entered, .intent, .blocked, .light, .error, .drift,
                .withheld, .alert, .retired:
                break
            }
        }
        guard !all.isEmpty else { return "" }
        let rows = all.reversed().map { action -> HTML in
            """
            <tr><th scope="row">\(action.name)<br><code>\(action.key)</code></th>\
            <td>\(HTML.time(action.decided))</td><td class="number">\(action.attempts)</td>\
            <td><b>\(action.outcome ?? "open")</b> \(action.text ?? "")</td>\
            <td>\(action.answered.map { HTML.time($0) } ?? "")</td></tr>

            """
        }
        return table(
            "actions",
            "Actions",
            ["action and key", "decided", "attempts", "outcome", "answered"],
            rows
        )
    }

    // MARK: Commands

    var commands: HTML {
        let rows = story.history.events.reversed().filter { $0.kind == .command }.map {
            event -> HTML in
            let reply = event.details["reply"]
            let accepted = reply?["accepted"]?.boolValue
            let verdict = accepted.map { $0 ? "accepted" : "refused" } ?? "no answer yet"
            var arguments = event.details["arguments"]?.objectValue ?? [:]
            arguments = arguments.filter { $0.value != .null }
            let said = arguments.sorted { $0.key.precedes($1.key) }
                .map { "\($0.key) \($0.value.stringValue ?? $0.value.description)" }
                .joined(separator: ", ")
            return """
                <tr><th scope="row">\(event.details["request"]?.stringValue ?? "") \(said)</th>\
                <td>\(event.details["actor"]?.stringValue ?? "")</td><td>\(HTML.time(event.at))</td>\
                <td>\(event.details["reason"]?.stringValue ?? "")</td>\
                <td><b>\(verdict)</b> \(reply?["message"]?.stringValue ?? "")</td></tr>

                """
        }
        guard !rows.isEmpty else { return "" }
        return table("commands", "Commands", ["command", "by", "at", "reason", "answer"], rows)
    }

    private func table(
        _ id: HTML,
        _ title: HTML,
        _ heads: [String],
        _ rows: [HTML]
    ) -> HTML {
        let cells = heads.map { "<th scope=\"col\">\($0)</th>" as HTML }
        return """
            <section aria-labelledby="h-\(id)"><h2 id="h-\(id)">\(title) <small>\(rows.count)</small></h2>
            <div class="scroll" tabindex="0" role="group" aria-labelledby="h-\(id)"><table>
            <thead><tr>\(cells)</tr></thead>
            <tbody>\(rows)</tbody></table></div></section>

            """
    }

    // MARK: Everything

    /// All that happened, newest first.
    func events(atMost limit: Int) -> HTML {
        let events = story.history.events
        guard !events.isEmpty else { return "" }
        let rows = events.suffix(limit).reversed().map { event -> HTML in
            "<li class=\"e-\(event.kind.rawValue)\">\(HTML.time(event.at)) <span>\(event.words)</span></li>\n"
        }
        let track = story.history.track
        let more: HTML =
            events.count > limit
            ? "<p>The newest \(limit) of \(events.count); <a href=\"/api/v1\(track.path)/timeline\">all</a>.</p>"
            : ""
        return """
            <section aria-labelledby="h-story"><h2 id="h-story">What happened \
            <small>\(events.count)</small></h2>
            <ol class="story" reversed>
            \(rows.joined())</ol>\(more)</section>

            """
    }
}
