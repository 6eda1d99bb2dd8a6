import ConductorCore
import ConductorDashboard
import ConductorFiles
import ConductorJournal
import ConductorRuntime
import Foundation
import Logging
import Synchronization
import Testing

@testable import conductord

/// A whole conductor in a directory of its own: real files, the real journal, the real runtime, and
/// the real page on a port of its own.
final class House: Sendable {
    let directory: String
    let visitor: Visitor
    let engine: Engine
    /// All that was logged.
    let log = HouseLog()
    private let work: Task<Void, Never>

    var journalPath: String { directory + "/state/journal.sqlite" }
    static let track = TrackID(app: "music", platform: "ios", version: "8.9.2")
    static let path = "/tracks/music/ios/8.9.2"

    /// A title, an owner and a link that nobody should be hurt by.
    static let hostile = #""><img src=x onerror=alert(1)></script><script>alert(2)</script>"#

    static let rules = #"""
        machine: small
        version: 1
        stages:
          upcoming: {shelf: upcoming}
          branched: {shelf: current}
          submitted: {shelf: current}
          out: {shelf: production, monitor: 7d}
        parameters: {min_crash_free: 0.995}
        conditions:
          cut: {title: The branch is cut, expr: tracker.cut}
          no_blockers:
            title: '"><img src=x onerror=alert(1)></script><script>alert(2)</script>'
            expr: tracker.blockers.open == 0
            owner: '"><img src=x onerror=alert(1)></script><script>alert(2)</script>'
            link: 'javascript:alert(3)//${tracker.note}'
          crash_ok: {title: Crashes are few, expr: quality.crash_free >= params.min_crash_free}
          never: {title: Out, expr: tracker.note == "out"}
        transitions:
          - {from: upcoming, to: branched, when: [cut]}
          - {from: branched, to: submitted, when: [no_blockers, crash_ok]}
          - {from: submitted, to: out, when: [never]}
        """#

    static func configuration(
        _ directory: String,
        http: String = "{listen: 127.0.0.1:0}"
    ) -> String {
        """
        version: 1
        tick: 1s
        http: \(http)
        sources:
          tracker:
            kind: file
            scope: track
            every: 1s
            path: \(directory)/tracker.json
            facts: {cut: bool, blockers.open: int, note: string}
          quality:
            kind: file
            scope: track
            every: 1s
            path: \(directory)/quality.json
            facts: {crash_free: {type: double, unit: fraction}}
        apps: {music: {platforms: [ios, android]}, radio: {platforms: [ios]}}
        """
    }

    /// Opens a house, lets a body live in it, and clears up.
    static func open(
        http: String = "{listen: 127.0.0.1:0}",
        limits: DashboardLimits = DashboardLimits(),
        _ body: (House) async throws -> Void
    ) async throws {
        let directory = FileManager.default.temporaryDirectory.path + "/page-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: directory,
            withIntermediateDirectories: true
        )
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let house = try await House(directory, http, limits)
        do {
            try await body(house)
            await house.close()
        } catch {
            await house.close()
            throw error
        }
    }

    private init(_ directory: String, _ http: String, _ limits: DashboardLimits) async throws {
        self.directory = directory
        try Self.write(directory, tracker: ["cut": true, "blockers": ["open": 2]])
        try Self.write(Self.rules, to: directory + "/release-states.yaml")
        try Self.write(Self.configuration(directory, http: http), to: directory + "/conductor.yaml")
        var places = PlaceOptions()
        places.rules = directory + "/release-states.yaml"
        places.config = directory + "/conductor.yaml"
        places.state = directory + "/state"
        var logger = Logger(label: "page") { [log] _ in HouseLog.Handler(log: log) }
        logger.logLevel = .trace
        let wiring = Wiring(places: places, logger: logger)
        let loaded = try wiring.load()
        let (engine, journal) = try wiring.engine(loaded) { _ in }
        let page = try #require(
            try PageService(
                of: loaded.deployment,
                places,
                inbox: EngineInbox(engine: engine, stopFile: StopFile(path: places.stopFilePath)),
                logger: logger,
                limits: limits
            )
        )
        self.engine = engine
        work = Task {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { try? await page.serve() }
                group.addTask { await page.follow(engine) }
                group.addTask { try? await engine.run() }
                await group.waitForAll()
            }
            try? journal.close()
        }
        let address = try await page.untilListening()
        let port = try #require(Int(address.split(separator: ":").last?.dropLast() ?? ""))
        visitor = Visitor(port: port)
        let reply = try await engine.submit(
            Command(
                id: "add",
                actor: "os:anna",
                scope: .track(Self.track),
                request: .add(stage: "upcoming", since: nil)
            )
        )
        #expect(reply.accepted, "\(reply.message)")
    }

    private func close() async {
        work.cancel()
        await work.value
    }

    // MARK: The world

    func write(tracker: JSON) throws { try Self.write(directory, tracker: tracker) }

    private static func write(_ directory: String, tracker: JSON) throws {
        var facts: JSON = ["cut": false, "blockers": ["open": 0], "note": .string(hostile)]
        if case .object(var members) = facts {
            members.merge(tracker.objectValue ?? [:]) { _, given in given }
            facts = .object(members)
        }
        try write(facts.description, to: directory + "/tracker.json")
        try write(#"{"crash_free": 0.9931}"#, to: directory + "/quality.json")
    }

    private static func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
    }

    /// Waits for a stage, as the page's own events tell it.
    func waits(for stage: String, as headers: [String: String] = [:]) async throws {
        let isThere: @Sendable () async throws -> Bool = { [visitor] in
            let seen = try await visitor.get("/api/v1\(Self.path)", headers)
            guard seen.status == 200 else { return false }
            return try JSON(parsing: seen.text)["stage"] == .string(stage)
        }
        if try await isThere() { return }
        // Each event is a reason to look again; a beat comes when nothing else does.
        let request = Visitor.request("GET", "/api/v1/events", headers, port: visitor.port)
        while try await !isThere() {
            try await visitor.exchange(request) { _ in try await !isThere() }
        }
    }

    /// Commands in the journal, oldest first.
    func commands() throws -> [Command] {
        var found: [Command] = []
        try reader().rows(after: 0) { row in
            if case .command(let record) = row.entry { found.append(record.command) }
            return true
        }
        return found
    }

    func reader() throws -> ReadOnlyJournal { try ReadOnlyJournal(path: journalPath) }

    func json(_ path: String, status: Int = 200) async throws -> JSON {
        let seen = try await visitor.get("/api/v1" + path)
        #expect(seen.status == status, "\(path): \(seen.text)")
        return try JSON(parsing: seen.text)
    }
}

/// Keeps what is logged, with all that goes along.
final class HouseLog: Sendable {
    private let lines = Mutex<[String]>([])

    var text: String { lines.withLock { $0.joined(separator: "\n") } }

    struct Handler: LogHandler {
        let log: HouseLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let more = event.metadata.map { "\($0)" } ?? ""
            log.lines.withLock { $0.append("\(event.message) \(metadata) \(more)") }
        }
    }
}
