/// An arrow of the picture of a machine.
package struct MapEdge: Sendable, Hashable {
    /// Who makes the step: the rules, a person, or a guard.
    package enum Style: Sendable, Hashable { case automatic, manual, brake }

    package var from: String
    package var to: String
    package var style: Style
    /// What it waits for, part by part.
    package var label: [String]

    /// The arrows of a machine, in its order: transitions, then guards.
    package static func all(of machine: Machine) -> [MapEdge] {
        var edges: [MapEdge] = []
        for transition in machine.transitions {
            var label = transition.manual ? [byHand(transition)] : []
            if transition.onErrorOf != nil { label.append("on error") }
            label += transition.when
            if let dwell = transition.dwell { label.append("after \(dwell)") }
            if !transition.platforms.isEmpty { label.append("on " + list(transition.platforms)) }
            for stage in machine.destinations(of: transition.to, from: transition.from) {
                edges.append(
                    MapEdge(
                        from: transition.from,
                        to: stage,
                        style: transition.manual ? .manual : .automatic,
                        label: label
                    )
                )
            }
        }
        for watcher in machine.guards {
            var label = ["guard \(watcher.name)"]
            if !watcher.platforms.isEmpty { label.append("on " + list(watcher.platforms)) }
            for from in watcher.watch {
                for stage in machine.destinations(of: watcher.to, from: from) {
                    edges.append(MapEdge(from: from, to: stage, style: .brake, label: label))
                }
            }
        }
        return joined(edges)
    }

    /// Brakes between the same stages share an arrow; arrows that look the same are drawn once.
    private static func joined(_ edges: [MapEdge]) -> [MapEdge] {
        var joined: [MapEdge] = []
        for edge in edges where !joined.contains(edge) {
            let place = joined.firstIndex {
                $0.style == .brake && edge.style == .brake && $0.from == edge.from
                    && $0.to == edge.to
            }
            if let place { joined[place].label += edge.label } else { joined.append(edge) }
        }
        return joined
    }

    /// The name that was given to what a person may push, without the stage it leaves.
    private static func byHand(_ transition: Transition) -> String {
        let name = transition.name.prefix { $0 != "@" }
        return name.contains("->") ? "by hand" : "\(name), by hand"
    }

    private static func list(_ names: [String]) -> String { names.joined(separator: " and ") }
}
