import ConductorCore
import Synchronization

/// Tokens that are made from a secret and live for a while, kept until shortly before their end.
final class MintedTokens: Sendable {
    struct Token: Sendable {
        var secret: Secret
        var ends: Instant
        /// What it may, where the backend said so.
        var grants: JSON?
    }

    private let tokens = Mutex<[String: (made: Secret, token: Token)]>([:])

    /// All backends of the process share them.
    static let shared = MintedTokens()

    /// The token of an account, if it was made from this very secret and lives for another `margin`.
    func token(
        of account: String,
        madeFrom secret: Secret,
        margin: Span,
        now: Instant = AdapterTime.now()
    ) -> Token? {
        tokens.withLock { tokens in
            guard let kept = tokens[account], kept.made.revealed() == secret.revealed(),
                kept.token.ends - now > margin
            else { return nil }
            return kept.token
        }
    }

    func keep(_ token: Token, of account: String, madeFrom secret: Secret) {
        tokens.withLock { tokens in
            if tokens.count >= AdapterLimits.accounts { tokens.removeAll() }
            tokens[account] = (secret, token)
        }
    }

    /// The backend refused it: the next one is made anew.
    func forget(_ account: String) { tokens.withLock { $0[account] = nil } }
}
