import ConductorCore
import ConductorPorts
import NIOHTTP1

/// The requests of one poll, one attempt or one probe: they share a deadline and a credential.
struct APISession: Sendable {
    /// What there is before the credential: enough to fetch one.
    struct Context: Sendable {
        let api: API
        let urgency: Pace.Urgency
        let timeout: Span
        let deadline: ContinuousClock.Instant
        let bypassesCaches: Bool
    }

    let context: Context
    let signature: APISignature
    let redactor: Redactor

    /// The answer to a GET; nil where there is nothing at that place.
    func find(_ path: APIPath, query: [(String, String)] = []) async throws(APIProblem) -> JSON? {
        do {
            return try await get(path, query: query)
        } catch {
            guard error.kind == .notFound else { throw error }
            return nil
        }
    }

    /// The answer to a GET.
    func get(_ path: APIPath, query: [(String, String)] = []) async throws(APIProblem) -> JSON {
        try await document(try address(path, query)).json
    }

    /// The pages of a list, first to last; each is asked for where the one before says.
    ///
    /// None is asked for after one of which `isLast` says so.
    /// - Throws: where a page stands at another origin, or there are more than `AdapterLimits.pages`.
    func pages(
        _ path: APIPath,
        query: [(String, String)] = [],
        until isLast: (JSON) throws(APIProblem) -> Bool = { _ in false }
    ) async throws(APIProblem) -> [JSON] {
        var pages: [JSON] = []
        var next: WebAddress? = try address(path, query)
        while let address = next {
            guard pages.count < AdapterLimits.pages else {
                throw APIProblem(.tooLarge, "more than \(AdapterLimits.pages) pages of \(path)")
            }
            let (json, headers) = try await document(address)
            pages.append(json)
            next = try isLast(json) ? nil : nextPage(headers, from: address)
        }
        return pages
    }

    /// The first page of a list, and whether there are more.
    func page(
        _ path: APIPath,
        query: [(String, String)] = []
    ) async throws(APIProblem) -> (json: JSON, isLast: Bool) {
        let address = try address(path, query)
        let (json, headers) = try await document(address)
        return (json, try nextPage(headers, from: address) == nil)
    }

    /// `Link: <ADDRESS>; rel="next"` (RFC 8288), within the origin.
    private func nextPage(
        _ headers: HTTPHeaders,
        from address: WebAddress
    ) throws(APIProblem) -> WebAddress? {
        for link in headers[canonicalForm: "link"] {
            let parts = link.split(separator: ";").map { $0.drop { $0 == " " } }
            guard let target = parts.first, target.hasPrefix("<"), target.hasSuffix(">"),
                parts.dropFirst().contains(where: { $0 == "rel=\"next\"" || $0 == "rel=next" }),
                // Sentry names a next page even where there is none.
                !parts.contains("results=\"false\"")
            else { continue }
            guard let next = address.following(String(target.dropFirst().dropLast())) else {
                throw APIProblem(.malformed, "the next page has no address")
            }
            guard next.origin == address.origin else {
                throw APIProblem(
                    .refused,
                    "the next page is at another origin, \(next.origin); not followed"
                )
            }
            return next
        }
        return nil
    }

    /// Changes something, once; nothing is repeated here.
    ///
    /// - Throws: an `APIProblem`, whose `outcome` says whether it may have happened.
    func write(
        _ method: HTTPMethod,
        _ path: APIPath,
        _ body: JSON?,
        query: [(String, String)] = []
    ) async throws(APIProblem) -> JSON {
        let address = try address(path, query)
        var headers = standardHeaders
        if body != nil { headers.append(("Content-Type", "application/json")) }
        let answer = try await send(
            HTTPTransport.Request(
                method: method,
                address: address,
                headers: headers,
                body: body?.canonicalBytes
            ),
            isWrite: true
        )
        return try parse(answer.body, status: answer.status)
    }

    /// The answer to a GET as it is, whatever its status.
    ///
    /// - Throws: where there is none.
    func look(
        _ path: APIPath,
        query: [(String, String)] = []
    ) async throws(APIProblem) -> (address: WebAddress, answer: HTTPTransport.Answer) {
        let address = try address(path, query)
        let headers = standardHeaders + [("Cache-Control", "no-cache")]
        let request = HTTPTransport.Request(address: address, headers: headers)
        return (address, try await exchange(request, isWrite: false))
    }

    // MARK: One request

    private var standardHeaders: [(name: String, value: String)] {
        [("User-Agent", "conductord"), ("Accept", "application/json")]
            .filter { own in
                !context.api.dialect.headers.contains { $0.name == own.0 }
            } + context.api.dialect.headers + signature.headers
    }

    private func address(
        _ path: APIPath,
        _ query: [(String, String)]
    ) throws(APIProblem) -> WebAddress {
        let base = context.api.base.description
        var text = (base.hasSuffix("/") ? String(base.dropLast()) : base) + "/\(path)"
        if !query.isEmpty {
            text +=
                "?"
                + query.map { percentEncoded($0.0) + "=" + percentEncoded($0.1) }
                .joined(separator: "&")
        }
        guard !path.strays, let address = WebAddress(text) else {
            throw APIProblem(.misconfigured, "'\(path)' is no path at \(context.api.base.origin)")
        }
        return address
    }

