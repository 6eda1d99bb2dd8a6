import CEL
import ConductorCore
import ConductorJournal
import ConductorPorts
import ConductorRuntime
import ConductorTesting
import Foundation
import Synchronization

/// A small deployment in a folder of its own, on a real journal, with backends that a test scripts.
final class Bench: Sendable {
    let folder: URL
    /// Starts at 2026-03-02T09:00:00Z.
    let clock = ManualClock(wall: Instant(milliseconds: 1_772_442_000_000))
    let source = ScriptedSource()
    let backend = ScriptedBackend()
    let platforms: [String]
    let actionClass: ActionClass
    let scope: Scope.Level
    let parameters: [String: JSON]
    let condition: String
    let sustained: Span?

    init(
        platforms: [String] = ["ios"],
        actionClass: ActionClass = .createOnce,
        scope: Scope.Level = .track,
        parameters: [String: JSON] = [:],
        condition: String = "ci.state == \"passed\"",
        sustained: Span? = nil
    ) throws {
        self.sustained = sustained
        self.condition = condition
        self.platforms = platforms
        self.actionClass = actionClass
        self.scope = scope
        self.parameters = parameters
        folder = FileManager.default.temporaryDirectory.appending(path: "bench-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    var journalPath: String { folder.appending(path: "journal.sqlite").path }
    var stopFile: String { folder.appending(path: "STOP").path }

    var machine: Machine {
        Machine(
            name: "small",
            stages: [
                Stage(name: "branched", shelf: .current),
                Stage(name: "submitted", shelf: .current, terminal: true),
            ],
            conditions: [Condition(name: "ready", expr: condition, sustained: sustained)],
            transitions: [
                Transition(
                    name: "submit",
                    from: "branched",
                    to: .stage("submitted"),
                    when: ["ready"],
                    actions: [ActionUse("store.submit", with: parameters)]
                )
            ],
            facts: [
                FactDeclaration(
                    path: "ci.state",
                    source: "ci",
                    name: "state",
                    type: .string,
                    maxAge: .minutes(10)
                )
            ],
            actions: [
                ActionDeclaration(
                    name: "store.submit",
                    kind: "scripted",
                    actionClass: actionClass,
                    scope: scope,
                    policy: ActionPolicy(
                        deadline: .seconds(30),
                        settle: .seconds(5),
                        maxTries: 3,
                        backoff: .seconds(1)
                    )
                )
            ]
        )
    }

    func open() throws -> Journal {
        try Journal(path: journalPath, holder: "a test", create: true)
    }

    /// A world folded from the journal as it stands.
    func world() throws -> World {
        var world = World()
        let reader = try ReadOnlyJournal(path: journalPath)
        try reader.rows(after: 0) { row in
            try world.apply(row.entry) { try reader.body($0) }
            return true
        }
        return world
    }

    func engine(
        on journal: sending any JournalWriter,
        world: World = World(),
        zones: [ZoneRules.Zone] = []
    ) throws -> Engine {
        let canonical = try JSON(encoding: machine.canonical).description
        let record = Entry.MachineRecord(
            digest: Digest.text(of: Array(canonical.utf8)),
            canonical: canonical,
            source: canonical
        )
        let deployment = Deployment(
            sources: [
                SourceDefinition(
                    name: "ci",
                    kind: "scripted",
                    scope: .track,
                    every: .minutes(1),
                    timeout: .seconds(20),
                    settings: .null,
                    schema: FactSchema([])
                )
            ],
            apps: [
                AppDefinition(
                    name: "music",
                    platforms: platforms,
                    machines: Dictionary(uniqueKeysWithValues: platforms.map { ($0, machine) })
                )
            ],
            zones: zones,
            tick: .minutes(1)
        )
        let stopFile = stopFile
        return Engine(
            settings: .init(
                deployment: deployment,
                machines: Dictionary(
                    uniqueKeysWithValues: platforms.map { ("music/\($0)", record) }
                ),
                files: [:],
                process: 1,
                shadow: false,
                stopFileExists: { FileManager.default.fileExists(atPath: stopFile) }
            ),
            adapters: Adapters(sources: ["ci": source], actions: ["store.submit": backend]),
            journal: journal,
            world: world,
            clock: clock,
            observe: { _ in }
        )
    }

    func track(_ platform: String = "ios") -> TrackID {
        TrackID(app: "music", platform: platform, version: "8.9.2")
    }

    func add(
        _ platform: String = "ios",
        to engine: Engine,
        version: String = "8.9.2"
    ) async throws {
        let track = TrackID(app: "music", platform: platform, version: version)
        let reply = try await engine.submit(
            Command(
                id: "add-\(platform)-\(version)",
                actor: "test",
                scope: .track(track),
                request: .add(stage: nil, since: nil)
            )
        )
        precondition(reply.accepted, reply.message)
    }

    /// Polls everything and decides until nothing more comes at once.
    func look(_ engine: Engine) async throws {
        for target in await engine.targets() { await engine.poll(target, bypassesCaches: false) }
        try await settle(engine)
    }

    func settle(_ engine: Engine) async throws {
        for _ in 0..<8 { try await engine.round() }
    }

    /// Carries out what can start, one after the other.
    func act(_ engine: Engine) async throws {
        for effect in await engine.takeStartable() { _ = await engine.carryOut(effect) }
        try await settle(engine)
    }

    /// Decides the whole journal again.
    func replay(full: Bool) throws -> Replay {
        var replay = Replay(full: full)
        let reader = try ReadOnlyJournal(path: journalPath)
        try reader.rows(after: 0) { row in
            try replay.take(row.entry) { try reader.body($0) }
            return true
        }
        try replay.finish { try reader.body($0) }
        return replay
    }
}

/// Answers what the test says.
final class ScriptedSource: Source {
    let answer = Mutex<PollAnswer>(
        .observed(Observation(facts: ["state": ObservedFact("passed")]))
    )

    let hangs = Mutex(false)

    func observe(_ request: ObservationRequest) async -> PollAnswer {
        if hangs.withLock(\.self) {
            // Ignores cancellation, as a stuck library does.
            return unsafe await withUnsafeContinuation { _ in }
        }
        return answer.withLock { $0 }
    }

    /// Answers with one state from here on.
    func say(_ state: JSON) {
        answer.withLock { $0 = .observed(Observation(facts: ["state": ObservedFact(state)])) }
    }
}

/// Counts effects outside the conductor, and answers what the test says.
final class ScriptedBackend: ActionAdapter {
    enum Behaviour: Sendable {
        case works
        /// The effect happens, the answer is lost.
        case losesAnswer
        /// Nothing happens, and nobody says so.
        case losesRequest
        case hangs
        case refuses
    }

    struct State: Sendable {
        var behaviour = Behaviour.works
        var effects: [String] = []
        var sent: [Intent] = []
        var performed = 0
        var probed = 0
    }

    let state = Mutex(State())

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        let behaviour = state.withLock { state in
            state.performed += 1
            state.sent.append(intent)
            switch state.behaviour {
            case .works, .losesAnswer: state.effects.append(intent.key)
            case .losesRequest, .hangs, .refuses: break
            }
            return state.behaviour
        }
        switch behaviour {
        case .works: return .done(evidence: "it says so")
        case .losesAnswer, .losesRequest: return .unknown(reason: "the connection broke")
        case .refuses: return .rejected(reason: "no such app", remedy: "create it")
        case .hangs:
            // Ignores cancellation, as a stuck library does.
            return unsafe await withUnsafeContinuation { _ in }
        }
    }

    func probe(_ intent: Intent) async -> ProbeAnswer {
        state.withLock { state in
            state.probed += 1
            return state.effects.contains(intent.key) ? .present(evidence: "found") : .absent
        }
    }
}
