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
        /// Apps in shadow beside those that the deployment names: what the last run had.
        package var shadowedBefore: [String]
        /// Tracks whose stored state does not come out again from what was recorded, and why that is
        /// believed.
        package var distrusted: [TrackID: String]
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
            shadowedBefore: [String] = [],
            distrusted: [TrackID: String] = [:],
            stopFileExists: @escaping @Sendable () -> Bool
        ) {
            self.deployment = deployment
            self.machines = machines
            self.files = files
            self.process = process
            self.shadow = shadow
            self.shadowedBefore = shadowedBefore
            self.distrusted = distrusted
            self.stopFileExists = stopFileExists
        }
    }

    let settings: Settings
    let adapters: Adapters
    let clock: any ConductorClock
    let observe: @Sendable (RuntimeEvent) -> Void
    let journal: any JournalWriter
    var world: World
    var tickNumber: Int
    /// Adding this to the monotonic clock gives the journal's elapsed clock.
    var elapsedOffset: Int64 = 0
    /// Wall and monotonic clock when they were last compared.
    var lastClocks: (wall: Instant, monotonic: Int64)?
    /// Outstanding effects of each track, as its last turn returned them.
    var outstanding: [TrackID: [Effect]] = [:]
    /// Effects that are being carried out.
    var running: Set<World.AttemptID> = []
    /// Keys that an effect of theirs is being carried out for, by lane.
    var busyLanes: Set<String> = []
    /// Outcomes that the journal has refused so far.
    var unwritten: [(effect: Effect, entries: [Entry])] = []
    /// The newest answer of each poll that a full disk had no room for.
    var heldBack: [PollTarget: (entry: Entry, bodies: [String: JSON])] = [:]
    /// Polls that must look past caches, because a raise waits for its second look.
    package internal(set) var wanted: Set<PollTarget> = []
    /// When such a poll was last asked for, on the elapsed clock.
    var askedAt: [PollTarget: Int64] = [:]
    /// Why the last round could not be written, if it could not.
    var fault: String?
    /// Told after each round, where somebody shows what came of it.
    var roundWatcher: AsyncStream<Void>.Continuation?
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

    func startClocks() {
        let wall = clock.wall()
        let before = world.newest
        let gone = before.map { max(0, (wall - $0.wall).milliseconds) } ?? 0
        elapsedOffset = (before?.elapsed ?? 0) + gone - clock.monotonic()
        lastClocks = (wall, clock.monotonic())
    }

    /// How far the wall clock was set since the last look, if it was.
    func wallStep() -> Int64? {
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
    func write(_ entries: [Entry], bodies: [String: JSON] = [:]) throws {
        _ = try journal.append(entries, bodies: bodies)
        try Self.fold(entries, bodies, into: &world)
    }

    static func fold(
        _ entries: [Entry],
        _ bodies: [String: JSON],
        into world: inout World
    ) throws {
        for entry in entries {
            try world.apply(entry) { try body($0, in: bodies) }
        }
    }

    private static func body(_ digest: String, in bodies: [String: JSON]) throws -> JSON {
        guard let body = bodies[digest] else {
            throw WorldError(what: "body \(digest)", why: "it did not come with its poll")
        }
        return body
    }

    /// Appends what happened outside; a journal that cannot be written is told, and nothing is done.
    func tryWrite(_ entries: [Entry], bodies: [String: JSON] = [:]) -> Bool {
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
                    process: settings.process,
                    calendars: settings.deployment.calendars,
                    zones: world.zones(with: settings.deployment.zones)
                )
            )
        ]
        #if CONDUCTOR_PLANTED_BUGS
            if PlantedBug.secretInBoot.isPlanted {
                let settings = settings.deployment.actions.map { $0.settings.description }
                entries = [
                    .boot(
                        .init(
                            at: at,
                            engine: Conductor.engine,
                            files: ["settings": settings.joined()],
                            process: 1
                        )
                    )
                ]
            }
        #endif
        entries += try newMachines().map { .machine($0) }
        entries += distrust(at: at)
        let open = world.open.values.sorted { left, right in
            left.track != right.track
                ? left.track < right.track
                : (left.key, left.number) < (right.key, right.number)
        }
        for attempt in open {
            #if CONDUCTOR_PLANTED_BUGS
                if PlantedBug.openAttemptForgotten.isPlanted { continue }
                if PlantedBug.openAttemptTakenAsFailed.isPlanted, attempt.purpose == .perform {
                    entries.append(
                        .outcome(
                            .init(
                                at: at,
                                key: attempt.key,
                                track: attempt.track,
                                number: attempt.number,
                                answer: .performed(.retryable(reason: "cut short", after: nil))
                            )
                        )
                    )
                    continue
                }
            #endif
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

    /// Takes stock before the first poll of a run: credit of sustained conditions ends where the
    /// validity of what was known ended, however fresh the next answer is.
    func lookBeforeNews() throws {
        let hasCredit = world.live.contains { world.states[$0]?.credits.isEmpty == false }
        if hasCredit { try round() }
    }

    // MARK: Deciding

    /// One round: decides what is due, writes it, and notes what is to be done.
    ///
    /// - Throws: when the journal cannot be written; then nothing was decided.
    package func round() throws {
        try writeLateOutcomes()
        try noteRoom()
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
        var before: (entries: [Entry], bodies: [String: JSON]) = ([], [:])
        var seen = world
        if world.low {
            before = heldBackEntries()
            try Self.fold(before.entries, before.bodies, into: &seen)
        }
        tick.successors = seen.successors
        let (denied, turns) = seen.decideAll(
            in: tick,
            limits: settings.deployment.claims,
            priorities: Dictionary(
                settings.deployment.apps.map { ($0.name, $0.priority) },
                uniquingKeysWith: { first, _ in first }
            )
        )
        tick.denied = denied
        if world.low, !mustBeWritten(turns) {
            tickNumber -= 1
            return
        }
        #if CONDUCTOR_PLANTED_BUGS
            if PlantedBug.unrecordedInfluence.isPlanted { tick.at.elapsed += 1 }
        #endif
        do {
            let entries = before.entries + (try seen.entries(for: tick, turns))
            _ = try journal.append(entries, bodies: before.bodies)
            try world.apply(entries, deciding: turns) { try Self.body($0, in: before.bodies) }
            heldBack = [:]
        } catch {
            tickNumber -= 1
            throw error
        }
        world.decided(turns)
        for (track, turn) in turns {
            outstanding[track] = turn.effects.isEmpty ? nil : turn.effects
            for source in turn.refetch {
                if let target = target(of: source, around: track) { want(target) }
            }
            report(track, turn)
        }
    }

    /// Asks for a poll past all caches; not again at once where the last one brought nothing.
    func want(_ target: PollTarget) {
        let reading = world.readings[target.source]?[target.scope]
        let distance = reading?.failed == nil ? Span.zero : .seconds(5)
        let now = now().elapsed
        if let asked = askedAt[target], now - asked < distance.milliseconds { return }
        askedAt[target] = now
        wanted.insert(target)
    }

    var shadowedApps: [String] {
        var apps = Set(settings.deployment.apps.filter(\.shadow).map(\.name))
        apps.formUnion(settings.shadowedBefore)
        if settings.shadow {
            apps.formUnion(settings.deployment.apps.map(\.name))
            apps.formUnion(world.live.map(\.app))
        }
        return apps.sorted { $0.precedes($1) }
    }

    func report(_ track: TrackID, _ turn: Turn) {
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

    /// What every surface shows.
    package func snapshot() -> World { world }
}
