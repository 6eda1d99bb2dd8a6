import ConductorCore

extension StoredRow {
    /// The entry that the row records.
    ///
    /// - Throws: `EntryFault`, saying which column does not fit.
    func entry() throws(EntryFault) -> Entry {
        var columns = ColumnReader(self)
        switch table {
        case .machine: return .machine(try columns.machine())
        case .boot: return .boot(try columns.boot())
        case .poll: return .poll(try columns.poll())
        case .tick: return .tick(try columns.tick(shadow: bodyText))
        case .decision: return .decision(try columns.decision())
        case .command: return .command(try columns.command())
        case .intent: return .intent(try columns.intent())
        case .attempt: return .attempt(try columns.attempt())
        case .outcome: return .outcome(try columns.outcome())
        case .discovery: return .discovery(try columns.discovery())
        case .upkeep: return .upkeep(.init(at: try columns.stamp(), event: try columns.choice()))
        }
    }
}

/// Reads a row's columns one after the other, in the order of `JournalTable.columns`.
private struct ColumnReader {
    private let row: StoredRow
    private var next = 0

    init(_ row: StoredRow) { self.row = row }

    // MARK: Single columns

    /// The fault of the column that was read last.
    private func fault(_ message: String) -> EntryFault {
        let name = next > 0 ? row.table.columns[next - 1] : "seq"
        return EntryFault(message: "\(name) \(message)")
    }

    private mutating func cell() -> Cell {
        next += 1
        return row.cells[next - 1]
    }

    private mutating func optionalInteger() throws(EntryFault) -> Int64? {
        switch cell() {
        case .null: return nil
        case .integer(let number): return number
        case .text, .bytes, .foreign: throw fault("is no whole number")
        }
    }

    private mutating func integer() throws(EntryFault) -> Int64 {
        guard let number = try optionalInteger() else { throw fault("is NULL") }
        return number
    }

    private mutating func int() throws(EntryFault) -> Int {
        guard let number = Int(exactly: try integer()) else { throw fault("is out of range") }
        return number
    }

    private mutating func flag() throws(EntryFault) -> Bool {
        switch try integer() {
        case 0: return false
        case 1: return true
        default: throw fault("is neither 0 nor 1")
        }
    }

    private mutating func optionalText() throws(EntryFault) -> String? {
        switch cell() {
        case .null: return nil
        case .text(let text): return text
        case .integer, .bytes: throw fault("is no text")
        case .foreign(let what): throw fault("holds \(what)")
        }
    }

    private mutating func text() throws(EntryFault) -> String {
        guard let text = try optionalText() else { throw fault("is NULL") }
        return text
    }

    private mutating func instant() throws(EntryFault) -> Instant {
        Instant(milliseconds: try integer())
    }

    mutating func stamp() throws(EntryFault) -> Stamp {
        Stamp(wall: try instant(), elapsed: try integer())
    }

    private mutating func track() throws(EntryFault) -> TrackID {
        let text = try text()
        guard let track = TrackID(text) else { throw fault("'\(text)' is no track") }
        return track
    }

    private mutating func scope() throws(EntryFault) -> Scope {
        let text = try text()
        guard let scope = Scope(text) else { throw fault("'\(text)' is no scope") }
        return scope
    }

    private mutating func word<Word: RawRepresentable>(
        _ type: Word.Type = Word.self
    ) throws(EntryFault) -> Word where Word.RawValue == String {
        let text = try text()
        guard let word = Word(rawValue: text) else { throw fault("'\(text)' is not a known word") }
        return word
    }

    private func parse(_ text: String) throws(EntryFault) -> JSON {
        do {
            return try JSON(stored: text)
        } catch {
            throw fault("is no JSON (\(error))")
        }
    }

    private func decode<Value: Decodable>(
        _ json: JSON,
        as type: Value.Type = Value.self
    ) throws(EntryFault) -> Value {
        do {
            return try json.decode(type)
        } catch {
            throw fault("does not hold what it should")
        }
    }

    private mutating func optionalJSON() throws(EntryFault) -> JSON? {
        guard let text = try optionalText() else { return nil }
        return try parse(text)
    }

    private mutating func json() throws(EntryFault) -> JSON { try parse(try text()) }

    /// A case with associated values, from its name and the values.
    mutating func choice<Value: Decodable>(
        _ type: Value.Type = Value.self
    ) throws(EntryFault) -> Value {
        let name = try text()
        let details = try optionalJSON() ?? .object([:])
        return try decode(.object([name: details]))
    }

