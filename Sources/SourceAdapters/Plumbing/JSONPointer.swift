import ConductorCore

/// A place in a JSON value, as RFC 6901 writes it: `/tests/0/state`.
struct JSONPointer: Sendable, Hashable, CustomStringConvertible {
    private let tokens: [String]

    /// Nil where `text` is neither empty nor begins with `/`, or holds a lone `~`.
    init?(_ text: String) {
        guard text.isEmpty || text.hasPrefix("/") else { return nil }
        var tokens: [String] = []
        for part in text.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            var token = ""
            var rest = part[...]
            while let character = rest.popFirst() {
                guard character == "~" else {
                    token.append(character)
                    continue
                }
                switch rest.popFirst() {
                case "0": token.append("~")
                case "1": token.append("/")
                default: return nil
                }
            }
            tokens.append(token)
        }
        self.tokens = tokens
    }

    /// `blockers.open` is `/blockers/open`.
    init(dotted name: String) {
        tokens = name.split(separator: ".").map(String.init)
    }

    var description: String {
        tokens.map { token in
            var text = "/"
            for character in token {
                switch character {
                case "~": text += "~0"
                case "/": text += "~1"
                default: text.append(character)
                }
            }
            return text
        }.joined()
    }

    /// What stands at this place; nil where nothing does.
    func value(in document: JSON) -> JSON? {
        var current = document
        for token in tokens {
            switch current {
            case .object(let members):
                guard let member = members[token] else { return nil }
                current = member
            case .array(let elements):
                guard let index = Int(token), String(index) == token,
                    elements.indices.contains(index)
                else { return nil }
                current = elements[index]
            case .null, .bool, .int, .double, .string: return nil
            }
        }
        return current
    }
}
