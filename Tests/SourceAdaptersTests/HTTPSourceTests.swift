import ConductorCore
import ConductorPorts
import AdapterTesting
import Foundation
import NIOHTTP1
import Testing

@testable import SourceAdapters

@Suite struct `The http source` {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        try scratch.write("s3cret-t0ken\n", to: "token")
    }

    private func http(
        _ url: String,
        _ more: [String: JSON] = [:],
        timeout: Span = .seconds(10)
    ) throws -> any Source {
        var settings = more
        settings["url"] = .string(url)
        settings["facts"] = ["n": "int"]
        return try source("http", .object(settings), timeout: timeout)
    }

    @Test func `asks with its headers and reads the facts`() async throws {
        let server = try await LoopbackServer.start { _ in .status(200, body: #"{"n": 7}"#) }
        let source = try http(
            server.url + "/api/${track}?v=${version}",
            [
                "bearer": .string("file:" + scratch.file("token")),
                "headers": [
                    "X-Key": [
                        "secret": .string("file:" + scratch.file("token")), "prefix": "Key ",
                    ], "X-Version": "v${version}",
                ],
            ]
        )
        #expect(await source.observe(request()).value("n") == 7)
        let received = try #require(server.received.first)
        #expect(received.uri == "/api/music%2Fios%2F8.9.2?v=8.9.2")
        #expect(received.headers["authorization"] == ["Bearer s3cret-t0ken"])
        #expect(received.headers["x-key"] == ["Key s3cret-t0ken"])
        #expect(received.headers["x-version"] == ["v8.9.2"])
        #expect(received.headers["accept"] == ["application/json"])
        #expect(received.headers["user-agent"] == ["conductord"])
        try await server.stop()
    }

    @Test func `a replaced secret is used at the next poll`() async throws {
        let server = try await LoopbackServer.start { _ in .status(200, body: #"{"n": 7}"#) }
        let source = try http(server.url, ["bearer": .string("file:" + scratch.file("token"))])
        _ = await source.observe(request())
        try scratch.write("an0ther", to: "token")
        _ = await source.observe(request())
        #expect(
            server.received.map { $0.headers["authorization"] } == [
                ["Bearer s3cret-t0ken"], ["Bearer an0ther"],
            ]
        )
        try await server.stop()
    }

    @Test func `not modified is the same answer anew, and a look past caches asks plainly`()
        async throws
    {
        let server = try await LoopbackServer.start { received in
            received.headers["if-none-match"] == [#""v1""#]
                ? .status(304, headers: [("ETag", #""v1""#)])
                : .status(200, headers: [("ETag", #""v1""#)], body: #"{"n": 7}"#)
        }
        let source = try http(server.url)
        let first = await source.observe(request())
        let second = await source.observe(request())
        let third = await source.observe(request(bypassing: true))
        #expect(first.value("n") == 7)
        #expect(second == first && third == first)
        #expect(
            server.received.map { $0.headers["if-none-match"] } == [[], [#""v1""#], []]
        )
        #expect(server.received.map { $0.headers["cache-control"] } == [[], [], ["no-cache"]])
        // Another track's address has its own memory.
        let versioned = try http(server.url + "/${version}")
        _ = await versioned.observe(request("1.0.0"))
        _ = await versioned.observe(request("1.0.1"))
        #expect(server.received.suffix(2).allSatisfy { $0.headers["if-none-match"].isEmpty })
        try await server.stop()
    }

    @Test func `not modified without an offer is no answer`() async throws {
        let server = try await LoopbackServer.start { _ in .status(304) }
        #expect(try await http(server.url).observe(request()).failure == .malformed)
        try await server.stop()
    }

    @Test func `follows a redirect at home and none abroad`() async throws {
        let abroad = try await LoopbackServer.start { _ in .status(200, body: #"{"n": 666}"#) }
        let away = abroad.url
        let home = try await LoopbackServer.start { received in
            switch received.uri {
            case "/moved": .status(302, headers: [("Location", "/here")])
            case "/here": .status(200, body: #"{"n": 7}"#)
            case "/round": .status(307, headers: [("Location", "/round")])
            case "/nowhere": .status(301)
            default: .status(302, headers: [("Location", away + "/steal")])
            }
        }
        let settings: [String: JSON] = ["bearer": .string("file:" + scratch.file("token"))]
        #expect(try await http(home.url + "/moved", settings).observe(request()).value("n") == 7)
        let led = try await http(home.url + "/away", settings).observe(request())
        #expect(led.failure == .refused)
        #expect(led.message.contains("another origin"))
        #expect(abroad.received.isEmpty)
        let round = try await http(home.url + "/round").observe(request())
        #expect(round.failure == .refused)
        #expect(home.received.filter { $0.uri == "/round" }.count == AdapterLimits.redirects + 1)
        #expect(try await http(home.url + "/nowhere").observe(request()).failure == .malformed)
        try await home.stop()
        try await abroad.stop()
    }

    @Test(arguments: [
        (401, PollFailure.unauthorised), (403, .unauthorised), (404, .notFound),
        (429, .rateLimited), (400, .refused), (500, .unreachable), (504, .timedOut),
        (204, .malformed), (503, .unreachable),
    ])
    func `a status that brings nothing is a failure of its kind`(
        status: Int,
        failure: PollFailure
    ) async throws {
        let server = try await LoopbackServer.start { _ in .status(status) }
        #expect(try await http(server.url).observe(request()).failure == failure)
        try await server.stop()
    }

    @Test func `a server that repeats the secret does not get it into our words or facts`()
        async throws
    {
        let server = try await LoopbackServer.start { received in
            let echoed = received.headers["authorization"].first ?? ""
            let coded = Data(echoed.utf8).base64EncodedString()
            return received.uri == "/good"
                ? .status(200, body: #"{"n": "\#(echoed)", "m": {"x": ["\#(coded)"]}}"#)
                : .status(403, body: "no way, \(echoed) (\(coded))")
        }
        let settings: JSON = [
            "url": .string(server.url + "/${version}"),
            "bearer": .string("file:" + scratch.file("token")),
            "facts": ["n": "string", "m": ["map": ["list": "string"]]],
        ]
        let source = try source("http", settings)
        for version in ["bad", "good"] {
            let answer = "\(await source.observe(request(version)))"
            #expect(!answer.contains("s3cret") && !answer.contains("czNjcmV0"))
            #expect(!answer.contains("MzY3JldC10MGtlb"))
            #expect(answer.contains("***"))
        }
        try await server.stop()
    }

    @Test func `a flood is too large, and is not read to its end`() async throws {
        let server = try await LoopbackServer.start { _ in .flood }
        let answer = try await http(server.url, ["max_bytes": 1_000_000]).observe(request())
        #expect(answer.failure == .tooLarge)
        // What the kernel's buffers took on top is all that may have been sent.
        let sent = server.bytesSent
        #expect(sent < 32_000_000)
        try await server.stop()
    }

    @Test func `an announced flood is not begun`() async throws {
        let server = try await LoopbackServer.start { _ in
            .status(200, body: String(repeating: " ", count: 5_000))
        }
        let answer = try await http(server.url, ["max_bytes": 1_000]).observe(request())
        #expect(answer.failure == .tooLarge)
        try await server.stop()
    }

    @Test func `a server that hangs costs the deadline and no more`() async throws {
        let server = try await LoopbackServer.start { received in
            received.uri == "/stall" ? .stall : .silence
        }
        for path in ["/silence", "/stall"] {
            let began = ContinuousClock.now
            let answer = try await http(server.url + path, timeout: Span(milliseconds: 400))
                .observe(request())
            #expect(answer.failure == .timedOut)
            #expect(ContinuousClock.now - began < .seconds(20))
        }
        try await server.stop()
    }

    @Test func `a connection that breaks or is refused is a backend out of reach`() async throws {
        let server = try await LoopbackServer.start { _ in .hangUp }
        let source = try http(server.url)
        #expect(await source.observe(request()).failure == .unreachable)
        try await server.stop()
        let began = ContinuousClock.now
        #expect(await source.observe(request()).failure == .unreachable)
        #expect(ContinuousClock.now - began < .seconds(5))
    }

    @Test func `a backend that asks to wait is left alone until then`() async throws {
        let server = try await LoopbackServer.start { received in
            .status(
                429,
                headers: [("Retry-After", String(received.uri.dropFirst()))],
                body: "slow down"
            )
        }
        let long = try http(server.url + "/600")
        let first = await long.observe(request())
        #expect(first == .failed(.rateLimited, message: "status 429: slow down; asks to wait 10m"))
        #expect(await long.observe(request()).failure == .rateLimited)
        #expect(server.received.count == 1)
        let short = try http(server.url + "/1")
        _ = await short.observe(request())
        try await Task.sleep(for: .milliseconds(1_050))
        _ = await short.observe(request())
        #expect(server.received.count == 3)
        try await server.stop()
    }
}
