/// Spans of time as texts (specification: "Durations"; the form is Go's).
enum DurationText {
    private static let units: [(name: String, nanoseconds: UInt64)] = [
        ("h", 3_600_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("µs", 1_000), ("μs", 1_000),
        ("ns", 1), ("m", 60_000_000_000), ("s", 1_000_000_000),
    ]

    /// Why a text is no span of time.
    enum Fault: Error { case form, range }

    /// Reads a span such as `-1h30m1.5s`.
    static func nanoseconds(_ text: String) throws(Fault) -> Int64 {
        var rest = Array(text.utf8)[...]
        let isNegative = rest.first == 45
        if isNegative || rest.first == 43 { rest = rest.dropFirst() }
        if rest.elementsEqual("0".utf8) { return 0 }
        guard !rest.isEmpty else { throw .form }
        var total: UInt64 = 0
        while !rest.isEmpty {
            let whole = rest.prefix { (48...57).contains($0) }
            rest = rest.dropFirst(whole.count)
            var part: ArraySlice<UInt8> = []
            if rest.first == 46 {
                rest = rest.dropFirst()
                part = rest.prefix { (48...57).contains($0) }
                rest = rest.dropFirst(part.count)
            }
            guard !whole.isEmpty || !part.isEmpty else { throw .form }
            let letters = rest.prefix { $0 != 46 && !(48...57).contains($0) }
            guard let unit = units.first(where: { letters.elementsEqual($0.name.utf8) }) else {
                throw .form
            }
            rest = rest.dropFirst(letters.count)
            var number: UInt64 = 0
            for digit in whole { number = try add(digit, to: number) }
            let product = number.multipliedReportingOverflow(by: unit.nanoseconds)
            guard !product.overflow else { throw .range }
            // Digits below a nanosecond are cut off.
            var fraction: UInt64 = 0
            var scale = unit.nanoseconds
            for digit in part {
                scale /= 10
                if unit.nanoseconds % 10 == 0 { fraction += UInt64(digit - 48) * scale }
            }
            if unit.nanoseconds >= 60_000_000_000 {
                fraction = exactFraction(part, of: unit.nanoseconds)
            }
            let sum = product.partialValue.addingReportingOverflow(fraction)
            let all = total.addingReportingOverflow(sum.partialValue)
            guard !sum.overflow, !all.overflow else { throw .range }
            total = all.partialValue
        }
        guard total <= UInt64(Int64.max) + (isNegative ? 1 : 0) else { throw .range }
        return isNegative ? Int64(truncatingIfNeeded: 0 &- total) : Int64(total)
    }

    private static func add(_ digit: UInt8, to number: UInt64) throws(Fault) -> UInt64 {
        let product = number.multipliedReportingOverflow(by: 10)
        let sum = product.partialValue.addingReportingOverflow(UInt64(digit - 48))
        guard !product.overflow, !sum.overflow else { throw .range }
        return sum.partialValue
    }

    /// A fraction of a minute or an hour, whose nanoseconds are no power of ten.
    private static func exactFraction(_ digits: ArraySlice<UInt8>, of unit: UInt64) -> UInt64 {
        var rest = unit
        var divisor: UInt64 = 1
        var number: UInt64 = 0
        for digit in digits.prefix(16) {
            number = number * 10 + UInt64(digit - 48)
            divisor *= 10
        }
        let product = number.multipliedFullWidth(by: unit)
        rest = divisor.dividingFullWidth(product).quotient
        return rest
    }

    /// The span in seconds, such as `60.001s`.
    static func text(_ nanoseconds: Int64) -> String {
        let magnitude = nanoseconds.magnitude
        let (seconds, rest) = magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
        let sign = nanoseconds < 0 ? "-" : ""
        let part = rest == 0 ? "" : "." + fraction(Int64(rest))
        return sign + String(seconds) + part + "s"
    }
}
