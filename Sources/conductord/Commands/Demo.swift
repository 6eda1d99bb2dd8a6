import ArgumentParser
import Backlot
import ConductorCore
import ConductorFiles
import ConductorJournal
import ConductorRuntime
import Foundation
import SourceAdapters

/// `conductord demo`.
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Play a fortnight of releases in seconds, and say what happened and why.",
        discussion: """
            Rules, journal and runtime are the real ones; the clock and the backends are scripted.
            It takes ./release-states.yaml where there is one, else the built-in rules, and leaves
            an ordinary state directory for 'status', 'explain', 'timeline', 'verify', 'replay'.

            With --backlot the vendors are simulated on 127.0.0.1, and App Store Connect, Google Play,
            GitHub, Jira, Prometheus and Slack are asked over HTTP by the adapters that ask the real ones.
            Their answers are late, lost or wrong now and then, as the dice of --trouble fall.

            Examples:
              conductord demo
              conductord demo --backlot
              conductord demo --backlot --trouble 0             # nothing goes wrong on the way
              conductord demo --rules my.yaml --state my-demo   # other thresholds, another road
              conductord demo --speed 12                        # half a day per second
            """
    )

    /// What stands for the process in a demo's boot row: no process has this number.
    static let process = 0

    @Option(help: "The rule file. (default: ./release-states.yaml, else the built-in one)")
    var rules: String?

    @Flag(help: "Ask simulated vendors over HTTP, through the real adapters.")
    var backlot = false

    @Option(help: "With --backlot: the seed of what goes wrong on the way; 0: nothing does.")
    var trouble: UInt64 = 7

    @Option(help: "A deployment whose backends are scripted or simulated ones. (default: built in)")
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
        guard backlot else { return try await run(nil) }
        let vendors = try await DemoBacklot(trouble: trouble == 0 ? nil : trouble)
        do {
            try await run(vendors)
        } catch {
            try? await vendors.close()
            throw error
        }
        try await vendors.close()
    }

    private func run(_ vendors: DemoBacklot?) async throws {
        let loaded = try load(vendors)
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
            address: vendors?.server.url,
            speed: speed,
            isSilent: output.json,
            page: output.json ? Page() : Terminal.output.page(now: nil),
            showsProgress: !output.json && Terminal.errors.isTerminal
        )
        try show.begin()
        let stage = try vendors?.stage(deployment) ?? .scripted(deployment)
        var result = try await Self.play(loaded, deployment, journal, on: stage) {
            try await show.take($0, $1)
        }
        result.vendors = vendors.map { Vendors($0.lot) }
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

    private func load(_ vendors: DemoBacklot?) throws -> RuleFiles.Loaded {
        let loaded =
            if let vendors {
                RuleFiles.load(
                    rules: rulesPath,
                    config: config ?? DemoFiles.builtInBacklot,
                    catalog: StandardAdapters(),
                    files: vendors.files,
                    zones: SystemZones.forCalendar
                )
            } else {
                RuleFiles.load(
                    rules: rulesPath,
                    config: config ?? DemoFiles.builtInConfiguration,
                    catalog: BacklotCatalog(),
                    files: DemoFiles(),
                    zones: SystemZones.forCalendar
                )
            }
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
        var vendors: Vendors?
    }

    /// How simulated vendors were asked.
    struct Vendors {
        /// How often each was.
        var requests: [String: Int]
        /// Answers that were *not modified*.
        var unchanged: Int
        /// What went wrong, by kind.
        var trouble: [String: Int]

        init(_ lot: VendorLot) { (requests, unchanged, trouble) = lot.sums }
    }

    /// Plays the fortnight, or the beginning of it, into an empty journal.
    static func play(
        _ loaded: RuleFiles.Loaded,
        _ deployment: Deployment,
        _ journal: Journal,
        length: Span = Fortnight.length,
        on stage: DemoStage? = nil,
        report: @escaping (DemoEvent, World) async throws -> Void
    ) async throws -> Result {
        let stage = stage ?? .scripted(deployment)
        let (clock, world) = (stage.clock, stage.world)
        let heard = HeardEvents()
        let engine = Engine(
            settings: Engine.Settings(
                deployment: deployment,
                machines: try Wiring.machineRecords(of: deployment),
                files: loaded.contents.mapValues { Digest.text(of: $0) },
                process: process,
                shadow: false,
                stopFileExists: { false }
            ),
            adapters: stage.adapters,
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
            scriptNames: stage.scriptNames,
            report: report
        )
        let end = Fortnight.start + length
        try await AdapterTime.$clock.withValue(stage.time) { try await driver.play(until: end) }
        return Result(end: end, world: await engine.snapshot(), effects: world.effects)
    }
}
