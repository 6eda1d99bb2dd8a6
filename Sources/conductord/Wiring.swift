import ConductorCore
import ConductorFiles
import ConductorJournal
import ConductorPorts
import ConductorRuntime
import Foundation
import Logging
import SourceAdapters

/// Where files, backends, journal and runtime are put together; nowhere else.
struct Wiring {
    let places: PlaceOptions
    let logger: Logger
    let clock: any ConductorClock

    init(places: PlaceOptions, logger: Logger, clock: any ConductorClock = SystemClock()) {
        self.places = places
        self.logger = logger
        self.clock = clock
    }

    /// Reads rules and configuration.
    ///
    /// - Throws: `ExitCode` 1 after printing every fault.
    func load() throws -> RuleFiles.Loaded {
        let loaded = RuleFiles.load(
            rules: places.rules,
            config: places.config,
            catalog: StandardAdapters(logger: logger),
            zones: SystemZones.forCalendar
        )
        for fault in loaded.faults {
            FileHandle.standardError.write(Data((fault.rendered + "\n").utf8))
        }
        guard loaded.deployment != nil else { throw Exit.no }
        return loaded
    }

    /// Reads rules and configuration; where they have errors, nothing.
    func loadIfSound() -> RuleFiles.Loaded {
        var loaded = RuleFiles.load(
            rules: places.rules,
            config: places.config,
            catalog: StandardAdapters(logger: logger),
            zones: SystemZones.forCalendar
        )
        loaded.deployment = loaded.deployment ?? Deployment()
        return loaded
    }

    /// Makes the state directory, private to its owner.
    func makeStateDirectory() throws {
        do {
            try FileManager.default.createDirectory(
                atPath: places.state,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw Cannot(
                "the state directory \(places.state) cannot be made: \(error.localizedDescription)"
            )
        }
    }

    /// Opens the journal for writing, folds it, and sets the engine up.
    ///
    /// `acts`: whether backends are needed; commands with the daemon down need none.
    ///
    /// Throws `Cannot`, `JournalError`, `AdapterError`, `WorldError`.
    func engine(
        _ loaded: RuleFiles.Loaded,
        shadow: Bool = false,
        acts: Bool = true,
        observe: @escaping @Sendable (RuntimeEvent) -> Void
    ) throws -> (engine: Engine, journal: Journal) {
        guard let deployment = loaded.deployment else { throw Exit.no }
        // What a journal tells is its owner's alone.
        umask(0o077)
        try makeStateDirectory()
        let journal = try Journal(
            path: places.journalPath,
            holder: "conductord",
            create: true,
            reserve: acts ? Journal.reserveBytes : 0
        )
        let history = try History.open(places.journalPath)
        let world = history.world
        let stopFile = places.stopFilePath
        let settings = Engine.Settings(
            deployment: deployment,
            machines: try Self.machineRecords(of: deployment),
            files: loaded.contents.mapValues { Digest.text(of: $0) },
            process: Int(getpid()),
            shadow: shadow,
            // A command with the daemon down decides nothing that the last run would not have done.
            shadowedBefore: acts ? [] : world.lastTick?.shadow ?? [],
            distrusted: acts ? try history.distrusted() : [:],
            stopFileExists: { FileManager.default.fileExists(atPath: stopFile) }
        )
        let engine = Engine(
            settings: settings,
            adapters: acts ? adapters(deployment) : Adapters(sources: [:], actions: [:]),
            journal: journal,
            world: world,
            clock: clock,
            observe: observe
        )
        return (engine, journal)
    }

    /// Every machine of a deployment as the journal records it, by `app/platform`.
    static func machineRecords(
        of deployment: Deployment
    ) throws -> [String: Entry.MachineRecord] {
        var machines: [String: Entry.MachineRecord] = [:]
        for app in deployment.apps {
            for (platform, machine) in app.machines {
                let canonical = try JSON(encoding: machine.canonical).description
                machines["\(app.name)/\(platform)"] = Entry.MachineRecord(
                    digest: Digest.text(of: Array(canonical.utf8)),
                    canonical: canonical,
                    source: try JSON(encoding: machine).description
                )
            }
        }
        return machines
    }

    /// What cannot be made now (a secret that is not there) keeps nothing else from running.
    private func adapters(_ deployment: Deployment) -> Adapters {
        let standard = StandardAdapters(logger: logger)
        var adapters = Adapters(sources: [:], actions: [:])
        for source in deployment.sources where source.people == nil {
            do {
                adapters.sources[source.name] = try standard.source(source)
            } catch {
                logger.error("a source cannot be asked", metadata: ["reason": "\(error)"])
                adapters.sources[source.name] = Unready(reason: "\(error)")
            }
        }
        for action in deployment.actions {
            do {
                adapters.actions[action.declaration.name] = try standard.action(action)
            } catch {
                logger.error("an action cannot be performed", metadata: ["reason": "\(error)"])
                adapters.actions[action.declaration.name] = Unready(reason: "\(error)")
            }
        }
        return adapters
    }
}

/// A backend that cannot be reached before something is mended: every poll fails, every action is
/// refused, and both say why.
private struct Unready: Source, ActionAdapter {
    let reason: String

    func observe(_ request: ObservationRequest) async -> PollAnswer {
        .failed(.misconfigured, message: reason)
    }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        .rejected(reason: reason, remedy: "mend it, start again, then retry")
    }

    func probe(_ intent: Intent) async -> ProbeAnswer { .unavailable(reason: reason) }
}
