import ConductorCore
import ConductorPorts

/// The newest values of a number as a line, with its limit across; a gap is where it was not known.
struct Sparkline: Sendable {
    private let metric: Metric
    private let points: [SeriesPoint]
    private static let width = 160.0
    private static let height = 28.0

    init(_ metric: Metric, _ points: [SeriesPoint]) {
        self.metric = metric
        self.points = points
    }

    /// Nothing where fewer than two values are known.
    var html: HTML {
        let values = points.compactMap { $0.value?.numberValue }
        guard values.count > 1, let first = points.first?.at, let last = points.last?.at,
            last > first, let limit = metric.limit.numberValue
        else { return "" }
        let least = min(values.min() ?? limit, limit)
        let most = max(values.max() ?? limit, limit)
        let span = most > least ? most - least : 1
        let duration = Double((last - first).milliseconds)
        func across(_ at: Instant) -> Double {
            Double((at - first).milliseconds) / duration * Self.width
        }
        func down(_ value: Double) -> Double {
            2 + (most - value) / span * (Self.height - 4)
        }
        var path = ""
        var isDrawing = false
        for point in points {
            guard let value = point.value?.numberValue else {
                isDrawing = false
                continue
            }
            path +=
                "\(isDrawing ? "L" : "M")\(Self.text(across(point.at))) \(Self.text(down(value)))"
            isDrawing = true
        }
        let line = Self.text(down(limit))
        let name = Metric.name(of: metric.path)
        return """
            <svg class="spark" viewBox="0 0 160 28" role="img" aria-label="\(name) since \
            \(Words.minute(first))" preserveAspectRatio="none"><path class="limit" d="M0 \(line)H160"/>\
            <path class="line" d="\(path)"/></svg>
            """
    }

    /// With one decimal, the same everywhere.
    private static func text(_ number: Double) -> String {
        let tenths = Int((number * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }
}
