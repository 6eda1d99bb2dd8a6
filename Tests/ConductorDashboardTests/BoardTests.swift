import ConductorCore
import ConductorTesting
import HTTPTypes
import Testing

@testable import ConductorDashboard

/// A fleet of the published machine, decided by the core, without any loop.
enum Fleet {
    static let start = Instant(milliseconds: 1_772_442_000_000)

    static func world(_ count: Int) throws -> World {
        var world = World()
        let machine = PublishedMachine.published
        let canonical = try JSON(encoding: machine.canonical).description
        let source = try JSON(encoding: machine).description
        let digest = String(repeating: "ab", count: 32)
        func write(_ entries: [Entry]) throws {
            for entry in entries { try world.apply(entry) { _ in .null } }
        }
        let at = Stamp(wall: start, elapsed: 0)
        try write([
            .boot(.init(at: at, engine: Conductor.engine, files: [:], process: 1)),
            .machine(.init(digest: digest, canonical: canonical, source: source)),
        ])
        let stages = machine.stages.filter { $0.kind == .road }.map(\.name)
        for number in 0..<count {
            let track = TrackID(
                app: "app\(number / 30)",
                platform: ["android", "ios", "web"][number % 3],
                version: "8.\(number / 3).0"
            )
            let stage = stages[number % stages.count]
            let record = Entry.DiscoveryRecord(
                at: at,
                track: track,
                machine: digest,
                by: "os:anna",
                stage: stage
            )
            try write([.discovery(record)])
        }
        let tick = Entry.Tick(number: 1, at: Stamp(wall: start + .hours(5), elapsed: 18_000_000))
        let turns = world.decideAll(in: tick)
        try write(try world.entries(for: tick, turns))
        return world
    }

    static func view(_ count: Int) throws -> FleetView {
        FleetView(of: try world(count), interval: .seconds(30))
    }
}

@Suite struct `The board` {
    private func overview(_ view: FleetView, isLate: Bool = false) -> HTML {
        var rows: [TrackID: HTML] = [:]
        for track in view.status.tracks {
            rows[track.state.track] = TrackRow(track: track, status: view.status).html
        }
        return OverviewPage(
            view: view,
            filter: Filter(),
            isLate: isLate,
            rows: rows,
            caller: .anybody
        ).html
    }

    @Test func `says so when nothing was decided for too long`() throws {
        let clock = ManualClock(wall: Fleet.start)
        let board = Board(clock: clock, limits: DashboardLimits())
        #expect(Health(of: board) == .starting)
        board.publish(try Fleet.view(3))
        let shown = try #require(board.shown)
        #expect(!board.isLate(shown))
        clock.advance(by: .seconds(70))
        #expect(!board.isLate(shown))
        clock.advance(by: .seconds(1))
        #expect(board.isLate(shown))
        #expect(Health(of: board) == .late)
        let page = overview(shown.view, isLate: true).text
        #expect(page.contains("<html lang=\"en\" class=\"late\">"))
        #expect(page.contains("may be so no more"))
        var view = shown.view
        view.fault = "disk I/O error"
        board.publish(view)
        #expect(Health(of: board) == .fault)
        #expect(board.shown?.panel.text.contains("disk I/O error") == true)
    }

    @Test func `renders once for each view, and tells a change from none`() async throws {
        let board = Board(clock: ManualClock(wall: Fleet.start), limits: DashboardLimits())
        #expect(await board.kept("x") { _ in .plain("x", status: .ok) } == nil)
        var view = try Fleet.view(3)
        board.publish(view)
        let (stream, _) = try board.streams.listen(
            from: "a",
            grant: all,
            after: view.tick,
            current: view.tick
        )
        var count = 0
        for _ in 0..<3 {
            _ = await board.kept("x") { _ in
                count += 1
                return .plain("x", status: .ok)
            }
        }
        #expect(count == 1)
        view.tick = 2
        board.publish(view)
        _ = await board.kept("x") { _ in
            count += 1
            return .plain("x", status: .ok)
        }
        #expect(count == 2)
        // The second view was the first one again; the third one has one track less.
        let gone = view.status.tracks.removeLast().state.track
        view.tick = 3
        board.publish(view)
        var iterator = stream.makeAsyncIterator()
        let event = try #require(await iterator.next())
        #expect(event.id == 3)
        #expect(event.data["removed"] == [.string(gone.description)])
    }

