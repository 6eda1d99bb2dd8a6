import Backlot
import ConductorCore
import ConductorJournal

/// Prints the story of a demo as it goes, and what it comes to.
final class DemoShow {
    private let rulesName: String
    private let state: String
    /// Where vendors are simulated, if they are.
    private let address: String?
    private let speed: Double?
    private let isSilent: Bool
    private let page: Page
    private let showsProgress: Bool
    private var narrator = DemoNarrator()
    private var day = ""
    private let began = ContinuousClock.now

    init(
        rulesName: String,
        state: String,
        address: String?,
        speed: Double?,
        isSilent: Bool,
        page: Page,
        showsProgress: Bool
    ) {
        self.rulesName = rulesName
        self.state = state
        self.address = address
        self.speed = speed
        self.isSilent = isSilent
        self.page = page
        self.showsProgress = showsProgress
    }

    // MARK: The story

    func begin() throws {
        guard !isSilent else { return }
        let title = "A fortnight of the app \(Fortnight.app) on three platforms"
        try Output.print(
            """
            \(page.paint(title, .bold))
            rules  \(rulesName)
            state  \(state)
            \(address.map { "The vendors are simulated at \($0), and asked over HTTP by the real adapters;" }
                ?? "The clock and the backends are scripted;") rules, journal and runtime are real. Times are UTC.
            """
        )
    }

    /// Tells an event, and keeps to the speed that was asked for.
    func take(_ event: DemoEvent, _ world: World) async throws {
        for told in narrator.take(event, world) where !isSilent { try tell(told) }
        guard case .moment = event, let now = world.lastTick?.at.wall else { return }
        if showsProgress { showProgress(world, now) }
        if let speed {
            let hours = Double((now - Fortnight.start).milliseconds) / 3_600_000
            let wait = .seconds(hours / speed) - (ContinuousClock.now - began)
            if wait > .zero { try await Task.sleep(for: wait) }
        }
    }

    private func tell(_ event: DemoRecord.Event) throws {
        if showsProgress { Output.progress("") }
        let today = DemoNarrator.day(event.at)
        if today != day {
            day = today
            try Output.print("\n" + page.paint(today, .bold))
        }
        let name = event.track.map(Self.name) ?? ""
        let column = name + String(repeating: " ", count: max(0, 13 - name.count))
        let margin = "  \(DemoNarrator.clock(event.at))  \(column)  "
        let inks: [Ink] =
            switch event.kind {
            case .world, .performed: [.faint]
            case .command: [.cyan]
            case .decided, .entered: [.bold]
            case .alert: [.red]
            case .poll: [.yellow]
            case .retired: [.green]
            }
        let room = page.width.map { max(30, $0 - margin.count) } ?? .max
        var lines = Table.wrapped(event.text, to: room).map { page.paint($0, inks) }
        if !event.details.isEmpty {
            let because =
                (event.kind == .decided ? "because " : "") + event.details.joined(separator: ", ")
            lines += Table.wrapped(because, to: room - 2).map { "  " + page.paint($0, .faint) }
        }
        let indent = String(repeating: " ", count: margin.count)
        for (number, line) in lines.enumerated() {
            try Output.print((number == 0 ? margin : indent) + line)
        }
    }

    /// `8.9.2 ios`.
    private static func name(_ track: TrackID) -> String { "\(track.version) \(track.platform)" }

    private func showProgress(_ world: World, _ now: Instant) {
        let total = Fortnight.length.milliseconds
        let gone = min(total, (now - Fortnight.start).milliseconds)
        let stages = world.live.suffix(3).map { track in
            "\(Self.name(track)) \(world.states[track]?.stage ?? "-")"
        }
        let bar = String(repeating: "#", count: Int(gone * 20 / total))
        let rest = String(repeating: ".", count: 20 - bar.count)
        let line = "[\(bar)\(rest)] \(DemoNarrator.time(now))  \(stages.joined(separator: ", "))"
        Output.progress(String(line.prefix((page.width ?? 100) - 1)))
    }

    // MARK: The end

    /// The sum of it, and where to look further.
    func end(_ result: Demo.Result, head: JournalHead) throws {
        if showsProgress { Output.progress("") }
        let record = narrator.record
        var stages: [String] = []
        for track in Fortnight.tracks {
            for (stage, _) in record.lengths(of: track, until: result.end)
            where !stages.contains(stage) { stages.append(stage) }
        }
        var table = Table("hours in")
        table.headings += stages
        for track in Fortnight.tracks {
            let lengths = record.lengths(of: track, until: result.end)
            table.rows.append(
                [Cell(Self.name(track))]
                    + stages.map { stage in
                        let length = lengths.first { $0.stage == stage }?.length
                        return Cell(length.map(Self.hours) ?? "-")
                    }
            )
        }
        let alone = record.whileNobodyWasThere
        let seconds = ContinuousClock.now - began
        try Output.print(
            """

            \(page.paint("The fortnight in sum", .bold)) (played in \(seconds.formatted))
            \(table.text(on: page))

            \(record.decided.count) transitions were decided by rules and guards, \(alone.count) of \
            them at night or on a weekend:
            together \(Self.hours(alone.saved)) hours earlier than somebody would have come to the office.
            \(result.effects.count) effects reached the world, each of them once. \
            The journal has \(head.entries) entries.

            \(Self.words(result.vendors))\(page.paint("Look further", .bold))
            """
        )
        for (command, what) in hints(result) {
            let gap = String(repeating: " ", count: max(2, 78 - command.count))
            try Output.print("  \(command)\(gap)\(page.paint(what, .faint))")
        }
    }

