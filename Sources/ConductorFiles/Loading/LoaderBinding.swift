internal import ConductorCore
internal import ConductorPorts

extension Loader {
    /// An app with its machines, and where it was written.
    struct BoundApp {
        var definition: AppDefinition
        var text: ConfigurationDocument.AppText
    }

    mutating func bind(
        _ document: RulesDocument,
        to apps: [ConfigurationDocument.AppText],
        into bound: inout [BoundApp],
        _ broken: inout Set<String>,
        _ use: inout MachineBinder.Use
    ) {
        var faults = BoundFaults()
        var targets: [BoundFaults.Target] = []
        let shared = MachineBinder.Shared(
            claims: Set(configuration.claims.map(\.limit.name)),
            calendars: Set(configuration.calendars.map(\.name.text)),
            zones: zones
        )
        for app in apps {
            let before = collector.errorCount
            let parameters = parameters(of: app, document)
            if collector.errorCount > before { broken.insert(app.name.text) }
            var machines: [String: Machine] = [:]
            var discovery: [String: [String]] = [:]
            for platform in app.platforms {
                let target = BoundFaults.Target(app: app.name.text, platform: platform.text)
                targets.append(target)
                let wiring = Wiring(
                    app: app,
                    platform: platform.text,
                    configuration: configuration
                )
                var binder = MachineBinder(
                    document: document,
                    target: target,
                    wiring: wiring,
                    parameters: parameters,
                    shared: shared,
                    faults: faults
                )
                machines[platform.text] = binder.bind()
                discovery[platform.text] = discoverers(of: app, on: platform.text, &use)
                faults = binder.faults
                use.formUnion(binder.use)
            }
            bound.append(
                BoundApp(
                    definition: AppDefinition(
                        name: app.name.text,
                        platforms: app.platforms.map(\.text),
                        machines: machines,
                        shadow: app.shadow,
                        priority: app.priority,
                        discovery: discovery
                    ),
                    text: app
                )
            )
        }
        let reader = FileReader(source: document.source, collector: collector)
        let before = collector.errorCount
        checkPlatforms(document, of: apps, reader)
        if collector.errorCount > before { brokenFiles.insert(document.source.file) }
        faults.report(to: reader, targets: targets)
        broken.formUnion(faults.brokenApps)
        if brokenFiles.contains(document.source.file) {
            broken.formUnion(apps.map(\.name.text))
        }
        let read = use.parameters
        for parameter in document.parameters
        where !collector.hasErrors && !read.contains(parameter.name.text) {
            reader.report(
                .unusedParameter,
                at: parameter.name.place,
                "no rule reads 'params.\(parameter.name.text)'"
            )
        }
    }

