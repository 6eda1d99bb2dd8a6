// What made the difference between two sets of rules at one tick.

extension WhatIf {
    /// The leaves that one side had and the other had not, for a departure.
    func differences(
        _ leaving: Leaving,
        _ state: TrackState,
        _ turn: Turn,
        _ view: View,
        _ machine: CompiledMachine,
        _ step: Step
    ) -> [Difference] {
        let theirs = explanation(state, turn, view, machine, step)
        var recorded = step.state
        if let signoffs = step.signoffs { recorded.signoffs = signoffs }
        let ours = Conductor.explain(
            recorded,
            world.view(of: step.track, in: step.tick),
            step.machine,
            Moment(step.tick.at)
        )
        return Self.differences(
            ours: Self.leaves(of: leaving, in: ours),
            theirs: Self.leaves(of: leaving, in: theirs)
        )
    }

    /// The transitions of which nothing is known but that the past lacks a fact for them.
    func lacking(
        _ state: TrackState,
        _ turn: Turn,
        _ view: View,
        _ machine: CompiledMachine,
        _ step: Step
    ) -> [(to: String, differences: [Difference], note: String)] {
        // Most machines read nothing that was not polled, and there is nothing to look for.
        guard machine.machine.facts.contains(where: { step.machine.factIndex[$0.path] == nil })
        else { return [] }
        let theirs = explanation(state, turn, view, machine, step)
        return theirs.transitions.compactMap { transition in
            let missing = transition.leaves.filter { !$0.isMet && $0.kind != .confirmation }
            guard !transition.manual, !missing.isEmpty else { return nil }
            let differences = missing.map { Self.difference(nil, $0) }
            let paths = differences.map {
                Self.neverPolled(in: [$0], by: machine, instead: step.machine)
            }
            guard paths.allSatisfy({ !$0.isEmpty }) else { return nil }
            let note = Self.words(neverPolled: paths.flatMap(\.self))
            return (transition.to, differences, note)
        }
    }

    /// The leaves as the other rules see them, with what came in in this very tick.
    private func explanation(
        _ state: TrackState,
        _ turn: Turn,
        _ view: View,
        _ machine: CompiledMachine,
        _ step: Step
    ) -> Explanation {
        var seen = state
        seen.signoffs = turn.state.signoffs
        seen.verdicts = turn.state.verdicts
        seen.credits = turn.state.credits
        return Conductor.explain(seen, view, machine, Moment(step.tick.at))
    }

    /// The leaves of the transition, or the guard, that a departure is.
    private static func leaves(
        of leaving: Leaving,
        in explanation: Explanation
    ) -> [Explanation.Leaf]? {
        let name = "guard \(leaving.name)"
        if let brake = explanation.guards.first(where: { $0.name == name }) { return brake.leaves }
        let transition =
            explanation.transitions.first { $0.name == leaving.name && $0.to == leaving.to }
            ?? explanation.transitions.first { $0.to == leaving.to }
        return transition?.leaves
            ?? explanation.guards.first { $0.to == leaving.to }?.leaves
    }

    private static func differences(
        ours: [Explanation.Leaf]?,
        theirs: [Explanation.Leaf]?
    ) -> [Difference] {
        func isTold(_ leaf: Explanation.Leaf) -> Bool { leaf.kind != .confirmation }
        let ours = ours?.filter(isTold)
        let theirs = theirs?.filter(isTold)
        var found: [Difference] = []
        for leaf in theirs ?? [] {
            let other = ours?.first { $0.name == leaf.name }
            if (other?.isMet ?? (ours == nil ? !leaf.isMet : true)) != leaf.isMet {
                found.append(difference(other, leaf))
            }
        }
        for leaf in ours ?? [] where theirs?.contains(where: { $0.name == leaf.name }) != true {
            if !leaf.isMet || theirs == nil { found.append(difference(leaf, nil)) }
        }
        return found
    }

    private static func difference(
        _ ours: Explanation.Leaf?,
        _ theirs: Explanation.Leaf?
    ) -> Difference {
        let leaf = theirs ?? ours
        return Difference(
            name: leaf?.name ?? "",
            kind: leaf?.kind ?? .condition,
            recorded: ours?.verdict,
            would: theirs?.verdict,
            facts: leaf?.facts ?? [],
            note: leaf?.note
        )
    }

    // MARK: What the past does not know

    /// Facts that are not known, and that the recorded rules never asked for.
    static func neverPolled(
        in differences: [Difference],
        by machine: CompiledMachine,
        instead old: CompiledMachine
    ) -> [String] {
        var paths: [String] = []
        for difference in differences where difference.would.map({ $0 != .met }) ?? false {
            for fact in difference.facts where old.factIndex[fact.path] == nil {
                let source = machine.factIndex[fact.path].map { machine.machine.facts[$0].source }
                let isAnswered = source.map { machine.machine.people[$0] != nil } ?? false
                guard fact.value == nil || isAnswered, !paths.contains(fact.path) else { continue }
                paths.append(fact.path)
            }
        }
        return paths
    }

    static func words(neverPolled paths: [String]) -> String {
        "nobody asked for \(paths.joined(separator: ", ")) at that time"
    }
}
