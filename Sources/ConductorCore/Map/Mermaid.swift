/// The picture of a machine as a Mermaid state diagram.
package struct MermaidMap: Sendable {
    private let machine: Machine

    package init(of machine: Machine) { self.machine = machine }

    /// The diagram, ending in a line feed.
    package var text: String {
        var lines = ["stateDiagram-v2"]
        for stage in machine.stages where id(stage.name) != stage.name {
            lines.append("    state \"\(stage.name)\" as \(id(stage.name))")
        }
        if let first = machine.stages.first { lines.append("    [*] --> \(id(first.name))") }
        for edge in MapEdge.all(of: machine) {
            let label = edge.label.isEmpty ? "" : ": " + edge.label.joined(separator: "<br/>")
            lines.append("    \(id(edge.from)) --> \(id(edge.to))\(label)")
        }
        for stage in machine.stages where stage.terminal || stage.monitor != nil {
            let label = stage.monitor.map { ": watched for \($0)" } ?? ""
            lines.append("    \(id(stage.name)) --> [*]\(label)")
        }
        let waiting = machine.stages.filter { $0.kind == .waiting }.map { id($0.name) }
        let errors = machine.stages.filter { $0.kind == .error }.map { id($0.name) }
        if !waiting.isEmpty {
            lines.append("    classDef waiting fill:#fff3c4,stroke:#b98900,color:#000")
            lines.append("    class \(waiting.joined(separator: ",")) waiting")
        }
        if !errors.isEmpty {
            lines.append("    classDef error fill:#ffd9d6,stroke:#b3261e,color:#000")
            lines.append("    class \(errors.joined(separator: ",")) error")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A stage's name as the diagram can take it; `end` and names with `-` mean something there.
    private func id(_ name: String) -> String {
        let plain = name.replacing("-", with: "_")
        let isReserved = ["end", "state", "note", "class", "classDef", "direction"].contains(plain)
        guard plain != name || isReserved else { return name }
        let others = machine.stages.map(\.name)
        var candidate = isReserved ? plain + "_" : plain
        while others.contains(candidate) { candidate += "_" }
        return candidate
    }
}
