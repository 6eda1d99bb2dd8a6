import ConductorCore
import ConductorPorts
import NIOHTTP1

/// The kind `webhook`: a POST of JSON with the header `Idempotency-Key`.
///
///     webhook: {url: "https://hooks.example/releases", bearer: env:HOOK, body: {text: "${track}"}}
///
/// Without `body` it sends the intent's key, action, track and parameters. What comes of it:
///
/// - 2xx: done. No redirect is followed.
/// - 429 and 503, a refused connection, a failed handshake: surely not applied, try again.
/// - 408, 425 and other 5xx, a lost connection, no answer in time: unknown.
/// - anything else: refused, a person must look.
///
/// A webhook cannot be asked, so its class is `at_most_once` or `at_least_once`.
struct WebhookAction: ConfiguredAction {
    static let kind = "webhook"

    private let request: HTTPSettings
    private let body: JSONTemplate?

    init?(settings: SettingsReader, binding: ActionBinding) {
        let request = HTTPSettings(settings: settings, scope: .action)
        body = settings.value("body").flatMap { JSONTemplate($0, at: ["body"], settings, .action) }
        guard let request else { return nil }
        self.request = request
    }

    var traits: ActionTraits {
        ActionTraits(actionClass: nil, direction: nil, canProbe: false)
    }

    var secrets: [SecretReference] { request.secrets }
    var checkup: Checkup? { request.writingCheckup }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        let variables = Variables(intent)
        var resolved: HTTPSettings.Resolved
        let payload: JSON
        do {
            resolved = try request.resolve(variables)
            payload = try body.map { try variables.json($0) } ?? Self.standardBody(intent)
        } catch let problem as ResolvingProblem {
            return .rejected(reason: problem.message, remedy: "correct the action's settings")
        } catch let problem as TemplateProblem {
            return .rejected(reason: problem.message, remedy: "correct the action's settings")
        } catch {
            return .rejected(reason: "the request cannot be made", remedy: nil)
        }
        guard intent.key.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
            return .rejected(reason: "the key cannot stand in a header", remedy: nil)
        }
        resolved.addHeader("Content-Type", "application/json")
        resolved.headers.append(("Idempotency-Key", intent.key))
        let answer: HTTPTransport.Answer
        do {
            answer = try await HTTPTransport.send(
                .init(
                    method: .POST,
                    address: resolved.address,
                    headers: resolved.headers,
                    body: payload.canonicalBytes
                ),
                wanted: .status,
                timeout: intent.policy.deadline,
                fresh: true
            )
        } catch {
            return outcome(error, intent)
        }
        return outcome(answer, resolved.redactor)
    }

    func probe(_ intent: Intent) async -> ProbeAnswer {
        .unavailable(reason: "a webhook cannot be asked")
    }

    private static func standardBody(_ intent: Intent) -> JSON {
        [
            "key": .string(intent.key), "action": .string(intent.action),
            "track": .string(intent.track.description), "parameters": intent.parameters,
        ]
    }

    private func outcome(_ answer: HTTPTransport.Answer, _ redactor: Redactor) -> ActionOutcome {
        let words = redactor.quote(answer.body.prefix(AdapterLimits.errorBytes))
        let text = "status \(answer.status)" + (words.isEmpty ? "" : ": \(words)")
        switch answer.status {
        case 200..<300: return .done(evidence: text)
        case 429, 503: return .retryable(reason: text, after: answer.retryAfter)
        case 408, 425, 500...599: return .unknown(reason: text)
        case 300..<400:
            return .rejected(
                reason: "status \(answer.status): a redirect, which is not followed",
                remedy: "write the final address into 'url'"
            )
        case 401, 403:
            return .rejected(reason: text, remedy: "see to the credential and its permissions")
        default: return .rejected(reason: text, remedy: "see what the receiver says")
        }
    }

    private func outcome(_ problem: HTTPTransport.Problem, _ intent: Intent) -> ActionOutcome {
        switch problem {
        case .neverSent(let reason): .retryable(reason: reason, after: nil)
        case .lost(let reason): .unknown(reason: reason)
        case .timedOut: .unknown(reason: "no answer within \(intent.policy.deadline)")
        case .cancelled: .unknown(reason: "given up before the answer came")
        case .tooLarge: .unknown(reason: "the answer was too long to read")
        case .strayed(let reason), .garbled(let reason): .rejected(reason: reason, remedy: nil)
        }
    }
}
