/// Doubles as decimal texts.
enum DecimalText {
    /// `NaN`, `Infinity` or `-Infinity`.
    static func special(_ number: Double) -> String {
        number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity"
    }

    /// The shortest digits that read back as the same double, and the place of the point in them.
    private static func shortest(_ number: Double) -> (digits: [UInt8], point: Int) {
        var digits: [UInt8] = []
        var point: Int?
        var exponent = 0
        let parts = "\(number.magnitude)".split(separator: "e")
        for octet in parts[0].utf8 {
            if octet == 46 { point = digits.count } else { digits.append(octet) }
        }
        if parts.count > 1 { exponent = Int(parts[1]) ?? 0 }
        var place = (point ?? digits.count) + exponent
        while digits.count > 1, digits.first == 48 {
            digits.removeFirst()
            place -= 1
        }
        while digits.count > 1, digits.last == 48 { digits.removeLast() }
        if digits == [48] { place = 1 }
        return (digits, place)
    }

    /// The form of `string(x)`: the shortest digits, with an exponent below 1e-4 and from 1e21 on.
    static func general(_ number: Double) -> String {
        guard number.isFinite else { return special(number) }
        let (digits, point) = shortest(number)
        let exponent = point - 1
        guard exponent < -4 || exponent >= max(21, digits.count) else { return positional(number) }
        var text = number.sign == .minus ? "-" : ""
        text += String(decoding: digits.prefix(1), as: UTF8.self)
        if digits.count > 1 { text += "." + String(decoding: digits.dropFirst(), as: UTF8.self) }
        return text + exponentText(exponent)
    }

    /// The shortest digits without an exponent.
    static func positional(_ number: Double) -> String {
        guard number.isFinite else { return special(number) }
        let (digits, point) = shortest(number)
        let sign = number.sign == .minus ? "-" : ""
        if point <= 0 {
            return sign + "0." + String(repeating: "0", count: -point)
                + String(decoding: digits, as: UTF8.self)
        }
        if digits.count <= point {
            return sign + String(decoding: digits, as: UTF8.self)
                + String(repeating: "0", count: point - digits.count)
        }
        return sign + String(decoding: digits[..<point], as: UTF8.self) + "."
            + String(decoding: digits[point...], as: UTF8.self)
    }

    private static func exponentText(_ exponent: Int) -> String {
        let digits = String(abs(exponent))
        return (exponent < 0 ? "e-" : "e+") + (digits.utf8.count < 2 ? "0" : "") + digits
    }

    /// So many digits after the point; the exact number is rounded half to even.
    static func fixed(_ number: Double, digits count: Int) -> String {
        let (whole, fraction) = exact(number.magnitude)
        let sign = number.sign == .minus ? "-" : ""
        let rounded = round(whole + fraction, at: whole.count + count)
        let wholeCount = rounded.count - count
        let head = String(decoding: rounded[..<wholeCount].map { $0 + 48 }, as: UTF8.self)
        let tail = String(decoding: rounded[wholeCount...].map { $0 + 48 }, as: UTF8.self)
        return sign + head + (count > 0 ? "." + tail : "")
    }

    /// One digit before the point, so many after it, and an exponent.
    static func scientific(_ number: Double, digits count: Int) -> String {
        let (whole, fraction) = exact(number.magnitude)
        let sign = number.sign == .minus ? "-" : ""
        var digits = whole + fraction
        var exponent = whole.count - 1
        if let first = digits.firstIndex(where: { $0 != 0 }) {
            digits.removeFirst(first)
            exponent -= first
        } else {
            exponent = 0
        }
        var rounded = round(digits, at: count + 1)
        if rounded.count > count + 1 {
            rounded.removeLast()
            exponent += 1
        }
        let text = String(decoding: rounded.map { $0 + 48 }, as: UTF8.self)
        let tail = count > 0 ? "." + text.dropFirst() : ""
        return sign + text.prefix(1) + tail + exponentText(exponent)
    }

    /// Cuts digits after a count of them, rounding half to even; may give one digit more in front.
    private static func round(_ digits: [UInt8], at count: Int) -> [UInt8] {
        if digits.count <= count {
            return digits + [UInt8](repeating: 0, count: count - digits.count)
        }
        var kept = Array(digits[..<count])
        let rest = digits[count...]
        let isHalf = rest.first == 5 && rest.dropFirst().allSatisfy { $0 == 0 }
        let isUp = isHalf ? (kept.last ?? 0) % 2 == 1 : (rest.first ?? 0) >= 5
        guard isUp else { return kept }
        var place = kept.count - 1
        while place >= 0 {
            if kept[place] < 9 {
                kept[place] += 1
                return kept
            }
            kept[place] = 0
            place -= 1
        }
        return [1] + kept
    }

    /// All decimal digits of a double before and after the point.
    private static func exact(_ number: Double) -> (whole: [UInt8], fraction: [UInt8]) {
        guard number != 0 else { return ([0], []) }
        let exponent = Int(number.exponentBitPattern)
        let mantissa =
            exponent == 0
            ? number.significandBitPattern : number.significandBitPattern | (1 << 52)
        let shift = max(exponent, 1) - 1_075
        // Little-endian words of 32 bits.
        var words = [UInt32(truncatingIfNeeded: mantissa), UInt32(mantissa >> 32)]
        if shift >= 0 {
            for _ in 0..<shift { multiply(&words, by: 2) }
            return (decimal(&words), [])
        }
        // mantissa / 2^n = mantissa * 5^n / 10^n
        for _ in 0..<(-shift) { multiply(&words, by: 5) }
        var digits = decimal(&words)
        if digits.count <= -shift {
            digits = [UInt8](repeating: 0, count: -shift - digits.count + 1) + digits
        }
        let point = digits.count + shift
        return (Array(digits[..<point]), Array(digits[point...]))
    }

    private static func multiply(_ words: inout [UInt32], by factor: UInt64) {
        var carry: UInt64 = 0
        for place in words.indices {
            let product = UInt64(words[place]) * factor + carry
            words[place] = UInt32(truncatingIfNeeded: product)
            carry = product >> 32
        }
        if carry > 0 { words.append(UInt32(carry)) }
    }

    private static func decimal(_ words: inout [UInt32]) -> [UInt8] {
        var digits: [UInt8] = []
        while !words.isEmpty {
            var rest: UInt64 = 0
            for place in words.indices.reversed() {
                let number = rest << 32 | UInt64(words[place])
                words[place] = UInt32(number / 1_000_000_000)
                rest = number % 1_000_000_000
            }
            while words.last == 0 { words.removeLast() }
            for _ in 0..<9 {
                digits.append(UInt8(rest % 10))
                rest /= 10
            }
        }
        while digits.count > 1, digits.last == 0 { digits.removeLast() }
        return digits.reversed()
    }
}
