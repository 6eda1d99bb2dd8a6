internal import CEL
internal import ConductorCore
internal import ConductorPorts

/// Reads a configuration; what does not fit is reported, and left out.
struct ConfigurationReader {
    let reader: FileReader
    private let catalog: any AdapterCatalog
    let zones: RuleFiles.Zones
    var document = ConfigurationDocument()
    private var includes: [Word] = []

    /// The file's own contents, and the files it includes.
    static func read(
        _ source: SourceText,
        isIncluded: Bool,
        catalog: any AdapterCatalog,
        zones: @escaping RuleFiles.Zones,
        into collector: Collector
    ) -> (document: ConfigurationDocument, includes: [Word])? {
        guard let root = YAMLReader.read(source, into: collector) else { return nil }
        var reader = ConfigurationReader(
            reader: FileReader(source: source, collector: collector),
            catalog: catalog,
            zones: zones
        )
        guard reader.read(root, isIncluded: isIncluded) else { return nil }
        return (reader.document, reader.includes)
    }

    private init(
        reader: FileReader,
        catalog: any AdapterCatalog,
        zones: @escaping RuleFiles.Zones
    ) {
        self.reader = reader
        self.catalog = catalog
        self.zones = zones
    }

    private mutating func read(_ root: YAMLNode, isIncluded: Bool) -> Bool {
        let what = isIncluded ? "an included file" : "the configuration"
        guard var file = reader.section(root, of: what, at: .start) else { return false }
        let version = isIncluded ? file.take("version") : file.require("version")
        if let version { readVersion(version) }
        if !isIncluded {
            if let node = file.take("tick"), let tick = reader.span(node, of: "'tick'") {
                document.tick = tick
            }
            if let node = file.take("http") { document.http = http(node) }
            if let node = file.take("sources") { readSources(node) }
            if let node = file.take("actions") { readActions(node) }
            if let node = file.take("claims") { readClaims(node) }
            if let node = file.take("calendars") { readCalendars(node) }
            if let node = file.take("include") { readIncludes(node) }
        }
        let apps = isIncluded ? file.require("apps") : file.take("apps")
        if let apps { readApps(apps) }
        if !isIncluded, apps == nil, includes.isEmpty {
            reader.report(.missingKey, at: .start, "the configuration lacks the key 'apps'")
        }
        file.finish()
        return true
    }

    private func readVersion(_ node: YAMLNode) {
        guard let version = reader.integer(node, of: "'version'", in: 1...Int.max) else { return }
        if version != 1 {
            reader.report(
                .unsupportedVersion,
                at: node.place,
                "this conductord reads version 1 of configurations, not \(version)",
                suggestion: "1"
            )
        }
    }

    private mutating func readIncludes(_ node: YAMLNode) {
        for node in reader.list(node, of: "'include'", single: true) ?? [] {
            if let path = reader.text(node, of: "a file in 'include'") {
                includes.append(Word(text: path, place: node.place))
            }
        }
    }

    func entries(_ node: YAMLNode, of what: String) -> [YAMLNode.Entry] {
        node.isNull ? [] : reader.entries(node, of: what) ?? []
    }

    // MARK: Sources and actions

    private mutating func readSources(_ node: YAMLNode) {
        for entry in entries(node, of: "'sources'") {
            let name = reader.name(entry.key, at: entry.keyPlace, of: "a source")
            guard let name, isFree(name) else { continue }
            let definition = source(named: name, entry.value)
            document.sources.append(
                .init(name: name, definition: definition, source: reader.source)
            )
        }
    }

