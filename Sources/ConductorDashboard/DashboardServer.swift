package import ConductorCore
package import ConductorPorts
import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
package import Logging
import NIOCore

/// The page and the API: an HTTP server that shows what is published, to those who may see it.
package struct DashboardServer: Sendable {
    private let definition: HTTPDefinition
    private let tls: TLSConfiguration?
    private let doorkeeper: Doorkeeper
    private let limits: DashboardLimits
    private let board: Board
    private let desk: Desk
    private let counter: Counter
    private let elsewhere: Elsewhere?
    private let gate: Gate
    private let clock: any ConductorClock
    private let logger: Logger

    /// - Parameters:
    ///   - definition: where it is served, and to whom.
    ///   - state: the state directory, with tokens and login links.
    ///   - archive: answers about the past.
    ///   - inbox: takes what people ask.
    ///   - identity: says who somebody is, where there is one who does.
    ///   - clock: tells how old the newest view is.
    ///   - logger: takes what the server has to say.
    ///   - limits: every bound.
    /// - Throws: `Unservable` where a certificate cannot be read.
    package init(
        _ definition: HTTPDefinition,
        state: String,
        archive: any Archive,
        inbox: any Inbox,
        identity: (any IdentityProvider)? = nil,
        clock: any ConductorClock,
        logger: Logger,
        limits: DashboardLimits = DashboardLimits()
    ) throws {
        self.definition = definition
        tls = try definition.tls.map(Self.configuration)
        self.limits = limits
        board = Board(clock: clock, limits: limits)
        doorkeeper = Doorkeeper(definition, state: state, clock: clock, logger: logger)
        desk = Desk(
            board: board,
            archive: archive,
            limits: limits,
            stamper: doorkeeper.stamper,
            provider: definition.access?.openID?.issuer
        )
        elsewhere = identity.map { Elsewhere($0, clock: clock) }
        counter = Counter(archive: archive, inbox: inbox)
        gate = Gate(definition, limits: limits)
        self.clock = clock
        self.logger = logger
    }

    /// Shows a view from now on.
    package func publish(_ view: FleetView) { board.publish(view) }

    /// Why nothing can be served.
    package struct Unservable: Error, CustomStringConvertible {
        package var description: String
    }

    private static func configuration(_ files: TLSFiles) throws -> TLSConfiguration {
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMFile(files.certificate)
        } catch {
            throw Unservable(
                description: "the certificate \(files.certificate) cannot be read as PEM (\(error))"
            )
        }
        let key: NIOSSLPrivateKey
        do {
            key = try NIOSSLPrivateKey(file: files.key, format: .pem)
        } catch {
            throw Unservable(description: "the key \(files.key) cannot be read as PEM (\(error))")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        configuration.minimumTLSVersion = .tlsv12
        do {
            // What does not fit together is found before anybody connects.
            let unused = HTTP1Channel { (_: Request, _: consuming ResponseWriter, _: any Channel) in
            }
            _ = try TLSChannel(unused, tlsConfiguration: configuration)
        } catch {
            throw Unservable(
                description:
                    "the key \(files.key) is not that of the certificate \(files.certificate) (\(error))"
            )
        }
        return configuration
    }

    /// Serves until the task is cancelled.
    ///
    /// - Parameter onListening: called once with the page's address, as soon as it can be opened.
    /// - Throws: when the port cannot be had.
    package func run(onListening: @escaping @Sendable (String) async -> Void) async throws {
        let configuration = ApplicationConfiguration(
            address: .hostname(definition.host, port: definition.port),
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
        let host = definition.host
        let scheme = tls == nil ? "http" : "https"
        let plain = HTTPServerBuilder.http1(
            configuration: .init(
                idleTimeout: .milliseconds(limits.idle.milliseconds),
                httpDecoderConfiguration: decoder
            )
        )
        let app = Application(
            responder: CallbackResponder { (request: Request, context: VisitContext) in
                await respond(to: request, context)
            },
            server: try tls.map { try .tls(plain, tlsConfiguration: $0) } ?? plain,
            configuration: configuration,
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? 0
                let shown = host.contains(":") ? "[\(host)]" : host
                await onListening("\(scheme)://\(shown):\(port)/")
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
        var endpoint: Endpoint?
        var caller = Caller.anybody
        var isBodyOpen = request.method == .post
        let reply: Reply
        do {
            let question = try Question(
                target: request.head.path ?? "",
                headers: request.headers,
                address: context.address,
                limits: limits
            )
            let found = Endpoint.find(question.path)
            endpoint = found?.endpoint
            try gate.check(
                request.method,
                authority: request.head.authority,
                request.headers,
                endpoint
            )
            guard let found else { throw Problem(.notFound, "nothing is at this address") }
            if isHead, found.endpoint == .apiEvents {
                throw Problem(.methodNotAllowed, "a stream has no head", fields: [(.allow, "GET")])
            }
            if !found.endpoint.isForAnybody {
                caller = try doorkeeper.caller(
                    request.headers,
                    from: context.address,
                    isNamed: gate.isOwnName(request.head.authority ?? "")
                )
            }
            if let elsewhere, !isHead,
                [.loginElsewhere, .loginReturn].contains(found.endpoint)
            {
                reply = .answer(try await answer(request, found.endpoint, question, by: elsewhere))
            } else if request.method == .post {
                isBodyOpen = false
                reply = .answer(try await take(request, found, question, caller, context))
            } else {
                reply = try await desk(for: caller).reply(found.endpoint, found.values, question)
            }
        } catch let problem as Problem {
            reply = .answer(refusal(problem, request, endpoint, isForPrograms))
        } catch let answer as NoAnswer {
            reply = .answer(refusal(Problem(answer), request, endpoint, isForPrograms))
        } catch {
            logger.error("an answer failed", metadata: ["reason": "\(error)"])
            let problem = Problem(.internalServerError, "the answer could not be made")
            reply = .answer(refusal(problem, request, endpoint, isForPrograms))
        }
        switch reply {
        case .answer(let answer):
            if answer.status == .contentTooLarge || answer.status == .requestTimeout {
                // More may be coming than anybody reads.
                context.channel.eventLoop.scheduleTask(in: Self.parting) {
                    [channel = context.channel] in channel.close(promise: nil)
                }
            } else if isBodyOpen {
                // Who is refused has said all before they hear it.
                _ = try? await request.wholeBody(limits, clock)
            }
            return answer.response(to: request, isForAll: endpoint == .badge)
        case .events(let stream, let leave):
            // Who has gone is counted no more, also while there is nothing to tell.
            context.channel.closeFuture.whenComplete { _ in leave() }
            let (doorkeeper, caller) = (doorkeeper, caller)
            return Self.response(stream, leave) { doorkeeper.isGood(caller) }
        }
    }

    /// A login that a provider is asked about.
    private func answer(
        _ request: Request,
        _ endpoint: Endpoint,
        _ question: Question,
        by elsewhere: Elsewhere
    ) async throws -> Answer {
        let authority = request.head.authority ?? ""
        // Under a name of its own it is reached through TLS, its own or a proxy's.
        let isSealed = tls != nil || gate.isOwnName(authority)
        if endpoint == .loginElsewhere {
            try question.allow(["to"])
            return try await elsewhere.begin(
                to: Desk.place(question.value("to")),
                origin: (isSealed ? "https://" : "http://") + authority
            )
        }
        let (person, to) = try await elsewhere.end(question, isSealed: isSealed)
        return .goOn(to: to, cookie: try doorkeeper.logIn(person: person, isSealed: isSealed))
    }

    private func desk(for caller: Caller) -> Desk {
        var desk = desk
        desk.caller = caller
        return desk
    }

    /// How long a refused sender has to read why.
    private static let parting = TimeAmount.seconds(2)

    /// Takes what is sent.
    private func take(
        _ request: Request,
        _ found: (endpoint: Endpoint, values: [String: String]),
        _ question: Question,
        _ caller: Caller,
        _ context: VisitContext
    ) async throws -> Answer {
        let body = try await request.wholeBody(limits, clock)
        try question.allow([])
        let isSealed = tls != nil || request.headers[.origin]?.hasPrefix("https:") == true
        switch found.endpoint {
        case .login:
            let form = try Form(body, request.headers)
            let to = Desk.place(form.value("to"))
            do {
                let token = (form.value("token") ?? "").filter { $0 != " " && $0 != "\t" }
                return .goOn(to: to, cookie: try doorkeeper.logIn(token: token, isSealed: isSealed))
            } catch {
                return .page(
                    LoginPage(to: to, problem: error.detail, provider: desk.provider).html,
                    status: error.status
                )
            }
        case .loginLink:
            let form = try Form(body, request.headers)
            let cookie = try doorkeeper.logIn(
                link: form.value("code") ?? "",
                from: context.address,
                isSealed: isSealed
            )
            return .goOn(to: "/", cookie: cookie)
        case .logout:
            let form = try Form(body, request.headers)
            try check(form, caller)
            return .goOn(to: "/", cookie: doorkeeper.logOut(caller, isSealed: isSealed))
        case .ask, .trackAsk:
            let form = try Form(body, request.headers)
            // Who is not known at all is asked who they are, whatever they sent.
            if caller.isKnown { try check(form, caller) }
            let track = found.endpoint == .ask ? nil : try desk(for: caller).track(found.values)
            return try await counter.answer(
                form,
                verb: found.values["verb"] ?? "",
                track: track,
                by: caller
            )
        case .apiCommands:
            guard case .token = caller.door else {
                throw Problem(
                    .unauthorized,
                    "a program that acts sends 'Authorization: Bearer TOKEN'",
                    fields: [(.wwwAuthenticate, "Bearer realm=\"conductord\"")]
                )
            }
            guard
                request.headers[.contentType]?.lowercased().split(separator: ";").first
                    == "application/json"
            else { throw Problem(.unsupportedMediaType, "a command is sent as application/json") }
            return try await counter.answer(body, by: caller)
        case .overview, .loginElsewhere, .loginReturn, .account, .track, .asset, .alive, .ready,
            .apiTracks, .apiTrack, .apiExplain, .apiTimeline, .apiDecisions, .apiSeries,
            .apiTrackCommands,
            .badge, .apiMachines,
            .apiMachine, .apiHealth, .apiEvents, .apiDocument:
            throw Problem(.methodNotAllowed, "here one can only look: GET and HEAD")
        }
    }

    /// Whether a form was sent by the page that was given to this very caller.
    private func check(_ form: Form, _ caller: Caller) throws(Problem) {
        guard let stamp = form.value("stamp"), doorkeeper.stamper.isStamp(stamp, of: caller.bearer)
        else {
            throw Problem(
                .forbidden,
                "this form was not made for you, or before you logged in again: open it anew"
            )
        }
    }

    /// Why not; whoever must say who they are first, is asked on the spot, and goes on from there.
    private func refusal(
        _ problem: Problem,
        _ request: Request,
        _ endpoint: Endpoint?,
        _ isForPrograms: Bool
    ) -> Answer {
        if problem.status == .unauthorized, !isForPrograms, endpoint?.isForAnybody == false,
            request.headers[.authorization] == nil
        {
            let to = request.method == .get ? Desk.place(request.head.path) : "/"
            return .page(LoginPage(to: to, provider: desk.provider).html, status: .unauthorized)
        }
        return Self.refusal(problem, isForPrograms)
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
        _ leave: @escaping @Sendable () -> Void,
        while isWelcome: @escaping @Sendable () -> Bool
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
                    // Whose token was revoked hears no more.
                    guard isWelcome() else { break }
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
            ? "public, max-age=31536000, immutable" : tag == nil ? "no-store" : "private, no-cache"
        for field in fields { headers[field.name] = field.value }
        headers[.vary] =
            isImmutable ? "Accept-Encoding" : "Accept-Encoding, Authorization, Cookie"
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
        // Not none at all: then browsers would not say of our own forms where they come from.
        self[.referrerPolicy] = "same-origin"
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
