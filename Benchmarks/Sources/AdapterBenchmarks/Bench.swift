import Backlot
import ConductorCore
import ConductorPorts
import Foundation
import SourceAdapters
import Synchronization

/// Measures rounds of polls over HTTP, with a delay planted in every answer.
@main
struct Bench {
    static let delay = Span(milliseconds: 200)
    static let tracks = (1...20).map {
        TrackID(app: "music", platform: "ios", version: "8.\($0).0")
    }

    static func main() async throws {
        var report = Report()
        try await rounds(&report)
        try await hanging(&report)
        try await brake(&report)
        print(report.text)
        if !report.isFine { exit(1) }
    }

    // MARK: Rounds

    private static func rounds(_ report: inout Report) async throws {
        var alone: [(kind: String, seconds: Double)] = []
        for kind in Vendors.kinds {
            let vendors = try await Vendors(delay: delay)
            let time = try await vendors.round([kind]).seconds
            alone.append((kind, time))
            try await vendors.close()
        }
        let slowest = alone.max { $0.seconds < $1.seconds } ?? ("", 0)
        for (kind, seconds) in alone {
            report.note("\(kind) alone", String(format: "%.2f s", seconds))
        }

        let vendors = try await Vendors(delay: delay)
        let before = Memory.resident()
        let cold = try await vendors.round(Vendors.kinds)
        report.expect(
            "a cold round, 20 tracks x 8 backends",
            String(format: "%.2f s, %d requests", cold.seconds, cold.requests),
            "at most 1.5 x \(slowest.kind), " + String(format: "%.2f s", slowest.seconds * 1.5),
            cold.seconds <= slowest.seconds * 1.5 && cold.failures == 0
        )
        vendors.clock.move(by: .minutes(10))
        let warm = try await vendors.round(Vendors.kinds)
        let share = Double(warm.unchanged) / Double(max(1, warm.tagged)) * 100
        report.expect(
            "a warm round's 304 where the vendor has ETags",
            String(format: "%.1f %% of %d", share, warm.tagged),
            "at least 90 %",
            share >= 90 && warm.failures == 0
        )
        for _ in 0..<8 {
            vendors.clock.move(by: .minutes(10))
            _ = try await vendors.round(Vendors.kinds)
        }
        let growth = Double(Memory.resident() - before) / 1_048_576
        report.expect(
            "memory over ten rounds",
            String(format: "%+.1f MiB", growth),
            "less than 20 MB",
            growth * 1.048576 < 20
        )
        try await vendors.close()
    }

    /// One backend says nothing: its polls end at their deadline, and the others are through.
    ///
    /// Each deadline counts from the beginning of its poll; the round takes as much longer as polls wait for
    /// a processor before they begin.
    private static func hanging(_ report: inout Report) async throws {
        let vendors = try await Vendors(delay: delay, silent: "jira", timeout: .seconds(10))
        let round = try await vendors.round(Vendors.kinds)
        report.expect(
            "a round with a backend that hangs",
            String(
                format: "%.2f s a poll at most, %.2f s in all, %d of 140 others complete",
                round.longest,
                round.seconds,
                round.answered
            ),
            "their deadline, 10 s",
            round.longest < 10.5 && round.failures == tracks.count && round.answered == 140
        )
        try await vendors.close()
    }

    /// Polls have spent their bucket: a pause goes out all the same.
    private static func brake(_ report: inout Report) async throws {
        let vendors = try await Vendors(delay: delay, timeout: .seconds(5))
        var spent = 0
        for _ in 0..<20 where spent == 0 {
            spent = try await vendors.round(["appstore"]).failures
        }
        let began = ContinuousClock.now
        let outcome = try await vendors.pause(tracks[0])
        let left = vendors.pausedAt.map { ($0 - began) / .seconds(1) } ?? .infinity
        report.expect(
            "a pause leaves while polls wait",
            String(format: "%.2f s (%d polls were refused a turn)", left, spent),
            "within 1 s",
            left < 1 && spent > 0 && outcome.isDone
        )
        try await vendors.close()
    }
}

extension ActionOutcome {
    fileprivate var isDone: Bool {
        switch self {
        case .done, .alreadyDone: true
        case .rejected, .retryable, .unknown: false
        }
    }
}

/// What was measured, beside what it must be.
struct Report {
    private var lines: [String] = []
    private(set) var isFine = true

    mutating func note(_ what: String, _ value: String) {
        lines.append("      \(what): \(value)")
    }

    mutating func expect(_ what: String, _ value: String, _ goal: String, _ holds: Bool) {
        lines.append("\(holds ? "ok  " : "FAIL")  \(what): \(value) (goal: \(goal))")
        isFine = isFine && holds
    }

    var text: String { lines.joined(separator: "\n") }
}

/// Bytes of this process that are in memory.
enum Memory {
    static func resident() -> Int {
        let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?
            .split(separator: " ")
        return (fields.flatMap { $0.count > 1 ? Int($0[1]) : nil } ?? 0) * 4_096
    }
}
