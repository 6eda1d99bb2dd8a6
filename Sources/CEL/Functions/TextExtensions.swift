/// More functions of texts (extension: strings). Places count code points.
extension Library {
    static let textExtensions: [Function] = [
        function(
            "charAt",
            [.member("string_char_at_int", [.string, .int], .string)],
            .binary { text, place, frame throws(Halt) in
                guard case .string(let text) = text, case .int(let place) = place else {
                    throw .noSuchOverload
                }
                let scalars = try scalars(text, &frame)
                guard place >= 0, place <= scalars.count else { throw outOfRange(place) }
                return .string(
                    place == scalars.count ? "" : String(Character(scalars[Int(place)]))
                )
            }
        ),
        function(
            "indexOf",
            [
                .member("string_index_of_string", [.string, .string], .int),
                .member("string_index_of_string_int", [.string, .string, .int], .int),
            ],
            .variadic { values, frame throws(Halt) in
                let (text, part) = try pair(values, &frame)
                guard values.count > 2 else {
                    return .int(Int64(find(part, in: text, from: 0) ?? -1))
                }
                guard case .int(let start) = values[2] else { throw .noSuchOverload }
                guard start >= 0, start <= text.count else { throw outOfRange(start) }
                return .int(Int64(find(part, in: text, from: Int(start)) ?? -1))
            }
        ),
        function(
            "lastIndexOf",
            [
                .member("string_last_index_of_string", [.string, .string], .int),
                .member("string_last_index_of_string_int", [.string, .string, .int], .int),
            ],
            .variadic { values, frame throws(Halt) in
                let (text, part) = try pair(values, &frame)
                var start = text.count
                if values.count > 2 {
                    guard case .int(let place) = values[2] else { throw .noSuchOverload }
                    guard place >= 0, place <= text.count else { throw outOfRange(place) }
                    start = Int(place)
                }
                guard part.count <= text.count else { return .int(-1) }
                // The last match is the first one of the reversed texts.
                let last = min(start, text.count - part.count)
                let head = Array(text[..<(last + part.count)].reversed())
                guard let found = find(Array(part.reversed()), in: head, from: 0) else {
                    return .int(-1)
                }
                return .int(Int64(head.count - found - part.count))
            }
        ),
        function(
            "lowerAscii",
            [.member("string_lower_ascii", [.string], .string)],
            .unary { text, frame throws(Halt) in
                try mapped(text, &frame) { ("A"..."Z").contains($0) ? $0.value + 32 : $0.value }
            }
        ),
        function(
            "upperAscii",
            [.member("string_upper_ascii", [.string], .string)],
            .unary { text, frame throws(Halt) in
                try mapped(text, &frame) { ("a"..."z").contains($0) ? $0.value - 32 : $0.value }
            }
        ),
        function(
            "replace",
            [
                .member("string_replace_string_string", [.string, .string, .string], .string),
                .member(
                    "string_replace_string_string_int",
                    [.string, .string, .string, .int],
                    .string
                ),
            ],
            .variadic(replace)
        ),
        function(
            "split",
            [
                .member("string_split_string", [.string, .string], .list(.string)),
                .member("string_split_string_int", [.string, .string, .int], .list(.string)),
            ],
            .variadic(split)
        ),
        function(
            "substring",
            [
                .member("string_substring_int", [.string, .int], .string),
                .member("string_substring_int_int", [.string, .int, .int], .string),
            ],
            .variadic { values, frame throws(Halt) in
                guard case .string(let text) = values[0], case .int(let start) = values[1] else {
                    throw .noSuchOverload
                }
                let scalars = try scalars(text, &frame)
                var end = Int64(scalars.count)
                if values.count > 2 {
                    guard case .int(let place) = values[2] else { throw .noSuchOverload }
                    end = place
                }
                guard start >= 0, start <= scalars.count else { throw outOfRange(start) }
                guard end >= 0, end <= scalars.count else { throw outOfRange(end) }
                guard start <= end else {
                    throw .failed(.invalidArgument, "invalid substring range: \(start), \(end)")
                }
                return try made(scalars[Int(start)..<Int(end)], &frame)
            }
        ),
        function(
            "trim",
            [.member("string_trim", [.string], .string)],
            .unary { text, frame throws(Halt) in
                guard case .string(let text) = text else { throw .noSuchOverload }
                let scalars = try scalars(text, &frame)
                let start = scalars.firstIndex { !$0.properties.isWhitespace } ?? scalars.count
                let end = scalars.lastIndex { !$0.properties.isWhitespace } ?? start - 1
                return try made(scalars[start..<(end + 1)], &frame)
            }
        ),
        function(
            "reverse",
            [
                .member("string_reverse", [.string], .string),
                .member("list_reverse", [.list(a)], .list(a)),
            ],
            .unary { text, frame throws(Halt) in
                if case .list(let elements) = text {
                    try frame.step(elements.count)
                    try frame.produce(16 * elements.count)
                    return .list(elements.reversed())
                }
                guard case .string(let text) = text else { throw .noSuchOverload }
                return try made(try scalars(text, &frame).reversed()[...], &frame)
            }
        ),
        function(
            "join",
            [
                .member("list_join", [.list(.string)], .string),
                .member("list_join_string", [.list(.string), .string], .string),
            ],
            .unary { list, frame throws(Halt) in try join(list, "", &frame) },
            .binary { list, separator, frame throws(Halt) in
                guard case .string(let separator) = separator else { throw .noSuchOverload }
                return try join(list, separator, &frame)
            }
        ),
        function(
            "strings.quote",
            [Overload("strings_quote", [.string], .string)],
            .unary { text, frame throws(Halt) in
                guard case .string(let text) = text else { throw .noSuchOverload }
                try frame.look(at: text.utf8.count)
                try frame.produce(2 * text.utf8.count + 2)
                return .string(quoted(text))
            }
        ),
        function(
            "format",
            [.member("string_format", [.string, .list(.dyn)], .string)],
            .binary { text, list, frame throws(Halt) in
                guard case .string(let text) = text, case .list(let values) = list else {
                    throw .noSuchOverload
                }
                var formatter = Formatter(values: values)
                return .string(try formatter.format(text, &frame))
            }
        ),
    ]

