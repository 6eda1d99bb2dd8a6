import ConductorCore

/// What concerns all tracks: STOP, holds, the journal, the sources, bugs that nobody has sorted.
struct FleetPanel: Sendable {
    var view: FleetView

    /// Ends of facts' names that count bugs nobody has sorted, and how they are called.
    private static let unsorted = [
        (".without_version.open", "without a version"),
        (".without_priority.open", "without a priority"),
        (".without_owner.open", "without an owner"),
    ]

    var html: HTML {
        "<div class=\"panel\" id=\"panel\">\(banners)\(SourcesPart(view: view).wrong)\(bugs)</div>\n"
    }

    private var banners: HTML {
        let status = view.status
        var lines: [HTML] = []
        if let stop = status.stop {
            var words: HTML = "<b>STOP</b>: nothing is started"
            if let actor = stop.actor { words += ", by \(actor)" }
            if let since = stop.since { words += ", \(HTML.since(since))" }
            if let reason = stop.reason { words += ": \(reason)" }
            lines.append(banner("stop", "✖", words))
        }
        if let fault = view.fault {
            lines.append(
                banner(
                    "stop",
                    "✖",
                    "<b>The journal cannot be written</b>, so nothing is done: \(fault)"
                )
            )
        }
        if status.isDiskFull {
            lines.append(
                banner(
                    "stop",
                    "✖",
                    "<b>The journal's disk is full</b>: only holds, STOP and brakes are written"
                )
            )
        }
        if status.isReconciling {
            lines.append(
                banner(
                    "hold",
                    "‖",
                    "Restored from a backup: open actions are probed before anything starts"
                )
            )
        }
        for hold in status.holds {
            var words: HTML =
                "<b>Hold</b> on \(hold.scope.description), by \(hold.actor), \(HTML.since(hold.since))"
            if let reason = hold.reason { words += ": \(reason)" }
            lines.append(banner("hold", "‖", words))
        }
        return lines.joined()
    }

    private func banner(_ style: HTML, _ sign: HTML, _ words: HTML) -> HTML {
        "<p class=\"banner \(style)\"><i aria-hidden=\"true\">\(sign)</i> \(words)</p>\n"
    }

    private var bugs: HTML {
        var items: [HTML] = []
        for source in view.sources {
            for (path, value) in source.facts {
                guard let count = value.intValue, count > 0,
                    let kind = Self.unsorted.first(where: { path.hasSuffix($0.0) })
                else { continue }
                let page = path.dropLast("open".count) + "url"
                let address = source.facts.first { $0.path == page }?.value.stringValue ?? ""
                items.append(
                    "<li>\(HTML.link(address, "<b>\(String(count))</b> bugs \(kind.1)")) <small>\(source.scope.description)</small></li>"
                )
            }
        }
        return items.isEmpty
            ? "" : "<ul class=\"bugs\" aria-label=\"Bugs that nobody has sorted\">\(items)</ul>\n"
    }
}

/// How the sources fare.
struct SourcesPart: Sendable {
    var view: FleetView

    /// That all is well, in a word.
    var html: HTML {
        guard !view.sources.isEmpty, view.sources.allSatisfy(\.isFine) else { return "" }
        return """
            <p class="well"><span class="light green"><i aria-hidden="true">●</i> all \
            \(view.sources.count) polls answered</span></p>
            """
    }

    /// What brings no news, each with its reason.
    var wrong: HTML {
        let wrong = view.sources.filter { !$0.isFine }
        guard !wrong.isEmpty else { return "" }
        let items = wrong.map { source -> HTML in
            var words: HTML = "<b>\(source.name)</b> for \(source.scope.description): "
            if let failure = source.failure {
                words += "\(failure.words)"
                if let message = source.message, !message.isEmpty { words += " (\(message))" }
            } else {
                words += source.fetched == nil ? "not asked yet" : "stale"
            }
            words +=
                source.fetched.map {
                    ", last answer <time class=\"ago\" datetime=\"\($0.description)\">\(Words.minute($0))</time>"
                        as HTML
                }
                ?? ", never answered"
            let style: HTML = source.failure == .unauthorised ? "red" : "unknown"
            return """
                <li class="\(style)"><i aria-hidden="true">\(source.failure == .unauthorised ? "✖" : "?")</i> \
                \(words)</li>

                """
        }
        return """
            <details class="sources" open><summary>\(wrong.count) of \(view.sources.count) polls bring \
            no news</summary><ul>\(items)</ul></details>

            """
    }
}

extension PollFailure {
    /// What is wrong, for people.
    var words: String {
        switch self {
        case .timedOut: "no answer in time"
        case .unreachable: "cannot be reached"
        case .refused: "refused"
        case .unauthorised: "the credential is refused"
        case .notFound: "not found"
        case .rateLimited: "asked too often"
        case .tooLarge: "the answer is too large"
        case .malformed: "the answer makes no sense"
        case .exitStatus: "the command failed"
        case .misconfigured: "not configured"
        case .internal: "an error of our own"
        }
    }
}
