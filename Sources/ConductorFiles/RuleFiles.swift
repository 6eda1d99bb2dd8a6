package import ConductorCore
package import ConductorPorts

/// The files that people write, read together: rules and configuration become a deployment, or all
/// that is wrong with them is said at once.
package struct RuleFiles {
    /// What came of reading.
    package struct Loaded {
        /// Whole, or not there.
        package var deployment: Deployment?
        /// In order of place; a deployment can have warnings.
        package var faults: [Fault]
        /// Apps that keep the rules they had, because theirs have errors.
        package var keptApps: [String]
        /// Every file that was read, by the name that faults give it.
        package var contents: [String: [UInt8]]

        package var hasErrors: Bool { faults.contains { $0.severity == .error } }
    }

    /// Reads the configuration, the rule files that its apps name, and what it includes.
    ///
    /// - Parameters:
    ///   - rules: The rule file of apps that name none.
    ///   - config: The configuration.
    ///   - catalog: What kinds of sources and actions there are.
    ///   - files: Where files are read from.
    ///   - previous: What runs so far: where the errors are confined to files of single apps, those
    ///     apps keep what they have here, and the others get what is new.
    package static func load(
        rules: String,
        config: String,
        catalog: any AdapterCatalog,
        files: any FileTree = Disk(),
        previous: Deployment? = nil
    ) -> Loaded {
        var loader = Loader(rules: rules, config: config, catalog: catalog, files: files)
        return loader.load(previous: previous)
    }
}

/// One run over all files.
private struct Loader {
    let rules: String
    let config: String
    let catalog: any AdapterCatalog
    let files: any FileTree
    let collector = Collector()
    var contents: [String: [UInt8]] = [:]
    var configuration = ConfigurationDocument()
    /// Resolved rule files by path; nil where nothing could be read.
    var documents: [String: RulesDocument?] = [:]
    /// Files with errors of their own.
    var brokenFiles: Set<String> = []

    init(rules: String, config: String, catalog: any AdapterCatalog, files: any FileTree) {
        self.rules = rules
        self.config = config
        self.catalog = catalog
        self.files = files
    }

    mutating func load(previous: Deployment?) -> RuleFiles.Loaded {
        let main = readConfiguration()
        checkNames()
        let reader = main.map { FileReader(source: $0, collector: collector) }
        var bound: [BoundApp] = []
        var broken: Set<String> = []
        var use = MachineBinder.Use()
        let apps = configuration.apps
        let paths = apps.map(rulePath)
        for path in Set(paths).sorted(by: { $0.precedes($1) }) {
            let users = apps.indices.filter { paths[$0] == path }.map { apps[$0] }
            let place = users.compactMap(\.machine).first
            guard let document = document(at: path, named: place, by: users.first) else {
                broken.formUnion(users.map(\.name.text))
                continue
            }
            bind(document, to: users, into: &bound, &broken, &use)
        }
        if apps.isEmpty, documents[rules] == nil, let document = document(at: rules) {
            checkAlone(document)
        }
        for app in apps where brokenFiles.contains(app.source.file) {
            broken.insert(app.name.text)
        }
        if !collector.hasErrors, let reader { reportUnused(use, reader) }
        return finish(bound, broken: broken, mainFile: main?.file, previous: previous)
    }

    private func rulePath(of app: ConfigurationDocument.AppText) -> String {
        app.machine.map { Path.resolve($0.text, beside: app.source.file) } ?? rules
    }

    // MARK: Files

