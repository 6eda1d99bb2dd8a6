import ConductorCore
import ConductorPorts
import JWTKit
import NIOHTTP1

/// A Google service account: its key signs an assertion, which buys a token of an hour (RFC 7523).
///
///     key: file:service-account.json
///     token_url: https://oauth2.googleapis.com/token     # without it the one that the key names
struct GoogleServiceAccount: APICredential {
    private static let standardAddress = "https://oauth2.googleapis.com/token"
    private static let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"

    private let key: SecretReference
    private let tokenAddress: WebAddress?
    private let scope: String

    init?(settings: SettingsReader, scope: String) {
        let tokenAddress = settings.base("token_url", default: Self.standardAddress)
        let key = settings.secret("key")
        if !settings.has("key") {
            settings.missing("key", "file:PATH of the service account's key, as it was downloaded")
        }
        guard let tokenAddress, let key else { return nil }
        self.key = key
        self.tokenAddress = settings.has("token_url") ? tokenAddress : nil
        self.scope = scope
    }

    var references: [SecretReference] { [key] }
    var account: String { "\(key) \(scope) \(tokenAddress?.description ?? "")" }

    private struct Claims: JWTPayload {
        var iss: String
        var scope: String
        var aud: String
        var iat: Int
        var exp: Int

        func verify(using algorithm: some JWTAlgorithm) throws {}
    }

    /// What stands in the key's file.
    private struct KeyFile {
        var email: String
        var id: String?
        var pem: String
        var address: WebAddress
    }

    func sign(_ context: APISession.Context) async throws -> APISignature {
        let secret = try key.read()
        let file = try contents(secret)
        let hidden =
            [secret, Secret(file.pem)]
            + file.pem.split(whereSeparator: \.isNewline)
            .filter { $0.utf8.count >= 16 && !$0.hasPrefix("-") }.map { Secret(String($0)) }
        if let token = MintedTokens.shared.token(of: account, madeFrom: secret, margin: .minutes(5))
        {
            return try .bearer(token.secret, hiding: hidden)
        }
        return try await TurnTaking.tokens.turn(of: account, until: context.deadline) {
            // Whoever was first may have bought it meanwhile.
            if let token = MintedTokens.shared.token(
                of: account,
                madeFrom: secret,
                margin: .minutes(5)
            ) {
                return try .bearer(token.secret, hiding: hidden)
            }
            return try await buy(file, secret, hidden, context)
        }
    }

    private func buy(
        _ file: KeyFile,
        _ secret: Secret,
        _ hidden: [Secret],
        _ context: APISession.Context
    ) async throws -> APISignature {
        let assertion = try await assertion(file)
        let redactor = Redactor(hidden + [assertion])
        let answer: JSON
        do {
            answer = try await exchange(assertion, file.address, context, redactor)
        } catch {
            throw APIProblem(
                error.kind,
                "no token for the service account: \(redactor.redact(error.message))"
            )
        }
        let token = Secret(try answer.text("access_token"))
        let ends = AdapterTime.now() + .seconds(try answer.count("expires_in"))
        let signature = try APISignature.bearer(token, hiding: hidden)
        MintedTokens.shared.keep(.init(secret: token, ends: ends), of: account, madeFrom: secret)
        return signature
    }

    func wasRefused(_ context: APISession.Context) { MintedTokens.shared.forget(account) }

    private func contents(_ secret: Secret) throws(APIProblem) -> KeyFile {
        let json = try? JSON(parsing: Array(secret.revealed().utf8))
        guard let json, let email = json["client_email"]?.stringValue,
            let pem = json["private_key"]?.stringValue
        else {
            throw APIProblem(
                .misconfigured,
                "\(key) is no key of a service account: a JSON file with 'client_email' and"
                    + " 'private_key'"
            )
        }
        let named = json["token_uri"]?.stringValue ?? Self.standardAddress
        guard let address = tokenAddress ?? WebAddress(named) else {
            throw APIProblem(.misconfigured, "'token_uri' in \(key) is no address")
        }
        return KeyFile(
            email: email,
            id: json["private_key_id"]?.stringValue,
            pem: pem,
            address: address
        )
    }

    /// Signed for an hour at most, and a minute back: clocks differ.
    private func assertion(_ file: KeyFile) async throws(APIProblem) -> Secret {
        let now = Int(AdapterTime.now().milliseconds / 1000)
        do {
            let keys = JWTKeyCollection()
            let id = file.id.map { JWKIdentifier(string: $0) }
            await keys.add(
                rsa: try Insecure.RSA.PrivateKey(pem: file.pem),
                digestAlgorithm: .sha256,
                kid: id
            )
            let claims = Claims(
                iss: file.email,
                scope: scope,
                aud: file.address.description,
                iat: now - 60,
                exp: now + 3_480
            )
            return Secret(try await keys.sign(claims, kid: id))
        } catch {
            // The error could hold a part of the key.
            throw APIProblem(.misconfigured, "'private_key' in \(key) is no RSA private key in PEM")
        }
    }

    private func exchange(
        _ assertion: Secret,
        _ address: WebAddress,
        _ context: APISession.Context,
        _ redactor: Redactor
    ) async throws(APIProblem) -> JSON {
        let pace = Pace.of(
            "\(account) \(address.origin) tokens",
            Pace.Limits(burst: 20, perSecond: 1)
        )
        switch pace.admit(context.urgency) {
        case .now: break
        case .soon(let wait), .later(let wait):
            throw APIProblem(.rateLimited(after: wait), "the next one may be asked for in \(wait)")
        }
        let body =
            "grant_type=\(percentEncoded(Self.grant))"
            + "&assertion=\(percentEncoded(assertion.revealed()))"
        let left = (context.deadline - .now) / .milliseconds(1)
        TransportCounters.count(address.origin) { $0.requests += 1 }
        let answer: HTTPTransport.Answer
        do {
            answer = try await HTTPTransport.send(
                HTTPTransport.Request(
                    method: .POST,
                    address: address,
                    headers: [
                        ("User-Agent", "conductord"), ("Accept", "application/json"),
                        ("Content-Type", "application/x-www-form-urlencoded"),
                    ],
                    body: Array(body.utf8)
                ),
                wanted: .all(limit: AdapterLimits.responseBytes),
                timeout: Span(milliseconds: max(0, Int64(left)))
            )
        } catch {
            TransportCounters.count(address.origin) { $0.failures += 1 }
            throw APIProblem(error, timeout: context.timeout)
        }
        let json = try? JSON(parsing: answer.body)
        guard answer.status == 200 else {
            let kind = Self.kind(answer)
            if case .rateLimited(let after) = kind, let after { pace.pause(after) }
            let said = [json?["error"]?.stringValue, json?["error_description"]?.stringValue]
                .compactMap(\.self).joined(separator: ": ")
            let words = said.isEmpty ? "" : ": \(redactor.quote(said))"
            throw APIProblem(kind, "status \(answer.status)\(words)")
        }
        guard let json else { throw APIProblem(.malformed, "the answer is not JSON") }
        return json
    }

    private static func kind(_ answer: HTTPTransport.Answer) -> APIProblem.Kind {
        switch answer.status {
        case 429: .rateLimited(after: answer.retryAfter ?? .minutes(1))
        case 503 where answer.retryAfter != nil: .rateLimited(after: answer.retryAfter)
        case 400, 401, 403: .unauthorised
        case 408, 500...599: .failed
        default: .refused
        }
    }
}
