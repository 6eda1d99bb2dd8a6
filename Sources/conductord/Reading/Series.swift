import ConductorCore
import ConductorJournal
import ConductorPorts

/// Facts of a track over time, as its sources answered, poll by poll.
struct Series {
    private let track: TrackID
    private let facts: [FactDeclaration]
    /// Bodies by digest: most polls bring what the one before brought.
    private var observed: (digest: String, facts: [String: ObservedFact])?

    /// Without a fact's path, all that are numbers; as the machine declares them that the track is
    /// pinned to, or was at a row.
    ///
    /// - Throws: `NoAnswer` where the track's machine names no such fact; `JournalError`.
    init(
        of fact: String?,
        on track: TrackID,
        atOrBefore sequence: Int64? = nil,
        in reader: ReadOnlyJournal
    ) throws {
        self.track = track
        var declared: [FactDeclaration] = []
        if case .decision(let record)? = try reader.decision(on: track, atOrBefore: sequence)?.entry,
            let digest = try JSON(stored: record.state)["machine"]?.stringValue,
            let machine = try reader.machine(digest)
        {
            declared = try JSON(stored: machine.source).decode(Machine.self).facts
        }
        if let fact {
            facts = declared.filter { $0.path == fact }
            guard !facts.isEmpty else {
                let hint = Nearest.hint(for: fact, among: declared.map(\.path))
                throw NoAnswer(.unknown, "the machine of \(track) has no fact '\(fact)'\(hint)")
            }
        } else {
            facts = declared.filter { $0.type == .int || $0.type == .double }
        }
    }

    /// Points after a row, oldest first, no more than asked for; one is a good poll.
    ///
    /// A fact that an answer left out, or that spoke of another version, is null: it was not known.
    mutating func points(
        after: Int64,
        limit: Int,
        in reader: ReadOnlyJournal
    ) throws -> ArchivePart {
        var items: [JSON] = []
        var last = after
        var isMore = false
        let sources = Set(facts.map(\.source)).sorted { $0.precedes($1) }
        try reader.goodPolls(of: sources, seenBy: track, after: after) { row in
            guard case .poll(let poll) = row.entry, case .ok(let digest, _) = poll.result else {
                return true
            }
            guard items.count < limit else {
                isMore = true
                return false
            }
            items.append([
                "sequence": .int(row.sequence), "at": JSON(poll.at.wall),
                "source": .string(poll.source),
                "values": .object(values(in: try body(digest, reader), of: poll.source)),
            ])
            last = row.sequence
            return true
        }
        return ArchivePart(items: items, next: isMore ? last : nil)
    }

    /// The newest values of some of the facts, by path.
    mutating func newest(
        _ paths: [String],
        through last: Int64,
        limit: Int,
        in reader: ReadOnlyJournal
    ) throws -> [String: [SeriesPoint]] {
        var found: [String: [SeriesPoint]] = [:]
        let wanted = facts.filter { paths.contains($0.path) }
        for source in Set(wanted.map(\.source)).sorted(by: { $0.precedes($1) }) {
            let rows = try reader.newestGoodPolls(
                of: source,
                seenBy: track,
                through: last,
                limit: limit
            )
            for row in rows {
                guard case .poll(let poll) = row.entry, case .ok(let digest, _) = poll.result else {
                    continue
                }
                let values = values(in: try body(digest, reader), of: source)
                for fact in wanted where fact.source == source {
                    let value = values[fact.path].flatMap { $0 == .null ? nil : $0 }
                    found[fact.path, default: []].append(.init(at: poll.at.wall, value: value))
                }
            }
        }
        return found
    }

    private mutating func body(
        _ digest: String,
        _ reader: ReadOnlyJournal
    ) throws -> [String: ObservedFact] {
        if let observed, observed.digest == digest { return observed.facts }
        let facts = Observation(body: try reader.body(digest), observedAt: [:]).facts
        observed = (digest, facts)
        return facts
    }

    private func values(in seen: [String: ObservedFact], of source: String) -> [String: JSON] {
        var values: [String: JSON] = [:]
        for fact in facts where fact.source == source {
            let isOther =
                fact.subject == .version
                && seen[fact.name]?.about.map { $0 != track.version } == true
            values[fact.path] = isOther ? .null : seen[fact.name]?.value ?? .null
        }
        return values
    }
}