    private static func outOfRange(_ place: Int64) -> Halt {
        .failed(.indexOutOfBounds, "index out of range: \(place)")
    }

    private static func scalars(
        _ text: String,
        _ frame: inout Frame
    ) throws(Halt) -> [Unicode.Scalar] {
        try frame.look(at: text.utf8.count)
        return Array(text.unicodeScalars)
    }

    private static func pair(
        _ values: [Value],
        _ frame: inout Frame
    ) throws(Halt) -> ([Unicode.Scalar], [Unicode.Scalar]) {
        guard case .string(let text) = values[0], case .string(let part) = values[1] else {
            throw .noSuchOverload
        }
        return (try scalars(text, &frame), try scalars(part, &frame))
    }

    private static func made(
        _ scalars: ArraySlice<Unicode.Scalar>,
        _ frame: inout Frame
    ) throws(Halt) -> Value {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        try frame.produce(scalars.count)
        return .string(String(text))
    }

    private static func mapped(
        _ text: Value,
        _ frame: inout Frame,
        _ transform: (Unicode.Scalar) -> UInt32
    ) throws(Halt) -> Value {
        guard case .string(let text) = text else { throw .noSuchOverload }
        let scalars = try scalars(text, &frame)
        return try made(scalars.map { Unicode.Scalar(transform($0)) ?? $0 }[...], &frame)
    }

    @Sendable private static func replace(
        _ values: [Value],
        _ frame: inout Frame
    ) throws(Halt) -> Value {
        guard case .string(let new) = values[2] else { throw .noSuchOverload }
        let (text, old) = try pair(values, &frame)
        var limit = Int64.max
        if values.count > 3 {
            guard case .int(let count) = values[3] else { throw .noSuchOverload }
            limit = count < 0 ? .max : count
        }
        let replacement = Array(new.unicodeScalars)
        var result: [Unicode.Scalar] = []
        var start = 0
        while limit > 0, start <= text.count {
            guard let found = find(old, in: text, from: start) else { break }
            try frame.step(1)
            try frame.produce(replacement.count)
            result += text[start..<found] + replacement
            start = found + old.count
            if old.isEmpty {
                if found < text.count { result.append(text[found]) }
                start = found + 1
            }
            limit -= 1
        }
        if start < text.count { result += text[start...] }
        return try made(result[...], &frame)
    }

    @Sendable private static func split(
        _ values: [Value],
        _ frame: inout Frame
    ) throws(Halt) -> Value {
        let (text, separator) = try pair(values, &frame)
        var limit = Int64.max
        if values.count > 2 {
            guard case .int(let count) = values[2] else { throw .noSuchOverload }
            limit = count < 0 ? .max : count
        }
        if limit == 0 { return .list([]) }
        var parts: [Value] = []
        var start = 0
        while parts.count + 1 < limit {
            let end: Int
            if separator.isEmpty {
                guard start + 1 < text.count else { break }
                end = start + 1
            } else {
                guard let found = find(separator, in: text, from: start) else { break }
                end = found
            }
            try frame.step(1)
            try frame.produce(16)
            parts.append(try made(text[start..<end], &frame))
            start = end + separator.count
        }
        if !(separator.isEmpty && text.isEmpty) {
            parts.append(try made(text[start...], &frame))
        }
        return .list(parts)
    }

    private static func join(
        _ list: Value,
        _ separator: String,
        _ frame: inout Frame
    ) throws(Halt) -> Value {
        guard case .list(let elements) = list else { throw .noSuchOverload }
        try frame.step(elements.count)
        var joined = ""
        for (place, element) in elements.enumerated() {
            guard case .string(let text) = element else { throw .noSuchOverload }
            try frame.produce(text.utf8.count + separator.utf8.count)
            if place > 0 { joined += separator }
            joined += text
        }
        return .string(joined)
    }
}

/// A text in double quotes, with escapes for what cannot be seen.
func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\u{07}": result += "\\a"
        case "\u{08}": result += "\\b"
        case "\u{0C}": result += "\\f"
        case "\n": result += "\\n"
        case "\r": result += "\\r"
        case "\t": result += "\\t"
        case "\u{0B}": result += "\\v"
        case "\\": result += "\\\\"
        case "\"": result += "\\\""
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}
