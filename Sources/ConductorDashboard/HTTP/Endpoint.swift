import HTTPTypes

/// Every address that there is.
enum Endpoint: String, Sendable, CaseIterable {
    case overview = "/"
    case login = "/login"
    case loginLink = "/login/link"
    case loginElsewhere = "/login/oidc"
    case loginReturn = "/login/oidc/callback"
    case logout = "/logout"
    case account = "/account"
    case ask = "/ask/{verb}"
    case track = "/tracks/{app}/{platform}/{version}"
    case trackAsk = "/tracks/{app}/{platform}/{version}/ask/{verb}"
    case asset = "/assets/{file}"
    case alive = "/healthz"
    case ready = "/readyz"
    case apiTracks = "/api/v1/tracks"
    case apiTrack = "/api/v1/tracks/{app}/{platform}/{version}"
    case apiExplain = "/api/v1/tracks/{app}/{platform}/{version}/explain"
    case apiTimeline = "/api/v1/tracks/{app}/{platform}/{version}/timeline"
    case apiDecisions = "/api/v1/tracks/{app}/{platform}/{version}/decisions"
    case apiTrackCommands = "/api/v1/tracks/{app}/{platform}/{version}/commands"
    case apiSeries = "/api/v1/tracks/{app}/{platform}/{version}/series"
    case badge = "/api/v1/tracks/{app}/{platform}/{version}/badge.svg"
    case apiCommands = "/api/v1/commands"
    case apiMachines = "/api/v1/machines"
    case apiMachine = "/api/v1/machines/{digest}"
    case apiHealth = "/api/v1/health"
    case apiEvents = "/api/v1/events"
    case apiDocument = "/api/v1/openapi.json"

    /// Whether it answers programs: its refusals are documents, too.
    static func isForPrograms(_ endpoint: Endpoint) -> Bool {
        endpoint.rawValue.hasPrefix("/api/")
    }

    /// What may be asked of it; HEAD goes with GET.
    var methods: [HTTPRequest.Method] {
        switch self {
        case .overview, .loginElsewhere, .loginReturn, .account, .track, .asset, .alive, .ready,
            .apiTracks, .apiTrack, .apiExplain, .apiTimeline, .apiDecisions, .apiTrackCommands,
            .apiSeries, .badge, .apiMachines, .apiMachine, .apiHealth, .apiEvents, .apiDocument:
            [.get]
        case .login, .loginLink, .ask, .trackAsk, .apiCommands: [.get, .post]
        case .logout: [.post]
        }
    }

    /// Whether it tells nothing of releases, so that nobody is asked who they are.
    var isForAnybody: Bool {
        switch self {
        case .login, .loginLink, .loginElsewhere, .loginReturn, .asset, .alive, .ready,
            .apiDocument:
            true
        case .overview, .logout, .account, .ask, .track, .trackAsk, .apiTracks, .apiTrack,
            .apiExplain, .apiTimeline, .apiDecisions, .apiTrackCommands, .apiSeries, .badge,
            .apiCommands, .apiMachines, .apiMachine, .apiHealth, .apiEvents:
            false
        }
    }

    /// The parts of the address, as written above.
    private var parts: [Substring] { rawValue.split(separator: "/") }

    /// The endpoint of a path, and what stands for each name in braces.
    static func find(_ path: [String]) -> (endpoint: Endpoint, values: [String: String])? {
        for endpoint in allCases {
            let parts = endpoint.parts
            guard parts.count == path.count else { continue }
            var values: [String: String] = [:]
            var fits = true
            for (part, given) in zip(parts, path) {
                if part.hasPrefix("{") {
                    values[String(part.dropFirst().dropLast())] = given
                } else if part != given {
                    fits = false
                    break
                }
            }
            if fits { return (endpoint, values) }
        }
        return nil
    }
}
