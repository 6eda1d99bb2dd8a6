import ConductorCore
import ConductorTesting
import Foundation
import Testing

/// A few simulations in the build that everybody has; `Scripts/simulate.sh` runs many.
@Suite struct `Simulated releases` {
    /// `SIM_SEED=n swift test --filter 'Simulated releases'` repeats one.
    static let seeds: [UInt64] =
        ProcessInfo.processInfo.environment["SIM_SEED"].flatMap(UInt64.init).map { [$0] } ?? [2]

    @Test(arguments: seeds) func `no invariant breaks`(seed: UInt64) throws {
        let report = try Simulation(.random(seed: seed), traces: true).run()
        let trace = report.trace.suffix(30).joined(separator: "\n")
        #expect(report.violation == nil, "seed \(seed)\n\(trace)")
    }

    @Test func `the same seed gives the same bytes`() throws {
        let plan = SimulationPlan.random(seed: 8)
        let first = try Simulation(plan).run()
        let second = try Simulation(plan, traces: true).run()
        #expect(first.head == second.head)
        #expect(first.outcome == second.outcome)
        #expect(first.lives > 1 && first.calls > 3, "there was something to tell apart")
    }

    @Test func `a quiet release ends at a hundred per cent, by one process`() throws {
        let report = try Simulation(.golden(0)).run()
        #expect(report.violation == nil)
        #expect(report.unfinished.isEmpty)
        #expect(report.outcome.contains("music/ios/8.9.2 rollout_100"))
    }

    @Test(arguments: [
        CrashPoint(.unheard, 3), CrashPoint(.late, 3), CrashPoint(.lost, 2),
        CrashPoint(.afterCommit, 60), CrashPoint(.disk, 900),
    ])
    func `a process that ends anywhere comes to the same`(point: CrashPoint) throws {
        let plan = SimulationPlan.golden(0)
        let calm = try Simulation(plan).run()
        let report = try Comparison.crash(plan, at: [point], against: calm)
        #expect(report.violation == nil)
        #expect(report.lives == 2)
    }
}
