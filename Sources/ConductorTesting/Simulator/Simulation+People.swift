import ConductorCore
import ConductorRuntime

// People: those who do their work, and those who meddle.

extension Simulation {
    func add(_ track: TrackID) {
        guard referee.tracks[track] == nil else { return }
        send(command(.track(track), .add(stage: "upcoming", since: nil)))
        // Until it is registered: a process that is down takes no command.
        agenda.plan(.add(track), at: now + 300_000)
    }

    func command(
        _ scope: Scope,
        _ request: Command.Request,
        basedOn revision: Int? = nil,
        by actor: String = "os:ada"
    ) -> Command {
        commands += 1
        return Command(
            id: "c\(commands)",
            actor: actor,
            scope: scope,
            request: request,
            reason: "because",
            basedOn: revision
        )
    }

    func send(_ command: Command) {
        guard let life, !life.isOver else { return }
        note("command \(command.id) \(command.scope) \(command.request)")
        let engine = life.engine
        Task {
            do {
                let reply = try await engine.submit(command)
                note("reply \(reply.id) \(reply.accepted): \(reply.message)")
                referee.heard(reply.message)
            } catch {}
        }
    }

    /// The state of a track as everybody can see it.
    private func look(_ track: TrackID) -> (world: World, state: TrackState)? {
        guard let life, !life.isOver else { return nil }
        let engine = life.engine
        guard let world = SimulatedThread.run({ await engine.snapshot() }),
            let state = world.states[track]
        else { return nil }
        return (world, state)
    }

    /// Somebody responsible looks at a release, and does what it waits for.
    func personLooks(at track: TrackID) {
        let isCalm = now > Self.faultsEnd
        if plan.rests, isCalm, now < Self.faultsEnd + Self.rest {
            return agenda.plan(.personLooks(track), at: Self.faultsEnd + Self.rest)
        }
        guard referee.tracks[track]?.isRetired != true else { return }
        agenda.plan(.personLooks(track), at: now + 540_000)
        guard let (world, state) = look(track), !state.retired else { return }
        explain(track, world)
        if isCalm {
            if stopFile { stopFile = false }
            if world.fleet.stop != nil { send(command(.installation, .liftStop)) }
            for hold in world.fleet.holds where hold.scope.contains(track) {
                send(command(hold.scope, .resume))
            }
        }
        var dice = self.dice(of: track)
        switch state.phase {
        case .error(let fault): mend(track, state, fault, &dice)
        case .entering: return
        case .waiting, .finished: goOn(track, state, &dice)
        }
    }

    private func dice(of track: TrackID) -> Dice { world.dice("person \(track) \(now)") }

    private func mend(_ track: TrackID, _ state: TrackState, _ fault: Fault, _ dice: inout Dice) {
        let doubtful = fault.progress.intents.first { open in
            if case .inDoubt = open.status { true } else { false }
        }
        if let doubtful {
            // Whoever testifies has looked, after the quiet period.
            let policy = doubtful.intent.policy
            let quiet = policy.deadline.milliseconds + policy.settle.milliseconds
            guard let sent = sentAt[doubtful.intent.key], now - sent > quiet + 60_000 else {
                return
            }
            let isThere = world.count(of: doubtful.intent.key) > 0
            let request = Command.Request.resolve(key: doubtful.intent.key, done: isThere)
            return send(command(.track(track), request, basedOn: state.revision))
        }
        if dice.oneIn(6), now < Self.faultsEnd {
            send(command(.track(track), .abandon(.stay), basedOn: state.revision))
        } else {
            send(command(.track(track), .retry, basedOn: state.revision))
        }
    }

