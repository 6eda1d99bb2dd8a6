import ConductorCore
import ConductorTesting
import Testing

@Suite struct `Properties over random worlds` {
    @Test(arguments: UInt64(0)..<12)
    func `what is decided incrementally is what is decided in full`(seed: UInt64) throws {
        var some = try RandomWorld(seed: seed)
        var all = try RandomWorld(seed: seed, full: true)
        for step in 0..<60 {
            try some.step()
            try all.step()
            _ = try some.round()
            _ = try all.round()
            try #require(
                some.rehearsal.world.decisions == all.rehearsal.world.decisions,
                "step \(step)"
            )
            for track in RandomWorld.tracks {
                try #require(
                    some.rehearsal.world.states[track] == all.rehearsal.world.states[track],
                    "step \(step)"
                )
            }
        }
    }

    @Test(arguments: UInt64(100)..<108)
    func `every journal replays to equal bytes, incrementally and in full`(seed: UInt64) throws {
        var random = try RandomWorld(seed: seed)
        for _ in 0..<60 {
            try random.step()
            _ = try random.round()
        }
        for full in [false, true] {
            let replay = try random.rehearsal.replayed(full: full)
            #expect(replay.divergences.isEmpty, "full: \(full)")
            #expect(replay.ticks == 60)
        }
    }

    @Test func `rules fire when a second, simple reading agrees, and guards brake at once`() throws
    {
        var fired = 0
        var raised = 0
        var braked = 0
        for seed in UInt64(200)..<240 {
            var random = try RandomWorld(seed: seed)
            for _ in 0..<60 {
                try random.step()
                let world = random.rehearsal.world
                let round = try random.round()
                for (track, turn) in round.turns {
                    if isSpiking(turn, before: world.states[track], world, track, round.tick) {
                        braked += 1
                        #expect(
                            turn.decision.fired?.to == "rollout_paused",
                            "seed \(seed), tick \(round.tick.number)"
                        )
                    }
                    guard let firing = turn.decision.fired, let before = world.states[track],
                        case .rule = firing.cause
                    else { continue }
                    let place = "seed \(seed), tick \(round.tick.number), \(firing.name)"
                    let machine = try #require(world.machines[before.machine]).machine
                    let transition = try #require(
                        machine.transitions.first { $0.name == firing.name }
                    )
                    var state = before
                    state.signoffs = turn.state.signoffs
                    let view = world.view(of: track, in: round.tick)
                    let simple = SimpleEvaluator(state: state, view: view, now: round.tick.at)
                    // A track that was added at its candidate's stage latches it in its first turn.
                    let isLatching = before.candidate == nil && before.step == 0
                    for condition in transition.when
                    where !(isLatching && condition == "head_beyond_candidate") {
                        #expect(simple.isMet(condition), "\(condition), \(place)")
                    }
                    fired += 1
                    guard firing.direction == .raises else { continue }
                    raised += 1
                    let watching = machine.guards.filter { $0.watch.contains(firing.from) }
                    for guardRule in watching {
                        #expect(simple.isQuiet(guardRule.name), "\(place)")
                    }
                    #expect(view.holds.isEmpty && !view.stopped && !view.shadow, "\(place)")
                    #expect(before.phase == .waiting && before.uncertain.isEmpty, "\(place)")
                }
            }
        }
        #expect(fired > 50)
        #expect(raised > 10)
        #expect(braked > 10)
    }

    /// Whether a rollout that nothing stops from braking shows a spike.
    private func isSpiking(
        _ turn: Turn,
        before: TrackState?,
        _ world: World,
        _ track: TrackID,
        _ tick: Entry.Tick
    ) -> Bool {
        guard let before, case .waiting = before.phase, before.stage == "rollout_1",
            before.disarmed.isEmpty
        else { return false }
        let view = world.view(of: track, in: tick)
        guard !view.stopped, !view.shadow, view.inputs.isEmpty else { return false }
        return turn.decision.verdicts.contains {
            ($0.name == "crash_spike" || $0.name == "anr_spike") && $0.verdict == .met
        }
    }

    @Test func `everything that is stored reads back as it was`() throws {
        for seed in UInt64(400)..<404 {
            var random = try RandomWorld(seed: seed)
            for _ in 0..<40 {
                try random.step()
                for (_, turn) in try random.round().turns {
                    let state = try JSON(encoding: turn.state)
                    #expect(try state.decode(TrackState.self) == turn.state)
                    let decision = try JSON(encoding: turn.decision)
                    #expect(try decision.decode(Decision.self) == turn.decision)
                    let text = state.description
                    #expect(try JSON(parsing: text).description == text)
                }
            }
        }
    }
}
