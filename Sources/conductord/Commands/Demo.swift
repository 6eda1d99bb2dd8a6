import ArgumentParser
import Backlot
import ConductorCore
import ConductorFiles
import ConductorJournal
import ConductorRuntime
import Foundation

/// `conductord demo`.
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Play a fortnight of releases in seconds, and say what happened and why.",
        discussion: """
            Rules, journal and runtime are the real ones; the clock and the backends are scripted.
            It takes ./release-states.yaml where there is one, else the built-in rules, and leaves
            an ordinary state directory for 'status', 'explain', 'timeline', 'verify', 'replay'.

            Examples:
              conductord demo
              conductord demo --rules my.yaml --state my-demo   # other thresholds, another road
              conductord demo --speed 12                        # half a day per second
            """
    )

    /// What stands for the process in a demo's boot row: no process has this number.
    static let process = 0

    @Option(help: "The rule file. (default: ./release-states.yaml, else the built-in one)")
    var rules: String?

    @Option(help: "A deployment whose backends are of the kind 'backlot'. (default: built in)")
    var config: String?

    @Option(help: "The state directory; one of an earlier demo is made anew, any other is kept.")
    var state = "./demo-state"

    @Option(help: "Virtual hours per second. (default: as fast as it goes)")
    var speed: Double?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let speed, !(speed > 0 && speed.isFinite) {
            throw ValidationError("--speed is a number of hours above 0")
        }
    }

    func run() async throws {
        let loaded = try load()
        guard let deployment = loaded.deployment else { throw Exit.no }
        guard let app = deployment.app(Fortnight.app),
            Fortnight.tracks.allSatisfy({ app.machines[$0.platform] != nil })
        else {
            throw Cannot(
                "the demo plays the app '\(Fortnight.app)' on android, desktop and ios;"
                    + " its configuration needs them"
            )
        }
        var places = PlaceOptions()
        places.state = state
        let journal = try DemoJournal.open(in: places)
        let show = DemoShow(
            rulesName: rulesPath,
            state: state,
            speed: speed,
            isSilent: output.json,
            page: output.json ? Page() : Terminal.output.page(now: nil),
            showsProgress: !output.json && Terminal.errors.isTerminal
        )
        try show.begin()
        let result = try await Self.play(loaded, deployment, journal) {
            try await show.take($0, $1)
        }
        let head = journal.head
        try journal.close()
        if output.json {
            try Output.print(show.json(result, head: head))
        } else {
            try show.end(result, head: head)
        }
    }

    private var rulesPath: String {
        let standard = "./release-states.yaml"
        return rules
            ?? (FileManager.default.fileExists(atPath: standard)
                ? standard : DemoFiles.builtInRules)
    }

    private func load() throws -> RuleFiles.Loaded {
        let loaded = RuleFiles.load(
            rules: rulesPath,
            config: config ?? DemoFiles.builtInConfiguration,
            catalog: BacklotCatalog(),
            files: DemoFiles(),
            zones: SystemZones.forCalendar
        )
        let isSilent = output.json && !loaded.hasErrors
        for fault in loaded.faults where !isSilent { Output.complain(fault.rendered) }
        guard !loaded.hasErrors else { throw Exit.no }
        return loaded
    }

    // MARK: Playing

    /// What is left when the fortnight is over.
    struct Result {
        var end: Instant
        var world: World
        var effects: [PerformedEffect]
    }

    /// Plays the fortnight, or the beginning of it, into an empty journal.
    static func play(
        _ loaded: RuleFiles.Loaded,
        _ deployment: Deployment,
        _ journal: Journal,
        length: Span = Fortnight.length,
        report: @escaping (DemoEvent, World) async throws -> Void
    ) async throws -> Result {
        let clock = ScriptedClock(at: Fortnight.start)
        let world = ScriptedWorld(Fortnight(), at: Fortnight.start)
        let heard = HeardEvents()
        var adapters = Adapters(sources: [:], actions: [:])
        for source in deployment.sources where source.people == nil {
            adapters.sources[source.name] = world.source(named: source.name)
        }
        for action in deployment.actions {
            adapters.actions[action.declaration.name] = world.action()
        }
        let engine = Engine(
            settings: Engine.Settings(
                deployment: deployment,
                machines: try Wiring.machineRecords(of: deployment),
                files: loaded.contents.mapValues { Digest.text(of: $0) },
                process: process,
                shadow: false,
                stopFileExists: { false }
            ),
            adapters: adapters,
            journal: journal,
            world: World(),
            clock: clock,
            observe: { heard.add($0, at: clock.wall()) }
        )
        var driver = DemoDriver(
            engine: engine,
            clock: clock,
            world: world,
            deployment: deployment,
            heard: heard,
            report: report
        )
        let end = Fortnight.start + length
        try await driver.play(until: end)
        return Result(end: end, world: await engine.snapshot(), effects: world.effects)
    }
}
