extension Machine {
    private var edges: [String: [String]] {
        var edges: [String: [String]] = [:]
        for transition in transitions {
            edges[transition.from, default: []] += destinations(
                of: transition.to,
                from: transition.from
            )
        }
        for watcher in guards {
            for stage in watcher.watch {
                edges[stage, default: []] += destinations(of: watcher.to, from: stage)
            }
        }
        return edges
    }

    /// Stages to which no road leads from the first one.
    ///
    /// Of stages that hang on one another only the first is named.
    var reachabilityFindings: [MachineFinding] {
        guard let first = stages.first else { return [] }
        let edges = edges
        var reached: Set<String> = []
        func reach(_ stage: String) {
            var open = [stage]
            while let next = open.popLast() {
                guard reached.insert(next).inserted else { continue }
                open += edges[next] ?? []
            }
        }
        reach(first.name)
        let entered = Set(edges.flatMap { from, to in to.filter { $0 != from } })
        var findings: [MachineFinding] = []
        for isOrphan in [true, false] {
            for stage in stages
            where !reached.contains(stage.name) && entered.contains(stage.name) != isOrphan {
                findings.append(
                    MachineFinding(
                        .unreachableStage,
                        .stage(stage.name),
                        "no transition and no guard leads to '\(stage.name)' from"
                            + " '\(first.name)', where a release begins"
                    )
                )
                reach(stage.name)
            }
        }
        return findings
    }

    /// Stages that are neither left nor an end.
    var exitFindings: [MachineFinding] {
        let left = Set(transitions.filter { $0.onErrorOf == nil }.map(\.from)).union(
            guards.flatMap(\.watch)
        )
        return
            stages
            .filter { !$0.terminal && $0.monitor == nil && !left.contains($0.name) }
            .map {
                MachineFinding(
                    .noWayOut,
                    .stage($0.name),
                    "no transition and no guard leaves '\($0.name)'; an end says 'terminal: true',"
                        + " or 'monitor:' where it is watched on"
                )
            }
    }
}
