import CEL
import ConductorCore

/// Values of the language with their types, one key each: `{"int64": 1}`, `{"list": [...]}`.
enum TypedValue {
    /// What is no typed value, and what would have been one.
    struct Unreadable: Error, CustomStringConvertible {
        var description: String
    }

    /// Beyond this an integer is written as text, since many readers keep numbers as doubles.
    private static let exact: Int64 = 1 << 53

    // MARK: Reading

    static func read(_ json: JSON) throws(Unreadable) -> Value {
        guard let members = json.objectValue, members.count == 1, let member = members.first else {
            throw Unreadable(description: "a typed value is an object with one key, not \(json)")
        }
        let content = member.value
        switch (member.key, content) {
        case ("null", _): return .null
        case ("bool", .bool(let truth)): return .bool(truth)
        case ("int64", .int(let number)): return .int(number)
        case ("int64", .string(let text)):
            if let number = Int64(text) { return .int(number) }
        case ("uint64", .int(let number)):
            if let number = UInt64(exactly: number) { return .uint(number) }
        case ("uint64", .string(let text)):
            if let number = UInt64(text) { return .uint(number) }
        case ("double", .int(let number)): return .double(Double(number))
        case ("double", .double(let number)): return .double(number)
        case ("double", .string("NaN")): return .double(.nan)
        case ("double", .string("Infinity")): return .double(.infinity)
        case ("double", .string("-Infinity")): return .double(-.infinity)
        case ("string", .string(let text)): return .string(text)
        case ("bytes", .string(let text)):
            if let octets = Base64.octets(of: text) { return .bytes(octets) }
        case ("type", .string(let name)): return .type(TypeName(name))
        case ("timestamp", .string(let text)):
            if let instant = Timestamp(rfc3339: text) { return .timestamp(instant) }
        case ("duration", .string(let text)):
            if let nanoseconds = nanoseconds(of: text) {
                return .duration(nanoseconds: nanoseconds)
            }
        case ("list", .array(let elements)):
            var values: [Value] = []
            for element in elements { values.append(try read(element)) }
            return .list(values)
        case ("map", .array(let pairs)): return try map(pairs)
        case ("optional", let content):
            return .optional(OptionalValue(content == .null ? nil : try read(content)))
        default: break
        }
        throw Unreadable(description: "\(json) is no typed value")
    }

    private static func map(_ pairs: [JSON]) throws(Unreadable) -> Value {
        var entries: [(MapKey, Value)] = []
        for pair in pairs {
            guard let parts = pair.arrayValue, parts.count == 2,
                let key = MapKey(try read(parts[0]))
            else {
                throw Unreadable(description: "an entry of a map is [key, value], not \(pair)")
            }
            entries.append((key, try read(parts[1])))
        }
        do {
            return .map(try MapValue(entries))
        } catch {
            throw Unreadable(description: "a map has the key \(error.key.value) twice")
        }
    }

    /// Seconds with at most nine digits after the point, and an `s`.
    private static func nanoseconds(of text: String) -> Int64? {
        guard text.hasSuffix("s") else { return nil }
        var rest = text.dropLast()
        let isNegative = rest.first == "-"
        if isNegative { rest = rest.dropFirst() }
        let parts = rest.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first.flatMap({ UInt64($0) }) else { return nil }
        var fraction: UInt64 = 0
        if parts.count == 2 {
            let digits = parts[1]
            guard (1...9).contains(digits.count), let number = UInt64(digits) else { return nil }
            fraction = (digits.count..<9).reduce(number) { number, _ in number * 10 }
        }
        let (product, overflow) = whole.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, tooLong) = product.addingReportingOverflow(fraction)
        guard !overflow, !tooLong else { return nil }
        if isNegative {
            return sum <= Int64.min.magnitude ? Int64(truncatingIfNeeded: 0 &- sum) : nil
        }
        return Int64(exactly: sum)
    }

    // MARK: Writing

    static func json(_ value: Value) -> JSON {
        switch value {
        case .null: ["null": .null]
        case .bool(let truth): ["bool": .bool(truth)]
        case .int(let number):
            ["int64": number.magnitude > exact.magnitude ? .string("\(number)") : .int(number)]
        case .uint(let number):
            [
                "uint64": Int64(exactly: number).flatMap { $0 > exact ? nil : .int($0) }
                    ?? .string("\(number)")
            ]
        case .double(let number): ["double": json(of: number)]
        case .string(let text): ["string": .string(text)]
        case .bytes(let octets): ["bytes": .string(Base64.text(of: octets))]
        case .type(let type): ["type": .string(type.name)]
        case .timestamp(let instant): ["timestamp": .string(instant.rfc3339)]
        case .duration(let nanoseconds): ["duration": .string(seconds(nanoseconds))]
        case .list(let elements): ["list": .array(elements.map(json))]
        case .map(let map):
            [
                "map": .array(
                    map.sortedByKey.map { .array([json($0.key.value), json($0.value)]) }
                )
            ]
        case .optional(let optional): ["optional": optional.value.map(json) ?? .null]
        }
    }

    /// The value as plain JSON, for people's scripts; the type stands beside it.
    static func plain(_ value: Value) -> JSON {
        switch value {
        case .null: .null
        case .bool(let truth): .bool(truth)
        case .int(let number): .int(number)
        case .uint(let number): Int64(exactly: number).map { .int($0) } ?? .string("\(number)")
        case .double(let number): json(of: number)
        case .string(let text): .string(text)
        case .bytes(let octets): .string(Base64.text(of: octets))
        case .type(let type): .string(type.name)
        case .timestamp(let instant): .string(instant.rfc3339)
        case .duration(let nanoseconds): .string(seconds(nanoseconds))
        case .list(let elements): .array(elements.map(plain))
        case .map(let map):
            .object(
                Dictionary(
                    map.entries.map { entry in
                        if case .string(let name) = entry.key { return (name, plain(entry.value)) }
                        return (entry.key.value.description, plain(entry.value))
                    }
                ) { _, last in last }
            )
        case .optional(let optional): optional.value.map(plain) ?? .null
        }
    }

    private static func json(of number: Double) -> JSON {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number > 0 ? "Infinity" : "-Infinity" }
        return .double(number)
    }

    private static func seconds(_ nanoseconds: Int64) -> String {
        let (seconds, rest) = nanoseconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
        var text = "\(nanoseconds < 0 ? "-" : "")\(seconds)"
        if rest > 0 {
            var digits = String(rest)
            digits = "." + String(repeating: "0", count: 9 - digits.count) + digits
            while digits.hasSuffix("0") { digits.removeLast() }
            text += digits
        }
        return text + "s"
    }
}

