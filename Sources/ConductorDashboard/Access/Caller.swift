import ConductorCore

/// Who asks, and how that was established.
struct Caller: Sendable, Hashable {
    /// The door that somebody came through.
    enum Door: Sendable, Hashable {
        /// Nobody asked who it is.
        case open
        /// A token in the header, by the hash of it; no browser sends one by itself.
        case token(hash: String)
        /// A cookie, by the hash of it.
        case session(hash: String)
        /// A proxy that has asked.
        case proxy
    }

    /// As the journal has it: never a secret.
    var actor: String
    var grant: AccessGrant
    var door: Door

    /// Whoever reaches a page that nobody is kept from.
    static let anybody = Caller(
        actor: "anybody",
        grant: AccessGrant(role: .viewer),
        door: .open
    )

    /// Whether it is known who it is.
    var isKnown: Bool { door != .open }

    /// What a page's stamp is for.
    var bearer: String {
        switch door {
        case .open: "open"
        case .token(let hash): "token \(hash)"
        case .session(let hash): "session \(hash)"
        case .proxy: "proxy \(actor)"
        }
    }

    /// What the pages that are shown depend on.
    var view: String {
        "\(isKnown ? "known" : "any") \(grant.role.rawValue) \(grant.apps?.joined(separator: " ") ?? "*")"
    }
}
