import ConductorCore
import ConductorTesting
import Testing

/// A track's situation that can be changed leaf by leaf.
private struct Situation {
    var state: TrackState
    var view: View
    var now: Stamp
    let machine: CompiledMachine

    func explained(_ transition: String) -> Explanation.Transition? {
        Conductor.explain(state, view, machine, Moment(now)).transitions
            .first { $0.name == transition }
    }

    /// Grants one leaf, and as little else as possible.
    mutating func grant(_ leaf: Explanation.Leaf, of transition: String) {
        switch leaf.kind {
        case .condition: fulfil(conditions: [leaf.name])
        case .guard:
            let name = String(leaf.name.dropFirst("guard ".count))
            fulfil(conditions: [name])
        case .candidate: fulfil(paths: ["ci.build.commit", "ci.build.id"])
        case .drift:
            let reality = [
                "rollout_1": "running", "rollout_100": "complete", "rollout_paused": "paused",
            ]
            set("store.rollout", .string(reality[state.stage ?? ""] ?? "none"))
        case .hold: view.holds.removeAll { "hold on \($0.scope)" == leaf.name }
        case .stop: view.stopped = false
        case .claim: view.deniedClaims.removeAll { "claim \($0)" == leaf.name }
        case .confirmation:
            state.confirmation = Confirmation(transition: transition, after: now.elapsed - 1)
        case .push:
            view.inputs.append(
                .command(
                    .init(
                        at: now,
                        command: Command(
                            id: "push",
                            actor: "os:ada",
                            scope: .track(state.track),
                            request: .advance(to: explained(transition)?.to)
                        )
                    ),
                    liftedHold: false
                )
            )
        case .approval:
            for actor in ["os:ada", "os:linus"] {
                state.approvals.append(
                    Approval(
                        transition: transition,
                        candidate: state.candidate,
                        actor: actor,
                        at: now.wall
                    )
                )
            }
        case .phase: state.uncertain = []
        case .clock: break
        }
    }

    /// Moves time on; what was fresh stays fresh, as polls go on.
    mutating func move(to instant: Instant) {
        let span = instant - now.wall
        guard span > .zero else { return }
        let fresh = view.readings.mapValues { reading in
            reading.good.map { now.since($0.fetched) < .minutes(30) } ?? false
        }
        now = now.advanced(by: span)
        for (source, isFresh) in fresh where isFresh { view.readings[source]?.good?.fetched = now }
    }

    private mutating func set(_ path: String, _ value: JSON) {
        guard let fact = machine.machine.facts.first(where: { $0.path == path }) else { return }
        var reading = view.readings[fact.source] ?? Reading()
        var good =
            reading.good ?? .init(observation: Observation(), fetched: now, digest: "granted")
        let head = view.readings["vcs"]?.good?.observation.facts["head.commit"]?.value.stringValue
        let about: String? =
            switch fact.subject {
            case .head: head
            case .candidate: state.candidate?.commit
            case .version: state.track.version
            case .none: nil
            }
        good.observation.facts[fact.name] = ObservedFact(value, about: about)
        good.observation.observedAt[fact.name] = now.wall
        good.fetched = now
        reading.good = good
        view.readings[fact.source] = reading
    }

    private mutating func fulfil(paths: [String]) {
        for path in paths {
            guard let fact = PublishedMachine.published.facts.first(where: { $0.path == path })
            else { continue }
            set(path, RandomWorld.healthy(fact, state.track).value)
        }
    }

    private mutating func fulfil(conditions: [String]) {
        for condition in conditions {
            switch condition {
            case "branch_cut": fulfil(paths: ["vcs.branch.exists"])
            case "last_fix_merged": fulfil(paths: ["vcs.fixes.open"])
            case "rc_built": fulfil(paths: ["ci.build.commit", "vcs.head.commit"])
            case "rc_verified": fulfil(paths: ["vcs.head.commit", "ci.verification.state"])
            case "rc_uploaded": fulfil(paths: ["ci.build.id", "store.uploaded.build"])
            case "latest_build_tested":
                fulfil(paths: ["ci.build.commit", "vcs.head.commit", "ci.tests.state"])
            case "no_open_blockers": fulfil(paths: ["tracker.blockers.open"])
            case "crash_rate_ok":
                fulfil(paths: ["quality.crash_rate", "quality.anr_rate", "quality.sessions"])
            case "used_enough": fulfil(paths: ["quality.plays"])
            case "itgc_passed": fulfil(paths: ["itgc.passed", "itgc.data_loss"])
            case "approved": fulfil(paths: ["store.review.state"])
            case "rejected": set("store.review.state", "rejected")
            case "head_beyond_candidate": set("vcs.head.commit", "zzz")
            case "crash_spike": fulfil(paths: ["quality.crash_rate", "quality.sessions"])
            case "anr_spike": fulfil(paths: ["quality.anr_rate", "quality.sessions"])
            case "signed_off":
                for team in ["playback", "search"] {
                    state.signoffs[team] = SignoffRecord(
                        verdict: .optedOut,
                        actor: "os:ada",
                        at: now.wall,
                        commit: nil
                    )
                }
            default: break
            }
        }
    }

