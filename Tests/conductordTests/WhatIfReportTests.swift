import ConductorCore
import ConductorJournal
import Testing

@testable import conductord

private let track = ScriptedJournal.track
private let start = ScriptedJournal.start

/// Asks a machine over a story, as `replay --rules` does.
private func ask(
    _ machine: Machine,
    _ story: ScriptedJournal,
    since: Instant? = nil
) throws -> WhatIfReport {
    let app = AppDefinition(name: "music", platforms: ["ios"], machines: ["ios": machine])
    return try Replay.whatIf(
        try story.reader(),
        rules: "other.yaml",
        Deployment(apps: [app]),
        since: since
    )
}

/// The small machine with another expression for one of its conditions.
private func small(_ name: String, _ expr: String) -> Machine {
    var machine = Machine.small
    for place in machine.conditions.indices where machine.conditions[place].name == name {
        machine.conditions[place].expr = expr
    }
    return machine
}

/// Two blockers, then one after five hours, then none after three more; a tick every hour.
private func blockers(_ machine: Machine = .small) throws -> ScriptedJournal {
    let story = try ScriptedJournal(machine)
    try story.register()
    for hour in 0..<12 {
        let open: JSON = hour < 5 ? 2 : hour < 8 ? 1 : 0
        try story.see(["blockers": open, "signed_off": true, "rejected": false])
        try story.tick()
        try story.perform()
        story.wait(.hours(1))
    }
    return story
}

private func only(_ report: WhatIfReport) throws -> WhatIf.Finding {
    let told = report.findings.filter { $0.kind != .same }
    try #require(told.count == 1, "\(told)")
    return told[0]
}

@Suite struct `What other rules would have done` {
    @Test func `is the same when they are the same`() throws {
        for story in [try blockers(), try longStory()] {
            let report = try ask(.small, story)
            #expect(report.findings.allSatisfy { $0.kind == .same }, "\(report.findings)")
            #expect(!report.findings.isEmpty)
            #expect(report.text(on: Page()).contains("✔ The same"))
        }
    }

    @Test func `comes earlier, with the hours and what made the difference`() throws {
        let report = try ask(small("no_blockers", "tracker.blockers <= 1"), try blockers())
        let finding = try only(report)
        #expect(finding.kind == .earlier)
        #expect((finding.from, finding.to) == ("branched", "submitted"))
        #expect(finding.would?.at.wall == start + .hours(5))
        let row = report.json["tracks"]?.arrayValue?.first?["transitions"]?.arrayValue?.first
        #expect(row?["kind"] == "earlier")
        let seconds = try #require(row?["seconds"]?.intValue)
        #expect((-10_801 ... -10_799).contains(seconds))
        let difference = try #require(row?["differences"]?.arrayValue?.first)
        #expect(difference["name"] == "no_blockers")
        #expect(difference["recorded"] == "unmet")
        #expect(difference["would"] == "met")
        #expect(difference["facts"]?.arrayValue?.first?["value"] == 1)
        #expect(report.json["totals"]?["earlier"]?["count"] == 1)
        let text = report.text(on: Page())
        #expect(text.contains("↑ earlier  branched → submitted, by 3 h"))
        #expect(text.contains("no_blockers: recorded unmet, would be met"))
    }

    @Test func `comes later, on the facts that came in after the track had left`() throws {
        let lenient = small("no_blockers", "tracker.blockers <= 1")
        let finding = try only(try ask(.small, try blockers(lenient)))
        #expect(finding.kind == .later)
        #expect(finding.recorded?.at.wall == start + .hours(5))
        let shift = try #require(finding.shift)
        #expect(shift > .hours(2) && shift < .hours(4))
        #expect(finding.differences.map(\.name) == ["no_blockers"])
    }

    @Test func `never comes, and says until when it was asked`() throws {
        let report = try ask(small("no_blockers", "tracker.blockers < 0"), try blockers())
        let finding = try only(report)
        #expect(finding.kind == .never)
        #expect(finding.would == nil)
        #expect(finding.note == "until the journal's last tick")
        #expect(report.json["totals"]?["never"]?["count"] == 1)
    }

    @Test func `comes newly`() throws {
        let story = try blockers(small("no_blockers", "tracker.blockers < 0"))
        let finding = try only(try ask(.small, story))
        #expect(finding.kind == .newly)
        #expect(finding.recorded == nil)
        #expect(finding.would?.at.wall == start + .hours(8))
        #expect(finding.differences.map(\.name) == ["no_blockers"])
    }

    @Test func `tells only what was decided since a time`() throws {
        let other = small("no_blockers", "tracker.blockers <= 1")
        let story = try blockers()
        #expect(try ask(other, story, since: start + .hours(11)).findings.isEmpty)
        #expect(try ask(other, story, since: start + .hours(7)).findings.count == 1)
    }

    @Test func `a guard that is less strict never brakes, one that is stricter brakes newly`()
        throws
    {
        let calm = try only(try ask(small("crashing", "tracker.crash_free < 0.9"), try longStory()))
        #expect(calm.kind == .never)
        #expect(calm.to == "paused")
        #expect(calm.differences.map(\.name) == ["crashing"])

        let story = try ScriptedJournal()
        try story.register(stage: "rollout")
        try story.see(["crash_free": .double(0.985)])
        for _ in 0..<3 {
            try story.tick()
            story.wait(.hours(1))
        }
        let strict = try only(try ask(small("crashing", "tracker.crash_free < 0.99"), story))
        #expect(strict.kind == .newly)
        #expect(strict.would?.name == "crash_spike")
        #expect(strict.would?.at.wall == start)
    }

    @Test func `a shorter dwell comes earlier by the difference`() throws {
        let story = try ScriptedJournal()
        try story.register(stage: "rollout")
        for _ in 0..<30 {
            try story.see(["crash_free": .double(0.999)])
            try story.tick()
            try story.perform()
            story.wait(.hours(1))
        }
        var shorter = Machine.small
        for place in shorter.transitions.indices where shorter.transitions[place].name == "finish" {
            shorter.transitions[place].dwell = .hours(12)
        }
        let finding = try only(try ask(shorter, story))
        #expect(finding.kind == .earlier)
        #expect(finding.shift == Span(milliseconds: -12 * 3_600_000))
        #expect(finding.differences.map(\.name) == ["dwell 1d"])
    }

    @Test func `is not guessed where a fact was never polled`() throws {
        var asking = small("no_blockers", "tracker.blockers == 0 && audit.passed")
        asking.facts.append(
            FactDeclaration(
                path: "audit.passed",
                source: "audit",
                name: "passed",
                type: .bool,
                maxAge: .days(1)
            )
        )
        let report = try ask(asking, try blockers())
        let finding = try only(report)
        #expect(finding.kind == .unanswered)
        #expect(finding.note == "nobody asked for audit.passed at that time")
        #expect(report.text(on: Page()).contains("? cannot say  branched → submitted"))
    }

    @Test func `is not guessed in a stage that the other rules lack, or for another app`() throws {
        var without = Machine.small
        without.stages.removeAll { $0.name == "branched" }
        without.transitions.removeAll { $0.from == "branched" || $0.to == .stage("branched") }
        let report = try ask(without, try blockers())
        let finding = try only(report)
        #expect(finding.kind == .unanswered)
        #expect(finding.note == "the other rules have no stage 'branched'")

        let nobody = try Replay.whatIf(
            try blockers().reader(),
            rules: "other.yaml",
            Deployment()
        )
        #expect(nobody.unanswered[track] == "the other rules have none for music/ios")
        #expect(nobody.json["tracks"]?.arrayValue?.first?["unanswered"] != .null)
    }
}
