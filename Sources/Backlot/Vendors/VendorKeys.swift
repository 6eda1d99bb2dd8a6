package import ConductorCore
import Crypto
import CryptoExtras

/// Credentials that are made on the spot: they open nothing but this simulation.
package struct VendorKeys: Sendable {
    private let appStoreKey = P256.Signing.PrivateKey()
    private let googleKey: _RSA.Signing.PrivateKey
    /// What GitHub, Jira, Slack and the others are asked with.
    package let token: String
    let accessToken: String

    package static let appStoreKeyID = "2X9R4HXF34"
    package static let appStoreIssuer = "57246542-96fe-1a63-e053-0824d011072a"
    static let account = "release@acme.iam.example"

    /// - Throws: where no key can be made.
    package init() throws {
        // 2,048 bits, or Google would not have made it.
        googleKey = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        var generator = SystemRandomNumberGenerator()
        token = "backlot-\(String(generator.next(), radix: 16))"
        accessToken = "backlot-access-\(String(generator.next(), radix: 16))"
    }

    /// App Store Connect's key, as Apple gives it out.
    package var appStorePEM: String { appStoreKey.pemRepresentation }

    /// A service account's key, as Google gives it out.
    package func serviceAccount(tokenAddress: String) -> JSON {
        [
            "type": "service_account", "client_email": .string(Self.account),
            "private_key_id": "key-1", "private_key": .string(googleKey.pemRepresentation),
            "token_uri": .string(tokenAddress),
        ]
    }

    /// Whether a token was signed by App Store Connect's key, and is meant for now.
    func admitsAppStore(_ token: String, at now: Instant) -> Bool {
        guard let (signed, signature) = Self.parts(token), signature.count == 64,
            let proof = try? P256.Signing.ECDSASignature(rawRepresentation: signature),
            appStoreKey.publicKey.isValidSignature(proof, for: signed),
            let claims = Self.claims(token), claims["aud"] == "appstoreconnect-v1",
            claims["iss"]?.stringValue == Self.appStoreIssuer
        else { return false }
        return Self.isCurrent(claims, at: now, longest: .minutes(20))
    }

    /// Whether an assertion was signed by the service account's key, and is meant for now.
    func admitsAssertion(_ assertion: String, at now: Instant) -> Bool {
        guard let (signed, signature) = Self.parts(assertion) else { return false }
        let isSigned = googleKey.publicKey.isValidSignature(
            _RSA.Signing.RSASignature(rawRepresentation: signature),
            for: signed,
            padding: .insecurePKCS1v1_5
        )
        guard isSigned, let claims = Self.claims(assertion),
            claims["iss"]?.stringValue == Self.account
        else { return false }
        return Self.isCurrent(claims, at: now, longest: .hours(1))
    }

    /// Whether an account's name and the token go along, as HTTP's own scheme has them.
    func admitsBasic(_ coded: String) -> Bool {
        let digits = coded.replacing("+", with: "-").replacing("/", with: "_").filter { $0 != "=" }
        guard let bytes = Self.bytes(digits[...]) else { return false }
        let pair = String(decoding: bytes, as: UTF8.self)
        return pair.contains("@") && pair.hasSuffix(":" + token)
    }

    private static func isCurrent(_ claims: JSON, at now: Instant, longest: Span) -> Bool {
        guard let from = claims["iat"]?.intValue, let until = claims["exp"]?.intValue else {
            return false
        }
        let seconds = now.milliseconds / 1000
        return from <= seconds && seconds < until && (until - from) * 1000 <= longest.milliseconds
    }

    private static func parts(_ token: String) -> (signed: [UInt8], signature: [UInt8])? {
        guard let dot = token.lastIndex(of: "."),
            let signature = bytes(token[token.index(after: dot)...])
        else { return nil }
        return (Array(token[..<dot].utf8), signature)
    }

    private static func claims(_ token: String) -> JSON? {
        let parts = token.split(separator: ".")
        guard parts.count == 3, let payload = bytes(parts[1]) else { return nil }
        return try? JSON(parsing: payload)
    }

    /// Base64 as addresses and tokens have it (RFC 4648, section 5).
    private static func bytes(_ text: Substring) -> [UInt8]? {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var result: [UInt8] = []
        var (bits, count) = (UInt32(0), 0)
        for byte in text.utf8 {
            guard let digit = digits.firstIndex(of: byte) else { return nil }
            (bits, count) = (bits << 6 | UInt32(digit), count + 6)
            if count >= 8 {
                count -= 8
                result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return result
    }
}
