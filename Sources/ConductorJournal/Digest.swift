import Crypto

/// SHA-256, in the two forms that the journal uses: 32 bytes in the chain, 64 hex digits in text.
package enum Digest {
    /// Bytes of one digest.
    static let length = 32

    /// What the first row is chained to.
    static let genesis = [UInt8](repeating: 0, count: length)

    /// The content address of bytes: SHA-256 as 64 lower-case hex digits.
    package static func text(of bytes: [UInt8]) -> String { hex(sha256(bytes)) }

    static func sha256(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }

    static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of a digest's text; nil for anything but 64 lower-case hex digits.
    static func bytes(ofHex text: String) -> [UInt8]? {
        guard text.utf8.count == length * 2 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(length)
        var high: UInt8?
        for character in text.utf8 {
            let digit: UInt8
            switch character {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = character - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = character - UInt8(ascii: "a") + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return bytes
    }
}