    /// The sources that discover an app's versions on a platform, by their own names.
    private mutating func discoverers(
        of app: ConfigurationDocument.AppText,
        on platform: String,
        _ use: inout MachineBinder.Use
    ) -> [String] {
        var names: [String] = []
        for word in app.discover {
            let role = app.sources.first { $0.name.text == word.text }
            // A role that this platform does not have discovers nothing there.
            if let role, role.target(on: platform) == nil { continue }
            let name = role?.target(on: platform)?.text ?? word.text
            guard let source = configuration.sources.first(where: { $0.name.text == name }) else {
                // What a role stands for is looked at where it is written.
                guard role == nil, app.platforms.first?.text == platform else { continue }
                collector.add(
                    .unknownSource,
                    at: word.place,
                    in: app.source,
                    "there is no source '\(word.text)'",
                    suggestion: Suggestion.nearest(
                        to: word.text,
                        among: app.sources.map(\.name.text)
                            + configuration.sources.map(\.name.text)
                    )
                )
                continue
            }
            use.sources.insert(name)
            guard let kind = source.definition?.kind else { continue }
            guard catalog.listsVersions(ofSource: kind) else {
                collector.add(
                    .badSetting,
                    at: word.place,
                    in: app.source,
                    "'\(name)' cannot tell which versions there are: its kind is \(kind)"
                )
                continue
            }
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    /// The rule file's values, and the app's over them.
    func parameters(
        of app: ConfigurationDocument.AppText,
        _ document: RulesDocument
    ) -> [String: JSON] {
        var values = Dictionary(
            document.parameters.map { ($0.name.text, $0.value) },
            uniquingKeysWith: { $1 }
        )
        let defaults = values
        for parameter in app.parameters {
            let name = parameter.name.text
            guard let standard = defaults[name] else {
                collector.add(
                    .unknownParameter,
                    at: parameter.name.place,
                    in: app.source,
                    "the machine '\(document.name)' has no parameter '\(name)'",
                    suggestion: Suggestion.nearest(to: name, among: defaults.keys)
                )
                continue
            }
            guard let value = parameter.value.converted(like: standard) else {
                collector.add(
                    .parameterType,
                    at: parameter.name.place,
                    in: app.source,
                    "'\(name)' is \(standard.kindName) in the machine '\(document.name)',"
                        + " not \(parameter.value.kindName)"
                )
                continue
            }
            values[name] = value
        }
        for (name, value) in values.sorted(by: { $0.key.precedes($1.key) }) where value == .null {
            collector.add(
                .missingKey,
                at: app.name.place,
                in: app.source,
                "app '\(app.name.text)' lacks the parameter '\(name)', for which the machine"
                    + " '\(document.name)' has no value"
            )
        }
        return values
    }

    /// A platform that no app has is a slip of the pen, even where another app might have it.
    func checkPlatforms(
        _ document: RulesDocument,
        of apps: [ConfigurationDocument.AppText],
        _ reader: FileReader
    ) {
        let known = apps.flatMap(\.platforms).map(\.text)
        var words = document.transitions.flatMap(\.platforms) + document.guards.flatMap(\.platforms)
        words += document.stages.flatMap(\.reality).compactMap(\.platform)
        words += document.stages.flatMap(\.liveAt).compactMap(\.platform)
        for word in words where !known.contains(word.text) {
            reader.report(
                .unknownPlatform,
                at: word.place,
                "no app has the platform '\(word.text)'",
                suggestion: Suggestion.nearest(to: word.text, among: known)
            )
        }
    }

    /// Checks a rule file that no app uses: its graph, and the grammar of its expressions.
    func checkAlone(_ document: RulesDocument) {
        let reader = FileReader(source: document.source, collector: collector)
        let graph = MachineGraph(document: document, platform: nil)
        for finding in graph.findings(of: graph.machine, programs: [:])
        where finding.kind != .overlap {
            let (code, place) = graph.placed(finding)
            reader.report(code, at: place, finding.message)
        }
        for condition in document.conditions {
            for formula in [condition.expr, condition.alarm, condition.applies].compactMap(\.self) {
                for finding in ExpressionCheck.syntaxFindings(formula.text) {
                    reader.report(
                        finding.code,
                        at: formula.place(at: finding.offset, in: document.source),
                        finding.message,
                        suggestion: finding.suggestion
                    )
                }
            }
        }
    }
}

extension JSON {
    /// The value as one of the same type; a whole number is a number too.
    fileprivate func converted(like other: JSON) -> JSON? {
        switch (other, self) {
        case (.null, _): self == .null ? nil : self
        case (.double, .int(let number)): .double(Double(number))
        case (.bool, .bool), (.int, .int), (.double, .double), (.string, .string),
            (.array, .array), (.object, .object):
            self
        case (.bool, _), (.int, _), (.double, _), (.string, _), (.array, _), (.object, _): nil
        }
    }

    fileprivate var kindName: String {
        switch self {
        case .null: "nothing"
        case .bool: "true or false"
        case .int: "a whole number"
        case .double: "a number"
        case .string: "a text"
        case .array: "a list"
        case .object: "a mapping"
        }
    }
}
