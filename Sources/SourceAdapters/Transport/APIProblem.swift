import ConductorCore

/// Why a request to a backend brought no usable answer, in words that hold no secret.
struct APIProblem: Error, Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        /// Settings or a secret have no meaning at this moment.
        case misconfigured
        case unauthorised
        case notFound
        /// Any other refusal that does not change by itself.
        case refused
        case rateLimited(after: Span?)
        /// The request surely reached nobody.
        case neverSent
        /// The connection ended, or the backend failed; the request may have been carried out.
        case failed
        case timedOut
        case tooLarge
        /// The answer is not what this backend's answers are like.
        case malformed
    }

    var kind: Kind
    var message: String

    init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    init(_ problem: HTTPTransport.Problem, timeout: Span) {
        switch problem {
        case .timedOut: self.init(.timedOut, "no whole answer within \(timeout)")
        case .cancelled: self.init(.timedOut, "given up before the answer came")
        case .neverSent(let reason): self.init(.neverSent, reason)
        case .lost(let reason): self.init(.failed, reason)
        case .tooLarge(let limit): self.init(.tooLarge, "more than \(limit) bytes")
        case .strayed(let reason): self.init(.refused, reason)
        case .garbled(let reason): self.init(.malformed, reason)
        }
    }

    /// What a poll says of it.
    var failure: PollFailure {
        switch kind {
        case .misconfigured: .misconfigured
        case .unauthorised: .unauthorised
        case .notFound: .notFound
        case .refused: .refused
        case .rateLimited: .rateLimited
        case .neverSent, .failed: .unreachable
        case .timedOut: .timedOut
        case .tooLarge: .tooLarge
        case .malformed: .malformed
        }
    }

    /// Whether the backend read the request and said no.
    var isRefusal: Bool {
        switch kind {
        case .refused, .notFound: true
        case .misconfigured, .unauthorised, .rateLimited, .neverSent, .failed, .timedOut,
            .tooLarge, .malformed:
            false
        }
    }

    /// What a write came to that ended like this; `remedy` is for what the backend refuses.
    func outcome(remedy: String) -> ActionOutcome {
        switch kind {
        case .misconfigured: .rejected(reason: message, remedy: "correct it, and retry")
        case .unauthorised:
            .rejected(reason: message, remedy: "see to the credential and its permissions")
        case .notFound, .refused: .rejected(reason: message, remedy: remedy)
        case .rateLimited(let after): .retryable(reason: message, after: after)
        case .neverSent: .retryable(reason: message, after: nil)
        case .failed, .timedOut, .tooLarge, .malformed: .unknown(reason: message)
        }
    }

    /// What it means for an action whose only requests so far changed nothing.
    func outcomeOfReading(remedy: String) -> ActionOutcome {
        switch kind {
        case .misconfigured, .unauthorised, .notFound, .refused, .rateLimited, .neverSent:
            outcome(remedy: remedy)
        case .failed, .timedOut, .tooLarge, .malformed: .retryable(reason: message, after: nil)
        }
    }
}
