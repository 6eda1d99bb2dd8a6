import ConductorCore

/// An entry as the cells of its table's columns.
struct EncodedEntry {
    var table: JournalTable
    var cells: [Cell]
    /// Text that goes to `body`, of which the cells hold the digest: the shadow list of a tick.
    var sharedText: String?
}

/// What of an entry cannot be recorded so that it reads back as it was.
struct EntryFault: Error {
    var message: String
}

extension Entry {
    /// The entry in cells.
    ///
    /// - Throws: `EntryFault`, or an `EncodingError`, when it would not read back equal.
    func encoded() throws -> EncodedEntry {
        switch self {
        case .boot(let boot): try boot.encoded()
        case .machine(let machine): try machine.encoded()
        case .poll(let poll): try poll.encoded()
        case .tick(let tick): try tick.encoded()
        case .decision(let decision): try decision.encoded()
        case .command(let command): try command.encoded()
        case .intent(let intent): try intent.encoded()
        case .attempt(let attempt): try attempt.encoded()
        case .outcome(let outcome): try outcome.encoded()
        case .discovery(let discovery): try discovery.encoded()
        case .upkeep(let upkeep): try upkeep.encoded()
        }
    }
}

extension Cell {
    fileprivate init(_ instant: Instant) { self = .integer(instant.milliseconds) }
    fileprivate init(_ number: Int) { self = .integer(Int64(number)) }
    fileprivate init(_ flag: Bool) { self = .integer(flag ? 1 : 0) }

    fileprivate init(json value: some Encodable) throws {
        self = .text(try JSON(encoding: value).description)
    }

    fileprivate init(_ track: TrackID) throws(EntryFault) {
        let text = track.description
        guard TrackID(text) == track else {
            throw EntryFault(message: "'\(text)' is no track; it would be app/platform/version")
        }
        self = .text(text)
    }

    fileprivate init(_ scope: Scope) throws(EntryFault) {
        let text = scope.description
        guard Scope(text) == scope else {
            throw EntryFault(
                message: "'\(text)' is no scope; it would be *, app, app/version or a track"
            )
        }
        self = .text(text)
    }
}

/// A case with associated values as its name and, if there are any, the values.
private func word(_ value: some Encodable) throws -> (name: Cell, details: Cell) {
    let json = try JSON(encoding: value)
    guard case .object(let members) = json, members.count == 1, let (name, details) = members.first
    else { throw EntryFault(message: "'\(json)' has no case's name") }
    return (.text(name), details == .object([:]) ? .null : .text(details.description))
}

extension Entry.Boot {
    fileprivate func encoded() throws -> EncodedEntry {
        EncodedEntry(
            table: .boot,
            cells: [
                Cell(at.wall), .integer(at.elapsed), .text(engine), try Cell(json: files),
                Cell(process), calendars.isEmpty ? .null : try Cell(json: calendars),
                zones.isEmpty ? .null : try Cell(json: zones),
            ]
        )
    }
}

extension Entry.MachineRecord {
    fileprivate func encoded() throws -> EncodedEntry {
        guard Digest.text(of: Array(canonical.utf8)) == digest else {
            throw EntryFault(message: "'\(digest)' is not the digest of the machine beside it")
        }
        return EncodedEntry(
            table: .machine,
            cells: [.text(digest), .text(canonical), .text(source)]
        )
    }
}

extension Entry.Poll {
    fileprivate func encoded() throws -> EncodedEntry {
        var cells: [Cell] = [
            .text(source), try Cell(scope), Cell(at.wall), .integer(at.elapsed),
        ]
        switch result {
        case .ok(let body, let observedAt):
            cells.append(.text(body))
            let times = JSON.object(observedAt.mapValues { .int($0.milliseconds) })
            cells.append(observedAt.isEmpty ? .null : .text(times.description))
            cells += [.null, .null]
        case .failed(let failure, let message):
            cells += [.null, .null, .text(failure.rawValue), .text(message)]
        }
        return EncodedEntry(table: .poll, cells: cells)
    }
}

extension Entry.Tick {
    fileprivate func encoded() throws -> EncodedEntry {
        var shared: String?
        var digest: String?
        if !shadow.isEmpty {
            // The same list in tick after tick: stored once, like a body.
            let text = JSON.array(shadow.map { .string($0) }).description
            shared = text
            digest = Digest.text(of: Array(text.utf8))
        }
        return EncodedEntry(
            table: .tick,
            cells: [
                Cell(number), Cell(at.wall), .integer(at.elapsed), Cell(wallStep), Cell(stopFile),
                Cell(digest), denied.isEmpty ? .null : try Cell(json: denied),
                successors.isEmpty ? .null : try Cell(json: successors),
            ],
            sharedText: shared
        )
    }
}

extension Entry.DecisionRecord {
    fileprivate func encoded() throws -> EncodedEntry {
        EncodedEntry(
            table: .decision,
            cells: [Cell(tick), try Cell(track), .text(decision), .text(state)]
        )
    }
}

extension Entry.CommandRecord {
    fileprivate func encoded() throws -> EncodedEntry {
        let request = try word(command.request)
        return EncodedEntry(
            table: .command,
            cells: [
                Cell(at.wall), .integer(at.elapsed), .text(command.id), .text(command.actor),
                try Cell(command.scope), request.name, request.details, Cell(command.reason),
                Cell(command.basedOn.map { Int64($0) }),
            ]
        )
    }
}

extension Entry.IntentRecord {
    fileprivate func encoded() throws -> EncodedEntry {
        EncodedEntry(
            table: .intent,
            cells: [
                Cell(tick), .text(intent.key), try Cell(intent.track), try Cell(intent.scope),
                Cell(intent.step), Cell(intent.ordinal), .text(intent.action), .text(intent.kind),
                .text(intent.actionClass.rawValue), .text(intent.direction.rawValue),
                .text(intent.lane), Cell(intent.blocking), try Cell(json: intent.policy),
                .text(intent.parameters.description),
            ]
        )
    }
}

extension Entry.AttemptRecord {
    fileprivate func encoded() throws -> EncodedEntry {
        EncodedEntry(
            table: .attempt,
            cells: [
                Cell(at.wall), .integer(at.elapsed), .text(key), try Cell(track),
                .text(purpose.rawValue), Cell(number),
            ]
        )
    }
}

extension Entry.OutcomeRecord {
    fileprivate func encoded() throws -> EncodedEntry {
        let purpose: Entry.AttemptRecord.Purpose
        let answer: (name: Cell, details: Cell)
        switch self.answer {
        case .performed(let outcome):
            purpose = .perform
            answer = try word(outcome)
        case .probed(let found):
            purpose = .probe
            answer = try word(found)
        }
        return EncodedEntry(
            table: .outcome,
            cells: [
                Cell(at.wall), .integer(at.elapsed), .text(key), try Cell(track), Cell(number),
                .text(purpose.rawValue), answer.name, answer.details,
            ]
        )
    }
}

extension Entry.DiscoveryRecord {
    fileprivate func encoded() throws -> EncodedEntry {
        EncodedEntry(
            table: .discovery,
            cells: [
                Cell(at.wall), .integer(at.elapsed), try Cell(track), .text(machine), .text(by),
                Cell(stage), Cell(since?.milliseconds),
            ]
        )
    }
}

extension Entry.Upkeep {
    fileprivate func encoded() throws -> EncodedEntry {
        let event = try word(event)
        return EncodedEntry(
            table: .upkeep,
            cells: [Cell(at.wall), .integer(at.elapsed), event.name, event.details]
        )
    }
}
