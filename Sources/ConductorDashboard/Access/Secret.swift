import Crypto

/// Random secrets, and what is kept instead of them.
package enum Secret {
    /// 256 random bits, in hexadecimal.
    package static func make() -> String {
        unsafe SymmetricKey(size: .bits256).withUnsafeBytes { unsafe hex($0) }
    }

    /// SHA-256 in hexadecimal: what is stored of a secret.
    ///
    /// Of 256 random bits nothing can be guessed, so neither salt nor slowness would add anything.
    package static func hash(_ text: String) -> String { hex(SHA256.hash(data: Array(text.utf8))) }

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}

/// Marks what a page sends back as asked by that page, for somebody in particular.
struct Stamper: Sendable {
    private let key = SymmetricKey(size: .bits256)

    /// The stamp for whoever is established in this way.
    func stamp(_ bearer: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Array(bearer.utf8), using: key)
        return Secret.hex(code)
    }

    /// Whether a stamp is that of a bearer; it takes as long for a wrong one.
    func isStamp(_ text: String, of bearer: String) -> Bool {
        var code: [UInt8] = []
        var rest = text.utf8[...]
        while let high = rest.popFirst() {
            guard let low = rest.popFirst(),
                let byte = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
            else { return false }
            code.append(byte)
        }
        return HMAC<SHA256>.isValidAuthenticationCode(
            code,
            authenticating: Array(bearer.utf8),
            using: key
        )
    }
}
