import ConductorCore
import ConductorPorts
import Testing

@testable import ConductorDashboard

@Suite struct `Numbers over time` {
    private let metric = Metric(
        path: "quality.crash_free",
        value: .double(0.99),
        comparison: .atLeast,
        limit: .double(0.98)
    )

    private func points(_ values: [Double?]) -> [SeriesPoint] {
        values.enumerated().map { place, value in
            SeriesPoint(
                at: Instant(milliseconds: Int64(place) * 60_000),
                value: value.map(JSON.double)
            )
        }
    }

    @Test func `are a line with the limit across`() {
        let drawn = Sparkline(metric, points([1.0, 0.99, 0.98])).html.text
        #expect(drawn.contains("d=\"M0 26H160\""), "the limit is the least of all: \(drawn)")
        #expect(drawn.contains("d=\"M0 2L80 14L160 26\""))
        #expect(drawn.contains("aria-label=\"crash free since"))
    }

    @Test func `have a gap where nothing was known`() {
        let drawn = Sparkline(metric, points([1.0, nil, 0.98])).html.text
        #expect(drawn.contains("d=\"M0 2M160 26\""))
    }

    @Test func `are nothing where there is no second one`() {
        #expect(Sparkline(metric, points([1.0, nil])).html.isEmpty)
        #expect(Sparkline(metric, []).html.isEmpty)
    }
}
