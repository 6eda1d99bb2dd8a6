import ConductorCore

extension Light {
    /// The class in the stylesheet.
    var style: HTML {
        switch self {
        case .grey: "grey"
        case .green: "green"
        case .yellow: "yellow"
        case .unknown: "unknown"
        case .red: "red"
        }
    }

    /// What it asks of whoever looks.
    var word: String {
        switch self {
        case .grey: "not yet"
        case .green: "ready"
        case .yellow: "waiting"
        case .unknown: "unknown"
        case .red: "act"
        }
    }

    /// Sign and word, in its colour.
    var badge: HTML {
        "<span class=\"light \(style)\"><i aria-hidden=\"true\">\(sign)</i> \(word)</span>"
    }
}

extension TrackID {
    /// Where its page is; names hold no character that a path would have to escape but `+`.
    var path: String { "/tracks/\(app)/\(platform)/\(version)" }
    /// An element's name on the overview.
    var anchor: String { "t-\(app)-\(platform)-\(version)" }
}

extension TrackView {
    /// Retired tracks are past caring about.
    var shownLight: Light { state.retired ? .grey : light }
}

/// Numbers as people read them.
enum Numbers {
    /// A value with its unit; a fraction is a percentage.
    static func text(_ value: JSON, unit: String?) -> String {
        guard let number = value.numberValue else { return value.stringValue ?? value.description }
        if unit == "fraction" { return "\(decimal(number * 100, places: 3)) %" }
        return decimal(number, places: 4) + (unit.map { " \($0)" } ?? "")
    }

    private static let longest = 48
    /// Longer hexadecimal texts are the names of commits: their beginnings are enough.
    private static let hashLength = 12

    /// A value in a few words: a commit by its beginning, of teams those that are not done.
    static func short(_ value: JSON) -> String {
        switch value {
        case .string(let text):
            let isHash = text.count >= 32 && text.allSatisfy(\.isHexDigit)
            return isHash ? String(text.prefix(hashLength)) : shortened(text)
        case .array(let items):
            let teams = items.compactMap { item in
                item["team"]?.stringValue.map { ($0, item["state"]?.stringValue ?? "") }
            }
            guard teams.count == items.count, !items.isEmpty else {
                return shortened(items.map(short).joined(separator: ", "))
            }
            let open = teams.filter { $0.1 != "approved" }
            return shortened(open.map { "\($0.0) \($0.1)" }.joined(separator: ", "))
        case .int, .double: return text(value, unit: nil)
        case .null, .bool, .object: return shortened(value.description)
        }
    }

    private static func shortened(_ text: String) -> String {
        text.count > longest ? text.prefix(longest - 1) + "…" : text
    }

    /// A number without needless zeros, its thousands apart.
    static func decimal(_ number: Double, places: Int) -> String {
        guard abs(number) < 1e15 else { return String(number) }
        var factor = 1.0
        for _ in 0..<places { factor *= 10 }
        let scaled = (abs(number) * factor).rounded()
        let whole = Int64(scaled / factor)
        var fraction = String(Int64(scaled) - whole * Int64(factor))
        fraction = String(repeating: "0", count: max(0, places - fraction.count)) + fraction
        while fraction.hasSuffix("0") { fraction.removeLast() }
        var digits = ""
        for (place, digit) in String(whole).reversed().enumerated() {
            if place > 0, place.isMultiple(of: 3) { digits.append("\u{202F}") }
            digits.append(digit)
        }
        let sign = number < 0 && scaled > 0 ? "-" : ""
        return sign + String(digits.reversed()) + (fraction.isEmpty ? "" : ".\(fraction)")
    }
}
