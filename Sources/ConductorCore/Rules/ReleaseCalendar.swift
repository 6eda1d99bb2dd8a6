package import CEL

/// When something may be decided, by the wall clock of a place: office hours without holidays.
///
/// A value that says everything: the hours, the days off, and the offsets of its time zone by instant.
/// It is recorded with every boot, so that a replay needs no zone data of its own.
package struct ReleaseCalendar: Sendable, Hashable {
    /// A stretch of a day, on given days of the week.
    package struct Window: Sendable, Hashable, Codable {
        /// Days of the week, 0 for Sunday to 6 for Saturday, in order.
        package var days: [Int]
        /// Minutes of local time since midnight.
        package var from: Int
        /// Minutes of local time since midnight, at most 1440; after `from`.
        package var to: Int

        package init(days: [Int], from: Int, to: Int) {
            self.days = days
            self.from = from
            self.to = to
        }
    }

    /// Days on which it is closed, both ends included.
    package struct DaysOff: Sendable, Hashable, Codable {
        /// Days since 1970-01-01.
        package var first: Int64
        package var last: Int64

        package init(first: Int64, last: Int64) {
            self.first = first
            self.last = last
        }
    }

    package var name: String
    package var zone: ZoneRules.Zone
    package var windows: [Window]
    package var daysOff: [DaysOff]

    package init(
        name: String,
        zone: ZoneRules.Zone,
        windows: [Window],
        daysOff: [DaysOff] = []
    ) {
        self.name = name
        self.zone = zone
        self.windows = windows
        self.daysOff = daysOff
    }

    /// How many days ahead an opening is looked for.
    package static let horizon = 800

    /// Whether it is open at an instant.
    package func isOpen(at instant: Instant) -> Bool {
        let day = localDay(of: instant)
        return (day - 1...day + 1).contains { day in
            openings(on: day).contains { $0.from <= instant && instant < $0.to }
        }
    }

    /// The first instant at or after `instant` at which it is open; nil when there is none within
    /// the horizon.
    package func opening(atOrAfter instant: Instant) -> Instant? {
        let first = localDay(of: instant) - 1
        for day in first...first + Int64(Self.horizon) {
            let next = openings(on: day).filter { $0.to > instant }.map { max($0.from, instant) }
            if let opening = next.min() { return opening }
        }
        return nil
    }

    /// The first instant after `instant`, at which it is open, from which on it is not; nil when
    /// there is none within the horizon.
    package func closing(after instant: Instant) -> Instant? {
        let first = localDay(of: instant) - 1
        var end = instant
        for day in first...first + Int64(Self.horizon) {
            for opening in openings(on: day).sorted(by: { $0.from < $1.from })
            where opening.from <= end && opening.to > end {
                end = opening.to
            }
            if day > localDay(of: end) { return end }
        }
        return nil
    }

    private func localDay(of instant: Instant) -> Int64 {
        let second = instant.milliseconds.flooredDivision(by: 1000)
        return (second + Int64(zone.offset(atSecond: second))).flooredDivision(by: 86400)
    }

    private func openings(on day: Int64) -> [(from: Instant, to: Instant)] {
        guard !daysOff.contains(where: { $0.first <= day && day <= $0.last }) else { return [] }
        // 1970-01-01 was a Thursday.
        let weekday = Int((day + 4) - (day + 4).flooredDivision(by: 7) * 7)
        return windows.filter { $0.days.contains(weekday) }
            .map { (from: self.instant(day, $0.from), to: self.instant(day, $0.to)) }
    }

    /// The instant of a local time; one that a change of clocks skips is taken as if it had not.
    private func instant(_ day: Int64, _ minute: Int) -> Instant {
        let local = day * 86400 + Int64(minute) * 60
        let guess = local - Int64(zone.offset(atSecond: local))
        return Instant(milliseconds: (local - Int64(zone.offset(atSecond: guess))) * 1000)
    }
}

extension ReleaseCalendar: Codable {
    private enum CodingKeys: String, CodingKey {
        case name, zone, offset, changes
        case windows = "open"
        case daysOff = "closed"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        windows = try container.decode([Window].self, forKey: .windows)
        daysOff = try container.decode([DaysOff].self, forKey: .daysOff)
        let changes = try container.decode([[Int64]].self, forKey: .changes)
        zone = ZoneRules.Zone(
            name: try container.decode(String.self, forKey: .zone),
            initialOffset: try container.decode(Int32.self, forKey: .offset),
            transitions: changes.compactMap { change in
                guard change.count == 2, let offset = Int32(exactly: change[1]) else { return nil }
                return .init(from: change[0], offset: offset)
            }
        )
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(zone.name, forKey: .zone)
        try container.encode(zone.initialOffset, forKey: .offset)
        try container.encode(
            zone.transitions.map { [$0.from, Int64($0.offset)] },
            forKey: .changes
        )
        try container.encode(windows, forKey: .windows)
        try container.encode(daysOff, forKey: .daysOff)
    }
}

extension ReleaseCalendar {
    /// The days since 1970-01-01 of a date written `2026-12-24`; nil for anything else.
    package static func day(_ text: String) -> Int64? {
        Instant(rfc3339: "\(text)T00:00:00Z").map {
            $0.milliseconds.flooredDivision(by: 86_400_000)
        }
    }
}

extension [ReleaseCalendar] {
    /// The first instant at or after `instant` at which all are open; nil when there is none within
    /// the horizon.
    func opening(atOrAfter instant: Instant) -> Instant? {
        var moment = instant
        // Each step moves on to an opening of one of them; two that never meet end the search.
        for _ in 0..<ReleaseCalendar.horizon {
            var latest = moment
            for calendar in self {
                guard let opening = calendar.opening(atOrAfter: moment) else { return nil }
                latest = Swift.max(latest, opening)
            }
            if latest == moment { return moment }
            moment = latest
        }
        return nil
    }
}
