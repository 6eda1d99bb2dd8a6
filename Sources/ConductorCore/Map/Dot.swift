/// The picture of a machine as a Graphviz graph.
package struct DotMap: Sendable {
    private let machine: Machine

    package init(of machine: Machine) { self.machine = machine }

    /// The graph, ending in a line feed.
    package var text: String {
        var lines = [
            "digraph \(quoted(machine.name)) {",
            "    rankdir=LR;",
            "    node [shape=box, style=rounded, fontname=\"sans-serif\"];",
            "    edge [fontname=\"sans-serif\", fontsize=10];",
        ]
        for shelf in Stage.Shelf.allCases {
            let stages = machine.stages.filter { $0.shelf == shelf }
            guard !stages.isEmpty else { continue }
            lines.append("    subgraph cluster_\(shelf.rawValue) {")
            lines.append("        label=\(quoted(shelf.rawValue));")
            for stage in stages { lines.append("        \(node(stage));") }
            lines.append("    }")
        }
        for edge in MapEdge.all(of: machine) {
            var attributes: [String] = []
            if !edge.label.isEmpty { attributes.append("label=\(quoted(edge.label))") }
            switch edge.style {
            case .automatic: break
            case .manual: attributes.append("style=dashed")
            case .brake: attributes += ["color=red", "fontcolor=red"]
            }
            let list = attributes.isEmpty ? "" : " [\(attributes.joined(separator: ", "))]"
            lines.append("    \(quoted(edge.from)) -> \(quoted(edge.to))\(list);")
        }
        lines.append("}")
        return lines.joined(separator: "\n") + "\n"
    }

    private func node(_ stage: Stage) -> String {
        var attributes: [String] = []
        switch stage.kind {
        case .road: break
        case .waiting: attributes.append("style=\"rounded,filled\", fillcolor=\"#fff3c4\"")
        case .error: attributes.append("style=\"rounded,filled\", fillcolor=\"#ffd9d6\"")
        }
        if stage.terminal || stage.monitor != nil { attributes.append("peripheries=2") }
        let list = attributes.isEmpty ? "" : " [\(attributes.joined(separator: ", "))]"
        return quoted(stage.name) + list
    }

    private func quoted(_ lines: [String]) -> String {
        "\"" + lines.map(escaped).joined(separator: "\\n") + "\""
    }

    private func quoted(_ text: String) -> String { quoted([text]) }

    private func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    }
}
