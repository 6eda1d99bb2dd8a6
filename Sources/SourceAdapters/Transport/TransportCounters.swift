import Synchronization

/// What the transport did, by origin: numbers that only grow.
package struct TransportCounters: Sendable, Hashable {
    /// Requests that were sent.
    package var requests = 0
    /// Answers *not modified*.
    package var unchanged = 0
    /// Answers that were refusals because of a limit, and requests not sent because of one.
    package var limited = 0
    /// Requests without an answer, and answers with a status from 500.
    package var failures = 0
    /// Bytes of bodies that were read.
    package var bytes = 0

    private static let all = Mutex<[String: TransportCounters]>([:])

    /// All origins so far.
    package static func snapshot() -> [String: TransportCounters] { all.withLock(\.self) }

    static func count(_ origin: WebAddress.Origin, _ change: (inout TransportCounters) -> Void) {
        all.withLock { all in
            let name = origin.description
            if all[name] == nil, all.count >= AdapterLimits.accounts { all.removeAll() }
            change(&all[name, default: TransportCounters()])
        }
    }
}
