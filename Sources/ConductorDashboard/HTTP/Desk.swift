import ConductorCore
import ConductorPorts
import HTTPTypes

/// Answers questions as far as whoever asks may hear it; it changes nothing, whatever is asked.
struct Desk: Sendable {
    /// Who asks.
    var caller = Caller.anybody
    let board: Board
    let archive: any Archive
    let limits: DashboardLimits
    let stamper: Stamper
    /// Who else says who somebody is.
    var provider: String?

    /// - Throws: `Problem`, or `NoAnswer` of the archive.
    func reply(
        _ endpoint: Endpoint,
        _ values: [String: String],
        _ question: Question
    ) async throws -> Reply {
        switch endpoint {
        case .overview: .answer(try await overview(question))
        case .login: .answer(try login(question))
        case .loginLink: .answer(try loginLink(question))
        case .account: .answer(try account(question))
        case .ask: .answer(try ask(values["verb"] ?? "", nil, question))
        case .trackAsk: .answer(try ask(values["verb"] ?? "", try track(values), question))
        case .loginElsewhere, .loginReturn:
            throw Problem(.notFound, "nobody else says here who you are")
        case .logout: throw Problem(.methodNotAllowed, "a session ends by POST")
        case .track: .answer(try await trackPage(try track(values), question))
        case .asset: .answer(try asset(values["file"] ?? "", question))
        case .alive: .answer(try alive(question))
        case .ready: .answer(try ready(question))
        case .apiTracks: .answer(try await tracks(question))
        case .apiTrack: .answer(try track(try track(values), question))
        case .apiExplain: .answer(try await explain(try track(values), question))
        case .apiTimeline: .answer(try await timeline(try track(values), question))
        case .apiDecisions: .answer(try await decisions(try track(values), question))
        case .apiTrackCommands: .answer(try await commands(try track(values), question))
        case .apiSeries: .answer(try await series(try track(values), question))
        case .badge: .answer(try badge(try track(values), question))
        case .apiCommands: .answer(try await commands(nil, question))
        case .apiMachines: .answer(try await machines(question))
        case .apiMachine: .answer(try await machine(values["digest"] ?? "", question))
        case .apiHealth: .answer(try health(question))
        case .apiEvents: try events(question)
        case .apiDocument: .answer(try document(question))
        }
    }

    /// The track that an address names, if whoever asks may look at it.
    func track(_ values: [String: String]) throws(Problem) -> TrackID {
        let name = [values["app"], values["platform"], values["version"]]
            .compactMap(\.self).joined(separator: "/")
        guard let track = TrackID(name) else {
            throw Problem(
                .notFound,
                "a track is named app/platform/version, with letters, digits and . _ + - alone"
            )
        }
        guard caller.grant.covers(app: track.app) else {
            throw Problem(
                .forbidden,
                "\(caller.actor) may look at \(caller.grant.apps?.joined(separator: ", ") ?? ""), and"
                    + " not at \(track.app)"
            )
        }
        return track
    }

    // MARK: Pages

    private func overview(_ question: Question) async throws -> Answer {
        try question.allow(Filter.names)
        let filter = try Filter(question)
        guard let shown = board.shown else {
            return .html(StartingPage().html, status: .serviceUnavailable)
        }
        let isLate = board.isLate(shown)
        let name = "overview \(caller.view) \(filter.path(light: filter.light)) \(isLate)"
        let answer = await board.kept(name) { shown in
            .html(
                OverviewPage(
                    view: shown.view.part(for: caller.grant),
                    filter: filter,
                    isLate: isLate,
                    rows: shown.rows,
                    caller: caller
                ).html
            )
        }
        return answer ?? .html(StartingPage().html, status: .serviceUnavailable)
    }

    private func trackPage(_ track: TrackID, _ question: Question) async throws -> Answer {
        try question.allow(["at"])
        if let at = try question.moment() {
            return .html(try await page(of: track, at: at, nil))
        }
        let isLate = board.shown.map(board.isLate) ?? false
        let answer = try await board.kept("page \(caller.view) \(track) \(isLate)") { shown in
            .html(try await page(of: track, at: nil, shown.view, isLate: isLate))
        }
        if let answer { return answer }
        return .html(try await page(of: track, at: nil, nil))
    }

    private func page(
        of track: TrackID,
        at: Instant?,
        _ view: FleetView?,
        isLate: Bool = false
    ) async throws -> HTML {
        let explained = try await archive.explain(track, at: at)
        let paths = TrackPage.metrics(of: explained).map(\.path)
        return TrackPage(
            explained: explained,
            story: try await archive.timeline(of: track, at: at),
            recent: paths.isEmpty
                ? [:]
                : try await archive.recent(paths, on: track, at: at, limit: limits.sparkPoints),
            at: at,
            view: view,
            isLate: isLate,
            limits: limits,
            caller: caller
        ).html
    }