    /// How vendors were asked, and what went wrong on the way.
    private static func words(_ vendors: Demo.Vendors?) -> String {
        guard let vendors else { return "" }
        let asked = vendors.requests.sorted { $0.value > $1.value }
        let all = asked.reduce(0) { $0 + $1.value }
        let each = asked.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        let trouble = ["busy", "lost", "stale", "lie"]
            .compactMap { kind in vendors.trouble[kind].map { "\($0) \(kind)" } }
            .joined(separator: ", ")
        return """
            \(all) requests went over HTTP: \(each).
            \(vendors.unchanged) answers were 'not modified'; \
            what went wrong on the way: \(trouble.isEmpty ? "nothing" : trouble).


            """
    }

    private func hints(_ result: Demo.Result) -> [(String, String)] {
        let place = "--state \(state)"
        var hints = [("conductord status \(place)", "where everything stands")]
        if let moment = instructiveMoment {
            hints.append(
                (
                    "conductord explain \(moment.track) --at \(moment.at) \(place)",
                    "why it waited then"
                )
            )
        }
        if let stuck = result.world.live.last {
            hints.append(("conductord explain \(stuck) \(place)", "why it waits now"))
        }
        let track = Fortnight.tracks[0]
        hints += [
            ("conductord timeline \(track) \(place)", "all that happened to it"),
            ("conductord verify \(place)", "that no row was touched"),
            ("conductord replay --full \(place)", "every decision again, byte for byte"),
            ("conductord init my", "rules of your own: set spike_crash_free: 0.98,"),
            (
                "conductord demo --rules my/release-states.yaml --state my/demo-state",
                "and the road is another one"
            ),
        ]
        return hints
    }

    /// An hour before the last candidate of a track was submitted: there is something to explain.
    private var instructiveMoment: (track: TrackID, at: Instant)? {
        for track in Fortnight.tracks(of: Fortnight.version).reversed() {
            guard let stays = narrator.record.stays[track],
                let place = stays.lastIndex(where: { $0.stage == "submitted" })
            else { continue }
            return (track, stays[place].since - .hours(1))
        }
        return nil
    }

    /// `31.5`: hours to a tenth.
    private static func hours(_ span: Span) -> String {
        let tenths = (span.milliseconds + 180_000) / 360_000
        return "\(tenths / 10).\(tenths % 10)"
    }

    // MARK: For machines

    func json(_ result: Demo.Result, head: JournalHead) -> JSON {
        let record = narrator.record
        let alone = record.whileNobodyWasThere
        return [
            "rules": .string(rulesName), "state": .string(state),
            "began": .string(Fortnight.start.description), "ended": .string(result.end.description),
            "tracks": .array(
                Fortnight.tracks.map { track in
                    [
                        "track": .string(track.description),
                        "stage": JSON(result.world.states[track]?.stage),
                        "phase": JSON(result.world.states[track]?.phase.name),
                        "retired": .bool(result.world.states[track]?.retired ?? false),
                        "stages": .array(
                            (record.stays[track] ?? []).map {
                                [
                                    "stage": .string($0.stage),
                                    "since": .string($0.since.description),
                                ]
                            }
                        ),
                    ]
                }
            ),
            "decided": JSON(record.decided.count),
            "vendors": result.vendors.map { vendors in
                [
                    "requests": .object(vendors.requests.mapValues { .int(Int64($0)) }),
                    "unchanged": .int(Int64(vendors.unchanged)),
                    "trouble": .object(vendors.trouble.mapValues { .int(Int64($0)) }),
                ]
            } ?? .null,
            "while_nobody_was_there": [
                "decided": JSON(alone.count), "seconds": JSON(seconds: alone.saved),
            ],
            "effects": JSON(result.effects.count),
            "entries": .int(head.entries), "head": .string(head.hash),
            "events": .array(record.events.map(\.json)),
        ]
    }
}

extension Instant {
    fileprivate static func - (instant: Instant, span: Span) -> Instant {
        instant + Span(milliseconds: -span.milliseconds)
    }
}

extension Duration {
    fileprivate var formatted: String {
        let tenths = components.seconds * 10 + components.attoseconds / 100_000_000_000_000_000
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
