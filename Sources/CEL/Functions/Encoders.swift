/// Base64 (extension: encoders).
extension Library {
    static let encoders: [Function] = [
        function(
            "base64.encode",
            [Overload("base64_encode_bytes", [.bytes], .string)],
            .unary { value, frame throws(Halt) in
                guard case .bytes(let octets) = value else { throw .noSuchOverload }
                try frame.look(at: octets.count)
                try frame.produce(octets.count / 3 * 4 + 4)
                return .string(Base64.encode(octets))
            }
        ),
        function(
            "base64.decode",
            [Overload("base64_decode_string", [.string], .bytes)],
            .unary { value, frame throws(Halt) in
                guard case .string(let text) = value else { throw .noSuchOverload }
                try frame.look(at: text.utf8.count)
                try frame.produce(text.utf8.count)
                guard let octets = Base64.decode(text) else {
                    throw .failed(.invalidArgument, "the text is not base64")
                }
                return .bytes(octets)
            }
        ),
    ]
}

/// Base64 with the standard alphabet (RFC 4648, section 4).
enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )

    static func encode(_ octets: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(octets.count / 3 * 4 + 4)
        for start in stride(from: 0, to: octets.count, by: 3) {
            let group = octets[start..<min(start + 3, octets.count)]
            var bits: UInt32 = 0
            for octet in group { bits = bits << 8 | UInt32(octet) }
            bits <<= 8 * UInt32(3 - group.count)
            for place in 0..<4 {
                text.append(
                    place <= group.count ? alphabet[Int(bits >> UInt32(18 - 6 * place)) & 63] : 61
                )
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Decodes a text with or without padding; `nil` when it is something else.
    static func decode(_ text: String) -> [UInt8]? {
        var letters = Array(text.utf8)
        if letters.last == 61, letters.count % 4 == 0 {
            letters.removeLast()
            if letters.last == 61 { letters.removeLast() }
        }
        guard letters.count % 4 != 1 else { return nil }
        var octets: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for letter in letters {
            guard let digit = alphabet.firstIndex(of: letter) else { return nil }
            bits = bits << 6 | UInt32(digit)
            count += 6
            if count >= 8 {
                count -= 8
                octets.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return octets
    }
}
