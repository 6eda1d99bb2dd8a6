import ConductorCore
import ConductorPorts

// The three loops. They share the engine, and none waits for another.

extension Engine {
    /// Runs until the task is cancelled: boots, then decides, collects and acts.
    ///
    /// - Throws: when the boot cannot be written.
    package func run() async throws {
        try boot()
        try lookBeforeNews()
        await withDiscardingTaskGroup { group in
            group.addTask { await self.decideForever() }
            group.addTask { await self.collectForever() }
            group.addTask { await self.actForever() }
            for target in self.discoveryTargets {
                group.addTask { await self.discoverForever(target) }
            }
        }
        observe(.stopped)
    }

    /// One round by hand: polls everything once, decides once, carries out what that started.
    ///
    /// - Throws: when the journal cannot be written.
    package func runOnce() async throws {
        try boot()
        try lookBeforeNews()
        for target in discoveryTargets { await discover(target) }
        await withDiscardingTaskGroup { group in
            for target in targets() {
                group.addTask { await self.poll(target, bypassesCaches: true) }
            }
        }
        if Task.isCancelled { return }
        try round()
        // Lane by lane: what waits behind another action of this round is part of it.
        var goesOn = true
        while goesOn {
            goesOn = await withTaskGroup(of: Bool.self) { group in
                for effect in takeStartable() {
                    group.addTask { await self.carryOut(effect) }
                }
                var isAny = false
                for await isRecorded in group { isAny = isAny || isRecorded }
                return isAny
            }
        }
        observe(.stopped)
    }

    /// The decider: wakes on news, or when something is due, and never waits for a backend.
    private func decideForever() async {
        var hurried = 0
        while !Task.isCancelled {
            var pause = settings.deployment.tick
            do {
                try round()
                fault = nil
                roundWatcher?.yield()
                await actions.raise()
                await collections.raise()
                if let due = untilDue() { pause = min(pause, due) }
            } catch {
                fault = "\(error)"
                roundWatcher?.yield()
                observe(.journalFailed("\(error)"))
                pause = min(pause, .seconds(5))
            }
            // Turns that follow at once are normal, a world that never settles is not: then rounds
            // keep a distance, and inputs coalesce.
            hurried = pause == .zero ? hurried + 1 : 0
            if hurried > Self.hurriedRounds { pause = .seconds(1) }
            if pause > .zero { await news.wait(atMost: pause, on: clock) }
        }
    }

    /// Rounds in a row without a pause.
    private static let hurriedRounds = 64

    /// The collectors: one task per source and scope, each with its own interval.
    private func collectForever() async {
        await withDiscardingTaskGroup { group in
            var tasks: [PollTarget: Collector] = [:]
            while !Task.isCancelled {
                let needed = targets()
                for target in tasks.keys.sorted() where !needed.contains(target) {
                    await tasks.removeValue(forKey: target)?.retire()
                }
                // In order, so that the same world is asked in the same order.
                for target in needed.sorted() where tasks[target] == nil {
                    guard let definition = settings.deployment.source(target.source) else {
                        continue
                    }
                    let collector = Collector(target: target, every: definition.every)
                    tasks[target] = collector
                    group.addTask { await collector.run(for: self) }
                }
                for target in wanted.sorted() {
                    await tasks[target]?.hurry()
                }
                await collections.wait(atMost: settings.deployment.tick, on: clock)
            }
            for collector in tasks.values { await collector.retire() }
        }
    }

    /// The dispatcher: starts what is outstanding and not under way.
    private func actForever() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                for effect in takeStartable() {
                    group.addTask {
                        // Not the group's to cancel: what was sent runs to its outcome, at the
                        // latest to its deadline. What was not carried out waits for a round.
                        let attempt = Task { await self.carryOut(effect) }
                        if await attempt.value { await self.actions.raise() }
                    }
                }
                await actions.wait(atMost: settings.deployment.tick, on: clock)
            }
        }
    }
}

/// Polls one source at one scope, again and again.
actor Collector {
    private let target: Engine.PollTarget
    private let every: Span
    private let hurrySignal = Signal()
    private var isRetired = false

    init(target: Engine.PollTarget, every: Span) {
        self.target = target
        self.every = every
    }

    /// Asks again now, past every cache.
    func hurry() async { await hurrySignal.raise() }

    func retire() async {
        isRetired = true
        await hurrySignal.raise()
    }

    func run(for engine: Engine) async {
        while !Task.isCancelled, !isRetired {
            let isWanted = await engine.takeWanted(target)
            await engine.poll(target, bypassesCaches: isWanted)
            if Task.isCancelled || isRetired { return }
            await hurrySignal.wait(atMost: every, on: engine.clock)
        }
    }
}