    private func asset(_ file: String, _ question: Question) throws(Problem) -> Answer {
        try question.allow([])
        guard let asset = Assets.all.first(where: { $0.path == "/assets/\(file)" }) else {
            throw Problem(.notFound, "there is no such file; a newer page names newer ones")
        }
        return asset.answer
    }

    /// The question before an act; asking it changes nothing.
    private func ask(
        _ verb: String,
        _ track: TrackID?,
        _ question: Question
    ) throws(Problem) -> Answer {
        let wish = try Wish(verb, question.query, track: track)
        try wish.check(caller)
        let view = try view()
        if let track, view.track(track) == nil { throw Self.unknown(track, among: view) }
        let page = QuestionPage(
            wish: wish,
            track: track,
            view: view,
            caller: caller,
            stamp: stamper.stamp(caller.bearer),
            id: "page-" + Secret.make().prefix(32)
        )
        return .page(page.html)
    }

    private func login(_ question: Question) throws(Problem) -> Answer {
        try question.allow(["to"])
        return .page(
            LoginPage(to: Self.place(question.value("to")), provider: provider).html
        )
    }

    private func loginLink(_ question: Question) throws(Problem) -> Answer {
        try question.allow(["code"])
        return .page(LoginLinkPage(code: question.value("code") ?? "").html)
    }

    private func account(_ question: Question) throws(Problem) -> Answer {
        try question.allow([])
        return .page(AccountPage(caller: caller, stamp: stamper.stamp(caller.bearer)).html)
    }