    /// Grants leaves, second look last, moves time to their latest instant, and decides.
    func granted(_ leaves: [Explanation.Leaf], of transition: String) -> (Situation, Turn) {
        var granted = self
        let latest = leaves.compactMap(\.earliest).max()
        if let latest { granted.move(to: latest) }
        for leaf in leaves where leaf.kind != .confirmation && leaf.kind != .push {
            granted.grant(leaf, of: transition)
        }
        for leaf in leaves where leaf.kind == .confirmation || leaf.kind == .push {
            if leaf.kind == .confirmation {
                for source in granted.view.readings.keys.sorted() {
                    granted.view.readings[source]?.good?.fetched = granted.now
                }
            }
            granted.grant(leaf, of: transition)
        }
        let turn = Conductor.decide(
            granted.state,
            granted.view,
            granted.machine,
            Moment(granted.now)
        )
        return (granted, turn)
    }
}

@Suite struct `Why not` {
    @Test func `lists exactly what would move the track`() throws {
        var moved = 0
        var stayed = 0
        for seed in UInt64(500)..<512 {
            var random = try RandomWorld(seed: seed)
            for _ in 0..<30 {
                try random.step()
                let round = try random.round()
                let world = random.rehearsal.world
                for track in RandomWorld.tracks {
                    guard let state = world.states[track], case .waiting = state.phase,
                        let machine = world.machines[state.machine], !state.retired
                    else { continue }
                    var view = world.view(of: track, in: round.tick)
                    view.inputs = []
                    guard !view.shadow else { continue }
                    let situation = Situation(
                        state: state,
                        view: view,
                        now: random.rehearsal.now,
                        machine: machine
                    )
                    let place = "seed \(seed), tick \(round.tick.number), \(track)"
                    let explanation = Conductor.explain(
                        state,
                        view,
                        machine,
                        Moment(random.rehearsal.now)
                    )
                    for transition in explanation.transitions {
                        let counts = try check(situation, transition, place)
                        moved += counts.moved
                        stayed += counts.stayed
                    }
                }
            }
        }
        #expect(moved > 120)
        #expect(stayed > 200)
    }

    /// Grants all leaves, then all but one.
    private func check(
        _ situation: Situation,
        _ transition: Explanation.Transition,
        _ place: String
    ) throws -> (moved: Int, stayed: Int) {
        let missing = transition.leaves.filter { !$0.isMet }
        // What a person must testify, and credit that has not begun, is no matter of one grant.
        guard !missing.isEmpty,
            !missing.contains(where: { $0.kind == .clock && $0.earliest == nil }),
            !missing.contains(where: { $0.verdict.cause?.name == "disabled" }),
            !(situation.state.candidate == nil
                && missing.contains { $0.name == "head_beyond_candidate" })
        else { return (0, 0) }
        let (granted, turn) = situation.granted(missing, of: transition.name)
        var explained = granted
        explained.view.inputs = []
        let rest = explained.explained(transition.name)?.leaves.filter {
            !$0.isMet && $0.kind != .push
        }
        // Where one fact serves two leaves in opposite ways, they cannot all be granted at once.
        guard rest?.isEmpty == true else { return (0, 0) }
        // A guard, drift taken over, or a transition of higher priority may go first.
        guard let fired = turn.decision.fired else {
            Issue.record("\(transition.name) does not fire with \(missing.map(\.name)), \(place)")
            return (0, 0)
        }
        guard fired.name == transition.name else { return (0, 0) }
        var stayed = 0
        for index in missing.indices {
            var others = missing
            let left = others.remove(at: index)
            let (partly, turn) = situation.granted(others, of: transition.name)
            var quiet = partly
            quiet.view.inputs = []
            let isStillMissing =
                quiet.explained(transition.name)?.leaves
                .contains { $0.name == left.name && !$0.isMet } ?? false
            guard isStillMissing else { continue }
            stayed += 1
            #expect(
                turn.decision.fired?.name != transition.name,
                "\(transition.name) fires without \(left.name), \(place)"
            )
        }
        return (1, stayed)
    }
}
