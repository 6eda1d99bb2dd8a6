package import ConductorCore
package import ConductorPorts
import HTTPTypes
import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore

/// The page and the API: an HTTP server that shows what is published, and changes nothing.
package struct DashboardServer: Sendable {
    private let host: String
    private let port: Int
    private let limits: DashboardLimits
    private let board: Board
    private let desk: Desk
    private let gate: Gate
    private let clock: any ConductorClock
    private let logger: Logger

    /// - Parameters:
    ///   - host: an address of this machine, or `localhost`.
    ///   - port: 0 takes one that is free.
    ///   - archive: answers about the past.
    ///   - clock: tells how old the newest view is.
    ///   - logger: takes what the server has to say.
    ///   - limits: every bound.
    package init(
        host: String,
        port: Int,
        archive: any Archive,
        clock: any ConductorClock,
        logger: Logger,
        limits: DashboardLimits = DashboardLimits()
    ) {
        self.host = host
        self.port = port
        self.limits = limits
        board = Board(clock: clock, limits: limits)
        desk = Desk(board: board, archive: archive, limits: limits)
        gate = Gate(host: host)
        self.clock = clock
        self.logger = logger
    }

    /// Shows a view from now on.
    package func publish(_ view: FleetView) { board.publish(view) }

    /// Serves until the task is cancelled.
    ///
    /// - Parameter onListening: called once with the page's address, as soon as it can be opened.
    /// - Throws: when the port cannot be had.
    package func run(onListening: @escaping @Sendable (String) async -> Void) async throws {
        let configuration = ApplicationConfiguration(
            address: .hostname(host, port: port),
            reuseAddress: true,
            availableConnectionsDelegate: MaximumAvailableConnections(
                limits.connections,
                logger: logger
            )
        )
        let decoder = HTTP1Channel.Configuration.DecoderConfiguration(
            maxHeaderFieldSize: limits.headerBytes,
            maxHeaderListSize: limits.headerBytes,
            maxHeaderFieldCount: limits.headerFields
        )
        let host = host
        let app = Application(
            responder: CallbackResponder { (request: Request, context: VisitContext) in
                await respond(to: request, context)
            },
            server: .http1(
                configuration: .init(
                    idleTimeout: .milliseconds(limits.idle.milliseconds),
                    httpDecoderConfiguration: decoder
                )
            ),
            configuration: configuration,
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? 0
                let shown = host.contains(":") ? "[\(host)]" : host
                await onListening("http://\(shown):\(port)/")
            },
            logger: logger
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await app.run() }
            group.addTask { await beatForever() }
            defer { board.streams.close() }
            // The first to end ends all: the server, or the wish to end.
            try await group.next()
            group.cancelAll()
        }
    }

    private func beatForever() async {
        while !Task.isCancelled {
            do { try await clock.sleep(for: limits.beat) } catch { break }
            board.beat()
        }
        board.streams.close()
    }

    // MARK: One request

    private func respond(to request: Request, _ context: VisitContext) async -> Response {
        let isHead = request.method == .head
        let isForPrograms = request.head.path?.hasPrefix("/api") == true
        var isForAll = false
        let reply: Reply
        do {
            let question = try Question(
                target: request.head.path ?? "",
                headers: request.headers,
                address: context.address,
                limits: limits
            )
            let found = Endpoint.find(question.path)
            isForAll = found?.endpoint == .badge
            try gate.check(
                request.method,
                authority: request.head.authority,
                request.headers,
                isForAll: isForAll
            )
            guard let found else { throw Problem(.notFound, "nothing is at this address") }
            if isHead, found.endpoint == .apiEvents {
                throw Problem(.methodNotAllowed, "a stream has no head", fields: [(.allow, "GET")])
            }
            reply = try await desk.reply(found.endpoint, found.values, question)
        } catch let problem as Problem {
            reply = .answer(Self.refusal(problem, isForPrograms))
        } catch let answer as NoAnswer {
            reply = .answer(Self.refusal(Problem(answer), isForPrograms))
        } catch {
            logger.error("an answer failed", metadata: ["reason": "\(error)"])
            let problem = Problem(.internalServerError, "the answer could not be made")
            reply = .answer(Self.refusal(problem, isForPrograms))
        }
        switch reply {
        case .answer(let answer): return answer.response(to: request, isForAll: isForAll)
        case .events(let stream, let leave):
            // Who has gone is counted no more, also while there is nothing to tell.
            context.channel.closeFuture.whenComplete { _ in leave() }
            return Self.response(stream, leave)
        }
    }

    private static func refusal(_ problem: Problem, _ isForPrograms: Bool) -> Answer {
        guard !isForPrograms else { return problem.document }
        var answer = Answer.html(ProblemPage(problem: problem).html, status: problem.status)
        answer.fields = problem.fields
        answer.tag = nil
        return answer
    }

    private static func response(
        _ stream: AsyncStream<StreamEvent>,
        _ leave: @escaping @Sendable () -> Void
    ) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = "text/event-stream"
        headers[.cacheControl] = "no-store"
        headers.protect(isForAll: false)
        return Response(
            status: .ok,
            headers: headers,
            body: ResponseBody { writer in
                defer { leave() }
                // A browser that comes back does so after two seconds.
                try await writer.write(ByteBuffer(string: "retry: 2000\n\n"))
                for await event in stream {
                    try await writer.write(ByteBuffer(string: event.text))
                }
                try await writer.finish(nil)
            }
        )
    }
}

