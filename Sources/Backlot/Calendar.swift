package import ConductorCore

/// Days and hours as people keep them, in UTC.
package enum OfficeCalendar {
    package enum Weekday: Int, Sendable, CaseIterable {
        case monday, tuesday, wednesday, thursday, friday, saturday, sunday

        /// `Mon`.
        package var short: String {
            switch self {
            case .monday: "Mon"
            case .tuesday: "Tue"
            case .wednesday: "Wed"
            case .thursday: "Thu"
            case .friday: "Fri"
            case .saturday: "Sat"
            case .sunday: "Sun"
            }
        }
    }

    /// When people are there, on working days.
    package static let opens = Span.hours(8)
    package static let closes = Span.hours(20)

    private static let day = Span.days(1).milliseconds

    private static func split(_ instant: Instant) -> (days: Int64, inDay: Span) {
        let inDay = ((instant.milliseconds % day) + day) % day
        return ((instant.milliseconds - inDay) / day, Span(milliseconds: inDay))
    }

    package static func weekday(of instant: Instant) -> Weekday {
        // 1970-01-01 was a Thursday.
        let index = ((split(instant).days + 3) % 7 + 7) % 7
        return Weekday(rawValue: Int(index)) ?? .monday
    }

    /// Whether people are there to see what happens.
    package static func isOfficeHour(_ instant: Instant) -> Bool {
        switch weekday(of: instant) {
        case .saturday, .sunday: return false
        case .monday, .tuesday, .wednesday, .thursday, .friday:
            let inDay = split(instant).inDay
            return inDay >= opens && inDay < closes
        }
    }

    /// The first moment from `instant` on at which people are there.
    package static func officeHour(from instant: Instant) -> Instant {
        var moment = instant
        while !isOfficeHour(moment) {
            let (days, inDay) = split(moment)
            let next = inDay < opens ? days : days + 1
            moment = Instant(milliseconds: next * day) + opens
        }
        return moment
    }
}
