package import ConductorCore
package import ConductorPorts

/// The runtime's state and its one place of change: what is written and what is believed move
/// together, because every append and its fold are one synchronous step of this actor.
///
/// The engine has no opinions. It folds entries into the core's `World`, asks the core to decide,
/// writes what the core returned, and hands effects to adapters.
package actor Engine {
    /// What stays the same while the engine runs.
    package struct Settings: Sendable {
        package var deployment: Deployment
        /// Machines of the deployment with their digests, by `app/platform`.
        package var machines: [String: Entry.MachineRecord]
        /// Digests of the configuration files, for the boot row.
        package var files: [String: String]
        package var process: Int
        /// Every app in shadow, whatever the deployment says.
        package var shadow: Bool
        /// Whether the STOP file is there.
        ///
        /// Looked at right before every perform.
        package var stopFileExists: @Sendable () -> Bool

        package init(
            deployment: Deployment,
            machines: [String: Entry.MachineRecord],
            files: [String: String],
            process: Int,
            shadow: Bool,
            stopFileExists: @escaping @Sendable () -> Bool
        ) {
            self.deployment = deployment
            self.machines = machines
            self.files = files
            self.process = process
            self.shadow = shadow
            self.stopFileExists = stopFileExists
        }
    }

    let settings: Settings
    let adapters: Adapters
    let clock: any ConductorClock
    let observe: @Sendable (RuntimeEvent) -> Void
    private let journal: any JournalWriter
    private var world: World
    private var tickNumber: Int
    /// Adding this to the monotonic clock gives the journal's elapsed clock.
    private var elapsedOffset: Int64 = 0
    /// Wall and monotonic clock when they were last compared.
    private var lastClocks: (wall: Instant, monotonic: Int64)?
    /// Outstanding effects of each track, as its last turn returned them.
    private var outstanding: [TrackID: [Effect]] = [:]
    /// Effects that are being carried out.
    private var running: Set<World.AttemptID> = []
    /// Keys that an effect of theirs is being carried out for, by lane.
    private var busyLanes: Set<String> = []
    /// Outcomes that the journal has refused so far.
    private var unwritten: [(effect: Effect, entries: [Entry])] = []
    /// Polls that must look past caches, because a raise waits for its second look.
    package private(set) var wanted: Set<PollTarget> = []
    let news = Signal()
    let actions = Signal()
    let collections = Signal()

    /// `world`: the fold of the journal so far.
    package init(
        settings: Settings,
        adapters: Adapters,
        journal: sending any JournalWriter,
        world: World,
        clock: any ConductorClock,
        observe: @escaping @Sendable (RuntimeEvent) -> Void
    ) {
        self.settings = settings
        self.adapters = adapters
        self.journal = journal
        self.world = world
        self.clock = clock
        self.observe = observe
        tickNumber = world.lastTick?.number ?? 0
    }

    // MARK: Time

    /// Both clocks now.
    ///
    /// Elapsed time goes on over restarts and never runs backwards.
    package func now() -> Stamp {
        Stamp(wall: clock.wall(), elapsed: clock.monotonic() + elapsedOffset)
    }

    private func startClocks() {
        let wall = clock.wall()
        let before = world.newest
        let gone = before.map { max(0, (wall - $0.wall).milliseconds) } ?? 0
        elapsedOffset = (before?.elapsed ?? 0) + gone - clock.monotonic()
        lastClocks = (wall, clock.monotonic())
    }

    /// How far the wall clock was set since the last look, if it was.
    private func wallStep() -> Int64? {
        let current = (wall: clock.wall(), monotonic: clock.monotonic())
        defer { lastClocks = current }
        guard let last = lastClocks else { return nil }
        let step = (current.wall - last.wall).milliseconds - (current.monotonic - last.monotonic)
        return abs(step) >= Self.wallStepTolerance ? step : nil
    }

    /// Drift below this, in milliseconds, is not a clock that was set.
    private static let wallStepTolerance: Int64 = 10_000

    // MARK: Writing

    /// Appends entries and folds them in, in one step.
    private func write(_ entries: [Entry], bodies: [String: JSON] = [:]) throws {
        _ = try journal.append(entries, bodies: bodies)
        for entry in entries {
            try world.apply(entry) { digest in
                guard let body = bodies[digest] else {
                    throw WorldError(what: "body \(digest)", why: "it did not come with its poll")
                }
                return body
            }
        }
    }

    /// Appends what happened outside; a journal that cannot be written is told, and nothing is done.
    private func tryWrite(_ entries: [Entry], bodies: [String: JSON] = [:]) -> Bool {
        do {
            try write(entries, bodies: bodies)
            return true
        } catch {
            observe(.journalFailed("\(error)"))
            return false
        }
    }

    // MARK: Boot

    /// Writes the boot row, the machines that are new, and an `unknown` for every attempt that was
    /// open when the last run ended.
    package func boot() throws {
        startClocks()
        let at = now()
        var entries: [Entry] = [
            .boot(
                .init(
                    at: at,
                    engine: Conductor.engine,
                    files: settings.files,
                    process: settings.process
                )
            )
        ]
        let known = Set(world.machines.keys)
        var seen: Set<String> = known
        for record in settings.machines.sorted(by: { $0.key.precedes($1.key) }).map(\.value)
        where seen.insert(record.digest).inserted {
            entries.append(.machine(record))
        }
        let open = world.open.values.sorted { left, right in
            left.track != right.track
                ? left.track < right.track
                : (left.key, left.number) < (right.key, right.number)
        }
        for attempt in open {
            let answer: Entry.OutcomeRecord.Answer =
                switch attempt.purpose {
                case .perform:
                    .performed(.unknown(reason: "the conductor stopped before the answer came"))
                case .probe:
                    .probed(.unavailable(reason: "the conductor stopped before the answer came"))
                }
            entries.append(
                .outcome(
                    .init(
                        at: at,
                        key: attempt.key,
                        track: attempt.track,
                        number: attempt.number,
                        answer: answer
                    )
                )
            )
        }
        try write(entries)
        observe(.booted(tracks: world.live.count, openAttempts: open.count))
    }

    // MARK: Deciding

    /// One round: decides what is due, writes it, and notes what is to be done.
    ///
    /// - Throws: when the journal cannot be written; then nothing was decided.
    package func round() throws {
        try writeLateOutcomes()
        let step = wallStep()
        if let step { observe(.wallStep(milliseconds: step)) }
        tickNumber += 1
        var tick = Entry.Tick(
            number: tickNumber,
            at: now(),
            wallStep: step,
            stopFile: settings.stopFileExists(),
            shadow: shadowedApps
        )
        tick.denied = world.denials(in: tick, limits: settings.deployment.claims)
        let turns = world.decideAll(in: tick)
        do {
            try write(try world.entries(for: tick, turns))
        } catch {
            tickNumber -= 1
            throw error
        }
        world.decided(turns)
        for (track, turn) in turns {
            outstanding[track] = turn.effects.isEmpty ? nil : turn.effects
            for source in turn.refetch {
                if let target = target(of: source, around: track) { wanted.insert(target) }
            }
            report(track, turn)
        }
    }

    private var shadowedApps: [String] {
        settings.deployment.apps.filter { settings.shadow || $0.shadow }.map(\.name)
            .sorted { $0.precedes($1) }
    }

    private func report(_ track: TrackID, _ turn: Turn) {
        if let fired = turn.decision.fired { observe(.fired(track, fired)) }
        if let stage = turn.decision.entered {
            observe(.entered(track, stage: stage, light: turn.decision.light))
        }
        if !turn.decision.withheld.isEmpty { observe(.withheld(track, turn.decision.withheld)) }
        for alert in turn.decision.alerts { observe(.alert(track, alert)) }
    }

    /// How long until something is due by itself; nil when only news can wake.
    package func untilDue() -> Span? {
        guard let wake = world.nextWake else { return nil }
        return Span(milliseconds: max(0, wake - now().elapsed))
    }

    // MARK: Collecting

    /// One source at one scope.
    package struct PollTarget: Sendable, Hashable {
        package var source: String
        package var scope: Scope

        package init(source: String, scope: Scope) {
            self.source = source
            self.scope = scope
        }
    }

    private func target(of source: String, around track: TrackID) -> PollTarget? {
        guard let definition = settings.deployment.source(source), definition.people == nil else {
            return nil
        }
        return PollTarget(source: source, scope: Scope(definition.scope, around: track))
    }

    /// Every poll that live tracks need.
    package func targets() -> Set<PollTarget> {
        var targets: Set<PollTarget> = []
        for track in world.live {
            guard let state = world.states[track], let machine = world.machines[state.machine]
            else { continue }
            for source in machine.sources {
                if let target = target(of: source, around: track) { targets.insert(target) }
            }
        }
        return targets
    }

    package func takeWanted(_ target: PollTarget) -> Bool { wanted.remove(target) != nil }

    /// Polls one target, records what came, and wakes the decider.
    package func poll(_ target: PollTarget, bypassesCaches: Bool) async {
        guard let definition = settings.deployment.source(target.source),
            let source = adapters.sources[target.source]
        else { return }
        let begun = now()
        let request = ObservationRequest(
            scope: target.scope,
            variables: target.scope.variables,
            bypassesCaches: bypassesCaches
        )
        let late = PollAnswer.failed(.timedOut, message: "no answer within \(definition.timeout)")
        let answer = await within(definition.timeout, on: clock, otherwise: late) {
            await source.observe(request)
        }
        if Task.isCancelled { return }
        // Credit counts what validity intervals cover: what ran out before this answer came is
        // looked at first.
        if let wake = world.nextWake, wake < begun.elapsed {
            do { try round() } catch { return observe(.journalFailed("\(error)")) }
        }
        record(answer, of: target, begun: begun)
        await news.raise()
    }

    private func record(_ answer: PollAnswer, of target: PollTarget, begun: Stamp) {
        switch answer {
        case .observed(let observation):
            let body = observation.body
            let bytes = body.canonicalBytes
            guard bytes.count <= Limits.observationBytes,
                observation.facts.count <= Limits.factsPerObservation
            else {
                record(
                    .failed(.tooLarge, message: "\(bytes.count) bytes"),
                    of: target,
                    begun: begun
                )
                return
            }
            let digest = journal.digest(of: bytes)
            let poll = Entry.Poll(
                source: target.source,
                scope: target.scope,
                at: begun,
                result: .ok(body: digest, observedAt: observation.observedAt)
            )
            if tryWrite([.poll(poll)], bodies: [digest: body]) {
                observe(
                    .polled(
                        source: target.source,
                        scope: target.scope,
                        failure: nil,
                        message: nil
                    )
                )
            }
        case .failed(let failure, let message):
            let poll = Entry.Poll(
                source: target.source,
                scope: target.scope,
                at: begun,
                result: .failed(failure, message: message)
            )
            if tryWrite([.poll(poll)]) {
                observe(
                    .polled(
                        source: target.source,
                        scope: target.scope,
                        failure: failure,
                        message: message
                    )
                )
            }
        }
    }

    // MARK: Acting

    /// Effects that can start now: not under way, and alone in their lane.
    ///
    /// Brakes come first.
    package func takeStartable() -> [Effect] {
        let all = outstanding.values.flatMap { $0 }.sorted { left, right in
            let leftBrakes = left.intent.direction == .brakes
            let rightBrakes = right.intent.direction == .brakes
            if leftBrakes != rightBrakes { return leftBrakes }
            return left.intent.key.precedes(right.intent.key)
        }
        var started: [Effect] = []
        for effect in all {
            let id = effect.id
            guard !running.contains(id), !busyLanes.contains(effect.intent.lane),
                !isStopped(effect)
            else { continue }
            running.insert(id)
            busyLanes.insert(effect.intent.lane)
            started.append(effect)
        }
        return started
    }

    var isActing: Bool { !running.isEmpty }

    /// Carries out one effect: the attempt is written before anything is sent, the outcome after.
    ///
    /// Returns whether there is an outcome.
    package func carryOut(_ effect: Effect) async -> Bool {
        let id = effect.id
        // An effect whose outcome could not be written stays under way: it is never begun again.
        defer {
            if !unwritten.contains(where: { $0.effect.id == id }) { release(effect) }
        }
        guard isStillWanted(effect), !isStopped(effect) else { return false }
        let intent = effect.intent
        let attempt = Entry.AttemptRecord(
            at: now(),
            key: intent.key,
            track: intent.track,
            purpose: id.purpose,
            number: id.number
        )
        let isRecorded: Bool
        if let evidence = world.sharedEffects[intent.key] {
            isRecorded = finish(effect, attempt, .shared(evidence))
        } else if let adapter = adapters.action(for: intent) {
            guard tryWrite([.attempt(attempt)]) else { return false }
            isRecorded = finish(effect, nil, await ask(adapter, effect))
        } else {
            isRecorded = finish(effect, attempt, .missingAdapter(intent))
        }
        await news.raise()
        return isRecorded
    }

    private func release(_ effect: Effect) {
        running.remove(effect.id)
        busyLanes.remove(effect.intent.lane)
    }

    /// Writes the outcomes that a failing journal has refused so far.
    private func writeLateOutcomes() throws {
        while let late = unwritten.first {
            try write(late.entries)
            unwritten.removeFirst()
            outstanding[late.effect.intent.track]?.removeAll { $0.id == late.effect.id }
            release(late.effect)
        }
    }

    private func ask(_ adapter: any ActionAdapter, _ effect: Effect) async -> Answer {
        let deadline = effect.intent.policy.deadline
        switch effect {
        case .perform(let intent, let attempt):
            observe(.performing(intent, attempt: attempt))
            let late = ActionOutcome.unknown(reason: "no answer within \(deadline)")
            let outcome = await within(deadline, on: clock, otherwise: late) {
                await adapter.perform(intent, attempt: attempt)
            }
            return .performed(outcome)
        case .probe(let intent, _):
            let late = ProbeAnswer.unavailable(reason: "no answer within \(deadline)")
            let answer = await within(deadline, on: clock, otherwise: late) {
                await adapter.probe(intent)
            }
            return .probed(answer)
        }
    }

    /// How an effect ended.
    private enum Answer {
        case performed(ActionOutcome)
        case probed(ProbeAnswer)
        /// Another track of the same scope has had it done.
        case shared(String)
        case missingAdapter(Intent)
    }

    private func finish(
        _ effect: Effect,
        _ attempt: Entry.AttemptRecord?,
        _ answer: Answer
    ) -> Bool {
        let id = effect.id
        let recorded: Entry.OutcomeRecord.Answer
        switch (answer, effect) {
        case (.performed(let outcome), _):
            recorded = .performed(outcome)
        case (.probed(let found), _):
            recorded = .probed(found)
        case (.shared(let evidence), .perform):
            recorded = .performed(.alreadyDone(evidence: evidence))
        case (.shared(let evidence), .probe):
            recorded = .probed(.present(evidence: evidence))
        case (.missingAdapter(let intent), .perform):
            recorded = .performed(
                .rejected(
                    reason: "conductor.yaml has no action '\(intent.action)' any more",
                    remedy: "declare it again, then retry"
                )
            )
        case (.missingAdapter(let intent), .probe):
            recorded = .probed(
                .unavailable(reason: "conductor.yaml has no action '\(intent.action)' any more")
            )
        }
        let outcome = Entry.OutcomeRecord(
            at: now(),
            key: id.key,
            track: id.track,
            number: id.number,
            answer: recorded
        )
        // The outcome must not be lost: while the journal cannot be written it is kept here, and
        // should the process end before, a restart treats the attempt as unknown.
        let entries: [Entry] = (attempt.map { [.attempt($0)] } ?? []) + [.outcome(outcome)]
        guard tryWrite(entries) else {
            unwritten.append((effect, entries))
            return false
        }
        outstanding[id.track]?.removeAll { $0.id == id }
        switch recorded {
        case .performed(let outcome):
            observe(.performed(effect.intent, attempt: id.number, outcome))
        case .probed(let found): observe(.probed(effect.intent, found))
        }
        return true
    }

    private func isStillWanted(_ effect: Effect) -> Bool {
        outstanding[effect.intent.track]?.contains { $0.id == effect.id } ?? false
    }

    /// STOP works when the daemon answers nobody: the file is looked at before every perform.
    private func isStopped(_ effect: Effect) -> Bool {
        guard case .perform(let intent, _) = effect, intent.blocking || intent.direction != .neutral
        else { return false }
        return world.fleet.stop != nil || settings.stopFileExists()
    }

    // MARK: People

    /// Takes a command in: writes it, decides at once, and returns the answer.
    ///
    /// - Throws: when the journal cannot be written.
    package func submit(_ command: Command) async throws -> CommandReply {
        if let known = world.commands[command.id] {
            return known
                ?? CommandReply(id: command.id, accepted: true, message: "taken in already")
        }
        if let refusal = refusal(of: command) {
            return CommandReply(id: command.id, accepted: false, message: refusal)
        }
        let at = now()
        var entries: [Entry] = []
        if case .add(let stage, let since) = command.request,
            case .track(let track) = command.scope,
            let machine = settings.machines["\(track.app)/\(track.platform)"]
        {
            entries.append(
                .discovery(
                    .init(
                        at: at,
                        track: track,
                        machine: machine.digest,
                        by: command.actor,
                        stage: stage ?? firstStage(of: track),
                        since: since
                    )
                )
            )
        }
        entries.append(.command(.init(at: at, command: command)))
        try write(entries)
        try round()
        await news.raise()
        let reply =
            (world.commands[command.id] ?? nil)
            ?? CommandReply(id: command.id, accepted: true, message: "taken in")
        observe(.command(command, reply))
        return reply
    }

    private func firstStage(of track: TrackID) -> String? {
        settings.deployment.app(track.app)?.machines[track.platform]?.stages.first?.name
    }

    /// Why a command cannot even be taken in.
    private func refusal(of command: Command) -> String? {
        switch (command.request, command.scope) {
        case (.add(let stage, _), .track(let track)):
            if world.states[track] != nil { return "\(track) is registered already" }
            guard let app = settings.deployment.app(track.app) else {
                let apps = settings.deployment.apps.map(\.name).joined(separator: ", ")
                return "conductor.yaml has no app '\(track.app)'; it has \(apps)"
            }
            guard let machine = app.machines[track.platform] else {
                return
                    "\(track.app) has no platform '\(track.platform)'; it has \(app.platforms.joined(separator: ", "))"
            }
            if let stage, machine.stage(stage) == nil {
                return
                    "there is no stage '\(stage)'; there is \(machine.stages.map(\.name).joined(separator: ", "))"
            }
            return nil
        case (.add, _):
            return "a track is named app/platform/version"
        case (.hold, _), (.resume, _), (.stop, _), (.liftStop, _):
            if case .track(let track) = command.scope, world.states[track] == nil {
                return "there is no track \(track)"
            }
            return nil
        case (.advance, let scope), (.pause, let scope), (.cancel, let scope),
            (.retry, let scope), (.abandon, let scope), (.signoff, let scope),
            (.resolve, let scope):
            return world.live.contains(where: scope.contains)
                ? nil : "there is no live track at \(scope)"
        }
    }

    /// What every surface shows.
    package func snapshot() -> World { world }
}

extension Effect {
    /// The intent that it serves.
    package var intent: Intent {
        switch self {
        case .perform(let intent, _), .probe(let intent, _): intent
        }
    }

    var id: World.AttemptID {
        switch self {
        case .perform(let intent, let attempt):
            World.AttemptID(
                track: intent.track,
                key: intent.key,
                purpose: .perform,
                number: attempt
            )
        case .probe(let intent, let number):
            World.AttemptID(track: intent.track, key: intent.key, purpose: .probe, number: number)
        }
    }
}

extension Scope {
    /// Values for `${...}` in the settings of sources.
    var variables: [String: String] {
        switch self {
        case .installation: [:]
        case .app(let app): ["app": app]
        case .release(let release):
            ["app": release.app, "version": release.version, "release": release.description]
        case .track(let track):
            [
                "app": track.app, "platform": track.platform, "version": track.version,
                "release": track.release.description, "track": track.description,
            ]
        }
    }
}
