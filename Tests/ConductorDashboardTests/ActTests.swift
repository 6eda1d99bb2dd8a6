import ConductorCore
import Foundation
import Testing

@testable import ConductorDashboard
@testable import conductord

@Suite(.timeLimit(.minutes(2))) struct `Acting` {
    /// Fields of the form of a question.
    static func fields(_ page: Visitor.Seen, _ names: [String] = []) throws -> [String: String] {
        var fields: [String: String] = [:]
        for name in ["stamp", "id", "revision", "seen", "scope"] + names {
            fields[name] = page.hidden(name)
        }
        return fields
    }

    private func bearing(_ token: String) -> [String: String] {
        ["Authorization": "Bearer \(token)", "Content-Type": "application/json"]
    }

    @Test func `asks first, acts once, and says who it was`() async throws {
        try await House.open { house in
            try await house.waits(for: "branched")
            let token = try house.token("anna", .operator, apps: ["music"])
            let browser = try await house.browser(token: token)
            let overview = try await house.visitor.get("/", browser)
            #expect(!overview.text.contains("/ask/stop"))
            let page = try await house.visitor.get(House.path, browser)
            #expect(page.text.contains("\(House.path)/ask/hold"))
            #expect(!(try await house.visitor.get(House.path)).text.contains("/ask/"))
            let address = "\(House.path)/ask/hold"
            let question = try await house.visitor.get(address, browser)
            #expect(question.status == 200)
            #expect(question.text.contains("Hold music/ios/8.9.2?"))
            #expect(question.text.contains("as asked by token:anna"))
            #expect(question.headers["cache-control"] == "no-store")
            #expect(try house.commands().count == 1)
            var fields = try Self.fields(question)
            fields["reason"] = House.hostile
            for _ in 0..<2 {
                let answer = try await house.visitor.post(address, fields, browser)
                #expect(answer.status == 200, "\(answer.text)")
                #expect(answer.text.contains("Done"))
                #expect(!answer.text.contains("<img"))
            }
            let commands = try house.commands()
            #expect(commands.count == 2)
            #expect(commands.last?.actor == "token:anna")
            #expect(commands.last?.request == .hold)
            #expect(commands.last?.reason == House.hostile)
        }
    }

    @Test func `says what it would do, and what is not met`() async throws {
        try await House.open { house in
            try await house.waits(for: "branched")
            let browser = try await house.browser(token: try house.token("anna", .operator))
            let address = "\(House.path)/ask/advance"
            let question = try await house.visitor.get("\(address)?to=submitted", browser)
            #expect(question.text.contains("Advance music/ios/8.9.2 to submitted?"))
            #expect(question.text.contains("from branched to submitted"))
            #expect(question.text.contains("No action is performed"))
            #expect(question.text.contains("it will be"))
            let answer = try await house.visitor.post(
                address,
                try Self.fields(question, ["to"]),
                browser
            )
            #expect(answer.status == 409)
            #expect(answer.text.contains("Refused"))
            #expect(answer.text.contains("no_blockers"))
            // What comes from a link must mean something.
            for (query, status) in [
                ("advance?to=submitted&colour=red", 400), ("dance", 404), ("stop", 400),
                ("override?condition=cut", 400), ("override?condition=cut&for=soon", 400),
                ("signoff", 400), ("abandon?how=no", 400), ("hold?scope=planet", 400),
            ] {
                let seen = try await house.visitor.get("\(House.path)/ask/\(query)", browser)
                #expect(seen.status == status, "\(query)")
            }
            for query in [
                "pause", "cancel", "resume", "hold?scope=app", "hold?scope=release", "retry",
                "rearm",
                "signoff?what=x", "abandon?how=stay", "abandon?how=as_done", "approve",
                "override?condition=cut&for=4h", "override?condition=cut&lift=true",
                "resolve?key=a&done=true", "resolve?key=a&done=false",
            ] {
                let seen = try await house.visitor.get("\(House.path)/ask/\(query)", browser)
                #expect(seen.status == 200, "\(query)")
            }
            #expect(try house.commands().count == 2)
        }
    }

    @Test func `refuses a click that comes late, with what has changed`() async throws {
        try await House.open { house in
            try await house.waits(for: "branched")
            let browser = try await house.browser(token: try house.token("anna", .operator))
            let address = "\(House.path)/ask/advance"
            let question = try await house.visitor.get("\(address)?to=submitted", browser)
            try Data(#"{"crash_free": 0.999}"#.utf8)
                .write(to: URL(filePath: house.directory + "/quality.json"))
            try Data(#"{"cut": true, "blockers": {"open": 0}, "note": "fine"}"#.utf8)
                .write(to: URL(filePath: house.directory + "/tracker.json"))
            try await house.waits(for: "submitted")
            let answer = try await house.visitor.post(
                address,
                try Self.fields(question, ["to"]),
                browser
            )
            #expect(answer.status == 409)
            #expect(answer.text.contains("the track has moved on"))
            #expect(answer.text.contains("What has changed since you looked"))
            #expect(answer.text.contains("submitted"))
        }
    }

    @Test func `is for those who may`() async throws {
        try await House.open { house in
            try await house.waits(for: "branched")
            let viewer = try await house.browser(token: try house.token("v", .viewer))
            let radio = try await house.browser(
                token: try house.token("r", .operator, apps: ["radio"])
            )
            let some = try await house.browser(token: try house.token("s", .admin, apps: ["music"]))
            let user = try await house.browser(token: try house.token("o", .operator))
            let track = "\(House.path)/ask/hold"
            for (who, path, status) in [
                ([:], track, 401), (viewer, track, 403), (radio, track, 403), (user, track, 200),
                (user, "/ask/stop", 403), (some, "/ask/stop", 403), (user, "/ask/hold", 403),
                (user, "/ask/hold?scope=music", 200), (radio, "/ask/hold?scope=music", 403),
            ] as [([String: String], String, Int)] {
                let seen = try await house.visitor.get(path, who)
                #expect(seen.status == status, "\(path) \(seen.text)")
                // A form of one's own making gets no further than the question.
                let stamp = try await house.visitor.get("/account", who).hidden("stamp") ?? ""
                guard status != 200 else { continue }
                let parts = path.split(separator: "?")
                let sent = try await house.visitor.post(
                    String(parts[0]),
                    [
                        "stamp": stamp, "id": "x", "revision": "0",
                        "scope": parts.count > 1 ? "music" : "",
                    ],
                    who
                )
                #expect([401, 403].contains(sent.status), "\(path)")
            }
            #expect(try house.commands().count == 1)
        }
    }

    @Test func `stops everything, and lifts it`() async throws {
        try await House.open { house in
            try await house.waits(for: "branched")
            let browser = try await house.browser(token: try house.token("boss", .admin))
            let file = house.directory + "/state/STOP"
            let question = try await house.visitor.get("/ask/stop", browser)
            #expect(question.text.contains("STOP everything?"))
            let fields = try Self.fields(question)
            #expect(try await house.visitor.post("/ask/stop", fields, browser).status == 200)
            #expect(FileManager.default.fileExists(atPath: file))
            let lift = try await house.visitor.get("/ask/lift_stop", browser)
            let lifting = try Self.fields(lift)
            #expect(try await house.visitor.post("/ask/lift_stop", lifting, browser).status == 200)
            #expect(!FileManager.default.fileExists(atPath: file))
            // A page that is sent again moves nothing again.
            #expect(try await house.visitor.post("/ask/stop", fields, browser).status == 200)
            #expect(!FileManager.default.fileExists(atPath: file))
            try Data().write(to: URL(filePath: file))
            #expect(try await house.visitor.post("/ask/lift_stop", lifting, browser).status == 200)
            #expect(FileManager.default.fileExists(atPath: file))
        }
    }

    @Test func `by a program is answered as on the command line`() async throws {
        try await House.open { house in
            try await house.waits(for: "branched")
            let user = try house.token("ci", .operator, apps: ["music"])
            let viewer = try house.token("v", .viewer)
            func send(_ body: String, _ headers: [String: String]) async throws -> Visitor.Seen {
                try await house.visitor.ask("POST", "/api/v1/commands", headers, body: body)
            }
            let hold = #"{"id":"h1","scope":"music/ios/8.9.2","request":"hold","reason":"legal"}"#
            for _ in 0..<2 {
                let held = try await send(hold, bearing(user))
                #expect(held.status == 200)
                #expect(held.headers["content-type"] == "application/json")
                let reply = try JSON(parsing: held.text)
                #expect(Schema.faults(of: reply, in: Schema.named("Reply"), "$") == [])
                #expect(reply["id"] == "h1")
                #expect(reply["accepted"] == true)
            }
            let advance =
                #"{"scope":"music/ios/8.9.2","request":"advance","arguments":{"to":"submitted"}}"#
            let refused = try await send(advance, bearing(user))
            #expect(refused.status == 409)
            let unmet = try JSON(parsing: refused.text)["unmet"]?.arrayValue ?? []
            #expect(unmet.contains("no_blockers"))
            let stale = try await send(
                #"{"scope":"music/ios/8.9.2","request":"cancel","based_on":0}"#,
                bearing(user)
            )
            #expect(stale.status == 409)
            #expect(stale.text.contains("the track has moved on"))
            var plain = bearing(user)
            plain["Content-Type"] = "text/plain"
            var foreign = bearing(user)
            foreign["Origin"] = "https://evil.example"
            var browser = try await house.browser(token: user)
            browser["Content-Type"] = "application/json"
            browser["Origin"] = house.visitor.origin
            for (body, headers, status) in [
                (hold, ["Content-Type": "application/json"], 401), (hold, browser, 401),
                (hold, bearing(viewer), 403), (hold, bearing("conductord_0"), 401),
                (hold, plain, 415), (hold, foreign, 403),
                (#"{"scope":"radio","request":"hold"}"#, bearing(user), 403),
                (#"{"scope":"*","request":"hold"}"#, bearing(user), 403),
                (#"{"scope":"*","request":"stop"}"#, bearing(user), 403),
                (#"{"scope":"music","request":"advance"}"#, bearing(user), 400),
                (#"{"scope":"music/ios/8.9.2","request":"fly"}"#, bearing(user), 400),
                (#"{"scope":"music/ios/8.9.2","request":"hold","x":1}"#, bearing(user), 400),
                (#"{"scope":"music/ios/8.9.2","request":"hold","id":"a b"}"#, bearing(user), 400),
                (#"{"scope":"music/ios/8.9.2","request":"resolve"}"#, bearing(user), 400),
                ("[]", bearing(user), 400), ("{", bearing(user), 400),
            ] as [(String, [String: String], Int)] {
                let seen = try await send(body, headers)
                #expect(seen.status == status, "\(body): \(seen.text)")
                #expect(seen.headers["content-type"] == "application/problem+json")
            }
            let commands = try house.commands().dropFirst()
            #expect(commands.map(\.actor) == ["token:ci", "token:ci", "token:ci"])
        }
    }

    @Test func `from anywhere but our own form is refused`() async throws {
        var limits = DashboardLimits()
        limits.bodyTime = Span(milliseconds: 200)
        try await House.open(limits: limits) { house in
            try await house.waits(for: "branched")
            let token = try house.token("anna", .admin)
            let browser = try await house.browser(token: token)
            let other = try await house.browser(token: token)
            let address = "\(House.path)/ask/hold"
            let fields = try Self.fields(try await house.visitor.get(address, browser))
            let theirs = try await house.visitor.get(address, other).hidden("stamp") ?? ""
            #expect(theirs != fields["stamp"])
            for stamp in ["", "zz", theirs, "0"] {
                let sent = fields.merging(["stamp": stamp]) { $1 }
                #expect(try await house.visitor.post(address, sent, browser).status == 403)
            }
            for (headers, status) in [
                (["Origin": ""], 403), (["Origin": "null"], 403),
                (["Origin": "https://evil.example"], 403),
                (["Origin": "http://127.0.0.1:1"], 403),
                (["Origin": "http://localhost:\(house.visitor.port)"], 403),
                (["Host": "evil.example"], 421), (["Sec-Fetch-Site": "cross-site"], 403),
                (["Sec-Fetch-Site": "same-site"], 403), (["Content-Type": "text/plain"], 415),
                (["Content-Type": "multipart/form-data"], 415), (["Cookie": ""], 401),
                (["Cookie": "conductord=\(token)"], 401),
            ] as [([String: String], Int)] {
                let all = browser.merging(headers) { $1 }
                let seen = try await house.visitor.post(address, fields, all)
                #expect(seen.status == status, "\(headers): \(seen.text)")
            }
            // Too long, too slow, twice the same.
            let long = fields.merging(["reason": String(repeating: "x", count: 20_000)]) { $1 }
            #expect(try await house.visitor.post(address, long, browser).status == 413)
            let reason = fields.merging(["reason": String(repeating: "x", count: 3_000)]) { $1 }
            #expect(try await house.visitor.post(address, reason, browser).status == 400)
            let form = ["Content-Type": "application/x-www-form-urlencoded"]
            let head = browser.merging(form) { $1 }.merging(["Origin": house.visitor.origin]) { $1 }
            let slow = try await house.visitor.ask(
                "POST",
                address,
                head.merging(["Content-Length": "100"]) { $1 },
                body: "stamp="
            )
            #expect(slow.status == 408)
            let chunked = try await house.visitor.ask(
                "POST",
                address,
                head.merging(["Transfer-Encoding": "chunked", "Content-Length": ""]) { $1 }
                    .filter { !$0.value.isEmpty },
                body: ""
            )
            #expect(chunked.status == 408)
            let twice = try await house.visitor.ask(
                "POST",
                address,
                head,
                body: "id=a&id=b&stamp=\(fields["stamp"] ?? "")"
            )
            #expect(twice.status == 400)
            #expect(try house.commands().count == 1)
            #expect(try await house.visitor.post(address, fields, browser).status == 200)
            try Self.findNoSecret(house, [token, browser["Cookie"] ?? "-", fields["stamp"] ?? "-"])
        }
    }

    /// Looks through all files of the house, the log, and what pages say.
    private static func findNoSecret(_ house: House, _ secrets: [String]) throws {
        let secrets = secrets.map { $0.replacing("conductord=", with: "") }
        let names = try FileManager.default.subpathsOfDirectory(atPath: house.directory)
        #expect(names.contains("state/journal.sqlite"))
        for secret in secrets {
            #expect(secret.count > 30)
            #expect(!house.log.text.contains(secret))
            // The journal's reserve holds nothing, and much of it.
            for name in names where !name.hasSuffix("reserve") {
                let data = FileManager.default.contents(atPath: house.directory + "/" + name)
                #expect(data?.firstRange(of: Data(secret.utf8)) == nil, "\(name)")
            }
        }
        #expect(house.log.text.contains("the page is open"))
    }
}