    @Test func `has pages that stay small`() throws {
        // The bound of the page of 60 tracks, before compression.
        let sixty = overview(try Fleet.view(60)).text.utf8.count
        #expect(sixty < 150_000, "\(sixty) bytes")
        let many = Array(overview(try Fleet.view(500)).text.utf8)
        let packed = try #require(Compression.gzip(many))
        #expect(many.count < 1_250_000, "\(many.count) bytes")
        #expect(packed.count < 120_000, "\(packed.count) bytes")
    }

    @Test func `has words for an empty fleet, and for a filter that nothing fits`() throws {
        let empty = overview(FleetView(of: World(), interval: .seconds(30))).text
        #expect(empty.contains("No release yet"))
        #expect(empty.contains("conductord track add"))
        var filter = Filter()
        filter.app = "nothing"
        let view = try Fleet.view(4)
        let none = OverviewPage(
            view: view,
            filter: filter,
            isLate: false,
            rows: [:],
            caller: .anybody
        ).html.text
        #expect(none.contains("Nothing fits"))
        #expect(none.contains("<option selected>nothing</option>"))
    }

    @Test func `filters by app, platform, light and words`() throws {
        let view = try Fleet.view(60)
        func count(_ change: (inout Filter) -> Void) -> Int {
            var filter = Filter()
            change(&filter)
            return view.status.tracks.count(where: filter.fits)
        }
        #expect(count { _ in } == 60)
        #expect(count { $0.app = "app1" } == 30)
        #expect(count { $0.platform = "ios" } == 20)
        #expect(count { $0.text = "IOS app0" } == 10)
        let lights = Light.allCases.map { light in count { $0.light = light } }
        #expect(lights.reduce(0, +) == 60)
    }
}

@Suite struct `Markup` {
    @Test(arguments: [
        ("<b>&\"'", "&lt;b&gt;&amp;&quot;&#39;"), ("plain", "plain"), ("über ✔", "über ✔"),
        ("a\u{202E}b", "a\u{FFFD}b"), ("a\u{0}b", "a\u{FFFD}b"), ("", ""),
    ])
    func `takes texts for texts`(_ text: String, _ expected: String) {
        let html: HTML = "<i title=\"\(text)\">\(text)</i>"
        #expect(html.text == "<i title=\"\(expected)\">\(expected)</i>")
    }

    @Test(arguments: [
        "javascript:alert(1)", "JavaScript:x", "data:text/html,x", "//evil", " https://x",
    ])
    func `links nowhere but to the web`(_ address: String) {
        #expect(HTML.link(address, "words") == "words")
        #expect(HTML.look(address) == "")
    }

    @Test func `links to the web, escaped`() {
        let link = HTML.link("https://x.example/?a=\"&b", "words").text
        #expect(link.hasPrefix("<a href=\"https://x.example/?a=&quot;&amp;b\""))
    }

    @Test func `writes numbers as people read them`() {
        #expect(Numbers.decimal(0.9931 * 100, places: 3) == "99.31")
        #expect(Numbers.decimal(1_234_567, places: 2) == "1\u{202F}234\u{202F}567")
        #expect(Numbers.decimal(-0.5, places: 1) == "-0.5")
    }

    @Test func `knows what a condition holds a number against`() throws {
        let view = try Fleet.view(8)
        let all = view.status.tracks.flatMap { $0.thresholds.values.flatMap(\.self) }
        #expect(all.contains { $0.fact.contains("crash") && $0.limit == .double(0.01) })
    }
}
