import AdapterTesting
import ConductorCore
import ConductorPorts
import ConductorTesting
import Crypto
import Foundation
import SourceAdapters
import Synchronization
import Testing

@testable import ConductorDashboard
@testable import conductord

/// A provider of OpenID Connect on loopback, with keys of its own.
private final class Issuer: Sendable {
    /// What the token endpoint gives next, and what was sent to it.
    private struct State {
        var token = ""
        var keys: [(name: String, key: P256.Signing.PrivateKey)]
        var sent: [[String: String]] = []
        var keyQuestions = 0
    }

    private let state: Mutex<State>
    private let serverBox = Mutex<LoopbackServer?>(nil)

    init() { state = Mutex(State(keys: [("one", P256.Signing.PrivateKey())])) }

    var url: String { serverBox.withLock { $0?.url ?? "" } }
    var sent: [[String: String]] { state.withLock(\.sent) }
    var keyQuestions: Int { state.withLock(\.keyQuestions) }

    func start() async throws {
        let server = try await LoopbackServer.start { [self] request in answer(request) }
        serverBox.withLock { $0 = server }
    }

    func stop() async throws { try await serverBox.withLock(\.self)?.stop() }

    /// Signs with another key from now on, and shows that one alone.
    func rotate() { state.withLock { $0.keys = [("two", P256.Signing.PrivateKey())] } }

    private func answer(_ request: LoopbackServer.Received) -> LoopbackServer.Reply {
        switch request.path {
        case "/.well-known/openid-configuration":
            let document: JSON = [
                "issuer": .string(url), "authorization_endpoint": .string(url + "/authorize"),
                "token_endpoint": .string(url + "/token"), "jwks_uri": .string(url + "/keys"),
            ]
            return .status(200, body: document.description)
        case "/keys":
            let keys = state.withLock { state in
                state.keyQuestions += 1
                return state.keys
            }
            let items = keys.map { one -> JSON in
                let raw = one.key.publicKey.rawRepresentation
                return [
                    "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig",
                    "kid": .string(one.name), "x": .string(Self.text(raw.prefix(32))),
                    "y": .string(Self.text(raw.suffix(32))),
                ]
            }
            return .status(200, body: JSON.object(["keys": .array(items)]).description)
        case "/token":
            var fields: [String: String] = [:]
            for pair in request.body.split(separator: "&") {
                let halves = pair.split(separator: "=", maxSplits: 1)
                fields[String(halves[0])] =
                    halves.count > 1 ? String(halves[1]).removingPercentEncoding : ""
            }
            return state.withLock { state in
                state.sent.append(fields)
                guard fields["code"] == "good" else { return .status(400, body: "{}") }
                return .status(
                    200,
                    body: JSON.object(["id_token": .string(state.token)]).description
                )
            }
        default: return .status(404)
        }
    }

    static func text(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
    }

    /// What is to be given for the next code.
    func give(_ claims: JSON, header: JSON? = nil, by key: P256.Signing.PrivateKey? = nil) throws {
        try state.withLock { state in
            let own = state.keys[0]
            let head = header ?? ["alg": "ES256", "kid": .string(own.name), "typ": "JWT"]
            let signed =
                Self.text(head.canonicalBytes) + "." + Self.text(claims.canonicalBytes)
            let signature: any Sequence<UInt8> =
                switch head["alg"] {
                case "none"?: []
                case "HS256"?:
                    // With what everybody knows as the secret.
                    Array(
                        HMAC<SHA256>.authenticationCode(
                            for: Data(signed.utf8),
                            using: SymmetricKey(data: own.key.publicKey.rawRepresentation)
                        )
                    )
                default:
                    Array(
                        try (key ?? own.key).signature(for: Data(signed.utf8)).rawRepresentation
                    )
                }
            state.token = signed + "." + Self.text(Array(signature))
        }
    }
}

