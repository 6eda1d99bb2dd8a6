/// The offsets of time zones by instant, built outside from the system's zone files.
///
/// Without rules only `UTC` and fixed offsets are known; to name another zone is an error of the
/// evaluation.
public struct ZoneRules: Sendable, Hashable {
    /// From an instant on, an offset.
    public struct Transition: Sendable, Hashable {
        /// The instant in seconds since 1970-01-01T00:00:00Z.
        public let from: Int64
        /// Seconds east of UTC.
        public let offset: Int32

        /// Makes a transition.
        public init(from: Int64, offset: Int32) {
            self.from = from
            self.offset = offset
        }
    }

    /// A zone.
    public struct Zone: Sendable, Hashable {
        /// The name, such as `Europe/Berlin`.
        public let name: String
        /// Seconds east of UTC before the first transition.
        public let initialOffset: Int32
        /// The transitions in the order of time.
        public let transitions: [Transition]

        /// Makes a zone; transitions are put in order.
        public init(name: String, initialOffset: Int32, transitions: [Transition] = []) {
            self.name = name
            self.initialOffset = initialOffset
            self.transitions = transitions.sorted { $0.from < $1.from }
        }

        /// The seconds east of UTC at an instant.
        public func offset(atSecond second: Int64) -> Int32 {
            var low = 0
            var high = transitions.count
            while low < high {
                let middle = (low + high) / 2
                if transitions[middle].from <= second { low = middle + 1 } else { high = middle }
            }
            return low == 0 ? initialOffset : transitions[low - 1].offset
        }
    }

    private let zones: [String: Zone]

    /// Which data the rules were built from, such as `2026a` or a digest of the zone files, so that
    /// whoever records a decision can name it; empty when whoever built them did not say.
    public let version: String

    /// Makes rules; of zones with the same name the last is kept.
    public init(_ zones: [Zone] = [], version: String = "") {
        self.zones = Dictionary(zones.map { ($0.name, $0) }) { _, last in last }
        self.version = version
    }

    /// The names that have no rules: a host that needs these zones refuses to start without them.
    ///
    /// `UTC` and fixed offsets such as `+02:00` need none.
    public func missing(from names: [String]) -> [String] {
        names.filter { Library.needsRules($0) && zones[$0] == nil }
    }

    /// A number over the rules of some zones, or of all: it changes with each transition and offset
    /// of theirs, and is the same on every machine (Fowler, Noll and Vo's hash in 64 bits).
    public func digest(of names: [String]? = nil) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ number: UInt64) {
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                hash = (hash ^ (number >> shift & 255)) &* 0x100_0000_01B3
            }
        }
        for name in (names ?? self.names).sorted(by: textIsBefore) {
            guard let zone = zones[name] else { continue }
            for octet in name.utf8 { add(UInt64(octet)) }
            add(UInt64(bitPattern: Int64(zone.initialOffset)))
            for transition in zone.transitions {
                add(UInt64(bitPattern: transition.from))
                add(UInt64(bitPattern: Int64(transition.offset)))
            }
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    /// No zone but UTC.
    public static let none = ZoneRules()

    /// The names of the zones, sorted.
    public var names: [String] { zones.keys.sorted(by: textIsBefore) }

    /// The zone of a name.
    public subscript(name: String) -> Zone? { zones[name] }
}
