import ConductorCore
import ConductorPorts

/// The alerts that fire and have these labels; without labels all.
///
///     alerts: {severity: page, app: "${app}"}
///
/// What no rule watches never fires: without a rule that could bring such an alert, and where one of
/// those rules cannot be evaluated, nothing is known.
struct PrometheusAlerts: Sendable {
    private let labels: [(name: String, value: Template)]

    init(settings: SettingsReader) {
        labels = settings.keys.compactMap { name in
            settings.template(name, .source).map { (name, $0) }
        }
        settings.close()
    }

    var schema: [FactSchema.Entry] {
        let subject = isOfVersion ? Subject.version : .none
        return [
            .init(name: "alerts.firing", type: .int, unit: "alerts", subject: subject),
            .init(
                name: "alerts.names",
                type: .list(.string),
                subject: subject,
                emptyIsKnown: true
            ),
            .init(name: "alerts.since", type: .timestamp, subject: subject),
        ]
    }

    private var isOfVersion: Bool { labels.contains { $0.value.namesVersion } }

    func facts(
        _ session: APISession,
        _ variables: Variables
    ) async throws -> [String: ObservedFact] {
        var wanted: [String: String] = [:]
        for label in labels { wanted[label.name] = try variables.text(label.value) }
        let rules = try await session.get("api/v1/rules", query: [("type", "alert")])
        guard try Self.isWatched(Prometheus.data(rules), wanted) else { return [:] }
        let answer = try await session.get("api/v1/alerts")
        var names: Set<String> = []
        var count: Int64 = 0
        var since: Instant?
        for alert in try Prometheus.data(answer).list("alerts") {
            let labels = try alert.labels("labels")
            guard let name = labels["alertname"] else {
                throw APIProblem(.malformed, "an alert without a name in the answer")
            }
            switch try alert.text("state") {
            case "firing": break
            case "pending", "inactive": continue
            case let word:
                throw APIProblem(.malformed, "an alert in the unknown state '\(word)'")
            }
            guard wanted.allSatisfy({ labels[$0.key] == $0.value }) else { continue }
            count += 1
            names.insert(name)
            let active = try alert.instant("activeAt")
            since = min(since ?? active, active)
        }
        let version = isOfVersion ? try variables.text(Template("${version}")) : nil
        let sorted = names.sorted { $0.precedes($1) }
        var facts = [
            "alerts.firing": ObservedFact(.int(count), about: version),
            "alerts.names": ObservedFact(.array(sorted.map { .string($0) }), about: version),
        ]
        if let since {
            facts["alerts.since"] = ObservedFact(.string(since.description), about: version)
        }
        return facts
    }

    /// Whether there are rules that could bring such an alert, and all of them are evaluated.
    private static func isWatched(
        _ data: JSON,
        _ wanted: [String: String]
    ) throws(APIProblem) -> Bool {
        var isThere = false
        for group in try data.list("groups") {
            for rule in try group.list("rules") where try rule.text("type") == "alerting" {
                var labels = try rule.labels("labels")
                labels["alertname"] = try rule.text("name")
                let health = try rule.text("health")
                // Labels of the alert's series are not known here, nor what a template gives.
                let mayMatch = wanted.allSatisfy { name, value in
                    labels[name].map { $0 == value || $0.contains("{{") } ?? true
                }
                guard mayMatch else { continue }
                guard health == "ok" else { return false }
                isThere = true
            }
        }
        return isThere
    }
}
