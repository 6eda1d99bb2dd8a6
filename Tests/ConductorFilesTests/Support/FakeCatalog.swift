import ConductorCore
import ConductorPorts

/// A catalog that knows just enough of each kind to stand for the real adapters.
struct FakeCatalog: AdapterCatalog {
    let sourceKinds = ["command", "file", "git", "http"]
    let actionKinds = ["command", "git.tag", "log", "webhook"]

    func schema(ofSource kind: String, settings: JSON) -> Settled<FactSchema> {
        if kind == "git" {
            let faults = unknown(settings, ["repository", "branch", "tag", "remote"])
            return faults.isEmpty
                ? .meaning(
                    FactSchema([
                        .init(name: "branch.exists", type: .bool),
                        .init(name: "head", type: .string),
                    ])
                ) : .faults(faults)
        }
        var faults = unknown(settings, ["facts", "path", "url", "argv", "token"])
        if let token = settings["token"]?.stringValue, !token.hasPrefix("env:"),
            !token.hasPrefix("file:")
        {
            faults.append(
                SettingsFault(.badSecret, at: ["token"], "a secret is env:NAME or file:PATH")
            )
        }
        if let path = settings["path"], path.stringValue == nil {
            faults.append(SettingsFault(.badValue, at: ["path"], "'path' is a text"))
        }
        guard let facts = settings["facts"]?.objectValue else {
            faults.append(SettingsFault(.missingKey, at: [], "it lacks the key 'facts'"))
            return .faults(faults)
        }
        var entries: [FactSchema.Entry] = []
        for (name, value) in facts.sorted(by: { $0.key.precedes($1.key) }) {
            guard let type = FactType(value) ?? value["type"].flatMap(FactType.init) else {
                faults.append(
                    SettingsFault(.badFact, at: ["facts", name], "there is no such type of fact")
                )
                continue
            }
            let subject = value["subject"]?.stringValue.flatMap(Subject.init) ?? .none
            entries.append(.init(name: name, type: type, subject: subject))
        }
        return faults.isEmpty ? .meaning(FactSchema(entries)) : .faults(faults)
    }

    func traits(ofAction kind: String, settings: JSON) -> Settled<ActionTraits> {
        let faults = unknown(settings, ["message", "argv", "probe", "url", "headers"])
        if !faults.isEmpty { return .faults(faults) }
        return switch kind {
        case "log":
            .meaning(.init(actionClass: .atLeastOnce, direction: .neutral, canProbe: false))
        case "git.tag":
            .meaning(.init(actionClass: .createOnce, direction: .neutral, canProbe: true))
        default:
            .meaning(
                .init(actionClass: nil, direction: nil, canProbe: settings["probe"] != nil)
            )
        }
    }

    private func unknown(_ settings: JSON, _ known: [String]) -> [SettingsFault] {
        (settings.objectValue ?? [:]).keys.filter { !known.contains($0) }
            .sorted { $0.precedes($1) }
            .map { SettingsFault(.unknownKey, at: [$0], "there is no setting '\($0)'") }
    }
}
