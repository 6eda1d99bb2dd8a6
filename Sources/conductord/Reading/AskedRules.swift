import Backlot
import ConductorCore
import ConductorFiles
import ConductorJournal
import ConductorPorts
import SourceAdapters

/// Rules that a journal is asked about: read as `check` reads them.
struct AskedRules {
    let deployment: Deployment?
    let faults: [ConductorFiles.Fault]

    /// A demo's journal is asked with the demo's configuration, unless another is given.
    ///
    /// - Throws: `JournalError`.
    init(rules: String, config: String?, _ reader: ReadOnlyJournal) throws {
        var isDemo = false
        if case .boot(let boot)? = try reader.boot()?.entry {
            isDemo = boot.process == Demo.process
        }
        let loaded = RuleFiles.load(
            rules: rules,
            config: config ?? (isDemo ? DemoFiles.builtInConfiguration : "./conductor.yaml"),
            catalog: AllAdapters(),
            files: DemoFiles(),
            zones: SystemZones.forCalendar
        )
        deployment = loaded.deployment
        faults = loaded.faults
    }
}

/// The adapters of real backends, and those of the demo.
private struct AllAdapters: AdapterCatalog {
    private let standard = StandardAdapters()
    private let backlot = BacklotCatalog()

    var sourceKinds: [String] { standard.sourceKinds + backlot.sourceKinds }
    var actionKinds: [String] { standard.actionKinds + backlot.actionKinds }

    func schema(ofSource kind: String, settings: JSON) -> Settled<FactSchema> {
        kind == BacklotCatalog.kind
            ? backlot.schema(ofSource: kind, settings: settings)
            : standard.schema(ofSource: kind, settings: settings)
    }

    func traits(ofAction kind: String, settings: JSON) -> Settled<ActionTraits> {
        kind == BacklotCatalog.kind
            ? backlot.traits(ofAction: kind, settings: settings)
            : standard.traits(ofAction: kind, settings: settings)
    }
}
