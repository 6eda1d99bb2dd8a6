import ConductorCore
import ConductorPorts
import NIOHTTP1

/// A vendor's HTTP interface as one adapter uses it: where it is, how it is like, who asks.
///
/// An adapter holds one and asks through `poll`, `perform` and `probe`: each resolves the secrets as they
/// are now, gives the body a session with a deadline, and turns whatever goes wrong into a value without
/// a secret in it.
struct API: Sendable {
    let base: WebAddress
    let dialect: APIDialect
    let credential: any APICredential

    /// Asks for facts.
    func poll(
        _ request: ObservationRequest,
        timeout: Span,
        _ body: (APISession, Variables) async throws -> Observation
    ) async -> PollAnswer {
        let attempt = await attempt(
            urgency: .poll,
            timeout: timeout,
            bypassesCaches: request.bypassesCaches
        ) { session in
            try await body(session, Variables(request))
        }
        switch attempt.result {
        case .success(let observation):
            return .bounded(attempt.redactor.redact(observation))
        case .failure(let problem):
            return .failed(problem.failure, message: attempt.redactor.redact(problem.message))
        }
    }

    /// Asks which versions there are.
    func list(
        _ request: ObservationRequest,
        timeout: Span,
        _ body: (APISession, Variables) async throws -> [String]
    ) async -> VersionAnswer {
        let attempt = await attempt(
            urgency: .poll,
            timeout: timeout,
            bypassesCaches: request.bypassesCaches
        ) { session in
            try await body(session, Variables(request))
        }
        switch attempt.result {
        case .success(let versions): return .listed(versions.map { attempt.redactor.redact($0) })
        case .failure(let problem):
            return .failed(problem.failure, message: attempt.redactor.redact(problem.message))
        }
    }

    /// Performs an action: whatever `body` throws was before anything was changed.
    func perform(
        _ intent: Intent,
        remedy: String,
        _ body: (APISession, Variables) async throws -> ActionOutcome
    ) async -> ActionOutcome {
        let attempt = await attempt(
            urgency: intent.direction == .brakes ? .brake : .action,
            timeout: intent.policy.deadline,
            bypassesCaches: true
        ) { session in
            try await body(session, Variables(intent))
        }
        switch attempt.result {
        case .success(let outcome): return attempt.redactor.redact(outcome)
        case .failure(let problem):
            return attempt.redactor.redact(problem.outcomeOfReading(remedy: remedy))
        }
    }

    /// Looks past every cache whether an effect is there; a failure is no answer.
    func probe(
        _ intent: Intent,
        _ body: (APISession, Variables) async throws -> ProbeAnswer
    ) async -> ProbeAnswer {
        let attempt = await attempt(
            urgency: intent.direction == .brakes ? .brake : .action,
            timeout: intent.policy.deadline,
            bypassesCaches: true
        ) { session in
            try await body(session, Variables(intent))
        }
        switch attempt.result {
        case .success(let answer): return attempt.redactor.redact(answer)
        case .failure(let problem):
            return .unavailable(reason: attempt.redactor.redact(problem.message))
        }
    }

    /// A session for a doctor's looks, past every cache.
    ///
    /// - Throws: an `APIProblem` without a secret in it.
    func session(timeout: Span) async throws -> APISession {
        let context = APISession.Context(
            api: self,
            urgency: .poll,
            timeout: timeout,
            deadline: .now + .milliseconds(timeout.milliseconds),
            bypassesCaches: true
        )
        let signature = try await credential.sign(context)
        return APISession(
            context: context,
            signature: signature,
            redactor: Redactor(signature.secrets)
        )
    }

    private func attempt<Value: Sendable>(
        urgency: Pace.Urgency,
        timeout: Span,
        bypassesCaches: Bool,
        _ body: (APISession) async throws -> Value
    ) async -> (result: Result<Value, APIProblem>, redactor: Redactor) {
        let context = APISession.Context(
            api: self,
            urgency: urgency,
            timeout: timeout,
            deadline: .now + .milliseconds(timeout.milliseconds),
            bypassesCaches: bypassesCaches
        )
        var redactor = Redactor.nothing
        do {
            let signature = try await credential.sign(context)
            redactor = Redactor(signature.secrets)
            let session = APISession(context: context, signature: signature, redactor: redactor)
            return (.success(try await body(session)), redactor)
        } catch let problem as APIProblem {
            return (.failure(problem), redactor)
        } catch let problem as TemplateProblem {
            return (.failure(APIProblem(.misconfigured, problem.message)), redactor)
        } catch let problem as ResolvingProblem {
            return (.failure(APIProblem(.misconfigured, problem.message)), redactor)
        } catch is CancellationError {
            return (.failure(APIProblem(.timedOut, "given up before the answer came")), redactor)
        } catch {
            return (.failure(APIProblem(.malformed, "the answer cannot be read")), redactor)
        }
    }
}

