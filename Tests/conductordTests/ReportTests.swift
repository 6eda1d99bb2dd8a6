import ConductorCore
import ConductorJournal
import Testing

@testable import conductord

private let track = ScriptedJournal.track
private let start = ScriptedJournal.start

/// The names of an object's members.
private func keys(_ json: JSON?) -> Set<String> { Set(json?.objectValue?.keys.map(\.self) ?? []) }

private func status(_ story: ScriptedJournal) throws -> StatusReport {
    let fleet = try FleetReading(try story.reader())
    return StatusReport(at: fleet.at, stop: fleet.stop, holds: fleet.holds, tracks: fleet.tracks)
}

@Suite struct `The status` {
    @Test func `has every documented key, before anything is known`() throws {
        let story = try ScriptedJournal()
        try story.register(stage: nil)
        let json = try status(story).json
        #expect(keys(json).isSuperset(of: ["at", "stop", "tracks"]))
        #expect(json["at"] == .null)
        #expect(json["stop"] == .null)
        let row = json["tracks"]?.arrayValue?.first
        #expect(
            keys(row).isSuperset(of: [
                "track", "stage", "phase", "light", "since", "step", "hold", "candidate",
                "blocking", "next", "revision", "retired",
            ])
        )
        #expect(row?["track"] == "music/ios/8.9.2")
        #expect(row?["stage"] == .null)
        #expect(row?["light"] == "grey")
        #expect(row?["next"] == [])
    }

    @Test func `names what blocks the way on, not what a way back lacks`() throws {
        let story = try ScriptedJournal()
        try story.register(stage: "submitted")
        try story.see(["rejected": false, "crash_free": .double(0.5)])
        try story.tick()
        let row = try status(story).json["tracks"]?.arrayValue?.first
        #expect(row?["blocking"] == ["healthy"])
        #expect(
            row?["next"]?.arrayValue?.map { $0["to"] } == ["branched", "rollout"]
        )
        let back = row?["next"]?.arrayValue?.first
        #expect(back?["blocked_by"] == ["rejected"])
        #expect(back?["earliest"] == .null)
    }

    @Test func `tells STOP and holds, and the widest hold of a track`() throws {
        let story = try ScriptedJournal()
        try story.register()
        try story.command(.hold, at: .track(track))
        try story.command(.hold, at: .app("music"), reason: "holiday")
        try story.command(.stop, at: .installation, reason: "fire")
        try story.tick()
        let json = try status(story).json
        #expect(json["stop"] == ["actor": "os:anna", "since": JSON(start), "reason": "fire"])
        let row = json["tracks"]?.arrayValue?.first
        #expect(row?["hold"]?["scope"] == "music")
        #expect(row?["hold"]?["reason"] == "holiday")
        #expect(row?["blocking"]?.arrayValue?.contains("STOP") == true)
        let text = try status(story).text(on: Page())
        #expect(text.contains("STOP: nothing is started, by os:anna"))
        #expect(text.contains("hold on music, by os:anna"))
    }

    @Test func `tells STOP by the file`() throws {
        let story = try ScriptedJournal()
        try story.register()
        try story.tick(stopFile: true)
        let stop = try status(story).json["stop"]
        #expect(stop?["actor"] == .null)
        #expect(stop?["reason"] == "the file STOP is in the state directory")
    }

    @Test func `computes the earliest moment when only time is missing`() throws {
        let story = try ScriptedJournal()
        try story.register(stage: "rollout")
        try story.see(["crash_free": .double(0.999)])
        try story.tick()
        let next = try status(story).json["tracks"]?.arrayValue?.first?["next"]?.arrayValue
        let finish = next?.first { $0["to"] == "done" }
        #expect(finish?["blocked_by"] == ["dwell 1d"])
        #expect(finish?["earliest"] == JSON(start + .hours(24)))
    }

    @Test func `has no way on where nothing leads ahead on the road`() throws {
        let story = try ScriptedJournal()
        try story.register(stage: "done")
        try story.tick()
        let report = try status(story)
        #expect(report.tracks.first?.wayOn == nil)
        #expect(report.json["tracks"]?.arrayValue?.first?["blocking"] == [])
        let text = try Explain.report(on: track, at: nil, in: try story.reader()).text(on: Page())
        #expect(text.hasSuffix("Nothing leads further on from done."))
    }

    @Test func `sorts tracks by version as numbers`() throws {
        let story = try ScriptedJournal()
        for version in ["8.10.0", "8.9.2"] {
            try story.register(TrackID(app: "music", platform: "ios", version: version))
        }
        let rows = try status(story).json["tracks"]?.arrayValue
        #expect(rows?.map { $0["track"] } == ["music/ios/8.9.2", "music/ios/8.10.0"])
    }

    @Test func `lists tracks with every documented key`() throws {
        let story = try longStory()
        let fleet = try FleetReading(try story.reader())
        let json = TrackListReport(at: fleet.at, tracks: fleet.tracks).json
        let row = json["tracks"]?.arrayValue?.first
        #expect(
            keys(row) == ["track", "stage", "phase", "light", "machine", "since", "retired"]
        )
        #expect(row?["stage"] == "paused")
    }
}

