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
    ///
    /// - Throws: for what is no document.
    static func text(_ document: JSON) throws(APIProblem) -> String {
        guard try document.text("type") == "doc" else {
            throw APIProblem(.malformed, "a comment's body is no document")
        }
        return try text(ofAll: document.list("content"))
    }

    private static func text(ofAll nodes: [JSON]) throws(APIProblem) -> String {
        var text = ""
        for node in nodes {
            guard let members = node.objectValue else {
                throw APIProblem(.malformed, "a comment's body holds what is no part of a document")
            }
            text += try node.textIfAny("text") ?? ""
            if members["content"] != nil { text += try self.text(ofAll: node.list("content")) }
            text += members["type"] == "paragraph" ? "\n" : ""
        }
        return text
    }
}
