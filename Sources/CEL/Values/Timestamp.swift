/// An instant between the years 1 and 9999, in UTC, exact to the nanosecond.
///
/// Specification: "Timestamps"; the range is that of `google.protobuf.Timestamp`.
public struct Timestamp: Sendable, Hashable {
    /// Seconds since 1970-01-01T00:00:00Z.
    public let seconds: Int64
    /// Nanoseconds within the second, from 0 to 999,999,999.
    public let nanoseconds: Int32

    /// 0001-01-01T00:00:00Z, in seconds.
    static let earliestSecond: Int64 = -62_135_596_800
    /// 9999-12-31T23:59:59Z, in seconds.
    static let latestSecond: Int64 = 253_402_300_799

    /// Makes an instant; `nil` outside the range.
    public init?(seconds: Int64, nanoseconds: Int32 = 0) {
        guard (Self.earliestSecond...Self.latestSecond).contains(seconds),
            (0..<1_000_000_000).contains(nanoseconds)
        else { return nil }
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// The instant so many nanoseconds later; `nil` outside the range.
    public func adding(nanoseconds span: Int64) -> Timestamp? {
        var (more, rest) = span.quotientAndRemainder(dividingBy: 1_000_000_000)
        rest += Int64(nanoseconds)
        if rest < 0 {
            rest += 1_000_000_000
            more -= 1
        } else if rest >= 1_000_000_000 {
            rest -= 1_000_000_000
            more += 1
        }
        return Timestamp(seconds: seconds + more, nanoseconds: Int32(rest))
    }

    /// The nanoseconds from another instant to this one; `nil` when 64 bits do not hold them.
    public func nanoseconds(since other: Timestamp) -> Int64? {
        let whole = (seconds - other.seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let part = Int64(nanoseconds) - Int64(other.nanoseconds)
        if whole.overflow {
            return nil
        }
        let sum = whole.partialValue.addingReportingOverflow(part)
        return sum.overflow ? nil : sum.partialValue
    }
}

extension Timestamp: Comparable {
    /// Whether one instant is earlier than another.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}

extension Timestamp: CustomStringConvertible {
    /// The instant in RFC 3339.
    public var description: String { rfc3339 }

    /// The instant in RFC 3339, in UTC, without trailing zeros of the fraction.
    public var rfc3339: String {
        let date = CivilDate(secondsSinceEpoch: seconds)
        var text = padded(date.year, 4) + "-" + padded(date.month, 2) + "-" + padded(date.day, 2)
        text += "T" + padded(date.hour, 2) + ":" + padded(date.minute, 2)
        text += ":" + padded(date.second, 2)
        if nanoseconds != 0 { text += "." + fraction(Int64(nanoseconds)) }
        return text + "Z"
    }

    /// Reads an instant in RFC 3339; `nil` when the text is something else or out of range.
    public init?(rfc3339 text: String) {
        var reader = DigitReader(text)
        guard let year = reader.number(digits: 4), reader.take("-"),
            let month = reader.number(digits: 2), reader.take("-"),
            let day = reader.number(digits: 2), reader.take("T") || reader.take("t"),
            let hour = reader.number(digits: 2), reader.take(":"),
            let minute = reader.number(digits: 2), reader.take(":"),
            let second = reader.number(digits: 2)
        else { return nil }
        var nanoseconds: Int64 = 0
        if reader.take(".") {
            guard let part = reader.fraction() else { return nil }
            nanoseconds = part
        }
        var offset: Int64 = 0
        if !(reader.take("Z") || reader.take("z")) {
            let isBehind = reader.take("-")
            guard isBehind || reader.take("+"), let hours = reader.number(digits: 2),
                reader.take(":"), let minutes = reader.number(digits: 2), hours < 24, minutes < 60
            else { return nil }
            offset = (hours * 60 + minutes) * (isBehind ? -60 : 60)
        }
        guard reader.isAtEnd, (1...9999).contains(year), (1...12).contains(month),
            (1...CivilDate.dayCount(year: year, month: month)).contains(day), hour < 24,
            minute < 60, second < 60
        else { return nil }
        let days = CivilDate.daysSinceEpoch(year: year, month: month, day: day)
        let clock = hour * 3_600 + minute * 60 + second
        self.init(seconds: days * 86_400 + clock - offset, nanoseconds: Int32(nanoseconds))
    }
}

/// A date and a time of day in the proleptic Gregorian calendar.
struct CivilDate {
    var year: Int64
    var month: Int64
    var day: Int64
    var hour: Int64
    var minute: Int64
    var second: Int64
    /// 0 is Sunday.
    var weekday: Int64
    /// 0 is the first of January.
    var dayOfYear: Int64

    init(secondsSinceEpoch seconds: Int64) {
        var days = seconds / 86_400
        var clock = seconds % 86_400
        if clock < 0 {
            clock += 86_400
            days -= 1
        }
        hour = clock / 3_600
        minute = clock / 60 % 60
        second = clock % 60
        weekday = ((days + 4) % 7 + 7) % 7
        // Eras of 400 years, which begin on the first of March.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayFromMarch = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayFromMarch + 2) / 153
        day = dayFromMarch - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        dayOfYear = days - Self.daysSinceEpoch(year: year, month: 1, day: 1)
    }

    static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayFromMarch = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayFromMarch
        return era * 146_097 + dayOfEra - 719_468
    }

    static func dayCount(year: Int64, month: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

/// Reads digits and marks of a short text from the left.
struct DigitReader {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = text[...].utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ mark: Unicode.Scalar) -> Bool {
        guard let next = rest.first, UInt32(next) == mark.value else { return false }
        rest = rest.dropFirst()
        return true
    }

    mutating func digit() -> Int64? {
        guard let next = rest.first, (48...57).contains(next) else { return nil }
        rest = rest.dropFirst()
        return Int64(next) - 48
    }

    mutating func number(digits: Int) -> Int64? {
        var number: Int64 = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            number = number * 10 + digit
        }
        return number
    }

    /// The digits after a point as billionths; digits beyond those are cut off.
    mutating func fraction() -> Int64? {
        guard var number = digit() else { return nil }
        var count = 1
        while let digit = digit() {
            if count < 9 { number = number * 10 + digit }
            count += 1
        }
        while count < 9 {
            number *= 10
            count += 1
        }
        return number
    }
}

func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}

/// Billionths as the digits after a point, without trailing zeros.
func fraction(_ billionths: Int64) -> String {
    var digits = Array(padded(billionths, 9).utf8)
    while digits.last == 48 { digits.removeLast() }
    return String(decoding: digits, as: UTF8.self)
}
