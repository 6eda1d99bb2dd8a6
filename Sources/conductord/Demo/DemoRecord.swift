import Backlot
import ConductorCore

/// What the demo has seen, in order: what it prints at the end, and its JSON.
struct DemoRecord {
    /// A thing that happened, as text and as data.
    struct Event: Sendable {
        enum Kind: String, Sendable {
            /// Something happened in the world, or a person did something.
            case world, command
            case decided, entered, performed, alert, poll, retired
        }

        var at: Instant
        var kind: Kind
        var track: TrackID?
        var text: String
        /// The reasons, the values, the answer.
        var details: [String] = []

        var json: JSON {
            .compact([
                "at": .string(at.description), "kind": .string(kind.rawValue),
                "track": track.map { .string($0.description) }, "text": .string(text),
                "details": details.isEmpty ? nil : .array(details.map { .string($0) }),
            ])
        }
    }

    /// A stage that a track was in, and from when.
    struct Stay: Sendable {
        var stage: String
        var since: Instant
    }

    private(set) var events: [Event] = []
    private(set) var stays: [TrackID: [Stay]] = [:]
    private(set) var isRetired: Set<TrackID> = []
    /// Transitions that were decided by rule or guard, and when.
    private(set) var decided: [(track: TrackID, at: Instant)] = []

    mutating func add(_ event: Event) { events.append(event) }

    mutating func entered(_ stage: String, _ track: TrackID, at instant: Instant) {
        stays[track, default: []].append(Stay(stage: stage, since: instant))
    }

    mutating func decidedByItself(_ track: TrackID, at instant: Instant) {
        decided.append((track, instant))
    }

    mutating func retired(_ track: TrackID) { isRetired.insert(track) }

    /// How long a track was in each stage that it entered, in the order of its first visits.
    func lengths(of track: TrackID, until end: Instant) -> [(stage: String, length: Span)] {
        let stays = stays[track] ?? []
        var lengths: [(stage: String, length: Span)] = []
        for (place, stay) in stays.enumerated() {
            let over = place + 1 < stays.count ? stays[place + 1].since : end
            let length = over - stay.since
            if let known = lengths.firstIndex(where: { $0.stage == stay.stage }) {
                lengths[known].length = lengths[known].length + length
            } else {
                lengths.append((stay.stage, length))
            }
        }
        return lengths
    }

    /// Decisions that fell outside office hours, and how long they would have waited for somebody.
    ///
    /// Of several in one night on one track only the first counts: the others follow from it.
    var whileNobodyWasThere: (count: Int, saved: Span) {
        let alone = decided.filter { !OfficeCalendar.isOfficeHour($0.at) }
        var nights: Set<String> = []
        var saved = Span.zero
        for (track, moment) in alone {
            let morning = OfficeCalendar.officeHour(from: moment)
            if nights.insert("\(track) \(morning)").inserted { saved = saved + (morning - moment) }
        }
        return (alone.count, saved)
    }
}
