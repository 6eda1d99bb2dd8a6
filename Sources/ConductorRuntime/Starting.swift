import ConductorCore
import ConductorPorts

// What a start brings into the journal, beside the boot itself.

extension Engine {
    /// Machines that the journal lacks, and those whose titles, owners or links have changed.
    ///
    /// A pinned machine takes these from the newest one of its app and platform; what it does stays
    /// as it was pinned.
    func newMachines() throws -> [Entry.MachineRecord] {
        var records: [Entry.MachineRecord] = []
        var seen: Set<String> = []
        func add(_ record: Entry.MachineRecord, _ machine: Machine) {
            guard seen.insert(record.digest).inserted,
                world.machines[record.digest]?.machine != machine
            else { return }
            records.append(record)
        }
        for (place, record) in settings.machines.sorted(by: { $0.key.precedes($1.key) }) {
            guard let machine = newest(at: place) else { continue }
            add(record, machine)
        }
        for track in world.live {
            let place = "\(track.app)/\(track.platform)"
            guard let digest = world.states[track]?.machine,
                let pinned = world.machines[digest]?.machine, let newest = newest(at: place)
            else { continue }
            let labelled = pinned.labelled(like: newest)
            let canonical = try JSON(encoding: labelled.canonical).description
            // What an older engine pinned may be written otherwise by now; then it keeps its labels.
            guard journal.digest(of: Array(canonical.utf8)) == digest else { continue }
            let source = try JSON(encoding: labelled).description
            add(.init(digest: digest, canonical: canonical, source: source), labelled)
        }
        return records
    }

    private func newest(at place: String) -> Machine? {
        let parts = place.split(separator: "/").map(String.init)
        guard parts.count == 2 else { return nil }
        return settings.deployment.app(parts[0])?.machines[parts[1]]
    }

    /// Holds on tracks whose stored state does not come out again: nothing new is done for them
    /// until a person has looked.
    ///
    /// A hold of this kind is written once for each state; a person's `resume` lifts it.
    func distrust(at: Stamp) -> [Entry] {
        settings.distrusted.sorted { $0.key < $1.key }.compactMap { track, reason in
            let revision = world.states[track]?.revision ?? 0
            let command = Command(
                id: "stored-state/\(track)/\(revision)",
                actor: "conductord",
                scope: .track(track),
                request: .hold,
                reason: reason
            )
            guard world.commands[command.id] == nil else { return nil }
            observe(.alert(track, reason))
            return .command(.init(at: at, command: command))
        }
    }
}
