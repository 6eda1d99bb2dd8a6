import NIOCore
package import NIOHTTP1
import NIOPosix
import Synchronization

/// A real HTTP server on 127.0.0.1 that does what a test tells it.
package final class LoopbackServer: Sendable {
    /// One request as it came.
    package struct Received: Sendable {
        package var method: HTTPMethod
        package var uri: String
        package var headers: HTTPHeaders
        package var body: String

        /// The part of the address before its query.
        package var path: String { String(uri.prefix { $0 != "?" }) }
    }

    /// What the server does with a request.
    package enum Reply: Sendable {
        case status(Int, headers: [(String, String)] = [], body: String = "")
        /// Nothing at all.
        case silence
        /// A head, the beginning of a body, and nothing more.
        case stall
        /// A head, the beginning of a body, and the end of the connection.
        case truncated
        /// A body without end.
        case flood
        /// The end of the connection, before any answer.
        case hangUp
    }

    private let channel: any Channel
    private let log: Log

    private final class Log: Sendable {
        let received = Mutex<[Received]>([])
        let bytesSent = Mutex(0)
    }

    /// Every request so far, in order.
    package var received: [Received] { log.received.withLock(\.self) }
    /// Bytes of floods that went out.
    package var bytesSent: Int { log.bytesSent.withLock(\.self) }
    /// The port that it listens on.
    package var port: Int { channel.localAddress?.port ?? 0 }
    /// Its base address.
    package var url: String { "http://127.0.0.1:\(port)" }

    private init(_ channel: any Channel, _ log: Log) {
        self.channel = channel
        self.log = log
    }

    /// A server that answers each request as `answer` says.
    package static func start(
        _ answer: @escaping @Sendable (Received) -> Reply
    ) async throws -> LoopbackServer {
        let log = Log()
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(log, answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return LoopbackServer(channel, log)
    }

    /// Closes it; connections under way end by themselves.
    package func stop() async throws { try await channel.close().get() }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let log: Log
        private let answer: @Sendable (Received) -> Reply
        private var head: HTTPRequestHead?
        private var body = ""

        init(_ log: Log, _ answer: @escaping @Sendable (Received) -> Reply) {
            self.log = log
            self.answer = answer
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                self.head = head
                body = ""
            case .body(let part): body += String(buffer: part)
            case .end:
                guard let head else { return }
                let received = Received(
                    method: head.method,
                    uri: head.uri,
                    headers: head.headers,
                    body: body
                )
                log.received.withLock { $0.append(received) }
                reply(answer(received), context)
            }
        }

        private func reply(_ reply: Reply, _ context: ChannelHandlerContext) {
            switch reply {
            case .silence: break
            case .hangUp: context.close(promise: nil)
            case .status(let status, let headers, let body):
                var fields = HTTPHeaders(headers)
                if status != 304 { fields.add(name: "Content-Length", value: "\(body.utf8.count)") }
                write(status, fields, context)
                context.write(
                    wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))),
                    promise: nil
                )
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            case .stall:
                write(200, ["Content-Length": "100"], context)
                context.writeAndFlush(
                    wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: "{\"n\": ")))),
                    promise: nil
                )
            case .truncated:
                write(200, ["Content-Length": "100"], context)
                let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
                context.writeAndFlush(
                    wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: "{\"n\": "))))
                ).whenComplete { _ in bound.value.close(promise: nil) }
            case .flood:
                write(200, [:], context)
                pour(context)
            }
        }

        private func write(_ status: Int, _ headers: HTTPHeaders, _ context: ChannelHandlerContext)
        {
            context.write(
                wrapOutboundOut(
                    .head(
                        HTTPResponseHead(
                            version: .http1_1,
                            status: HTTPResponseStatus(statusCode: status),
                            headers: headers
                        )
                    )
                ),
                promise: nil
            )
        }

        private func pour(_ context: ChannelHandlerContext) {
            let size = 64 << 10
            let bytes = ByteBuffer(repeating: UInt8(ascii: "a"), count: size)
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            let log = log
            context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(bytes)))).whenSuccess {
                log.bytesSent.withLock { $0 += size }
                let (handler, context) = bound.value
                handler.pour(context)
            }
        }
    }
}
