package import ConductorCore

/// What is asked of the past: the journal's answers, as the command line prints them.
///
/// Nothing is ever written, and no answer is an opinion of its own.
package protocol Archive: Sendable {
    /// Why a track is where it is, now or as it was.
    ///
    /// - Throws: `NoAnswer`.
    func explain(_ track: TrackID, at: Instant?) async throws -> ExplainReport

    /// All that happened to a track, up to now or to a moment.
    ///
    /// - Throws: `NoAnswer`.
    func timeline(of track: TrackID, at: Instant?) async throws -> TimelineReport

    /// Decisions on a track after a row, oldest first, no more than asked for.
    ///
    /// - Throws: `NoAnswer`.
    func decisions(on track: TrackID, after: Int64, limit: Int) async throws -> ArchivePart

    /// Facts of a track over time after a row, oldest first, no more polls than asked for; one fact,
    /// or all that are numbers.
    ///
    /// - Throws: `NoAnswer`.
    func series(of fact: String?, on track: TrackID, after: Int64, limit: Int) async throws
        -> ArchivePart

    /// The newest values of facts, by path, oldest first, no more polls of a source than asked for; up
    /// to now or to a moment.
    ///
    /// - Throws: `NoAnswer`.
    func recent(_ facts: [String], on track: TrackID, at: Instant?, limit: Int) async throws
        -> [String: [SeriesPoint]]

    /// Commands after a row, oldest first, no more than asked for; of all scopes, or of those that a
    /// track is in.
    ///
    /// - Throws: `NoAnswer`.
    func commands(over track: TrackID?, after: Int64, limit: Int) async throws -> ArchivePart

    /// The machine of a digest, as it was recorded last.
    ///
    /// - Throws: `NoAnswer`.
    func machine(_ digest: String) async throws -> Entry.MachineRecord
}

/// A fact's value at a poll; nil where it was not known.
package struct SeriesPoint: Sendable, Equatable {
    package var at: Instant
    package var value: JSON?

    package init(at: Instant, value: JSON?) {
        self.at = at
        self.value = value
    }
}

/// A part of a long list, and where the next one begins.
package struct ArchivePart: Sendable, Equatable {
    package var items: [JSON]
    /// Given as `after`, it brings what follows; nil at the end.
    package var next: Int64?

    package init(items: [JSON], next: Int64?) {
        self.items = items
        self.next = next
    }
}

/// Why a question about the past has no answer.
package struct NoAnswer: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// There is no such track, or no such machine.
        case unknown
        /// There was nothing yet at that time, or it was pruned.
        case outsideJournal
        /// Too many questions wait already.
        case busy
        /// The journal cannot be read.
        case unreadable
    }

    package var kind: Kind
    package var description: String

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
