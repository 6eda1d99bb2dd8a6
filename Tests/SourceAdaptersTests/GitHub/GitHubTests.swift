import ConductorCore
import ConductorPorts
import AdapterTesting
import CryptoExtras
import JWTKit
import NIOHTTP1
import Testing

@testable import SourceAdapters

@Suite struct `GitHub` {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        try scratch.write("s3cret-t0ken", to: "token")
    }

    private func settings(_ url: String, _ more: [String: JSON] = [:]) -> JSON {
        let common: [String: JSON] = [
            "url": .string(url), "repository": "acme/music",
            "token": .string("file:" + scratch.file("token")),
        ]
        return .object(common.merging(more) { $1 })
    }

    @Test func `the requests are what the vendor asks for`() async throws {
        let server = try await LoopbackServer.start(GitHubWorld().answer)
        // An Enterprise server has its interface under a path.
        let answer = await (try source("github", settings(server.url + "/api/v3")))
            .observe(request())
        #expect(answer.failure == .notFound)
        let received = try #require(server.received.first)
        #expect(received.uri == "/api/v3/repos/acme/music/branches/release/8.9.2")
        #expect(received.headers["authorization"] == ["Bearer s3cret-t0ken"])
        #expect(received.headers["accept"] == ["application/vnd.github+json"])
        #expect(received.headers["x-github-api-version"] == ["2022-11-28"])
        #expect(received.headers["user-agent"] == ["conductord"])
        try await server.stop()
    }

    @Test func `facts are about the head that was found first`() async throws {
        let server = try await LoopbackServer.start(GitHubWorld().answer)
        let answer = await (try source("github.checks", settings(server.url)))
            .observe(request())
        let facts = try #require(answer.observation?.facts)
        #expect(facts["tests.state"] == ObservedFact("passed", about: GitHubWorld.head))
        #expect(facts.values.allSatisfy { $0.about == GitHubWorld.head })
        try await server.stop()
    }

    @Test func `the tag that counts is the highest that the branch contains`() async throws {
        let world = GitHubWorld { state in
            // A higher version on another line, an annotated tag, and one of another product.
            state.references["tags/v9.0.0"] = String(repeating: "f", count: 40)
            state.commits.append(String(repeating: "f", count: 40))
            state.references["tags/v8.10.0"] = nil
            state.references["tags/v8.9.2"] = nil
            state.annotated = ["tags/v8.9.1"]
            state.references["tags/viewer-99"] = GitHubWorld.head
        }
        let server = try await LoopbackServer.start(world.answer)
        let answer = await (try source("github", settings(server.url, ["since": "v*.0"])))
            .observe(request())
        #expect(answer.value("commits_since_tag") == 2, "v8.9.0 is at the base")
        let other = await (try source("github", settings(server.url, ["since": "v8.*"])))
            .observe(request())
        #expect(other.value("commits_since_tag") == 1, "v8.9.1 is annotated")
        try await server.stop()
    }

    @Test func `lists are read to their last page`() async throws {
        let server = try await LoopbackServer.start { received in
            guard received.path.hasSuffix("/pulls") else { return GitHubWorld().answer(received) }
            let isLast = received.uri.contains("page=2")
            let host = received.headers["host"].first ?? ""
            let link = "<http://\(host)\(received.path)?page=2>; rel=\"next\", <x>; rel=\"last\""
            return .status(
                200,
                headers: isLast ? [] : [("Link", link)],
                body: #"[{"state": "open", "base": {"ref": "release/8.9.2"}}]"#
            )
        }
        let answer = await (try source("github", settings(server.url))).observe(request())
        #expect(answer.value("github.open_prs") == 2)
        try await server.stop()
    }

    @Test(arguments: [
        [
            ("x-ratelimit-limit", "5000"), ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "0"),
        ],
        [("Retry-After", "60")],
    ])
    func `a limit told with 403 is a limit`(headers: [(String, String)]) async throws {
        let reset = "\(Posix.now().milliseconds / 1000 + 120)"
        let headers = headers.map { ($0.0, $0.0 == "x-ratelimit-reset" ? reset : $0.1) }
        let server = try await LoopbackServer.start { _ in
            .status(403, headers: headers, body: #"{"message": "API rate limit exceeded"}"#)
        }
        let source = try source("github", settings(server.url))
        #expect(await source.observe(request()).failure == .rateLimited)
        #expect(await source.observe(request()).failure == .rateLimited)
        #expect(server.received.count == 1, "nothing is asked before the limit is over")
        // A brake is not kept back by what polling has used up.
        var brake = intent(candidate: GitHubWorld.head)
        brake.direction = .brakes
        let tag = try action("github.tag", settings(server.url))
        _ = await tag.perform(brake, attempt: 1)
        #expect(server.received.count == 2)
        try await server.stop()
    }

    @Test func `a token that was exchanged is used at the next request`() async throws {
        let server = try await LoopbackServer.start(GitHubWorld().answer)
        let source = try source("github.checks", settings(server.url))
        _ = await source.observe(request())
        try scratch.write("n3w-t0ken", to: "token")
        let before = server.received.count
        _ = await source.observe(request())
        let later = server.received.dropFirst(before)
        #expect(!later.isEmpty)
        #expect(later.allSatisfy { $0.headers["authorization"] == ["Bearer n3w-t0ken"] })
        try await server.stop()
    }

    private struct Claims: JWTPayload {
        var iss: String
        var iat: Int
        var exp: Int
        func verify(using algorithm: some JWTAlgorithm) throws {}
    }

    @Test func `an App signs, buys a token, and uses it until shortly before its end`() async throws
    {
        let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        try scratch.write(key.pemRepresentation, to: "key")
        let server = try await LoopbackServer.start(GitHubWorld().answer)
        let settings: JSON = [
            "url": .string(server.url), "repository": "acme/music",
            "app": ["id": 123, "installation": 456, "key": .string("file:" + scratch.file("key"))],
        ]
        let source = try source("github.checks", settings)
        #expect(await source.observe(request()).observation != nil)
        #expect(await source.observe(request()).observation != nil)
        let minting = server.received.filter { $0.method == .POST }
        #expect(minting.map(\.uri) == ["/app/installations/456/access_tokens"])
        let proof = try #require(minting[0].headers["authorization"].first?.dropFirst(7))
        let keys = JWTKeyCollection()
        let publicKey = try Insecure.RSA.PublicKey(pem: key.publicKey.pemRepresentation)
        await keys.add(rsa: publicKey, digestAlgorithm: .sha256)
        let claims = try await keys.verify(String(proof), as: Claims.self)
        #expect(claims.iss == "123")
        #expect(claims.exp - claims.iat <= 600)
        #expect(claims.exp > Int(Posix.now().milliseconds / 1000))
        let others = server.received.filter { $0.method == .GET }
        #expect(others.allSatisfy { $0.headers["authorization"] == ["Bearer minted-t0ken"] })

        // Another key: another token.
        try scratch.write(
            try _RSA.Signing.PrivateKey(keySize: .bits2048).pemRepresentation,
            to: "key"
        )
        #expect(await source.observe(request()).observation != nil)
        #expect(server.received.count { $0.method == .POST } == 2)

        // What is no key is told without a line of it.
        try scratch.write("-----BEGIN PRIVATE KEY-----\nbm90IGEga2V5IGF0IGFsbA\n", to: "key")
        let answer = await source.observe(request())
        #expect(answer.failure == .misconfigured)
        #expect(!"\(answer)".contains("bm90IGEga2V5"))
        try await server.stop()
    }

    @Test func `a token that the backend refuses is bought anew`() async throws {
        let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        try scratch.write(key.pemRepresentation, to: "key")
        let world = GitHubWorld()
        let server = try await LoopbackServer.start { received in
            received.method == .GET ? .status(401) : world.answer(received)
        }
        let settings: JSON = [
            "url": .string(server.url), "repository": "acme/music",
            "app": ["id": 1, "installation": 2, "key": .string("file:" + scratch.file("key"))],
        ]
        let source = try source("github.checks", settings)
        #expect(await source.observe(request()).failure == .unauthorised)
        #expect(await source.observe(request()).failure == .unauthorised)
        #expect(server.received.count { $0.method == .POST } == 2)
        try await server.stop()
    }

    @Test func `settings that mean nothing are told, all of them`() {
        let faults = faults(
            source: "github",
            [
                "url": "https://token@github.example", "repository": "music", "since": "v1",
                "app": ["id": true], "token": "ghp_plain", "brnach": "x",
            ]
        )
        let paths = Set(faults.map { $0.path.joined(separator: ".") })
        #expect(paths.isSuperset(of: ["url", "repository", "since", "token", "app", "brnach"]))
        #expect(SourceAdaptersTests.faults(source: "github", ["repository": "a/b"]).count == 1)
        #expect(!"\(faults)".contains("ghp_plain"))
    }

    @Test func `a workflow without a marker cannot be looked for`() throws {
        func traits(_ more: [String: JSON]) -> ActionTraits? {
            let settings = settings(
                "http://127.0.0.1:1",
                more.merging(["workflow": "r.yml"]) { $1 }
            )
            guard
                case .meaning(let traits) = adapters.traits(
                    ofAction: "github.dispatch",
                    settings: settings
                )
            else { return nil }
            return traits
        }
        #expect(traits([:])?.canProbe == false)
        #expect(traits([:])?.actionClass == nil)
        #expect(traits(["marker": "conductor_id"])?.actionClass == .appendWithMarker)
    }

    @Test func `its page names every kind, fact and action`() throws {
        let page = try DecisionScene.repositoryFile("Docs/sources/github.md")
        let kinds: [String: [String: JSON]] = [
            "github": ["tag": "v1", "branches": "a*", "tags": "b*"],
            "github.checks": ["workflow": "release.yml"],
        ]
        #expect(Set(kinds.keys) == Set(Backend.github.sources.map { $0.kind }))
        for (kind, more) in kinds {
            let schema = adapters.schema(
                ofSource: kind,
                settings: settings("http://127.0.0.1:1", more)
            )
            guard case .meaning(let schema) = schema else {
                return #expect(Bool(false), "\(schema)")
            }
            for entry in schema.entries { #expect(page.contains("`\(entry.name)`")) }
        }
        for action in Backend.github.actions { #expect(page.contains("| `\(action.kind)` |")) }
    }

    @Test func `publishing raises, a draft does not`() {
        for (isDraft, direction) in [(true, Direction.neutral), (false, .raises)] {
            let traits = adapters.traits(
                ofAction: "github.release",
                settings: settings("http://127.0.0.1:1", ["draft": .bool(isDraft)])
            )
            guard case .meaning(let traits) = traits else {
                return #expect(Bool(false), "\(traits)")
            }
            #expect(traits.direction == direction)
        }
    }
}
