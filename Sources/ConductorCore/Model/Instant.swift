/// A point of wall-clock time: whole milliseconds since 1970-01-01T00:00:00Z.
///
/// The core reads no clock; every instant comes in as an argument.
package struct Instant: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Milliseconds since the Unix epoch, UTC.
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package static func < (left: Instant, right: Instant) -> Bool {
        left.milliseconds < right.milliseconds
    }

    package static func + (instant: Instant, span: Span) -> Instant {
        Instant(milliseconds: instant.milliseconds.saturatingAdd(span.milliseconds))
    }

    package static func - (left: Instant, right: Instant) -> Span {
        Span(milliseconds: left.milliseconds.saturatingSubtract(right.milliseconds))
    }

    /// RFC 3339 in UTC; the fraction appears only when it is not zero.
    package var description: String {
        let seconds = milliseconds.flooredDivision(by: 1000)
        let fraction = milliseconds - seconds * 1000
        let days = seconds.flooredDivision(by: 86400)
        let inDay = seconds - days * 86400
        let date = CivilDate(daysSinceEpoch: days)
        var text = date.description + "T"
        text += padded(inDay / 3600, 2) + ":" + padded(inDay / 60 % 60, 2) + ":"
        text += padded(inDay % 60, 2)
        if fraction != 0 { text += "." + padded(fraction, 3) }
        return text + "Z"
    }

    /// Reads RFC 3339 (`2026-03-02T09:00:00Z`, `2026-03-02T09:00Z`, any numeric offset).
    ///
    /// Fractions finer than a millisecond are cut. Returns nil for anything else.
    package init?(rfc3339 text: String) {
        var scanner = DigitScanner(text)
        guard let year = scanner.number(4), scanner.take("-"),
            let month = scanner.number(2), (1...12).contains(month), scanner.take("-"),
            let day = scanner.number(2), day >= 1,
            day <= CivilDate.daysInMonth(year: year, month: month),
            scanner.take("T") || scanner.take("t") || scanner.take(" "),
            let hour = scanner.number(2), hour < 24, scanner.take(":"),
            let minute = scanner.number(2), minute < 60
        else { return nil }
        var second: Int64 = 0
        var fraction: Int64 = 0
        if scanner.take(":") {
            guard let read = scanner.number(2), read < 60 else { return nil }
            second = read
            if scanner.take(".") {
                guard let read = scanner.milliseconds() else { return nil }
                fraction = read
            }
        }
        var offset: Int64 = 0
        if !(scanner.take("Z") || scanner.take("z")) {
            let sign: Int64
            if scanner.take("+") {
                sign = 1
            } else if scanner.take("-") {
                sign = -1
            } else {
                return nil
            }
            guard let hours = scanner.number(2), hours < 24, scanner.take(":"),
                let minutes = scanner.number(2), minutes < 60
            else { return nil }
            offset = sign * (hours * 3600 + minutes * 60)
        }
        guard scanner.isAtEnd else { return nil }
        let days = CivilDate(year: year, month: month, day: day).daysSinceEpoch
        let seconds = days * 86400 + hour * 3600 + minute * 60 + second - offset
        self.init(milliseconds: seconds * 1000 + fraction)
    }
}

/// A proleptic Gregorian date (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
struct CivilDate: CustomStringConvertible {
    var year: Int64
    var month: Int64
    var day: Int64

    init(year: Int64, month: Int64, day: Int64) {
        self.year = year
        self.month = month
        self.day = day
    }

    init(daysSinceEpoch: Int64) {
        let shifted = daysSinceEpoch + 719_468
        let era = shifted.flooredDivision(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var daysSinceEpoch: Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear.flooredDivision(by: 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    static func daysInMonth(year: Int64, month: Int64) -> Int64 {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    var description: String { padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2) }
}

/// Reads fixed-width decimal fields from the front of a text.
private struct DigitScanner {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = text[...].utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard let first = rest.first, UInt32(first) == character.value else { return false }
        rest.removeFirst()
        return true
    }

    mutating func number(_ width: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<width {
            guard let first = rest.first, (48...57).contains(first) else { return nil }
            value = value * 10 + Int64(first - 48)
            rest.removeFirst()
        }
        return value
    }

    /// Reads one to nine digits as a fraction of a second.
    mutating func milliseconds() -> Int64? {
        var value: Int64 = 0
        var digits = 0
        while let first = rest.first, (48...57).contains(first), digits < 9 {
            if digits < 3 { value = value * 10 + Int64(first - 48) }
            digits += 1
            rest.removeFirst()
        }
        guard digits > 0 else { return nil }
        for _ in digits..<max(3, digits) { value *= 10 }
        return value
    }
}

func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number.magnitude)
    let zeros = String(repeating: "0", count: max(0, width - digits.utf8.count))
    return (number < 0 ? "-" : "") + zeros + digits
}

extension Int64 {
    func flooredDivision(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }

    func saturatingSubtract(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }

    func saturatingAdd(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}