    private func document(
        _ address: WebAddress
    ) async throws(APIProblem) -> (json: JSON, headers: HTTPHeaders) {
        let key = context.api.credential.account + " " + address.description
        var headers = standardHeaders
        var remembered: AnswerCache.Entry?
        if context.bypassesCaches {
            headers.append(("Cache-Control", "no-cache"))
        } else if let entry = AnswerCache.shared.entry(for: key) {
            remembered = entry
            headers.append(("If-None-Match", entry.tag))
        }
        let answer = try await send(
            HTTPTransport.Request(address: address, headers: headers),
            isWrite: false
        )
        if answer.status == 304 {
            TransportCounters.count(address.origin) { $0.unchanged += 1 }
            guard let remembered else {
                throw APIProblem(.malformed, "'not modified', and nothing was offered")
            }
            return (try parse(remembered.body, status: 304), remembered.headers)
        }
        let json: JSON
        do {
            json = try parse(answer.body, status: answer.status)
        } catch {
            AnswerCache.shared.forget(key)
            throw error
        }
        if let tag = answer.headers.first(name: "etag") {
            // Of the headers only what is read later, so that little is kept.
            let kept = HTTPHeaders(answer.headers.filter { $0.name.lowercased() == "link" })
            AnswerCache.shared.remember(.init(tag: tag, headers: kept, body: answer.body), for: key)
        } else {
            AnswerCache.shared.forget(key)
        }
        return (json, answer.headers)
    }

    private func parse(_ body: [UInt8], status: Int) throws(APIProblem) -> JSON {
        guard !body.isEmpty else { return .null }
        do {
            return try JSON(parsing: body)
        } catch {
            throw APIProblem(
                .malformed,
                "status \(status), and the body is not JSON: byte \(error.offset)"
            )
        }
    }

    private func send(
        _ request: HTTPTransport.Request,
        isWrite: Bool
    ) async throws(APIProblem) -> HTTPTransport.Answer {
        let answer = try await exchange(request, isWrite: isWrite)
        guard (200..<300).contains(answer.status) || answer.status == 304 else {
            throw refusal(answer)
        }
        return answer
    }

    /// One request and its answer, whatever that is; what it says of limits is heeded.
    private func exchange(
        _ request: HTTPTransport.Request,
        isWrite: Bool
    ) async throws(APIProblem) -> HTTPTransport.Answer {
        let origin = request.address.origin
        let pace = Pace.of(
            "\(context.api.credential.account) \(origin)",
            context.api.dialect.pace
        )
        try await turn(pace, origin, isWrite)
        TransportCounters.count(origin) { $0.requests += 1 }
        let answer: HTTPTransport.Answer
        do {
            if isWrite {
                let left = (context.deadline - .now) / .milliseconds(1)
                answer = try await HTTPTransport.send(
                    request,
                    wanted: .all(limit: AdapterLimits.responseBytes),
                    timeout: Span(milliseconds: max(0, Int64(left))),
                    fresh: true
                )
            } else {
                answer = try await HTTPTransport.get(
                    request.address,
                    headers: request.headers,
                    limit: AdapterLimits.responseBytes,
                    until: context.deadline
                )
            }
        } catch {
            TransportCounters.count(origin) { $0.failures += 1 }
            throw APIProblem(error, timeout: context.timeout)
        }
        TransportCounters.count(origin) { counters in
            counters.bytes += answer.body.count
            if answer.status >= 500 { counters.failures += 1 }
        }
        if let budget = context.api.dialect.budget(answer) { pace.note(budget) }
        if answer.status == 401 { context.api.credential.wasRefused(context) }
        if answer.status >= 400, case .rateLimited(let after) = refusal(answer).kind {
            TransportCounters.count(origin) { $0.limited += 1 }
            if let after { pace.pause(after) }
        }
        return answer
    }

    /// Waits until the request may go, for as long as the deadline allows.
    private func turn(
        _ pace: Pace,
        _ origin: WebAddress.Origin,
        _ isWrite: Bool
    ) async throws(APIProblem) {
        while true {
            switch pace.admit(context.urgency, isWrite: isWrite) {
            case .now: return
            case .soon(let wait) where .now + .milliseconds(wait.milliseconds) < context.deadline:
                do {
                    try await AdapterTime.sleep(for: wait)
                } catch {
                    throw APIProblem(.timedOut, "given up while waiting for its turn")
                }
            case .soon(let wait), .later(let wait):
                TransportCounters.count(origin) { $0.limited += 1 }
                throw APIProblem(
                    .rateLimited(after: wait),
                    "the limit of requests is used up; the next may go in \(wait)"
                )
            }
        }
    }

    /// What a refusal means.
    func refusal(_ answer: HTTPTransport.Answer) -> APIProblem {
        var words = redactor.quote(answer.body)
        if let body = try? JSON(parsing: answer.body), let said = context.api.dialect.words(body) {
            words = redactor.quote(said)
        }
        let message = "status \(answer.status)" + (words.isEmpty ? "" : ": \(words)")
        return APIProblem(context.api.dialect.refusal(answer) ?? Self.kind(answer), message)
    }

    /// What a status means.
    private static func kind(_ answer: HTTPTransport.Answer) -> APIProblem.Kind {
        switch answer.status {
        case 401, 403, 407: .unauthorised
        case 404, 410: .notFound
        case 429: .rateLimited(after: answer.retryAfter)
        // Said together with a time, it was not carried out.
        case 503 where answer.retryAfter != nil: .rateLimited(after: answer.retryAfter)
        case 408, 425, 500...599: .failed
        default: .refused
        }
    }
}
