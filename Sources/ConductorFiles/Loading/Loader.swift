internal import ConductorCore
internal import ConductorPorts

/// One run over all files.
struct Loader {
    let rules: String
    let config: String
    let catalog: any AdapterCatalog
    let files: any FileTree
    let zones: RuleFiles.Zones
    let collector = Collector()
    var contents: [String: [UInt8]] = [:]
    var configuration = ConfigurationDocument()
    /// Resolved rule files by path; nil where nothing could be read.
    var documents: [String: RulesDocument?] = [:]
    /// Files with errors of their own.
    var brokenFiles: Set<String> = []

    init(
        rules: String,
        config: String,
        catalog: any AdapterCatalog,
        files: any FileTree,
        zones: @escaping RuleFiles.Zones
    ) {
        self.rules = rules
        self.config = config
        self.catalog = catalog
        self.files = files
        self.zones = zones
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
        return finish(
            bound,
            broken: broken,
            zones: use.zones,
            mainFile: main?.file,
            previous: previous
        )
    }

    func rulePath(of app: ConfigurationDocument.AppText) -> String {
        app.machine.map { Path.resolve($0.text, beside: app.source.file) } ?? rules
    }

    // MARK: Files

    /// The text of a file; what is wrong is said at `word`, which names it, or of the file itself.
    mutating func text(
        of path: String,
        named word: Word? = nil,
        in source: SourceText? = nil,
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

    mutating func readConfiguration() -> SourceText? {
        guard let source = text(of: config) else { return nil }
        guard
            let (document, includes) = ConfigurationReader.read(
                source,
                isIncluded: false,
                catalog: catalog,
                zones: zones,
                into: collector
            )
        else { return nil }
        configuration = document
        var seen: Set<String> = [config]
        for word in includes {
            let pattern = Path.resolve(word.text, beside: config)
            guard let paths = Path.expand(pattern, in: files) else {
                collector.add(
                    .badInclude,
                    at: word.place,
                    in: source,
                    "there is no directory for '\(word.text)'"
                )
                continue
            }
            for path in paths {
                guard seen.insert(path).inserted else {
                    collector.add(
                        .badInclude,
                        at: word.place,
                        in: source,
                        "'\(path)' is included already"
                    )
                    continue
                }
                include(path, named: word, in: source)
            }
        }
        return source
    }

    mutating func include(_ path: String, named word: Word, in source: SourceText) {
        let before = collector.errorCount
        if let included = text(of: path, named: word, in: source, code: .badInclude),
            let (document, _) = ConfigurationReader.read(
                included,
                isIncluded: true,
                catalog: catalog,
                zones: zones,
                into: collector
            )
        {
            configuration.apps += document.apps
        } else {
            configuration.unreadable.append(path)
        }
        if collector.errorCount > before { brokenFiles.insert(path) }
    }

    mutating func document(
        at path: String,
        named word: Word? = nil,
        by app: ConfigurationDocument.AppText? = nil
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
}
