import ConductorCore
import GRDB

/// Walks the whole journal once, in pages.
struct Verifier {
    private let journal: ReadOnlyJournal
    private let expectedHead: String?
    private var result = Verification()

    /// The end at the start; what is appended meanwhile is left alone.
    private var lastSequence: Int64 = 0
    private var lastBody: Int64 = 0
    private var lastChannel: Int64 = 0

    /// What the hash of the row before may be; nil after a gap.
    ///
    /// First as it is stored; where that was wrong, then as the row's content gives it.
    private var previous: [[UInt8]]? = [Digest.genesis]
    private var expected: Int64 = 1
    /// The row at which the expected head stands.
    private var expectedHeadAt: Int64?
    private var endHash = Digest.genesis

    private var bodies = Bitmap()
    private var channels = Bitmap()
    private var seals = Seals()
    /// Seals in whose place there are no rows.
    private var usedSeals = 0
    /// What the newest pruning says of the seals, and its row.
    private var sealed: (digest: String, row: Int64)?
    private var machines: Set<String> = []
    /// Machines that are needed, each with the first row that names it.
    private var wantedMachines: [String: Int64] = [:]
    /// Whether some rows could not be read, so that what nobody names may be named by them.
    private var isPartial = false

    init(_ journal: ReadOnlyJournal, expectedHead: String?) {
        self.journal = journal
        self.expectedHead = expectedHead?.lowercased()
    }

    mutating func run(progress: (Int64, Int64) -> Void) throws -> Verification {
        try findEnd()
        checkStructure()
        readSeals()
        checkNothingBefore()
        var last: Int64 = 0
        while last < lastSequence {
            // By subtraction, for an inserted row may stand at the largest number.
            let rest = lastSequence - last
            let page = page(after: last, through: last + min(rest, ReadOnlyJournal.pageRows))
            for place in page.places { check(place) }
            last = page.end
            progress(min(last, lastSequence), lastSequence)
        }
        closeGap(before: lastSequence + (lastSequence == .max ? 0 : 1))
        checkMachines()
        checkBodies()
        checkChannels()
        checkSeals()
        checkHead()
        return result
    }

    // MARK: The end, and what SQLite says

    private mutating func findEnd() throws {
        do {
            // One moment for all: what a row names is there with it.
            (lastSequence, lastBody, lastChannel) = try journal.read { database in
                (
                    try database.journalHead().sequence,
                    try database.last("id", of: "body"),
                    try database.last("id", of: "channel")
                )
            }
        } catch let error as JournalError where error.code == .corrupt {
            findReadableEnd()
        }
    }

    private mutating func findReadableEnd() {
        let journal = journal
        func last(_ column: String, of table: String) -> Result<Int64, any Error> {
            Result { try journal.read { try $0.last(column, of: table) } }
        }
        for table in JournalTable.allCases {
            switch last("seq", of: table.rawValue) {
            case .success(let sequence): lastSequence = max(lastSequence, sequence)
            case .failure(let error): unreadable(table.rawValue, 0, error)
            }
        }
        switch last("id", of: "body") {
        case .success(let id): lastBody = id
        case .failure(let error): unreadable("body", 0, error)
        }
        switch last("id", of: "channel") {
        case .success(let id): lastChannel = id
        case .failure(let error): unreadable("channel", 0, error)
        }
    }

    private mutating func unreadable(_ table: String, _ row: Int64, _ error: any Error) {
        isPartial = true
        let why = (error as? JournalError)?.detail ?? "\(error)"
        result.add(table, row, "cannot be read: \(why)")
    }

    private mutating func checkStructure() {
        do {
            let lines = try journal.read { database in
                try String.fetchAll(database, sql: "PRAGMA integrity_check(100)")
            }
            for line in lines where line != "ok" { result.add("database", 0, line) }
            let stored = try journal.read { try Schema.objects($0) }
            for (name, fault) in try Schema.differences(stored) {
                result.add("database", 0, "\(name) \(fault)")
            }
        } catch {
            unreadable("database", 0, error)
        }
    }

