import ConductorCore
import ConductorPorts
import AdapterTesting
import Foundation
import Logging
import Synchronization
import NIOHTTP1
import Testing

@testable import SourceAdapters

@Suite struct `The webhook action` {
    @Test func `posts its body once, under the key`() async throws {
        let server = try await LoopbackServer.start { _ in .status(201, body: "made") }
        let action = try action(
            "webhook",
            [
                "url": .string(server.url + "/hooks/${app}"),
                "body": ["text": "\"${track}\" is out", "parts": "${with.parts}"],
            ]
        )
        let outcome = await action.perform(intent(with: ["parts": [1, "x\""]]), attempt: 1)
        #expect(outcome == .done(evidence: "status 201: made"))
        let received = try #require(server.received.first)
        #expect(server.received.count == 1)
        #expect(received.method == .POST)
        #expect(received.uri == "/hooks/music")
        #expect(received.headers["idempotency-key"] == ["music/ios/8.9.2/3/0/act"])
        #expect(received.headers["content-type"] == ["application/json"])
        #expect(
            try JSON(parsing: received.body)
                == ["text": "\"music/ios/8.9.2\" is out", "parts": [1, "x\""]]
        )
        try await server.stop()
    }

    @Test func `without a body it sends what the intent says`() async throws {
        let server = try await LoopbackServer.start { _ in .status(200) }
        let outcome = try await action("webhook", ["url": .string(server.url)])
            .perform(intent(with: ["x": 1]), attempt: 1)
        #expect(outcome == .done(evidence: "status 200"))
        let body = try JSON(parsing: server.received[0].body)
        #expect(body["key"] == "music/ios/8.9.2/3/0/act")
        #expect(body["parameters"]?["with"] == ["x": 1])
        try await server.stop()
    }

    private enum Kind { case done, retryable, unknown, rejected }

    private func kind(_ outcome: ActionOutcome) -> Kind {
        switch outcome {
        case .done, .alreadyDone: .done
        case .retryable: .retryable
        case .unknown: .unknown
        case .rejected: .rejected
        }
    }

    @Test(arguments: [200, 204, 302, 400, 401, 404, 408, 409, 422, 425, 429, 500, 502, 503, 504])
    func `a status is done, refused, to be tried again, or in doubt`(status: Int) async throws {
        let server = try await LoopbackServer.start { _ in
            .status(status, headers: [("Location", "/elsewhere"), ("Retry-After", "7")])
        }
        let outcome = try await action("webhook", ["url": .string(server.url)])
            .perform(intent(), attempt: 1)
        let expected: Kind =
            switch status {
            case 200..<300: .done
            case 429, 503: .retryable
            case 408, 425, 500...: .unknown
            default: .rejected
            }
        #expect(kind(outcome) == expected)
        if case .retryable(_, let after) = outcome { #expect(after == .seconds(7)) }
        #expect(server.received.count == 1)
        try await server.stop()
    }

    @Test func `an answer that does not come, or breaks off, leaves doubt`() async throws {
        let server = try await LoopbackServer.start { received in
            received.uri == "/silence" ? .silence : .hangUp
        }
        for path in ["/silence", "/hangup"] {
            let outcome = try await action("webhook", ["url": .string(server.url + path)])
                .perform(intent(deadline: Span(milliseconds: 400)), attempt: 1)
            #expect(kind(outcome) == .unknown, "\(path): \(outcome)")
        }
        try await server.stop()
    }

    @Test func `a status counts though its body never ends`() async throws {
        let server = try await LoopbackServer.start { received in
            received.uri == "/flood" ? .flood : .stall
        }
        for path in ["/flood", "/stall"] {
            let outcome = try await action("webhook", ["url": .string(server.url + path)])
                .perform(intent(), attempt: 1)
            #expect(kind(outcome) == .done, "\(path): \(outcome)")
        }
        try await server.stop()
    }

    @Test func `a refused connection was never sent`() async throws {
        let server = try await LoopbackServer.start { _ in .status(200) }
        let port = server.port
        try await server.stop()
        // An address goes another way through the network library than a name does.
        for host in ["127.0.0.1", "localhost", "surely-not-there.invalid"] {
            let outcome = try await action("webhook", ["url": .string("http://\(host):\(port)")])
                .perform(intent(), attempt: 1)
            #expect(kind(outcome) == .retryable, "\(host): \(outcome)")
        }
    }

    @Test func `an echoed secret stays out of evidence and reason`() async throws {
        let scratch = try Scratch()
        try scratch.write("s3cret-t0ken", to: "token")
        let server = try await LoopbackServer.start { received in
            .status(
                received.uri == "/ok" ? 200 : 400,
                body: "got \(received.headers["authorization"])"
            )
        }
        for path in ["/ok", "/bad"] {
            let outcome = try await action(
                "webhook",
                [
                    "url": .string(server.url + path),
                    "bearer": .string("file:" + scratch.file("token")),
                ]
            ).perform(intent(), attempt: 1)
            #expect(!"\(outcome)".contains("s3cret"))
            #expect("\(outcome)".contains("***"))
        }
        try await server.stop()
    }

    @Test func `a webhook cannot be asked`() async throws {
        let answer = try await action("webhook", ["url": "https://example.com"]).probe(intent())
        #expect(answer == .unavailable(reason: "a webhook cannot be asked"))
    }
}

@Suite struct `The log action` {
    private final class Lines: Sendable {
        let lines = Mutex<[String]>([])
    }

    private struct Handler: LogHandler {
        let target: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        init(_ target: Lines) { self.target = target }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            target.lines.withLock { $0.append("\(event.level) \(event.message)") }
        }
    }

    @Test func `writes one line into the log`() async throws {
        let lines = Lines()
        let logger = Logger(label: "test") { _ in Handler(lines) }
        let action = try action(
            "log",
            ["message": "${track}: ${with.text}", "level": "warning"],
            logger: logger
        )
        let outcome = await action.perform(intent(with: ["text": "a\nforged: b"]), attempt: 1)
        #expect(outcome == .done(evidence: "logged"))
        #expect(lines.lines.withLock(\.self) == ["warning music/ios/8.9.2: a forged: b"])
    }
}
