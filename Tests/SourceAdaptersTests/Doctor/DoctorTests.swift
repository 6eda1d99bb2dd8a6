import ConductorCore
import ConductorPorts
import AdapterTesting
import CryptoExtras
import Foundation
import Logging
import NIOHTTP1
import Testing

@testable import SourceAdapters

/// One backend as a doctor meets it: settings of everything that can be configured, and a healthy world.
private struct Clinic: Sendable, CustomTestStringConvertible {
    typealias World = @Sendable (LoopbackServer.Received) -> LoopbackServer.Reply

    var name: String
    var secret: String
    /// What stands in the secret's file; the secret itself where it is all of it.
    var file: String?
    var tokenPaths: Set<String> = []
    var takesAnyJSON = false
    var sources: [String] = []
    var actions: [String] = []
    /// Settings of all of them; `URL` and `FILE` stand for the server and the secret's file.
    var settings: [String: JSON]
    /// What only one kind asks for.
    var extras: [String: [String: JSON]] = [:]
    var world: World

    var testDescription: String { name }

    func deployment(_ url: String, _ file: String) -> Deployment {
        func filled(_ members: [String: JSON]) -> [String: JSON] {
            members.mapValues { value in
                if let members = value.objectValue { return .object(filled(members)) }
                guard let text = value.stringValue else { return value }
                return .string(text.replacing("URL", with: url).replacing("FILE", with: file))
            }
        }
        func settings(_ kind: String) -> JSON {
            .object(filled(self.settings).merging(extras[kind] ?? [:]) { $1 })
        }
        return Deployment(
            sources: sources.map { kind in
                SourceDefinition(
                    name: kind,
                    kind: kind,
                    scope: .track,
                    every: .minutes(1),
                    timeout: .seconds(10),
                    settings: settings(kind),
                    schema: FactSchema([])
                )
            },
            actions: actions.map { kind in
                ActionDefinition(
                    declaration: ActionDeclaration(
                        name: kind,
                        kind: kind,
                        actionClass: .createOnce
                    ),
                    settings: settings(kind)
                )
            },
            apps: [AppDefinition(name: "music", platforms: ["ios", "android"], machines: [:])]
        )
    }

    func examine(
        _ url: String,
        _ file: String,
        patience: Span = .seconds(10),
        record: (@Sendable (Recording) -> Void)? = nil
    ) async -> [Diagnosis] {
        await StandardAdapters().examine(
            deployment(url, file),
            patience: patience,
            record: record
        )
    }
}

/// An answer of JSON to a path; anything else is not there.
private func world(
    _ headers: [(String, String)] = [],
    _ answers: [String: JSON]
) -> Clinic.World {
    { received in
        guard let body = answers[received.path] else { return .status(404, body: "{}") }
        return .status(200, headers: headers, body: body.description)
    }
}

private let repository: JSON = [
    "full_name": "acme/music", "private": true, "default_branch": "main",
    "permissions": ["pull": true, "push": true],
]

/// The private key of a GitHub App, made for these tests.
private let appKey = (try? _RSA.Signing.PrivateKey(keySize: .bits2048).pemRepresentation) ?? ""

