import ConductorCore
import ConductorJournal
import ConductorPorts

/// A journal folded up to a moment: what was believed then.
struct History {
    let reader: ReadOnlyJournal
    let world: World

    /// Folds a journal.
    ///
    /// `path`: the database.
    /// `until`: rows of later ticks are left out; nil folds everything.
    static func open(_ path: String, until: Instant? = nil) throws -> History {
        let reader = try ReadOnlyJournal(path: path)
        var world = World()
        var bodies = BodyCache(reader)
        try reader.rows(after: 0) { row in
            if let until, case .tick(let tick) = row.entry, tick.at.wall > until { return false }
            try world.apply(row.entry) { try bodies.body($0) }
            return true
        }
        return History(reader: reader, world: world)
    }

    /// Live tracks whose last recorded decision, or the state after it, does not come out again, and
    /// what is wrong.
    ///
    /// What another version of the engine decided is no fault: a newer one may decide otherwise.
    func distrusted() throws -> [TrackID: String] {
        var found: [TrackID: String] = [:]
        for track in world.live {
            guard let row = try reader.decision(on: track), case .decision(let record) = row.entry,
                case .boot(let boot)? = try reader.boot(atOrBefore: row.sequence)?.entry,
                boot.engine == Conductor.engine,
                let tick = try reader.tick(atOrBefore: row.sequence),
                let standing = try Standing(of: track, at: tick, in: reader)
            else { continue }
            guard try !standing.isReproduced(for: track) else { continue }
            found[track] =
                "the stored state does not come out again at tick \(record.tick): run verify and"
                + " replay --track \(track), then resume"
        }
        return found
    }
}

/// Bodies that were read once.
struct BodyCache {
    private let reader: ReadOnlyJournal
    private var known: [String: JSON] = [:]

    init(_ reader: ReadOnlyJournal) { self.reader = reader }

    mutating func body(_ digest: String) throws -> JSON {
        if let body = known[digest] { return body }
        let body = try reader.body(digest)
        if known.count >= 4_096 { known = [:] }
        known[digest] = body
        return body
    }
}
