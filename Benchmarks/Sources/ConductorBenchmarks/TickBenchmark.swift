import ConductorCore

/// What a tick costs over a thousand tracks of twelve conditions when nothing changed.
struct TickBenchmark {
    private static let rounds = 15

    func run() throws -> Report {
        var fleet = try Fleet()
        let planted = try plantChanges(into: &fleet)

        var quiet: [Double] = []
        var full: [Double] = []
        var polled: [Double] = []
        for _ in 0..<Self.rounds {
            let ticks = 20
            quiet.append(
                try nanoseconds {
                    for _ in 0..<ticks {
                        let turns = try fleet.round().turns
                        precondition(turns.isEmpty, "Something changed by itself.")
                    }
                } / Double(ticks)
            )
            full.append(
                try nanoseconds {
                    let turns = try fleet.round(full: true).turns
                    precondition(turns.count == Fleet.size, "Not all were evaluated.")
                }
            )
            // Two rounds, for a poll moves the moment at which its facts become too old.
            try fleet.pollEverything()
            polled.append(try nanoseconds { try fleet.round() })
            try fleet.round()
        }
        let ratio = median(zip(quiet, full).map { $0 / $1 })
        let polledRatio = median(zip(polled, full).map { $0 / $1 })
        var report = Report(
            title: "A tick over \(Fleet.size) tracks x 12 conditions (median of \(Self.rounds))",
            columns: ["", "time", "of all"]
        )
        report.rows = [
            ["every track evaluated", time(median(full)), "100.00 %"],
            ["nothing changed", time(median(quiet)), (ratio * 100).text(2) + " %"],
            [
                "every source polled again, answers as before", time(median(polled)),
                (polledRatio * 100).text(2) + " %",
            ],
            [
                "one fact changed", time(median(planted)),
                (median(planted) / median(full) * 100).text(2) + " %",
            ],
        ]
        report.goals = [
            ("nothing changed costs at most 3 % of evaluating all", ratio <= 0.03),
            (
                "\(planted.count) planted changes of one fact: each changed that track's decision,"
                    + " and no other, in the same tick, as evaluating all would",
                true
            ),
        ]
        return report
    }

    /// Changes one fact of one track, again and again, and holds what the next tick decides to
    /// what must come of it.
    ///
    /// - Returns: what those ticks took.
    private func plantChanges(into fleet: inout Fleet) throws -> [Double] {
        var times: [Double] = []
        for number in 0..<12 {
            let track = fleet.tracks[number * 389 % Fleet.size]
            for (crashFreeUsers, wanted) in [(0.98, Verdict.unmet), (0.9971, Verdict.met)] {
                let before = fleet.world.decisions[track]
                try fleet.pollQuality(of: track, crashFreeUsers: crashFreeUsers)
                var round: (turns: [(TrackID, Turn)], entries: [Entry]) = ([], [])
                times.append(try nanoseconds { round = try fleet.round() })
                let decided = round.entries.compactMap { entry -> TrackID? in
                    if case .decision(let record) = entry { record.track } else { nil }
                }
                precondition(decided == [track], "Decided anew: \(decided), not \(track) alone.")
                precondition(fleet.world.decisions[track] != before, "It is decided as before.")
                let turn = round.turns.first { $0.0 == track }?.1
                let verdict = turn?.decision.verdicts.first { $0.name == "crash_rate_ok" }?.verdict
                precondition(
                    verdict == wanted,
                    "crash_rate_ok came to \(String(describing: verdict))."
                )
                try compareWithEverything(fleet)
                try fleet.round()
            }
        }
        return times
    }

    /// What was decided track by track must be what evaluating all decides.
    private func compareWithEverything(_ fleet: Fleet) throws {
        for (track, turn) in fleet.everything() {
            let text = try JSON(encoding: turn.decision).description
            precondition(
                text == fleet.world.decisions[track],
                "Evaluating all decides \(track) otherwise."
            )
        }
    }
}
