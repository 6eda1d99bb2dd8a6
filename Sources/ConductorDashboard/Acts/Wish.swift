import ConductorCore
import HTTPTypes

/// What somebody wants done, before it is asked of the conductor.
struct Wish: Sendable {
    var verb: Verb
    /// As it was said, so that a page can say it again.
    var arguments: [String: JSON]
    var scope: Scope
    var request: Command.Request

    /// - Throws: `Problem` for what means nothing, or not there.
    init(_ verb: Verb, _ arguments: [String: JSON], at scope: Scope) throws(Problem) {
        guard verb.fits(scope) else {
            throw Problem(.badRequest, "'\(verb.rawValue)' is not asked for at '\(scope)'")
        }
        self.verb = verb
        self.arguments = arguments
        self.scope = scope
        request = try verb.request(arguments)
    }

    /// What a page's address or form says; `track` is that of the page, nil where it is of all.
    ///
    /// - Throws: `Problem`.
    init(_ name: String, _ values: [String: String], track: TrackID?) throws(Problem) {
        guard let verb = Verb(rawValue: name), verb.isOnPages else {
            let known = Verb.allCases.filter(\.isOnPages).map(\.rawValue)
            throw Problem(
                .notFound,
                "nobody can ask for that; there is \(known.joined(separator: ", "))"
            )
        }
        var rest = values
        let width = rest.removeValue(forKey: "scope")
        let scope: Scope
        switch (track, width) {
        case (let track?, nil), (let track?, "track"): scope = .track(track)
        case (let track?, "release"): scope = .release(track.release)
        case (let track?, "app"): scope = .app(track.app)
        case (_?, _):
            throw Problem(.badRequest, "'scope' is one of track, release, app")
        case (nil, nil): scope = .installation
        case (nil, let text?):
            guard let named = Scope(text) else {
                throw Problem(.badRequest, "'scope' is *, an app, a release or a track")
            }
            scope = named
        }
        var arguments: [String: JSON] = [:]
        for (name, value) in rest where !value.isEmpty {
            let isFlag = name == "done" || name == "lift"
            switch value {
            case "true" where isFlag: arguments[name] = true
            case "false" where isFlag: arguments[name] = false
            default: arguments[name] = .string(value)
            }
        }
        try self.init(verb, arguments, at: scope)
    }

    /// The same, as a form of a track's page, or of that of all, carries it.
    func fields(on track: TrackID?) -> [(name: String, value: String)] {
        var fields = arguments.map { argument in
            (name: argument.key, value: argument.value.stringValue ?? argument.value.description)
        }
        fields.append(("scope", track == nil ? scope.description : scope.level.rawValue))
        return fields.sorted { $0.name.precedes($1.name) }
    }

    /// - Throws: `Problem` where somebody may not ask for it.
    func check(_ caller: Caller) throws(Problem) {
        guard caller.isKnown else {
            throw Problem(.unauthorized, "whoever acts says who they are first")
        }
        guard caller.grant.allows(request, at: scope) else {
            let apps = caller.grant.apps.map { " of \($0.joined(separator: ", "))" } ?? ""
            throw Problem(
                .forbidden,
                "\(caller.actor) is \(caller.grant.role.rawValue)\(apps), and may not ask for"
                    + " '\(verb.rawValue)' at '\(scope)'"
            )
        }
    }
}
