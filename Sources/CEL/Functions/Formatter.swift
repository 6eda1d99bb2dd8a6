/// `format`: a text with clauses such as `%d` or `%.2f` (extension: strings).
struct Formatter {
    private let values: [Value]
    private var next = 0

    /// The most digits after the point that a clause may ask for.
    private static let maximumPrecision = 100

    init(values: [Value]) { self.values = values }

    mutating func format(_ text: String, _ frame: inout Frame) throws(Halt) -> String {
        let scalars = Array(text.unicodeScalars)
        try frame.look(at: scalars.count)
        var result = ""
        var place = 0
        while place < scalars.count {
            let scalar = scalars[place]
            place += 1
            guard scalar == "%" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            guard place < scalars.count else { throw fault("unexpected end of string") }
            if scalars[place] == "%" {
                result += "%"
                place += 1
                continue
            }
            var precision: Int?
            if scalars[place] == "." {
                place += 1
                var digits = 0
                var hasDigits = false
                while place < scalars.count, scalars[place].isDigit {
                    digits = min(digits * 10 + Int(scalars[place].value - 48), 1_000)
                    hasDigits = true
                    place += 1
                }
                guard hasDigits, digits <= Self.maximumPrecision else {
                    throw fault("the precision is missing or too large")
                }
                precision = digits
            }
            guard place < scalars.count else { throw fault("unexpected end of string") }
            let clause = scalars[place]
            place += 1
            guard "sdfebxXo".unicodeScalars.contains(clause) else {
                throw fault("unrecognized formatting clause \"\(clause)\"")
            }
            guard next < values.count else {
                throw .failed(.invalidArgument, "index \(next) out of range")
            }
            let part = try self.part(clause, values[next], precision, &frame)
            next += 1
            try frame.produce(part.utf8.count)
            result += part
        }
        try frame.produce(scalars.count)
        return result
    }

    private func fault(_ message: String) -> Halt {
        .failed(.invalidArgument, "could not parse formatting clause: \(message)")
    }

    private func wrong(_ rule: String, _ value: Value) -> Halt {
        .failed(
            .invalidArgument,
            "error during formatting: \(rule), was given \(value.typeName)"
        )
    }

    private func part(
        _ clause: Unicode.Scalar,
        _ value: Value,
        _ precision: Int?,
        _ frame: inout Frame
    ) throws(Halt) -> String {
        switch clause {
        case "s": return try plain(value, &frame)
        case "d":
            switch value {
            case .int(let number): return String(number)
            case .uint(let number): return String(number)
            case .double(let number):
                guard number.isFinite else { return DecimalText.special(number) }
                throw wrong("decimal clause can only be used on integers", value)
            default: throw wrong("decimal clause can only be used on integers", value)
            }
        case "f":
            let number = try number(value, "fixed-point clause can only be used on doubles")
            guard number.isFinite else { return DecimalText.special(number) }
            return DecimalText.fixed(number, digits: precision ?? 6)
        case "e":
            let number = try number(value, "scientific clause can only be used on doubles")
            guard number.isFinite else { return DecimalText.special(number) }
            return DecimalText.scientific(number, digits: precision ?? 6)
        case "b":
            if case .bool(let truth) = value { return truth ? "1" : "0" }
            return try integer(
                value,
                2,
                "only integers and bools can be formatted as binary"
            )
        case "o":
            return try integer(value, 8, "octal clause can only be used on integers")
        default: return try hexadecimal(value, isUpper: clause == "X", &frame)
        }
    }

    private func number(_ value: Value, _ rule: String) throws(Halt) -> Double {
        switch value {
        case .double(let number): number
        case .int(let number): Double(number)
        case .uint(let number): Double(number)
        default: throw wrong(rule, value)
        }
    }

    private func integer(
        _ value: Value,
        _ radix: Int,
        _ rule: String
    ) throws(Halt) -> String {
        switch value {
        case .int(let number): String(number, radix: radix)
        case .uint(let number): String(number, radix: radix)
        default: throw wrong(rule, value)
        }
    }

    private func hexadecimal(
        _ value: Value,
        isUpper: Bool,
        _ frame: inout Frame
    ) throws(Halt) -> String {
        let octets: [UInt8]
        switch value {
        case .int(let number): return String(number, radix: 16, uppercase: isUpper)
        case .uint(let number): return String(number, radix: 16, uppercase: isUpper)
        case .string(let text): octets = Array(text.utf8)
        case .bytes(let bytes): octets = bytes
        default:
            throw wrong(
                "only integers, byte buffers, and strings can be formatted as hex",
                value
            )
        }
        try frame.look(at: octets.count)
        try frame.produce(2 * octets.count)
        let digits = Array((isUpper ? "0123456789ABCDEF" : "0123456789abcdef").utf8)
        var text: [UInt8] = []
        for octet in octets {
            text.append(digits[Int(octet >> 4)])
            text.append(digits[Int(octet & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// What `%s` makes of a value.
    private func plain(_ value: Value, _ frame: inout Frame) throws(Halt) -> String {
        try frame.step(1)
        switch value {
        case .null: return "null"
        case .bool(let truth): return truth ? "true" : "false"
        case .int(let number): return String(number)
        case .uint(let number): return String(number)
        case .double(let number): return DecimalText.positional(number)
        case .string(let text):
            try frame.produce(text.utf8.count)
            return text
        case .bytes(let octets):
            try frame.produce(octets.count)
            return String(decoding: octets, as: UTF8.self)
        case .timestamp(let instant): return instant.rfc3339
        case .duration(let span): return DurationText.text(span)
        case .type(let type): return type.name
        case .list(let elements):
            var parts: [String] = []
            for element in elements { parts.append(try plain(element, &frame)) }
            return "[" + parts.joined(separator: ", ") + "]"
        case .map(let map):
            var parts: [(String, String)] = []
            for (key, value) in zip(map.keys, map.values) {
                parts.append((try plain(key.value, &frame), try plain(value, &frame)))
            }
            parts.sort { textIsBefore($0.0, $1.0) }
            return "{" + parts.map { "\($0.0): \($0.1)" }.joined(separator: ", ") + "}"
        case .optional:
            throw wrong("string clause can only be used on plain values", value)
        }
    }
}
