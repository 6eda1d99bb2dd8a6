import ConductorCore
import ConductorTesting
import Foundation
import Synchronization

/// Many simulations, on as many threads as there are processors.
struct Campaign {
    private let options: Options
    private let begun = Date()

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
                            !isOver
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

    /// Each crash point of the golden scenarios, alone or two in one run.
    func crashes(inPairs: Bool) throws {
        for number in 0..<options.scenarios {
            let plan = SimulationPlan.golden(number)
            let calm = try Simulation(plan).run()
            if let violation = calm.violation {
                throw Failed(words: "scenario \(number) fails without a crash: \(violation)")
            }
            var points: [[CrashPoint]] = []
            for commit in 1...calm.commits {
                points.append([CrashPoint(.beforeCommit, commit)])
                points.append([CrashPoint(.afterCommit, commit)])
            }
            for call in 1...max(1, calm.calls) {
                for kind: CrashPoint.Kind in [.notSent, .lost, .unheard, .late] {
                    points.append([CrashPoint(kind, call)])
                }
            }
            for operation in 1...calm.operations { points.append([CrashPoint(.disk, operation)]) }
            if inPairs {
                var dice = Dice(seed: UInt64(number) &+ options.from)
                points = (0..<options.seeds).map { _ in
                    [dice.pick(points)[0], dice.pick(points)[0]]
                }
            }
            // Should the time be up before the list is, what was tried is spread over all of it.
            var dice = Dice(seed: 7)
            points.shuffle(using: &dice)
            let all = points
            let tally = try run(all.count) { place in
                try Comparison.crash(plan, at: all[place], against: calm)
            }
            try say("scenario \(number), \(tally.simulations) of \(all.count) crash points", tally)
        }
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
                + "\(tally.crashPoints) crashes, \(tally.steps) steps in \(Int(seconds)) s; "
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
