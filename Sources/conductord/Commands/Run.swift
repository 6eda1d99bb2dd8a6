import ArgumentParser
import ConductorCore
import ConductorFiles
import ConductorJournal
import ConductorRuntime
import Foundation
import Logging
import ServiceLifecycle
import UnixSignals

/// `conductord run`: the daemon.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the conductor: collect, decide, act, until it is told to end.",
        discussion: """
            Ends cleanly on SIGTERM and SIGINT. What was decided and not yet done goes on at the
            next start.

            Examples:
              conductord run
              conductord run --once           # one round: poll, decide, act, exit
              conductord run --shadow         # decide and record; start no action
            """
    )

    @OptionGroup var places: PlaceOptions
    @OptionGroup var output: OutputOptions

    @Flag(help: "Do exactly one round (poll, tick, its actions) and exit.")
    var once = false

    @Flag(help: "Decide and record what would be done, in every app; start no action.")
    var shadow = false

    @Option(help: "Least important messages to log: debug, info, notice, warning, error.")
    var logLevel: LogLevel = .info

    func run() async throws {
        var logger = Logger(label: "conductord") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = logLevel.level
        let log = EventLog(logger: logger)
        let places = self.places.absolute
        let wiring = Wiring(places: places, logger: logger)
        let loaded = try Wiring(places: self.places, logger: logger).load()
        // Paths in the configuration are meant beside it.
        let home = URL(filePath: places.config).deletingLastPathComponent()
        guard FileManager.default.changeCurrentDirectoryPath(home.path(percentEncoded: false))
        else { throw Cannot("the directory of \(self.places.config) cannot be entered") }
        let (engine, journal) = try wiring.engine(loaded, shadow: shadow) { log.write($0) }
        let server = ControlServer(path: places.socketPath) { try await engine.submit($0) }
        let once = once
        let page =
            once
            ? nil
            : try PageService(
                of: loaded.deployment,
                places,
                inbox: EngineInbox(engine: engine, stopFile: StopFile(path: places.stopFilePath)),
                logger: logger
            )
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
            .init(
                service: Daemon {
                    // Nothing is decided before the page can be looked at.
                    try await page?.untilListening()
                    if once { try await engine.runOnce() } else { try await engine.run() }
                },
                successTerminationBehavior: .gracefullyShutdownGroup
            ),
            .init(service: Daemon { try await server.run() }),
        ]
        if let page {
            services.append(.init(service: Daemon { try await page.serve() }))
            services.append(.init(service: Daemon { await page.follow(engine) }))
        }
        let group = ServiceGroup(
            configuration: .init(
                services: services,
                gracefulShutdownSignals: [.sigterm, .sigint, .sighup],
                logger: Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() }
            )
        )
        try await group.run()
        try journal.close()
        if once, output.json { try printOnce(await engine.snapshot()) }
    }

    /// One document: what the round came to.
    private func printOnce(_ world: World) throws {
        let tracks: [JSON] = world.live.compactMap { track in
            guard let state = world.states[track] else { return nil }
            return [
                "track": .string(track.description),
                "stage": state.stage.map { .string($0) } ?? .null,
                "phase": .string(state.phase.name),
            ]
        }
        let tick = world.lastTick
        try Output.print(
            JSON.object([
                "at": tick.map { .string($0.at.wall.description) } ?? .null,
                "tick": .int(Int64(tick?.number ?? 0)), "tracks": .array(tracks),
            ])
        )
    }
}

/// A part of the daemon that ends when it is asked to.
private struct Daemon: Service {
    let body: @Sendable () async throws -> Void

    func run() async throws {
        try await cancelWhenGracefulShutdown { try await body() }
    }
}

/// Levels of the log.
enum LogLevel: String, ExpressibleByArgument, CaseIterable {
    case debug, info, notice, warning, error

    var level: Logger.Level {
        switch self {
        case .debug: .debug
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        }
    }
}
