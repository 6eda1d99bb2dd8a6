import ConductorCore

/// Text that is markup: what is put into it is escaped, unless it is markup itself.
///
/// Every name, fact and reason is somebody else's text. There is no way from a `String` to markup but
/// through escaping.
struct HTML: Sendable, Equatable, ExpressibleByStringInterpolation {
    private(set) var text: String

    init(stringLiteral value: String) { text = value }

    init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

    /// A text, escaped.
    init(escaping text: String) { self.text = Self.escaped(text) }

    static let empty: HTML = ""

    static func + (left: HTML, right: HTML) -> HTML {
        var sum = left
        sum.text += right.text
        return sum
    }

    static func += (left: inout HTML, right: HTML) { left.text += right.text }

    var isEmpty: Bool { text.isEmpty }

    struct StringInterpolation: StringInterpolationProtocol {
        var text: String

        init(literalCapacity: Int, interpolationCount: Int) {
            text = ""
            text.reserveCapacity(literalCapacity + interpolationCount * 16)
        }

        mutating func appendLiteral(_ literal: String) { text += literal }
        mutating func appendInterpolation(_ value: String) { text += HTML.escaped(value) }
        mutating func appendInterpolation(_ value: Int) { text += String(value) }
        mutating func appendInterpolation(_ value: HTML) { text += value.text }
        mutating func appendInterpolation(_ value: [HTML]) {
            for part in value { text += part.text }
        }
    }

    /// Escaped for text and for attributes in double quotes.
    ///
    /// Control characters, and those that turn the direction of what follows, have no place in a page.
    static func escaped(_ text: String) -> String {
        var needsCare = false
        for byte in text.utf8 where byte < 0x28 || byte > 0x3B && byte < 0x3F || byte > 0x7E {
            if byte == UInt8(ascii: " ") { continue }
            needsCare = true
            break
        }
        guard needsCare else { return text }
        var safe = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": safe += "&amp;"
            case "<": safe += "&lt;"
            case ">": safe += "&gt;"
            case "\"": safe += "&quot;"
            case "'": safe += "&#39;"
            case "\n", "\t": safe.unicodeScalars.append(scalar)
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{202A}"..."\u{202E}",
                "\u{2066}"..."\u{2069}", "\u{200E}", "\u{200F}", "\u{61C}":
                safe += "\u{FFFD}"
            default: safe.unicodeScalars.append(scalar)
            }
        }
        return safe
    }

    /// A link, if the address is one of the web; else the words alone.
    static func link(_ address: String, _ words: HTML) -> HTML {
        let lower = address.lowercased()
        guard lower.hasPrefix("https://") || lower.hasPrefix("http://") else { return words }
        return "<a href=\"\(address)\" rel=\"noopener noreferrer\">\(words)</a>"
    }

    /// A space and a link to where more is to be seen, if there is such an address.
    static func look(_ address: String?) -> HTML {
        guard let address else { return "" }
        let link = link(address, "look")
        return link == "look" ? "" : " \(link)"
    }

    /// A moment: exact for machines, in UTC for who reads without script, and in the reader's zone by
    /// the script.
    static func time(_ instant: Instant) -> HTML {
        "<time datetime=\"\(instant.description)\">\(Words.minute(instant))</time>"
    }

    /// Since when something is so; the script says for how long.
    static func since(_ instant: Instant) -> HTML {
        """
        <time class="age" datetime="\(instant.description)">since \(Words.minute(instant))</time>
        """
    }
}

extension [HTML] {
    /// All parts, with markup between them.
    func joined(_ separator: HTML = "") -> HTML {
        var whole = HTML.empty
        for (place, part) in enumerated() {
            if place > 0 { whole += separator }
            whole += part
        }
        return whole
    }
}
