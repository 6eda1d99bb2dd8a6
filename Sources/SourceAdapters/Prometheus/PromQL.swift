import ConductorCore

extension Variables {
    /// A query of Prometheus; a value becomes a text in quotes, or a part of the one that it stands in,
    /// so that none is read as a part of the query.
    ///
    /// Behind `=~` and `!~` it stands for itself and is no pattern: the dots of `8.9.2` match dots alone.
    func promQL(_ template: Template) throws(TemplateProblem) -> String {
        var query = ""
        var place = PromQLPlace()
        for piece in template.pieces {
            switch piece {
            case .literal(let literal):
                query += literal
                place.pass(literal)
            case .variable(let name):
                let value = try text(Template("${\(name)}"))
                guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                    throw TemplateProblem("'${\(name)}' holds a control character")
                }
                guard let written = place.written(value) else {
                    throw TemplateProblem("'${\(name)}' holds a ` and stands between two of them")
                }
                query += written
            }
        }
        return query
    }
}

/// Where in a query the next character stands.
private struct PromQLPlace {
    private var quote: Character?
    private var isEscaped = false
    private var isComment = false
    /// Whether the text that begins next, or the one that goes on here, is a pattern.
    private var isPattern = false
    private var last: Character = " "

    mutating func pass(_ literal: String) {
        for character in literal {
            if let open = quote {
                if isEscaped {
                    isEscaped = false
                } else if character == "\\", open != "`" {
                    isEscaped = true
                } else if character == open {
                    quote = nil
                    isPattern = false
                }
                continue
            }
            if isComment {
                isComment = !character.isNewline
                continue
            }
            switch character {
            case "\"", "'", "`": quote = character
            case "#": isComment = true
            case "~": isPattern = last == "=" || last == "!"
            case _ where character.isWhitespace: continue
            default: isPattern = false
            }
            last = character
        }
    }

    /// A value as it is written here; nil where there is no way.
    func written(_ value: String) -> String? {
        var text = value
        if isPattern {
            text = ""
            for character in value {
                if "\\.+*?()|[]{}^$".contains(character) { text += "\\" }
                text.append(character)
            }
        }
        if quote == "`" { return value.contains("`") ? nil : text }
        let delimiter = quote ?? "\""
        let escaped = text.replacing("\\", with: "\\\\")
            .replacing(String(delimiter), with: "\\\(delimiter)")
        return quote == nil ? "\"\(escaped)\"" : escaped
    }
}
