extension Machine {
    /// What is wrong with single guards.
    var guardFindings: [MachineFinding] {
        guards.indices.flatMap { findings(ofGuard: $0) }
    }

    private func findings(ofGuard index: Int) -> [MachineFinding] {
        let watcher = guards[index]
        var findings: [MachineFinding] = []
        func find(_ kind: MachineFinding.Kind, _ message: String) {
            findings.append(MachineFinding(kind, .guard(index), message))
        }
        switch watcher.to {
        case .previous:
            find(.previousOutsideWaiting, "a guard leads to a stage, not back to '$previous'")
        case .stage(let name):
            if watcher.watch.contains(name) {
                find(.guardToItself, "it watches '\(name)' and leads there")
            }
        }
        for name in watcher.watch where stage(name)?.terminal == true {
            find(.leavesTerminal, "'\(name)' is terminal; nothing can be guarded there")
        }
        for use in watcher.actions where action(use.action)?.direction == .raises {
            find(
                .raisingGuard,
                "a guard brakes, and '\(use.action)' gives the release to more users"
            )
        }
        let isRollingOut = watcher.watch.contains { stage($0)?.shelf == .production }
        if isRollingOut, watcher.blindAfter == nil {
            find(
                .blindGuard,
                "it watches a rollout without 'blind_after': nobody is called when its facts are gone"
            )
        }
        return findings
    }

    /// What is wrong with single stages.
    var stageFindings: [MachineFinding] {
        stages.flatMap { stage -> [MachineFinding] in
            var findings: [MachineFinding] = []
            if stage.latchesCandidate, candidate == nil {
                findings.append(
                    MachineFinding(
                        .latchWithoutCandidate,
                        .stage(stage.name),
                        "it latches a candidate, and no 'candidate:' says which facts name it"
                    )
                )
            }
            let hasWay = transitions.contains { $0.from == stage.name && $0.manual }
            if stage.kind == .waiting, !stage.terminal, !hasWay {
                findings.append(
                    MachineFinding(
                        .noPersonsWay,
                        .stage(stage.name),
                        "what was stopped stays stopped until a person resumes it, and no manual"
                            + " transition leaves '\(stage.name)'"
                    )
                )
            }
            return findings
        }
    }
}
