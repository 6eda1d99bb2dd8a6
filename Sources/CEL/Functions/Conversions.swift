/// Conversions between types (specification: "Type conversions").
extension Library {
    static let conversions: [Function] = [
        function("dyn", [Overload("to_dyn", [a], .dyn)], .unary { value, _ throws(Halt) in value }),
        function(
            "type",
            [Overload("type", [a], .type(a))],
            .unary { value, _ throws(Halt) in .type(value.typeName) }
        ),
        function(
            "bool",
            [
                Overload("bool_to_bool", [.bool], .bool),
                Overload("string_to_bool", [.string], .bool),
            ],
            .unary(toBool)
        ),
        function(
            "int",
            [
                Overload("int64_to_int64", [.int], .int),
                Overload("uint64_to_int64", [.uint], .int),
                Overload("double_to_int64", [.double], .int),
                Overload("string_to_int64", [.string], .int),
                Overload("timestamp_to_int64", [.timestamp], .int),
            ],
            .unary(toInt)
        ),
        function(
            "uint",
            [
                Overload("uint64_to_uint64", [.uint], .uint),
                Overload("int64_to_uint64", [.int], .uint),
                Overload("double_to_uint64", [.double], .uint),
                Overload("string_to_uint64", [.string], .uint),
            ],
            .unary(toUint)
        ),
        function(
            "double",
            [
                Overload("double_to_double", [.double], .double),
                Overload("int64_to_double", [.int], .double),
                Overload("uint64_to_double", [.uint], .double),
                Overload("string_to_double", [.string], .double),
            ],
            .unary(toDouble)
        ),
        function(
            "string",
            [
                Overload("string_to_string", [.string], .string),
                Overload("bool_to_string", [.bool], .string),
                Overload("int64_to_string", [.int], .string),
                Overload("uint64_to_string", [.uint], .string),
                Overload("double_to_string", [.double], .string),
                Overload("bytes_to_string", [.bytes], .string),
                Overload("timestamp_to_string", [.timestamp], .string),
                Overload("duration_to_string", [.duration], .string),
            ],
            .unary(toString)
        ),
        function(
            "bytes",
            [
                Overload("bytes_to_bytes", [.bytes], .bytes),
                Overload("string_to_bytes", [.string], .bytes),
            ],
            .unary { value, frame throws(Halt) in
                switch value {
                case .bytes: return value
                case .string(let text):
                    try frame.produce(text.utf8.count)
                    return .bytes(Array(text.utf8))
                default: throw .noSuchOverload
                }
            }
        ),
        function(
            "timestamp",
            [
                Overload("timestamp_to_timestamp", [.timestamp], .timestamp),
                Overload("string_to_timestamp", [.string], .timestamp),
                Overload("int64_to_timestamp", [.int], .timestamp),
            ],
            .unary(toTimestamp)
        ),
        function(
            "duration",
            [
                Overload("duration_to_duration", [.duration], .duration),
                Overload("string_to_duration", [.string], .duration),
            ],
            .unary(toDuration)
        ),
    ]

    private static func range(_ type: String) -> Halt {
        .failed(.overflow, "the value is outside the range of \(type)")
    }

    private static func unreadable(_ text: String, _ type: String) -> Halt {
        .failed(.conversion, "\(quoted(shortened(text))) cannot be read as \(type)")
    }

    /// The first code points of a text, for messages.
    private static func shortened(_ text: String) -> String {
        let scalars = text.unicodeScalars.prefix(41)
        return scalars.count <= 40
            ? text : String(String.UnicodeScalarView(scalars.prefix(40))) + "…"
    }

    @Sendable private static func toBool(_ value: Value, _: inout Frame) throws(Halt) -> Value {
        switch value {
        case .bool: return value
        case .string(let text):
            switch text {
            case "1", "t", "T", "true", "TRUE", "True": return .bool(true)
            case "0", "f", "F", "false", "FALSE", "False": return .bool(false)
            default: throw unreadable(text, "a bool")
            }
        default: throw .noSuchOverload
        }
    }

    @Sendable private static func toInt(_ value: Value, _: inout Frame) throws(Halt) -> Value {
        switch value {
        case .int: return value
        case .uint(let number):
            guard let exact = Int64(exactly: number) else { throw range("int") }
            return .int(exact)
        case .double(let number):
            // Strictly between the limits taken as doubles.
            guard number > -0x1p63, number < 0x1p63 else { throw range("int") }
            return .int(Int64(number))
        case .string(let text):
            guard isNumeral(text, mayBeSigned: true) else { throw unreadable(text, "an int") }
            guard let number = Int64(text) else { throw range("int") }
            return .int(number)
        case .timestamp(let instant): return .int(instant.seconds)
        default: throw .noSuchOverload
        }
    }

