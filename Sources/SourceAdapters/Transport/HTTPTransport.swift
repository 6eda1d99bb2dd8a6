import AsyncHTTPClient
import ConductorCore
import NIOCore
import NIOHTTP1
import NIOPosix

/// Sends one request and reads its answer, bounded in time and size; follows nothing.
enum HTTPTransport {
    /// What to send.
    struct Request: Sendable {
        var method: HTTPMethod = .GET
        var address: WebAddress
        var headers: [(name: String, value: String)]
        var body: [UInt8]?
    }

    struct Answer: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var body: [UInt8]
    }

    enum Problem: Error, Sendable {
        case timedOut
        case cancelled
        /// The request surely reached nobody.
        case neverSent(String)
        /// The connection ended; the request may have been read.
        case lost(String)
        case tooLarge(limit: Int)
        /// A redirect to another origin, or one too many.
        case strayed(String)
        /// A redirect to what is no address.
        case garbled(String)
    }

    /// Connections live as long as the process, like the adapters that share them.
    private static let client = HTTPClient(
        eventLoopGroupProvider: .singleton,
        configuration: configuration(idle: .seconds(60))
    )

    /// For requests that must not meet a connection which the other side is just closing: an
    /// answer lost to that would be in doubt for no reason.
    private static let freshClient = HTTPClient(
        eventLoopGroupProvider: .singleton,
        configuration: configuration(idle: .milliseconds(1))
    )

    private static func configuration(idle: TimeAmount) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout = .init(connect: .seconds(10))
        configuration.connectionPool.idleTimeout = idle
        // A refused connection is an answer; whoever asked decides about another try.
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }

    /// What is wanted of an answer's body.
    enum Wanted: Sendable {
        /// All of it, if it is a successful answer's; of a failed one the beginning.
        case all(limit: Int)
        /// Its beginning, if that comes at once: the status alone is the answer.
        case status
    }

    /// Sends `request`; with `fresh`, on a connection of its own.
    static func send(
        _ request: Request,
        wanted: Wanted,
        timeout: Span,
        fresh: Bool = false
    ) async throws(Problem) -> Answer {
        var outgoing = HTTPClientRequest(url: request.address.description)
        outgoing.method = request.method
        for header in request.headers {
            outgoing.headers.replaceOrAdd(name: header.name, value: header.value)
        }
        if fresh { outgoing.headers.replaceOrAdd(name: "Connection", value: "close") }
        if let body = request.body { outgoing.body = .bytes(ByteBuffer(bytes: body)) }
        let sent = outgoing
        let client = fresh ? freshClient : client
        let result: Result<Answer, Problem>
        do {
            let answer = try await within(timeout) {
                try await exchange(sent, client, wanted)
            }
            result = answer.map { .success($0) } ?? .failure(.timedOut)
        } catch let problem as Problem {
            result = .failure(problem)
        } catch {
            result = .failure(Task.isCancelled ? .cancelled : problem(error))
        }
        return try result.get()
    }

    /// The answer to a GET at the end of its redirects, which are followed within the origin alone.
    static func get(
        _ address: WebAddress,
        headers: [(name: String, value: String)],
        limit: Int,
        until deadline: ContinuousClock.Instant
    ) async throws(Problem) -> Answer {
        var address = address
        for _ in 0...AdapterLimits.redirects {
            let left = (deadline - .now) / .milliseconds(1)
            let answer = try await send(
                Request(address: address, headers: headers),
                wanted: .all(limit: limit),
                timeout: Span(milliseconds: max(0, Int64(left)))
            )
            guard [301, 302, 303, 307, 308].contains(answer.status) else { return answer }
            guard let location = answer.headers.first(name: "location"),
                let next = address.following(location)
            else { throw .garbled("a redirect to no address") }
            guard next.origin == address.origin else {
                throw .strayed("a redirect to another origin, \(next.origin); not followed")
            }
            address = next
        }
        throw .strayed("more than \(AdapterLimits.redirects) redirects")
    }

    private static func exchange(
        _ request: HTTPClientRequest,
        _ client: HTTPClient,
        _ wanted: Wanted
    ) async throws -> Answer {
        // The deadline is ours alone, over head and body together.
        let response = try await client.execute(request, deadline: .distantFuture)
        let status = Int(response.status.code)
        var body: [UInt8] = []
        switch wanted {
        case .all(let limit) where (200..<300).contains(status):
            let announced = response.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
            if announced > limit { throw Problem.tooLarge(limit: limit) }
            for try await part in response.body {
                body += part.readableBytesView
                if body.count > limit { throw Problem.tooLarge(limit: limit) }
            }
            // A cancelled body ends like a whole one.
            try Task.checkCancellation()
        case .all, .status:
            let stream = response.body
            if let start = try? await within(.seconds(2), { try await beginning(of: stream) }) {
                body = start
            }
        }
        return Answer(status: status, headers: response.headers, body: body)
    }

    private static func beginning(of stream: HTTPClientResponse.Body) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await part in stream {
            bytes += part.readableBytesView
            if bytes.count >= AdapterLimits.errorBytes { break }
        }
        return Array(bytes.prefix(AdapterLimits.errorBytes))
    }

    private static func problem(_ error: any Error) -> Problem {
        if error is NIOConnectionError { return .neverSent("the connection was refused") }
        if let error = error as? HTTPClientError {
            switch error {
            case .connectTimeout, .getConnectionFromPoolTimeout:
                return .neverSent("no connection within 10s")
            case .tlsHandshakeTimeout, .socksHandshakeTimeout, .httpProxyHandshakeTimeout:
                return .neverSent("no handshake within 10s")
            case .cancelled: return .cancelled
            case .deadlineExceeded, .readTimeout, .writeTimeout: return .timedOut
            case .remoteConnectionClosed: return .lost("the connection was closed")
            default: return .lost("\(error.shortDescription)")
            }
        }
        let text = String(describing: error)
        let type = String(reflecting: Swift.type(of: error))
        if type.hasPrefix("NIOSSL"), text.contains("andshake") || type.contains("Extra") {
            return .neverSent("no trust in the other side's certificate, or no common TLS")
        }
        if let error = error as? IOError, Posix.isRefusal(error.errnoCode) {
            return .neverSent("the connection was refused")
        }
        if error is ChannelError || error is IOError { return .lost("the connection broke") }
        return .lost("no whole answer (\(type))")
    }
}

/// What `operation` gives, or nil where it is not through in time; it is cancelled then.
func within<Value: Sendable>(
    _ limit: Span,
    _ operation: @escaping @Sendable () async throws -> Value
) async throws -> Value? {
    try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await operation() }
        group.addTask {
            try await Task.sleep(for: .milliseconds(limit.milliseconds))
            return nil
        }
        defer { group.cancelAll() }
        return try await group.next() ?? nil
    }
}

extension HTTPTransport.Answer {
    /// How long the backend asks us to wait.
    var retryAfter: Span? {
        RetryAfter.span(
            headers.first(name: "retry-after"),
            date: headers.first(name: "date"),
            now: AdapterTime.now()
        )
    }
}
