package import ConductorCore
package import ConductorPorts
package import Logging

/// The backends that come with the conductor.
///
/// A backend lives in one folder and stands in one line here. Reading settings is pure; the factories
/// look once whether every secret that the settings name is there.
package struct StandardAdapters: AdapterCatalog {
    /// Every backend: one line each.
    private static let backends: [Backend] = [
        .appStore,
        .command,
        .file,
        .git,
        .github,
        .http,
        .jira,
        .log,
        .play,
        .prometheus,
        .sentry,
        .slack,
    ]

    private static let sources = backends.flatMap(\.sources)
    private static let actions = backends.flatMap(\.actions)

    let logger: Logger

    /// The standard adapters; `logger` is where actions of the kind `log` write.
    package init(logger: Logger = Logger(label: "conductord.actions")) {
        self.logger = logger
    }

    package var sourceKinds: [String] { Self.sources.map { $0.kind }.sorted { $0.precedes($1) } }
    package var actionKinds: [String] { Self.actions.map { $0.kind }.sorted { $0.precedes($1) } }

    package func schema(ofSource kind: String, settings: JSON) -> Settled<FactSchema> {
        switch settle(source: kind, settings, SourceBinding(name: kind, timeout: .minutes(1))) {
        case .meaning(let source): .meaning(source.schema)
        case .faults(let faults): .faults(faults)
        }
    }

    package func listsVersions(ofSource kind: String) -> Bool {
        Self.sources.contains { $0.kind == kind && $0 is any VersionLister.Type }
    }

    package func traits(ofAction kind: String, settings: JSON) -> Settled<ActionTraits> {
        switch settle(action: kind, settings, ActionBinding(name: kind, logger: logger)) {
        case .meaning(let action): .meaning(action.traits)
        case .faults(let faults): .faults(faults)
        }
    }

    /// The source that `definition` describes, ready to be asked.
    ///
    /// - Throws: what is wrong in its settings, or which of its secrets is not there.
    package func source(_ definition: SourceDefinition) throws(AdapterError) -> any Source {
        let binding = SourceBinding(name: definition.name, timeout: definition.timeout)
        let place = "source '\(definition.name)' (\(definition.kind))"
        switch settle(source: definition.kind, definition.settings, binding) {
        case .meaning(let source):
            try Self.check(source.secrets, place: place)
            return source
        case .faults(let faults): throw AdapterError(place: place, faults: faults)
        }
    }

    /// The action that `definition` describes, ready to be performed.
    ///
    /// - Throws: what is wrong in its settings, or which of its secrets is not there.
    package func action(_ definition: ActionDefinition) throws(AdapterError) -> any ActionAdapter {
        let declaration = definition.declaration
        let binding = ActionBinding(name: declaration.name, logger: logger)
        let place = "action '\(declaration.name)' (\(declaration.kind))"
        switch settle(action: declaration.kind, definition.settings, binding) {
        case .meaning(let action):
            try Self.check(action.secrets, place: place)
            return action
        case .faults(let faults): throw AdapterError(place: place, faults: faults)
        }
    }

    private static func check(
        _ secrets: [SecretReference],
        place: String
    ) throws(AdapterError) {
        for reference in secrets {
            do {
                _ = try reference.resolve()
            } catch {
                throw AdapterError(place: place, message: error.message)
            }
        }
    }

    func settle(
        source kind: String,
        _ settings: JSON,
        _ binding: SourceBinding
    ) -> Settled<any ConfiguredSource> {
        guard let type = Self.sources.first(where: { $0.kind == kind }) else {
            return .faults([.unknownKind(kind, what: "source", among: sourceKinds)])
        }
        let reader = SettingsReader(settings)
        let source = type.init(settings: reader, binding: binding)
        return reader.settled(source)
    }

    func settle(
        action kind: String,
        _ settings: JSON,
        _ binding: ActionBinding
    ) -> Settled<any ConfiguredAction> {
        guard let type = Self.actions.first(where: { $0.kind == kind }) else {
            return .faults([.unknownKind(kind, what: "action", among: actionKinds)])
        }
        let reader = SettingsReader(settings)
        let action = type.init(settings: reader, binding: binding)
        return reader.settled(action)
    }
}

/// Why an adapter cannot be made: where, and what would have been right.
package struct AdapterError: Error, Sendable, Hashable, CustomStringConvertible {
    package var place: String
    package var message: String

    init(place: String, message: String) {
        self.place = place
        self.message = message
    }

    init(place: String, faults: [SettingsFault]) {
        self.place = place
        message = faults.map { fault in
            let path = fault.path.joined(separator: ".")
            let hint = fault.suggestion.map { " (did you mean '\($0)'?)" } ?? ""
            return (path.isEmpty ? "" : path + ": ") + fault.message + hint
        }.joined(separator: "; ")
    }

    package var description: String { "\(place): \(message)" }
}

extension SettingsFault {
    fileprivate static func unknownKind(
        _ kind: String,
        what: String,
        among kinds: [String]
    ) -> SettingsFault {
        SettingsFault(
            .badValue,
            at: [],
            "there is no kind of \(what) named '\(kind)'; there are: "
                + kinds.joined(separator: ", "),
            suggestion: nearest(to: kind, among: kinds)
        )
    }
}
