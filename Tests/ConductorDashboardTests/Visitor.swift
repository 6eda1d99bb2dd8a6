import NIOCore
import NIOPosix
import Synchronization

/// A browser without any manners: it sends what it is told, byte for byte.
struct Visitor: Sendable {
    let port: Int

    /// What came back.
    struct Seen: Sendable {
        var status = 0
        var headers: [String: String] = [:]
        var body: [UInt8] = []

        var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// Gets a path.
    func get(_ path: String, _ headers: [String: String] = [:]) async throws -> Seen {
        try await ask("GET", path, headers)
    }

    /// Sends a request, and takes the whole answer.
    func ask(
        _ method: String,
        _ path: String,
        _ headers: [String: String] = [:],
        body: String = ""
    ) async throws -> Seen {
        try Self.parsed(try await send(Self.request(method, path, headers, body, port: port)))
    }

    /// Where its own pages come from.
    var origin: String { "http://127.0.0.1:\(port)" }

    /// Sends a form as a page of ours does.
    func post(
        _ path: String,
        _ values: [String: String],
        _ headers: [String: String] = [:]
    ) async throws -> Seen {
        let pairs = values.sorted { $0.key < $1.key }
            .map { "\($0.key)=\(Self.escaped($0.value))" }
        var all = [
            "Origin": origin, "Content-Type": "application/x-www-form-urlencoded",
        ]
        all.merge(headers) { _, given in given }
        // An empty text takes a field away.
        all = all.filter { !$0.value.isEmpty }
        return try await ask("POST", path, all, body: pairs.joined(separator: "&"))
    }

    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain = byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte >= 0x30 && byte <= 0x39
            return isPlain ? String(UnicodeScalar(byte)) : "%" + hex(byte)
        }.joined()
    }

    private static func hex(_ byte: UInt8) -> String {
        let text = String(byte, radix: 16)
        return text.count == 1 ? "0" + text : text
    }

    static func request(
        _ method: String,
        _ path: String,
        _ headers: [String: String] = [:],
        _ body: String = "",
        port: Int
    ) -> String {
        var all = ["Host": "127.0.0.1:\(port)", "Connection": "close"]
        if !body.isEmpty { all["Content-Length"] = String(body.utf8.count) }
        all.merge(headers) { _, given in given }
        let lines = all.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\r\n" }
        return "\(method) \(path) HTTP/1.1\r\n\(lines.joined())\r\n\(body)"
    }

    /// Sends bytes, and takes all that comes until the other end closes.
    func send(_ text: String) async throws -> [UInt8] {
        let bytes = Mutex<[UInt8]>([])
        try await exchange(text) { part in
            bytes.withLock { $0 += part }
            return true
        }
        return bytes.withLock { $0 }
    }

    /// Sends bytes, and hands over what comes until it was enough.
    func exchange(
        _ text: String,
        take: @Sendable @escaping ([UInt8]) async throws -> Bool
    ) async throws {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel
                    )
                }
            }
        try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: text))
            do {
                for try await buffer in inbound {
                    guard try await take(Array(buffer.readableBytesView)) else { return }
                }
            } catch is IOError {
                // Who is refused may be cut off.
            }
        }
    }

    /// Events of a stream, until some are enough.
    func events(
        _ headers: [String: String] = [:],
        until isEnough: @Sendable @escaping ([Event]) -> Bool
    ) async throws -> [Event] {
        let log = EventLog()
        let request = Self.request("GET", "/api/v1/events", headers, port: port)
        try await exchange(request) { part in
            let events = await log.take(part)
            return !isEnough(events)
        }
        return await log.events
    }

    /// A server-sent event.
    struct Event: Sendable, Equatable {
        var id: Int?
        var name: String
        var data: String
    }

    /// Reads a stream as it comes.
    private actor EventLog {
        private var text = ""
        var events: [Event] = []

        func take(_ bytes: [UInt8]) -> [Event] {
            text += String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "\n")
            while let end = text.firstRange(of: "\n\n") {
                let block = text[..<end.lowerBound]
                text = String(text[end.upperBound...])
                var event = Event(id: nil, name: "", data: "")
                for line in block.split(separator: "\n") {
                    if line.hasPrefix("id: ") { event.id = Int(line.dropFirst(4)) }
                    if line.hasPrefix("event: ") { event.name = String(line.dropFirst(7)) }
                    if line.hasPrefix("data: ") { event.data = String(line.dropFirst(6)) }
                }
                if !event.name.isEmpty { events.append(event) }
            }
            return events
        }
    }

    /// What was said that is no answer.
    struct NoAnswer: Error { var bytes: [UInt8] }

    static func parsed(_ bytes: [UInt8]) throws -> Seen {
        let mark = Array("\r\n\r\n".utf8)
        guard let end = bytes.firstRange(of: mark) else { throw NoAnswer(bytes: bytes) }
        let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
            .components("\r\n")
        var seen = Seen()
        seen.status = head.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        for line in head.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            seen.headers[line[..<colon].lowercased()] = String(value)
        }
        seen.body = Array(bytes[end.upperBound...])
        return seen
    }
}

extension String {
    func components(_ separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
