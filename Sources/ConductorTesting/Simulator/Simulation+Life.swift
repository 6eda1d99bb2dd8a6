import ConductorCore
import ConductorJournal
import ConductorPorts
import ConductorRuntime

// Starting a process, and ending it when nobody expects it.

extension Simulation {
    /// Plans the world and the people, before the first start.
    func prepare() {
        var dice = world.dice("plan")
        for (place, track) in plan.tracks.enumerated() {
            let start = Int64(place * 7 + 1) * 60_000
            world.plan(track, from: 0)
            agenda.plan(.add(track), at: start)
            agenda.plan(.personLooks(track), at: start + 60_000)
            if plan.hasMeddlers { agenda.plan(.meddle(track), at: start + 120_000) }
            guard plan.hasFaults || plan.deadApps.contains(track.app) else { continue }
            for (source, level) in PublishedMachine.scopes.sorted(by: { $0.key < $1.key }) {
                let key = "\(source) \(Scope(level, around: track))"
                var dice = world.dice("faults \(key)")
                world.faults[key] =
                    plan.deadApps.contains(track.app)
                    ? [SourceFault(kind: .fails, from: 0, until: .max)]
                    : SourceFault.some(&dice, until: Self.faultsEnd)
            }
        }
        for _ in 0..<plan.crashes {
            let losses = SimulatedDisk.Loss.allCases
            agenda.plan(
                .loss(dice.pick(losses)),
                at: Int64(dice.below(Int(Self.faultsEnd)))
            )
        }
        if plan.hasFaults, dice.oneIn(4) {
            let step = Int64(dice.below(7200) - 3600) * 1000
            agenda.plan(.setWall(step), at: Int64(dice.below(Int(Self.faultsEnd))))
        }
        for point in plan.crashPoints where point.kind == .disk {
            disk.fail(at: Int64(point.number))
        }
        agenda.plan(.start, at: 0)
    }

    /// The process begins: it opens the journal, folds what is there, and runs its loops.
    func start() {
        guard life == nil, !disk.isDown else { return }
        do {
            let journal = try Journal(
                path: Self.path,
                holder: "simulation",
                create: true,
                vfs: disk.vfs
            )
            let world = try recovered()
            lives += 1
            let clock = ManualClock(wall: wall)
            let engine = Engine(
                settings: settings,
                adapters: adapters,
                journal: SimulatedJournal(journal, for: self),
                world: world,
                clock: clock,
                observe: { [self] event in hear(event) }
            )
            let life = Life(clock: clock, engine: engine)
            self.life = life
            note("start \(lives)")
            referee.started()
            life.task = Task {
                do { try await engine.run() } catch { self.failed(error) }
            }
        } catch {
            guard disk.isDown else { return violate(9, "the journal cannot be opened: \(error)") }
            // The power went while it started.
            revive()
        }
    }

    private func failed(_ error: any Error) {
        if life?.isOver == false, !disk.isDown { violate(9, "the process cannot start: \(error)") }
    }

    /// What a new process knows: the fold of the journal, which holds all that was told.
    private func recovered() throws -> World {
        let reader = try ReadOnlyJournal(path: Self.path, vfs: disk.vfs)
        var world = World()
        var rows: [Entry] = []
        try reader.rows(after: 0) { row in
            try world.apply(row.entry) { try reader.body($0) }
            rows.append(row.entry)
            return true
        }
        if let fault = referee.recovered(rows, body: { try reader.body($0) }) {
            violate(1, fault)
        }
        return world
    }

    private var settings: Engine.Settings {
        var machines: [String: Entry.MachineRecord] = [:]
        for track in plan.tracks { machines["\(track.app)/\(track.platform)"] = record }
        return Engine.Settings(
            deployment: SimulatedMachine.deployment(
                machine,
                tracks: plan.tracks,
                canary: Self.canary
            ),
            machines: machines,
            files: [:],
            process: lives,
            shadow: false,
            stopFileExists: { [self] in stopFile }
        )
    }

