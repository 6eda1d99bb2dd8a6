import Backlot
import ConductorCore
import ConductorFiles
import ConductorJournal
import Foundation
import Testing

@testable import conductord

/// A demo, played once into a directory of its own.
struct Played {
    let directory: String
    let head: JournalHead
    let result: Demo.Result
    let record: DemoRecord

    /// The demo's files, with other rules.
    private struct Files: FileTree {
        let rules: String

        func read(_ path: String, limit: Int) throws(UnreadableFile) -> [UInt8] {
            path == "rules.yaml" ? Array(rules.utf8) : try DemoFiles().read(path, limit: limit)
        }

        func list(_ directory: String) -> [String]? { nil }
    }

    /// Plays by the built-in rules, changed.
    static func fortnight(
        days: Int64 = 14,
        _ change: (String) -> String = { $0 }
    ) async throws -> Played {
        let directory = NSTemporaryDirectory() + "demo-" + UUID().uuidString
        let loaded = RuleFiles.load(
            rules: "rules.yaml",
            config: DemoFiles.builtInConfiguration,
            catalog: BacklotCatalog(),
            files: Files(rules: change(Templates.rules))
        )
        #expect(loaded.faults.map(\.rendered) == [])
        var places = PlaceOptions()
        places.state = directory
        let journal = try DemoJournal.open(in: places)
        let deployment = try #require(loaded.deployment)
        var narrator = DemoNarrator()
        let result = try await Demo.play(loaded, deployment, journal, length: .days(days)) {
            _ = narrator.take($0, $1)
        }
        let head = journal.head
        try journal.close()
        return Played(directory: directory, head: head, result: result, record: narrator.record)
    }

    func remove() { try? FileManager.default.removeItem(atPath: directory) }

    func road(of platform: String) -> [String] {
        let track = TrackID(app: "music", platform: platform, version: "8.9.2")
        return record.stays[track]?.map(\.stage) ?? []
    }

    func entered(_ stage: String, _ platform: String) throws -> Instant {
        let track = TrackID(app: "music", platform: platform, version: "8.9.2")
        return try #require(record.stays[track]?.last { $0.stage == stage }?.since)
    }

    private func next(_ platform: String) -> TrackID {
        TrackID(app: "music", platform: platform, version: "8.9.3")
    }

    func stage(_ platform: String) -> String? { result.world.states[next(platform)]?.stage }

    func light(_ platform: String) throws -> Light {
        let text = try #require(result.world.decisions[next(platform)])
        return try JSON(parsing: text).decode(Decision.self).light
    }

    func replay(full: Bool) throws -> ConductorCore.Replay {
        let reader = try ReadOnlyJournal(path: directory + "/journal.sqlite")
        var replay = ConductorCore.Replay(full: full)
        try reader.rows(after: 0) { row in
            try replay.take(row.entry) { try reader.body($0) }
            return true
        }
        try replay.finish { try reader.body($0) }
        return replay
    }
}

@Suite(.serialized) struct `The fortnight` {
    private static let end = ["submitted", "rollout_1", "rollout_100"]

    @Test func `is played by the real rules, and every decision comes out again`() async throws {
        let played = try await Played.fortnight()
        defer { played.remove() }
        let back = ["final_rc", "branched"]
        #expect(
            played.road(of: "ios") == ["branched"] + back + back + back + ["final_rc"] + Self.end
        )
        #expect(
            played.road(of: "android") == ["branched"] + back + back + [
                "final_rc", "submitted", "rollout_1", "rollout_paused", "rollout_1", "rollout_100",
            ]
        )
        #expect(
            played.road(of: "desktop") == ["branched"] + back + ["final_rc", "submitted"]
                + ["branched", "final_rc"] + Self.end
        )
        // Submitted by itself, on Monday night.
        let submitted = try played.entered("submitted", "ios")
        #expect(OfficeCalendar.weekday(of: submitted) == .monday)
        #expect(!OfficeCalendar.isOfficeHour(submitted))
        // A day at 1 %, counted from the resume.
        let day =
            try played.entered("rollout_100", "android") - played.entered("rollout_1", "android")
        #expect(day >= .hours(24) && day < .hours(26))
        // The next version is on its way: one track at 1 %, one red, one without a candidate.
        #expect(played.result.world.live.count == 6)
        #expect(played.stage("desktop") == "rollout_1")
        #expect(played.stage("android") == "final_rc")
        #expect(try played.light("android") == .red)
        #expect(played.stage("ios") == "branched")
        #expect(Set(played.result.effects.map(\.key)).count == played.result.effects.count)

        let reader = try ReadOnlyJournal(path: played.directory + "/journal.sqlite")
        let verification = try reader.verify(expectedHead: played.head.hash)
        #expect(verification.faults == [])
        for full in [false, true] {
            let replay = try played.replay(full: full)
            #expect(replay.ticks > 100)
            #expect(replay.divergences == [])
        }
    }

    @Test func `is the same journal each time, byte for byte`() async throws {
        let played = try await Played.fortnight(days: 5)
        let again = try await Played.fortnight(days: 5)
        played.remove()
        again.remove()
        #expect(again.head == played.head)
        #expect(played.head.entries > 1000)
    }

    @Test func `takes another road with another threshold`() async throws {
        let calm = try await Played.fortnight(days: 8) {
            $0.replacingOccurrences(of: "spike_crash_free: 0.99 ", with: "spike_crash_free: 0.98 ")
        }
        defer { calm.remove() }
        #expect(!calm.road(of: "android").contains("rollout_paused"))
        #expect(calm.road(of: "android").last == "rollout_100")

        let strict = try await Played.fortnight(days: 8) {
            $0.replacingOccurrences(of: "min_crash_free: 0.995 ", with: "min_crash_free: 0.997 ")
        }
        defer { strict.remove() }
        #expect(strict.road(of: "android").last == "final_rc")
        #expect(strict.road(of: "ios").last == "rollout_100")
    }
}

@Suite struct `A demo's state directory` {
    @Test func `is made anew, but never over a journal that is no demo's`() throws {
        let directory = NSTemporaryDirectory() + "demo-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var places = PlaceOptions()
        places.state = directory
        func boot(process: Int) -> Entry {
            let at = Stamp(wall: Fortnight.start, elapsed: 0)
            return .boot(.init(at: at, engine: "e", files: [:], process: process))
        }
        let first = try DemoJournal.open(in: places)
        _ = try first.append([boot(process: Demo.process)], bodies: [:])
        #expect(throws: JournalError.self, "It is in use.") { try DemoJournal.open(in: places) }
        try first.close()

        let second = try DemoJournal.open(in: places)
        #expect(second.head.entries == 0)
        _ = try second.append([boot(process: 4711)], bodies: [:])
        try second.close()
        #expect(throws: Cannot.self) { try DemoJournal.open(in: places) }
        let kept = try ReadOnlyJournal(path: places.journalPath)
        #expect(try kept.head().entries == 1)
    }
}