private let clinics: [Clinic] = [
    Clinic(
        name: "GitHub",
        secret: "s3cret-t0ken",
        actions: ["github.branch", "github.tag"],
        settings: ["url": "URL", "repository": "acme/music", "token": "file:FILE"],
        world: world(
            [("X-OAuth-Scopes", "repo, workflow"), ("X-RateLimit-Limit", "5000")]
                + [("X-RateLimit-Remaining", "4990"), ("X-RateLimit-Reset", "4102444800")],
            ["/repos/acme/music": repository]
        )
    ),
    Clinic(
        name: "GitHub, as an App",
        secret: "minted-t0ken",
        file: appKey,
        tokenPaths: ["/app/installations/456/access_tokens"],
        actions: ["github.branch", "github.tag"],
        settings: [
            "url": "URL", "repository": "acme/music",
            "app": ["id": 123, "installation": 456, "key": "file:FILE"],
        ],
        world: { received in
            if received.path == "/app/installations/456/access_tokens" {
                let bought: JSON = [
                    "token": "minted-t0ken", "expires_at": "2999-01-01T00:00:00Z",
                    "permissions": ["contents": "write", "metadata": "read"],
                ]
                return .status(201, body: bought.description)
            }
            return received.path == "/repos/acme/music"
                ? .status(200, body: repository.description) : .status(404)
        }
    ),
    Clinic(
        name: "Jira",
        secret: "s3cret-t0ken",
        actions: ["jira.comment", "jira.transition", "jira.assign"],
        settings: ["url": "URL", "token": "file:FILE", "issue": "MUSIC-1"],
        extras: [
            "jira.comment": ["body": "hello"], "jira.transition": ["to": "Done"],
            "jira.assign": ["account": "5b10"],
        ],
        world: world(
            [],
            [
                "/rest/api/3/myself": ["accountId": "5b10"],
                "/rest/api/3/mypermissions": [
                    "permissions": .object(
                        Dictionary(
                            uniqueKeysWithValues: JiraRight.allCases.map {
                                ($0.rawValue, ["havePermission": true])
                            }
                        )
                    )
                ],
            ]
        )
    ),
    Clinic(
        name: "App Store Connect",
        secret: AppStoreWorld.secret,
        file: AppStoreWorld.pem,
        sources: ["appstore"],
        actions: ["appstore.pause", "appstore.resume", "appstore.release"],
        settings: [
            "url": "URL", "app": "com.acme.music", "key": "file:FILE", "key_id": "2X9R4HXF34",
            "issuer": "57246542-96fe-1a63-e053-0824d011072a",
        ],
        world: world(
            [("X-Rate-Limit", "user-hour-lim:3500;user-hour-rem:3400;")],
            [
                "/v1/apps": [
                    "data": [
                        ["type": "apps", "id": "7", "attributes": ["bundleId": "com.acme.music"]]
                    ]
                ],
                "/v1/apps/7": ["data": ["type": "apps", "id": "7"]],
            ]
        )
    ),
    Clinic(
        name: "Google Play",
        secret: PlayWorld.token,
        file: PlayWorld.key,
        tokenPaths: ["/token"],
        sources: ["play"],
        actions: ["play.halt", "play.complete"],
        settings: [
            "url": "URL", "package": "com.acme.music", "key": "file:FILE",
            "token_url": "URL/token",
        ],
        world: { received in
            if received.path == "/token" {
                let token: JSON = ["access_token": .string(PlayWorld.token), "expires_in": 3599]
                return .status(200, body: token.description)
            }
            return received.path.hasSuffix("/tracks/production/releases")
                ? .status(200, body: #"{"releases": []}"#) : .status(404)
        }
    ),
    Clinic(
        name: "Play Developer Reporting",
        secret: PlayWorld.token,
        file: PlayWorld.key,
        tokenPaths: ["/token"],
        sources: ["play.vitals"],
        settings: [
            "url": "URL", "package": "com.acme.music", "key": "file:FILE",
            "token_url": "URL/token",
        ],
        world: { received in
            if received.path == "/token" {
                let token: JSON = ["access_token": .string(PlayWorld.token), "expires_in": 3599]
                return .status(200, body: token.description)
            }
            return .status(200, body: #"{"name": "a set", "freshnessInfo": {}}"#)
        }
    ),
    Clinic(
        name: "Slack",
        secret: "xoxb-s3cret-t0ken",
        actions: ["slack.post", "slack.status"],
        settings: [
            "url": "URL", "channel": "C024BE91L", "token": "file:FILE", "text": "hello",
        ],
        extras: ["slack.status": ["message": "release"]],
        world: world(
            [("X-OAuth-Scopes", "chat:write,channels:history")],
            [
                "/auth.test": ["ok": true, "bot_id": "B1"],
                "/conversations.history": ["ok": true, "messages": [], "has_more": false],
            ]
        )
    ),
    Clinic(
        name: "Sentry",
        secret: "s3cret-t0ken",
        sources: ["sentry"],
        actions: ["sentry.deploy"],
        settings: [
            "url": "URL", "organization": "acme", "token": "file:FILE",
            "release": "music@${version}", "environment": "production",
        ],
        extras: ["sentry": ["projects": ["7"]]],
        world: world(
            [],
            ["/api/0/organizations/acme/releases/": [], "/api/0/organizations/acme/projects/": []]
        )
    ),
    Clinic(
        name: "Prometheus",
        secret: "s3cret-t0ken",
        sources: ["prometheus"],
        settings: ["url": "URL", "token": "file:FILE", "facts": ["up": ["query": "up"]]],
        world: world(
            [],
            [
                "/api/v1/query": ["status": "success", "data": ["resultType": "scalar"]],
                "/api/v1/status/buildinfo": ["status": "success", "data": ["version": "3.5.0"]],
            ]
        )
    ),
    Clinic(
        name: "HTTP",
        secret: "s3cret-t0ken",
        takesAnyJSON: true,
        sources: ["http"],
        settings: ["url": "URL/facts", "bearer": "file:FILE", "facts": ["n": "int"]],
        world: world([], ["/facts": ["n": 7]])
    ),
]

@Suite struct `A doctor` {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func file(of clinic: Clinic) throws -> String {
        let name = clinic.name.replacing(" ", with: "-")
        try scratch.write(clinic.file ?? clinic.secret, to: name)
        return scratch.file(name)
    }

    @Test(arguments: clinics)
    private func `walks through the conformance suite`(clinic: Clinic) async throws {
        let file = try file(of: clinic)
        let findings = try await CheckupConformance(
            secret: clinic.secret,
            tokenPaths: clinic.tokenPaths,
            takesAnyJSON: clinic.takesAnyJSON,
            world: clinic.world
        ) { url, patience, record in
            await clinic.examine(url, file, patience: patience, record: record)
        }.run()
        #expect(findings == [])
    }

    @Test(arguments: clinics)
    private func `knows the settings of every kind that it looks at`(clinic: Clinic) throws {
        let deployment = clinic.deployment("https://a.example", "/none")
        for source in deployment.sources {
            #expect(
                faults(source: source.kind, source.settings) == []
            )
        }
        for action in deployment.actions {
            let found = faults(action: action.declaration.kind, action.settings)
            #expect(found == [], "\(action.declaration.kind)")
        }
    }

    @Test func `says which secret is not there, and asks nobody`() async throws {
        let clinic = clinics[0]
        let server = try await LoopbackServer.start(clinic.world)
        let diagnoses = await clinic.examine(server.url, scratch.file("none"))
        #expect(diagnoses.count == 1)
        let red = diagnoses[0].findings.filter { $0.verdict == .no }
        #expect(red.map(\.what) == [Finding.credentialIsThere])
        #expect(server.received.isEmpty)
        try await server.stop()
    }
}

@Suite struct `What is recorded` {
    private func recording(_ body: String, headers: [(String, String)] = []) throws -> Recording {
        let address = try #require(WebAddress("https://a.example/v1?token=k3y-in-the-address"))
        return Recording(
            backend: "a",
            HTTPTransport.Request(address: address, headers: []),
            HTTPTransport.Answer(
                status: 200,
                headers: HTTPHeaders(headers),
                body: Array(body.utf8)
            ),
            Redactor([Secret("c4nary+own")])
        )
    }

    @Test func `holds no secret, not the credential's own and not another's`() throws {
        let body = #"""
            {"note": "it is c4nary+own", "temp_clone_token": "c4nary-clone", "nested":
            [{"password": "c4nary-pass", "text": "see ghp_c4nary1 and xoxb-c4nary2"}],
            "pem": "-----BEGIN PRIVATE KEY-----\nc4nary3\n-----END PRIVATE KEY-----",
            "link": "https://b.example/file?X-Amz-Signature=c4nary4", "kept": "acme/music",
            "emailAddress": "c4nary@acme.example", "jwt": "eyJhbGciOiJFUzI1NiJ9.c4nary5.x"}
            """#
        let made = try recording(
            body,
            headers: [
                ("Set-Cookie", "session=c4nary6"), ("X-Anything", "c4nary7"),
                ("ETag", "\"c4nary+own\""), ("X-RateLimit-Remaining", "12"),
            ]
        )
        let saved = made.json.description
        #expect(!saved.contains("c4nary"), "\(saved)")
        #expect(!saved.contains("k3y-in-the-address"))
        #expect(saved.contains("acme/music"))
        #expect(saved.contains("x-ratelimit-remaining"))
    }

    @Test func `holds no secret where the body is no JSON`() throws {
        let made = try recording("<p>c4nary+own, YzRuYXJ5K293bg== and ghs_c4nary</p>")
        #expect(!made.json.description.contains("c4nary"))
        #expect(!made.json.description.contains("YzRuYXJ5K293bg"))
    }
}

@Suite struct `What answers mean` {
    private static func look(_ json: JSON, _ headers: HTTPHeaders = [:]) -> Look {
        Look(status: 200, headers: headers, json: json)
    }

    private static let readOnly: JSON = [
        "full_name": "acme/music", "private": true,
        "permissions": ["pull": true, "push": false],
    ]

    @Test(
        arguments: [
            (repository, "repo", nil, GitHubRight.writeContents, Finding.Verdict.yes),
            (repository, "read:org", nil, .writeContents, .no),
            (Self.readOnly, "repo", nil, .writeContents, .no),
            (Self.readOnly, "repo", nil, .comment, .yes),
            (repository, "repo:status", nil, .setStatus, .yes),
            (repository, "repo:status", nil, .dispatch, .no),
            (repository, nil, nil, .writeContents, .untold),
            (Self.readOnly, nil, nil, .writeContents, .no),
            (repository, nil, ["contents": "write"], .writeContents, .yes),
            (repository, nil, ["contents": "read"], .writeContents, .no),
            (repository, nil, ["contents": "write"], .dispatch, .no),
            (repository, nil, ["actions": "write"], .dispatch, .yes),
        ] as [(JSON, String?, JSON?, GitHubRight, Finding.Verdict)]
    )
    fileprivate func `GitHub's rights follow from scopes, roles and grants`(
        repository: JSON,
        scopes: String?,
        grants: JSON?,
        right: GitHubRight,
        verdict: Finding.Verdict
    ) {
        let headers: HTTPHeaders = scopes.map { ["X-OAuth-Scopes": $0] } ?? [:]
        let findings = GitHubDiagnosis(
            root: "repos/acme/music",
            repository: Self.look(repository, headers),
            grants: grants
        ).findings(right)
        #expect(findings.map(\.verdict) == [verdict])
        #expect(findings.allSatisfy { ($0.remedy == nil) == (verdict == .yes) })
    }

    @Test func `Jira's permissions are yes, no, or not told`() {
        let answer = Self.look([
            "permissions": [
                "ADD_COMMENTS": ["havePermission": true],
                "ASSIGN_ISSUES": ["havePermission": false],
            ]
        ])
        #expect(Jira.finding(.comment, answer, project: "MUSIC").verdict == .yes)
        #expect(Jira.finding(.assign, answer, project: nil).verdict == .no)
        #expect(Jira.finding(.create, answer, project: nil).verdict == .untold)
    }

    @Test func `Slack's bot may be in the channel and may not post`() {
        let fine = Self.look(["ok": true])
        let outside = Self.look(["ok": false, "error": "not_in_channel"])
        let writer = Self.look(["ok": true], ["X-OAuth-Scopes": "chat:write"])
        let reader = Self.look(["ok": true], ["X-OAuth-Scopes": "channels:history"])
        #expect(Slack.mayPost("C1", writer, fine).verdict == .yes)
        #expect(Slack.mayPost("C1", reader, fine).verdict == .no)
        #expect(Slack.mayPost("C1", writer, outside).verdict == .untold)
        #expect(Slack.mayPost("C1", fine, fine).verdict == .untold)
        #expect(Slack.mayRead("C1", outside).remedy == "invite the bot into the channel")
    }
}

@Suite struct `What is on this machine` {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func examine(_ kind: String, action: Bool = false, _ settings: JSON) async -> [Finding]
    {
        var deployment = Deployment(
            apps: [AppDefinition(name: "music", platforms: ["ios"], machines: [:])]
        )
        if action {
            deployment.actions = [
                ActionDefinition(
                    declaration: ActionDeclaration(name: "a", kind: kind, actionClass: .atMostOnce),
                    settings: settings
                )
            ]
        } else {
            deployment.sources = [
                SourceDefinition(
                    name: "a",
                    kind: kind,
                    scope: .track,
                    every: .minutes(1),
                    timeout: .seconds(10),
                    settings: settings,
                    schema: FactSchema([])
                )
            ]
        }
        return await StandardAdapters().examine(deployment).flatMap(\.findings)
    }

    @Test func `a file is there or not, and one of a version cannot be told`() async throws {
        try scratch.write("n: 1", to: "music.yaml")
        func verdicts(_ path: String) async -> [Finding.Verdict] {
            await examine(
                "file",
                ["path": .string(scratch.file(path)), "facts": ["n": "int"]]
            ).map(\.verdict)
        }
        #expect(await verdicts("${app}.yaml") == [.yes])
        #expect(await verdicts("none.yaml") == [.no])
        #expect(await verdicts("${version}.yaml") == [.untold])
    }

    @Test func `a program is looked for, and never started`() async throws {
        let program = try scratch.script("touch \(scratch.file("started"))", name: "program")
        func findings(_ program: String) async -> [Finding] {
            await examine("command", ["argv": [.string(program)], "facts": ["n": "int"]])
        }
        #expect(await findings("sh").map(\.verdict) == [.yes])
        #expect(await findings(scratch.file("none")).map(\.verdict) == [.no])
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: program)
        #expect(await findings(program).map(\.verdict) == [.no])
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: program)
        #expect(await findings(program).map(\.verdict) == [.yes])
        #expect(!FileManager.default.fileExists(atPath: scratch.file("started")))
    }

    @Test func `a repository is there, and its remote answers or not`() async throws {
        let repository = scratch.file("repository")
        let ending = await ProcessRunner(
            argv: ["git", "init", "--quiet", repository],
            environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin"],
            timeout: .minutes(1)
        ).run()
        guard case .exited(code: 0, _, _) = ending else {
            return #expect(Bool(false), "\(ending)")
        }
        let settings: JSON = [
            "repository": .string(repository), "remote": "origin", "tag": "v1",
        ]
        let findings = await examine("git.push", action: true, settings)
        #expect(findings.map(\.verdict) == [.yes, .no, .untold])
        let tag = await examine("git.tag", action: true, ["repository": .string(repository)])
        #expect(tag.map(\.verdict) == [.yes, .yes])
        let none = await examine("git", ["repository": .string(scratch.file("none"))])
        #expect(none.map(\.verdict) == [.no])
    }

    @Test func `an address of a version is reached, and not asked`() async throws {
        let server = try await LoopbackServer.start { _ in .status(404) }
        try scratch.write("s3cret", to: "token")
        let settings: JSON = [
            "url": .string(server.url + "/${version}"), "facts": ["n": "int"],
            "bearer": .string("file:" + scratch.file("token")),
        ]
        let findings = await examine("http", settings)
        #expect(findings.contains(Finding(Finding.reachable, .yes)))
        #expect(findings.filter { $0.verdict == .no } == [])
        #expect(findings.last?.verdict == .untold)
        #expect(server.received.map(\.method) == [.HEAD])
        try await server.stop()
    }

    @Test func `a webhook is reached, and not called`() async throws {
        let server = try await LoopbackServer.start { _ in .status(405) }
        try scratch.write("s3cret", to: "token")
        let findings = await examine(
            "webhook",
            action: true,
            [
                "url": .string(server.url + "/hooks"),
                "bearer": .string("file:" + scratch.file("token")),
            ]
        )
        #expect(findings.contains(Finding(Finding.reachable, .yes)))
        #expect(findings.filter { $0.verdict == .no } == [])
        #expect(server.received.map(\.method) == [.HEAD])
        #expect(server.received.allSatisfy { $0.headers["authorization"].isEmpty })
        try await server.stop()
    }
}