    private func goOn(_ track: TrackID, _ state: TrackState, _ dice: inout Dice) {
        let ways = referee.ways[state.stage ?? ""] ?? []
        if state.stage == "final_rc" {
            for team in ["playback", "search"] {
                let record = state.signoffs[team]
                let isCurrent =
                    record?.verdict == .optedOut
                    || (record?.verdict == .approved && record?.commit == state.candidate?.commit)
                guard !isCurrent else { continue }
                let verdict: Command.Signoff = dice.oneIn(5) ? .optedOut : .approved
                send(command(.track(track), .signoff(what: team, verdict: verdict)))
            }
        }
        if let asking = ways.first(where: { $0.approvals != nil }), !dice.oneIn(3) {
            let approvers = state.approvals.filter { $0.transition == asking.name }.map(\.actor)
            for actor in ["os:ada", "os:bob"] where !approvers.contains(actor) && !dice.oneIn(3) {
                let request = Command.Request.approve(transition: nil)
                send(command(.track(track), request, basedOn: state.revision, by: actor))
                // The other one looks at what this one has changed.
                return
            }
        }
        // Where a rule may resume, people leave it to the rule for a while.
        let isUrgent = ways.allSatisfy(\.manual) ? !dice.oneIn(4) : dice.oneIn(12)
        if state.stage == "rollout_paused", now > Self.faultsEnd || isUrgent {
            let rates = ["quality.crash_rate", "quality.anr_rate"].compactMap {
                world.value($0, of: track, at: now)
            }
            guard rates.allSatisfy({ (Double("\($0)") ?? 1) < 0.005 }) else { return }
            send(command(.track(track), .resume, basedOn: state.revision))
        }
        if let disarmed = state.disarmed.first, dice.oneIn(3) || now > Self.faultsEnd {
            let to = machine.transitions.first { $0.name == disarmed }?.to.description
            guard let to, to != "$previous" else { return }
            send(command(.track(track), .advance(to: to), basedOn: state.revision))
        }
    }

    /// Somebody presses what there is to press, twice, or on an old page.
    func meddle(with track: TrackID) {
        guard now < Self.faultsEnd - 2_400_000 else { return }
        var dice = world.dice("meddler \(track) \(now)")
        guard referee.tracks[track]?.isRetired != true else { return }
        agenda.plan(.meddle(track), at: now + Int64(2 + dice.below(40)) * 60_000)
        guard let (_, state) = look(track), !state.retired else { return }
        let later = now + Int64(1 + dice.below(40)) * 60_000
        let scope: Scope = dice.oneIn(3) ? .release(track.release) : .track(track)
        let old = dice.oneIn(3) ? max(0, state.revision - 1 - dice.below(3)) : state.revision
        if state.stage == "rollout_paused", dice.oneIn(2) {
            // They want it back, by a page that they opened long ago; or they want it to stay.
            let wish: Command.Request = dice.oneIn(2) ? .resume : .pause
            return send(command(.track(track), wish, basedOn: wish == .resume ? old : nil))
        }
        switch dice.below(14) {
        case 0, 1:
            send(command(scope, .hold))
            agenda.plan(.send(command(scope, .resume)), at: later)
        case 2:
            send(command(.installation, .stop))
            agenda.plan(.send(command(.installation, .liftStop)), at: later)
        case 3:
            stopFile.toggle()
        case 4, 5: send(command(.track(track), .pause))
        case 6, 7: send(command(.track(track), .advance(to: nil), basedOn: old))
        case 8: send(command(.track(track), .resume, basedOn: old))
        case 9:
            // Twice: the same click, and the same wish again.
            let click = command(.track(track), .advance(to: nil), basedOn: state.revision)
            send(click)
            send(click)
            send(command(.track(track), .advance(to: nil), basedOn: state.revision))
        case 10: send(command(.track(track), .retry, basedOn: old))
        case 11:
            send(command(.track(track), .abandon(dice.oneIn(4) ? .asDone : .stay), basedOn: old))
        case 12:
            let verdict = dice.pick(Command.Signoff.allCases)
            send(command(.track(track), .signoff(what: "playback", verdict: verdict)))
        default:
            if dice.oneIn(4) { send(command(.track(track), .cancel, basedOn: old)) }
        }
    }

    /// What every surface would show of a track; it must be able to say why it stands.
    private func explain(_ track: TrackID, _ snapshot: World) {
        guard let state = snapshot.states[track], let tick = snapshot.lastTick else { return }
        // What nothing has moved is looked at now and then, for time may have.
        if let last = explained[track], last.revision == state.revision,
            now - last.at < 1_800_000
        {
            return
        }
        guard let explanation = snapshot.explain(track, in: tick) else { return }
        explained[track] = (state.revision, now)
        for fault in referee.explained(explanation, state, now: now) {
            violate(fault.invariant, fault.what)
        }
        guard plan.seed % 3 == 0, granted.count < 24 else { return }
        for transition in explanation.transitions {
            let names = transition.smallest.joined(separator: ", ")
            guard granted.insert("\(transition.name): \(names)").inserted,
                let granting = Granting(
                    transition,
                    of: state,
                    snapshot.view(of: track, in: tick),
                    machine,
                    at: tick.at
                ), let fault = granting.fault()
            else { continue }
            violate(Invariant.explained.rawValue, "\(track) in \(state.stage ?? "?"): \(fault)")
        }
    }
}