@Suite struct `An explanation` {
    @Test func `has every documented key`() throws {
        let story = try longStory()
        let json = try Explain.report(
            on: track,
            at: start + .hours(3),
            in: try story.reader()
        ).json
        #expect(
            keys(json).isSuperset(of: [
                "track", "at", "stage", "phase", "recorded_equal", "transitions",
            ])
        )
        #expect(json["at"] == JSON(start + .minutes(1)))
        #expect(json["stage"] == "branched")
        #expect(json["recorded_equal"] == true)
        let transition = json["transitions"]?.arrayValue?.first
        #expect(keys(transition).isSuperset(of: ["to", "direction", "leaves", "smallest"]))
        #expect(transition?["smallest"] == ["no_blockers", "signed_off"])
        let leaf = transition?["leaves"]?.arrayValue?.first
        #expect(
            keys(leaf).isSuperset(of: [
                "name", "kind", "verdict", "light", "cause", "facts", "since", "owner", "earliest",
            ])
        )
        #expect(leaf?["owner"] == "release-managers")
        #expect(leaf?["verdict"] == "unmet")
        let fact = leaf?["facts"]?.arrayValue?.first
        #expect(keys(fact).isSuperset(of: ["path", "value", "observed_at", "fetched_at"]))
        #expect(fact?["path"] == "tracker.blockers")
        #expect(fact?["value"] == 2)
        #expect(fact?["fetched_at"] == JSON(start + .minutes(1)))
    }

    @Test func `names the cause of what is unknown`() throws {
        let story = try ScriptedJournal()
        try story.register()
        try story.fail()
        try story.tick()
        let json = try Explain.report(on: track, at: nil, in: try story.reader()).json
        let leaf = json["transitions"]?.arrayValue?.first?["leaves"]?.arrayValue?.first
        #expect(leaf?["verdict"] == "unknown")
        #expect(leaf?["cause"] == "failed")
        #expect(leaf?["facts"]?.arrayValue?.first?["value"] == .null)
    }

    @Test func `reads few rows and knows what the whole journal knows`() throws {
        let story = try longStory()
        let reader = try story.reader()
        var world = World()
        var tick: Entry.Tick?
        var compared = 0
        func compare() throws {
            guard let tick else { return }
            let row = try #require(try reader.tick(number: tick.number))
            let standing = try #require(try Standing(of: track, at: row, in: reader))
            #expect(standing.after.explain(track, in: tick) == world.explain(track, in: tick))
            #expect(try standing.isReproduced(for: track))
            compared += 1
        }
        try reader.rows(after: 0) { row in
            switch row.entry {
            case .decision, .intent: break
            case .boot, .machine, .upkeep, .poll, .tick, .command, .attempt, .outcome, .discovery:
                try compare()
                tick = nil
            }
            if case .tick(let next) = row.entry { tick = next }
            try world.apply(row.entry) { try reader.body($0) }
            return true
        }
        try compare()
        #expect(compared > 10)
    }

    @Test func `says when the recorded decision is not what comes out`() throws {
        let story = try longStory()
        let reader = try story.reader()
        let row = try #require(try reader.tick())
        let standing = try #require(try Standing(of: track, at: row, in: reader))
        var report = try Explain.report(on: track, at: nil, in: reader)
        #expect(report.recordedEqual)
        #expect(try standing.isReproduced(for: track))
        report.recordedEqual = false
        #expect(report.json["recorded_equal"] == false)
        #expect(report.text(on: Page()).contains("does not give what was recorded"))
    }

    @Test func `tells people the values, the owner and the smallest set`() throws {
        let story = try longStory()
        let text = try Explain.report(
            on: track,
            at: start + .hours(3),
            in: try story.reader()
        ).text(on: Page())
        #expect(text.contains("tracker.blockers = 2 bugs"))
        #expect(text.contains("owner release-managers"))
        #expect(text.contains("Why not → submitted yet?"))
        #expect(text.contains("1. No open release-blocking bugs is not met: tracker.blockers is 2"))
        #expect(text.contains("2. All teams signed off is not met"))
    }

    @Test func `knows the name that was probably meant`() throws {
        let story = try longStory()
        let reader = try story.reader()
        let wrong = TrackID(app: "music", platform: "oss", version: "8.9.2")
        let error = #expect(throws: Cannot.self) {
            _ = try Explain.report(on: wrong, at: nil, in: reader)
        }
        #expect(error?.description.contains("did you mean 'music/ios/8.9.2'?") == true)
    }

    @Test func `says that a track was not there yet`() throws {
        let story = try ScriptedJournal()
        try story.tick()
        story.wait(.hours(1))
        try story.register()
        try story.tick()
        let reader = try story.reader()
        let early = #expect(throws: Cannot.self) {
            _ = try Explain.report(on: track, at: start + .minutes(1), in: reader)
        }
        #expect(early?.description.contains("was not there yet") == true)
        let before = #expect(throws: Cannot.self) {
            _ = try Explain.report(
                on: track,
                at: Instant(milliseconds: 0),
                in: reader
            )
        }
        #expect(before?.description.contains("the journal begins later") == true)
    }
}

