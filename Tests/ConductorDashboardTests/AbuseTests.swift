import ConductorCore
import Testing

@testable import ConductorDashboard

@Suite(.timeLimit(.minutes(2))) struct `Abuse` {
    /// What is sent, and what comes back.
    struct Case: Sendable, CustomTestStringConvertible {
        var path = "/"
        var headers: [String: String] = [:]
        var status: Int
        var testDescription: String { "\(path.prefix(60)) \(headers)" }
    }

    static let cases: [Case] = [
        // Another name leads here: a page elsewhere has made it so.
        Case(headers: ["Host": "evil.example"], status: 421),
        Case(headers: ["Host": "evil.example:8787"], status: 421),
        Case(headers: ["Host": "127.0.0.1.evil.example"], status: 421),
        Case(headers: ["Host": "localhost:80:80"], status: 421),
        Case(headers: ["Host": ""], status: 421),
        Case(headers: ["Host": "localhost"], status: 200),
        Case(headers: ["Host": "[::1]:99"], status: 200),
        // A page of another origin asks with a browser's own voice.
        Case(path: "/api/v1/tracks", headers: ["Origin": "https://evil.example"], status: 403),
        Case(path: "/api/v1/tracks", headers: ["Origin": "null"], status: 403),
        Case(path: "/api/v1/events", headers: ["Sec-Fetch-Site": "cross-site"], status: 403),
        Case(
            headers: ["Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"],
            status: 200
        ),
        Case(path: "/api/v1/tracks", headers: ["Origin": "http://localhost:1"], status: 200),
        // Paths that climb, hide or do not end.
        Case(path: "/../etc/passwd", status: 400),
        Case(path: "/assets/..%2f..%2fetc%2fpasswd", status: 400),
        Case(path: "/assets/%2e%2e/page.css", status: 400),
        Case(path: "/assets/page.css", status: 404),
        Case(path: "/tracks/music/ios/8.9.2%00", status: 400),
        Case(path: "/tracks/music/ios/%5c8.9.2", status: 400),
        Case(path: "/tracks/music/ios/%zz", status: 400),
        Case(path: "/tracks/music/ios/%ff", status: 400),
        Case(path: "/tracks//ios/8.9.2", status: 404),
        Case(path: "/tracks/music/ios/8.9.2/", status: 404),
        // A whole address as a proxy sends it: the host that counts is the header's.
        Case(path: "http://evil.example/", headers: ["Host": "evil.example"], status: 421),
        Case(path: "/" + String(repeating: "a", count: 3_000), status: 414),
        Case(path: "/?q=" + String(repeating: "a", count: 3_000), status: 414),
        // Names that are none, and things that are not there.
        Case(path: "/nothing", status: 404),
        Case(path: "/tracks/music/ios/9.9.9", status: 404),
        Case(path: "/api/v1/tracks/music/ios/9.9.9", status: 404),
        Case(path: "/api/v1/tracks/music/ios/9.9.9/explain", status: 404),
        Case(path: "/api/v1/tracks/music/ios/%3Cb%3E/timeline", status: 404),
        Case(path: "/api/v1/machines/xyz", status: 404),
        Case(path: "/api/v2/tracks", status: 404),
        // Questions that mean nothing.
        Case(path: "/?light=purple", status: 400),
        Case(path: "/?nonsense=1", status: 400),
        Case(path: "/?q=a&q=b", status: 400),
        Case(path: "/tracks/music/ios/8.9.2?at=yesterday", status: 400),
        Case(path: "/api/v1/tracks/music/ios/8.9.2/explain?at=2026-13-01T00:00:00Z", status: 400),
        Case(path: "/api/v1/tracks/music/ios/8.9.2/explain?at=1999-01-01T00:00:00Z", status: 404),
        Case(path: "/api/v1/tracks?limit=0", status: 400),
        Case(path: "/api/v1/tracks?limit=1001", status: 400),
        Case(path: "/api/v1/commands?after=-1", status: 400),
        Case(path: "/api/v1/commands?after=9223372036854775807", status: 200),
        // Bodies, and heads that are all body.
        Case(headers: ["Content-Length": "5"], status: 413),
        Case(headers: ["Transfer-Encoding": "chunked"], status: 413),
    ]

    @Test func `gets its refusal, and nothing else`() async throws {
        try await House.open { house in
            try await house.waits(for: "branched")
            for one in Self.cases {
                let seen = try await house.visitor.get(one.path, one.headers)
                #expect(seen.status == one.status, "\(one.testDescription)")
                #expect(
                    seen.headers["content-security-policy"]?.hasPrefix("default-src 'none'") == true
                )
                #expect(seen.headers["x-content-type-options"] == "nosniff")
                #expect(seen.headers["access-control-allow-origin"] == nil)
                #expect(!seen.text.contains(house.directory), "\(one.testDescription)")
                guard one.path.hasPrefix("/api"), one.status >= 400 else { continue }
                #expect(seen.headers["content-type"] == "application/problem+json")
                let problem = try JSON(parsing: seen.text)
                #expect(problem["status"] == .int(Int64(one.status)))
                #expect(problem["detail"]?.stringValue?.isEmpty == false)
            }
        }
    }

    @Test func `of heads that do not end is cut off`() async throws {
        try await House.open { house in
            let long = String(repeating: "x", count: 20_000)
            let bytes = try await house.visitor.send(
                Visitor.request("GET", "/", ["X-Long": long], port: house.visitor.port)
            )
            #expect(!String(decoding: bytes, as: UTF8.self).contains("200 OK"))
        }
    }

    @Test func `of streams ends at twenty of an address`() async throws {
        try await House.open { house in
            try await house.waits(for: "branched")
            let visitor = house.visitor
            // Those who listened until now are gone as soon as the server sees it.
            while try await house.json("/health")["streams"] != 0 {}
            let (open, opened) = AsyncStream.makeStream(of: Void.self)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        let request = Visitor.request("GET", "/api/v1/events", port: visitor.port)
                        try await visitor.exchange(request) { part in
                            if String(decoding: part, as: UTF8.self).contains("event: hello") {
                                opened.yield()
                            }
                            return true
                        }
                    }
                }
                var count = 0
                for await _ in open {
                    count += 1
                    if count == 20 { break }
                }
                let refused = try await visitor.get("/api/v1/events")
                #expect(refused.status == 429)
                #expect(refused.headers["retry-after"] == "30")
                #expect(try await visitor.get("/").status == 200)
                group.cancelAll()
            }
        }
    }
}
