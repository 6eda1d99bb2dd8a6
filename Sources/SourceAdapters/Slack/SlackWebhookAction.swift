import ConductorCore
import ConductorPorts
import NIOHTTP1

/// The kind `slack.webhook`: a message through an incoming webhook.
///
///     slack.webhook: {url: env:SLACK_WEBHOOK, text: "${track} entered ${to}", class: at_most_once}
///
/// Its address is the secret. It names no message and cannot be asked, so its class is `at_most_once` or
/// `at_least_once`.
struct SlackWebhookAction: ConfiguredAction {
    static let kind = "slack.webhook"

    private static let remedy = "see whether the webhook and its channel are still there"

    let address: SecretReference
    private let text: Template

    init?(settings: SettingsReader, binding: ActionBinding) {
        let address = settings.secret("url")
        if !settings.has("url") {
            settings.missing("url", "env:NAME or file:PATH of the webhook's address")
        }
        let text = settings.slackText()
        guard let address, let text else { return nil }
        self.address = address
        self.text = text
    }

    var traits: ActionTraits {
        ActionTraits(actionClass: nil, direction: .neutral, canProbe: false)
    }

    var secrets: [SecretReference] { [address] }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        let secret: Secret
        let message: String
        do {
            secret = try address.read()
            message = try Variables(intent).slackText(text)
        } catch let problem as APIProblem {
            return problem.outcome(remedy: Self.remedy)
        } catch let problem as TemplateProblem {
            return .rejected(reason: problem.message, remedy: "correct the action's settings")
        } catch {
            return .rejected(reason: "the message cannot be made", remedy: nil)
        }
        guard let target = WebAddress(secret.revealed()) else {
            return .rejected(
                reason: "the secret \(address) is no address of a webhook",
                remedy: "correct it, and retry"
            )
        }
        // The end of the address alone opens it, too.
        let redactor = Redactor([secret, Secret(target.tail)])
        let body: JSON = ["text": .string(message)]
        do {
            let answer = try await HTTPTransport.send(
                HTTPTransport.Request(
                    method: .POST,
                    address: target,
                    headers: [
                        ("User-Agent", "conductord"),
                        ("Content-Type", "application/json; charset=utf-8"),
                    ],
                    body: body.canonicalBytes
                ),
                wanted: .all(limit: AdapterLimits.errorBytes),
                timeout: intent.policy.deadline,
                fresh: true
            )
            return redactor.redact(Self.outcome(answer, redactor))
        } catch {
            let problem = APIProblem(error, timeout: intent.policy.deadline)
            return redactor.redact(problem.outcome(remedy: Self.remedy))
        }
    }

    func probe(_ intent: Intent) async -> ProbeAnswer {
        .unavailable(reason: "a webhook cannot be asked")
    }

    /// A message that was taken is answered with `ok`, and nothing else.
    private static func outcome(
        _ answer: HTTPTransport.Answer,
        _ redactor: Redactor
    ) -> ActionOutcome {
        let words = redactor.quote(answer.body)
        let text = "status \(answer.status)" + (words.isEmpty ? "" : ": \(words)")
        switch answer.status {
        case 200..<300:
            return words == "ok" ? .done(evidence: text) : .unknown(reason: text)
        case 429: return .retryable(reason: text, after: answer.retryAfter)
        case 503 where answer.retryAfter != nil:
            return .retryable(reason: text, after: answer.retryAfter)
        case 408, 425, 500...599: return .unknown(reason: text)
        default: return .rejected(reason: text, remedy: remedy)
        }
    }
}
