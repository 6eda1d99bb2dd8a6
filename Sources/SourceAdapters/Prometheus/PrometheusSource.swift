import ConductorCore
import ConductorPorts

/// The kind `prometheus`, for the role `quality`: the answers of queries, and alerts that fire.
///
///     prometheus: {url: http://prometheus.acme.example:9090,
///                  facts: {crash_free_users: {query: 'app:crash_free_users{version=${version}}'},
///                          sessions: {query: 'sum(app_sessions{version=${version}})'}},
///                  alerts: {severity: page}}
///
/// A query that names the version is about it; or a label says so, named by `about`. No series, not a
/// number, and the infinite are no value: the fact is unknown.
struct PrometheusSource: ConfiguredSource {
    static let kind = "prometheus"

    private let prometheus: Prometheus
    private let questions: [PrometheusQuestion]
    private let alerts: PrometheusAlerts?
    private let timeout: Span

    init?(settings: SettingsReader, binding: SourceBinding) {
        let prometheus = Prometheus(settings: settings)
        var questions: [PrometheusQuestion] = []
        if let reader = settings.mapping("facts") {
            for name in reader.keys {
                guard FactMap.isName(name) else {
                    _ = reader.value(name)
                    reader.fault(.badFact, name, "'\(name)' is no name of a fact")
                    continue
                }
                guard let one = reader.mapping(name) else {
                    reader.fault(.badFact, name, "should be {query: ...}")
                    continue
                }
                if let question = PrometheusQuestion(name, settings: one) {
                    questions.append(question)
                }
                one.close()
            }
        }
        alerts = settings.mapping("alerts").map { PrometheusAlerts(settings: $0) }
        if !settings.has("facts"), !settings.has("alerts") {
            settings.missing(
                "facts",
                "a mapping from the facts' names to queries; or write 'alerts'"
            )
        }
        for name in alerts?.schema.map(\.name) ?? []
        where questions.contains(where: { $0.entry.name == name }) {
            settings.fault(.badFact, "facts", [name], "is what 'alerts' gives")
        }
        if questions.count > Limits.factsPerObservation {
            settings.fault(
                .badFact,
                "facts",
                "there are \(questions.count) facts, and at most \(Limits.factsPerObservation) may be"
            )
        }
        self.questions = questions
        timeout = binding.timeout
        guard let prometheus else { return nil }
        self.prometheus = prometheus
    }

    var secrets: [SecretReference] { prometheus.secrets }
    var checkup: Checkup? { prometheus.checkup }

    var schema: FactSchema { .sorted(questions.map(\.entry) + (alerts?.schema ?? [])) }

    func observe(_ request: ObservationRequest) async -> PollAnswer {
        await prometheus.api.poll(request, timeout: timeout) { session, variables in
            var observation = Observation()
            for question in questions {
                let answer = try await ask(question, session, variables)
                guard
                    let found = try question.value(
                        Prometheus.data(answer),
                        version: request.variables["version"]
                    )
                else { continue }
                observation.facts[question.entry.name] = found.fact
                observation.observedAt[question.entry.name] = found.time
            }
            if let alerts {
                observation.facts.merge(try await alerts.facts(session, variables)) { $1 }
            }
            return observation
        }
    }

    private func ask(
        _ question: PrometheusQuestion,
        _ session: APISession,
        _ variables: Variables
    ) async throws -> JSON {
        var query = [
            ("query", try variables.promQL(question.query)),
            ("timeout", "\(max(1, timeout.milliseconds))ms"),
        ]
        guard let range = question.range else {
            return try await session.get("api/v1/query", query: query)
        }
        // On whole steps, so that two looks at the same time see the same values.
        let step = range.step.milliseconds
        let end = Instant(milliseconds: AdapterTime.now().milliseconds / step * step)
        let start = Instant(milliseconds: end.milliseconds - range.length.milliseconds)
        query += [
            ("start", start.description), ("end", end.description), ("step", "\(step)ms"),
        ]
        return try await session.get("api/v1/query_range", query: query)
    }
}
