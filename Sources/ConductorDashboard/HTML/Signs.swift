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
        guard let number = value.number else { return value.stringValue ?? value.description }
        if unit == "fraction" { return "\(decimal(number * 100, places: 3)) %" }
        return decimal(number, places: 4) + (unit.map { " \($0)" } ?? "")
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