    private var adapters: Adapters {
        var sources: [String: any Source] = [:]
        for name in PublishedMachine.scopes.keys {
            sources[name] = SimulatedSource(name: name, simulation: self)
        }
        var actions: [String: any ActionAdapter] = [:]
        for action in machine.actions {
            actions[action.name] = SimulatedBackend(simulation: self, life: lives)
        }
        return Adapters(sources: sources, actions: actions)
    }

    // MARK: The end of a process

    /// The process ends now; `bury` clears up once its last step has returned.
    func die(_ life: Life, _ loss: SimulatedDisk.Loss) {
        guard !life.isOver else { return }
        life.isOver = true
        lossNext = loss
        disk.goDown()
        note("the process ends, \(loss) of what was not synced is lost")
    }

    /// Clears up after a process that has ended, and plans the next one.
    func bury(_ life: Life) {
        end(life)
        revive()
    }

    private func revive() {
        life = nil
        _ = SimulatedThread.settle()
        disk.comeUp(lossNext)
        var dice = world.dice("downtime \(lives) \(now)")
        let downtime = dice.oneIn(3) ? 0 : Int64(dice.below(dice.oneIn(3) ? 7200 : 240)) * 1000
        agenda.plan(.start, at: now + (plan.crashes > 0 || plan.hasFaults ? downtime : 5_000))
    }

    func end(_ life: Life) {
        life.isOver = true
        life.task?.cancel()
        life.clock.wakeAll()
        _ = SimulatedThread.settle()
        life.clock.wakeAll()
        _ = SimulatedThread.settle()
    }

    /// Whether a crash point of this kind and number was planned.
    func isPlanned(_ kind: CrashPoint.Kind, _ number: Int) -> Bool {
        plan.crashPoints.contains(CrashPoint(kind, number))
    }

    private func hear(_ event: RuntimeEvent) {
        // To print every event is dear, and most polls say nothing.
        switch event {
        case .polled(_, _, _, nil): break
        default: referee.heard("\(event)")
        }
        if case .journalFailed(let why) = event, let life, !life.isOver {
            if disk.isDown {
                die(life, .any)
            } else {
                violate(9, "the journal failed: \(why)")
            }
        }
    }
}

/// The journal as the engine has it: the real one, with the moments at which a process can end.
final class SimulatedJournal: JournalWriter {
    struct PowerWent: Error {}

    private let journal: Journal
    private let simulation: Simulation

    init(_ journal: Journal, for simulation: Simulation) {
        self.journal = journal
        self.simulation = simulation
    }

    func append(_ entries: [Entry], bodies: [String: JSON]) throws -> [Int64] {
        let simulation = simulation
        guard let life = simulation.life, !life.isOver else { throw PowerWent() }
        simulation.commits += 1
        let number = simulation.commits
        if simulation.isPlanned(.beforeCommit, number) {
            simulation.die(life, .everything)
            throw PowerWent()
        }
        let places: [Int64]
        do {
            places = try journal.append(entries, bodies: bodies)
        } catch {
            if simulation.disk.isDown { simulation.die(life, .any) }
            throw error
        }
        simulation.head = journal.head.hash
        for fault in simulation.referee.took(entries, bodies: bodies, now: simulation.now) {
            simulation.violate(fault.invariant, fault.what)
        }
        for entry in entries { simulation.note(Referee.words(entry)) }
        simulation.provoke(entries)
        var isCutShort = simulation.isPlanned(.afterCommit, number)
        if case .command(let record)? = entries.last {
            simulation.commandsWritten += 1
            isCutShort =
                isCutShort || simulation.isPlanned(.afterCommand, simulation.commandsWritten)
                || simulation.diesBeforeDeciding(record.command)
        }
        if isCutShort {
            simulation.die(life, .everything)
            throw PowerWent()
        }
        return places
    }

    func digest(of bytes: [UInt8]) -> String { journal.digest(of: bytes) }
}