    /// The text of a file; what is wrong is said at `word`, which names it, or of the file itself.
    private mutating func text(
        of path: String, named word: Word? = nil, in source: SourceText? = nil,
        code: FaultCode = .unreadableFile
    ) -> SourceText? {
        func report(_ code: FaultCode, _ message: String) {
            if let word, let source {
                collector.add(code, at: word.place, in: source, "'\(path)': \(message)")
            } else {
                collector.add(Fault(file: path, place: .start, code: code, message: message))
            }
        }
        let bytes: [UInt8]
        do throws(UnreadableFile) {
            bytes = try files.read(path, limit: Limits.fileBytes)
        } catch {
            report(code, error.reason)
            return nil
        }
        guard bytes.count <= Limits.fileBytes else {
            report(.tooLarge, "the file is larger than \(Limits.fileBytes >> 20) MiB")
            return nil
        }
        contents[path] = bytes
        let source = SourceText(file: path, text: String(decoding: bytes, as: UTF8.self))
        if let place = source.firstReplacement, String(validating: bytes, as: UTF8.self) == nil {
            collector.add(.notYAML, at: place, in: source, "the file is not UTF-8 from here on")
            return nil
        }
        return source
    }

    private mutating func readConfiguration() -> SourceText? {
        guard let source = text(of: config) else { return nil }
        guard
            let (document, includes) = ConfigurationReader.read(
                source, isIncluded: false, catalog: catalog, into: collector
            )
        else { return nil }
        configuration = document
        var seen: Set<String> = [config]
        for word in includes {
            let pattern = Path.resolve(word.text, beside: config)
            guard let paths = Path.expand(pattern, in: files) else {
                collector.add(
                    .badInclude, at: word.place, in: source,
                    "there is no directory for '\(word.text)'"
                )
                continue
            }
            for path in paths {
                guard seen.insert(path).inserted else {
                    collector.add(
                        .badInclude, at: word.place, in: source, "'\(path)' is included already"
                    )
                    continue
                }
                include(path, named: word, in: source)
            }
        }
        return source
    }

    private mutating func include(_ path: String, named word: Word, in source: SourceText) {
        let before = collector.errorCount
        if let included = text(of: path, named: word, in: source, code: .badInclude),
            let (document, _) = ConfigurationReader.read(
                included, isIncluded: true, catalog: catalog, into: collector
            )
        {
            configuration.apps += document.apps
        } else {
            configuration.unreadable.append(path)
        }
        if collector.errorCount > before { brokenFiles.insert(path) }
    }

    private mutating func document(
        at path: String, named word: Word? = nil, by app: ConfigurationDocument.AppText? = nil
    ) -> RulesDocument? {
        if let known = documents[path] { return known }
        let before = collector.errorCount
        let place = app?.machine == nil ? nil : word
        let document = text(of: path, named: place, in: app?.source)
            .flatMap { RulesReader.read($0, into: collector) }
            .map { RulesResolver.resolve($0, into: collector) }
        documents[path] = .some(document)
        if collector.errorCount > before { brokenFiles.insert(path) }
        return document
    }

    // MARK: Names within the configuration

    private mutating func checkNames() {
        var seen: [String: Word] = [:]
        var apps: [ConfigurationDocument.AppText] = []
        for app in configuration.apps {
            if seen.updateValue(app.name, forKey: app.name.text) != nil {
                collector.add(
                    .duplicateName, at: app.name.place, in: app.source,
                    "there is an app '\(app.name.text)' already"
                )
                brokenFiles.insert(app.source.file)
                continue
            }
            apps.append(app)
            checkTargets(
                app.sources, of: app, among: configuration.sources.map(\.name.text),
                .unknownSource, "source"
            )
            checkTargets(
                app.actions, of: app, among: configuration.actions.map(\.name.text),
                .unknownAction, "action"
            )
            checkRoles(of: app)
        }
        configuration.apps = apps
    }

    private mutating func checkTargets(
        _ bindings: [ConfigurationDocument.Binding], of app: ConfigurationDocument.AppText,
        among names: [String], _ code: FaultCode, _ what: String
    ) {
        for binding in bindings {
            let targets = [binding.all].compactMap(\.self) + binding.byPlatform.map(\.target)
            for target in targets where !names.contains(target.text) {
                collector.add(
                    code, at: target.place, in: app.source,
                    "there is no \(what) '\(target.text)'",
                    suggestion: Suggestion.nearest(to: target.text, among: names)
                )
                brokenFiles.insert(app.source.file)
            }
        }
    }

