import ConductorCore

/// What all pages have around their content.
struct Layout: Sendable {
    var title: String
    /// What the page shows: the tick's time and number, where it follows the daemon.
    var live: (tick: Int, at: Instant?, interval: Span)?
    /// The daemon has not decided for too long: nothing here is known any more.
    var isLate = false
    /// Who looks, where that is known.
    var caller: Caller?

    func page(_ main: HTML) -> HTML {
        var attributes: HTML = ""
        if let live {
            attributes = """
                 data-live="/api/v1/events" data-tick="\(live.tick)"\
                \(live.at.map { " data-at=\"\($0.description)\"" as HTML } ?? "")
                """
        }
        return """
            <!doctype html>
            <html lang="en"\(isLate ? " class=\"late\"" as HTML : "")>
            <head>
            <meta charset="utf-8">
            <title>\(title)</title>
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="referrer" content="same-origin">
            <link rel="stylesheet" href="\(Assets.style.path)">
            <link rel="icon" href="\(Assets.icon.path)" type="image/svg+xml">
            <script src="\(Assets.script.path)" defer></script>
            \(live == nil ? "" : "<noscript><meta http-equiv=\"refresh\" content=\"60\"></noscript>" as HTML)\
            </head>
            <body\(attributes)>
            <a class="skip" href="#main">Skip to content</a>
            <header class="top">
            <a class="home" href="/">conductord</a>
            <nav aria-label="Pages"><a href="/">Releases</a> <a href="/api/v1/openapi.json">API</a>\(account)</nav>
            <p id="link" role="status" class="link">\(asOf)</p>
            </header>
            <main id="main" tabindex="-1">
            <p id="lost" class="banner lostbanner" role="alert"\(isLate ? "" : " hidden" as HTML)>\
            \(isLate ? lateWords : "")</p>
            \(main)
            </main>
            </body>
            </html>

            """
    }

    private var account: HTML {
        guard let caller else { return "" }
        return caller.isKnown
            ? " <a href=\"/account\">Account</a>" : " <a href=\"/login\">Log in</a>"
    }

    private var asOf: HTML {
        guard let live else { return "" }
        guard let at = live.at else { return "Nothing was decided yet" }
        return "As of \(HTML.time(at))"
    }

    private var lateWords: HTML {
        """
        The conductor has not decided for too long: what stands here was so, and may be so no more.
        """
    }
}
