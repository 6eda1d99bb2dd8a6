import Backlot
import ConductorCore
import Testing

@Suite struct `A scripted clock` {
    private let noon = Fortnight.start

    @Test func `stands still until it is moved, and both its times move together`() {
        let clock = ScriptedClock(at: noon)
        #expect(clock.wall() == noon)
        #expect(clock.monotonic() == 0)
        clock.move(by: .minutes(5))
        #expect(clock.wall() == noon + .minutes(5))
        #expect(clock.monotonic() == 300_000)
        clock.move(to: noon)
        #expect(clock.wall() == noon + .minutes(5), "It never runs backwards.")
    }

    @Test func `wakes who slept long enough, and nobody else`() async throws {
        let clock = ScriptedClock(at: noon)
        let short = Task { try await clock.sleep(for: .minutes(1)) }
        let long = Task { try await clock.sleep(for: .minutes(10)) }
        while clock.sleepers < 2 { await Task.yield() }
        clock.move(by: .minutes(5))
        try await short.value
        #expect(clock.sleepers == 1)
        long.cancel()
        await #expect(throws: CancellationError.self) { try await long.value }
        #expect(clock.sleepers == 0)
    }

    @Test func `lets nobody sleep who was cancelled before`() async {
        let clock = ScriptedClock(at: noon)
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            try await clock.sleep(for: .hours(1))
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}

@Suite struct `The office calendar` {
    private func instant(_ text: String) throws -> Instant {
        try #require(Instant(rfc3339: text))
    }

    @Test(arguments: [
        ("2026-03-05T12:00:00Z", "Thu", true), ("2026-03-06T07:59:59Z", "Fri", false),
        ("2026-03-06T08:00:00Z", "Fri", true), ("2026-03-06T20:00:00Z", "Fri", false),
        ("2026-03-07T12:00:00Z", "Sat", false), ("2026-03-09T19:59:59Z", "Mon", true),
        ("1969-12-31T12:00:00Z", "Wed", true),
    ])
    func `knows weekdays and when people are there`(
        text: String,
        weekday: String,
        isOffice: Bool
    ) throws {
        let moment = try instant(text)
        #expect(OfficeCalendar.weekday(of: moment).short == weekday)
        #expect(OfficeCalendar.isOfficeHour(moment) == isOffice)
    }

    @Test(arguments: [
        ("2026-03-06T21:00:00Z", "2026-03-09T08:00:00Z"),
        ("2026-03-10T02:20:00Z", "2026-03-10T08:00:00Z"),
        ("2026-03-10T10:00:00Z", "2026-03-10T10:00:00Z"),
    ])
    func `finds the next hour at which somebody is there`(from: String, to: String) throws {
        #expect(OfficeCalendar.officeHour(from: try instant(from)) == (try instant(to)))
    }
}
