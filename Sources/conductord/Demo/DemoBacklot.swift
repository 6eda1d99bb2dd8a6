import Backlot
import ConductorCore
import ConductorFiles
import ConductorPorts
import ConductorRuntime
import Foundation
import Logging
import SourceAdapters

/// Where a demo plays: its clock, its world, and the adapters that meet it.
struct DemoStage {
    let clock: ScriptedClock
    let world: ScriptedWorld<Fortnight>
    var adapters = Adapters(sources: [:], actions: [:])
    /// What a source of the deployment is called in the script, where that is another name.
    var scriptNames: [String: String] = [:]
    /// The adapters' time.
    var time: (any ConductorClock)?

    /// Backends that are only scripted.
    static func scripted(_ deployment: Deployment) -> DemoStage {
        let world = ScriptedWorld(Fortnight(), at: Fortnight.start)
        var stage = DemoStage(clock: ScriptedClock(at: Fortnight.start), world: world)
        for source in deployment.sources where source.people == nil {
            stage.adapters.sources[source.name] = world.source(named: source.name)
        }
        for action in deployment.actions {
            stage.adapters.actions[action.declaration.name] = world.action()
        }
        return stage
    }
}

/// Simulated vendors on loopback, which the real adapters ask over HTTP.
struct DemoBacklot {
    private static let address = "http://backlot.example"
    private static let folderName = "file:credentials/"

    let lot: VendorLot
    let server: VendorServer
    private let clock = ScriptedClock(at: Fortnight.start)
    private let world = ScriptedWorld(Fortnight(), at: Fortnight.start)
    /// Keys for this one play; they go when it is over.
    private let folder: String

    /// Opens the gates; `trouble` is the seed of what goes wrong, nil: nothing does.
    ///
    /// - Throws: where there is no port, or no place for keys.
    init(
        trouble: UInt64?,
        listen: (@Sendable (VendorLot.Exchange) -> Void)? = nil
    ) async throws {
        let lot = VendorLot(
            world,
            clock: clock,
            keys: try VendorKeys(),
            trouble: trouble,
            listen: listen
        )
        self.lot = lot
        server = try await VendorServer.start { lot.answer($0) }
        folder = NSTemporaryDirectory() + "conductord-backlot-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        let account = lot.keys.serviceAccount(tokenAddress: server.url + "/google/token")
        for (name, text) in [
            ("token", lot.keys.token), ("appstore.p8", lot.keys.appStorePEM),
            ("play.json", account.description),
        ] {
            try Data(text.utf8).write(to: URL(filePath: folder + "/" + name))
        }
    }

    /// Closes the gates, and forgets the keys.
    func close() async throws {
        try FileManager.default.removeItem(atPath: folder)
        try await server.stop()
    }

    /// The demo's files, in which the simulation's address and keys stand for their placeholders.
    var files: some FileTree { Files(address: server.url, folder: folder, rest: DemoFiles()) }

    private struct Files<Rest: FileTree>: FileTree {
        let address: String
        let folder: String
        let rest: Rest

        func read(_ path: String, limit: Int) throws(UnreadableFile) -> [UInt8] {
            let text = String(decoding: try rest.read(path, limit: limit), as: UTF8.self)
            return Array(
                text.replacing(DemoBacklot.address, with: address)
                    .replacing(DemoBacklot.folderName, with: "file:\(folder)/").utf8
            )
        }

        func list(_ directory: String) -> [String]? { rest.list(directory) }
    }

    /// The stage on which a deployment's own adapters meet the vendors.
    ///
    /// - Throws: where an adapter cannot be made.
    func stage(_ deployment: Deployment) throws -> DemoStage {
        let logger = Logger(label: "conductord.demo") { _ in SwiftLogNoOpLogHandler() }
        let standard = StandardAdapters(logger: logger)
        var stage = DemoStage(clock: clock, world: world)
        stage.time = PassingTime(clock: clock)
        stage.scriptNames = ["asc": "store", "play": "store", "depot": "store"]
        for source in deployment.sources where source.people == nil {
            stage.adapters.sources[source.name] = try standard.source(source)
        }
        for action in deployment.actions {
            stage.adapters.actions[action.declaration.name] = try standard.action(action)
        }
        return stage
    }

    /// Scripted time in which waiting passes at once.
    private struct PassingTime: ConductorClock {
        let clock: ScriptedClock

        func wall() -> Instant { clock.wall() }
        func monotonic() -> Int64 { clock.monotonic() }

        func sleep(for span: Span) async throws {
            try Task.checkCancellation()
            clock.move(by: span)
        }
    }
}
