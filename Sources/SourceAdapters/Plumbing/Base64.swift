/// Base64 as RFC 4648 has it, section 4.
enum Base64 {
    static func encode(_ bytes: [UInt8]) -> String {
        let digits = digits(bytes)
        let filler = String(repeating: "=", count: (4 - digits.count % 4) % 4)
        return String(decoding: digits, as: UTF8.self) + filler
    }

    /// Without the signs that fill up the last group.
    static func digits(_ bytes: [UInt8]) -> [UInt8] {
        let digits = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
        )
        var result: [UInt8] = []
        var buffer: UInt32 = 0
        var bits = 0
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                result.append(digits[Int(buffer >> UInt32(bits) & 63)])
            }
        }
        if bits > 0 { result.append(digits[Int(buffer << UInt32(6 - bits) & 63)]) }
        return result
    }
}