    @Sendable private static func toUint(_ value: Value, _: inout Frame) throws(Halt) -> Value {
        switch value {
        case .uint: return value
        case .int(let number):
            guard let exact = UInt64(exactly: number) else { throw range("uint") }
            return .uint(exact)
        case .double(let number):
            guard number >= 0, number < 0x1p64 else { throw range("uint") }
            return .uint(UInt64(number))
        case .string(let text):
            guard isNumeral(text, mayBeSigned: false) else { throw unreadable(text, "a uint") }
            guard let number = UInt64(text) else { throw range("uint") }
            return .uint(number)
        default: throw .noSuchOverload
        }
    }

    private static func isNumeral(_ text: String, mayBeSigned: Bool) -> Bool {
        var digits = text.utf8[...]
        if mayBeSigned, digits.first == 45 || digits.first == 43 { digits = digits.dropFirst() }
        return !digits.isEmpty && digits.allSatisfy { (48...57).contains($0) }
    }

    @Sendable private static func toDouble(
        _ value: Value,
        _ frame: inout Frame
    ) throws(Halt) -> Value {
        switch value {
        case .double: return value
        case .int(let number): return .double(Double(number))
        case .uint(let number): return .double(Double(number))
        case .string(let text):
            try frame.look(at: text.utf8.count)
            guard let number = readDouble(text) else { throw unreadable(text, "a double") }
            return .double(number)
        default: throw .noSuchOverload
        }
    }

    /// Reads a decimal number, an infinity or NaN.
    private static func readDouble(_ text: String) -> Double? {
        var rest = text[...].utf8
        let isNegative = rest.first == 45
        if isNegative || rest.first == 43 { rest = rest.dropFirst() }
        switch String(Substring(rest)).lowercased() {
        case "inf", "infinity": return isNegative ? -.infinity : .infinity
        case "nan": return .nan
        default: break
        }
        let whole = rest.prefix { (48...57).contains($0) }
        rest = rest.dropFirst(whole.count)
        var part = whole.dropFirst(whole.count)
        if rest.first == 46 {
            part = rest.dropFirst().prefix { (48...57).contains($0) }
            rest = rest.dropFirst(part.count + 1)
        }
        guard !whole.isEmpty || !part.isEmpty else { return nil }
        if rest.first == 101 || rest.first == 69 {
            rest = rest.dropFirst()
            if rest.first == 45 || rest.first == 43 { rest = rest.dropFirst() }
            guard !rest.isEmpty, rest.allSatisfy({ (48...57).contains($0) }) else { return nil }
            rest = rest.dropFirst(rest.count)
        }
        guard rest.isEmpty, let number = Double(text), number.isFinite else { return nil }
        return number
    }

    @Sendable private static func toString(
        _ value: Value,
        _ frame: inout Frame
    ) throws(Halt) -> Value {
        switch value {
        case .string: return value
        case .bool(let truth): return .string(truth ? "true" : "false")
        case .int(let number): return .string(String(number))
        case .uint(let number): return .string(String(number))
        case .double(let number): return .string(DecimalText.general(number))
        case .bytes(let octets):
            try frame.look(at: octets.count)
            try frame.produce(octets.count)
            guard let text = String(validating: octets, as: UTF8.self) else {
                throw .failed(.conversion, "invalid UTF-8 in bytes, cannot convert to string")
            }
            return .string(text)
        case .timestamp(let instant): return .string(instant.rfc3339)
        case .duration(let span): return .string(DurationText.text(span))
        default: throw .noSuchOverload
        }
    }

    @Sendable private static func toTimestamp(_ value: Value, _: inout Frame) throws(Halt) -> Value
    {
        switch value {
        case .timestamp: return value
        case .int(let seconds):
            guard let instant = Timestamp(seconds: seconds) else { throw timestampRange }
            return .timestamp(instant)
        case .string(let text):
            guard let instant = Timestamp(rfc3339: text) else {
                throw .failed(
                    .conversion,
                    "\(quoted(shortened(text))) is no timestamp in RFC 3339, or out of range"
                )
            }
            return .timestamp(instant)
        default: throw .noSuchOverload
        }
    }

    @Sendable private static func toDuration(_ value: Value, _: inout Frame) throws(Halt) -> Value {
        switch value {
        case .duration: return value
        case .string(let text):
            do throws(DurationText.Fault) {
                return .duration(nanoseconds: try DurationText.nanoseconds(text))
            } catch {
                switch error {
                case .range: throw durationRange
                case .form:
                    throw .failed(
                        .conversion,
                        "\(quoted(shortened(text))) is no duration, such as '1h30m' or '90s'"
                    )
                }
            }
        default: throw .noSuchOverload
        }
    }
}
