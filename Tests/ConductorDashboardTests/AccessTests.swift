import ConductorCore
import Foundation
import Testing

@testable import ConductorDashboard
@testable import conductord

extension House {
    /// Makes a token as the command does, and returns its secret.
    func token(
        _ name: String,
        _ role: AccessRole,
        apps: [String]? = nil,
        lasting span: Span = .hours(1)
    ) throws -> String {
        let secret = APIToken.prefix + Secret.make()
        let now = SystemClock().wall()
        try TokenBook.change(at: TokenBook.path(in: directory + "/state")) { book in
            book.tokens.append(
                APIToken(
                    name: name,
                    hash: Secret.hash(secret),
                    grant: AccessGrant(role: role, apps: apps),
                    created: now,
                    expires: now + span
                )
            )
        }
        return secret
    }

    func revoke(_ name: String) throws {
        try TokenBook.change(at: TokenBook.path(in: directory + "/state")) { book in
            for place in book.tokens.indices where book.tokens[place].name == name {
                book.tokens[place].revoked = SystemClock().wall()
            }
        }
    }

    /// Logs a browser in, and returns what it sends from then on.
    func browser(token: String) async throws -> [String: String] {
        let seen = try await visitor.post("/login", ["token": token])
        #expect(seen.status == 303, "\(seen.text)")
        return try Self.cookie(of: seen)
    }

    static func cookie(of seen: Visitor.Seen) throws -> [String: String] {
        let field = try #require(seen.headers["set-cookie"])
        return ["Cookie": String(field.split(separator: ";").first ?? "")]
    }
}

extension Visitor.Seen {
    /// The value of a hidden field.
    func hidden(_ name: String) -> String? {
        guard let start = text.firstRange(of: "name=\"\(name)\" value=\"") else { return nil }
        return text[start.upperBound...].split(separator: "\"", omittingEmptySubsequences: false)
            .first.map(String.init)
    }
}

