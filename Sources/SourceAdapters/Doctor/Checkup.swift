import ConductorCore
import ConductorPorts
import NIOHTTP1

/// What can be looked at without acting.
protocol Examinable: Sendable {
    /// How a doctor looks at it; nil where there is nothing outside to look at.
    var checkup: Checkup? { get }
}

extension Examinable {
    var checkup: Checkup? { nil }
}

/// How one source or action is looked at without acting.
///
/// An adapter says who asks whom, and gives the looks. Checkups of the same credential at the same address
/// are one line of the report: what all of them share is found out once.
struct Checkup: Sendable {
    /// `GitHub`.
    let backend: String
    /// The credential, by where it stands; nil where none is needed.
    let credential: String?
    /// What shares a line of the report: the same credential, used in the same way.
    let account: String
    let address: String
    let look: @Sendable (Looks, Variables) async throws -> [Finding]

    init(
        _ backend: String,
        credential: String? = nil,
        account: String? = nil,
        address: String,
        look: @escaping @Sendable (Looks, Variables) async throws -> [Finding]
    ) {
        self.backend = backend
        self.credential = credential
        self.account = account ?? credential ?? ""
        self.address = address
        self.look = look
    }

    /// The looks at a vendor's interface, in a session that is signed once.
    init(
        _ backend: String,
        _ api: API,
        look: @escaping @Sendable (APILooks, Variables) async throws -> [Finding]
    ) {
        let secrets = api.credential.references.map(\.description)
        self.init(
            backend,
            credential: secrets.isEmpty ? nil : secrets.joined(separator: ", "),
            account: api.credential.account,
            address: api.base.description
        ) { looks, variables in
            try await look(APILooks(try await looks.session(api), looks), variables)
        }
    }
}

/// The looks at one credential's backend: every address is asked once, and what each answer says besides
/// is kept.
final actor Looks {
    private let backend: String
    private let timeout: Span
    private let record: (@Sendable (Recording) -> Void)?
    private var sessions: [String: APISession] = [:]
    private var answers: [String: Look] = [:]
    private(set) var clockAhead: Span?
    private(set) var budget: Pace.Budget?
    private(set) var wasAnswered = false
    private(set) var wasAdmitted = false

    init(
        backend: String,
        timeout: Span,
        record: (@Sendable (Recording) -> Void)?
    ) {
        self.backend = backend
        self.timeout = timeout
        self.record = record
    }

    /// A session of an interface, signed once.
    func session(_ api: API) async throws -> APISession {
        let key = "\(api.credential.account) \(api.base)"
        if let session = sessions[key] { return session }
        let session = try await api.session(timeout: timeout)
        sessions[key] = session
        return session
    }

    /// The answer to a GET, whatever its status.
    func look(
        _ session: APISession,
        _ path: APIPath,
        _ query: [(String, String)]
    ) async throws -> Look {
        let key = "\(path)?" + query.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
        if let answer = answers[key] { return answer }
        let began = Posix.now()
        let (address, answer) = try await session.look(path, query: query)
        var look = note(
            answer,
            to: HTTPTransport.Request(address: address, headers: []),
            began: began,
            session.redactor
        )
        if let budget = session.context.api.dialect.budget(answer) { self.budget = budget }
        if !look.isFine {
            let problem = session.refusal(answer)
            look.words = problem.message
            if case .rateLimited = problem.kind { throw problem }
        }
        answers[key] = look
        return look
    }

    /// The answer to a request that is no interface's.
    func send(
        _ request: HTTPTransport.Request,
        _ redactor: Redactor,
        wanted: HTTPTransport.Wanted
    ) async throws -> Look {
        let key = "\(request.method.rawValue) \(request.address)"
        if let answer = answers[key] { return answer }
        let began = Posix.now()
        do throws(HTTPTransport.Problem) {
            let answer = try await HTTPTransport.send(request, wanted: wanted, timeout: timeout)
            let look = note(answer, to: request, began: began, redactor)
            answers[key] = look
            return look
        } catch {
            throw APIProblem(error, timeout: timeout)
        }
    }

    private func note(
        _ answer: HTTPTransport.Answer,
        to request: HTTPTransport.Request,
        began: Instant,
        _ redactor: Redactor
    ) -> Look {
        wasAnswered = true
        if (200..<300).contains(answer.status) { wasAdmitted = true }
        // A cache's answer tells when it was made, not what the time is.
        if answer.headers["age"].isEmpty,
            let told = RetryAfter.date(answer.headers.first(name: "date"))
        {
            // The header counts whole seconds: half of one is the best guess at the rest.
            let middle = (began.milliseconds + Posix.now().milliseconds) / 2
            clockAhead = Span(milliseconds: told.milliseconds + 500 - middle)
        }
        record?(Recording(backend: backend, request, answer, redactor))
        return Look(answer, redactor)
    }
}

/// An answer as a doctor reads it: any status is one.
struct Look: Sendable {
    let status: Int
    let headers: HTTPHeaders
    /// The body, where it is JSON.
    let json: JSON?
    /// What it says, without a secret.
    var words: String

    init(_ answer: HTTPTransport.Answer, _ redactor: Redactor) {
        status = answer.status
        headers = answer.headers
        json = try? JSON(parsing: answer.body)
        let quoted = redactor.quote(answer.body)
        words = "status \(answer.status)" + (quoted.isEmpty ? "" : ": \(quoted)")
    }

    init(status: Int, headers: HTTPHeaders = [:], json: JSON? = nil) {
        self.status = status
        self.headers = headers
        self.json = json
        words = "status \(status)"
    }

    var isFine: Bool { (200..<300).contains(status) }

    /// Whether this could be read, as a finding.
    func finding(_ what: String, isList: Bool = false, remedy: String) -> Finding {
        guard isFine else { return Finding(what, .no, evidence: words, remedy: remedy) }
        let makesSense = isList ? json?.arrayValue != nil : json?.objectValue?.isEmpty == false
        guard makesSense else {
            return Finding(
                what,
                .untold,
                evidence: "the answer makes no sense",
                remedy: "see that the address is this backend's"
            )
        }
        return Finding(what, .yes)
    }
}

/// The looks at a vendor's interface, signed.
struct APILooks: Sendable {
    let session: APISession
    private let looks: Looks

    init(_ session: APISession, _ looks: Looks) {
        self.session = session
        self.looks = looks
    }

    /// The answer to a GET, whatever its status but 401; nothing is asked twice.
    ///
    /// - Throws: where there is none, or nobody of this name is known.
    func get(_ path: APIPath, query: [(String, String)] = []) async throws -> Look {
        let look = try await looks.look(session, path, query)
        guard look.status != 401 else {
            throw APIProblem(.unauthorised, look.words)
        }
        return look
    }
}
