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
        guard let value = value?.number, let limit = limit.number, cause == nil else {
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
        var found: [Metric] = []
        for leaf in transitions.flatMap(\.leaves) {
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

    /// `crash free users`: the last word of a fact's path.
    var name: String {
        String(path.split(separator: ".").last ?? "").replacing("_", with: " ")
    }

    /// One part of a list of terms.
    var html: HTML {
        let (style, sign, word): (HTML, HTML, HTML) =
            switch standing {
            case .kept: ("kept", "✔", "kept")
            case .missed: ("missed", "✖", "missed")
            case .unknown: ("unknown", "?", "unknown")
            }
        let shown = cause == nil ? value.map { Numbers.text($0, unit: unit) } : nil
        let sense =
            switch comparison {
            case .less: "under"
            case .atMost: "at most"
            case .more: "over"
            case .atLeast: "at least"
            case .equal: "exactly"
            }
        let limit = Numbers.text(limit, unit: unit == "fraction" ? unit : nil)
        return """
            <div class="metric \(style)" title="\(path)"><dt>\(name)</dt><dd>\
            <i aria-hidden="true">\(sign)</i> <b>\(shown ?? "unknown")</b> \
            <small>\(sense) \(limit)<span class="sr">, \(word)</span></small></dd></div>
            """
    }
}
