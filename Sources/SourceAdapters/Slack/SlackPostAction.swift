import ConductorCore
import ConductorPorts
import NIOHTTP1

/// The kind `slack.post`: a message in a channel.
///
///     slack.post: {token: env:SLACK_TOKEN, channel: C024BE91L, text: "${track} entered *${to}*"}
struct SlackPostAction: ConfiguredAction {
    static let kind = "slack.post"

    private let slack: Slack
    private let text: Template

    init?(settings: SettingsReader, binding: ActionBinding) {
        let slack = Slack(settings: settings)
        let text = settings.slackText()
        guard let slack, let text else { return nil }
        self.slack = slack
        self.text = text
    }

    var traits: ActionTraits { .slackMessage }

    var secrets: [SecretReference] { slack.secrets }
    var checkup: Checkup? { slack.checkup }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        await slack.api.perform(intent, remedy: Slack.remedy) { session, variables in
            let channel = try slack.channel(variables)
            let body = try SlackMessage.body(
                try variables.slackText(text),
                channel: channel,
                intent
            )
            return try await slack.sendOnce(body, channel, thread: nil, intent, attempt, session)
        }
    }

    func probe(_ intent: Intent) async -> ProbeAnswer {
        await slack.api.probe(intent) { session, variables in
            try await slack.look(intent, try slack.channel(variables), thread: nil, session)
        }
    }
}

/// The kind `slack.reply`: an answer in a message's thread.
///
///     slack.reply: {token: env:SLACK_TOKEN, channel: C024BE91L, text: "${track} entered ${to}"}
///
/// The thread is that of the status message that `slack.status` keeps, or of the one that `thread` names.
struct SlackReplyAction: ConfiguredAction {
    static let kind = "slack.reply"

    private let slack: Slack
    private let text: Template
    private let message: Template
    private let thread: Template?

    init?(settings: SettingsReader, binding: ActionBinding) {
        let slack = Slack(settings: settings)
        let text = settings.slackText()
        let message = settings.template("message", .action, default: "${release}")
        thread = settings.template("thread", .action)
        if settings.has("thread"), settings.has("message") {
            settings.fault(.badValue, "thread", "stands beside 'message'; one of them is enough")
        }
        guard let slack, let text, let message else { return nil }
        self.slack = slack
        self.text = text
        self.message = message
    }

    var traits: ActionTraits { .slackMessage }

    var secrets: [SecretReference] { slack.secrets }
    var checkup: Checkup? { slack.checkup }

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        await slack.api.perform(intent, remedy: Slack.remedy) { session, variables in
            let channel = try slack.channel(variables)
            guard let thread = try await parent(channel, session, variables) else {
                return .rejected(
                    reason: "there is no status message '\(try variables.text(message))' to answer",
                    remedy: "let slack.status go before it, or say 'thread'"
                )
            }
            var body = try SlackMessage.body(
                try variables.slackText(text),
                channel: channel,
                intent
            )
            body["thread_ts"] = .string(thread)
            return try await slack.sendOnce(
                body,
                channel,
                thread: thread,
                intent,
                attempt,
                session
            )
        }
    }

    func probe(_ intent: Intent) async -> ProbeAnswer {
        await slack.api.probe(intent) { session, variables in
            let channel = try slack.channel(variables)
            guard let thread = try await parent(channel, session, variables) else {
                return .unavailable(reason: "the message whose thread it was is not there")
            }
            return try await slack.look(intent, channel, thread: thread, session)
        }
    }

    /// The message whose thread it is.
    private func parent(
        _ channel: String,
        _ session: APISession,
        _ variables: Variables
    ) async throws -> String? {
        if let thread {
            let name = try variables.text(thread)
            guard let timestamp = try? Slack.timestamp(name) else {
                throw ResolvingProblem(
                    message: "'\(name)' names no message, such as 1772442000.000100"
                )
            }
            return timestamp
        }
        let name = try variables.text(message)
        return try await slack.find(channel, session) { found in
            found.marks?[SlackStatusAction.mark] == name ? found.timestamp : nil
        }
    }
}

extension ActionTraits {
    /// A message that is found again by its marks.
    fileprivate static let slackMessage = ActionTraits(
        actionClass: .appendWithMarker,
        direction: .neutral,
        canProbe: true
    )
}

extension Slack {
    static let remedy = "see that the app is in the channel and its token has the scopes"

    static func evidence(_ timestamp: String, _ channel: String) -> String {
        "message \(timestamp) in \(channel)"
    }

    /// Sends a message; from the second attempt on it looks first whether it is there.
    fileprivate func sendOnce(
        _ body: [String: JSON?],
        _ channel: String,
        thread: String?,
        _ intent: Intent,
        _ attempt: Int,
        _ session: APISession
    ) async throws -> ActionOutcome {
        let look = { () async throws -> ProbeAnswer in
            try await self.look(intent, channel, thread: thread, session)
        }
        let send = { () async throws -> String in
            Self.evidence(try await write("chat.postMessage", body, session), channel)
        }
        return attempt > 1
            ? try await session.once(remedy: Self.remedy, look: look, send: send)
            : try await session.change(remedy: Self.remedy, look: look, send: send)
    }

    fileprivate func look(
        _ intent: Intent,
        _ channel: String,
        thread: String?,
        _ session: APISession
    ) async throws -> ProbeAnswer {
        let found = try await find(channel, thread: thread, session) { message in
            message.isOf(intent) ? message.timestamp : nil
        }
        return found.map { .present(evidence: Self.evidence($0, channel)) } ?? .absent
    }
}