@Suite struct `A timeline` {
    @Test func `tells the whole story in order`() throws {
        let story = try longStory()
        let json = try Timeline.report(on: track, in: try story.reader()).json
        #expect(keys(json).isSuperset(of: ["track", "events", "stages"]))
        let events = try #require(json["events"]?.arrayValue)
        for event in events { #expect(keys(event).isSuperset(of: ["at", "kind"])) }
        let kinds = Set(events.compactMap { $0["kind"]?.stringValue })
        #expect(
            kinds.isSuperset(of: [
                "registered", "command", "fired", "entered", "intent", "attempt", "outcome",
                "blocked", "light",
            ])
        )
        let entered = events.filter { $0["kind"] == "entered" }.map { $0["stage"] }
        #expect(entered == ["submitted", "rollout", "paused"])
        let times = events.compactMap { $0["at"]?.stringValue }.compactMap(Instant.init(rfc3339:))
        #expect(times == times.sorted())
    }

    @Test func `tells what held the track, and for how long`() throws {
        let story = try longStory()
        let events = try Timeline.report(on: track, in: try story.reader()).json["events"]?
            .arrayValue
        let held = try #require(
            events?.first { $0["kind"] == "blocked" && $0["by"] == "hold on music/ios/8.9.2" }
        )
        #expect(held["seconds"] == 7200)
        #expect(held["stage"] == "branched")
        #expect(held["to"] == "submitted")
        let blockers = events?.filter { $0["by"] == "no_blockers" }.map { $0["verdict"] }
        #expect(blockers == ["unknown", "unmet"])
        let now = try #require(events?.last { $0["kind"] == "blocked" })
        #expect(now["until"] == .null)
    }

    @Test func `gives commands their answers`() throws {
        let story = try longStory()
        let events = try Timeline.report(on: track, in: try story.reader()).json["events"]?
            .arrayValue
        let commands = try #require(events?.filter { $0["kind"] == "command" })
        #expect(commands.map { $0["request"] } == ["hold", "advance", "resume"])
        #expect(commands.map { $0["reply"]?["accepted"] } == [true, false, true])
        #expect(commands[0]["reason"] == "waiting for legal")
    }

    @Test func `counts the hours of each stage`() throws {
        let story = try longStory()
        let report = try Timeline.report(on: track, in: try story.reader())
        let stages = report.json["stages"]?.arrayValue
        #expect(stages?.map { $0["stage"] } == ["branched", "submitted", "rollout", "paused"])
        #expect(stages?.last?["until"] == .null)
        let seconds = stages?.compactMap { $0["seconds"]?.intValue }.reduce(0, +)
        let last = try #require(report.at)
        #expect(seconds == (last - start).milliseconds / 1000)
        #expect(report.text(on: Page()).contains("23.1 h"))
    }

    @Test func `joins a probe with its answer`() throws {
        let story = try ScriptedJournal()
        try story.register()
        try story.see(["blockers": 0, "signed_off": true, "rejected": false])
        story.outcomes["store.submit"] = [.unknown(reason: "connection lost")]
        try story.tick()
        try story.perform()
        story.wait(.minutes(10))
        try story.tick()
        try story.perform()
        let events = try Timeline.report(on: track, in: try story.reader()).json["events"]?
            .arrayValue
        let outcome = events?.first { $0["kind"] == "outcome" }
        #expect(outcome?["outcome"] == "unknown")
        let probe = try #require(events?.first { $0["kind"] == "probe" })
        #expect(probe["answer"] == "present")
        #expect(probe["text"] == "found")
        #expect(probe["answered_at"] != .null)
    }
}

