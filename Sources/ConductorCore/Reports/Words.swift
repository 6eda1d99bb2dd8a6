/// Lengths of time and lights in words, for people only.
package enum Words {
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1000),
    ]

    /// The largest unit and the one below it, where they say something: `2 d 4 h`, `12 min`.
    package static func length(_ span: Span) -> String {
        let whole = max(0, span.milliseconds)
        guard let first = units.firstIndex(where: { whole >= $0.milliseconds }) else {
            return "0 s"
        }
        let count = whole / units[first].milliseconds
        var text = "\(count) \(units[first].name)"
        if first + 1 < units.count {
            let next = units[first + 1]
            let rest = (whole - count * units[first].milliseconds) / next.milliseconds
            if rest > 0 { text += " \(rest) \(next.name)" }
        }
        return text
    }

    /// `3 h ago`, `in 5 min`, `now`.
    package static func relative(_ instant: Instant, to now: Instant) -> String {
        let span = now - instant
        if abs(span.milliseconds) < 1000 { return "now" }
        return span.milliseconds > 0
            ? "\(length(span)) ago" : "in \(length(instant - now))"
    }

    /// A time to the minute, and how far it is from `now`.
    package static func moment(_ instant: Instant, from now: Instant?) -> String {
        let text = minute(instant)
        return now.map { "\(text) (\(relative(instant, to: $0)))" } ?? text
    }

    /// `2026-03-02 09:00 UTC`; seconds are for machines.
    package static func minute(_ instant: Instant) -> String {
        "\(clock(instant)) UTC"
    }

    /// `2026-03-02 09:00`.
    package static func clock(_ instant: Instant) -> String {
        var text = instant.description.prefix(16)
        if let mark = text.firstIndex(of: "T") { text.replaceSubrange(mark...mark, with: " ") }
        return String(text)
    }
}

extension Light {
    /// A sign that differs in shape too.
    package var sign: String {
        switch self {
        case .grey: "○"
        case .green: "●"
        case .yellow: "◐"
        case .unknown: "?"
        case .red: "✖"
        }
    }
}
