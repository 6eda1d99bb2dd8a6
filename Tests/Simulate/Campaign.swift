import ConductorCore
import ConductorTesting
import Foundation
import Synchronization

/// Many simulations, on as many threads as there are processors.
struct Campaign {
    private let options: Options
    private let begun = Date()
    private let usedBefore = Self.processorSeconds

    init(_ options: Options) { self.options = options }

    /// What was done, for the line at the end.
    struct Tally: Sendable {
        var simulations = 0
        var releases = 0
        var crashPoints = 0
        var steps = 0
        var processes = 0
        var failures: [Failure] = []
        var unfinished = 0

        struct Failure: Sendable {
            var plan: SimulationPlan
            var violation: Violation
        }

        mutating func add(_ report: Simulation.Report) {
            simulations += 1
            releases += report.plan.tracks.count
            steps += report.steps
            processes += report.lives
            crashPoints += max(0, report.lives - 1)
            unfinished += report.unfinished.count
            if let violation = report.violation {
                failures.append(Failure(plan: report.plan, violation: violation))
            }
        }
    }

    /// What this process has used of all processors.
    private static var processorSeconds: Double {
        var usage = rusage()
        unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func seconds(_ time: timeval) -> Double {
            Double(time.tv_sec) + Double(time.tv_usec) / 1_000_000
        }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    /// Whether the time is up.
    private var isOver: Bool {
        options.minutes > 0 && Date().timeIntervalSince(begun) > options.minutes * 60
    }

    /// Does jobs of a list until one fails, or the time is up.
    func run(
        _ count: Int,
        _ job: @escaping @Sendable (Int) throws -> Simulation.Report
    ) throws -> Tally {
        let shared = Mutex<(next: Int, tally: Tally, error: (any Error)?)>((0, Tally(), nil))
        let group = DispatchGroup()
        for _ in 0..<options.threads {
            group.enter()
            let thread = Thread {
                defer { group.leave() }
                while true {
                    let place = shared.withLock { state -> Int? in
                        guard state.next < count, state.tally.failures.isEmpty, state.error == nil,
                            state.tally.releases < options.releases, !isOver
                        else { return nil }
                        state.next += 1
                        return state.next - 1
                    }
                    guard let place else { return }
                    do {
                        let report = try job(place)
                        shared.withLock { $0.tally.add(report) }
                    } catch {
                        shared.withLock { $0.error = error }
                    }
                }
            }
            thread.stackSize = 16 << 20
            thread.start()
        }
        group.wait()
        let (_, tally, error) = shared.withLock { $0 }
        if let error { throw error }
        return tally
    }

    func seeds() throws {
        let from = options.from
        let tally = try run(options.seeds) { place in
            try Simulation(.random(seed: from + UInt64(place))).run()
        }
        try say("seeds from \(from)", tally)
    }

    /// A simulation of a golden scenario in which the process ends where it is told to.
    private struct Crash: Sendable {
        var plan: SimulationPlan
        var calm: Simulation.Report
        var points: [CrashPoint]
    }

    /// Each crash point of the golden scenarios, alone or two in one run.
    func crashes(inPairs: Bool) throws {
        var crashes: [Crash] = []
        for number in 0..<options.scenarios {
            let plan = SimulationPlan.golden(number)
            let calm = try Simulation(plan).run()
            if let violation = calm.violation {
                throw Failed(words: "scenario \(number) fails without a crash: \(violation)")
            }
            var points = Self.points(of: calm)
            if inPairs {
                var dice = Dice(seed: UInt64(number) &+ options.from)
                points = (0..<options.seeds).map { _ in
                    [dice.pick(points)[0], dice.pick(points)[0]]
                }
            }
            crashes += points.map { Crash(plan: plan, calm: calm, points: $0) }
        }
        // Should the time be up before the list is, what was tried is spread over all of it.
        var dice = Dice(seed: 7)
        crashes.shuffle(using: &dice)
        let all = crashes
        // One in eight is looked at whole; the others must have had the same effects.
        let tally = try run(all.count) { place in
            let crash = all[place]
            return try Comparison.crash(
                crash.plan,
                at: crash.points,
                against: crash.calm,
                isBrief: place % 8 > 0
            )
        }
        let what = inPairs ? "pairs of crash points" : "crash points"
        try say("\(tally.simulations) of \(all.count) \(what)", tally)
    }

    /// Every moment of a scenario at which its process can end.
    private static func points(of calm: Simulation.Report) -> [[CrashPoint]] {
        var points: [[CrashPoint]] = []
        func add(_ kinds: [CrashPoint.Kind], _ count: Int) {
            guard count > 0 else { return }
            for number in 1...count {
                for kind in kinds { points.append([CrashPoint(kind, number)]) }
            }
        }
        add([.beforeCommit, .afterCommit], calm.commits)
        add([.notSent, .lost, .unheard, .late], calm.calls)
        add([.disk], calm.operations)
        return points
    }

    /// With and without webhooks; with and without a neighbour's backends.
    func comparisons() throws {
        let tally = try run(options.scenarios * 2) { place in
            place % 2 == 0
                ? try Comparison.webhooks(.golden(100 + place / 2))
                : try Comparison.isolation(.pair(place / 2))
        }
        try say("pairs of simulations", tally)
    }

    private func say(_ what: String, _ tally: Tally) throws {
        let seconds = Date().timeIntervalSince(begun)
        tell(
            "\(what): \(tally.simulations) simulations, \(tally.releases) releases, "
                + "\(tally.crashPoints) crashes, \(tally.steps) steps in \(Int(seconds)) s"
                + " (\(Int(Self.processorSeconds - usedBefore)) s of processors); "
                + "\(tally.unfinished) releases wait for a person at the end"
        )
        guard let failure = tally.failures.first else { return }
        let trace = (try? Simulation(failure.plan, traces: true).run().trace) ?? []
        var words = "\nFAILED: seed \(failure.plan.seed)"
        if !failure.plan.crashPoints.isEmpty { words += ", crash at \(failure.plan.crashPoints)" }
        words += "\n\(failure.violation)\n\nthe last that happened:\n"
        words += trace.suffix(30).map { "  " + $0 }.joined(separator: "\n")
        words += "\n\nagain, whole: Scripts/simulate.sh one \(failure.plan.seed)"
        throw Failed(words: words)
    }
}
