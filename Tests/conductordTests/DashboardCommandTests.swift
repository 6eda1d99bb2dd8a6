import ConductorCore
import Foundation
import Testing

@testable import conductord

@Suite struct `Tokens of the page` {
    private func inDirectory(_ body: (String) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory.path + "/tokens-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try body(directory)
    }

    @Test func `are made, listed and revoked, and never kept`() throws {
        try inDirectory { state in
            let place = ["--state", state, "--json"]
            let made = try Ran.conductord(
                [
                    "dashboard", "token", "create", "anna", "--role", "operator", "--app", "radio",
                    "--app", "music", "--for", "2d",
                ] + place
            )
            #expect(made.code == 0, "\(made.errors)")
            let secret = try #require(made.json?["token"]?.stringValue)
            #expect(secret.hasPrefix("conductord_"))
            #expect(secret.count == 11 + 64)
            #expect(made.json?["apps"] == ["music", "radio"])
            let file = state + "/tokens.json"
            let kept = try String(contentsOfFile: file, encoding: .utf8)
            #expect(!kept.contains(secret))
            #expect(!kept.contains(secret.dropFirst(11)))
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            // The name stands in the journal: it is never given to another one.
            let same = ["dashboard", "token", "create", "anna", "--role", "viewer"] + place
            #expect(try Ran.conductord(same).code == 3)
            let list = try Ran.conductord(["dashboard", "token", "list"] + place)
            #expect(list.json?["tokens"]?.arrayValue?.count == 1)
            #expect(list.json?["tokens"]?.arrayValue?.first?["standing"] == "good")
            #expect(!list.output.contains("hash"))
            let revoked = try Ran.conductord(["dashboard", "token", "revoke", "anna"] + place)
            #expect(revoked.code == 0)
            #expect(revoked.json?["revoked"]?.stringValue != nil)
            let after = try Ran.conductord(["dashboard", "token", "list"] + place)
            #expect(after.json?["tokens"]?.arrayValue?.first?["standing"] == "revoked")
            #expect(try Ran.conductord(same).code == 3)
            #expect(try Ran.conductord(["dashboard", "token", "revoke", "eve"] + place).code == 3)
        }
    }

    @Test func `are refused where they mean nothing`() throws {
        try inDirectory { state in
            for wrong in [["a b", "--role", "viewer"], ["a", "--role", "boss"], ["a"]] {
                let arguments = ["dashboard", "token", "create"] + wrong + ["--state", state]
                #expect(try Ran.conductord(arguments).code == 2, "\(wrong)")
            }
            let login = try Ran.conductord("dashboard", "login", "--state", state)
            #expect(login.code == 3)
            #expect(login.errors.contains("no page is open"))
        }
    }
}