    private func source(named name: Word, _ node: YAMLNode) -> SourceDefinition? {
        guard
            var section = reader.section(node, of: "source '\(name.text)'", at: name.place)
        else { return nil }
        let kind = section.require("kind").flatMap { reader.name($0, of: "'kind'", .dotted) }
        let scope = section.require("scope").flatMap {
            reader.choice($0, of: "'scope'", as: Scope.Level.self)
        }
        let every = section.take("every").map { reader.span($0, of: "'every'") } ?? .minutes(5)
        let timeout =
            section.take("timeout").map { reader.span($0, of: "'timeout'") } ?? .minutes(5)
        guard let kind else { return nil }
        if kind.text == "people" {
            guard let people = people(&section, name: name), let scope else { return nil }
            return SourceDefinition(
                name: name.text,
                kind: kind.text,
                scope: scope,
                every: every ?? .minutes(5),
                timeout: timeout ?? .minutes(5),
                settings: .object([:]),
                schema: people.schema,
                people: people
            )
        }
        let kinds = catalog.sourceKinds
        guard kinds.contains(kind.text) else {
            reportKind(kind, of: "source", among: kinds + ["people"])
            return nil
        }
        let settings = Settings(reader: reader, entries: section.rest, place: name.place)
        switch catalog.schema(ofSource: kind.text, settings: settings.json) {
        case .faults(let faults):
            settings.report(faults)
            return nil
        case .meaning(let schema):
            guard let scope, let every, let timeout else { return nil }
            return SourceDefinition(
                name: name.text,
                kind: kind.text,
                scope: scope,
                every: every,
                timeout: timeout,
                settings: settings.json,
                schema: schema
            )
        }
    }

    /// A source's name, or a role, begins the names of facts; some words mean something else there.
    func isFree(_ name: Word) -> Bool {
        guard Wiring.reservedRoles.contains(name.text) else { return true }
        reader.report(
            .badName,
            at: name.place,
            "'\(name.text)' means something else in expressions; facts need another first word"
        )
        return false
    }

    private func reportKind(_ kind: Word, of what: String, among kinds: [String]) {
        reader.report(
            .unknownKind,
            at: kind.place,
            "there is no kind of \(what) '\(kind.text)'; there are \(kinds.joined(separator: ", "))",
            suggestion: Suggestion.nearest(to: kind.text, among: kinds)
        )
    }

    private func people(_ section: inout Section, name: Word) -> People? {
        let teams = section.take("teams").flatMap { reader.names($0, of: "'teams'") }
        let confirmations = section.take("confirmations").flatMap {
            reader.names($0, of: "'confirmations'", .identifier)
        }
        section.finish()
        if teams == nil, confirmations == nil {
            reader.report(
                .missingKey,
                at: name.place,
                "source '\(name.text)' lacks the key 'teams', or 'confirmations'"
            )
            return nil
        }
        return People(
            teams: (teams ?? []).map(\.text),
            confirmations: (confirmations ?? []).map(\.text)
        )
    }

    private mutating func readActions(_ node: YAMLNode) {
        for entry in entries(node, of: "'actions'") {
            let name = reader.name(entry.key, at: entry.keyPlace, of: "an action", .dotted)
            guard let name else { continue }
            document.actions.append(
                .init(
                    name: name,
                    definition: action(named: name, entry.value),
                    source: reader.source
                )
            )
        }
    }

