/// Where the page and the API are served, and to whom.
package struct HTTPDefinition: Sendable, Hashable {
    /// An address of this machine, or a name of one.
    package var host: String
    /// 0 takes one that is free.
    package var port: Int
    /// Further names by which it is called, such as that of a proxy before it.
    package var names: [String]
    package var tls: TLSFiles?
    /// Who may look and act; nil: whoever reaches the address looks, and who was let in acts.
    package var access: AccessDefinition?

    package init(
        host: String,
        port: Int,
        names: [String] = [],
        tls: TLSFiles? = nil,
        access: AccessDefinition? = nil
    ) {
        self.host = host
        self.port = port
        self.names = names
        self.tls = tls
        self.access = access
    }

    /// As it is written in a configuration.
    package var listen: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Whether only this machine can reach the address.
    package static func isLocal(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}

/// Files in PEM.
package struct TLSFiles: Sendable, Hashable {
    /// The server's certificate, and those between it and a root.
    package var certificate: String
    package var key: String

    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}

/// Who may look and act, where that is asked.
package struct AccessDefinition: Sendable, Hashable {
    /// How long somebody stays logged in.
    package var session: Span
    package var proxy: TrustedProxy?
    package var openID: OpenIDDefinition?
    /// What each person may; the name `*` stands for all others whose identity is established.
    package var people: [String: AccessGrant]

    package init(
        session: Span = .hours(12),
        proxy: TrustedProxy? = nil,
        openID: OpenIDDefinition? = nil,
        people: [String: AccessGrant] = [:]
    ) {
        self.session = session
        self.proxy = proxy
        self.openID = openID
        self.people = people
    }

    /// What a person may; nil: nothing.
    package func grant(of person: String) -> AccessGrant? { people[person] ?? people["*"] }
}

/// A proxy that has asked who comes, and says so in a header.
package struct TrustedProxy: Sendable, Hashable {
    /// Only what comes from these addresses is believed.
    package var addresses: [String]
    /// The header field with the person's name.
    package var user: String

    package init(addresses: [String], user: String) {
        self.addresses = addresses
        self.user = user
    }
}

/// A provider of OpenID Connect that says who somebody is.
package struct OpenIDDefinition: Sendable, Hashable {
    /// Its address, exactly as it calls itself.
    package var issuer: String
    /// How it calls us.
    package var client: String
    /// Where our secret stands: `env:NAME` or `file:PATH`; nil where it asks for none.
    package var secret: String?
    /// The member of its token that is the person's name here.
    package var claim: String

    package init(issuer: String, client: String, secret: String? = nil, claim: String = "email") {
        self.issuer = issuer
        self.client = client
        self.secret = secret
        self.claim = claim
    }
}

/// What somebody may; each role may what those before it may.
package enum AccessRole: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    /// Looks.
    case viewer
    /// Acts on tracks.
    case `operator`
    /// STOP, and what concerns everything.
    case admin

    package static func < (left: AccessRole, right: AccessRole) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .operator: 1
        case .admin: 2
        }
    }
}

/// A role, and the apps that it is for.
package struct AccessGrant: Sendable, Hashable {
    package var role: AccessRole
    /// In order of name; nil: every app.
    package var apps: [String]?

    package init(role: AccessRole, apps: [String]? = nil) {
        self.role = role
        self.apps = apps
    }

    /// Whether it is for everything.
    package var isUnlimited: Bool { apps == nil }

    /// Whether it is for an app.
    package func covers(app: String) -> Bool { apps?.contains(app) ?? true }

    /// Whether it may look at what stands at a scope; what concerns everybody is for everybody.
    package func sees(_ scope: Scope) -> Bool { scope.app.map(covers) ?? true }

    /// Whether it may ask for something at a scope.
    package func allows(_ request: Command.Request, at scope: Scope) -> Bool {
        let isForAll = scope.app == nil
        switch request {
        case .stop, .liftStop: return role == .admin && isUnlimited
        case .add, .register, .hold, .resume, .advance, .pause, .cancel, .retry, .abandon,
            .signoff, .resolve, .override, .approve, .rearm, .migrate:
            if isForAll { return role == .admin && isUnlimited }
            return role >= .operator && sees(scope)
        }
    }
}

extension Scope {
    /// The app that it is, or lies in; nil for the whole installation.
    package var app: String? {
        switch self {
        case .installation: nil
        case .app(let app): app
        case .release(let release): release.app
        case .track(let track): track.app
        }
    }
}

extension FleetView {
    /// What of it is for somebody: their apps, and what concerns everybody.
    package func part(for grant: AccessGrant) -> FleetView {
        guard !grant.isUnlimited else { return self }
        var part = self
        part.status.tracks.removeAll { !grant.covers(app: $0.state.track.app) }
        part.status.holds.removeAll { !grant.sees($0.scope) }
        part.status.hidden = 0
        part.sources.removeAll { !grant.sees($0.scope) }
        return part
    }
}