    private mutating func checkNothingBefore() {
        for table in JournalTable.allCases {
            guard let rows = try? journal.read({ try $0.rows(table, after: .min, through: 0) })
            else { continue }
            for row in rows {
                result.add(table.rawValue, row.sequence, "stands before the first place: inserted")
            }
        }
    }

    // MARK: Pages

    /// All that claims one place.
    private enum Place {
        case rows([StoredRow])
        case unreadable(Int64, table: String, any Error)

        var sequence: Int64 {
            switch self {
            case .rows(let rows): rows.first?.sequence ?? 0
            case .unreadable(let sequence, _, _): sequence
            }
        }
    }

    private func page(after last: Int64, through upper: Int64) -> (places: [Place], end: Int64) {
        var rows: [Int64: [StoredRow]] = [:]
        var failures: [Int64: (table: String, error: any Error)] = [:]
        for table in JournalTable.allCases {
            read(table, after: last, through: upper) { result in
                switch result {
                case .success(let row): rows[row.sequence, default: []].append(row)
                case .failure(let failure):
                    failures[failure.sequence] = (table.rawValue, failure.error)
                }
            }
        }
        var places = rows.values.map { Place.rows($0) }
        // A damaged page answers for places that are in other tables, too.
        for (sequence, failure) in failures where rows[sequence] == nil {
            places.append(.unreadable(sequence, table: failure.table, failure.error))
        }
        places.sort { $0.sequence < $1.sequence }
        guard places.isEmpty else { return (places, upper) }
        // Nothing here: go on at the next row there is.
        let next = JournalTable.allCases.compactMap { table in
            (try? journal.read { try $0.nextSequence(table, after: upper) }) ?? nil
        }.min()
        return ([], next.map { $0 - 1 } ?? lastSequence)
    }

    private struct Unreadable: Error {
        var sequence: Int64
        var error: any Error
    }

    /// Reads a range, and halves it where it cannot be read, down to the single place.
    private func read(
        _ table: JournalTable,
        after lower: Int64,
        through upper: Int64,
        visit: (Result<StoredRow, Unreadable>) -> Void
    ) {
        do {
            let rows = try journal.read { try $0.rows(table, after: lower, through: upper) }
            for row in rows { visit(.success(row)) }
        } catch {
            guard upper - lower > 1 else {
                visit(.failure(Unreadable(sequence: upper, error: error)))
                return
            }
            let middle = lower + (upper - lower) / 2
            read(table, after: lower, through: middle, visit: visit)
            read(table, after: middle, through: upper, visit: visit)
        }
    }

    // MARK: Rows

    private mutating func closeGap(before sequence: Int64) {
        guard expected < sequence else { return }
        if let seal = seals.covering(expected), seal.first == expected, seal.last == sequence - 1 {
            usedSeals += 1
            previous = [seal.lastHash]
            return
        }
        let range =
            expected == sequence - 1 ? "no row here" : "no rows from here to \(sequence - 1)"
        result.add("journal", expected, "missing: there is \(range)")
        previous = nil
    }

    private mutating func check(_ place: Place) {
        closeGap(before: place.sequence)
        expected = place.sequence == .max ? .max : place.sequence + 1
        switch place {
        case .unreadable(let sequence, let table, let error):
            unreadable(table, sequence, error)
            previous = nil
        case .rows(let rows):
            result.entries += Int64(rows.count)
            let links = rows.map(link)
            // Of several rows at one place, the one that the chain holds is the true one.
            let chosen = links.firstIndex(where: \.fits) ?? 0
            for (index, row) in rows.enumerated() {
                if let body = row.body { bodies.insert(body) }
                if let channel = row.channel { channels.insert(channel) }
                if index == chosen {
                    checkContent(row, links[index])
                } else {
                    result.add(
                        row.table.rawValue,
                        row.sequence,
                        "inserted: \(rows[chosen].table.rawValue) has a row at this place, too"
                    )
                }
            }
            follow(rows[chosen], links[chosen])
        }
    }

