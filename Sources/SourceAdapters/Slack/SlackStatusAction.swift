import ConductorCore
import ConductorPorts
import NIOHTTP1

/// The kind `slack.status`: keeps one message of a release and edits it.
///
///     slack.status: {token: env:SLACK_TOKEN, channel: C024BE91L, text: "*${release}* is in ${to}"}
///
/// The message is the newest in the channel whose metadata names it, by `message`; nothing is kept here, so
/// that it is found after a restart, too. If people deleted it, there is a new one. Its metadata say up to
/// which step of each track it has come: what is older is never put over what is newer.
struct SlackStatusAction: ConfiguredAction {
    static let kind = "slack.status"

    /// The mark that names a status message.
    static let mark = "message"

    private let slack: Slack
    private let text: Template
    private let message: Template

    init?(settings: SettingsReader, binding: ActionBinding) {
        let slack = Slack(settings: settings)
        let text = settings.slackText()
        let message = settings.template("message", .action, default: "${release}")
        guard let slack, let text, let message else { return nil }
        self.slack = slack
        self.text = text
        self.message = message
    }

    var traits: ActionTraits {
        // Two at the same time would each begin a message.
        ActionTraits(
            actionClass: .setToValue,
            direction: .neutral,
            canProbe: true,
            lane: slack.lane + " status"
        )
    }

    var secrets: [SecretReference] { slack.secrets }
    var checkup: Checkup? { slack.checkup }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        await slack.api.perform(intent, remedy: Slack.remedy) { session, variables in
            let channel = try slack.channel(variables)
            let name = try variables.text(message)
            let current = try await current(name, channel, intent, session)
            if let current, current.isReached {
                return .alreadyDone(evidence: Slack.evidence(current.timestamp, channel))
            }
            var marks = current?.marks ?? [:]
            marks[Self.mark] = name
            marks[Place(intent).mark] = Place(intent).text
            var body = try SlackMessage.body(
                try variables.slackText(text),
                channel: channel,
                intent,
                marks: marks
            )
            if let current { body["ts"] = .string(current.timestamp) }
            let sent = body
            return try await session.change(remedy: Slack.remedy) {
                try await look(name, channel, intent, session)
            } send: {
                let method = current == nil ? "chat.postMessage" : "chat.update"
                return Slack.evidence(try await slack.write(method, sent, session), channel)
            }
        }
    }

    func probe(_ intent: Intent) async -> ProbeAnswer {
        await slack.api.probe(intent) { session, variables in
            try await look(
                try variables.text(message),
                try slack.channel(variables),
                intent,
                session
            )
        }
    }

    private func look(
        _ name: String,
        _ channel: String,
        _ intent: Intent,
        _ session: APISession
    ) async throws -> ProbeAnswer {
        guard let current = try await current(name, channel, intent, session), current.isReached
        else { return .absent }
        return .present(evidence: Slack.evidence(current.timestamp, channel))
    }

    private struct Current: Sendable {
        var timestamp: String
        var marks: [String: String]
        /// Whether it shows this action's text, or one of a later step.
        var isReached: Bool
    }

    private func current(
        _ name: String,
        _ channel: String,
        _ intent: Intent,
        _ session: APISession
    ) async throws -> Current? {
        let place = Place(intent)
        return try await slack.find(channel, session) { found in
            guard found.marks?[Self.mark] == name else {
                // The id of its block says it, too, where the metadata are lost.
                return found.marks?[Self.mark] == nil && found.isOf(intent)
                    ? Current(timestamp: found.timestamp, marks: [:], isReached: true) : nil
            }
            let marks = found.marks ?? [:]
            return Current(
                timestamp: found.timestamp,
                marks: marks,
                isReached: found.isOf(intent) || place.isReached(marks[place.mark])
            )
        }
    }

    /// Where in a track's course an action stands: its step, and its place among those of the step.
    private struct Place {
        /// What the step counts in: the key without what counts there.
        let mark: String
        let step: Int
        let ordinal: Int

        init(_ intent: Intent) {
            let end = "/\(intent.step)/\(intent.ordinal)/\(intent.action)"
            mark =
                "at "
                + (intent.key.hasSuffix(end) ? String(intent.key.dropLast(end.count)) : intent.key)
            step = intent.step
            ordinal = intent.ordinal
        }

        var text: String { "\(step)/\(ordinal)" }

        func isReached(_ text: String?) -> Bool {
            let parts = (text ?? "").split(separator: "/").compactMap { Int($0) }
            return parts.count == 2 && (parts[0], parts[1]) >= (step, ordinal)
        }
    }
}
