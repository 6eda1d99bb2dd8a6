import ConductorCore

/// Invariants that need two simulations: what must come to the same must come to the same.
package enum Comparison {
    /// Runs a plan that names a crash, and holds it against the same without.
    ///
    /// `isBrief`: the journal is not replayed and verified at the end.
    package static func crash(
        _ plan: SimulationPlan,
        at points: [CrashPoint],
        against calm: Simulation.Report,
        isBrief: Bool = false
    ) throws -> Simulation.Report {
        var crashing = plan
        crashing.crashPoints = points
        crashing.isBrief = isBrief
        var report = try Simulation(crashing).run()
        if report.violation == nil, report.outcome != calm.outcome {
            report.violation = Violation(
                invariant: Invariant.converges.rawValue,
                what: "\(points): " + difference(report.outcome, calm.outcome)
            )
        }
        return report
    }

    /// Losing all webhooks changes when things happen, not what.
    package static func webhooks(_ plan: SimulationPlan) throws -> Simulation.Report {
        var waking = plan
        waking.hasWebhooks = true
        var report = try Simulation(waking).run()
        let silent = try Simulation(plan).run()
        if report.violation == nil { report.violation = silent.violation }
        if report.violation == nil, report.outcome != silent.outcome {
            report.violation = Violation(
                invariant: Invariant.webhooksOnlyWake.rawValue,
                what: difference(report.outcome, silent.outcome)
            )
        }
        return report
    }

    /// An app whose backends are all down leaves every other app's road, to the millisecond.
    package static func isolation(_ plan: SimulationPlan) throws -> Simulation.Report {
        var lame = plan
        lame.deadApps = [plan.tracks.last?.app ?? ""]
        let calm = try Simulation(plan).run()
        var report = try Simulation(lame).run()
        if report.violation == nil { report.violation = calm.violation }
        for track in plan.tracks where !lame.deadApps.contains(track.app) {
            guard report.violation == nil, report.roads[track] != calm.roads[track] else {
                continue
            }
            report.violation = Violation(
                invariant: Invariant.isolated.rawValue,
                what: difference(report.roads[track] ?? [], calm.roads[track] ?? [])
            )
        }
        return report
    }

    private static func difference(_ here: [String], _ there: [String]) -> String {
        let more = here.filter { !there.contains($0) }
        let less = there.filter { !here.contains($0) }
        return "more: \(more), less: \(less)"
    }
}

extension SimulationPlan {
    /// Two apps without faults, of which one can be taken away.
    package static func pair(_ number: Int) -> SimulationPlan {
        SimulationPlan(
            seed: UInt64(2_000_000 + number),
            tracks: ["music/ios/8.9.2", "radio/ios/2.0"].compactMap(TrackID.init),
            machine: number % 2 == 0 ? "published" : "published-resuming"
        )
    }
}
