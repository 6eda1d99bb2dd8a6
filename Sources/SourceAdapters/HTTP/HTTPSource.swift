import ConductorCore
import ConductorPorts
import NIOHTTP1
import Synchronization

extension Backend {
    /// Any JSON over HTTP.
    static let http = Backend(sources: [HTTPSource.self], actions: [WebhookAction.self])
}

/// The kind `http`: facts from a JSON document behind one GET.
///
///     http: {url: "https://ci.example/api/${version}", bearer: env:CI_TOKEN, facts: {...}}
///
/// The answer's ETag is offered at the next poll, and *not modified* counts as the same answer
/// anew; a look past every cache offers none. Redirects are followed within the origin alone. After
/// a `Retry-After` nothing is asked until then.
struct HTTPSource: ConfiguredSource {
    static let kind = "http"

    private let request: HTTPSettings
    private let facts: FactMap
    private let maxBytes: Int
    private let timeout: Span
    private let memory = Memory()

    init?(settings: SettingsReader, binding: SourceBinding) {
        let request = HTTPSettings(settings: settings, scope: .source)
        maxBytes =
            settings.number("max_bytes", in: 1...AdapterLimits.responseBytes)
            ?? AdapterLimits.responseBytes
        timeout = binding.timeout
        guard let facts = FactMap(settings: settings), let request else { return nil }
        self.request = request
        self.facts = facts
    }

    var schema: FactSchema { facts.schema }
    var secrets: [SecretReference] { request.secrets }
    var checkup: Checkup? { request.readingCheckup }

    func observe(_ observation: ObservationRequest) async -> PollAnswer {
        var resolved: HTTPSettings.Resolved
        do {
            resolved = try request.resolve(Variables(observation))
        } catch {
            return .failed(.misconfigured, message: error.message)
        }
        if let wait = memory.wait() {
            return .failed(.rateLimited, message: "the backend asks to wait for another \(wait)")
        }
        resolved.addHeader("Accept", "application/json")
        let key = resolved.address.description
        let remembered = observation.bypassesCaches ? nil : memory.answer(for: key)
        if observation.bypassesCaches { resolved.headers.append(("Cache-Control", "no-cache")) }
        if let remembered { resolved.headers.append(("If-None-Match", remembered.tag)) }
        let answer: HTTPTransport.Answer
        do {
            answer = try await HTTPTransport.get(
                resolved.address,
                headers: resolved.headers,
                limit: maxBytes,
                until: .now + .milliseconds(timeout.milliseconds)
            )
        } catch {
            let problem = APIProblem(error, timeout: timeout)
            return .failed(problem.failure, message: resolved.redactor.redact(problem.message))
        }
        if answer.status == 304 {
            guard let remembered else {
                return .failed(.malformed, message: "'not modified', and nothing was offered")
            }
            return .observed(remembered.observation)
        }
        guard (200..<300).contains(answer.status) else { return refusal(answer, resolved.redactor) }
        return read(answer, key, resolved.redactor)
    }

    private func read(
        _ answer: HTTPTransport.Answer,
        _ key: String,
        _ redactor: Redactor
    ) -> PollAnswer {
        let document: JSON
        do {
            document = try JSON(parsing: answer.body)
        } catch {
            memory.forget(key)
            return .failed(
                .malformed,
                message: "status \(answer.status), and the body is not JSON: byte \(error.offset)"
            )
        }
        let result = facts.answer(document, redactor)
        switch result {
        case .observed(let observation):
            if let tag = answer.headers.first(name: "etag"), tag.utf8.count <= 1_024 {
                memory.remember(.init(tag: tag, observation: observation), for: key)
            } else {
                memory.forget(key)
            }
        case .failed: memory.forget(key)
        }
        return result
    }

    private func refusal(_ answer: HTTPTransport.Answer, _ redactor: Redactor) -> PollAnswer {
        let words = redactor.quote(answer.body)
        let message = "status \(answer.status)" + (words.isEmpty ? "" : ": \(words)")
        let wait = answer.retryAfter
        if answer.status == 429 || (answer.status == 503 && wait != nil) {
            if let wait { memory.pause(wait) }
            let text = wait.map { "; asks to wait \($0)" } ?? ""
            return .failed(.rateLimited, message: message + text)
        }
        switch answer.status {
        case 401, 403, 407: return .failed(.unauthorised, message: message)
        case 404, 410: return .failed(.notFound, message: message)
        case 408, 504: return .failed(.timedOut, message: message)
        case 500...599: return .failed(.unreachable, message: message)
        default: return .failed(.refused, message: message)
        }
    }
}

/// What a source remembers between polls; all polls of one source share it.
private final class Memory: Sendable {
    struct Remembered: Sendable {
        var tag: String
        var observation: Observation
    }

    private struct State {
        var answers: [String: Remembered] = [:]
        var pausedUntil: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    func answer(for key: String) -> Remembered? { state.withLock { $0.answers[key] } }

    func remember(_ answer: Remembered, for key: String) {
        state.withLock { state in
            if state.answers.count >= AdapterLimits.rememberedAnswers,
                state.answers[key] == nil, let victim = state.answers.keys.first
            {
                state.answers[victim] = nil
            }
            state.answers[key] = answer
        }
    }

    func forget(_ key: String) { state.withLock { $0.answers[key] = nil } }

    func pause(_ span: Span) {
        state.withLock {
            $0.pausedUntil = AdapterTime.monotonic() + .milliseconds(span.milliseconds)
        }
    }

    /// What is left of a pause; nil where none is under way.
    func wait() -> Span? {
        state.withLock { state in
            guard let until = state.pausedUntil else { return nil }
            let left = Int64(((until - AdapterTime.monotonic()) / .milliseconds(1)).rounded(.up))
            guard left > 0 else {
                state.pausedUntil = nil
                return nil
            }
            return Span(milliseconds: left)
        }
    }
}
