import Backlot
import ConductorCore
import ConductorRuntime
import Synchronization

/// Plays a script against the runtime, step by step in virtual time.
///
/// It does what the three loops do, in one order: polls what is due, decides, carries out, and
/// looks again where a raise wants a second look. Nothing else runs meanwhile, so that the same
/// script and the same rules give the same journal.
struct DemoDriver<S: Script> {
    let engine: Engine
    let clock: ScriptedClock
    let world: ScriptedWorld<S>
    let deployment: Deployment
    let heard: HeardEvents
    /// What a source is called in the script, where that is another name.
    let scriptNames: [String: String]
    /// Is told everything, in order, with the world as the engine believes it.
    let report: (DemoEvent, World) async throws -> Void

    private var due: [Engine.PollTarget: Instant] = [:]
    private var commands = 0

    init(
        engine: Engine,
        clock: ScriptedClock,
        world: ScriptedWorld<S>,
        deployment: Deployment,
        heard: HeardEvents,
        scriptNames: [String: String] = [:],
        report: @escaping (DemoEvent, World) async throws -> Void
    ) {
        self.engine = engine
        self.clock = clock
        self.world = world
        self.deployment = deployment
        self.heard = heard
        self.scriptNames = scriptNames
        self.report = report
    }

    /// What a poll, an attempt and a second look take.
    private static var moment: Span { .seconds(1) }
    /// Rounds in a row after which a world that never settles is left for its next moment.
    private static var rounds: Int { 100 }

    /// Plays until `end`.
    ///
    /// - Throws: when the journal cannot be written, or what `report` throws.
    mutating func play(until end: Instant) async throws {
        try await engine.boot()
        try await settle()
        while clock.wall() < end {
            clock.move(to: await nextMoment(before: end))
            world.play(until: clock.wall())
            try await takeNews()
            try await poll()
            try await settle()
            try await report(.moment, engine.snapshot())
        }
    }

    /// The next moment at which anything is due.
    private mutating func nextMoment(before end: Instant) async -> Instant {
        let now = clock.wall()
        let targets = await engine.targets()
        due = due.filter { targets.contains($0.key) }
        for target in targets where due[target] == nil { due[target] = now }
        var next = end
        if let cue = world.nextCue { next = min(next, cue) }
        if let poll = due.values.min() { next = min(next, poll) }
        if let wake = await engine.untilDue() { next = min(next, now + wake) }
        return max(next, now)
    }

    // MARK: One moment

    /// Lets people speak and backends call.
    private mutating func takeNews() async throws {
        while true {
            let news = world.takeNews()
            if news.isEmpty { return }
            for telling in news.told {
                try await report(.told(telling), engine.snapshot())
            }
            for target in await engine.targets()
            where news.woken.contains(
                Place(scriptNames[target.source] ?? target.source, target.scope)
            ) {
                due[target] = clock.wall()
            }
            for utterance in news.said {
                commands += 1
                let command = Command(
                    id: "demo-\(commands)",
                    actor: utterance.actor,
                    scope: utterance.scope,
                    request: utterance.request,
                    reason: utterance.reason
                )
                _ = try await engine.submit(command)
                try await listen(commandFirst: true)
            }
        }
    }

    /// Polls everything that is due, in order of name.
    private mutating func poll() async throws {
        let now = clock.wall()
        let targets = await engine.targets()
        due = due.filter { targets.contains($0.key) }
        for target in due.filter({ $0.value <= now }).keys.sorted() {
            due[target] = now + (deployment.source(target.source)?.every ?? .minutes(5))
            await engine.poll(target, bypassesCaches: await engine.takeWanted(target))
            try await listen()
        }
    }

    /// Decides and carries out until nothing moves at this moment any more.
    private mutating func settle() async throws {
        for _ in 0..<Self.rounds {
            try await engine.round()
            try await listen()
            var isQuiet = true
            for effect in await engine.takeStartable() {
                isQuiet = false
                passMoment()
                _ = await engine.carryOut(effect)
                try await listen()
            }
            for target in await engine.wanted.sorted() {
                isQuiet = false
                passMoment()
                await engine.poll(target, bypassesCaches: await engine.takeWanted(target))
                try await listen()
            }
            if !isQuiet || !due.values.allSatisfy({ $0 > clock.wall() }) {
                try await takeNews()
                try await poll()
                continue
            }
            guard let wake = await engine.untilDue(), wake == .zero else { return }
        }
    }

    private func passMoment() {
        clock.move(by: Self.moment)
        world.play(until: clock.wall())
    }

    /// Hands on what the engine said, and lets people see what they can see.
    ///
    /// The engine answers a command after the turn that it woke; told, it comes before.
    private mutating func listen(commandFirst: Bool = false) async throws {
        var events = heard.take()
        if commandFirst, let place = events.firstIndex(where: { $0.1.isCommand }) {
            events.insert(events.remove(at: place), at: 0)
        }
        for (at, event) in events {
            if case .entered(let track, let stage, _) = event { world.entered(stage, track) }
            try await report(.heard(event, at: at), engine.snapshot())
        }
    }
}

/// What the demo has to tell.
enum DemoEvent: Sendable {
    /// The script: what happened in the world.
    case told(Telling)
    /// The engine: what was decided and done.
    case heard(RuntimeEvent, at: Instant)
    /// Nothing moves any more at this moment of virtual time.
    case moment
}

/// Runtime events with the moments at which they came, until they are taken.
final class HeardEvents: Sendable {
    private let events = Mutex<[(Instant, RuntimeEvent)]>([])

    func add(_ event: RuntimeEvent, at instant: Instant) {
        events.withLock { $0.append((instant, event)) }
    }

    func take() -> [(Instant, RuntimeEvent)] {
        events.withLock { events in
            defer { events = [] }
            return events
        }
    }
}

extension RuntimeEvent {
    fileprivate var isCommand: Bool {
        if case .command = self { true } else { false }
    }
}
