import ConductorCore
import Testing

@testable import conductord

private let track = ScriptedJournal.track
private let start = ScriptedJournal.start

@Suite struct `A diff` {
    @Test func `says what changed, with the old and the new values`() throws {
        let story = try longStory()
        let report = try Diff.report(
            on: track,
            from: start + .hours(1),
            to: start + .hours(20) + .minutes(2),
            in: try story.reader()
        )
        let json = report.json
        #expect(json["from"]?["tick"] == 2)
        #expect(json["to"]?["tick"] == 3)
        #expect(json["from"]?["recorded_equal"] == true)
        let condition = try #require(json["conditions"]?.arrayValue?.first)
        #expect(condition["name"] == "no_blockers")
        #expect(condition["was"]?["verdict"] == "unmet")
        #expect(condition["now"]?["verdict"] == "met")
        let fact = condition["facts"]?.arrayValue?.first
        #expect(fact?["path"] == "tracker.blockers")
        #expect(fact?["was"]?["value"] == 2)
        #expect(fact?["now"]?["value"] == 0)
        let transition = json["transitions"]?.arrayValue?.first
        #expect(transition?["was"] == ["no_blockers", "signed_off"])
        #expect(transition?["now"] == ["signed_off"])
        let text = report.text(on: Page())
        #expect(text.contains("no_blockers (No open release-blocking bugs): unmet → ● met"))
        #expect(text.contains("tracker.blockers = 2 → 0 bugs"))
        #expect(text.contains("+ no_blockers"))
    }

    @Test func `tells the stage, the guards, and all that was done in between`() throws {
        let story = try longStory()
        let report = try Diff.report(
            on: track,
            from: start + .hours(1),
            to: nil,
            in: try story.reader()
        )
        let changes = try #require(report.json["changes"]?.arrayValue)
        #expect(
            changes.first == ["what": "stage", "was": "branched", "now": "paused"]
        )
        let kinds = Set(report.events.map(\.kind))
        #expect(kinds.isSuperset(of: [.command, .fired, .entered, .intent, .attempt, .outcome]))
        #expect(!kinds.contains(.registered), "That was before.")
        let entered = report.json["events"]?.arrayValue?.filter { $0["kind"] == "entered" }
        #expect(entered?.map { $0["stage"] } == ["submitted", "rollout", "paused"])
        let text = report.text(on: Page())
        #expect(text.contains("branched → paused"))
        #expect(text.contains("→ submitted does not lead from here any more"))
    }

    @Test func `of a moment with itself is empty`() throws {
        let story = try longStory()
        let at = start + .hours(3)
        let report = try Diff.report(on: track, from: at, to: at, in: try story.reader())
        #expect(report.changes.isEmpty && report.conditions.isEmpty && report.events.isEmpty)
        #expect(report.text(on: Page()).contains("Nothing changed."))
    }

    @Test func `takes two moments in order, and any journal`() throws {
        let story = try longStory()
        let journal = ["--journal", story.path]
        let early = "2026-03-02T10:00:00Z"
        let late = "2026-03-03T10:00:00Z"
        let name = track.description
        let fine = try Ran.conductord(
            ["diff", name, "--at", early, "--at", late, "--json"] + journal
        )
        #expect(fine.code == 0)
        #expect(fine.json?["track"] == "music/ios/8.9.2")
        for wrong in [[], ["--at", late, "--at", early], ["--at", "yesterday"]] {
            #expect(try Ran.conductord(["diff", name] + wrong + journal).code == 2)
        }
        #expect(
            try Ran.conductord(["diff", name, "--at", "2020-01-01T00:00:00Z"] + journal).code == 3
        )
    }
}

@Suite struct `What held a stage` {
    @Test func `is summed up beside its hours`() throws {
        let story = try longStory()
        let report = try Timeline.report(on: track, in: try story.reader())
        let branched = try #require(report.json["stages"]?.arrayValue?.first)
        let held = try #require(branched["held"]?.arrayValue)
        #expect(held.first?["by"] == "signed_off")
        let names = held.map { $0["by"] }
        #expect(names.contains("no_blockers") && names.contains("hold on music/ios/8.9.2"))
        let hold = held.first { $0["by"] == "hold on music/ios/8.9.2" }
        #expect(hold?["seconds"] == 7200)
        let seconds = held.compactMap { $0["seconds"]?.intValue }
        #expect(seconds == seconds.sorted(by: >))
        #expect(report.text(on: Page()).contains("signed_off 23 h 1 min"))
    }
}

@Suite struct `Replay on the command line` {
    @Test func `asks other rules only when they are named`() throws {
        let story = try longStory()
        let plain = try Ran.conductord("replay", "--journal", story.path, "--json")
        #expect(plain.code == 0)
        #expect(plain.json?["divergences"] == [])
        let since = try Ran.conductord(
            "replay",
            "--journal",
            story.path,
            "--since",
            "2026-03-02T10:00:00Z"
        )
        #expect(since.code == 2)
    }

    @Test func `reports the faults of other rules as check does`() throws {
        let story = try longStory()
        let rules = story.directory + "/other.yaml"
        let arguments = ["--rules", rules, "--config", story.directory + "/none.yaml", "--json"]
        let asked = try Ran.conductord(["replay", "--journal", story.path] + arguments)
        let checked = try Ran.conductord(["check"] + arguments)
        #expect(asked.code == 1)
        #expect(asked.output == checked.output)
        #expect(asked.json?["ok"] == false)
    }
}
