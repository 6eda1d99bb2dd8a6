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

    /// Makes rules; of zones with the same name the last is kept.
    public init(_ zones: [Zone] = []) {
        self.zones = Dictionary(zones.map { ($0.name, $0) }) { _, last in last }
    }

    /// No zone but UTC.
    public static let none = ZoneRules()

    /// The names of the zones, sorted.
    public var names: [String] { zones.keys.sorted(by: textIsBefore) }

    /// The zone of a name.
    public subscript(name: String) -> Zone? { zones[name] }
}
