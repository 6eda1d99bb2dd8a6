import ConductorCore

/// Says what a wish comes to, and asks; opening it changes nothing.
struct QuestionPage: Sendable {
    var wish: Wish
    /// The track of the page; nil where it is of all.
    var track: TrackID?
    var view: FleetView
    var caller: Caller
    var stamp: String
    /// Of the command that sending it becomes: sending it twice is once.
    var id: String

    private var shown: TrackView? { track.flatMap(view.track) }
    private var back: String { track?.path ?? "/" }

    var html: HTML {
        let consequence = Consequence(of: wish, in: view)
        let place: HTML =
            shown.map { track in
                """
                <p>It is in <b>\(track.state.stage ?? "no stage")</b>, \(track.state.phase.name), \
                since \(HTML.time(track.state.since.wall)). \(track.shownLight.badge)</p>
                """
            } ?? ""
        let obstacles: HTML =
            consequence.obstacles.isEmpty
            ? ""
            : """
            <div class="banner hold"><p><i aria-hidden="true">◐</i> <b>As things stand, it will be \
            refused:</b></p><ul>\(consequence.obstacles.map { "<li>\($0)</li>" as HTML })</ul></div>

            """
        let required: HTML = consequence.needsReason ? " required" : ""
        return Layout(title: consequence.heading, caller: caller).page(
            """
            <section class="ask" aria-labelledby="h-ask"><h1 id="h-ask">\(consequence.heading)</h1>
            \(place)
            <h2>What it does</h2>
            <ul class="effects">\(consequence.effects.map { "<li>\($0)</li>" as HTML })</ul>
            \(obstacles)
            <form method="post" action="\(address)">
            \(hidden)
            <p><label>Reason\(consequence.needsReason ? "" : " <small>(recorded; may be empty)</small>" as HTML) \
            <input name="reason" maxlength="500" autocomplete="off"\(required)></label></p>
            <p class="answer"><button class="act">\(consequence.button)</button> \
            <a href="\(back)">No, back</a></p>
            <p><small>It is recorded as asked by \(caller.actor).</small></p>
            </form></section>
            """
        )
    }

    private var address: String {
        (track.map(\.path) ?? "") + "/ask/" + wish.verb.rawValue
    }

    private var hidden: HTML {
        var fields = wish.fields(on: track)
        fields.append(("stamp", stamp))
        fields.append(("id", id))
        if let shown { fields.append(("revision", String(shown.state.revision))) }
        if let at = view.status.at { fields.append(("seen", at.description)) }
        return fields.map { field -> HTML in
            "<input type=\"hidden\" name=\"\(field.name)\" value=\"\(field.value)\">\n"
        }.joined()
    }
}

/// What the conductor answered.
struct AnswerPage: Sendable {
    var wish: Wish
    var track: TrackID?
    var caller: Caller
    var reply: CommandReply
    /// What happened since the question was opened, where it was refused for being late.
    var changes: [String]

    var html: HTML {
        let title = reply.accepted ? "Done" : "Refused"
        let sign: HTML = reply.accepted ? "●" : "✖"
        let style: HTML = reply.accepted ? "quiet" : "stop"
        var parts: [HTML] = []
        if !reply.unmet.isEmpty {
            parts.append(
                "<h2>What is not met</h2><ul class=\"effects\">\(reply.unmet.map { "<li>\($0)</li>" as HTML })</ul>"
            )
        }
        if !changes.isEmpty {
            parts.append(
                "<h2>What has changed since you looked</h2><ul class=\"effects\">\(changes.map { "<li>\($0)</li>" as HTML })</ul>"
            )
        }
        return Layout(title: title, caller: caller).page(
            """
            <section class="ask" aria-labelledby="h-ask"><h1 id="h-ask">\(title)</h1>
            <p class="banner \(style)" role="status"><i aria-hidden="true">\(sign)</i> \
            \(wish.verb.rawValue) \(wish.scope.description): \(reply.message)</p>
            \(parts.joined())
            <p><a href="\(track?.path ?? "/")">\(track.map { "\($0)" } ?? "All releases")</a></p></section>
            """
        )
    }
}