/// How a vendor's interface is like; fixed by its adapter, not by settings.
struct APIDialect: Sendable {
    var headers: [(name: String, value: String)] = []
    var pace: Pace.Limits
    /// What an answer says of the credential's budget.
    var budget: @Sendable (HTTPTransport.Answer) -> Pace.Budget? = { _ in nil }
    /// What a status means where that is not what it usually means.
    var refusal: @Sendable (HTTPTransport.Answer) -> APIProblem.Kind? = { _ in nil }
    /// Where an error's body says what is wrong; without it the body itself is quoted.
    var words: @Sendable (JSON) -> String? = { _ in nil }
}

/// Who asks: what goes along with each request.
protocol APICredential: Sendable {
    /// The secrets that the settings name.
    var references: [SecretReference] { get }
    /// What shares a budget: the same credential at any number of sources and actions.
    var account: String { get }
    /// The credential as it is now; secrets are read anew.
    ///
    /// - Throws: an `APIProblem` without a secret in it.
    func sign(_ context: APISession.Context) async throws -> APISignature
    /// The backend answered 401: what was made from the secret is no good any more.
    func wasRefused(_ context: APISession.Context)
}

extension APICredential {
    func wasRefused(_ context: APISession.Context) {}
}

/// What a credential adds to a request, and what must never leave it.
struct APISignature: Sendable {
    var headers: [(name: String, value: String)]
    var secrets: [Secret]
    /// What the backend said that it grants, where it says so.
    var grants: JSON?

    /// `Authorization: Bearer TOKEN`.
    static func bearer(_ token: Secret, hiding others: [Secret] = []) throws(APIProblem)
        -> APISignature
    {
        let value = token.revealed()
        guard value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw APIProblem(.misconfigured, "the token holds a character that no token holds")
        }
        return APISignature(
            headers: [("Authorization", "Bearer " + value)],
            secrets: [token] + others
        )
    }
}

/// A secret that is sent as it is: a personal access token, an API key.
struct BearerCredential: APICredential {
    let token: SecretReference

    var references: [SecretReference] { [token] }
    var account: String { token.description }

    func sign(_ context: APISession.Context) async throws -> APISignature {
        try .bearer(token.read())
    }
}

/// A user's name and a secret, as HTTP's own scheme has them (RFC 7617).
struct BasicCredential: APICredential {
    let user: String
    let password: SecretReference

    var references: [SecretReference] { [password] }
    var account: String { "\(user) \(password)" }

    func sign(_ context: APISession.Context) async throws -> APISignature {
        let secret = try password.read()
        let pair = "\(user):\(secret.revealed())"
        let coded = Base64.encode(Array(pair.utf8))
        return APISignature(
            headers: [("Authorization", "Basic " + coded)],
            secrets: [secret, Secret(coded)]
        )
    }
}

extension SecretReference {
    /// The secret as it is now.
    func read() throws(APIProblem) -> Secret {
        do {
            return try resolve()
        } catch {
            throw APIProblem(.misconfigured, error.message)
        }
    }
}

extension SettingsReader {
    /// The base address of an interface: fixed text, so that a value never sends a credential elsewhere.
    func base(_ key: String, default standard: String) -> WebAddress? {
        guard let text = string(key) ?? (has(key) ? nil : standard) else { return nil }
        guard let address = WebAddress(text), !text.contains("?"), !text.contains("#"),
            !text.contains("$")
        else {
            fault(
                .badValue,
                key,
                "should be an address like \(standard), without a user, a query or a variable"
            )
            return nil
        }
        return address
    }
}

extension Redactor {
    func redact(_ observation: Observation) -> Observation {
        var observation = observation
        observation.facts = observation.facts.mapValues { fact in
            ObservedFact(redact(fact.value), about: fact.about.map { redact($0) })
        }
        return observation
    }

    func redact(_ outcome: ActionOutcome) -> ActionOutcome {
        switch outcome {
        case .done(let evidence): .done(evidence: redact(evidence))
        case .alreadyDone(let evidence): .alreadyDone(evidence: redact(evidence))
        case .rejected(let reason, let remedy):
            .rejected(reason: redact(reason), remedy: remedy.map { redact($0) })
        case .retryable(let reason, let after): .retryable(reason: redact(reason), after: after)
        case .unknown(let reason): .unknown(reason: redact(reason))
        }
    }

    func redact(_ answer: ProbeAnswer) -> ProbeAnswer {
        switch answer {
        case .present(let evidence): .present(evidence: redact(evidence))
        case .absent: .absent
        case .ambiguous(let reason): .ambiguous(reason: redact(reason))
        case .unavailable(let reason): .unavailable(reason: redact(reason))
        }
    }
}
