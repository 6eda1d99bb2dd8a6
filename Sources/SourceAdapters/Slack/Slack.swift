import ConductorCore
import ConductorPorts
import NIOHTTP1

extension Backend {
    /// Slack, for the role `chat`.
    static let slack = Backend(
        actions: [
            SlackPostAction.self, SlackStatusAction.self, SlackReplyAction.self,
            SlackWebhookAction.self,
        ]
    )
}

/// The settings that the kinds of Slack share which write as an app: where, and with which token.
///
///     token: env:SLACK_TOKEN           # of a bot, xoxb-
///     channel: C024BE91L               # its id; may hold variables
///     look_back: 7d                    # how far back a message is looked for
///     url: https://slack.com/api
///
/// Source: Slack's Web API.
struct Slack: Sendable {
    let api: API
    private let channel: Template
    private let lookBack: Span

    init?(settings: SettingsReader) {
        let base = settings.base("url", default: "https://slack.com/api")
        let token = settings.secret("token")
        if !settings.has("token") {
            settings.missing("token", "env:NAME or file:PATH of a bot's token")
        }
        let channel = settings.template("channel", .action)
        if !settings.has("channel") {
            settings.missing("channel", "the channel's id, such as C024BE91L")
        } else if let channel, channel.variables.isEmpty, !Self.isChannel(channel.text) {
            settings.fault(
                .badValue,
                "channel",
                "'\(channel.text)' is no id of a channel, such as C024BE91L; it stands at the end of "
                    + "the channel's details"
            )
        }
        lookBack = settings.span("look_back") ?? .days(7)
        if lookBack < .hours(1) || lookBack > .days(365) {
            settings.fault(.badValue, "look_back", "should be from 1h to 365d")
        }
        guard let base, let token, let channel else { return nil }
        self.channel = channel
        api = API(base: base, dialect: Self.dialect, credential: BearerCredential(token: token))
    }

    var secrets: [SecretReference] { api.credential.references }

    /// The channel as settings write it, for what must be done one at a time.
    var lane: String { "slack \(channel.text)" }

    func channel(_ variables: Variables) throws -> String {
        let id = try variables.text(channel)
        guard Self.isChannel(id) else {
            throw ResolvingProblem(message: "'\(id)' is no id of a channel, such as C024BE91L")
        }
        return id
    }

    private static func isChannel(_ text: String) -> Bool {
        guard let first = text.first, "CGD".contains(first) else { return false }
        return (6...32).contains(text.utf8.count)
            && text.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) }
    }

    private static let dialect = APIDialect(
        // A message a second in a channel, and the history about fifty times in a minute.
        pace: Pace.Limits(burst: 40, perSecond: 0.8, writeGap: .seconds(1)),
        words: { $0["error"]?.stringValue }
    )
}

// MARK: What Slack answers

extension Slack {
    /// An answer that says `ok`; the others come with status 200, too.
    private static func checked(_ answer: JSON) throws(APIProblem) -> JSON {
        if try answer.flag("ok") { return answer }
        let error = try answer.text("error")
        let kind: APIProblem.Kind
        switch error {
        case "ratelimited", "rate_limited": kind = .rateLimited(after: nil)
        case "not_authed", "invalid_auth", "account_inactive", "token_revoked", "token_expired",
            "missing_scope", "no_permission", "access_denied", "ekm_access_denied",
            "org_login_required", "not_allowed_token_type", "not_in_channel":
            kind = .unauthorised
        case "channel_not_found", "message_not_found", "thread_not_found": kind = .notFound
        case "internal_error", "fatal_error", "service_unavailable", "request_timeout",
            "team_added_to_org":
            kind = .failed
        default: kind = .refused
        }
        let scope = answer["needed"]?.stringValue.map { ", needed: \($0)" } ?? ""
        throw APIProblem(kind, "Slack says \(error)\(scope)")
    }

    /// A message's name: seconds with six digits behind the point.
    static func timestamp(_ text: String) throws(APIProblem) -> String {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let isOne =
            parts.count == 2 && (9...12).contains(parts[0].utf8.count) && parts[1].utf8.count == 6
            && parts.allSatisfy { $0.utf8.allSatisfy { (48...57).contains($0) } }
        guard isOne else { throw APIProblem(.malformed, "'\(text)' names no message") }
        return text
    }

    /// Sends a message, or puts another one in its place; gives the message's name.
    func write(
        _ method: String,
        _ body: [String: JSON?],
        _ session: APISession
    ) async throws -> String {
        let path: APIPath = "\(method)"
        let answer = try Self.checked(try await session.write(.POST, path, .compact(body)))
        guard try answer.text("channel") == body["channel"]??.stringValue else {
            throw APIProblem(.malformed, "sent, and the answer names another channel")
        }
        return try Self.timestamp(answer.text("ts"))
    }

    /// The first message for which `isMeant` gives something, from the newest to the oldest.
    ///
    /// With a thread it is one of the thread's. Nil: in the time that is looked back over there is none.
    /// - Throws: where there are more messages than can be looked through.
    func find<Found>(
        _ channel: String,
        thread: String? = nil,
        _ session: APISession,
        _ isMeant: (SlackMessage) throws -> Found?
    ) async throws -> Found? {
        let oldest = (AdapterTime.now().milliseconds - lookBack.milliseconds) / 1000
        var query = [
            ("channel", channel), ("include_all_metadata", "true"), ("limit", "200"),
            ("oldest", "\(oldest).000000"),
        ]
        if let thread { query.append(("ts", thread)) }
        var cursor: String?
        for _ in 0..<AdapterLimits.pages {
            let more = cursor.map { [("cursor", $0)] } ?? []
            let page = try Self.checked(
                try await session.get(
                    thread == nil ? "conversations.history" : "conversations.replies",
                    query: query + more
                )
            )
            for message in try page.list("messages") {
                if let found = try isMeant(SlackMessage(message)) { return found }
            }
            guard try page.flag("has_more") else { return nil }
            cursor = try page.text("response_metadata", "next_cursor")
        }
        throw APIProblem(
            .tooLarge,
            "\(channel) has more messages than can be looked through; say a shorter 'look_back', or "
                + "take a channel of its own"
        )
    }
}
