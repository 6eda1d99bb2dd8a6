import ConductorCore

/// How long a backend asks us to wait: `Retry-After` in both of its forms (RFC 9110, 10.2.3).
enum RetryAfter {
    /// The wait, never longer than `AdapterLimits.longestRetryAfter`; nil for what says nothing.
    ///
    /// A date is measured by the clock that wrote it, the answer's own `Date`; without one by ours.
    static func span(_ value: String?, date: String?, now: Instant) -> Span? {
        guard let value = value?.trimmingBlanks, !value.isEmpty else { return nil }
        let wait: Span
        if value.utf8.allSatisfy({ (48...57).contains($0) }) {
            wait =
                Int64(value).flatMap { $0 > 1_000_000 ? nil : Span.seconds($0) }
                ?? AdapterLimits.longestRetryAfter
        } else if let until = self.date(value) {
            wait = until - (self.date(date) ?? now)
        } else {
            return nil
        }
        return min(max(wait, .zero), AdapterLimits.longestRetryAfter)
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that servers may write.
    static func date(_ text: String?) -> Instant? {
        guard let text else { return nil }
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", words[1].count == 2,
            let month = months.firstIndex(of: String(words[2]))
        else { return nil }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        return Instant(rfc3339: "\(words[3])-\(number)-\(words[1])T\(words[4])Z")
    }
}

extension String {
    fileprivate var trimmingBlanks: String {
        String(drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " }.reversed())
    }
}
