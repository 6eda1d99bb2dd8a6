extension Value: CustomStringConvertible {
    /// The value as an expression would write it, maps in their own order.
    public var description: String {
        switch self {
        case .null: "null"
        case .bool(let truth): truth ? "true" : "false"
        case .int(let number): String(number)
        case .uint(let number): "\(number)u"
        case .double(let number): Self.literal(number)
        case .string(let text): Self.literal(text)
        case .bytes(let octets): Self.literal(octets)
        case .list(let elements):
            "[" + elements.map(\.description).joined(separator: ", ") + "]"
        case .map(let map):
            "{" + map.entries.map { "\($0.key.value): \($0.value)" }.joined(separator: ", ") + "}"
        case .timestamp(let instant): "timestamp(\"\(instant.rfc3339)\")"
        case .duration(let span): "duration(\"\(DurationText.text(span))\")"
        case .type(let type): type.name
        case .optional(let optional):
            optional.value.map { "optional.of(\($0))" } ?? "optional.none()"
        }
    }

    private static func literal(_ number: Double) -> String {
        guard number.isFinite else { return "double(\"\(DecimalText.special(number))\")" }
        let text = DecimalText.general(number)
        return text.contains { $0 == "." || $0 == "e" } ? text : text + ".0"
    }

    private static func literal(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default:
                if scalar.value < 32 || (127...159).contains(scalar.value)
                    || scalar == "\u{2028}" || scalar == "\u{2029}"
                {
                    result += "\\u" + hexadecimal(scalar.value, width: 4)
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }

    private static func literal(_ octets: [UInt8]) -> String {
        var result = "b\""
        for octet in octets {
            if octet == 34 || octet == 92 {
                result += "\\" + String(Character(Unicode.Scalar(octet)))
            } else if (32...126).contains(octet) {
                result.unicodeScalars.append(Unicode.Scalar(octet))
            } else {
                result += "\\x" + hexadecimal(UInt32(octet), width: 2)
            }
        }
        return result + "\""
    }

    private static func hexadecimal(_ number: UInt32, width: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
