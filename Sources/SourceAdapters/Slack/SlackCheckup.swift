import ConductorCore
import ConductorPorts
import NIOHTTP1

extension Slack {
    /// Asks who the bot is, and reads one message of the channel.
    var checkup: Checkup {
        Checkup("Slack", api) { looks, variables in
            let channel = try channel(variables)
            let who = try await looks.get("auth.test")
            if who.json?["ok"] != true {
                throw APIProblem(
                    .unauthorised,
                    "Slack says \(who.json?["error"]?.stringValue ?? who.words)"
                )
            }
            let history = try await looks.get(
                "conversations.history",
                query: [("channel", channel), ("limit", "1")]
            )
            return [Self.mayRead(channel, history), Self.mayPost(channel, who, history)]
        }
    }

    static func mayRead(_ channel: String, _ history: Look) -> Finding {
        let what = "may read \(channel), to find its own messages again"
        if history.json?["ok"] == true { return Finding(what, .yes) }
        let error = history.json?["error"]?.stringValue ?? history.words
        let remedy =
            switch error {
            case "not_in_channel", "channel_not_found": "invite the bot into the channel"
            case "missing_scope":
                "give the bot the scope \(history.json?["needed"]?.stringValue ?? "channels:history")"
            default: "see what Slack names"
            }
        return Finding(what, .no, evidence: "Slack says \(error)", remedy: remedy)
    }

    /// A token's scopes stand in a header of every answer; to post one must be in the channel, too.
    static func mayPost(_ channel: String, _ who: Look, _ history: Look) -> Finding {
        let what = "may post to \(channel)"
        guard let scopes = who.headers.first(name: "x-oauth-scopes") else {
            return Finding(
                what,
                .untold,
                evidence: "Slack does not say its scopes",
                remedy: "see that the bot has the scope chat:write"
            )
        }
        let all = scopes.split { $0 == "," || $0 == " " }
        guard all.contains("chat:write") else {
            return Finding(
                what,
                .no,
                evidence: "its scopes are \(all.joined(separator: ", "))",
                remedy: "give the bot the scope chat:write"
            )
        }
        return history.json?["ok"] == true
            ? Finding(what, .yes, evidence: "it has chat:write, and is in the channel")
            : Finding(
                what,
                .untold,
                evidence: "it has chat:write, and the channel cannot be read",
                remedy: "invite the bot into the channel"
            )
    }
}

extension SlackWebhookAction {
    /// A webhook knows one request alone, and that one posts.
    var checkup: Checkup? {
        Checkup("Slack webhook", credential: address.description, address: "hooks.slack.com") {
            [address] _, _ in
            let secret = try address.read()
            guard WebAddress(secret.revealed()) != nil else {
                throw APIProblem(.misconfigured, "the secret \(address) is no address of a webhook")
            }
            return [
                Finding(Finding.credentialIsThere, .yes),
                Finding(
                    "may post",
                    .untold,
                    evidence: "a webhook answers a message alone",
                    remedy: "see in Slack, under the app's incoming webhooks, that it is there"
                ),
            ]
        }
    }
}
