import ConductorCore
import ConductorPorts
import HTTPTypes
import Logging

/// Establishes who asks: by a token, a trusted proxy's header, or a cookie.
struct Doorkeeper: Sendable {
    private let access: AccessDefinition?
    private let hasTLS: Bool
    private let state: String
    private let shelf: TokenShelf
    private let sessions = Sessions()
    let stamper = Stamper()
    let clock: any ConductorClock

    /// `state` is the state directory, with tokens and login links.
    init(
        _ definition: HTTPDefinition,
        state: String,
        clock: any ConductorClock,
        logger: Logger
    ) {
        access = definition.access
        hasTLS = definition.tls != nil
        self.state = state
        self.clock = clock
        shelf = TokenShelf(path: TokenBook.path(in: state), logger: logger)
    }

    // MARK: Who asks

    /// Who asks.
    ///
    /// `isNamed`: it was called by a name of its own, which browsers reach through TLS.
    ///
    /// - Throws: `Problem` where something is shown that lets nobody in, or nothing where something
    ///   must be.
    func caller(
        _ headers: HTTPFields,
        from address: String,
        isNamed: Bool
    ) throws(Problem) -> Caller {
        if let text = headers[.authorization] { return try caller(byHeader: text) }
        if let person = person(headers, from: address) {
            guard let grant = access?.grant(of: person) else {
                throw Problem(.forbidden, "nothing is granted to '\(person)'")
            }
            return Caller(actor: "proxy:\(person)", grant: grant, door: .proxy)
        }
        if let secret = cookie(headers, isSealed: hasTLS || isNamed),
            let caller = caller(byCookie: secret)
        {
            return caller
        }
        guard access == nil else {
            throw Problem(
                .unauthorized,
                "this needs to know who you are: log in, or send a token",
                fields: [(.wwwAuthenticate, "Bearer realm=\"conductord\"")]
            )
        }
        return .anybody
    }

    /// Whether who was let in may still stay.
    func isGood(_ caller: Caller) -> Bool {
        let now = clock.wall()
        return switch caller.door {
        case .open, .proxy: true
        case .token(let hash):
            shelf.book.tokens.contains { $0.hash == hash && $0.isGood(at: now) }
        case .session(let hash): sessions.find(hash, at: now).flatMap(standing) != nil
        }
    }

