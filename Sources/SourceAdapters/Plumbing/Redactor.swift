import ConductorCore

/// Takes secrets out of everything that leaves an adapter.
///
/// A secret is found as it is, percent-encoded, escaped for JSON or HTML, in hex, and in Base64 at
/// any of the three alignments in which a longer text may hold it.
struct Redactor: Sendable {
    private let needles: [[UInt8]]
    /// Bytes with which a needle begins: most of a text begins none.
    private let beginnings: Set<UInt8>

    static let nothing = Redactor([])

    init(_ secrets: [Secret]) {
        var needles: Set<[UInt8]> = []
        for secret in secrets {
            let value = secret.revealed()
            let bytes = Array(value.utf8)
            needles.insert(bytes)
            needles.insert(Array(percentEncoded(value).utf8))
            needles.insert(Array(percentEncoded(value).lowercased().utf8))
            for form in Self.jsonForms(of: value) + Self.htmlForms(of: value) {
                needles.insert(Array(form.utf8))
            }
            let hex = bytes.map { Self.hex($0) }.joined()
            needles.insert(Array(hex.utf8))
            needles.insert(Array(hex.uppercased().utf8))
            for offset in 0..<3 { needles.formUnion(Self.base64Forms(of: bytes, offset: offset)) }
        }
        needles.remove([])
        self.needles = needles.sorted { $0.count > $1.count }
        beginnings = Set(needles.compactMap(\.first))
    }

    func redact(_ text: String) -> String {
        guard !needles.isEmpty else { return text }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var position = 0
        var found = false
        while position < bytes.count {
            if beginnings.contains(bytes[position]),
                let needle = needles.first(where: { bytes[position...].starts(with: $0) })
            {
                result += "***".utf8
                position += needle.count
                found = true
            } else {
                result.append(bytes[position])
                position += 1
            }
        }
        return found ? String(decoding: result, as: UTF8.self) : text
    }

    /// A backend's own words for one of our messages: redacted, one line, not too long.
    func quote(_ bytes: some Sequence<UInt8>) -> String {
        quote(String(decoding: Array(bytes), as: UTF8.self))
    }

    /// A backend's own words for one of our messages: redacted, one line, not too long.
    func quote(_ text: String) -> String {
        var line = ""
        for character in redact(text) {
            let isBlank =
                character.isWhitespace
                || character.unicodeScalars.allSatisfy { $0.properties.generalCategory == .control }
            if !isBlank {
                line.append(character)
            } else if !line.isEmpty, line.last != " " {
                line.append(" ")
            }
            if line.count > AdapterLimits.quotedCharacters { return line + "..." }
        }
        if line.last == " " { line.removeLast() }
        return line
    }

    func redact(_ value: JSON) -> JSON {
        guard !needles.isEmpty else { return value }
        switch value {
        case .null, .bool, .int, .double: return value
        case .string(let text): return .string(redact(text))
        case .array(let elements): return .array(elements.map { redact($0) })
        case .object(let members):
            return .object(
                Dictionary(members.map { (redact($0.key), redact($0.value)) }) { first, _ in first }
            )
        }
    }

    /// As JSON writes it: with and without `\/`, and with everything beyond ASCII escaped.
    private static func jsonForms(of text: String) -> [String] {
        let plain = String(
            decoding: JSON.string(text).canonicalBytes.dropFirst().dropLast(),
            as: UTF8.self
        )
        var ascii = ""
        for unit in plain.utf16 {
            if unit < 0x80, let scalar = Unicode.Scalar(unit) {
                ascii.unicodeScalars.append(scalar)
            } else {
                ascii += "\\u" + hex(UInt8(unit >> 8)) + hex(UInt8(unit & 0xFF))
            }
        }
        return [plain, ascii].flatMap { [$0, $0.replacing("/", with: "\\/")] }
    }

    /// As HTML writes it; an apostrophe has three usual forms.
    private static func htmlForms(of text: String) -> [String] {
        guard text.utf8.contains(where: { "&<>'\"".utf8.contains($0) }) else { return [text] }
        let common = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            .replacing(">", with: "&gt;")
        return ["&#39;", "&#x27;", "&apos;", "'"].flatMap { apostrophe in
            ["&quot;", "&#34;", "\""].map { quote in
                common.replacing("'", with: apostrophe).replacing("\"", with: quote)
            }
        }
    }

    private static func hex(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
    }

    /// The characters of Base64 that depend on `bytes` alone when `offset` bytes stand before it.
    private static func base64Forms(of bytes: [UInt8], offset: Int) -> [[UInt8]] {
        // Fewer than four bytes leave so few characters that they would be found by chance.
        guard bytes.count >= 4 else { return [] }
        let padded = [UInt8](repeating: 0, count: offset) + bytes
        let first = (offset * 8 + 5) / 6
        let last = padded.count * 8 / 6
        let standard = Array(Base64.digits(padded)[first..<last])
        let forURLs = standard.map { byte in
            switch byte {
            case UInt8(ascii: "+"): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            default: byte
            }
        }
        return [standard, forURLs]
    }
}
