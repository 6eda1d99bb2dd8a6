import ConductorCore

/// Where somebody logs in.
struct LoginPage: Sendable {
    /// The place to go on to.
    var to: String
    /// What was wrong with the last try.
    var problem: String?
    /// Who else says who somebody is.
    var provider: String?

    private var elsewhere: HTML {
        guard let provider else { return "" }
        return """
            <p><a class="button" href="/login/oidc?to=\(Filter.escaped(to))">Log in with \(provider)</a></p>

            """
    }

    var html: HTML {
        let said: HTML =
            problem.map {
                "<p class=\"banner stop\" role=\"alert\"><i aria-hidden=\"true\">✖</i> \($0)</p>"
            }
            ?? ""
        return Layout(title: "Log in").page(
            """
            <section class="ask" aria-labelledby="h-login"><h1 id="h-login">Log in</h1>
            \(said)\(elsewhere)
            <form method="post" action="/login">
            <input type="hidden" name="to" value="\(to)">
            <p><label>Token <input type="password" name="token" autocomplete="off" maxlength="200" required></label></p>
            <p><button>Log in</button></p></form>
            <p>A token is made on the conductor's machine by \
            <code>conductord dashboard token create NAME --role operator</code>; a link for a browser on that \
            machine by <code>conductord dashboard login</code>.</p></section>
            """
        )
    }
}

/// What a login link opens: following it changes nothing, sending the form does.
struct LoginLinkPage: Sendable {
    var code: String

    var html: HTML {
        Layout(title: "Log in").page(
            """
            <section class="ask" aria-labelledby="h-login"><h1 id="h-login">Log in</h1>
            <form method="post" action="/login/link">
            <input type="hidden" name="code" value="\(code)">
            <p>This link logs this browser in, once.</p>
            <p><button>Log in</button></p></form></section>
            """
        )
    }
}

/// Who is logged in, and the way out.
struct AccountPage: Sendable {
    var caller: Caller
    var stamp: String

    var html: HTML {
        let grant = caller.grant
        let apps = grant.apps.map { $0.joined(separator: ", ") } ?? "all apps"
        let may =
            switch grant.role {
            case .viewer: "looks"
            case .operator: "looks, and acts on tracks"
            case .admin: "looks, acts, and stops everything"
            }
        let way: HTML
        switch caller.door {
        case .session:
            way = """
                <form method="post" action="/logout"><input type="hidden" name="stamp" value="\(stamp)">
                <p><button>Log out</button></p></form>
                """
        case .open: way = "<p><a href=\"/login\">Log in</a></p>"
        case .proxy: way = "<p>A proxy says who you are; it logs you out, too.</p>"
        case .token: way = ""
        }
        return Layout(title: "Account", caller: caller).page(
            """
            <section class="ask" aria-labelledby="h-account"><h1 id="h-account">\(caller.actor)</h1>
            <p>Role <b>\(grant.role.rawValue)</b>: \(may). For \(apps).</p>
            \(way)</section>
            """
        )
    }
}
