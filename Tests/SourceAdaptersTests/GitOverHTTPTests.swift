import Backlot
import ConductorCore
import ConductorPorts
import Foundation
import Synchronization
import Testing

@testable import SourceAdapters

/// A folder's repositories over HTTP, through `git http-backend`, as web servers run it.
private struct GitServer {
    private static let credentials = "robot:p4ssw0rd"

    let server: VendorServer
    private let log: Log

    private final class Log: Sendable {
        let requests = Mutex<[String]>([])
    }

    /// Serves what is in `scratch` to who has the password.
    static func start(_ scratch: Scratch) async throws -> GitServer {
        let log = Log()
        let server = try await VendorServer.start { request in
            log.requests.withLock { $0.append("\(request.method) \(request.uri)") }
            let expected = "Basic " + Base64.encode(Array(credentials.utf8))
            guard request.headers.contains(where: { $0.value == expected }) else {
                var reply = VendorReply(401)
                reply.headers = [("WWW-Authenticate", "Basic realm=\"repositories\"")]
                return reply
            }
            return (try? run(request, scratch)) ?? VendorReply(500)
        }
        return GitServer(server: server, log: log)
    }

    var requests: [String] { log.requests.withLock(\.self) }

    /// The address of a repository, for who has `password`.
    func address(_ name: String, password: String = "p4ssw0rd") -> String {
        server.url.replacing("http://", with: "http://robot:\(password)@") + "/\(name)"
    }

    /// One request, as the common gateway interface has it (RFC 3875).
    private static func run(_ request: VendorRequest, _ scratch: Scratch) throws -> VendorReply {
        let place = scratch.file("request-" + UUID().uuidString)
        let (input, output) = (URL(filePath: place + ".in"), URL(filePath: place + ".out"))
        try Data(request.body).write(to: input)
        try Data().write(to: output)
        func header(_ name: String) -> String {
            request.headers.first { $0.name.lowercased() == name }?.value ?? ""
        }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["git", "http-backend"]
        process.environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
            "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_PROJECT_ROOT": scratch.path, "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": header("git-protocol"), "REMOTE_USER": "robot",
            "REMOTE_ADDR": "127.0.0.1", "REQUEST_METHOD": request.method,
            "PATH_INFO": "/" + request.path.joined(separator: "/"),
            "QUERY_STRING": String(request.uri.drop { $0 != "?" }.dropFirst()),
            "CONTENT_TYPE": header("content-type"), "CONTENT_LENGTH": "\(request.body.count)",
            "HTTP_CONTENT_ENCODING": header("content-encoding"),
        ]
        process.standardInput = try FileHandle(forReadingFrom: input)
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        let answer = [UInt8](try Data(contentsOf: output))
        guard let end = answer.firstRange(of: Array("\r\n\r\n".utf8)) else {
            return VendorReply(500)
        }
        var reply = VendorReply(200)
        for line in String(decoding: answer[..<end.lowerBound], as: UTF8.self).split(
            separator: "\r\n"
        ) {
            let parts = line.split(separator: ":", maxSplits: 1).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            guard parts.count == 2 else { continue }
            if parts[0] == "Status" {
                reply.status = parts[1].split(separator: " ").first.flatMap { Int($0) } ?? 500
            } else {
                reply.headers.append((parts[0], parts[1]))
            }
        }
        reply.body = Array(answer[end.upperBound...])
        return reply
    }
}

@Suite struct `A remote over HTTP` {
    private let workshop: Workshop
    private let server: GitServer

    init() async throws {
        workshop = try await Workshop()
        _ = try await workshop.makeOrigin()
        try await workshop.git("push", "--quiet", "origin", "main", "main:release/8.9.2")
        server = try await GitServer.start(workshop.scratch)
        try await workshop.git("remote", "set-url", "origin", server.address("origin.git"))
    }

    private var origin: String { workshop.scratch.file("origin.git") }

    private func look() async throws -> PollAnswer {
        let settings: JSON = [
            "repository": .string(workshop.path), "remote": "origin", "tag": "v${version}",
        ]
        return await (try source("git", settings, timeout: .minutes(1))).observe(request())
    }

    private func push(_ what: String, _ name: String) throws -> any ActionAdapter {
        let settings: JSON = [
            "repository": .string(workshop.path), "remote": "origin",
        ]
        let members = settings.objectValue ?? [:]
        return try action("git.push", .object(members.merging([what: .string(name)]) { $1 }))
    }

    @Test func `is seen as it is now, and pushed to once`() async throws {
        let before = try await look()
        #expect(before.value("branch.exists") == true, "\(before)")
        #expect(before.value("tag.exists") == false)
        // Somebody else's commit, which is nowhere on this machine but in the remote.
        let clone = workshop.scratch.file("clone")
        try await workshop.git("clone", "--quiet", origin, clone)
        try await workshop.git("checkout", "--quiet", "release/8.9.2", at: clone)
        try await workshop.git("commit", "--quiet", "--allow-empty", "-m", "theirs", at: clone)
        try await workshop.git("push", "--quiet", "origin", "release/8.9.2", at: clone)
        let head = try await workshop.git("rev-parse", "HEAD", at: clone)
        let after = try await look()
        #expect(after.value("head") == .string(head))
        #expect(after.value("ahead") == 1)

        try await workshop.git("tag", "-a", "-m", "x", "v8.9.2")
        let tag = try push("tag", "v8.9.2")
        let intent = intent(deadline: .minutes(1))
        #expect(await tag.probe(intent) == .absent)
        let outcome = await tag.perform(intent, attempt: 1)
        guard case .done = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(
            try await workshop.git("rev-parse", "v8.9.2", at: origin)
                == workshop.git("rev-parse", "v8.9.2")
        )
        let again = await tag.perform(intent, attempt: 2)
        guard case .alreadyDone = again else {
            Issue.record("\(again)")
            return
        }
        #expect(server.requests.count { $0.hasSuffix("/git-receive-pack") } == 1)
        #expect(try await look().value("tag.exists") == true)

        // A branch that has moved on is not pushed over.
        try await workshop.commit("ours")
        try await workshop.git("branch", "--force", "release/8.9.2", "main")
        let refused = await (try push("branch", "release/8.9.2")).perform(intent, attempt: 1)
        guard case .rejected = refused else {
            Issue.record("\(refused)")
            return
        }
        #expect(try await workshop.git("rev-parse", "release/8.9.2", at: origin) == head)
        try await server.server.stop()
    }

    @Test func `that refuses or is not there is a failure without the password`() async throws {
        let wrong = server.address("origin.git", password: "wr0ng")
        try await workshop.git("remote", "set-url", "origin", wrong)
        let refused = try await look()
        #expect(refused.failure != nil)
        let push = await (try push("branch", "main")).perform(intent(), attempt: 1)
        if case .done = push { Issue.record("\(push)") }
        for told in ["\(refused)", "\(push)"] { #expect(!told.contains("wr0ng"), "\(told)") }

        let missing = server.address("other.git")
        try await workshop.git("remote", "set-url", "origin", missing)
        #expect(try await look().failure != nil)

        try await server.server.stop()
        let gone = server.address("origin.git")
        try await workshop.git("remote", "set-url", "origin", gone)
        let silent = try await look()
        #expect(silent.failure != nil)
        #expect(!"\(silent)".contains("p4ssw0rd"))
    }
}
