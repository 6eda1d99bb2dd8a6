import ConductorCore

/// The page of all tracks.
struct OverviewPage: Sendable {
    var view: FleetView
    var filter: Filter
    var isLate: Bool
    /// Rows that were rendered already.
    var rows: [TrackID: HTML]
    var caller: Caller

    var html: HTML {
        let layout = Layout(
            title: "Releases",
            live: (view.tick, view.status.at, view.interval),
            isLate: isLate,
            caller: caller
        )
        let shown = view.status.tracks.filter(filter.fits)
        return layout.page(
            """
            <h1 class="sr">Releases</h1>
            \(FleetPanel(view: view).html)\(FleetActPart(status: view.status, caller: caller).html)
            <div class="bar" id="bar">\(counts)\(form)\(SourcesPart(view: view).html)</div>
            \(shelves(shown))
            """
        )
    }

    // MARK: How many of each, and the filters

    private var counts: HTML {
        var others = filter
        others.light = nil
        let tracks = view.status.tracks.filter(others.fits)
        guard !tracks.isEmpty else { return "" }
        let parts = [Light.red, .unknown, .yellow, .green, .grey].compactMap { light -> HTML? in
            let count = tracks.count { $0.shownLight == light }
            let isChosen = filter.light == light
            guard count > 0 || isChosen else { return nil }
            let path = filter.path(light: isChosen ? nil : light)
            return """
                <li><a class="light \(light.style)" href="\(path)"\
                \(isChosen ? " aria-current=\"true\"" as HTML : "")>\
                <i aria-hidden="true">\(light.sign)</i> <b>\(count)</b> \(light.word)</a></li>
                """
        }
        return "<ul class=\"counts\" id=\"counts\" aria-label=\"Tracks by state\">\(parts)</ul>\n"
    }

    private var form: HTML {
        let ids = view.status.tracks.map(\.state.track)
        let apps = Set(ids.map(\.app)).sorted { $0.precedes($1) }
        let platforms = Set(ids.map(\.platform)).sorted { $0.precedes($1) }
        guard !ids.isEmpty || !filter.isEmpty else { return "" }
        let light = filter.light.map {
            "<input type=\"hidden\" name=\"light\" value=\"\($0.rawValue)\">" as HTML
        }
        return """
            <form class="filter" id="filter" method="get" action="/" role="search">
            \(choice("app", "App", apps, filter.app))
            \(choice("platform", "Platform", platforms, filter.platform))
            <label>Text <input type="search" name="q" value="\(filter.text ?? "")" maxlength="200"></label>
            \(light ?? "")<button>Show</button>\
            \(filter.isEmpty ? "" : " <a href=\"/\">Show all</a>" as HTML)
            </form>
            """
    }

    private func choice(
        _ name: String,
        _ title: String,
        _ values: [String],
        _ chosen: String?
    ) -> HTML {
        let known = values.contains { $0 == chosen }
        let all = known || chosen == nil ? values : values + [chosen ?? ""]
        let options = all.map { value -> HTML in
            "<option\(value == chosen ? " selected" as HTML : "")>\(value)</option>"
        }
        return """
            <label>\(title) <select name="\(name)"><option value="">all</option>\(options)</select></label>
            """
    }

    // MARK: Shelves

    private func shelves(_ shown: [TrackView]) -> HTML {
        guard !view.status.tracks.isEmpty else {
            return """
                <section class="empty"><h2>No release yet</h2>
                <p>A track is a version of an app on a platform. Register the first one:</p>
                <pre><code>conductord track add APP/PLATFORM/VERSION</code></pre>
                <p>It appears here by itself.</p></section>
                """
        }
        guard !shown.isEmpty else {
            return """
                <section class="empty"><h2>Nothing fits</h2>
                <p>No track fits this filter. <a href="/">Show all \(view.status.tracks.count)</a></p>
                </section>
                """
        }
        let live = shown.filter { !$0.state.retired }
        let shelves = [Stage.Shelf.production, .current, .upcoming].map { shelf -> HTML in
            let tracks = live.filter { Self.shelf(of: $0) == shelf }
            return section(shelf, tracks)
        }
        return shelves.joined() + retired(shown.filter(\.state.retired))
    }

    private func section(_ shelf: Stage.Shelf, _ tracks: [TrackView]) -> HTML {
        let (name, words): (String, String) =
            switch shelf {
            case .production: ("Production", "with users")
            case .current: ("Current", "branched, not yet with users")
            case .upcoming: ("Upcoming", "no release branch yet")
            }
        let body: HTML =
            tracks.isEmpty
            ? ""
            : "<ul class=\"tracks\" id=\"tracks-\(shelf.rawValue)\">\n\(tracks.map { rows[$0.state.track] ?? "" })</ul>"
        return """
            <section class="shelf" id="shelf-\(shelf.rawValue)" aria-labelledby="h-\(shelf.rawValue)">
            <h2 id="h-\(shelf.rawValue)">\(name) <small>\(tracks.isEmpty ? "none" : String(tracks.count)) · \(words)</small></h2>
            \(body)
            </section>

            """
    }

    private func retired(_ tracks: [TrackView]) -> HTML {
        guard !tracks.isEmpty else { return "" }
        let items = tracks.map { track -> HTML in
            let id = track.state.track
            return """
                <li><a href="\(id.path)">\(id.description)</a> in \(track.state.stage ?? "no stage"), \
                \(HTML.since(track.state.since.wall))</li>
                """
        }
        return """
            <details class="retired" id="retired"><summary>\(tracks.count) retired lately</summary>
            <ul>\(items)</ul></details>

            """
    }

    private static func shelf(of track: TrackView) -> Stage.Shelf {
        track.state.stage.flatMap { track.machine?.stage($0)?.shelf } ?? .upcoming
    }
}
