import ConductorCore
import ConductorPorts

/// A message as it is sent and as it is found again.
///
/// What it is stands in its metadata, and in the id of its first block: people see neither.
struct SlackMessage: Sendable {
    private static let eventType = "conductord"
    /// Characters of one block of text, and blocks of one message, that Slack takes.
    private static let blockLength = 3_000
    private static let blocks = 50

    let timestamp: String
    /// What our own metadata holds; nil where there is none of ours.
    let marks: [String: String]?
    private let blockIDs: [String]

    init(_ json: JSON) throws(APIProblem) {
        guard json.objectValue != nil else {
            throw APIProblem(.malformed, "a message in the answer should be a mapping")
        }
        timestamp = try Slack.timestamp(json.text("ts"))
        if let metadata = json["metadata"], try metadata.textIfAny("event_type") == Self.eventType {
            let payload = metadata["event_payload"]?.objectValue ?? [:]
            marks = payload.compactMapValues(\.stringValue)
        } else {
            marks = nil
        }
        let blocks = json["blocks"] == nil ? [] : try json.list("blocks")
        blockIDs = blocks.compactMap { $0["block_id"]?.stringValue }
    }

    /// Whether it was sent for this very action.
    func isOf(_ intent: Intent) -> Bool {
        marks?["key"] == intent.key || blockIDs.contains(Self.blockID(intent))
    }

    private static func blockID(_ intent: Intent) -> String {
        // Slack takes 255 characters; the end of a key tells it apart.
        "conductord " + String(intent.key.suffix(200))
    }

    /// What is sent: a text for where no blocks are shown, the same in blocks, and the marks.
    static func body(
        _ text: String,
        channel: String,
        _ intent: Intent,
        marks: [String: String] = [:]
    ) throws -> [String: JSON?] {
        guard !text.isEmpty, text.count <= blockLength * blocks else {
            throw ResolvingProblem(
                message: text.isEmpty
                    ? "the message has no text"
                    : "the message has more than \(blockLength * blocks) characters"
            )
        }
        var sections: [JSON] = []
        var rest = text[...]
        while !rest.isEmpty {
            let part = Self.part(rest)
            rest = rest[part.endIndex...]
            var section: [String: JSON] = [
                "type": "section", "text": ["type": "mrkdwn", "text": .string(String(part))],
            ]
            if sections.isEmpty { section["block_id"] = .string(blockID(intent)) }
            sections.append(.object(section))
        }
        guard sections.count <= blocks else {
            throw ResolvingProblem(message: "the message is too long")
        }
        let payload = marks.merging(["key": intent.key]) { $1 }.mapValues { JSON.string($0) }
        return [
            "channel": .string(channel), "text": .string(text), "blocks": .array(sections),
            "metadata": [
                "event_type": .string(eventType), "event_payload": .object(payload),
            ],
        ]
    }

    /// As much as one block takes, up to the end of a line where there is one.
    private static func part(_ text: Substring) -> Substring {
        // What is one character here may be several there.
        var units = 0
        var end = text.startIndex
        var lineEnd: Substring.Index?
        while end < text.endIndex {
            units += text[end].utf16.count
            guard units <= blockLength else { break }
            end = text.index(after: end)
            if text[text.index(before: end)].isNewline { lineEnd = end }
        }
        // A single character longer than a block goes alone; Slack will say what it thinks of it.
        if end == text.startIndex { end = text.index(after: end) }
        return end == text.endIndex ? text : text[..<(lineEnd ?? end)]
    }
}

extension Variables {
    /// A text as Slack shows it: a value stays as it is, and neither calls people nor makes a link.
    func slackText(_ template: Template) throws(TemplateProblem) -> String {
        var result = ""
        for piece in template.pieces {
            switch piece {
            case .literal(let literal): result += literal
            case .variable(let name):
                let value = try text(Template("${\(name)}"))
                result += value.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
                    .replacing(">", with: "&gt;")
            }
        }
        return result
    }
}

extension SettingsReader {
    /// What a message says.
    func slackText() -> Template? {
        if !has("text") {
            missing("text", "what the message says")
            return nil
        }
        return template("text", .action)
    }
}