/// RFC 4648, with padding.
enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )

    static func text(of octets: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: octets.count, by: 3) {
            let part = octets[start..<min(start + 3, octets.count)]
            var bits: UInt32 = 0
            for place in 0..<3 {
                let index = start + place
                bits = bits << 8 | (index < octets.count ? UInt32(octets[index]) : 0)
            }
            for place in 0..<4 {
                let sextet = Int(bits >> UInt32(18 - 6 * place) & 63)
                text.append(place <= part.count ? alphabet[sextet] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    static func octets(of text: String) -> [UInt8]? {
        let bytes = Array(text.utf8)
        guard bytes.count % 4 == 0 else { return nil }
        var octets: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 4) {
            let part = bytes[start..<start + 4]
            let letters = part.prefix { $0 != UInt8(ascii: "=") }
            let isEnd = start + 4 == bytes.count
            guard letters.count == 4 || isEnd && letters.count >= 2,
                part.dropFirst(letters.count).allSatisfy({ $0 == UInt8(ascii: "=") })
            else { return nil }
            var bits: UInt32 = 0
            for letter in letters {
                guard let sextet = alphabet.firstIndex(of: letter) else { return nil }
                bits = bits << 6 | UInt32(sextet)
            }
            bits <<= UInt32(6 * (4 - letters.count))
            for place in 0..<letters.count - 1 {
                octets.append(UInt8(truncatingIfNeeded: bits >> UInt32(16 - 8 * place)))
            }
        }
        return octets
    }
}

/// Types as texts: `int`, `map(string, list(int))`.
enum TypeText {
    static func read(_ text: String) -> CELType? {
        var rest = text[...]
        guard let type = type(&rest), rest.isEmpty else { return nil }
        return type
    }

    private static func type(_ rest: inout Substring) -> CELType? {
        let name = rest.prefix { $0.isLetter || $0 == "_" || $0 == "." }
        rest = rest.dropFirst(name.count)
        var parameters: [CELType] = []
        if rest.first == "(" {
            repeat {
                rest = rest.dropFirst().drop { $0 == " " }
                guard let parameter = type(&rest) else { return nil }
                parameters.append(parameter)
            } while rest.first == ","
            guard rest.first == ")" else { return nil }
            rest = rest.dropFirst()
        }
        switch (name, parameters.count) {
        case ("dyn", 0): return .dyn
        case ("null_type", 0), ("null", 0): return .null
        case ("bool", 0): return .bool
        case ("int", 0): return .int
        case ("uint", 0): return .uint
        case ("double", 0): return .double
        case ("string", 0): return .string
        case ("bytes", 0): return .bytes
        case ("timestamp", 0), ("google.protobuf.Timestamp", 0): return .timestamp
        case ("duration", 0), ("google.protobuf.Duration", 0): return .duration
        case ("type", 0): return .type(.dyn)
        case ("type", 1): return .type(parameters[0])
        case ("list", 0): return .list(.dyn)
        case ("list", 1): return .list(parameters[0])
        case ("map", 0): return .map(.dyn, .dyn)
        case ("map", 2): return .map(parameters[0], parameters[1])
        case ("optional_type", 0): return .optional(.dyn)
        case ("optional_type", 1): return .optional(parameters[0])
        default: return nil
        }
    }
}
