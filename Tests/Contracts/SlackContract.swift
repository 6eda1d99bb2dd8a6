import ConductorCore
import ConductorPorts

extension ContractVendor {
    /// Slack's Web API and its incoming webhooks, as their OpenAPI description has them.
    static let slack = ContractVendor(
        name: "Slack",
        specification: "slack.json",
        cells: slackActs
    )

    private static func settings(_ run: ContractRun, _ more: [String: JSON] = [:]) throws -> JSON {
        let common: [String: JSON] = [
            "url": .string(run.url + "/api"), "token": try run.secret("xoxb-slack-t0ken"),
            "channel": "C024BE91L", "text": "${track} entered *${to}*",
        ]
        return .object(common.merging(more) { $1 })
    }

    private static let timestamp: JSON = "1772442000.000100"

    private static func history(_ messages: JSON) -> ContractAnswer {
        ContractAnswer(
            "conversations_history",
            ["ok": true, "messages": messages, "has_more": false]
        )
    }

    private static let status: JSON = [
        "type": "message", "ts": timestamp, "text": "music/8.9.2",
        "metadata": ["event_type": "conductord", "event_payload": ["message": "music/8.9.2"]],
    ]

    private static let posted = ContractAnswer(
        "chat_postMessage",
        [
            "ok": true, "channel": "C024BE91L", "ts": timestamp,
            "message": [
                "type": "message", "ts": timestamp, "text": "text", "bot_id": "B024BE7LH",
                "user": "U024BE7LH", "team": "T024BE7LD",
            ],
        ]
    )

    private static let slackActs: [ContractCell] = [
        ContractCell(
            "act: post",
            ["chat_postMessage", "conversations_history"],
            [posted, history([])]
        ) { run in
            try await run.perform("slack.post", settings(run))
            let found = try await run.probe("slack.post", settings(run))
            guard case .absent = found else { throw ContractFault("a probe says \(found)") }
        },
        ContractCell(
            "act: begin the status message",
            ["conversations_history", "chat_postMessage"],
            [history([]), posted]
        ) { run in
            try await run.perform("slack.status", settings(run))
        },
        ContractCell(
            "act: edit the status message",
            ["conversations_history", "chat_update"],
            [
                history([status]),
                ContractAnswer(
                    "chat_update",
                    [
                        "ok": true, "channel": "C024BE91L", "ts": timestamp, "text": "text",
                        "message": ["text": "text"],
                    ]
                ),
            ]
        ) { run in
            try await run.perform("slack.status", settings(run))
        },
        ContractCell(
            "act: reply in its thread",
            ["conversations_history", "chat_postMessage", "conversations_replies"],
            [
                history([status]), posted,
                ContractAnswer(
                    "conversations_replies",
                    match: ["query.ts": timestamp],
                    ["ok": true, "messages": [status], "has_more": false]
                ),
            ]
        ) { run in
            try await run.perform("slack.reply", settings(run))
            let found = try await run.probe("slack.reply", settings(run))
            guard case .absent = found else { throw ContractFault("a probe says \(found)") }
        },
        ContractCell("act: incoming webhook", ["incoming_webhook"], []) { run in
            let hook = try run.secret(run.url + "/services/T024BE7LD/B024BE7LH/s3cret", "hook")
            try await run.perform(
                "slack.webhook",
                ["url": hook, "text": "${track} entered ${to}"]
            )
        },
    ]
}
