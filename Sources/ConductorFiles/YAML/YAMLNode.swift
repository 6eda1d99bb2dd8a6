internal import ConductorCore

/// A value of a YAML text, with its place.
struct YAMLNode: Sendable {
    indirect enum Content: Sendable {
        case scalar(YAMLScalar)
        case mapping([Entry])
        case sequence([YAMLNode])
    }

    struct Entry: Sendable {
        var key: String
        var keyPlace: Place
        var value: YAMLNode
    }

    var content: Content
    /// Where its text begins, after anchor and tag.
    var place: Place

    /// What it is, for messages.
    var what: String {
        switch content {
        case .scalar(let scalar):
            switch scalar.json {
            case .null: "nothing"
            case .bool: "true or false"
            case .int, .double: "a number"
            case .string, .array, .object: "a text"
            }
        case .mapping: "a mapping"
        case .sequence: "a list"
        }
    }

    var isNull: Bool {
        if case .scalar(let scalar) = content { scalar.json == .null } else { false }
    }

    /// The value without places; of a key that stands twice the first counts.
    var json: JSON {
        switch content {
        case .scalar(let scalar): scalar.json
        case .mapping(let entries):
            .object(
                Dictionary(entries.map { ($0.key, $0.value.json) }) { first, _ in first }
            )
        case .sequence(let nodes): .array(nodes.map(\.json))
        }
    }

    subscript(key: String) -> YAMLNode? {
        guard case .mapping(let entries) = content else { return nil }
        return entries.first { $0.key == key }?.value
    }
}

/// A scalar as it stands in the file.
struct YAMLScalar: Sendable {
    enum Style: Sendable { case plain, singleQuoted, doubleQuoted, literal, folded }

    var text: String
    var style: Style
    /// Its value by YAML's core schema: quoted is text, `yes` is text, `1_000` is text.
    var json: JSON

    init(text: String, style: Style, tag: String) {
        self.text = text
        self.style = style
        switch tag {
        case "tag:yaml.org,2002:str": json = .string(text)
        default: json = style == .plain || !tag.isEmpty ? Self.coreValue(text) : .string(text)
        }
    }

    /// Plain text by the core schema (YAML 1.2.2, 10.3.2).
    static func coreValue(_ text: String) -> JSON {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        default: break
        }
        let bytes = Array(text.utf8)
        let sign: Set<UInt8> = [UInt8(ascii: "+"), UInt8(ascii: "-")]
        let unsigned = sign.contains(bytes[0]) ? bytes.dropFirst() : bytes[...]
        guard let first = unsigned.first else { return .string(text) }
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        if text.hasPrefix("0x"), let number = Int64(text.dropFirst(2), radix: 16) {
            return .int(number)
        }
        if text.hasPrefix("0o"), let number = Int64(text.dropFirst(2), radix: 8) {
            return .int(number)
        }
        if unsigned.allSatisfy(digits.contains) {
            if let number = Int64(text) { return .int(number) }
        }
        guard digits.contains(first) || first == UInt8(ascii: "."),
            isDecimal(unsigned), let number = Double(text), number.isFinite
        else { return .string(text) }
        return .double(number)
    }

    /// `[0-9]*(\.[0-9]*)?([eE][-+]?[0-9]+)?` with a digit before the exponent.
    private static func isDecimal(_ bytes: ArraySlice<UInt8>) -> Bool {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        var rest = bytes
        let whole = rest.prefix(while: digits.contains).count
        rest = rest.dropFirst(whole)
        var fraction = 0
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            fraction = rest.prefix(while: digits.contains).count
            rest = rest.dropFirst(fraction)
        }
        guard whole + fraction > 0 else { return false }
        guard let mark = rest.first else { return true }
        guard mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") else { return false }
        rest = rest.dropFirst()
        if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
            rest = rest.dropFirst()
        }
        return !rest.isEmpty && rest.allSatisfy(digits.contains)
    }
}