@Suite(.timeLimit(.minutes(2))) struct `Access` {
    static let asked = "{listen: 127.0.0.1:0, access: {}}"

    static func bearing(_ token: String) -> [String: String] {
        ["Authorization": "Bearer \(token)"]
    }

    @Test func `without access anybody on the machine looks`() async throws {
        try await House.open { house in
            try await house.waits(for: "branched")
            #expect(try await house.visitor.get("/").status == 200)
            #expect(try await house.visitor.get("/").text.contains("href=\"/login\""))
            let forged = try await house.visitor.get("/", Self.bearing("conductord_00"))
            #expect(forged.status == 401)
        }
    }

    @Test func `is by a token that is known, good, and for the app`() async throws {
        try await House.open(http: Self.asked) { house in
            let viewer = try house.token("ci", .viewer, apps: ["music"])
            let other = try house.token("radio", .viewer, apps: ["radio"])
            let gone = try house.token("gone", .admin, lasting: .seconds(-1))
            // Bodies of refusals are clear, and say no more than whoever holds it may know.
            let cases: [(headers: [String: String], status: Int, words: String)] = [
                ([:], 401, "know who you are"),
                (Self.bearing("conductord_" + Secret.make()), 401, "not known here"),
                (Self.bearing(String(viewer.dropLast())), 401, "not known here"),
                (Self.bearing(gone), 401, "is expired"),
                (["Authorization": "Basic YTpi"], 401, "Bearer TOKEN"),
                (["Cookie": "conductord=\(viewer)"], 401, "know who you are"),
                (Self.bearing(other), 403, "not at music"),
                (Self.bearing(viewer), 200, "music/ios/8.9.2"),
            ]
            while try await house.visitor.get("/readyz").status != 200 {}
            for one in cases {
                let seen = try await house.visitor.get("/api/v1\(House.path)/explain", one.headers)
                #expect(seen.status == one.status, "\(one)")
                #expect(seen.text.contains(one.words), "\(seen.text)")
                #expect(!seen.text.contains(viewer))
                #expect((seen.headers["www-authenticate"] != nil) == (one.status == 401))
            }
            #expect(try await house.visitor.get(House.path, Self.bearing(other)).status == 403)
            let page = try await house.visitor.get("/?app=music")
            #expect(page.status == 401)
            #expect(page.hidden("to") == "/?app=music")
            #expect(!page.text.contains("8.9.2"))
            try house.revoke("ci")
            let after = try await house.visitor.get("/api/v1/tracks", Self.bearing(viewer))
            #expect(after.status == 401)
            #expect(after.text.contains("is revoked"))
        }
    }

    @Test func `of some apps shows nothing of others`() async throws {
        try await House.open(http: Self.asked) { house in
            let radio = try house.token("radio", .viewer, apps: ["radio"])
            let all = try house.token("all", .viewer)
            try await house.waits(for: "branched", as: Self.bearing(all))
            let paths = [
                "/", "/api/v1/tracks", "/api/v1/commands", "/api/v1/machines", "/api/v1/health",
            ]
            for path in paths {
                let theirs = try await house.visitor.get(path, Self.bearing(radio))
                #expect(theirs.status == 200, "\(path)")
                #expect(!theirs.text.contains("8.9.2"), "\(path)")
                let whole = try await house.visitor.get(path, Self.bearing(all))
                #expect(whole.text.contains("8.9.2"), "\(path)")
            }
            let events = try await house.visitor.events(Self.bearing(radio)) { !$0.isEmpty }
            #expect(events.first?.name == "hello")
            let change = StreamEvent(
                id: 1,
                name: "change",
                data: [
                    "tracks": [["track": "music/ios/8.9.2"], ["track": "radio/ios/1.0"]],
                    "removed": ["music/ios/8.9.1"],
                ]
            )
            let part = change.part(for: AccessGrant(role: .viewer, apps: ["radio"]))
            #expect(part.data == ["tracks": [["track": "radio/ios/1.0"]], "removed": []])
        }
    }

    @Test func `is by a cookie after a token was pasted`() async throws {
        try await House.open(http: Self.asked) { house in
            let token = try house.token("anna", .operator)
            while try await house.visitor.get("/readyz").status != 200 {}
            let wrong = try await house.visitor.post("/login", ["token": "nonsense"])
            #expect(wrong.status == 401)
            #expect(wrong.text.contains("not known here"))
            #expect(wrong.headers["set-cookie"] == nil)
            let seen = try await house.visitor.post(
                "/login",
                ["token": token, "to": "//evil.example/"]
            )
            #expect(seen.status == 303)
            #expect(seen.headers["location"] == "/")
            let cookie = try #require(seen.headers["set-cookie"])
            #expect(cookie.contains("; HttpOnly; SameSite=Lax"))
            #expect(cookie.hasPrefix("conductord="))
            #expect(!cookie.contains("Secure"))
            #expect(!cookie.contains(token))
            let browser = try House.cookie(of: seen)
            #expect(try await house.visitor.get("/", browser).status == 200)
            let account = try await house.visitor.get("/account", browser)
            #expect(account.text.contains("token:anna"))
            #expect(account.headers["cache-control"] == "no-store")
            let stamp = try #require(account.hidden("stamp"))
            // Where the browser says that it came over TLS, the cookie is bound to it.
            let sealed = try await house.visitor.post(
                "/login",
                ["token": token],
                ["Origin": "https://127.0.0.1:\(house.visitor.port)"]
            )
            #expect(sealed.headers["set-cookie"]?.hasPrefix("__Host-conductord=") == true)
            #expect(sealed.headers["set-cookie"]?.hasSuffix("; Secure") == true)
            // Others cannot log somebody in or out.
            for origin in ["https://evil.example", "null", ""] {
                for (path, values) in [("/login", ["token": token]), ("/logout", ["stamp": stamp])]
                {
                    let refused = try await house.visitor.post(
                        path,
                        values,
                        browser.merging(["Origin": origin]) { $1 }
                    )
                    #expect(refused.status == 403, "\(path) from '\(origin)'")
                }
            }
            for stamp in ["", "00", String(stamp.reversed())] {
                let refused = try await house.visitor.post("/logout", ["stamp": stamp], browser)
                #expect(refused.status == 403)
            }
            #expect(try await house.visitor.get("/", browser).status == 200)
            let out = try await house.visitor.post("/logout", ["stamp": stamp], browser)
            #expect(out.headers["set-cookie"]?.contains("Max-Age=0") == true)
            #expect(try await house.visitor.get("/", browser).status == 401)
            // A session is no better than the token that opened it.
            let again = try await house.browser(token: token)
            #expect(try await house.visitor.get("/", again).status == 200)
            try house.revoke("anna")
            #expect(try await house.visitor.get("/", again).status == 401)
        }
    }

    @Test func `by a name of its own is by a cookie that only this host can have set`() async throws
    {
        let http = "{listen: 127.0.0.1:0, names: [releases.example], access: {}}"
        try await House.open(http: http) { house in
            let token = try house.token("anna", .viewer)
            let plain = try await house.browser(token: token)
            let there = ["Host": "releases.example"]
            #expect(try await house.visitor.get("/account", plain).status == 200)
            #expect(
                try await house.visitor.get("/account", plain.merging(there) { $1 }).status == 401
            )
            let login = try await house.visitor.post(
                "/login",
                ["token": token],
                there.merging(["Origin": "https://releases.example"]) { $1 }
            )
            let sealed = try House.cookie(of: login)
            #expect(sealed["Cookie"]?.hasPrefix("__Host-conductord=") == true)
            let seen = try await house.visitor.get("/account", sealed.merging(there) { $1 })
            #expect(seen.status == 200)
        }
    }

    @Test func `is by a link, once, and not by following it`() async throws {
        try await House.open(http: Self.asked) { house in
            let state = house.directory + "/state"
            let now = SystemClock().wall()
            let code = try LoginLink.make(by: "anna", in: state, at: now)
            for _ in 0..<2 {
                let page = try await house.visitor.get("/login/link?code=\(code)")
                #expect(page.status == 200)
                #expect(page.hidden("code") == code)
            }
            let seen = try await house.visitor.post("/login/link", ["code": code])
            #expect(seen.status == 303)
            let browser = try House.cookie(of: seen)
            let account = try await house.visitor.get("/account", browser)
            #expect(account.text.contains("login-link:anna"))
            #expect(account.text.contains("<b>admin</b>"))
            #expect(try await house.visitor.post("/login/link", ["code": code]).status == 401)
            let old = try LoginLink.make(by: "anna", in: state, at: now + .minutes(-6))
            #expect(try await house.visitor.post("/login/link", ["code": old]).status == 401)
            let climbing = try await house.visitor.post("/login/link", ["code": "../tokens.json"])
            #expect(climbing.status == 401)
        }
    }

    @Test func `is by a proxy that is named, and by nobody who says the same`() async throws {
        let people = "people: {anna: {role: operator, apps: [music]}}"
        let here = "{listen: 127.0.0.1:0, access: {proxy: {address: 127.0.0.1}, \(people)}}"
        try await House.open(http: here) { house in
            while try await house.visitor.get("/readyz").status != 200 {}
            let anna = try await house.visitor.get("/account", ["X-Forwarded-User": "anna"])
            #expect(anna.text.contains("proxy:anna"))
            let eve = try await house.visitor.get("/", ["X-Forwarded-User": "eve"])
            #expect(eve.status == 403)
            let odd = try await house.visitor.get("/", ["X-Forwarded-User": "anna\u{1}"])
            #expect(odd.status != 200)
        }
        let elsewhere = "{listen: 127.0.0.1:0, access: {proxy: {address: 10.0.0.7}, \(people)}}"
        try await House.open(http: elsewhere) { house in
            let anna = try await house.visitor.get("/account", ["X-Forwarded-User": "anna"])
            #expect(anna.status == 401)
        }
    }

    @Test func `to streams ends with the token, and has its bound`() async throws {
        var limits = DashboardLimits()
        limits.beat = Span(milliseconds: 20)
        limits.streamsPerCaller = 1
        try await House.open(http: Self.asked, limits: limits) { house in
            let token = try house.token("ci", .viewer)
            let other = try house.token("cd", .viewer)
            while try await house.visitor.get("/readyz").status != 200 {}
            let request = Visitor.request(
                "GET",
                "/api/v1/events",
                Self.bearing(token),
                port: house.visitor.port
            )
            try await house.visitor.exchange(request) { _ in
                guard
                    try await house.visitor.get("/api/v1/events", Self.bearing(token)).status == 429
                else { return true }
                _ = try await house.visitor.events(Self.bearing(other)) { !$0.isEmpty }
                try house.revoke("ci")
                // It goes on until the other end closes.
                return true
            }
            #expect(try await house.visitor.get("/", Self.bearing(token)).status == 401)
        }
    }

    @Test func `is refused where others could have written the tokens`() async throws {
        try await House.open(http: Self.asked) { house in
            let token = try house.token("ci", .viewer)
            while try await house.visitor.get("/readyz").status != 200 {}
            let path = TokenBook.path(in: house.directory + "/state")
            #expect(try await house.visitor.get("/", Self.bearing(token)).status == 200)
            _ = unsafe chmod(path, 0o666)
            #expect(try await house.visitor.get("/", Self.bearing(token)).status == 401)
            _ = unsafe chmod(path, 0o600)
            #expect(try await house.visitor.get("/", Self.bearing(token)).status == 200)
        }
    }
}
