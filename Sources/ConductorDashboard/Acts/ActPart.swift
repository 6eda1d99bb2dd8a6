import ConductorCore

/// What somebody may ask of a track: each leads to a question, and changes nothing by itself.
struct ActPart: Sendable {
    var track: TrackView
    var status: StatusReport
    var caller: Caller

    private var id: TrackID { track.state.track }

    var html: HTML {
        guard caller.isKnown, caller.grant.role >= .operator, !track.state.retired else {
            return ""
        }
        return """
            <section class="acts" id="acts" aria-labelledby="h-acts"><h2 id="h-acts">Act</h2>
            <ul class="ways">\(links)</ul>
            \(signOff)\(override)</section>

            """
    }

    private func link(_ words: String, _ verb: Verb, _ query: [(String, String)] = []) -> HTML {
        let pairs = query.map { "\($0.0)=\(Filter.escaped($0.1))" }.joined(separator: "&")
        let address = "\(id.path)/ask/\(verb.rawValue)" + (pairs.isEmpty ? "" : "?" + pairs)
        return "<li><a class=\"button\" href=\"\(address)\">\(words)</a></li>\n"
    }

    private var links: HTML {
        var links: [HTML] = []
        let explanation = track.explanation
        let ways = explanation?.transitions ?? []
        func kind(_ stage: String) -> Stage.Kind? { track.machine?.stage(stage)?.kind }
        if case .waiting = track.state.phase {
            for way in ways where kind(way.to) == .road && track.state.pause == nil {
                let word = isAhead(way.to) ? "Advance" : "Back"
                links.append(link("\(word) → \(way.to)", .advance, [("to", way.to)]))
            }
        }
        for way in ways where way.leaves.contains(where: { $0.kind == .approval && !$0.isMet }) {
            links.append(link("Approve \(way.name)", .approve, [("transition", way.name)]))
        }
        switch track.state.phase {
        case .waiting, .finished: break
        case .error:
            links.append(link("Retry", .retry))
            links.append(link("Give it up", .abandon, [("how", "stay")]))
            links.append(link("Take it as done", .abandon, [("how", "as_done")]))
        case .entering: links.append(link("Give it up", .abandon, [("how", "stay")]))
        }
        for key in inDoubt {
            links.append(link("It happened: \(key)", .resolve, [("key", key), ("done", "true")]))
            links.append(
                link("It did not happen: \(key)", .resolve, [("key", key), ("done", "false")])
            )
        }
        if !track.state.disarmed.isEmpty { links.append(link("Arm again", .rearm)) }
        let isHeld = status.holds.contains { $0.scope == .track(id) }
        if isHeld || track.state.pause != nil { links.append(link("Resume", .resume)) }
        if !isHeld { links.append(link("Hold", .hold)) }
        let brakes = ways + (explanation?.guards ?? [])
        if brakes.contains(where: { kind($0.to) == .waiting }) {
            links.append(link("Pause", .pause))
        }
        if brakes.contains(where: { kind($0.to) == .error }) {
            links.append(link("Cancel", .cancel))
        }
        return links.joined()
    }

    /// Whether a stage lies further down the road.
    private func isAhead(_ stage: String) -> Bool {
        let names = (track.machine?.stages ?? []).map(\.name)
        guard let here = track.state.stage.flatMap({ names.firstIndex(of: $0) }),
            let there = names.firstIndex(of: stage)
        else { return true }
        return there > here
    }

    /// Keys of actions that may have happened.
    private var inDoubt: [String] {
        var open: [IntentProgress] = track.state.outbox + track.state.uncertain
        switch track.state.phase {
        case .waiting, .finished: break
        case .entering(let progress): open += progress.intents
        case .error(let fault): open += fault.progress.intents
        }
        return open.filter { if case .inDoubt = $0.status { true } else { false } }
            .map(\.intent.key)
    }

    private var signOff: HTML {
        let asked = track.asked
        guard !asked.isEmpty else { return "" }
        let options = asked.map { name -> HTML in
            let said = track.state.signoffs[name].map { ": \($0.verdict.rawValue)" } ?? ""
            return "<option value=\"\(name)\">\(name)\(said)</option>"
        }
        let verdicts = Command.Signoff.allCases.map { verdict -> HTML in
            "<option value=\"\(verdict.rawValue)\">\(verdict.rawValue.replacing("_", with: " "))</option>"
        }
        return """
            <form method="get" action="\(id.path)/ask/signoff">
            <label>Sign-off <select name="what">\(options)</select></label> \
            <label>says <select name="verdict">\(verdicts)</select></label> \
            <label>for <select name="scope"><option value="release">all platforms</option>\
            <option value="track">\(id.platform) alone</option></select></label> <button>Sign off…</button></form>

            """
    }

    private var override: HTML {
        let leaves = (track.explanation?.transitions ?? []).flatMap(\.leaves)
        var names: [String] = []
        for leaf in leaves
        where leaf.kind == .condition && !leaf.isMet && !names.contains(leaf.name) {
            names.append(leaf.name)
        }
        let ends = track.state.overrides.map { override in
            link(
                "End the override of \(override.condition)",
                .override,
                [("condition", override.condition), ("lift", "true")]
            )
        }
        let ending: HTML = ends.isEmpty ? "" : "<ul class=\"ways\">\(ends)</ul>"
        guard !names.isEmpty else { return ending }
        let spans = [("1h", "1 hour"), ("4h", "4 hours"), ("12h", "12 hours"), ("1d", "a day")]
        return """
            <form method="get" action="\(id.path)/ask/override">
            <label>Let <select name="condition">\(names.map { "<option>\($0)</option>" as HTML })</select></label> \
            <label>count as met for <select name="for">\
            \(spans.map { "<option value=\"\($0.0)\">\($0.1)</option>" as HTML })</select></label> \
            <button>Override…</button></form>
            \(ending)
            """
    }
}

/// What an administrator may ask of everything, and anybody who acts may of a hold on their app.
struct FleetActPart: Sendable {
    var status: StatusReport
    var caller: Caller

    var html: HTML {
        guard caller.isKnown else { return "" }
        var links: [HTML] = []
        func add(_ words: String, _ verb: Verb, _ request: Command.Request, _ scope: Scope) {
            guard caller.grant.allows(request, at: scope) else { return }
            let query = scope == .installation ? "" : "?scope=\(Filter.escaped(scope.description))"
            links.append(
                "<li><a class=\"button\" href=\"/ask/\(verb.rawValue)\(query)\">\(words)</a></li>\n"
            )
        }
        for hold in status.holds {
            let place = hold.scope == .installation ? "everything" : hold.scope.description
            add("Resume \(place)", .resume, .resume, hold.scope)
        }
        if !status.holds.contains(where: { $0.scope == .installation }) {
            add("Hold everything", .hold, .hold, .installation)
        }
        if status.stop == nil {
            add("STOP", .stop, .stop, .installation)
        } else {
            add("Lift STOP", .liftStop, .liftStop, .installation)
        }
        guard !links.isEmpty else { return "" }
        return "<ul class=\"ways\" id=\"acts\" aria-label=\"Act on everything\">\(links)</ul>\n"
    }
}