@Suite(.timeLimit(.minutes(2))) struct `A login elsewhere` {
    private func open(_ body: (House, Issuer) async throws -> Void) async throws {
        let issuer = Issuer()
        try await issuer.start()
        let http = """
            {listen: 127.0.0.1:0, access: {oidc: {issuer: "\(issuer.url)", client: conductord},
              people: {anna@acme.example: {role: operator, apps: [music]}}}}
            """
        try await House.open(http: http) { house in
            while try await house.visitor.get("/readyz").status != 200 {}
            try await body(house, issuer)
        }
        try await issuer.stop()
    }

    /// A login that was begun: what the provider is asked, and what the browser keeps.
    private func begin(
        _ house: House,
        to: String = "/account"
    ) async throws -> (query: [String: String], cookie: [String: String]) {
        let seen = try await house.visitor.get("/login/oidc?to=\(to)")
        #expect(seen.status == 303, "\(seen.text)")
        let parts = URLComponents(string: seen.headers["location"] ?? "")
        var query: [String: String] = [:]
        for item in parts?.queryItems ?? [] { query[item.name] = item.value }
        return (query, try House.cookie(of: seen))
    }

    private func claims(_ issuer: Issuer, _ query: [String: String], _ more: JSON = [:]) -> JSON {
        let now = SystemClock().wall().milliseconds / 1_000
        var claims: [String: JSON] = [
            "iss": .string(issuer.url), "aud": "conductord", "exp": .int(now + 300),
            "iat": .int(now), "nonce": .string(query["nonce"] ?? ""),
            "email": "anna@acme.example", "email_verified": true,
        ]
        claims.merge(more.objectValue ?? [:]) { $1 }
        return .object(claims.filter { $0.value != .null })
    }

    private func end(
        _ house: House,
        _ begun: (query: [String: String], cookie: [String: String]),
        code: String = "good"
    ) async throws -> Visitor.Seen {
        try await house.visitor.get(
            "/login/oidc/callback?code=\(code)&state=\(begun.query["state"] ?? "")",
            begun.cookie
        )
    }

    @Test func `lets in whom the provider names, as the journal will say`() async throws {
        try await open { house, issuer in
            let login = try await house.visitor.get("/")
            #expect(login.status == 401)
            #expect(login.text.contains("/login/oidc?to="))
            let begun = try await begin(house)
            #expect(begun.query["response_type"] == "code")
            #expect(begun.query["client_id"] == "conductord")
            #expect(begun.query["code_challenge_method"] == "S256")
            try issuer.give(claims(issuer, begun.query))
            let seen = try await end(house, begun)
            #expect(seen.status == 303, "\(seen.text)")
            #expect(seen.headers["location"] == "/account")
            let browser = try House.cookie(of: seen)
            let account = try await house.visitor.get("/account", browser)
            #expect(account.text.contains("oidc:anna@acme.example"))
            // The code was sent with what the challenge was made of, and comes to this very address.
            let sent = try #require(issuer.sent.last)
            let verifier = try #require(sent["code_verifier"])
            #expect(Elsewhere.challenge(of: verifier) == begun.query["code_challenge"])
            #expect(sent["redirect_uri"] == begun.query["redirect_uri"])
            // It is used up.
            #expect(try await end(house, begun).status == 401)
            // Keys are kept, and asked for anew when the provider has others.
            let second = try await begin(house)
            try issuer.give(claims(issuer, second.query))
            #expect(try await end(house, second).status == 303)
            #expect(issuer.keyQuestions == 1)
        }
    }

    @Test func `refuses every token that is not for this login`() async throws {
        try await open { house, issuer in
            let now = SystemClock().wall().milliseconds / 1_000
            let wrong: [JSON] = [
                ["iss": "https://evil.example"], ["aud": "other"], ["aud": ["other"]],
                ["aud": ["conductord", "other"]], ["azp": "other"], ["exp": .int(now - 120)],
                ["exp": .null], ["iat": .int(now + 600)], ["iat": .null], ["nonce": "another"],
                ["nonce": .null], ["email": .null], ["email": "a b"], ["email_verified": false],
            ]
            for more in wrong {
                let begun = try await begin(house)
                try issuer.give(claims(issuer, begun.query, more))
                let seen = try await end(house, begun)
                #expect(seen.status == 401, "\(more): \(seen.text)")
                #expect(seen.headers["set-cookie"] == nil)
            }
            for header: JSON in [
                ["alg": "none"], ["alg": "None", "kid": "one"], ["alg": "HS256", "kid": "one"],
                ["kid": "one"], ["alg": "ES256", "kid": "another"], ["alg": "RS256", "kid": "one"],
            ] {
                let begun = try await begin(house)
                try issuer.give(claims(issuer, begun.query), header: header)
                #expect(try await end(house, begun).status == 401, "\(header)")
            }
            let forged = try await begin(house)
            try issuer.give(claims(issuer, forged.query), by: P256.Signing.PrivateKey())
            #expect(try await end(house, forged).status == 401)
            let unknown = try await begin(house)
            try issuer.give(claims(issuer, unknown.query, ["email": "eve@acme.example"]))
            #expect(try await end(house, unknown).status == 403)
            let code = try await begin(house)
            #expect(try await end(house, code, code: "bad").status == 401)
            // Another browser, or none, cannot end what this one began.
            let mine = try await begin(house)
            let theirs = try await begin(house)
            try issuer.give(claims(issuer, mine.query))
            #expect(try await end(house, (mine.query, theirs.cookie)).status == 401)
            #expect(try await end(house, (mine.query, [:])).status == 401)
            #expect(try await end(house, mine).status == 303)
        }
    }

    @Test func `follows a provider that changes its keys, and does not ask at once`() async throws {
        let issuer = Issuer()
        try await issuer.start()
        let clock = ManualClock(wall: SystemClock().wall())
        try await AdapterTime.$clock.withValue(clock) { () async throws in
            let provider = OpenIDProvider(
                OpenIDDefinition(issuer: issuer.url, client: "conductord", claim: "sub")
            )
            let request = IdentityRequest(state: "s", nonce: "n", challenge: "c", redirect: "r")
            func person() async throws -> String {
                try issuer.give(claims(issuer, ["nonce": "n"], ["sub": "anna"]))
                return try await provider.person(code: "good", verifier: "v", for: request)
            }
            #expect(try await person() == "anna")
            issuer.rotate()
            await #expect(throws: IdentityProblem.self) { try await person() }
            #expect(issuer.keyQuestions == 1)
            clock.advance(by: .seconds(31))
            #expect(try await person() == "anna")
            #expect(issuer.keyQuestions == 2)
            await #expect(throws: IdentityProblem.self) {
                try await provider.person(code: "bad", verifier: "v", for: request)
            }
        }
        try await issuer.stop()
    }
}
