import ConductorCore
import ConductorPorts

// A full disk: what is left is for outcomes, holds, STOP and brakes.

extension Engine {
    /// Takes note that the disk is full, or has room again.
    ///
    /// Polls that had no room are written once there is some; the newest of each is enough.
    func noteRoom() throws {
        guard let low = journal.isLow(), low != world.low else { return }
        let entries: [Entry] = [.upkeep(.init(at: now(), event: .room(low: low)))]
        let held = heldBackEntries()
        try write(entries + (low ? [] : held.entries), bodies: low ? [:] : held.bodies)
        if !low { heldBack = [:] }
        observe(.room(low: low))
    }

    /// Keeps a poll's answer in memory while the disk is full; true if it does.
    func holdBack(_ entry: Entry, bodies: [String: JSON], of target: PollTarget) -> Bool {
        guard world.low else { return false }
        heldBack[target] = (entry, bodies)
        return true
    }

    func heldBackEntries() -> (entries: [Entry], bodies: [String: JSON]) {
        let all = heldBack.sorted { left, right in
            left.key.source != right.key.source
                ? left.key.source.precedes(right.key.source)
                : left.key.scope.description.precedes(right.key.scope.description)
        }
        var bodies: [String: JSON] = [:]
        for held in all { bodies.merge(held.value.bodies) { known, _ in known } }
        return (all.map(\.value.entry), bodies)
    }

    /// Whether a round on a full disk is one that must not be lost: something came in from a
    /// person or a backend, a brake was decided, or one is to be tried again.
    func mustBeWritten(_ turns: [(TrackID, Turn)]) -> Bool {
        world.hasInputs
            || turns.contains { track, turn in
                turn.decision.fired != nil || turn.effects != outstanding[track] ?? []
            }
    }

    /// Why a command is not taken in while the disk is full.
    func refusalOnFullDisk(_ command: Command) -> String? {
        guard journal.isLow() == true else { return nil }
        switch command.request {
        case .hold, .stop, .pause, .cancel: return nil
        case .add, .register, .resume, .liftStop, .advance, .retry, .abandon, .signoff, .resolve,
            .override, .approve, .rearm, .migrate:
            return "the disk of the journal is full: only holds, STOP and brakes are taken;"
                + " make room, then ask again"
        }
    }
}

extension Intent {
    /// The name under which an action's parameters may hold the journal's head.
    private static let placeholder = "${journal.head}"

    /// The intent as it is sent: with the head of the journal, as it is behind the attempt's row.
    func published(with head: String?) -> Intent {
        guard let head else { return self }
        var intent = self
        guard case .object(var members) = parameters.replacing(Self.placeholder, with: head) else {
            return self
        }
        members["journal"] = ["head": .string(head)]
        intent.parameters = .object(members)
        return intent
    }
}

extension JSON {
    fileprivate func replacing(_ text: String, with other: String) -> JSON {
        switch self {
        case .string(let own): .string(own.replacing(text, with: other))
        case .array(let elements): .array(elements.map { $0.replacing(text, with: other) })
        case .object(let members):
            .object(members.mapValues { $0.replacing(text, with: other) })
        case .null, .bool, .int, .double: self
        }
    }
}
