extension Machine {
    /// What is wrong with single transitions.
    var transitionFindings: [MachineFinding] {
        transitions.indices.flatMap { findings(ofTransition: $0) }
    }

    private func findings(ofTransition index: Int) -> [MachineFinding] {
        let transition = transitions[index]
        var findings: [MachineFinding] = []
        func find(_ kind: MachineFinding.Kind, _ message: String) {
            findings.append(MachineFinding(kind, .transition(index), message))
        }
        let from = stage(transition.from)
        if from?.terminal == true {
            find(
                .leavesTerminal,
                "'\(transition.from)' is terminal, and yet a transition leaves it"
            )
        }
        if transition.to == .stage(transition.from) {
            find(.selfLoop, "it leads from '\(transition.from)' to itself")
        }
        if transition.to == .previous, let from, from.kind != .waiting {
            find(
                .previousOutsideWaiting,
                "'$previous' leads back out of a stage with 'kind: waiting';"
                    + " '\(from.name)' is none"
            )
        }
        if !transition.manual, transition.when.isEmpty, transition.dwell == nil,
            transition.onErrorOf == nil
        {
            find(
                .unconditional,
                "it waits for nothing; name a condition under 'when', or say 'manual: true'"
            )
        }
        if transition.resumeLimit != nil {
            if transition.manual {
                find(.resumeMisuse, "a manual transition never resumes by itself")
            } else if let from, from.kind != .waiting {
                find(.resumeMisuse, "only what leaves a stage with 'kind: waiting' resumes")
            }
        }
        let directions = transition.actions.map { action($0.action)?.direction }
        if transition.approvals != nil, directions.contains(.brakes), !directions.contains(.raises)
        {
            find(.approvalMisuse, "a brake waits for nobody, and never for approvals")
        }
        if transition.onErrorOf != nil, directions.contains(.raises) {
            find(
                .raisingErrorRoad,
                "'on_error' is taken without asking, and may not give the release to more users"
            )
        }
        return findings
    }
}
