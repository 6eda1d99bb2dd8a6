import ConductorCore
import ConductorPorts
import AdapterTesting
import Foundation
import Testing

@testable import SourceAdapters

@Suite struct `Every source` {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        try scratch.write("s3cret-t0ken", to: "token")
    }

    private var secret: JSON { .string("file:" + scratch.file("token")) }

    @Test func `http walks through the conformance suite`() async throws {
        let server = try await LoopbackServer.start { received in
            switch received.uri {
            case "/healthy": .status(200, headers: [("ETag", "\"1\"")], body: #"{"n": 7}"#)
            case "/hanging": .silence
            case "/garbled": .status(200, body: #"{"n": "#)
            case "/flooding": .flood
            case "/echoing": .status(500, body: "bad token: \(received.headers)")
            default: .status(404)
            }
        }
        let findings = try await SourceConformance(
            secret: "s3cret-t0ken",
            request: request()
        ) { [secret] backend, timeout in
            try source(
                "http",
                [
                    "url": .string(server.url + "/\(backend)"), "bearer": secret,
                    "facts": ["n": "int"],
                ],
                timeout: timeout
            )
        }.run()
        #expect(findings == [])
        try await server.stop()
    }

    @Test func `command walks through the conformance suite`() async throws {
        let findings = try await SourceConformance(
            secret: "s3cret-t0ken",
            request: request()
        ) { [secret, scratch] backend, timeout in
            let text =
                switch backend {
                case .healthy: "echo '{\"n\": 7}'"
                case .hanging: "exec sleep 300"
                case .garbled: "echo '{\"n\": '"
                case .flooding: "exec yes"
                case .echoing: "echo \"bad token: $TOKEN\" >&2; exit 1"
                case .absent: ""
                }
            let name = "\(backend).sh"
            let path =
                backend == .absent ? scratch.file("none") : try scratch.script(text, name: name)
            return try source(
                "command",
                [
                    "argv": backend == .absent ? [.string(path)] : ["/bin/sh", .string(path)],
                    "environment": ["TOKEN": secret],
                    "facts": ["n": "int"],
                ],
                timeout: timeout
            )
        }.run()
        #expect(findings == [])
    }

    @Test func `file walks through the conformance suite`() async throws {
        try scratch.write("n: 7", to: "healthy.yaml")
        try scratch.write("n: [", to: "garbled.yaml")
        try scratch.write(
            "n: \"" + String(repeating: "x", count: 20 << 20) + "\"",
            to: "flooding.yaml"
        )
        let findings = try await SourceConformance(
            impossible: [.hanging, .echoing],
            secret: "s3cret-t0ken",
            request: request()
        ) {
            [scratch] backend, timeout in
            try source(
                "file",
                ["path": .string(scratch.file("\(backend).yaml")), "facts": ["n": "int"]],
                timeout: timeout
            )
        }.run()
        #expect(findings == [])
    }

    @Test func `git walks through the conformance suite`() async throws {
        // A git of our own that behaves as told, and hands over to the real one when healthy.
        let repository = scratch.file("repository")
        let made = try scratch.script(
            """
            git init --quiet --initial-branch=main \(repository) && cd \(repository) &&
            git -c user.name=A -c user.email=a commit --quiet --allow-empty -m first &&
            git branch release/8.9.2
            """,
            name: "make.sh"
        )
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let ending = await ProcessRunner(
            argv: ["/bin/sh", made],
            environment: ["PATH": path],
            timeout: .minutes(1)
        ).run()
        guard case .exited(code: 0, _, _) = ending else {
            return #expect(Bool(false), "\(ending)")
        }
        let broken = scratch.file("broken")
        try FileManager.default.copyItem(atPath: repository, toPath: broken)
        try FileManager.default.removeItem(atPath: broken + "/.git/HEAD")
        // Reading its configuration, git waits for a writer that never comes.
        let hanging = scratch.file("hanging")
        try FileManager.default.copyItem(atPath: repository, toPath: hanging)
        try FileManager.default.removeItem(atPath: hanging + "/.git/config")
        #expect(unsafe mkfifo(hanging + "/.git/config", 0o600) == 0)
        let places: [SourceConformance.Backend: String] = [
            .healthy: repository, .garbled: broken, .hanging: hanging,
            .absent: scratch.file("none"),
        ]
        let findings = try await SourceConformance(
            impossible: [.flooding, .echoing],
            secret: "s3cret-t0ken",
            request: request()
        ) {
            backend,
            timeout in
            let place = try #require(places[backend])
            return try source("git", ["repository": .string(place)], timeout: timeout)
        }.run()
        #expect(findings == [])
    }
}