@Suite struct `A replay` {
    @Test func `finds every byte as recorded`() throws {
        let story = try longStory()
        for full in [false, true] {
            let report = try Replay.report(try story.reader(), full: full)
            #expect(report.isEqual)
            #expect(keys(report.json).isSuperset(of: ["ticks", "decided", "divergences"]))
            #expect(report.json["divergences"] == [])
        }
        let other = TrackID(app: "music", platform: "android", version: "1")
        #expect(try Replay.report(try story.reader(), only: other).decided == 0)
    }

    @Test func `shows the first difference`() throws {
        let json: JSON = [
            "tick": 7, "track": "music/ios/8.9.2", "kind": "decision", "engine": "0.0.9",
            "recorded": #"{"light":"green","verdicts":[{"name":"a"},{"name":"b"}]}"#,
            "now": #"{"light":"green","verdicts":[{"name":"a"},{"name":"c"}]}"#,
        ]
        let divergence = try json.decode(ConductorCore.Replay.Divergence.self)
        var report = ReplayReport(ConductorCore.Replay(), engine: "0.1.0")
        report.divergences = [divergence]
        report.count = 1_234
        let found = report.json["divergences"]?.arrayValue?.first
        #expect(keys(found).isSuperset(of: ["tick", "track", "kind", "recorded", "now"]))
        #expect(found?["cause"] == "changed_by_upgrade")
        #expect(found?["recorded"]?["light"] == "green")
        let text = report.text(on: Page())
        #expect(text.contains("first difference at $.verdicts[1].name"))
        #expect(text.contains("recorded  \"b\""))
        #expect(text.contains("1234 not as recorded"))
        #expect(report.json["omitted"] == 1233)
    }
}

@Suite struct `Verify and head` {
    @Test func `agree on the journal's end`() throws {
        let story = try longStory()
        let reader = try story.reader()
        let report = VerifyReport(verification: try reader.verify())
        #expect(keys(report.json).isSuperset(of: ["ok", "entries", "head", "faults"]))
        #expect(report.json["ok"] == true)
        let head = HeadReport(head: try reader.head())
        #expect(head.json["head"] == report.json["head"])
        #expect(head.json["entries"] == report.json["entries"])
        #expect(head.text(on: Page()).hasPrefix(try reader.head().hash + " "))
        let other = String(repeating: "0", count: 64)
        let wrong = VerifyReport(verification: try reader.verify(expectedHead: other))
        #expect(wrong.json["ok"] == false)
        let fault = wrong.json["faults"]?.arrayValue?.first
        #expect(keys(fault) == ["table", "row", "what"])
    }
}