/// What is known of a request beside itself.
struct VisitContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    /// The address of whoever asks, without the port.
    var address: String { channel.remoteAddress?.ipAddress ?? "unknown" }

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}

extension Answer {
    /// The answer as it is sent: compressed where that is understood, or nothing where the asker has
    /// it already.
    func response(to request: Request, isForAll: Bool) -> Response {
        var headers = HTTPFields()
        headers.protect(isForAll: isForAll)
        headers[.contentType] = type
        headers[.cacheControl] =
            isImmutable
            ? "public, max-age=31536000, immutable" : tag == nil ? "no-store" : "no-cache"
        for field in fields { headers[field.name] = field.value }
        if packed != nil { headers[.vary] = "Accept-Encoding" }
        let isPacked = packed != nil && Self.takesGzip(request.headers[.acceptEncoding])
        // Of other bytes, another tag.
        let shownTag = tag.map { isPacked ? "\($0.dropLast())-gz\"" : $0 }
        if status == .ok, let shownTag {
            headers[.eTag] = shownTag
            if Self.names(shownTag, in: request.headers[.ifNoneMatch]) {
                headers[.contentType] = nil
                return Response(status: .notModified, headers: headers)
            }
        }
        let bytes = isPacked ? packed ?? body : body
        if isPacked { headers[.contentEncoding] = "gzip" }
        headers[.contentLength] = String(bytes.count)
        if request.method == .head { return Response(status: status, headers: headers) }
        return Response(
            status: status,
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        )
    }

    /// Whether gzip is named, and not to say no to it.
    private static func takesGzip(_ accepted: String?) -> Bool {
        (accepted ?? "").lowercased().split(separator: ",").contains { part in
            let words = part.split(separator: ";").map { $0.filter { $0 != " " } }
            guard words.first == "gzip" else { return false }
            return !words.dropFirst().contains {
                $0.hasPrefix("q=0") && !$0.contains(where: { ("1"..."9").contains($0) })
            }
        }
    }

    private static func names(_ tag: String, in list: String?) -> Bool {
        guard let list else { return false }
        return list.split(separator: ",").contains { part in
            let one = part.drop { $0 == " " }.trimmingSuffix { $0 == " " }
            return one == "*" || one == tag[...] || one == "W/\(tag)"
        }
    }
}

extension Substring {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> Substring {
        var rest = self
        while let last = rest.last, predicate(last) { rest.removeLast() }
        return rest
    }
}

extension HTTPFields {
    /// What keeps a browser from doing more with a page than showing it.
    fileprivate mutating func protect(isForAll: Bool) {
        self[.contentSecurityPolicy] =
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self';"
            + " img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        self[.xContentTypeOptions] = "nosniff"
        self[.referrerPolicy] = "no-referrer"
        self[.frameOptions] = "DENY"
        self[.openerPolicy] = "same-origin"
        self[.resourcePolicy] = isForAll ? "cross-origin" : "same-origin"
    }
}

extension HTTPField.Name {
    fileprivate static let referrerPolicy = Self.known("Referrer-Policy")
    fileprivate static let frameOptions = Self.known("X-Frame-Options")
    fileprivate static let openerPolicy = Self.known("Cross-Origin-Opener-Policy")
    fileprivate static let resourcePolicy = Self.known("Cross-Origin-Resource-Policy")
}
