import ConductorCore
import ConductorJournal
import ConductorRuntime
import Foundation
import HTTPTypes
import Testing

@testable import ConductorDashboard
@testable import conductord

@Suite(.timeLimit(.minutes(2))) struct `The page` {
    @Test func `shows a track, and follows it without being asked`() async throws {
        try await House.open { house in
            try await house.waits(for: "branched")
            let seen = try await house.visitor.get("/")
            #expect(seen.status == 200)
            #expect(seen.headers["content-type"] == "text/html; charset=utf-8")
            #expect(seen.text.contains("<b>branched</b>"))
            #expect(seen.text.contains("blockers open <b>2</b>"))
            #expect(seen.text.contains("<b>99.31 %</b>"))
            #expect(seen.text.contains("≥</span> 99.5 %"))
            let before = try #require(seen.headers["etag"])

            // Crashes fall under the threshold, bugs are closed: it goes on, and the page with it.
            try Data(#"{"crash_free": 0.999}"#.utf8)
                .write(to: URL(filePath: house.directory + "/quality.json"))
            let tracker = #"{"cut": true, "blockers": {"open": 0}, "note": "fine"}"#
            try Data(tracker.utf8).write(to: URL(filePath: house.directory + "/tracker.json"))
            try await house.waits(for: "submitted")
            let after = try await house.visitor.get("/", ["If-None-Match": before])
            #expect(after.status == 200)
            #expect(after.text.contains("<b>submitted</b>"))
        }
    }

    @Test func `takes every name, fact and reason for text`() async throws {
        try await House.open { house in
            try await house.waits(for: "branched")
            let hold = Command(
                id: "h",
                actor: "os:<b>eve",
                scope: .track(House.track),
                request: .hold,
                reason: House.hostile
            )
            #expect(try await house.engine.submit(hold).accepted)
            let waiting = #"held by os:&lt;b&gt;eve"#
            var overview = try await house.visitor.get("/").text
            if !overview.contains(waiting) {
                _ = try await house.visitor.events { $0.contains { $0.name == "change" } }
                overview = try await house.visitor.get("/").text
            }
            #expect(overview.contains(waiting))
            let track = try await house.visitor.get(House.path).text
            let odd = try await house.visitor.get("/?q=%22%3E%3Cimg+src=x%3E&app=%3Cscript%3E").text
            let error = try await house.visitor.get("/%3Cimg%20src=x%20onerror=alert(1)%3E").text
            for page in [overview, track, odd, error] {
                #expect(!page.contains("<img"))
                #expect(!page.contains("<script>"))
                #expect(!page.contains("href=\"javascript"))
            }
            #expect(overview.contains("&lt;img src=x onerror=alert(1)&gt;"))
            #expect(track.contains("&lt;img src=x onerror=alert(1)&gt;"))
        }
    }

    @Test func `says nothing again to who has it, and packs what it sends`() async throws {
        try await House.open { house in
            try await house.waits(for: "branched")
            for path in ["/api/v1/machines", Assets.style.path, "/api/v1/openapi.json"] {
                let plain = try await house.visitor.get(path)
                let tag = try #require(plain.headers["etag"])
                let again = try await house.visitor.get(path, ["If-None-Match": "\"x\", \(tag)"])
                #expect(again.status == 304, "\(path)")
                #expect(again.body.isEmpty)
                #expect(again.headers["etag"] == tag)
                guard plain.body.count > 512 else { continue }
                let packed = try await house.visitor.get(path, ["Accept-Encoding": "br, gzip"])
                #expect(packed.headers["content-encoding"] == "gzip")
                #expect(packed.body.prefix(2) == [0x1F, 0x8B])
                #expect(packed.body.count < plain.body.count / 2)
                #expect(packed.headers["etag"] != tag)
            }
            let head = try await house.visitor.ask("HEAD", Assets.style.path)
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
            #expect(head.headers["content-length"] == String(Stylesheet.text.utf8.count))
        }
    }

    @Test func `shows a track as it was, and the same tomorrow`() async throws {
        try await House.open { house in
            try await house.waits(for: "branched")
            let explained = try await house.json("\(House.path)/explain")
            let at = try #require(explained["at"]?.stringValue)
            try house.write(tracker: ["cut": true, "blockers": ["open": 0]])
            try Data(#"{"crash_free": 0.999}"#.utf8)
                .write(to: URL(filePath: house.directory + "/quality.json"))
            try await house.waits(for: "submitted")
            let path = "\(House.path)?at=\(at)"
            let then = try await house.visitor.get(path)
            #expect(then.status == 200)
            #expect(then.text.contains("in <b>branched</b>"))
            #expect(!then.text.contains("submitted</b>, waiting"))
            let hold = Command(
                id: "later",
                actor: "os:anna",
                scope: .installation,
                request: .hold
            )
            #expect(try await house.engine.submit(hold).accepted)
            #expect(try await house.visitor.get(path).body == then.body)
            let early = try await house.visitor.get("\(House.path)?at=2020-01-01T00:00:00Z")
            #expect(early.status == 404)
        }
    }

    @Test func `changes nothing, whatever is looked at`() async throws {
        try await House.open { house in
            try await house.waits(for: "branched")
            let before = try house.reader().head().sequence
            for endpoint in Endpoint.allCases where endpoint != .apiEvents {
                let path = endpoint.rawValue
                    .replacing("{app}/{platform}/{version}", with: "music/ios/8.9.2")
                    .replacing("{file}", with: String(Assets.icon.path.dropFirst(8)))
                    .replacing("{digest}", with: String(repeating: "a", count: 64))
                    .replacing("{verb}", with: "hold")
                let seen = try await house.visitor.get(path)
                let expected =
                    switch endpoint {
                    case .apiMachine, .loginElsewhere, .loginReturn: 404
                    case .logout: 405
                    case .ask, .trackAsk: 401
                    default: 200
                    }
                #expect(seen.status == expected, "\(path)")
                for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
                    let isKnown = endpoint.methods.contains { $0.rawValue == method }
                    let refused = try await house.visitor.ask(method, path)
                    #expect(
                        isKnown
                            ? [401, 403, 415].contains(refused.status) : refused.status == 405,
                        "\(method) \(path): \(refused.status)"
                    )
                    if endpoint.methods == [.get] {
                        #expect(refused.headers["allow"] == "GET, HEAD")
                    }
                }
            }
            try house.sawNoChange(after: before)
        }
    }

    /// A crawler that follows every link and opens the address of every form, as whoever may the most.
    @Test(arguments: [AccessRole.viewer, .admin])
    func `changes nothing for a crawler with a token`(role: AccessRole) async throws {
        try await House.open(http: Access.asked) { house in
            let token = try house.token("crawler", role)
            try await house.waits(for: "branched", as: Access.bearing(token))
            let browser = try await house.browser(token: token)
            let before = try house.reader().head().sequence
            var open = ["/"]
            var seen: Set<String> = ["/"]
            var questions = 0
            while let path = open.popLast(), seen.count < 400 {
                let page = try await house.visitor.get(path, browser)
                #expect([200, 303, 400, 404, 405].contains(page.status), "\(path): \(page.status)")
                #expect(!page.text.contains(token))
                if path.contains("/ask/") { questions += 1 }
                guard page.headers["content-type"]?.hasPrefix("text/html") == true else { continue }
                for attribute in ["href=\"", "action=\"", "src=\""] {
                    for part in page.text.components(attribute).dropFirst() {
                        let link = part.components("\"")[0].replacing("&amp;", with: "&")
                        guard link.hasPrefix("/"), !link.hasPrefix("/api/v1/events"),
                            seen.insert(link).inserted
                        else { continue }
                        open.append(link)
                    }
                }
            }
            #expect(seen.contains(House.path))
            #expect((questions > 3) == (role == .admin), "\(questions)")
            try house.sawNoChange(after: before)
        }
    }
}

extension House {
    /// Whether the journal has grown by looking at the world alone.
    fileprivate func sawNoChange(after sequence: Int64) throws {
        try reader().rows(after: sequence) { row in
            switch row.entry {
            case .poll, .tick: break
            case .boot, .machine, .decision, .command, .intent, .attempt, .outcome,
                .discovery, .upkeep:
                Issue.record("looking has left \(row.entry)")
            }
            return true
        }
    }
}
