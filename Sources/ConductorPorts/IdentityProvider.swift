/// Somebody elsewhere who establishes who a person is: OpenID Connect's code flow, with PKCE.
package protocol IdentityProvider: Sendable {
    /// Where a browser is sent, to be asked there.
    ///
    /// - Throws: `IdentityProblem`.
    func address(of request: IdentityRequest) async throws -> String

    /// Who came back with a code; `verifier` is what the challenge of the request was made of.
    ///
    /// - Throws: `IdentityProblem`.
    func person(code: String, verifier: String, for request: IdentityRequest) async throws -> String
}

/// What one login is known by.
package struct IdentityRequest: Sendable, Hashable {
    /// Comes back with the answer.
    package var state: String
    /// Stands in the token, so that it is of this login and no other.
    package var nonce: String
    /// SHA-256 of the verifier, as base64url.
    package var challenge: String
    /// Where the browser comes back to.
    package var redirect: String

    package init(state: String, nonce: String, challenge: String, redirect: String) {
        self.state = state
        self.nonce = nonce
        self.challenge = challenge
        self.redirect = redirect
    }
}

/// Why it is not known who a person is.
package struct IdentityProblem: Error, Sendable, Equatable, CustomStringConvertible {
    /// Whether it is the provider that failed, and not the person.
    package var isOurs: Bool
    package var description: String

    package init(_ description: String, isOurs: Bool = false) {
        self.isOurs = isOurs
        self.description = description
    }
}