    private func caller(byHeader text: String) throws(Problem) -> Caller {
        let words = text.split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0].lowercased() == "bearer" else {
            throw Self.refusal("only 'Authorization: Bearer TOKEN' is understood")
        }
        let token = try token(of: String(words[1]))
        return Caller(
            actor: "token:\(token.name)",
            grant: token.grant,
            door: .token(hash: token.hash)
        )
    }

    /// The good token of a secret.
    ///
    /// - Throws: `Problem`, with what is wrong with it, which only who has it can hear.
    private func token(of secret: String) throws(Problem) -> APIToken {
        guard let token = shelf.book.token(of: secret) else {
            throw Self.refusal("this token is not known here")
        }
        switch token.standing(at: clock.wall()) {
        case "good": return token
        case let standing:
            throw Self.refusal("the token '\(token.name)' is \(standing): ask for another one")
        }
    }

    private static func refusal(_ detail: String) -> Problem {
        Problem(
            .unauthorized,
            detail,
            fields: [(.wwwAuthenticate, "Bearer realm=\"conductord\", error=\"invalid_token\"")]
        )
    }

    private static let longestName = 200

    /// Whom a trusted proxy names.
    private func person(_ headers: HTTPFields, from address: String) -> String? {
        guard let proxy = access?.proxy, proxy.addresses.contains(Self.plain(address)),
            let field = HTTPField.Name(proxy.user)
        else { return nil }
        // A name that is given twice, is nobody's.
        let values = headers[values: field]
        guard values.count == 1, let name = values.first, !name.isEmpty,
            name.utf8.count <= Self.longestName, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        return name
    }

    /// An address of version 4 that came as one of version 6 is the same.
    private static func plain(_ address: String) -> String {
        let lower = address.lowercased()
        return lower.hasPrefix("::ffff:") && lower.contains(".")
            ? String(lower.dropFirst(7)) : lower
    }

    // MARK: Cookies

    /// Over TLS the name binds the cookie to this very host, and to TLS.
    private static let sealedName = "__Host-conductord"
    private static let plainName = "conductord"

    private func cookie(_ headers: HTTPFields, isSealed: Bool) -> String? {
        let found = headers.cookies
        // Another page could have set the plain one, but never the sealed one.
        return found[Self.sealedName] ?? (isSealed ? nil : found[Self.plainName])
    }

    private func caller(byCookie secret: String) -> Caller? {
        let hash = Secret.hash(secret)
        guard let session = sessions.find(hash, at: clock.wall()),
            let (actor, grant) = standing(session)
        else { return nil }
        return Caller(actor: actor, grant: grant, door: .session(hash: hash))
    }

    /// What a session stands for now; nil when what let it in lets in no more.
    private func standing(_ session: Sessions.Session) -> (actor: String, grant: AccessGrant)? {
        switch session.proof {
        case .person(let name):
            return access?.grant(of: name).map { ("oidc:\(name)", $0) }
        case .link(let maker): return ("login-link:\(maker)", AccessGrant(role: .admin))
        case .token(let hash):
            let now = clock.wall()
            return shelf.book.tokens.first { $0.hash == hash && $0.isGood(at: now) }
                .map { ("token:\($0.name)", $0.grant) }
        }
    }

    /// What the browser is told to keep.
    ///
    /// Where the page comes over HTTP alone, from this machine, the cookie is not `Secure`: not every
    /// browser takes loopback for safe, and those that do not would drop it.
    private func field(_ secret: String, isSealed: Bool, seconds: Int64) -> String {
        let name = isSealed ? Self.sealedName : Self.plainName
        return "\(name)=\(secret); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Lax"
            + (isSealed ? "; Secure" : "")
    }

    // MARK: Coming and going

    /// Lets somebody in by a token that they paste.
    ///
    /// - Returns: the cookie.
    func logIn(token secret: String, isSealed: Bool) throws(Problem) -> String {
        let token = try token(of: secret)
        return open(.token(hash: token.hash), atMost: token.expires, isSealed: isSealed)
    }

    /// Lets somebody in by a link, once.
    ///
    /// - Returns: the cookie.
    func logIn(link secret: String, from address: String, isSealed: Bool) throws(Problem) -> String
    {
        guard HTTPDefinition.isLocal(Self.plain(address)) else {
            throw Problem(.forbidden, "a login link is for a browser on the daemon's own machine")
        }
        guard let link = LoginLink.use(secret, in: state, at: clock.wall()) else {
            throw Problem(
                .unauthorized,
                "this link was used, or its time is over: 'conductord dashboard login' makes another"
            )
        }
        return open(.link(maker: link.maker), atMost: nil, isSealed: isSealed)
    }

    /// Lets somebody in whom a provider has named.
    ///
    /// - Returns: the cookie.
    func logIn(person: String, isSealed: Bool) throws(Problem) -> String {
        guard access?.grant(of: person) != nil else {
            throw Problem(.forbidden, "nothing is granted to '\(person)'")
        }
        return open(.person(person), atMost: nil, isSealed: isSealed)
    }

    private func open(
        _ proof: Sessions.Session.Proof,
        atMost: Instant?,
        isSealed: Bool
    ) -> String {
        let now = clock.wall()
        var until = now + (access ?? AccessDefinition()).session
        if let atMost { until = min(until, atMost) }
        let secret = sessions.open(proof, until: until, at: now)
        return field(secret, isSealed: isSealed, seconds: (until - now).milliseconds / 1_000)
    }

    /// Ends a session.
    ///
    /// - Returns: the cookie that takes the other one away.
    func logOut(_ caller: Caller, isSealed: Bool) -> String {
        if case .session(let hash) = caller.door { sessions.close(hash) }
        return field("", isSealed: isSealed, seconds: 0)
    }
}

extension HTTPFields {
    /// The cookies that a browser sends, by name.
    var cookies: [String: String] {
        var found: [String: String] = [:]
        for field in self[values: .cookie] {
            for pair in field.split(separator: ";") {
                let halves = pair.split(separator: "=", maxSplits: 1)
                guard halves.count == 2 else { continue }
                found[String(halves[0].drop { $0 == " " })] = String(halves[1])
            }
        }
        return found
    }
}
