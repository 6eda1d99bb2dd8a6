import ConductorCore
import ConductorPorts
import JWTKit

/// An App Store Connect API key: it signs a token that lives for some minutes.
struct AppStoreKey: APICredential {
    /// Tokens may live for 20 minutes; clocks differ, so it ends before that, and begins a minute back.
    private static let life = Span.minutes(18)

    private let key: SecretReference
    private let id: String
    /// Nil for a key that belongs to one person.
    private let issuer: String?

    init?(settings: SettingsReader) {
        let key = settings.secret("key")
        if !settings.has("key") {
            settings.missing("key", "file:PATH of the key, as it was downloaded (.p8)")
        }
        let id = Self.word("key_id", settings)
        if !settings.has("key_id") { settings.missing("key_id", "the key's id, 10 characters") }
        let issuer = Self.word("issuer", settings)
        guard let key, let id, issuer != nil || !settings.has("issuer") else { return nil }
        self.key = key
        self.id = id
        self.issuer = issuer
    }

    private static func word(_ name: String, _ settings: SettingsReader) -> String? {
        guard let text = settings.string(name) else { return nil }
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x21..<0x7F).contains($0) }) else {
            settings.fault(.badValue, name, "'\(text)' is none; App Store Connect shows it")
            return nil
        }
        return text
    }

    var references: [SecretReference] { [key] }
    var account: String { "app store key \(id) \(issuer ?? "of a person")" }

    private struct Claims: JWTPayload {
        var iss: String?
        /// `user` for a key that belongs to one person.
        var sub: String?
        var iat: Int
        var exp: Int
        var aud = "appstoreconnect-v1"

        func verify(using algorithm: some JWTAlgorithm) throws {}
    }

    func sign(_ context: APISession.Context) async throws -> APISignature {
        let pem = try key.read()
        let account = "\(account) \(context.api.base)"
        let hidden = [pem] + Self.lines(of: pem)
        if let token = MintedTokens.shared.token(
            of: account,
            madeFrom: pem,
            margin: .minutes(3)
        ) {
            return try .bearer(token.secret, hiding: hidden)
        }
        let now = AdapterTime.now()
        let token = try await token(pem, now)
        MintedTokens.shared.keep(
            .init(secret: token, ends: now + Self.life),
            of: account,
            madeFrom: pem
        )
        return try .bearer(token, hiding: hidden)
    }

    func wasRefused(_ context: APISession.Context) {
        MintedTokens.shared.forget("\(account) \(context.api.base)")
    }

    private func token(_ pem: Secret, _ now: Instant) async throws(APIProblem) -> Secret {
        let seconds = Int(now.milliseconds / 1000)
        do {
            let keys = JWTKeyCollection()
            let identifier = JWKIdentifier(string: id)
            await keys.add(ecdsa: try ES256PrivateKey(pem: pem.revealed()), kid: identifier)
            let claims = Claims(
                iss: issuer,
                sub: issuer == nil ? "user" : nil,
                iat: seconds - 60,
                exp: seconds + Int(Self.life.milliseconds / 1000)
            )
            return Secret(try await keys.sign(claims, kid: identifier))
        } catch {
            // The error could hold a part of the key.
            throw APIProblem(.misconfigured, "the key \(key) is no private key of P-256 in PEM")
        }
    }

    /// The lines of a key: a backend could repeat one of them.
    private static func lines(of pem: Secret) -> [Secret] {
        pem.revealed().split(whereSeparator: \.isNewline)
            .filter { $0.utf8.count >= 16 && !$0.hasPrefix("-") }.map { Secret(String($0)) }
    }
}
