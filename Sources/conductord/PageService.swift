import ConductorCore
import ConductorDashboard
import ConductorJournal
import ConductorPorts
import ConductorRuntime
import Foundation
import Logging
import SourceAdapters

/// The page of a running daemon, where its configuration has one.
struct PageService {
    private let server: DashboardServer
    private let definition: HTTPDefinition
    private let logger: Logger
    private let listening: AsyncStream<String>
    private let opened: AsyncStream<String>.Continuation
    /// Says where the page is, to whoever can read the state directory.
    private let addressFile: String

    /// Nil where the configuration has no `http`.
    ///
    /// - Throws: `JournalError` when the journal cannot be read, `Cannot` when a certificate cannot.
    init?(
        of deployment: Deployment?,
        _ places: PlaceOptions,
        inbox: any Inbox,
        logger: Logger,
        limits: DashboardLimits = DashboardLimits()
    ) throws {
        guard let definition = deployment?.http else { return nil }
        self.definition = definition
        self.logger = logger
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        addressFile = places.pageFilePath
        do {
            server = try DashboardServer(
                definition,
                state: places.state,
                archive: JournalArchive(try ReadOnlyJournal(path: places.journalPath)),
                inbox: inbox,
                identity: definition.access?.openID.map { OpenIDProvider($0) },
                clock: SystemClock(),
                logger: quiet,
                limits: limits
            )
        } catch let error as DashboardServer.Unservable {
            throw Cannot("\(error); see 'tls' in conductor.yaml")
        }
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
        defer { _ = unsafe unlink(addressFile) }
        do {
            try await server.run { [logger, opened, addressFile] address in
                let isTold = FileManager.default.createFile(
                    atPath: addressFile,
                    contents: Data((address + "\n").utf8),
                    attributes: [.posixPermissions: 0o600]
                )
                if !isTold { logger.warning("the state directory cannot be written") }
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
