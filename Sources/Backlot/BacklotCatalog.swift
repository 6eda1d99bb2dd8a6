package import ConductorCore
package import ConductorPorts

/// The kinds of sources and actions whose backends a scripted world plays.
///
/// A source declares its facts as those of the kind `file` do: `NAME: TYPE`, or `NAME: {type, unit,
/// subject, max_age}`. An action says what it does by its name in `conductor.yaml`; that it can be
/// looked for is inherent.
package struct BacklotCatalog: AdapterCatalog {
    package init() {}

    package static let kind = "backlot"

    package var sourceKinds: [String] { [Self.kind] }
    package var actionKinds: [String] { [Self.kind] }

    package func schema(ofSource kind: String, settings: JSON) -> Settled<FactSchema> {
        var faults: [SettingsFault] = []
        for key in (settings.objectValue ?? [:]).keys.sorted(by: { $0.precedes($1) })
        where key != "facts" {
            faults.append(SettingsFault(.unknownKey, at: [key], "a scripted source has only facts"))
        }
        guard let facts = settings["facts"]?.objectValue, !facts.isEmpty else {
            faults.append(
                SettingsFault(.missingKey, at: [], "'facts': a mapping from names to types")
            )
            return .faults(faults)
        }
        var entries: [FactSchema.Entry] = []
        for (name, value) in facts.sorted(by: { $0.key.precedes($1.key) }) {
            if let entry = Self.entry(name, value) {
                entries.append(entry)
            } else {
                faults.append(
                    SettingsFault(
                        .badFact,
                        at: ["facts", name],
                        "should be a type, or {type, unit, subject, max_age}"
                    )
                )
            }
        }
        return faults.isEmpty ? .meaning(FactSchema(entries)) : .faults(faults)
    }

    private static func entry(_ name: String, _ value: JSON) -> FactSchema.Entry? {
        if let type = FactType(value) { return FactSchema.Entry(name: name, type: type) }
        guard let members = value.objectValue, let type = members["type"].flatMap(FactType.init),
            members.keys.allSatisfy(["type", "unit", "subject", "max_age"].contains)
        else { return nil }
        var entry = FactSchema.Entry(name: name, type: type)
        entry.unit = members["unit"]?.stringValue
        if let subject = members["subject"] {
            guard let known = subject.stringValue.flatMap(Subject.init) else { return nil }
            entry.subject = known
        }
        if let age = members["max_age"] {
            guard let span = age.stringValue.flatMap(Span.init(text:)) else { return nil }
            entry.maxAge = span
        }
        return entry
    }

    package func traits(ofAction kind: String, settings: JSON) -> Settled<ActionTraits> {
        let unknown = (settings.objectValue ?? [:]).keys.sorted { $0.precedes($1) }
        guard unknown.isEmpty else {
            return .faults(
                unknown.map {
                    SettingsFault(.unknownKey, at: [$0], "a scripted action has no settings")
                }
            )
        }
        return .meaning(ActionTraits(actionClass: .createOnce, direction: nil, canProbe: true))
    }
}