    /// A role may not have the name of another source that the app reads under its own name.
    private mutating func checkRoles(of app: ConfigurationDocument.AppText) {
        let bound = Set(
            app.sources.flatMap { [$0.all].compactMap(\.self) + $0.byPlatform.map(\.target) }
                .map(\.text)
        )
        for binding in app.sources {
            let role = binding.name.text
            guard configuration.sources.contains(where: { $0.name.text == role }),
                !bound.contains(role)
            else { continue }
            collector.add(
                .factTwice, at: binding.name.place, in: app.source,
                "the role '\(role)' hides the source '\(role)', which the app would read too;"
                    + " rename one of them"
            )
            brokenFiles.insert(app.source.file)
        }
    }

    // MARK: Binding

    private struct BoundApp {
        var definition: AppDefinition
        var text: ConfigurationDocument.AppText
    }

    private mutating func bind(
        _ document: RulesDocument, to apps: [ConfigurationDocument.AppText],
        into bound: inout [BoundApp], _ broken: inout Set<String>,
        _ use: inout MachineBinder.Use
    ) {
        var faults = BoundFaults()
        var targets: [BoundFaults.Target] = []
        let claims = Set(configuration.claims.map(\.limit.name))
        for app in apps {
            let before = collector.errorCount
            let parameters = parameters(of: app, document)
            if collector.errorCount > before { broken.insert(app.name.text) }
            var machines: [String: Machine] = [:]
            for platform in app.platforms {
                let target = BoundFaults.Target(app: app.name.text, platform: platform.text)
                targets.append(target)
                let wiring = Wiring(
                    app: app, platform: platform.text, configuration: configuration
                )
                var binder = MachineBinder(
                    document: document, target: target, wiring: wiring, parameters: parameters,
                    claims: claims, faults: faults
                )
                machines[platform.text] = binder.bind()
                faults = binder.faults
                use.formUnion(binder.use)
            }
            bound.append(
                BoundApp(
                    definition: AppDefinition(
                        name: app.name.text, platforms: app.platforms.map(\.text),
                        machines: machines, shadow: app.shadow
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
                .unusedParameter, at: parameter.name.place,
                "no rule reads 'params.\(parameter.name.text)'"
            )
        }
    }

    /// The rule file's values, and the app's over them.
    private func parameters(
        of app: ConfigurationDocument.AppText, _ document: RulesDocument
    ) -> [String: JSON] {
        var values = Dictionary(
            document.parameters.map { ($0.name.text, $0.value) }, uniquingKeysWith: { $1 }
        )
        let defaults = values
        for parameter in app.parameters {
            let name = parameter.name.text
            guard let standard = defaults[name] else {
                collector.add(
                    .unknownParameter, at: parameter.name.place, in: app.source,
                    "the machine '\(document.name)' has no parameter '\(name)'",
                    suggestion: Suggestion.nearest(to: name, among: defaults.keys)
                )
                continue
            }
            guard let value = parameter.value.converted(like: standard) else {
                collector.add(
                    .parameterType, at: parameter.name.place, in: app.source,
                    "'\(name)' is \(standard.kindName) in the machine '\(document.name)',"
                        + " not \(parameter.value.kindName)"
                )
                continue
            }
            values[name] = value
        }
        for (name, value) in values.sorted(by: { $0.key.precedes($1.key) }) where value == .null {
            collector.add(
                .missingKey, at: app.name.place, in: app.source,
                "app '\(app.name.text)' lacks the parameter '\(name)', for which the machine"
                    + " '\(document.name)' has no value"
            )
        }
        return values
    }

    /// A platform that no app has is a slip of the pen, even where another app might have it.
    private func checkPlatforms(
        _ document: RulesDocument, of apps: [ConfigurationDocument.AppText], _ reader: FileReader
    ) {
        let known = apps.flatMap(\.platforms).map(\.text)
        var words = document.transitions.flatMap(\.platforms) + document.guards.flatMap(\.platforms)
        words += document.stages.flatMap(\.reality).compactMap(\.platform)
        for word in words where !known.contains(word.text) {
            reader.report(
                .unknownPlatform, at: word.place, "no app has the platform '\(word.text)'",
                suggestion: Suggestion.nearest(to: word.text, among: known)
            )
        }
    }

    /// Checks a rule file that no app uses: its graph, and the grammar of its expressions.
    private func checkAlone(_ document: RulesDocument) {
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
                        finding.code, at: formula.place(at: finding.offset, in: document.source),
                        finding.message, suggestion: finding.suggestion
                    )
                }
            }
        }
    }

    // MARK: What nobody uses

    private func reportUnused(_ use: MachineBinder.Use, _ reader: FileReader) {
        for source in configuration.sources where !use.sources.contains(source.name.text) {
            reader.report(
                .unusedSource, at: source.name.place,
                "no rule reads a fact of '\(source.name.text)', and it is asked all the same"
            )
        }
        for action in configuration.actions where !use.actions.contains(action.name.text) {
            reader.report(
                .unusedAction, at: action.name.place,
                "no rule names the action '\(action.name.text)'"
            )
        }
        let claimed = Set(
            documents.values.compactMap(\.self).flatMap { $0.transitions.flatMap(\.claims) }
                .map(\.text)
        )
        for claim in configuration.claims where !claimed.contains(claim.limit.name) {
            reader.report(
                .unusedClaim, at: claim.place, "no rule takes the claim '\(claim.limit.name)'"
            )
        }
    }

    // MARK: The result

    private func finish(
        _ bound: [BoundApp], broken: Set<String>, mainFile: String?, previous: Deployment?
    ) -> RuleFiles.Loaded {
        let faults = collector.sorted
        var loaded = RuleFiles.Loaded(
            deployment: nil, faults: faults, keptApps: [], contents: contents
        )
        var deployment = Deployment(
            sources: configuration.sources.compactMap(\.definition),
            actions: configuration.actions.compactMap(\.definition),
            claims: configuration.claims.map(\.limit), tick: configuration.tick
        )
        let definitions = bound.map(\.definition)
        if !loaded.hasErrors {
            deployment.apps = definitions.sorted { $0.name.precedes($1.name) }
            loaded.deployment = deployment
            return loaded
        }
        // Only what is confined to an app may leave the others going.
        guard let previous, let mainFile, !faults.contains(where: { isShared($0, mainFile) }) else {
            return loaded
        }
        let sound = definitions.filter { !broken.contains($0.name) }
        let names = Set(sound.map(\.name))
        let kept = previous.apps.filter { app in
            !names.contains(app.name)
                && (broken.contains(app.name) || !configuration.unreadable.isEmpty)
        }
        guard kept.allSatisfy({ $0.stands(on: deployment) }) else { return loaded }
        deployment.apps = (sound + kept).sorted { $0.name.precedes($1.name) }
        loaded.deployment = deployment
        loaded.keptApps = kept.map(\.name).sorted { $0.precedes($1) }
        return loaded
    }

    /// Whether an error lies in the main configuration, which everybody shares.
    private func isShared(_ fault: Fault, _ mainFile: String) -> Bool {
        fault.severity == .error && fault.file == mainFile && fault.code != .badInclude
    }
}

extension AppDefinition {
    /// Whether all that the app's machines name is still there.
    fileprivate func stands(on deployment: Deployment) -> Bool {
        machines.values.allSatisfy { machine in
            machine.facts.allSatisfy { deployment.source($0.source) != nil }
                && machine.actions.allSatisfy { deployment.action($0.name)?.declaration == $0 }
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
