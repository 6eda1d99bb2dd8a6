import ConductorCore

/// Text in the Atlassian Document Format, which version 3 of the interface asks for.
enum JiraDocument {
    /// Paragraphs, one per line of the text.
    static func paragraphs(_ text: String) -> JSON {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return [
            "type": "doc", "version": 1,
            "content": .array(
                lines.map { line in
                    // An empty text node is refused.
                    let content: JSON =
                        line.isEmpty ? [] : [["type": "text", "text": .string(String(line))]]
                    return ["type": "paragraph", "content": content]
                }
            ),
        ]
    }

    /// All texts of a document, one after the other.
    static func text(_ document: JSON) -> String {
        switch document {
        case .string(let text): return text
        case .object(let members):
            let own = members["text"]?.stringValue ?? ""
            return own + (members["content"].map(text) ?? "")
        case .array(let elements): return elements.map(text).joined(separator: "\n")
        case .null, .bool, .int, .double: return ""
        }
    }
}
