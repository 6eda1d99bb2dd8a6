package import ConductorCore
import NIOCore
import NIOHTTP1
import NIOPosix

/// One request as it came over the wire.
package struct VendorRequest: Sendable {
    package var method: String
    package var uri: String
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    /// The part of the address before its query, taken apart and decoded.
    package var path: [String] {
        uri.prefix { $0 != "?" }.split(separator: "/").map { percentDecoded($0) }
    }

    /// A parameter of the query.
    package func query(_ name: String) -> String? {
        for pair in uri.drop(while: { $0 != "?" }).dropFirst().split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            if let key = parts.first, percentDecoded(key) == name {
                return parts.count > 1 ? percentDecoded(parts[1]) : ""
            }
        }
        return nil
    }

    func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name }?.value
    }

    var json: JSON { (try? JSON(parsing: body)) ?? .null }

    var isRead: Bool { method == "GET" || method == "HEAD" }
}

/// What a vendor answers.
package struct VendorReply: Sendable {
    package var status: Int
    package var headers: [(name: String, value: String)] = []
    package var body: [UInt8] = []
    /// The connection ends before the answer.
    package var isLost = false

    package init(_ status: Int, _ json: JSON? = nil) {
        self.status = status
        guard let json else { return }
        body = json.canonicalBytes
        headers = [("Content-Type", "application/json")]
    }
}

func percentDecoded(_ text: some StringProtocol) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "%"), rest.count >= 2,
            let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
        {
            bytes.append(value)
            rest = rest.dropFirst(2)
        } else {
            bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}

/// A server on 127.0.0.1 that answers as it is told.
package final class VendorServer: Sendable {
    private let channel: any Channel

    private init(_ channel: any Channel) { self.channel = channel }

    /// Its base address.
    package var url: String { "http://127.0.0.1:\(channel.localAddress?.port ?? 0)" }

    /// A server that answers each request as `answer` says, after `delay`; nil: not at all.
    package static func start(
        delay: Span = .zero,
        _ answer: @escaping @Sendable (VendorRequest) -> VendorReply?
    ) async throws -> VendorServer {
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(delay, answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return VendorServer(channel)
    }

    /// Closes it; connections under way end by themselves.
    package func stop() async throws { try await channel.close().get() }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let delay: Span
        private let answer: @Sendable (VendorRequest) -> VendorReply?
        private var head: HTTPRequestHead?
        private var body: [UInt8] = []

        init(_ delay: Span, _ answer: @escaping @Sendable (VendorRequest) -> VendorReply?) {
            self.delay = delay
            self.answer = answer
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): (self.head, body) = (head, [])
            case .body(let part): body += part.readableBytesView
            case .end:
                guard let head else { return }
                let request = VendorRequest(
                    method: head.method.rawValue,
                    uri: head.uri,
                    headers: head.headers.map { ($0.name, $0.value) },
                    body: body
                )
                guard let reply = answer(request) else { return }
                guard delay > .zero else {
                    return write(reply, isKeptAlive: head.isKeepAlive, context)
                }
                let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
                let isKeptAlive = head.isKeepAlive
                context.eventLoop.scheduleTask(in: .milliseconds(delay.milliseconds)) {
                    let (handler, context) = bound.value
                    handler.write(reply, isKeptAlive: isKeptAlive, context)
                }
            }
        }

        private func write(
            _ reply: VendorReply,
            isKeptAlive: Bool,
            _ context: ChannelHandlerContext
        ) {
            guard !reply.isLost else { return context.close(promise: nil) }
            var headers = HTTPHeaders(reply.headers.map { ($0.name, $0.value) })
            if reply.status != 304, reply.status != 204 {
                headers.replaceOrAdd(name: "Content-Length", value: "\(reply.body.count)")
            }
            let head = HTTPResponseHead(
                version: .http1_1,
                status: HTTPResponseStatus(statusCode: reply.status),
                headers: headers
            )
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.write(
                wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: reply.body)))),
                promise: nil
            )
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
                if !isKeptAlive { bound.value.close(promise: nil) }
            }
        }
    }
}
