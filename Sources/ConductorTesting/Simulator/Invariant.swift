/// What must hold after every step of a simulation, whatever happens in it.
package enum Invariant: Int, Sendable, CaseIterable {
    case durableIntent = 1
    case once
    case exactConditions
    case unknownFiresNothing
    case noRaiseWhileStopped
    case brakeAtOnce
    case coveredTime
    case replays
    case converges
    case isolated
    case idle
    case explained
    case staysStopped
    case reachesEnd
    case webhooksOnlyWake
    case noCanary
    case claims

    /// In a few words, for the table.
    package var title: String {
        switch self {
        case .durableIntent: "no effect without an earlier durable intent"
        case .once: "one effect a key"
        case .exactConditions: "conditions exactly met"
        case .unknownFiresNothing: "unknown never fires"
        case .noRaiseWhileStopped: "no raise while stopped"
        case .brakeAtOnce: "a brake within two ticks"
        case .coveredTime: "dwell and credit are covered"
        case .replays: "replays to equal bytes"
        case .converges: "a restart converges"
        case .isolated: "tracks are isolated"
        case .idle: "idle means idle"
        case .explained: "explained truly"
        case .staysStopped: "what a person stopped stays stopped"
        case .reachesEnd: "reaches its end or names what it waits for"
        case .webhooksOnlyWake: "webhooks change only latency"
        case .noCanary: "no canary in any output"
        case .claims: "claims are never exceeded"
        }
    }
}