    // MARK: Entries

    mutating func machine() throws(EntryFault) -> Entry.MachineRecord {
        .init(digest: try text(), canonical: try text(), source: try text())
    }

    mutating func boot() throws(EntryFault) -> Entry.Boot {
        let at = try stamp()
        let engine = try text()
        let files: [String: String] = try decode(try json())
        let process = try int()
        var boot = Entry.Boot(at: at, engine: engine, files: files, process: process)
        if let calendars = try optionalJSON() { boot.calendars = try decode(calendars) }
        if let zones = try optionalJSON() { boot.zones = try decode(zones) }
        return boot
    }

    mutating func poll() throws(EntryFault) -> Entry.Poll {
        let source = try text()
        let scope = try scope()
        let at = try stamp()
        let body = try optionalText()
        var observedAt: [String: Instant] = [:]
        for (name, time) in try optionalJSON()?.objectValue ?? [:] {
            guard let milliseconds = time.intValue else {
                throw fault("has a time that is no number")
            }
            observedAt[name] = Instant(milliseconds: milliseconds)
        }
        let result: Entry.Poll.Result
        if let body {
            guard try optionalText() == nil, try optionalText() == nil else {
                throw fault("is set beside a body")
            }
            result = .ok(body: body, observedAt: observedAt)
        } else {
            result = .failed(try word(), message: try text())
        }
        return .init(source: source, scope: scope, at: at, result: result)
    }

    mutating func tick(shadow: Cell) throws(EntryFault) -> Entry.Tick {
        var tick = Entry.Tick(number: try int(), at: try stamp())
        tick.wallStep = try optionalInteger()
        tick.stopFile = try flag()
        if try optionalText() != nil {
            guard case .text(let list) = shadow else { throw fault("has no readable list") }
            // Every tick has it, so it is read without a decoder.
            let apps = try parse(list).arrayValue?.map(\.stringValue) ?? [nil]
            tick.shadow = apps.compactMap(\.self)
            guard tick.shadow.count == apps.count else { throw fault("is no list of texts") }
        }
        if let denied = try optionalJSON() { tick.denied = try decode(denied) }
        if let found = try optionalJSON() { tick.successors = try decode(found) }
        return tick
    }

    mutating func decision() throws(EntryFault) -> Entry.DecisionRecord {
        .init(tick: try int(), track: try track(), decision: try text(), state: try text())
    }

    mutating func command() throws(EntryFault) -> Entry.CommandRecord {
        let at = try stamp()
        let id = try text()
        let actor = try text()
        let scope = try scope()
        let request: Command.Request = try choice()
        let reason = try optionalText()
        var basedOn: Int?
        if let number = try optionalInteger() {
            guard let exact = Int(exactly: number) else { throw fault("is out of range") }
            basedOn = exact
        }
        return .init(
            at: at,
            command: Command(
                id: id,
                actor: actor,
                scope: scope,
                request: request,
                reason: reason,
                basedOn: basedOn
            )
        )
    }

    mutating func intent() throws(EntryFault) -> Entry.IntentRecord {
        .init(
            tick: try int(),
            intent: Intent(
                key: try text(),
                track: try track(),
                scope: try scope(),
                step: try int(),
                ordinal: try int(),
                action: try text(),
                kind: try text(),
                actionClass: try word(),
                direction: try word(),
                lane: try text(),
                blocking: try flag(),
                policy: try decode(try json()),
                parameters: try json()
            )
        )
    }

    mutating func attempt() throws(EntryFault) -> Entry.AttemptRecord {
        .init(
            at: try stamp(),
            key: try text(),
            track: try track(),
            purpose: try word(),
            number: try int()
        )
    }

    mutating func outcome() throws(EntryFault) -> Entry.OutcomeRecord {
        let at = try stamp()
        let key = try text()
        let track = try track()
        let number = try int()
        let purpose: Entry.AttemptRecord.Purpose = try word()
        let answer: Entry.OutcomeRecord.Answer
        switch purpose {
        case .perform: answer = .performed(try choice())
        case .probe: answer = .probed(try choice())
        }
        return .init(at: at, key: key, track: track, number: number, answer: answer)
    }

    mutating func discovery() throws(EntryFault) -> Entry.DiscoveryRecord {
        .init(
            at: try stamp(),
            track: try track(),
            machine: try text(),
            by: try text(),
            stage: try optionalText(),
            since: try optionalInteger().map { Instant(milliseconds: $0) }
        )
    }
}
