internal import ConductorCore
internal import ConductorPorts

/// The settings of a source or an action: what is left of its mapping, and where each part stands.
struct Settings {
    private let reader: FileReader
    private let root: YAMLNode

    init(reader: FileReader, entries: [YAMLNode.Entry], place: Place) {
        self.reader = reader
        root = YAMLNode(content: .mapping(entries), place: place)
    }

    var json: JSON { root.json }

    /// Gives the catalog's faults their places.
    func report(_ faults: [SettingsFault]) {
        for fault in faults {
            let found = place(of: fault.path, isKey: fault.kind == .unknownKey)
            let code: FaultCode =
                switch fault.kind {
                case .unknownKey: .unknownKey
                case .missingKey: .missingKey
                case .badValue: .badSetting
                case .badFact: .badFact
                case .badSecret: .secretLiteral
                }
            if fault.kind == .badSecret {
                reader.collector.hide(line: found.line, of: reader.source)
            }
            reader.report(code, at: found, fault.message, suggestion: fault.suggestion)
        }
    }

    /// The place that a path leads to, or as near as it exists.
    private func place(of path: [String], isKey: Bool) -> Place {
        var node = root
        var place = root.place
        for (depth, step) in path.enumerated() {
            switch node.content {
            case .mapping(let entries):
                guard let entry = entries.first(where: { $0.key == step }) else { return place }
                let isLast = depth == path.count - 1
                place = isLast && isKey || entry.value.isNull ? entry.keyPlace : entry.value.place
                node = entry.value
            case .sequence(let nodes):
                guard let index = Int(step), nodes.indices.contains(index) else { return place }
                node = nodes[index]
                place = node.place
            case .scalar: return place
            }
        }
        return place
    }
}