    /// How a row stands to the chain.
    private struct Link {
        var fits: Bool
        /// The hash that the content gives after the row before; nil where it gives none.
        var computed: [UInt8]?
    }

    private func link(_ row: StoredRow) -> Link {
        guard !row.isDangling else { return Link(fits: false, computed: nil) }
        let header = row.table.shape.header
        guard let previous else {
            // After a gap nothing says what this row is chained to.
            let isWhole = row.hash.count == Digest.length
            return Link(fits: isWhole, computed: nil)
        }
        var computed: [UInt8]?
        #if CONDUCTOR_PLANTED_BUGS
            if PlantedBug.verifyBlindToState.isPlanted, row.table == .decision {
                return Link(fits: true, computed: nil)
            }
        #endif
        for candidate in previous {
            let hash = header.hash(after: candidate, sequence: row.sequence, cells: row.cells)
            if let hash, hash == row.hash { return Link(fits: true, computed: hash) }
            computed = computed ?? hash
        }
        return Link(fits: false, computed: computed)
    }

    private mutating func follow(_ row: StoredRow, _ link: Link) {
        var next = [row.hash]
        if !link.fits, let computed = link.computed { next.append(computed) }
        previous = next
        endHash = row.hash
        if let expectedHead, expectedHeadAt == nil, Digest.hex(row.hash) == expectedHead {
            expectedHeadAt = row.sequence
        }
    }

    private mutating func checkContent(_ row: StoredRow, _ link: Link) {
        let table = row.table.rawValue
        if row.isDangling {
            isPartial = true
            let missing = row.body.map { "body \($0)" } ?? "channel"
            let channel = row.channel.map { " or channel \($0)" } ?? ""
            result.add(table, row.sequence, "missing: it names \(missing)\(channel)")
        } else if !link.fits {
            result.add(
                table,
                row.sequence,
                "changed: what it says does not give its hash after the row before"
            )
        }
        do {
            switch try row.entry() {
            case .machine(let machine):
                machines.insert(machine.digest)
                if Digest.text(of: Array(machine.canonical.utf8)) != machine.digest {
                    result.add(table, row.sequence, "changed: digest is not that of canonical")
                }
            case .discovery(let discovery):
                let first = wantedMachines[discovery.machine] ?? row.sequence
                wantedMachines[discovery.machine] = first
            case .decision(let record):
                if let fault = record.contradiction {
                    result.add(table, row.sequence, "contradicts itself: \(fault)")
                }
            case .upkeep(let record):
                if case .pruned(_, _, let digest) = record.event { sealed = (digest, row.sequence) }
            case .boot, .poll, .tick, .command, .intent, .attempt, .outcome: break
            }
        } catch {
            guard !row.isDangling else { return }
            result.add(table, row.sequence, "cannot be read: \(error.message)")
        }
    }

    // MARK: Seals

    private mutating func readSeals() {
        do {
            seals = try journal.read { try $0.seals() }
        } catch {
            unreadable("seal", 0, error)
        }
    }

    private mutating func checkSeals() {
        let digest = seals.digest
        if let sealed {
            if sealed.digest != digest {
                result.add(
                    "seal",
                    0,
                    "changed: they are not as the pruning of row \(sealed.row) left them"
                )
            }
        } else if let first = seals.all.first {
            result.add("seal", first.first, "inserted: no row says that anything was pruned")
        }
        if usedSeals != seals.all.count, !isPartial {
            result.add("seal", 0, "changed: \(seals.all.count - usedSeals) stand where rows are")
        }
    }

    // MARK: What hangs by a digest

