package import ConductorCore
import ConductorJournal
import ConductorPorts
import ConductorRuntime

/// One simulated installation: the real core, runtime and journal in a world of scripted backends,
/// people, faults and losses of power.
///
/// The same plan gives the same bytes. All of it runs on one thread and by one scripted clock.
package final class Simulation: @unchecked Sendable {
    // Unchecked: every task of a simulation runs on the thread that runs it (SimulatedThread).

    package let plan: SimulationPlan
    let machine: Machine
    let record: Entry.MachineRecord
    let disk: SimulatedDisk
    var world: SimulatedWorld
    var referee: Referee
    var agenda = Agenda<Happening>()
    /// Milliseconds since the simulation began.
    var now: Int64 = 0
    /// How far the conductor's wall clock is off.
    var wallOffset: Int64 = 0
    var life: Life?
    var lives = 0
    var commands = 0
    var steps = 0
    var calls = 0
    var commits = 0
    /// Transactions that wrote a person's command.
    var commandsWritten = 0
    /// The revision at which each track was explained last, and when.
    var explained: [TrackID: (revision: Int, at: Int64)] = [:]
    /// The sets of missing leaves that were granted.
    var granted: Set<String> = []
    /// The decisive moment of everything: a violation, once there is one.
    var violation: Violation?
    var stopFile = false
    let traces: Bool
    /// The last happenings, for the trace of a failure.
    var trace: [String] = []
    /// What the next loss of power takes.
    var lossNext = SimulatedDisk.Loss.any
    var unfinished: [String] = []
    /// When each key was sent last.
    var sentAt: [String: Int64] = [:]
    /// The journal's head after the last commit.
    var head = ""

    /// When chance stops to make trouble, and when everything is at its end at the latest.
    static let faultsEnd: Int64 = 4 * 3_600_000
    static let end: Int64 = 30 * 3_600_000
    /// For how long people do nothing after that, where the plan says that they rest.
    static let rest: Int64 = 5 * 3_600_000
    static let path = "/journal.sqlite"
    /// A secret that backends are called with, and that must show nowhere.
    static let canary = "cAn4ry+/=\"'\\\u{e9}"
    static let epoch = Instant(milliseconds: 1_772_442_000_000)

    /// Something that happens to the conductor.
    enum Happening {
        case start
        case loss(SimulatedDisk.Loss)
        case add(TrackID)
        case personLooks(TrackID)
        case meddle(TrackID)
        case send(Command)
        case setWall(Int64)
        case turn(TrackID, path: String, to: JSON)
        case liftStopFile
    }

    /// One run of the process, from its start to its end.
    final class Life {
        let clock: ManualClock
        let engine: Engine
        var task: Task<Void, Never>?
        var isOver = false

        init(clock: ManualClock, engine: Engine) {
            self.clock = clock
            self.engine = engine
        }
    }

    /// `traces`: keep what happened, to be read; the same plan happens the same way with it.
    package init(_ plan: SimulationPlan, traces: Bool = false) throws {
        self.plan = plan
        self.traces = traces
        guard let machine = SimulatedMachine.named(plan.machine) else {
            throw Violation(invariant: 0, what: "there is no machine '\(plan.machine)'")
        }
        self.machine = machine
        let canonical = try JSON(encoding: machine.canonical).description
        record = Entry.MachineRecord(
            digest: Digest.text(of: Array(canonical.utf8)),
            canonical: canonical,
            source: try JSON(encoding: machine).description
        )
        disk = SimulatedDisk(seed: plan.seed)
        world = SimulatedWorld(seed: plan.seed, isPlain: plan.isPlain)
        referee = Referee(machine: machine, limit: SimulatedMachine.limit)
        prepare()
    }

    /// What became of a simulation.
    package struct Report: Sendable {
        package var plan: SimulationPlan
        package var violation: Violation?
        package var trace: [String]
        /// Rounds of events; calls of backends; transactions; operations of the disk.
        package var steps: Int
        package var calls: Int
        package var commits: Int
        package var commands: Int
        package var operations: Int
        package var lives: Int
        package var rows: Int
        package var head: String
        /// What is left of it all: effects without their times, and the stage of each track.
        package var outcome: [String]
        /// What did not come to its end, and what it waits for.
        package var unfinished: [String]
        /// What each track did when, for the comparison of two simulations.
        package var roads: [TrackID: [String]]
    }

    /// Runs to the end, or to the first violation.
    package func run() -> Report {
        SimulatedThread.hold {
            loop()
            finish()
            let report = report()
            if let life { end(life) }
            life = nil
            _ = SimulatedThread.settle()
            return report
        }
    }

    // MARK: The loop

    private func loop() {
        while violation == nil {
            guard SimulatedThread.settle() else { return violate(14, "it never settles") }
            if let life, life.isOver { bury(life) }
            if violation != nil || isAtEnd { return }
            guard let next = nextMoment else { return violate(14, "nothing will ever happen") }
            guard next <= Self.end else { return }
            steps += 1
            guard steps < 9_000 else { return violate(14, "it goes on and on") }
            // Also where it is due at once: who sleeps for no time at all is woken by this alone.
            life?.clock.advance(by: Span(milliseconds: next - now))
            now = next
            while let change = world.agenda.take(dueBy: now) { apply(change) }
            while let happening = agenda.take(dueBy: now) { apply(happening) }
        }
    }

    private var nextMoment: Int64? {
        var moment = [agenda.nextTime, world.agenda.nextTime].compactMap(\.self).min()
        if let life, let sleeper = life.clock.nextWake {
            let wake = now + max(0, sleeper - life.clock.monotonic())
            moment = min(moment ?? wake, wake)
        }
        return moment.map { max($0, now) }
    }

    var isAtEnd: Bool {
        guard now > Self.faultsEnd, life != nil else { return false }
        return referee.tracks.count == plan.tracks.count
            && referee.tracks.values.allSatisfy(\.isRetired)
    }

    private func apply(_ change: SimulatedWorld.Change) {
        switch change {
        case .set(let track, let path, let value):
            world.set(path, value, of: track, at: now)
            guard plan.hasWebhooks else { return }
            wakePoll(path, of: track)
        case .land(let intent): land(intent)
        case .pauseOutside(let track):
            guard world.value("store.rollout", of: track, at: now) == "running" else { return }
            world.set("store.rollout", "paused", of: track, at: now)
            note("somebody pauses \(track) in the store")
        }
    }

    /// A webhook: it carries nothing, it wakes.
    func wakePoll(_ path: String, of track: TrackID) {
        let source = String(path.prefix { $0 != "." })
        guard let life, let level = PublishedMachine.scopes[source],
            referee.tracks[track]?.isRetired == false
        else { return }
        let target = Engine.PollTarget(source: source, scope: Scope(level, around: track))
        let engine = life.engine
        Task { await engine.poll(target, bypassesCaches: false) }
    }

    func land(_ intent: Intent) {
        world.land(intent, at: now)
        note("effect \(intent.key)")
        if let fault = referee.applied(intent, count: world.count(of: intent.key)) {
            violate(fault.invariant, fault.what)
        }
    }

    private func apply(_ happening: Happening) {
        switch happening {
        case .start: start()
        case .loss(let loss): if let life { die(life, loss) }
        case .add(let track): add(track)
        case .personLooks(let track): personLooks(at: track)
        case .meddle(let track): meddle(with: track)
        case .send(let command): send(command)
        case .setWall(let offset):
            wallOffset += offset
            life?.clock.setWall(wall)
        case .turn(let track, let path, let value): turn(track, path, to: value)
        case .liftStopFile: stopFile = false
        }
    }

    var wall: Instant { Self.epoch + Span(milliseconds: now + wallOffset) }

    // MARK: Violations

    func violate(_ invariant: Int, _ what: String) {
        if violation == nil { violation = Violation(invariant: invariant, what: what, at: now) }
    }

    func note(_ what: @autoclosure () -> String) {
        guard traces else { return }
        if trace.count > 4_000 { trace.removeFirst(2_000) }
        trace.append("\(Span(milliseconds: now)): \(what())")
    }
}

/// An invariant that did not hold.
package struct Violation: Error, Sendable, Equatable, CustomStringConvertible {
    /// The number in `Invariant`; 0 is the simulator's own fault.
    package var invariant: Int
    package var what: String
    package var at: Int64 = 0

    package var description: String {
        let name = Invariant(rawValue: invariant).map { " (\($0.title))" } ?? ""
        return "invariant \(invariant)\(name) at \(Span(milliseconds: at)): \(what)"
    }
}