    /// A place of ours to go on to, and never one elsewhere.
    static func place(_ text: String?) -> String {
        guard let text, text.hasPrefix("/"), !text.hasPrefix("//"), !text.contains("\\"),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return "/" }
        return text
    }

    // MARK: Health

    private func alive(_ question: Question) throws(Problem) -> Answer {
        try question.allow([])
        let health = Health(of: board)
        switch health {
        case .ok, .starting: return .plain(health.rawValue, status: .ok)
        case .late, .fault: return .plain(health.rawValue, status: .serviceUnavailable)
        }
    }

    private func ready(_ question: Question) throws(Problem) -> Answer {
        try question.allow([])
        let health = Health(of: board)
        switch health {
        case .ok: return .plain(health.rawValue, status: .ok)
        case .starting, .late, .fault:
            return .plain(health.rawValue, status: .serviceUnavailable)
        }
    }

    private func health(_ question: Question) throws(Problem) -> Answer {
        try question.allow([])
        return .json(Health.document(of: board, for: caller.grant, version: Conductor.engine))
    }

    // MARK: Documents

    private func view() throws(Problem) -> FleetView {
        guard let shown = board.shown else {
            throw Problem(
                .serviceUnavailable,
                "nothing was decided yet; ask again in a moment",
                fields: [(.retryAfter, "1")]
            )
        }
        return shown.view.part(for: caller.grant)
    }

    private func limit(_ question: Question) throws(Problem) -> Int {
        Int(
            try question.number(
                "limit",
                in: 1...Int64(limits.mostEntries),
                otherwise: Int64(limits.pageEntries)
            )
        )
    }

    private func row(_ question: Question) throws(Problem) -> Int64 {
        try question.number("after", in: 0...Int64.max, otherwise: 0)
    }

    /// A document, and the address of the part that follows it.
    private func list(
        _ document: JSON,
        next: String?,
        _ question: Question
    ) -> Answer {
        guard let next else { return .json(document) }
        var query = question.query
        query["after"] = next
        let parts = query.sorted { $0.key.precedes($1.key) }
            .map { "\(Filter.escaped($0.key))=\(Filter.escaped($0.value))" }
        let path = "/" + question.path.map(Filter.escaped).joined(separator: "/")
        let link = "<\(path)?\(parts.joined(separator: "&"))>; rel=\"next\""
        return .json(document, fields: [(.known("Link"), link)])
    }

    private func tracks(_ question: Question) async throws -> Answer {
        try question.allow(Filter.names + ["limit", "after"])
        let view = try view()
        var after: TrackID?
        if let text = question.value("after") {
            guard let track = TrackID(text) else {
                throw Problem(.badRequest, "'after' is the name of a track: app/platform/version")
            }
            after = track
        }
        let filter = try Filter(question)
        let limit = try limit(question)
        let part = Documents.tracks(view, filter: filter, after: after, limit: limit)
        return list(part.document, next: part.next?.description, question)
    }

    private func track(_ track: TrackID, _ question: Question) throws(Problem) -> Answer {
        try question.allow([])
        let view = try view()
        guard let found = view.track(track) else { throw Self.unknown(track, among: view) }
        return .json(view.status.json(of: found))
    }

    private static func unknown(_ track: TrackID, among view: FleetView) -> Problem {
        Problem(
            .notFound,
            "\(track) is not among the \(view.status.tracks.count) tracks that are live or retired"
                + " lately; /explain and /timeline know older ones"
        )
    }

    private func explain(_ track: TrackID, _ question: Question) async throws -> Answer {
        try question.allow(["at"])
        return .json(try await archive.explain(track, at: try question.moment()).json)
    }

    private func timeline(_ track: TrackID, _ question: Question) async throws -> Answer {
        try question.allow(["at", "limit", "after"])
        let after = Int(try row(question))
        let limit = Int(
            try question.number(
                "limit",
                in: 1...Int64(limits.mostEntries),
                otherwise: Int64(limits.mostEntries)
            )
        )
        let report = try await archive.timeline(of: track, at: try question.moment())
        let (document, next) = Documents.timeline(report, after: after, limit: limit)
        return list(document, next: next.map(String.init), question)
    }

    private func decisions(_ track: TrackID, _ question: Question) async throws -> Answer {
        try question.allow(["limit", "after"])
        let part = try await archive.decisions(
            on: track,
            after: try row(question),
            limit: try limit(question)
        )
        return list(
            [
                "track": .string(track.description), "decisions": .array(part.items),
                "next": part.next.map { .int($0) } ?? .null,
            ],
            next: part.next.map(String.init),
            question
        )
    }

    private func series(_ track: TrackID, _ question: Question) async throws -> Answer {
        try question.allow(["fact", "limit", "after"])
        let part = try await archive.series(
            of: question.value("fact"),
            on: track,
            after: try row(question),
            limit: try limit(question)
        )
        return list(
            [
                "track": .string(track.description), "points": .array(part.items),
                "next": part.next.map { .int($0) } ?? .null,
            ],
            next: part.next.map(String.init),
            question
        )
    }

    private func commands(_ track: TrackID?, _ question: Question) async throws -> Answer {
        try question.allow(["limit", "after"])
        let part = try await archive.commands(
            over: track,
            after: try row(question),
            limit: try limit(question)
        )
        let items = part.items.filter { item in
            item["scope"]?.stringValue.flatMap(Scope.init).map(caller.grant.sees) ?? false
        }
        return list(
            [
                "commands": .array(items), "next": part.next.map { .int($0) } ?? .null,
            ],
            next: part.next.map(String.init),
            question
        )
    }

    private func machines(_ question: Question) async throws -> Answer {
        try question.allow([])
        let answer = await board.kept("machines \(caller.view)") {
            .json(Documents.machines($0.view.part(for: caller.grant)))
        }
        guard let answer else {
            _ = try view()
            throw Problem(.serviceUnavailable, "nothing was decided yet")
        }
        return answer
    }

    private func machine(_ digest: String, _ question: Question) async throws -> Answer {
        try question.allow([])
        guard digest.utf8.count == 64,
            digest.utf8.allSatisfy({ byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
            })
        else {
            throw Problem(.notFound, "a machine's digest has 64 hexadecimal digits")
        }
        if !caller.grant.isUnlimited {
            guard try view().status.tracks.contains(where: { $0.state.machine == digest }) else {
                throw Problem(.forbidden, "no track that you may look at is pinned to it")
            }
        }
        return .json(try Documents.machine(try await archive.machine(digest)))
    }

    private func badge(_ track: TrackID, _ question: Question) throws(Problem) -> Answer {
        try question.allow([])
        let view = try view()
        guard let found = view.track(track) else { throw Self.unknown(track, among: view) }
        return Badge.svg(of: found)
    }

    private func document(_ question: Question) throws(Problem) -> Answer {
        try question.allow([])
        return .json(OpenAPI.document)
    }

    // MARK: Events

    private func events(_ question: Question) throws(Problem) -> Reply {
        try question.allow(["after"])
        let current = try view().tick
        var last: Int?
        if question.value("after") != nil { last = Int(try row(question)) }
        if let text = question.headers[.lastEventID], !text.isEmpty {
            // What is no number was never one of ours: nothing is known of what was missed.
            last = Int(text) ?? -1
        }
        let (stream, leave) = try board.streams.listen(
            from: caller.isKnown ? caller.actor : question.address,
            grant: caller.grant,
            after: last,
            current: current
        )
        return .events(stream, leave: leave)
    }
}

extension HTTPField.Name {
    static let lastEventID = Self.known("Last-Event-ID")

    /// A name that is written here, and is one.
    static func known(_ name: String) -> Self {
        guard let field = Self(name) else { preconditionFailure("\(name) is no name of a field.") }
        return field
    }
}
