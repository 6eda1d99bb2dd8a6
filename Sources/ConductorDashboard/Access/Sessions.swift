import ConductorCore
import Synchronization

/// Who is logged in, by the hash of their cookie; a restart logs everybody out.
final class Sessions: Sendable {
    struct Session: Sendable {
        /// What let somebody in.
        enum Proof: Sendable {
            /// Good as long as the token is; it says what may be done.
            case token(hash: String)
            case link(maker: String)
            /// Good as long as something is granted to the person.
            case person(String)
        }

        var proof: Proof
        var expires: Instant
    }

    /// The most that are kept; the one that ends first makes room.
    private static let most = 10_000

    private let state = Mutex<[String: Session]>([:])

    /// Opens one, and returns the secret for its cookie.
    func open(_ proof: Session.Proof, until expires: Instant, at now: Instant) -> String {
        let secret = Secret.make()
        state.withLock { sessions in
            sessions = sessions.filter { $0.value.expires > now }
            if sessions.count >= Self.most,
                let first = sessions.min(by: { $0.value.expires < $1.value.expires })
            {
                sessions[first.key] = nil
            }
            sessions[Secret.hash(secret)] = Session(proof: proof, expires: expires)
        }
        return secret
    }

    /// The session of a hash, if its time is not over.
    func find(_ hash: String, at now: Instant) -> Session? {
        state.withLock { sessions in
            guard let session = sessions[hash] else { return nil }
            guard now < session.expires else {
                sessions[hash] = nil
                return nil
            }
            return session
        }
    }

    func close(_ hash: String) { state.withLock { $0[hash] = nil } }
}
