import ConductorCore
import ConductorDashboard
import ConductorJournal
import ConductorRuntime
import Logging

/// The page of a running daemon, where its configuration has one.
struct PageService {
    private let server: DashboardServer
    private let definition: HTTPDefinition
    private let logger: Logger
    private let listening: AsyncStream<String>
    private let opened: AsyncStream<String>.Continuation

    /// Nil where the configuration has no `http`.
    ///
    /// - Throws: `JournalError` when the journal cannot be read.
    init?(of deployment: Deployment?, _ places: PlaceOptions, logger: Logger) throws {
        guard let definition = deployment?.http else { return nil }
        self.definition = definition
        self.logger = logger
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        server = DashboardServer(
            host: definition.host,
            port: definition.port,
            archive: JournalArchive(try ReadOnlyJournal(path: places.journalPath)),
            clock: SystemClock(),
            logger: quiet
        )
        (listening, opened) = AsyncStream.makeStream()
    }

    /// The page's address, once it can be opened.
    ///
    /// - Throws: `CancellationError` when that will not be.
    @discardableResult
    func untilListening() async throws -> String {
        for await address in listening { return address }
        throw CancellationError()
    }

    /// Serves until the task is cancelled.
    ///
    /// - Throws: `Cannot` when the port cannot be had.
    func serve() async throws {
        do {
            try await server.run { [logger, opened] address in
                logger.notice("the page is open", metadata: ["address": "\(address)"])
                opened.yield(address)
                opened.finish()
            }
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw Cannot(
                "the page cannot listen on \(definition.listen) (\(error)); end who does, or name"
                    + " another port at 'http' in conductor.yaml"
            )
        }
    }

    /// Shows what comes of each round, until the task is cancelled.
    func follow(_ engine: Engine) async {
        await engine.publishViews(pause: DashboardLimits().viewPause) { server.publish($0) }
    }
}
