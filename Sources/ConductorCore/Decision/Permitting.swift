// Overrides and approvals: people's words that bind to a candidate, and end with it.

extension TrackMachine {
    /// What an override or an approval is about: the candidate, or what would be latched now.
    var subject: Candidate? { state.candidate ?? candidateNow }

    /// The override in force for a condition.
    func override(of condition: String) -> Override? {
        guard !state.overrides.isEmpty else { return nil }
        let subject = subject
        return state.overrides.first {
            $0.condition == condition && $0.candidate == subject && !isOver($0)
        }
    }

    /// A condition's verdict as a transition counts it.
    mutating func counted(_ index: Int) -> Verdict {
        let verdict = evaluation.answer(index).verdict
        switch verdict {
        case .met, .notApplicable: return verdict
        case .unmet, .unknown:
            return override(of: machine.conditions[index].condition.name) == nil ? verdict : .met
        }
    }

    /// Whether the time of an override is over; setting the wall clock on ends it as well.
    private func isOver(_ override: Override) -> Bool {
        now.elapsed >= override.until.elapsed
            || (moment.wallStepped && now.wall >= override.until.wall)
    }

    /// Drops what has ended, and remembers to look again when the next one does.
    mutating func keepPermissions() {
        guard !state.overrides.isEmpty || !state.approvals.isEmpty else { return }
        let subject = subject
        if state.candidate == nil { wakeWithCandidateFacts() }
        // While nobody knows what the candidate would be, nothing counts, and nothing is lost.
        func isAnother(_ candidate: Candidate?) -> Bool {
            subject != nil && candidate != subject
        }
        let ended = state.overrides.filter { isOver($0) || isAnother($0.candidate) }
        state.overrides.removeAll { ended.contains($0) }
        state.approvals.removeAll { isAnother($0.candidate) }
        for override in state.overrides { evaluation.wake(at: override.until.elapsed) }
    }

    // MARK: Commands

    mutating func override(
        _ command: Command,
        _ condition: String,
        _ term: Command.OverrideTerm,
        at given: Stamp
    ) {
        guard machine.conditionIndex[condition] != nil else {
            let names = rules.conditions.map(\.name).joined(separator: ", ")
            return refuse(command, "there is no condition '\(condition)'; there is \(names)")
        }
        look()
        let until: Stamp
        switch term {
        case .lifted:
            guard state.overrides.contains(where: { $0.condition == condition }) else {
                return refuse(command, "nothing overrides \(condition)")
            }
            state.overrides.removeAll { $0.condition == condition }
            return accept(command, "\(condition) counts by the facts again")
        case .until(let instant): until = given.advanced(by: instant - given.wall)
        case .lasting(let span): until = given.advanced(by: span)
        }
        guard rules.transitions.contains(where: { $0.when.contains(condition) }) else {
            return refuse(
                command,
                "only guards ask for \(condition), and what a guard sees is never overridden"
            )
        }
        guard let reason = command.reason, reason.contains(where: { !$0.isWhitespace }) else {
            return refuse(command, "an override says why: --reason")
        }
        guard until.elapsed > now.elapsed else {
            return refuse(command, "that moment is over already: \(until.wall)")
        }
        state.overrides.removeAll { $0.condition == condition }
        state.overrides.append(
            Override(
                condition: condition,
                candidate: subject,
                actor: command.actor,
                reason: reason,
                since: given,
                until: until
            )
        )
        state.overrides.sort { $0.condition.precedes($1.condition) }
        let candidate = subject.map { ", for candidate \($0.commit) alone" } ?? ""
        accept(command, "\(condition) counts as met until \(until.wall)\(candidate)")
    }

    mutating func approve(_ command: Command, _ wanted: String?, at given: Instant) {
        look()
        switch state.phase {
        case .waiting: break
        case .entering, .error, .finished:
            return refuse(
                command,
                "nothing here waits for an approval: the track is \(state.phase.name)"
            )
        }
        guard fired == nil else {
            return refuse(command, "another transition was decided a moment ago; look again")
        }
        let asking = transitionsHere().filter { neededApprovals(of: $0) != nil }
        let choices: [Transition]
        if let wanted {
            choices = asking.filter { $0.name == wanted || target(of: $0.to) == wanted }
        } else {
            choices = asking.filter { transition in
                approvers(of: transition).count < neededApprovals(of: transition) ?? 0
            }
        }
        guard let transition = choices.first else {
            return refuse(
                command,
                wanted.map { "'\($0)' needs no approval here" }
                    ?? "nothing here waits for an approval"
            )
        }
        guard choices.count == 1 else {
            let names = choices.map(\.name).joined(separator: ", ")
            return refuse(command, "several wait for an approval, name one: \(names)")
        }
        let already = approvers(of: transition)
        guard !already.contains(command.actor) else {
            return refuse(command, "\(command.actor) has approved \(transition.name) already")
        }
        state.approvals.append(
            Approval(
                transition: transition.name,
                candidate: subject,
                actor: command.actor,
                at: given
            )
        )
        let needed = neededApprovals(of: transition) ?? 0
        accept(command, "\(transition.name): approved, \(already.count + 1) of \(needed)")
    }

    mutating func rearm(_ command: Command, _ wanted: String?) {
        let names = state.disarmed.filter { name in
            guard let wanted, name != wanted else { return true }
            let transition = rules.transitions.first { $0.name == name }
            return transition.flatMap { target(of: $0.to) } == wanted
        }
        guard !names.isEmpty else {
            let all = state.disarmed.joined(separator: ", ")
            return refuse(
                command,
                state.disarmed.isEmpty
                    ? "nothing is disarmed here"
                    : "'\(wanted ?? "")' is not disarmed; disarmed is \(all)"
            )
        }
        state.disarmed.removeAll { names.contains($0) }
        accept(command, "armed again: \(names.joined(separator: ", "))")
    }

    // MARK: The leaf

    /// How many people must approve a transition; nil where none must.
    ///
    /// A brake waits for nobody.
    func neededApprovals(of transition: Transition) -> Int? {
        guard let needed = transition.approvals, needed > 0,
            machine.direction(of: transition.actions) != .brakes
        else { return nil }
        return needed
    }

    /// Who has approved a transition with what it would be done for.
    private func approvers(of transition: Transition) -> [String] {
        guard !state.approvals.isEmpty else { return [] }
        let subject = subject
        return state.approvals.filter {
            $0.transition == transition.name && $0.candidate == subject
        }.map(\.actor)
    }

    /// The leaf of a transition that needs people's consent.
    func approvalLeaf(of transition: Transition) -> Explanation.Leaf? {
        #if CONDUCTOR_PLANTED_BUGS
            if PlantedBug.approvalForgotten.isPlanted { return nil }
        #endif
        guard let needed = neededApprovals(of: transition) else { return nil }
        let actors = approvers(of: transition)
        let by = actors.isEmpty ? "" : ", by \(actors.joined(separator: ", "))"
        return Explanation.Leaf(
            "approval",
            kind: .approval,
            verdict: actors.count >= needed ? .met : .unmet,
            note: "\(actors.count) of \(needed)\(by): conductord approve"
        )
    }
}
