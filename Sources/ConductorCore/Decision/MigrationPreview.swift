/// What moving a track to another machine would mean, before it is done.
package struct MigrationPreview: Sendable, Equatable {
    package var track: TrackID
    /// Digests of the pinned machine, and of the one to move to.
    package var from: String
    package var to: String
    package var revision: Int
    package var stage: String?
    package var difference: MachineDifference
    /// Why it cannot be done now.
    package var obstacle: String?
    /// Conditions that come to something else, by name; nil where there is none of this name.
    package var verdicts: [ChangedVerdict]
    /// The ways on from here, as each machine has them.
    package var before: [Explanation.Transition]
    package var after: [Explanation.Transition]

    /// A condition that comes to something else under the other machine.
    package struct ChangedVerdict: Sendable, Equatable {
        package var condition: String
        package var was: Verdict?
        package var now: Verdict?
    }

    package var isNeeded: Bool { from != to }
}

extension World {
    /// What moving a track to a machine would mean, as things stand after a tick.
    package func previewMigration(
        of track: TrackID,
        to successor: CompiledMachine,
        in tick: Entry.Tick
    ) -> MigrationPreview? {
        guard let state = states[track], let machine = machines[state.machine] else { return nil }
        let before = look(state, under: machine, in: tick)
        var moved = state
        moved.machine = successor.digest
        let obstacle = state.obstacle(to: successor.machine)
        let isPossible = state.stage.map { successor.machine.stage($0) != nil } ?? true
        let after = isPossible ? look(moved, under: successor, in: tick) : Outlook()
        let names = Set(before.verdicts.keys).union(after.verdicts.keys)
        return MigrationPreview(
            track: track,
            from: state.machine,
            to: successor.digest,
            revision: state.revision,
            stage: state.stage,
            difference: MachineDifference(from: machine.machine, to: successor.machine),
            obstacle: obstacle,
            verdicts: names.sorted { $0.precedes($1) }
                .filter { isPossible && before.verdicts[$0] != after.verdicts[$0] }
                .map { .init(condition: $0, was: before.verdicts[$0], now: after.verdicts[$0]) },
            before: before.transitions,
            after: after.transitions
        )
    }

    /// What a machine makes of a track.
    private struct Outlook {
        var transitions: [Explanation.Transition] = []
        var verdicts: [String: Verdict] = [:]
    }

    private func look(
        _ state: TrackState,
        under machine: CompiledMachine,
        in tick: Entry.Tick
    ) -> Outlook {
        var view = view(of: state.track, in: tick, for: machine)
        view.inputs = []
        let moment = Moment(tick.at)
        let explanation = Conductor.explain(state, view, machine, moment)
        return Outlook(
            transitions: explanation.transitions,
            verdicts: Conductor.verdicts(state, view, machine, moment)
        )
    }
}

extension Conductor {
    /// What every condition of a machine comes to.
    static func verdicts(
        _ state: TrackState,
        _ view: View,
        _ machine: CompiledMachine,
        _ moment: Moment
    ) -> [String: Verdict] {
        var track = TrackMachine(state, view, machine, moment)
        track.look()
        var verdicts: [String: Verdict] = [:]
        for (index, compiled) in machine.conditions.enumerated() {
            verdicts[compiled.condition.name] = track.evaluation.answer(index).verdict
        }
        return verdicts
    }
}
