/// A length of time in whole milliseconds, written `90s`, `5m`, `24h`, `14d`, `1h30m`.
package struct Span: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package static let zero = Span(milliseconds: 0)

    package static func seconds(_ count: Int64) -> Span { Span(milliseconds: count * 1000) }
    package static func minutes(_ count: Int64) -> Span { .seconds(count * 60) }
    package static func hours(_ count: Int64) -> Span { .minutes(count * 60) }
    package static func days(_ count: Int64) -> Span { .hours(count * 24) }

    package static func < (left: Span, right: Span) -> Bool {
        left.milliseconds < right.milliseconds
    }

    package static func + (left: Span, right: Span) -> Span {
        Span(milliseconds: left.milliseconds.saturatingAdd(right.milliseconds))
    }

    package static func - (left: Span, right: Span) -> Span {
        Span(milliseconds: left.milliseconds.saturatingSubtract(right.milliseconds))
    }

    package static func * (span: Span, factor: Int64) -> Span {
        let (product, overflow) = span.milliseconds.multipliedReportingOverflow(by: factor)
        return Span(milliseconds: overflow ? .max : product)
    }

    private static let units: [(name: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    /// Largest units first, no unit twice: the shortest text that `init(text:)` reads back.
    package var description: String {
        guard milliseconds != 0 else { return "0s" }
        var rest = milliseconds.magnitude
        var text = milliseconds < 0 ? "-" : ""
        for unit in Self.units {
            let count = rest / unit.milliseconds.magnitude
            guard count > 0 else { continue }
            text += "\(count)\(unit.name)"
            rest -= count * unit.milliseconds.magnitude
        }
        return text
    }

    /// Reads a non-negative span: whole numbers with a unit `ms`, `s`, `m`, `h` or `d`, in a row.
    package init?(text: String) {
        var total: Int64 = 0
        var rest = text[...]
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { ("0"..."9").contains($0) }
            guard let count = Int64(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            let letters = rest.prefix { ("a"..."z").contains($0) }
            guard let unit = Self.units.first(where: { $0.name == letters }) else { return nil }
            rest = rest.dropFirst(letters.count)
            let (part, tooLong) = count.multipliedReportingOverflow(by: unit.milliseconds)
            let (sum, tooLongTogether) = total.addingReportingOverflow(part)
            guard !tooLong, !tooLongTogether else { return nil }
            total = sum
        }
        self.init(milliseconds: total)
    }
}

/// One moment on both clocks: calendars go by `wall`, durations by `elapsed`.
///
/// `elapsed` never runs backwards, not across restarts either: it is counted from the first boot of
/// the journal, and over a restart it grows by what the wall clock says, but never by less than 0.
package struct Stamp: Sendable, Hashable, Codable {
    package var wall: Instant
    /// Milliseconds since the journal's first boot, monotonic.
    package var elapsed: Int64

    package init(wall: Instant, elapsed: Int64) {
        self.wall = wall
        self.elapsed = elapsed
    }

    /// The time that passed from `earlier` to this stamp, never negative.
    package func since(_ earlier: Stamp) -> Span {
        Span(milliseconds: max(0, elapsed.saturatingSubtract(earlier.elapsed)))
    }

    /// The stamp after a further `span`, if neither clock is set in between.
    package func advanced(by span: Span) -> Stamp {
        Stamp(wall: wall + span, elapsed: elapsed.saturatingAdd(span.milliseconds))
    }
}
