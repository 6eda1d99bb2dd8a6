import ConductorCore
import ConductorFiles
import ConductorJournal
import ConductorPorts
import ConductorRuntime
import ConductorTesting
import Foundation
import Testing

@testable import SourceAdapters

/// A deployment with one track, read from files as a person writes them, with the standard adapters, the
/// real core and a real journal; only the clock is scripted.
///
/// Its machine has two stages, `waiting` and `gone`, and goes from one to the other when `condition` is
/// met, performing the action `act` where there is one.
final class DecisionScene {
    private let scratch: Scratch
    private let clock = ManualClock(wall: Instant(milliseconds: 1_772_442_000_000))
    private let settings: Engine.Settings
    private let adapters: Adapters
    private var engine: Engine
    private var journal: Journal
    private var isBooted = false
    /// Where the track begins; nil for the first stage.
    private let beginning: String?

    static func repositoryFile(_ name: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: name), encoding: .utf8)
    }

    convenience init(
        condition: String,
        sources: String,
        action: String? = nil,
        secrets: [String: String]
    ) throws {
        try self.init(
            rules: """
                machine: scene
                version: 1
                head: vcs.head
                stages:
                  waiting: {shelf: current}
                  gone: {shelf: current, terminal: true}
                conditions:
                  ready: {expr: '\(condition)'}
                transitions:
                  - {from: waiting, to: gone, when: [ready]\(action == nil ? "" : ", do: [act]")}
                """,
            sources: sources,
            actions: action.map { "  act: " + $0 },
            secrets: secrets
        )
    }

    /// `secrets` are files that settings name: `file:NAME`.
    init(
        rules: String,
        sources: String,
        actions: String? = nil,
        roles: String = "{}",
        claims: String = "{}",
        beginning: String? = nil,
        app: String = "",
        secrets: [String: String]
    ) throws {
        self.beginning = beginning
        let scratch = try Scratch()
        self.scratch = scratch
        try scratch.write(rules, to: "rules.yaml")
        for (name, secret) in secrets { try scratch.write(secret, to: name) }
        func placed(_ text: String) -> String {
            text.replacing("file:token", with: "file:" + scratch.file("token"))
                .replacing("file:key", with: "file:" + scratch.file("key"))
                .replacing("rest.yaml", with: scratch.file("rest.yaml"))
        }
        let config = """
            version: 1
            sources:
            \(placed(sources))
            actions:
            \(placed(actions ?? "  unused: {kind: log}"))
            claims: \(claims)
            apps:
              music: {platforms: [ios], sources: \(roles)\(app)}
            """
        try scratch.write(config, to: "conductor.yaml")
        let loaded = RuleFiles.load(
            rules: scratch.file("rules.yaml"),
            config: scratch.file("conductor.yaml"),
            catalog: StandardAdapters()
        )
        let deployment = try #require(
            loaded.deployment,
            "\(loaded.faults.map(\.rendered).joined(separator: "\n"))"
        )
        journal = try Journal(
            path: scratch.file("journal.sqlite"),
            holder: "a test",
            create: true
        )
        var machines: [String: Entry.MachineRecord] = [:]
        for app in deployment.apps {
            for (platform, machine) in app.machines {
                let canonical = try JSON(encoding: machine.canonical).description
                machines["\(app.name)/\(platform)"] = Entry.MachineRecord(
                    digest: Digest.text(of: Array(canonical.utf8)),
                    canonical: canonical,
                    source: canonical
                )
            }
        }
        let standard = StandardAdapters()
        var adapters = Adapters(sources: [:], actions: [:])
        for source in deployment.sources where source.people == nil {
            adapters.sources[source.name] = try standard.source(source)
        }
        for action in deployment.actions {
            adapters.actions[action.declaration.name] = try standard.action(action)
        }
        self.adapters = adapters
        settings = .init(
            deployment: deployment,
            machines: machines,
            files: [:],
            process: 1,
            shadow: false,
            stopFileExists: { false }
        )
        engine = Engine(
            settings: settings,
            adapters: adapters,
            journal: journal,
            world: World(),
            clock: clock,
            observe: { _ in }
        )
    }

    /// Ends the process, takes the days that are over out of the journal, and begins anew with what is left.
    func restartPruned() throws {
        let path = scratch.file("journal.sqlite")
        #expect(try journal.prune(keeping: .zero, now: clock.wall()).rows > 0)
        try journal.close()
        let world = try replayed(full: false).world
        journal = try Journal(path: path, holder: "a test", create: false)
        engine = Engine(
            settings: settings,
            adapters: adapters,
            journal: journal,
            world: world,
            clock: clock,
            observe: { _ in }
        )
        isBooted = false
    }

    /// Asks every source that discovers versions once; nothing else is registered.
    func discover() async throws {
        if !isBooted {
            isBooted = true
            try await engine.boot()
        }
        for target in engine.discoveryTargets { await engine.discover(target) }
    }

    /// The stages of all tracks, by version.
    func stages() async -> [String: String?] {
        await engine.snapshot().states.reduce(into: [:]) { $0[$1.key.version] = $1.value.stage }
    }

    /// Asks every source once, and decides.
    func look() async throws {
        for target in await engine.targets() { await engine.poll(target, bypassesCaches: true) }
        try await settle()
    }

    private func boot() async throws {
        guard !isBooted else { return }
        isBooted = true
        try await engine.boot()
        let reply = try await engine.submit(
            Command(
                id: "add",
                actor: "test",
                scope: .track(track),
                request: .add(stage: beginning, since: nil)
            )
        )
        #expect(reply.accepted, "\(reply.message)")
    }

    /// Asks every source once, decides, and carries out what that begins.
    func stageAfterALook() async throws -> String? {
        try await boot()
        try await look()
        return await engine.snapshot().states[track]?.stage
    }

    /// Lets time pass in steps, deciding and carrying out what is due.
    func stageAfter(_ span: Span) async throws -> String? {
        for _ in 0..<12 {
            clock.advance(by: Span(milliseconds: span.milliseconds / 12))
            try await settle()
        }
        return await engine.snapshot().states[track]?.stage
    }

    /// Why the track stands in error; nil where it does not.
    func fault() async -> ConductorCore.Fault? {
        guard case .error(let fault) = await engine.snapshot().states[track]?.phase else {
            return nil
        }
        return fault
    }

    func isInError() async throws -> Bool {
        guard case .error = await engine.snapshot().states[track]?.phase else { return false }
        return true
    }

    private func settle() async throws {
        for _ in 0..<4 {
            for _ in 0..<4 { try await engine.round() }
            for effect in await engine.takeStartable() { _ = await engine.carryOut(effect) }
        }
    }

    /// Whether the journal replays to the same bytes, and does not tell a secret.
    func checkJournal(holdsNo secret: String) throws {
        var text = ""
        let replay = try replayed(full: true) { text += $0 }
        #expect(replay.divergences.isEmpty)
        #expect(replay.ticks > 0)
        #expect(!text.contains(secret))
    }

    /// The journal's rows played once more; days that were taken out of it are only folded.
    private func replayed(full: Bool, tell: (String) -> Void = { _ in }) throws -> Replay {
        var replay = Replay(full: full)
        let reader = try ReadOnlyJournal(path: scratch.file("journal.sqlite"))
        let checkpoint = try reader.checkpoint()
        func body(_ digest: String) throws -> JSON {
            let body = try reader.body(digest)
            tell(body.description)
            return body
        }
        try reader.rows(after: 0) { row in
            tell("\(row.entry)")
            if row.sequence <= checkpoint {
                try replay.fold(row.entry, observation: body)
            } else {
                try replay.take(row.entry, observation: body)
            }
            return true
        }
        try replay.finish(observation: body)
        return replay
    }
}