    private mutating func checkMachines() {
        let missing = wantedMachines.filter { !machines.contains($0.key) }
        for (digest, row) in missing.sorted(by: { $0.value < $1.value }) {
            result.add("discovery", row, "missing: it names machine \(digest), which is not there")
        }
    }

    private mutating func checkBodies() {
        var last = Int64.min
        while last < lastBody {
            let after = last
            do {
                let page = try journal.read { try $0.bodies(after: after) }
                for body in page where body.id <= lastBody { check(body) }
                guard let end = page.last?.id else { return }
                last = end
            } catch {
                unreadable("body", max(0, after), error)
                // Beyond a damaged page, the rows that name a body have already asked for it.
                return
            }
        }
    }

    private mutating func check(_ body: StoredBody) {
        if body.computed != body.digest {
            result.add("body", body.id, "changed: canonical does not give its digest")
        } else if !isPartial, !bodies.contains(body.id) {
            result.add("body", body.id, "inserted: no row names it")
        }
    }

    private mutating func checkChannels() {
        guard !isPartial else { return }
        do {
            let ids = try journal.read { database in
                var ids: [Int64] = []
                let statement = try PreparedStatement(
                    database,
                    "SELECT id FROM channel ORDER BY id"
                )
                try statement.rows([]) { row in ids.append(row.integer(0) ?? 0) }
                return ids
            }
            for id in ids where id <= lastChannel && !channels.contains(id) {
                result.add("channel", id, "inserted: no row names it")
            }
        } catch {
            unreadable("channel", 0, error)
        }
    }

    private mutating func checkHead() {
        result.head = Digest.hex(endHash)
        guard let expectedHead, expectedHead != result.head else { return }
        let what: String
        if let row = expectedHeadAt {
            what = "appended: \(lastSequence - row) rows follow row \(row), where the given head is"
        } else if expectedHead == Digest.hex(Digest.genesis) {
            what = "appended: the given head is that of an empty journal"
        } else {
            what = "cut or rewritten: no row has the given head \(expectedHead)"
        }
        result.add("journal", lastSequence, what)
    }
}

/// A body with its digest as stored and as its text gives it.
struct StoredBody {
    var id: Int64
    var digest: [UInt8]
    var computed: [UInt8]?
}

extension Database {
    fileprivate func last(_ column: String, of table: String) throws -> Int64 {
        let statement = try PreparedStatement(self, "SELECT max(\(column)) FROM \"\(table)\"")
        return try statement.first([]) { $0.integer(0) ?? 0 } ?? 0
    }

    fileprivate func bodies(after id: Int64) throws -> [StoredBody] {
        var bodies: [StoredBody] = []
        let sql = "SELECT id, digest, canonical FROM body WHERE id > ? ORDER BY id LIMIT 200"
        try PreparedStatement(self, sql).rows([.integer(id)]) { row in
            bodies.append(
                StoredBody(
                    id: row.integer(0) ?? 0,
                    digest: row.bytes(1) ?? [],
                    computed: row.text(2).map { Digest.sha256(Array($0.utf8)) }
                )
            )
        }
        return bodies
    }
}

extension Entry.DecisionRecord {
    /// Where the state that is stored beside a decision is not the one that it was decided with.
    fileprivate var contradiction: String? {
        guard let decision = try? JSON(stored: decision), let state = try? JSON(stored: state),
            let revision = state["revision"]?.intValue, revision >= 0
        else { return nil }
        func text(_ json: JSON?) -> String? { json?.stringValue }
        if text(decision["track"]) != text(state["track"]) { return "state is another track's" }
        if text(decision["machine"]) != text(state["machine"]) {
            return "state has another machine"
        }
        if text(decision["stage"]) != text(state["stage"]) { return "state is in another stage" }
        let phase = state["phase"]?.objectValue?.keys.first
        if let phase, phase != text(decision["phase"]) { return "state is in another phase" }
        return nil
    }
}