    private func action(named name: Word, _ node: YAMLNode) -> ActionDefinition? {
        guard
            var section = reader.section(node, of: "action '\(name.text)'", at: name.place)
        else { return nil }
        let kind = section.require("kind").flatMap { reader.name($0, of: "'kind'", .dotted) }
        let classNode = section.take("class")
        let actionClass = classNode.flatMap {
            reader.choice($0, of: "'class'", as: ActionClass.self)
        }
        let directionNode = section.take("direction")
        let direction = directionNode.flatMap {
            reader.choice($0, of: "'direction'", as: Direction.self)
        }
        var declaration = ActionDeclaration(
            name: name.text,
            kind: kind?.text ?? "",
            actionClass: .atMostOnce
        )
        if let node = section.take("scope") {
            declaration.scope = reader.choice(node, of: "'scope'") ?? .track
        }
        declaration.lane = section.take("lane").flatMap {
            reader.name($0, of: "'lane'", .dotted)?.text
        }
        if let node = section.take("blocking") {
            declaration.blocking = reader.flag(node, of: "'blocking'") ?? true
        }
        let saysSettle = section.place(of: "settle") != nil
        let saysTries = section.place(of: "tries") != nil
        declaration.policy = policy(&section)
        guard let kind else { return nil }
        let kinds = catalog.actionKinds
        guard kinds.contains(kind.text) else {
            reportKind(kind, of: "action", among: kinds)
            return nil
        }
        let settings = Settings(reader: reader, entries: section.rest, place: name.place)
        switch catalog.traits(ofAction: kind.text, settings: settings.json) {
        case .faults(let faults):
            settings.report(faults)
            return nil
        case .meaning(let traits):
            let classPlace = classNode?.place ?? name.place
            declaration.lane = declaration.lane ?? traits.lane
            if !saysTries, let tries = traits.tries { declaration.policy.maxTries = tries }
            if !saysSettle, let settle = traits.settle { declaration.policy.settle = settle }
            let isDeclared =
                settle(
                    &declaration,
                    traits,
                    name: name,
                    actionClass: (actionClass, classNode == nil, classPlace),
                    direction: (direction, directionNode == nil)
                )
            return isDeclared
                ? ActionDefinition(
                    declaration: declaration,
                    settings: settings.json,
                    refuses: traits.refuses
                ) : nil
        }
    }

    /// What the file says of an action, and what its kind says by itself.
    private func settle(
        _ declaration: inout ActionDeclaration,
        _ traits: ActionTraits,
        name: Word,
        actionClass: (value: ActionClass?, isAbsent: Bool, place: Place),
        direction: (value: Direction?, isAbsent: Bool)
    ) -> Bool {
        if let settled = actionClass.value ?? (actionClass.isAbsent ? traits.actionClass : nil) {
            declaration.actionClass = settled
            if settled.isProbed, !traits.canProbe {
                reader.report(
                    .unfitClass,
                    at: actionClass.place,
                    "'\(settled.rawValue)' needs a way to look whether the effect is there, and"
                        + " '\(name.text)' has none; give it a probe, or say at_most_once or"
                        + " at_least_once"
                )
                return false
            }
        } else {
            if actionClass.isAbsent {
                let classes = ActionClass.allCases.map(\.rawValue).joined(separator: ", ")
                reader.report(
                    .unstatedAction,
                    at: name.place,
                    "action '\(name.text)' lacks 'class', and its kind says none: \(classes)"
                )
            }
            return false
        }
        if let settled = direction.value ?? (direction.isAbsent ? traits.direction : nil) {
            declaration.direction = settled
            return true
        }
        if direction.isAbsent {
            reader.report(
                .unstatedAction,
                at: name.place,
                "action '\(name.text)' lacks 'direction', and its kind says none:"
                    + " raises, brakes, neutral"
            )
        }
        return false
    }

    private func policy(_ section: inout Section) -> ActionPolicy {
        var policy = ActionPolicy()
        if let node = section.take("deadline"), let span = reader.span(node, of: "'deadline'") {
            policy.deadline = span
        }
        if let node = section.take("settle"), let span = reader.span(node, of: "'settle'") {
            policy.settle = span
        }
        if let node = section.take("tries"),
            let tries = reader.integer(node, of: "'tries'", in: 1...100)
        {
            policy.maxTries = tries
        }
        if let node = section.take("backoff"), let span = reader.span(node, of: "'backoff'") {
            policy.backoff = span
        }
        policy.expires = section.take("expires").flatMap { reader.span($0, of: "'expires'") }
        policy.giveUpAfter = section.take("give_up_after").flatMap {
            reader.span($0, of: "'give_up_after'")
        }
        if let node = section.take("latest_wins"),
            reader.flag(node, of: "'latest_wins'") == true
        {
            policy.latestWins = true
        }
        return policy
    }
}
