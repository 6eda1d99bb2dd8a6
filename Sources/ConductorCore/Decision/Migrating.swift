// Moving a track from its pinned machine to another one. Nothing is done to the world by it.

extension TrackState {
    /// Why a track cannot move to another machine now; nil where it can.
    package func obstacle(to machine: Machine) -> String? {
        switch phase {
        case .waiting, .finished: break
        case .entering(let progress):
            return "a transition is under way to \(progress.to); let it end, or abandon it"
        case .error(let fault):
            return "the track is in error: \(fault.what); \(fault.remedy)"
        }
        if !uncertain.isEmpty {
            return "an earlier action may still land: \(uncertain[0].intent.key)"
        }
        for name in [stage, pause?.previous].compactMap(\.self) where machine.stage(name) == nil {
            return "the newest machine has no stage '\(name)'"
        }
        // What a person gave up stays given up, and must have a name to be known by.
        let names = Set(machine.transitions.map(\.name) + machine.guards.map(\.name))
        if let name = disarmed.first(where: { !names.contains($0) }) {
            return "'\(name)' was abandoned, and the newest machine has none of this name;"
                + " rearm it first"
        }
        return nil
    }
}

extension TrackMachine {
    mutating func migrate(_ command: Command) {
        guard let successor = view.nextMachine else {
            return refuse(command, "no such machine was ever loaded")
        }
        guard successor.digest != state.machine else {
            return accept(command, "it runs on the newest machine already")
        }
        guard fired == nil else {
            return refuse(command, "another transition was decided a moment ago; look again")
        }
        if let obstacle = state.obstacle(to: successor.machine) {
            return refuse(command, obstacle)
        }
        let difference = MachineDifference(from: rules, to: successor.machine)
        // What people said, and what time has earned, was about the question as it was.
        let conditions = difference.changedQuestions(of: rules, successor.machine)
        state.overrides.removeAll { conditions.contains($0.condition) }
        state.credits = state.credits.filter { !conditions.contains($0.key) }
        state.verdicts = state.verdicts.filter { name, _ in
            !conditions.contains(name)
                && !difference.names(of: .guard).contains { name == "guard \($0)" }
        }
        let transitions = difference.names(of: .transition)
        state.approvals.removeAll { transitions.contains($0.transition) }
        state.confirmation = nil
        if let stage = state.stage.flatMap(successor.machine.stage) {
            state.phase = stage.terminal || stage.monitor != nil ? .finished : .waiting
        }
        state.machine = successor.digest
        hasMigrated = true
        let count = difference.items.count
        accept(command, "moved to the newest machine, \(count) difference\(count == 1 ? "" : "s")")
    }
}

extension MachineDifference {
    /// The conditions that ask something else now: by their own text, or by a parameter or a fact
    /// that they read.
    func changedQuestions(of old: Machine, _ new: Machine) -> Set<String> {
        var names = names(of: .condition)
        let paths =
            self.names(of: .parameter).map { "params.\($0)" } + Array(self.names(of: .fact))
        for condition in old.conditions + new.conditions {
            let texts = [condition.expr, condition.alarm ?? "", condition.applies ?? ""]
            if paths.contains(where: { path in texts.contains { $0.contains(path) } }) {
                names.insert(condition.name)
            }
        }
        return names
    }
}
