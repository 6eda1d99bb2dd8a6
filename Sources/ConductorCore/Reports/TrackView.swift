/// A track as the journal knows it last: its state, and the decision in force.
package struct TrackView: Sendable {
    package var state: TrackState
    /// Nil before the first decision.
    package var decision: Decision?
    /// The pinned machine.
    package var machine: Machine?
    /// Decided and recorded only; nothing is done.
    package var isShadowed = false
    /// All that its transitions need, where that was asked for.
    package var explanation: Explanation?
    /// What its conditions compare numbers with, by condition; where that was asked for.
    package var thresholds: [String: [Threshold]] = [:]

    package init(state: TrackState, decision: Decision?) {
        self.state = state
        self.decision = decision
    }

    /// As decided; grey before the first decision.
    package var light: Light { decision?.light ?? .grey }

    /// The transition that people wait for.
    package var wayOn: Decision.Candidate? {
        decision.flatMap { WayOn(stages: machine?.stages ?? []).candidate(of: $0) }
    }
}

/// Which of the transitions from a stage is the way on.
///
/// On the road, of those that lead ahead the first one that goes by itself, else the first; a way
/// back and a brake are no way on. Beside the road, the one that is nearest to firing.
package struct WayOn: Sendable {
    private let order: [String: Int]

    package init(stages: [Stage]) {
        let road = stages.enumerated().filter { $0.element.kind == .road }
        order = Dictionary(road.map { ($0.element.name, $0.offset) }) { first, _ in first }
    }

    /// Among what was decided.
    package func candidate(of decision: Decision) -> Decision.Candidate? {
        let here = decision.stage
        return place(
            from: here,
            decision.transitions.map {
                Choice(
                    isAhead: isAhead($0.to, of: here),
                    manual: $0.manual,
                    missing: $0.blockedBy.count
                )
            }
        ).map { decision.transitions[$0] }
    }

    /// Among what is explained.
    package func transition(of explanation: Explanation) -> Explanation.Transition? {
        let here = explanation.stage
        return place(
            from: here,
            explanation.transitions.map {
                Choice(
                    isAhead: isAhead($0.to, of: here),
                    manual: $0.manual,
                    missing: $0.smallest.count
                )
            }
        ).map { explanation.transitions[$0] }
    }

    private struct Choice {
        var isAhead: Bool
        var manual: Bool
        var missing: Int
    }

    private func isAhead(_ stage: String, of here: String?) -> Bool {
        guard let to = order[stage], let here, let from = order[here] else { return false }
        return to > from
    }

    private func place(from here: String?, _ choices: [Choice]) -> Int? {
        if let ahead = choices.firstIndex(where: { $0.isAhead && !$0.manual })
            ?? choices.firstIndex(where: \.isAhead)
        {
            return ahead
        }
        if let here, order[here] != nil { return nil }
        let automatic = choices.indices.filter { !choices[$0].manual }
        return (automatic.isEmpty ? Array(choices.indices) : automatic)
            .min { choices[$0].missing < choices[$1].missing }
    }
}
