import ConductorCore
import ConductorPorts
import JWTKit
import NIOHTTP1

/// A GitHub App's installation: a key signs a token of ten minutes, which buys one of an hour.
struct GitHubApp: APICredential {
    private let id: String
    private let installation: String
    private let key: SecretReference

    init?(settings: SettingsReader) {
        defer { settings.close() }
        let id = Self.identifier("id", "the App's id, or its client id", settings)
        let installation = Self.identifier("installation", "the installation's id", settings)
        let key = settings.secret("key")
        if !settings.has("key") {
            settings.missing("key", "file:PATH of the App's private key, as it was downloaded")
        }
        guard let id, let installation, let key else { return nil }
        self.id = id
        self.installation = installation
        self.key = key
    }

    private static func identifier(
        _ name: String,
        _ what: String,
        _ settings: SettingsReader
    ) -> String? {
        let text =
            switch settings.value(name) {
            case .int(let number): String(number)
            case .string(let text): text
            case nil, .null, .bool, .double, .array, .object: ""
            }
        guard !settings.has(name) || text.isEmpty else { return text }
        if settings.has(name) {
            settings.fault(.badValue, name, "should be \(what)")
        } else {
            settings.missing(name, what)
        }
        return nil
    }

    var references: [SecretReference] { [key] }
    var account: String { "app \(id) installation \(installation)" }

    private struct Claims: JWTPayload {
        var iss: String
        var iat: Int
        var exp: Int

        func verify(using algorithm: some JWTAlgorithm) throws {}
    }

    func sign(_ context: APISession.Context) async throws -> APISignature {
        let pem = try key.read()
        let account = "\(account) \(context.api.base)"
        let hidden = [pem] + Self.lines(of: pem)
        if let token = MintedTokens.shared.token(
            of: account,
            madeFrom: pem,
            margin: .minutes(5)
        ) {
            return try Self.signature(token, hidden)
        }
        return try await TurnTaking.tokens.turn(of: account, until: context.deadline) {
            // Whoever was first may have bought it meanwhile.
            if let token = MintedTokens.shared.token(
                of: account,
                madeFrom: pem,
                margin: .minutes(5)
            ) {
                return try Self.signature(token, hidden)
            }
            return try await buy(account, pem, hidden, context)
        }
    }

    private func buy(
        _ account: String,
        _ pem: Secret,
        _ hidden: [Secret],
        _ context: APISession.Context
    ) async throws -> APISignature {
        let proof = try await proof(pem)
        let signature = try APISignature.bearer(proof, hiding: hidden)
        let session = APISession(
            context: context,
            signature: signature,
            redactor: Redactor(signature.secrets)
        )
        let answer: JSON
        do {
            answer = try await session.write(
                .POST,
                "app/installations/\(installation)/access_tokens",
                nil
            )
        } catch {
            throw APIProblem(error.kind, "no token for the App: \(error.message)")
        }
        let ends = try answer.instant("expires_at")
        let token = MintedTokens.Token(
            secret: Secret(try answer.text("token")),
            ends: ends,
            grants: answer["permissions"]
        )
        MintedTokens.shared.keep(token, of: account, madeFrom: pem)
        return try Self.signature(token, hidden)
    }

    private static func signature(
        _ token: MintedTokens.Token,
        _ hidden: [Secret]
    ) throws -> APISignature {
        var signature = try APISignature.bearer(token.secret, hiding: hidden)
        signature.grants = token.grants
        return signature
    }

    func wasRefused(_ context: APISession.Context) {
        MintedTokens.shared.forget("\(account) \(context.api.base)")
    }

    /// Signed for ten minutes at most, and a minute back: clocks differ.
    private func proof(_ pem: Secret) async throws(APIProblem) -> Secret {
        let now = Int(AdapterTime.now().milliseconds / 1000)
        do {
            let keys = JWTKeyCollection()
            let key = try Insecure.RSA.PrivateKey(pem: pem.revealed())
            await keys.add(rsa: key, digestAlgorithm: .sha256)
            let claims = Claims(iss: id, iat: now - 60, exp: now + 540)
            return Secret(try await keys.sign(claims))
        } catch {
            // The error could hold a part of the key.
            throw APIProblem(.misconfigured, "the key \(self.key) is no RSA private key in PEM")
        }
    }

    /// The lines of a key: a backend could repeat one of them.
    private static func lines(of pem: Secret) -> [Secret] {
        pem.revealed().split(whereSeparator: \.isNewline)
            .filter { $0.utf8.count >= 16 && !$0.hasPrefix("-") }.map { Secret(String($0)) }
    }
}
