import ConductorCore
import Testing
@testable import conductord
@Suite struct Look {
    @Test func look() throws {
        let s = try longStory()
        let r = try s.reader()
        let page = Page(hasColours: false, width: 110, now: s.now)
        let f = try FleetReading(r)
        let st = StatusReport(at: f.at, stop: f.stop, holds: f.holds, tracks: f.tracks)
        print(st.json, st.text(on: page), separator: "\n")
        let e = try Explain.report(on: ScriptedJournal.track, at: nil, in: r)
        print(e.json, e.text(on: page), separator: "\n")
        let e2 = try Explain.report(on: ScriptedJournal.track, at: ScriptedJournal.start + .hours(3), in: r)
        print(e2.text(on: page), separator: "\n")
        let t = try Timeline.report(on: ScriptedJournal.track, in: r)
        print(t.json, t.text(on: page), separator: "\n")
        let rp = try Replay.report(r, full: true)
        print(rp.json, rp.text(on: page), separator: "\n")
    }
}
