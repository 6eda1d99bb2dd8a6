extension Machine {
    /// Circles that could be run through without a person, a guard or the passing of time.
    ///
    /// One finding for each set of stages that such transitions tie together, with a shortest
    /// circle as its proof.
    var cycleFindings: [MachineFinding] {
        let unbraked = transitions.indices.filter { isUnbraked(transitions[$0]) }
        var findings: [MachineFinding] = []
        var named: Set<String> = []
        for index in unbraked where !named.contains(transitions[index].from) {
            guard let circle = circle(through: index, of: unbraked) else { continue }
            named.formUnion(circle)
            let road = (circle + circle.prefix(1)).joined(separator: " -> ")
            findings.append(
                MachineFinding(
                    .unboundedCycle,
                    .transition(index),
                    "the circle \(road) has no transition that is manual, has 'dwell', or waits for"
                        + " a 'sustained' condition"
                )
            )
        }
        return findings
    }

    private func isUnbraked(_ transition: Transition) -> Bool {
        !transition.manual && transition.dwell == nil && transition.resumeLimit == nil
            && transition.to != .stage(transition.from)
            && !transition.when.contains { condition($0)?.sustained != nil }
    }

    /// The stages of a shortest circle that begins with this transition.
    private func circle(through index: Int, of unbraked: [Int]) -> [String]? {
        let start = transitions[index].from
        var cameFrom: [String: String] = [:]
        var open = destinations(of: transitions[index].to, from: start)
        for stage in open where cameFrom[stage] == nil { cameFrom[stage] = start }
        var next = 0
        while next < open.count {
            let stage = open[next]
            next += 1
            if stage == start {
                var road: [String] = []
                var step = cameFrom[start]
                while let current = step, current != start {
                    road.append(current)
                    step = cameFrom[current]
                }
                return [start] + road.reversed()
            }
            for other in unbraked where transitions[other].from == stage {
                for destination in destinations(of: transitions[other].to, from: stage)
                where cameFrom[destination] == nil {
                    cameFrom[destination] = stage
                    open.append(destination)
                }
            }
        }
        return nil
    }
}
