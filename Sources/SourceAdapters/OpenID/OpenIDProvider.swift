package import ConductorCore
package import ConductorPorts
import Foundation
import JWTKit
import NIOHTTP1

/// OpenID Connect: asks a provider who somebody is, and believes only what it has signed for us.
package actor OpenIDProvider: IdentityProvider {
    private let definition: OpenIDDefinition
    private var metadata: (value: Metadata, at: Instant)?
    private var keys: (value: Keys, at: Instant)?

    /// How long what the provider says of itself is believed.
    private static let validity = Span.hours(1)
    /// A key that is not known is looked for no more often than this.
    private static let keyPause = Span.seconds(30)
    /// Clocks differ.
    private static let tolerance: Int64 = 60
    private static let timeout = Span.seconds(10)
    /// Nobody but the provider can have made a signature of these: no secret is shared with us.
    private static let algorithms: Set = [
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
    ]

    /// What the provider says of itself.
    private struct Metadata {
        var authorization: WebAddress
        var token: WebAddress
        var keys: WebAddress
    }

    private struct Keys {
        var collection: JWTKeyCollection
        /// What each is for, by its name.
        var uses: [String: Use]
    }

    private struct Use {
        var kind: String
        var algorithm: String?

        func fits(_ algorithm: String) -> Bool {
            if let own = self.algorithm { return own == algorithm }
            return kind == "EC" ? algorithm.hasPrefix("ES") : !algorithm.hasPrefix("ES")
        }
    }

    package init(_ definition: OpenIDDefinition) { self.definition = definition }

    // MARK: Asking

    package func address(of request: IdentityRequest) async throws -> String {
        let address = try await found().authorization.description
        let fields = [
            ("response_type", "code"), ("client_id", definition.client),
            ("redirect_uri", request.redirect), ("scope", "openid profile email"),
            ("state", request.state), ("nonce", request.nonce),
            ("code_challenge", request.challenge), ("code_challenge_method", "S256"),
        ]
        let query = fields.map { "\($0.0)=\(percentEncoded($0.1))" }.joined(separator: "&")
        return address + (address.contains("?") ? "&" : "?") + query
    }

    package func person(
        code: String,
        verifier: String,
        for request: IdentityRequest
    ) async throws -> String {
        let token = try await token(code, verifier, request)
        return try await Self.name(
            in: try await verified(token),
            claim: definition.claim,
            definition,
            nonce: request.nonce,
            now: AdapterTime.now()
        )
    }

    private func found() async throws -> Metadata {
        let now = AdapterTime.now()
        if let metadata, now - metadata.at < Self.validity { return metadata.value }
        let issuer = definition.issuer
        let base = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
        let document = try await get(base + "/.well-known/openid-configuration")
        guard document["issuer"]?.stringValue == issuer else {
            throw IdentityProblem("the provider calls itself by another name", isOurs: true)
        }
        let value = Metadata(
            authorization: try Self.safe(document["authorization_endpoint"]),
            token: try Self.safe(document["token_endpoint"]),
            keys: try Self.safe(document["jwks_uri"])
        )
        metadata = (value, now)
        return value
    }

    /// An address that nobody can listen in on.
    private static func safe(_ value: JSON?) throws -> WebAddress {
        guard let address = value?.stringValue.flatMap(WebAddress.init),
            address.origin.scheme == "https" || HTTPDefinition.isLocal(address.origin.host)
        else { throw IdentityProblem("the provider names no address by https", isOurs: true) }
        return address
    }

    private func get(_ text: String) async throws -> JSON {
        guard let address = WebAddress(text) else {
            throw IdentityProblem("the provider's address is none", isOurs: true)
        }
        let request = HTTPTransport.Request(
            address: address,
            headers: [("Accept", "application/json"), ("User-Agent", "conductord")]
        )
        let answer = try await Self.send(request)
        guard answer.status == 200, let document = try? JSON(parsing: answer.body) else {
            throw IdentityProblem("the provider answers \(answer.status)", isOurs: true)
        }
        return document
    }

    private static func send(_ request: HTTPTransport.Request) async throws -> HTTPTransport.Answer
    {
        do {
            return try await HTTPTransport.send(
                request,
                wanted: .all(limit: AdapterLimits.responseBytes),
                timeout: timeout
            )
        } catch {
            throw IdentityProblem("the provider cannot be reached", isOurs: true)
        }
    }

    /// The token for a code, as the provider gives it to us alone.
    private func token(
        _ code: String,
        _ verifier: String,
        _ request: IdentityRequest
    ) async throws -> String {
        var fields = [
            ("grant_type", "authorization_code"), ("code", code),
            ("redirect_uri", request.redirect), ("client_id", definition.client),
            ("code_verifier", verifier),
        ]
        if let reference = definition.secret.flatMap(SecretReference.init) {
            do {
                fields.append(("client_secret", try reference.resolve().revealed()))
            } catch {
                throw IdentityProblem(error.message, isOurs: true)
            }
        }
        let body = fields.map { "\($0.0)=\(percentEncoded($0.1))" }.joined(separator: "&")
        let answer = try await Self.send(
            HTTPTransport.Request(
                method: .POST,
                address: try await found().token,
                headers: [
                    ("Accept", "application/json"), ("User-Agent", "conductord"),
                    ("Content-Type", "application/x-www-form-urlencoded"),
                ],
                body: Array(body.utf8)
            )
        )
        guard answer.status == 200, let document = try? JSON(parsing: answer.body),
            let token = document["id_token"]?.stringValue
        else { throw IdentityProblem("the provider does not take the code (\(answer.status))") }
        return token
    }

    // MARK: Believing

    /// A payload whose signature is all that is asked; what it says is read afterwards.
    private struct Signed: JWTPayload {
        func verify(using algorithm: some JWTAlgorithm) async throws {}
    }

    /// What a token says, once its signature is that of the provider.
    private func verified(_ token: String) async throws -> JSON {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Self.document(parts[0]),
            let claims = Self.document(parts[1])
        else { throw IdentityProblem("the provider's token cannot be read") }
        guard let algorithm = header["alg"]?.stringValue, Self.algorithms.contains(algorithm) else {
            throw IdentityProblem("the token is not signed in a way that only the provider can")
        }
        let name = header["kid"]?.stringValue
        let keys = try await keys(with: name)
        guard let use = name.map({ keys.uses[$0] }) ?? keys.uses.first?.value, use.fits(algorithm)
        else { throw IdentityProblem("the token is not signed as its key is meant to") }
        do {
            _ = try await keys.collection.verify(token, as: Signed.self)
        } catch {
            throw IdentityProblem("the token's signature is not the provider's")
        }
        return claims
    }

    private static func document(_ part: Substring) -> JSON? {
        var text = String(part).replacing("-", with: "+").replacing("_", with: "/")
        text += String(repeating: "=", count: (4 - text.count % 4) % 4)
        return Data(base64Encoded: text).flatMap { try? JSON(parsing: Array($0)) }
    }

    /// The provider's keys, with this one among them; they are asked for anew when it is not.
    private func keys(with name: String?) async throws -> Keys {
        let now = AdapterTime.now()
        if let keys, now - keys.at < Self.validity {
            if let name, keys.value.uses[name] != nil { return keys.value }
            if name == nil, keys.value.uses.count == 1 { return keys.value }
            if now - keys.at < Self.keyPause {
                throw IdentityProblem(
                    "the token is signed with a key that the provider does not show"
                )
            }
        }
        let document = try await get(try await found().keys.description)
        let collection = JWTKeyCollection()
        var uses: [String: Use] = [:]
        let items = document["keys"]?.arrayValue ?? []
        for item in items {
            // Of shared secrets, and of what is not for signing, nothing is believed.
            guard let kind = item["kty"]?.stringValue, ["RSA", "EC"].contains(kind),
                item["use"]?.stringValue ?? "sig" == "sig",
                case .object(var members) = item
            else { continue }
            let name = item["kid"]?.stringValue ?? ""
            members["kid"] = .string(name)
            members["use"] = nil
            guard
                let key = try? JSONDecoder().decode(
                    JWK.self,
                    from: Data(JSON.object(members).canonicalBytes)
                ),
                (try? await collection.add(jwk: key, isDefault: items.count == 1)) != nil
            else { continue }
            uses[name] = Use(kind: kind, algorithm: item["alg"]?.stringValue)
        }
        let value = Keys(collection: collection, uses: uses)
        keys = (value, now)
        guard name.map({ uses[$0] != nil }) ?? (uses.count == 1) else {
            throw IdentityProblem("the token is signed with a key that the provider does not show")
        }
        return value
    }

    /// The person, where the token is of this provider, for us, of now and of this very login.
    private static func name(
        in claims: JSON,
        claim: String,
        _ definition: OpenIDDefinition,
        nonce: String,
        now: Instant
    ) async throws -> String {
        func refuse(_ why: String) -> IdentityProblem { IdentityProblem("the token is \(why)") }
        guard claims["iss"]?.stringValue == definition.issuer else {
            throw refuse("of another provider")
        }
        let audience =
            claims["aud"]?.arrayValue?.compactMap(\.stringValue)
            ?? [claims["aud"]?.stringValue].compactMap(\.self)
        guard audience.contains(definition.client) else { throw refuse("for somebody else") }
        if audience.count > 1 || claims["azp"] != nil {
            guard claims["azp"]?.stringValue == definition.client else {
                throw refuse("for somebody else")
            }
        }
        let seconds = now.milliseconds / 1_000
        guard let expires = claims["exp"]?.numberValue,
            Double(seconds - tolerance) < expires
        else { throw refuse("expired") }
        guard let issued = claims["iat"]?.numberValue, issued <= Double(seconds + tolerance) else {
            throw refuse("from the future")
        }
        guard claims["nonce"]?.stringValue == nonce else { throw refuse("of another login") }
        if claim == "email", claims["email_verified"] == false {
            throw refuse("of an address that nobody has verified")
        }
        guard let name = claims[claim]?.stringValue, !name.isEmpty, name.utf8.count <= 200,
            name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw refuse("without a usable '\(claim)'") }
        return name
    }
}
