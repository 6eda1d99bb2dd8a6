import ConductorCore
import ConductorJournal
import ConductorPorts
import Dispatch
import Synchronization

/// The journal's answers for the page and the API: the very reports that the commands print.
///
/// Questions wait in a queue of their own, so that no query keeps the conductor from deciding.
final class JournalArchive: Archive {
    /// Questions that may wait.
    private static let mostWaiting = 64

    private let reader: ReadOnlyJournal
    private let queue = DispatchQueue(label: "conductord.archive")
    private let waiting = Mutex(0)

    init(_ reader: ReadOnlyJournal) { self.reader = reader }

    func explain(_ track: TrackID, at: Instant?) async throws -> ExplainReport {
        try await ask(track) { reader in try Explain.report(on: track, at: at, in: reader) }
    }

    func timeline(of track: TrackID, at: Instant?) async throws -> TimelineReport {
        try await ask(track) { reader in try Timeline.report(on: track, at: at, in: reader) }
    }

    func decisions(on track: TrackID, after: Int64, limit: Int) async throws -> ArchivePart {
        try await ask(track) { reader in
            var items: [JSON] = []
            var last = after
            var isMore = false
            try reader.history(of: track, after: after) { row in
                guard case .decision(let record) = row.entry else { return true }
                guard items.count < limit else {
                    isMore = true
                    return false
                }
                var at: Instant?
                if case .tick(let tick)? = try reader.tick(number: record.tick)?.entry {
                    at = tick.at.wall
                }
                items.append([
                    "sequence": .int(row.sequence), "tick": JSON(record.tick), "at": JSON(at),
                    "decision": try JSON(stored: record.decision),
                    "state": try JSON(stored: record.state),
                ])
                last = row.sequence
                return true
            }
            return ArchivePart(items: items, next: isMore ? last : nil)
        }
    }

    func series(
        of fact: String?,
        on track: TrackID,
        after: Int64,
        limit: Int
    ) async throws -> ArchivePart {
        try await ask(track) { reader in
            var series = try Series(of: fact, on: track, in: reader)
            return try series.points(after: after, limit: limit, in: reader)
        }
    }

    func recent(
        _ facts: [String],
        on track: TrackID,
        at: Instant?,
        limit: Int
    ) async throws -> [String: [SeriesPoint]] {
        try await ask(track) { reader in
            let end = try at.map { try Standing.find(track, at: $0, in: reader).end }
            var series = try Series(of: nil, on: track, atOrBefore: end, in: reader)
            return try series.newest(facts, through: end ?? .max, limit: limit, in: reader)
        }
    }

    func commands(over track: TrackID?, after: Int64, limit: Int) async throws -> ArchivePart {
        try await ask(track) { reader in
            var items: [JSON] = []
            var last = after
            var isMore = false
            func take(_ row: JournalRow) -> Bool {
                guard case .command(let record) = row.entry else { return true }
                guard items.count < limit else {
                    isMore = true
                    return false
                }
                items.append(Self.json(record, sequence: row.sequence))
                last = row.sequence
                return true
            }
            if let track {
                try reader.history(of: track, after: after, visit: take)
            } else {
                try reader.commands(after: after, visit: take)
            }
            return ArchivePart(items: items, next: isMore ? last : nil)
        }
    }

    private static func json(_ record: Entry.CommandRecord, sequence: Int64) -> JSON {
        let command = record.command
        return [
            "sequence": .int(sequence), "at": JSON(record.at.wall), "id": .string(command.id),
            "actor": .string(command.actor), "scope": .string(command.scope.description),
            "request": .string(command.request.verb), "arguments": command.request.arguments,
            "reason": JSON(command.reason),
            "based_on": command.basedOn.map { JSON($0) } ?? .null,
        ]
    }

    func machine(_ digest: String) async throws -> Entry.MachineRecord {
        try await ask(nil) { reader in
            guard let record = try reader.machine(digest) else {
                throw NoAnswer(.unknown, "the journal has no machine \(digest)")
            }
            return record
        }
    }

    // MARK: Asking

    /// Asks about a track that must be known, or about all.
    private func ask<Value: Sendable>(
        _ track: TrackID?,
        _ question: @escaping @Sendable (ReadOnlyJournal) throws -> Value
    ) async throws -> Value {
        let isTaken = waiting.withLock { waiting in
            guard waiting < Self.mostWaiting else { return false }
            waiting += 1
            return true
        }
        guard isTaken else {
            throw NoAnswer(.busy, "\(Self.mostWaiting) questions about the past wait already")
        }
        defer { waiting.withLock { $0 -= 1 } }
        return try await withCheckedThrowingContinuation { continuation in
            queue.async { [reader] in
                continuation.resume(with: Result { try Self.answer(track, question, reader) })
            }
        }
    }

    private static func answer<Value>(
        _ track: TrackID?,
        _ question: (ReadOnlyJournal) throws -> Value,
        _ reader: ReadOnlyJournal
    ) throws -> Value {
        // Where the journal lies is nobody's business who looks from elsewhere.
        func told(_ text: String) -> String { text.replacing(reader.path, with: "the journal") }
        do {
            if let track, try !reader.knows(track) {
                let names = try reader.tracks().map(\.description)
                let hint = Nearest.hint(for: track.description, among: names)
                throw NoAnswer(.unknown, "there is no track '\(track)'\(hint)")
            }
            return try question(reader)
        } catch let answer as NoAnswer {
            throw answer
        } catch let cannot as Cannot {
            throw NoAnswer(.outsideJournal, told(cannot.description))
        } catch {
            throw NoAnswer(.unreadable, told("\(error)"))
        }
    }
}
