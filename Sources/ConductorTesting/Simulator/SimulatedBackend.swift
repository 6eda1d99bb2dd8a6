import ConductorCore
import ConductorPorts

/// A source that says what is true, a little late, or does not.
struct SimulatedSource: Source {
    let name: String
    let simulation: Simulation

    func observe(_ request: ObservationRequest) async -> PollAnswer {
        let simulation = simulation
        guard let life = simulation.life, !life.isOver,
            let track = simulation.plan.tracks.first(where: request.scope.contains)
        else { return .failed(.unreachable, message: "nobody is there") }
        let begun = simulation.now
        let key = "\(name) \(request.scope)"
        var dice = simulation.world.dice("poll \(key) \(begun)")
        let fault = simulation.world.faults[key]?.first { $0.from <= begun && begun < $0.until }
        // Most answers come together, as they do; some come between them.
        let isOdd = simulation.plan.hasFaults && dice.oneIn(5)
        let delay = isOdd ? 10 + dice.below(3000) : 40
        switch fault?.kind {
        case .hangs: try? await life.clock.sleep(for: .hours(1))
        case .fails, .stale, .silent, .lies, .strays, nil:
            try? await life.clock.sleep(for: Span(milliseconds: Int64(delay)))
        }
        // Reads lag by less than an action's `settle` says.
        let lag = Int64(simulation.plan.hasFaults ? dice.below(2500) : 0)
        var observation = simulation.world.observation(of: name, for: track, at: begun - lag)
        switch fault?.kind {
        case .fails: return .failed(dice.pick(PollFailure.allCases), message: "it is down")
        case .hangs: return .failed(.timedOut, message: "late")
        case .stale:
            let then = fault?.from ?? 0
            observation = simulation.world.observation(of: name, for: track, at: then)
            for fact in observation.facts.keys {
                observation.observedAt[fact] =
                    Simulation.epoch + Span(milliseconds: then + simulation.wallOffset)
            }
        case .silent:
            for fact in observation.facts.keys.sorted(by: { $0.precedes($1) }) where dice.oneIn(2) {
                observation.facts[fact] = nil
            }
        case .lies:
            for fact in observation.facts.keys.sorted(by: { $0.precedes($1) }) where dice.oneIn(2) {
                observation.facts[fact]?.value = dice.pick(["odd", 7, true, .null, ["a"]])
            }
        case .strays:
            for fact in observation.facts.keys { observation.facts[fact]?.about = "another" }
        case nil: break
        }
        return .observed(observation)
    }
}

/// A backend that does what it is asked, or loses it, or its answer, on the way.
struct SimulatedBackend: ActionAdapter {
    let simulation: Simulation
    /// The process that this belongs to.
    let life: Int

    private func isAlive(_ simulation: Simulation) -> Bool {
        simulation.life?.isOver == false && simulation.lives == life
    }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        let simulation = simulation
        guard isAlive(simulation), let process = simulation.life else {
            return .unknown(reason: "the process has ended")
        }
        simulation.calls += 1
        simulation.sentAt[intent.key] = simulation.now
        simulation.note("perform \(intent.key), attempt \(attempt)")
        let unsynced = simulation.disk.unsynced("-wal")
        for fault in simulation.referee.performing(
            intent,
            attempt,
            unsynced: unsynced,
            stopFile: simulation.stopFile
        ) {
            simulation.violate(fault.invariant, fault.what)
        }
        if crashes(intent, process) { return .unknown(reason: "the process has ended") }
        let begun = simulation.now
        var dice = simulation.world.dice("call \(intent.key) \(intent.track) \(attempt)")
        // What was sent arrives before the deadline is over by `settle`, less the lag of reads.
        let late = begun + Int64(dice.below(62_000))
        func wait(_ milliseconds: Int) async {
            try? await process.clock.sleep(for: Span(milliseconds: Int64(milliseconds)))
        }
        let isTrouble = simulation.plan.hasFaults && begun < Simulation.faultsEnd
        // A raise in doubt is the worst that can be: it is seen more often than chance would have it.
        let isInDoubt = intent.direction == .raises && dice.oneIn(4)
        switch isTrouble ? (isInDoubt ? 3 : dice.below(16)) : 100 {
        case 0:
            await wait(dice.below(2000))
            return .retryable(
                reason: "busy",
                after: dice.oneIn(2) ? .seconds(Int64(dice.below(90))) : nil
            )
        case 1:
            await wait(dice.below(2000))
            return .unknown(reason: "the connection broke")
        case 2:
            simulation.land(intent)
            await wait(dice.below(2000))
            return .unknown(reason: "the connection broke")
        case 3, 4:
            simulation.world.agenda.plan(.land(intent), at: late)
            simulation.provoke(inDoubt: intent)
            await wait(dice.below(2000))
            return .unknown(reason: "the connection broke")
        case 5:
            simulation.world.agenda.plan(.land(intent), at: late)
            simulation.provoke(inDoubt: intent)
            await wait(3_600_000)
            return .unknown(reason: "it hung")
        case 6 where dice.oneIn(3):
            await wait(dice.below(2000))
            return .rejected(reason: "no permission", remedy: "grant it")
        default:
            await wait(isTrouble ? dice.below(20_000) : 500)
            guard isAlive(simulation) else {
                // The request was on its way when the process ended.
                if dice.oneIn(2) { simulation.land(intent) }
                return .unknown(reason: "the process has ended")
            }
            simulation.land(intent)
            if isTrouble { await wait(dice.below(3000)) }
            return .done(evidence: "it says so")
        }
    }

    /// Ends the process here, if that is planned.
    private func crashes(_ intent: Intent, _ process: Simulation.Life) -> Bool {
        let number = simulation.calls
        if simulation.isPlanned(.notSent, number) || simulation.isPlanned(.lost, number) {
            simulation.die(process, .nothing)
        } else if simulation.isPlanned(.unheard, number) {
            simulation.land(intent)
            simulation.die(process, .everything)
        } else if simulation.isPlanned(.late, number) {
            simulation.world.agenda.plan(.land(intent), at: simulation.now + 61_000)
            simulation.die(process, .everything)
        } else {
            return false
        }
        return true
    }

    func probe(_ intent: Intent) async -> ProbeAnswer {
        let simulation = simulation
        guard isAlive(simulation), let process = simulation.life else {
            return .unavailable(reason: "the process has ended")
        }
        simulation.note("probe \(intent.key)")
        for fault in simulation.referee.probing(intent) {
            simulation.violate(fault.invariant, fault.what)
        }
        let begun = simulation.now
        var dice = simulation.world.dice("probe \(intent.key) \(begun)")
        let isTrouble = simulation.plan.hasFaults && begun < Simulation.faultsEnd
        let lag = isTrouble ? Int64(dice.below(2500)) : 0
        let found = simulation.world.effects.first { $0.key == intent.key && $0.at <= begun - lag }
        let delay = Int64(isTrouble ? dice.below(2000) : 200)
        try? await process.clock.sleep(for: Span(milliseconds: delay))
        if isTrouble {
            switch dice.below(14) {
            case 0, 1: return .unavailable(reason: "down")
            case 2 where dice.oneIn(3): return .ambiguous(reason: "somebody moved it")
            case 3:
                try? await process.clock.sleep(for: .hours(1))
                return .unavailable(reason: "late")
            default: break
            }
        }
        return found.map { .present(evidence: "since \($0.at)") } ?? .absent
    }
}
