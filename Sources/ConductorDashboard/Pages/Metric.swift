import ConductorCore

/// A number that conditions look at, beside what it is held against.
struct Metric: Sendable, Equatable {
    var path: String
    var value: JSON?
    var unit: String?
    var cause: Cause?
    var comparison: Threshold.Comparison
    var limit: JSON

    /// How the value stands to the limit.
    enum Standing: Sendable, Equatable { case kept, missed, unknown }

    var standing: Standing {
        guard let value = value?.numberValue, let limit = limit.numberValue, cause == nil else {
            return .unknown
        }
        let isKept =
            switch comparison {
            case .less: value < limit
            case .atMost: value <= limit
            case .more: value > limit
            case .atLeast: value >= limit
            case .equal: value == limit
            }
        return isKept ? .kept : .missed
    }

    /// The numbers that a track's way on and its guards are about, each with each of its limits once.
    ///
    /// Counts that must be some number (no open bug) are said by the conditions themselves.
    static func all(
        of transitions: [Explanation.Transition],
        _ thresholds: [String: [Threshold]]
    ) -> [Metric] {
        all(transitions.flatMap(\.leaves), thresholds)
    }

    private static func all(
        _ leaves: [Explanation.Leaf],
        _ thresholds: [String: [Threshold]]
    ) -> [Metric] {
        var found: [Metric] = []
        for leaf in leaves {
            for threshold in thresholds[leaf.name] ?? [] where threshold.comparison != .equal {
                guard let fact = leaf.facts.first(where: { $0.path == threshold.fact }) else {
                    continue
                }
                let metric = Metric(
                    path: fact.path,
                    value: fact.value,
                    unit: fact.unit,
                    cause: fact.cause,
                    comparison: threshold.comparison,
                    limit: threshold.limit
                )
                let isKnown = found.contains {
                    $0.path == metric.path && $0.limit == metric.limit
                }
                if !isKnown { found.append(metric) }
            }
        }
        return found
    }

    /// `crash free users`: a fact's path without its source.
    static func name(of path: String) -> String {
        path.split(separator: ".").dropFirst().joined(separator: " ").replacing("_", with: " ")
    }

    /// The numbers of a condition that miss their limits; nil where it is about no number, or where
    /// all are as they should be.
    static func missed(by leaf: Explanation.Leaf, _ thresholds: [Threshold]) -> [HTML]? {
        let missed = all([leaf], [leaf.name: thresholds]).filter { $0.standing == .missed }
        guard !missed.isEmpty else { return nil }
        return missed.map { metric in
            let unit = metric.unit == "fraction" ? metric.unit : nil
            let value = metric.value.map { Numbers.text($0, unit: unit) } ?? "unknown"
            return "\(name(of: metric.path)) <b>\(value)</b>, \(metric.wanted)"
        }
    }

    /// One part of a list of terms.
    var html: HTML { html(drawn: "") }

    /// One part of a list of terms, with a picture of how it came about.
    func html(drawn: HTML) -> HTML {
        let (style, sign, word): (HTML, HTML, HTML) =
            switch standing {
            case .kept: ("kept", "✔", "kept")
            case .missed: ("missed", "✖", "missed")
            case .unknown: ("unknown", "?", "unknown")
            }
        let picture: HTML = drawn.isEmpty ? "" : "<dd class=\"drawn\">\(drawn)</dd>"
        let name = Self.name(of: path)
        let said = unit.flatMap { name.contains($0) ? nil : $0 }
        let shown = cause == nil ? value.map { Numbers.text($0, unit: said) } : nil
        return """
            <div class="metric \(style)" title="\(path)"><dt>\(name)</dt><dd>\
            <b>\(shown ?? "unknown")</b> <small>\(wanted)</small> \
            <i aria-hidden="true">\(sign)</i><span class="sr">, \(word)</span></dd>\
            \(picture)</div>
            """
    }

    /// `≥ 99.5 %`.
    private var wanted: HTML {
        let sign: HTML =
            switch comparison {
            case .less: "<span aria-label=\"under\" role=\"img\">&lt;</span>"
            case .atMost: "<span aria-label=\"at most\" role=\"img\">≤</span>"
            case .more: "<span aria-label=\"over\" role=\"img\">&gt;</span>"
            case .atLeast: "<span aria-label=\"at least\" role=\"img\">≥</span>"
            case .equal: "<span aria-label=\"exactly\" role=\"img\">=</span>"
            }
        return "\(sign) \(Numbers.text(limit, unit: unit == "fraction" ? unit : nil))"
    }
}
