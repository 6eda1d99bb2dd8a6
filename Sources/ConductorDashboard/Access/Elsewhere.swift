import ConductorCore
import ConductorPorts
import Crypto
import Foundation
import HTTPTypes
import Synchronization

/// Logins that a provider is asked about: each begun by one browser, and ended by the same one.
final class Elsewhere: Sendable {
    private struct Pending: Sendable {
        /// By hash: what the browser that began it keeps in a cookie.
        var browser: String
        var request: IdentityRequest
        var verifier: String
        var to: String
        var expires: Instant
    }

    private static let lifetime = Span.minutes(10)
    /// The most that are under way; the oldest makes room.
    private static let most = 1_000
    private static let cookieName = "conductord-login"

    private let provider: any IdentityProvider
    private let clock: any ConductorClock
    private let state = Mutex<[String: Pending]>([:])

    init(_ provider: any IdentityProvider, clock: any ConductorClock) {
        self.provider = provider
        self.clock = clock
    }

    /// Sends a browser to the provider; it comes back to `origin`, and goes on `to` a path of ours.
    ///
    /// - Throws: `Problem` where the provider cannot be asked.
    func begin(to: String, origin: String) async throws -> Answer {
        let verifier = Secret.make()
        let browser = Secret.make()
        let request = IdentityRequest(
            state: Secret.make(),
            nonce: Secret.make(),
            challenge: Self.challenge(of: verifier),
            redirect: origin + Endpoint.loginReturn.rawValue
        )
        let address: String
        do {
            address = try await provider.address(of: request)
        } catch let problem as IdentityProblem {
            throw Self.refusal(problem)
        }
        let now = clock.wall()
        let pending = Pending(
            browser: Secret.hash(browser),
            request: request,
            verifier: verifier,
            to: to,
            expires: now + Self.lifetime
        )
        state.withLock { all in
            all = all.filter { $0.value.expires > now }
            if all.count >= Self.most,
                let first = all.min(by: { $0.value.expires < $1.value.expires })
            {
                all[first.key] = nil
            }
            all[request.state] = pending
        }
        let isSealed = origin.hasPrefix("https:")
        return .goOn(
            to: address,
            cookie: "\(Self.name(isSealed))=\(browser); Path=/;"
                + " Max-Age=\(Self.lifetime.milliseconds / 1_000); HttpOnly; SameSite=Lax"
                + (isSealed ? "; Secure" : "")
        )
    }

    /// Who came back, and where they go on to; what was begun is ended, whatever comes of it.
    ///
    /// - Throws: `Problem` where it is not known who.
    func end(
        _ question: Question,
        isSealed: Bool
    ) async throws -> (person: String, to: String) {
        let now = clock.wall()
        let browser = question.headers.cookies[Self.name(isSealed)].map(Secret.hash)
        let pending = state.withLock { all -> Pending? in
            guard let state = question.value("state"), let pending = all[state],
                pending.browser == browser
            else { return nil }
            all[state] = nil
            return now < pending.expires ? pending : nil
        }
        guard let pending else {
            throw Problem(
                .unauthorized,
                "this login was not begun in this browser, or was used, or took too long: begin anew"
            )
        }
        guard question.value("error") == nil, let code = question.value("code") else {
            throw Problem(.unauthorized, "the provider did not let you in")
        }
        do {
            let person = try await provider.person(
                code: code,
                verifier: pending.verifier,
                for: pending.request
            )
            return (person, pending.to)
        } catch let problem as IdentityProblem {
            throw Self.refusal(problem)
        }
    }

    private static func name(_ isSealed: Bool) -> String {
        (isSealed ? "__Host-" : "") + cookieName
    }

    private static func refusal(_ problem: IdentityProblem) -> Problem {
        Problem(problem.isOurs ? .badGateway : .unauthorized, problem.description)
    }

    /// SHA-256 as base64url (RFC 7636).
    static func challenge(of verifier: String) -> String {
        Data(SHA256.hash(data: Array(verifier.utf8))).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
