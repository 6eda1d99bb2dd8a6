import ConductorCore
import ConductorPorts
import Foundation
import Testing

@testable import SourceAdapters

@Suite struct `The file source` {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func file(_ path: String, _ facts: JSON = ["n": "int"], _ more: [String: JSON] = [:])
        throws -> any Source
    {
        var settings = more
        settings["path"] = .string(scratch.file(path))
        settings["facts"] = facts
        return try source("file", .object(settings))
    }

    @Test func `brings values as they stand, with subject and time`() async throws {
        try scratch.write(
            #"{"tests": {"state": "passed", "commit": "abc", "at": "2026-03-02T09:00:00+01:00"},"#
                + #""rate": 0.5, "gone": null, "odd": "7"}"#,
            to: "8.9.2.json"
        )
        let facts: JSON = [
            "tests.state": [
                "type": "string", "subject": "head", "about": "/tests/commit",
                "observed_at": "/tests/at",
            ],
            "rate": "double", "gone": "int", "missing": "int", "odd": "int",
            "half": ["type": "double", "at": "/rate", "observed_at": "/no"],
            "other": ["type": "double", "at": "/rate", "subject": "head", "about": "/no"],
        ]
        let answer = try await file("${version}.json", facts).observe(request())
        #expect(
            answer
                == .observed(
                    Observation(
                        facts: [
                            "tests.state": ObservedFact("passed", about: "abc"),
                            "rate": ObservedFact(.double(0.5)), "odd": ObservedFact("7"),
                            "other": ObservedFact(.double(0.5), about: nil),
                        ],
                        observedAt: [
                            "tests.state": Instant(rfc3339: "2026-03-02T08:00:00Z")!
                        ]
                    )
                )
        )
    }

    @Test func `reads YAML by the core schema`() async throws {
        try scratch.write(
            """
            yes_is_text: yes
            octal: 0o17
            leading: 017
            float: 1.50
            exp: 1e3
            time: 2026-03-02T09:00:00Z
            quoted: "5"
            tagged: !!str 5
            inf: .inf
            list: [1, .nan]
            record: {a: 1, b: .nan}
            nothing: ~
            """,
            to: "x.yaml"
        )
        let names = [
            "yes_is_text", "octal", "leading", "float", "exp", "time", "quoted", "tagged", "inf",
            "list", "record", "nothing",
        ]
        let facts = JSON.object(Dictionary(uniqueKeysWithValues: names.map { ($0, "string") }))
        let answer = try await file("x.yaml", facts).observe(request())
        let values = answer.observation?.facts.mapValues(\.value)
        #expect(
            values == [
                "yes_is_text": "yes", "octal": 15, "leading": 17, "float": .double(1.5),
                "exp": .double(1000), "time": "2026-03-02T09:00:00Z", "quoted": "5", "tagged": "5",
                "record": ["a": 1],
            ]
        )
    }

    @Test(arguments: [
        ("a.json", "{\"n\": 1"), ("a.json", ""), ("a.json", "{\"n\": NaN}"),
        ("a.json", "{\"n\": 1, \"n\": 2}"), ("a.yaml", "n: [1"), ("a.yaml", "n: 1\nn: 2"),
        ("a.yaml", "n: 1\n---\nn: 2"), ("a.yaml", "n: !!binary aGk="), ("a.yaml", "? [a]\n: 1"),
    ])
    func `what is no document is a failed poll`(name: String, text: String) async throws {
        try scratch.write(text, to: name)
        let answer = try await file(name).observe(request())
        #expect(answer.failure == .malformed)
    }

    @Test func `aliases do not unfold without end`() async throws {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<12 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(aliases)]\n"
        }
        try scratch.write(text, to: "bomb.yaml")
        #expect(try await file("bomb.yaml").observe(request()).failure == .malformed)
    }

    @Test(arguments: ["json", "yaml"])
    func `nesting has an end`(format: String) async throws {
        let text = String(repeating: "[", count: 900) + String(repeating: "]", count: 900)
        try scratch.write(text, to: "deep." + format)
        #expect(try await file("deep." + format).observe(request()).failure == .malformed)
        try scratch.write(String(repeating: "[", count: 200_000), to: "deeper." + format)
        #expect(try await file("deeper." + format).observe(request()).failure == .malformed)
    }

    @Test func `pipes, folders and devices are refused at once`() async throws {
        #expect(unsafe mkfifo(scratch.file("pipe.json"), 0o600) == 0)
        try FileManager.default.createDirectory(
            atPath: scratch.file("folder.json"),
            withIntermediateDirectories: false
        )
        unsafe symlink("/dev/zero", scratch.file("device.json"))
        for name in ["pipe.json", "folder.json", "device.json"] {
            let began = ContinuousClock.now
            #expect(try await file(name).observe(request()).failure == .misconfigured)
            #expect(ContinuousClock.now - began < .seconds(10))
        }
    }

    @Test func `a missing file and a large one are told apart`() async throws {
        #expect(try await file("none.json").observe(request()).failure == .notFound)
        try scratch.write("{\"n\": 1}" + String(repeating: " ", count: 100), to: "large.json")
        let answer = try await file("large.json", ["n": "int"], ["max_bytes": 50])
            .observe(request())
        #expect(answer.failure == .tooLarge)
    }

    @Test func `facts beyond the size of an observation are too large`() async throws {
        let text = String(repeating: "x", count: Limits.observationBytes)
        try scratch.write("{\"n\": \"\(text)\"}", to: "a.json")
        #expect(try await file("a.json", ["n": "string"]).observe(request()).failure == .tooLarge)
    }

    @Test func `a half-written file is never an answer`() async throws {
        // Cut here it is still a document, and a wrong one.
        let path = scratch.file("torn.yaml")
        let source = try file("torn.yaml")
        let clock = ContinuousClock()
        var rounds = 0
        for _ in 0..<100 where rounds < 5 {
            let began = clock.now
            try "n: 12".write(toFile: path, atomically: false, encoding: .utf8)
            async let poll = source.observe(request())
            try await Task.sleep(for: .milliseconds(10))
            try "n: 12345\n".write(toFile: path, atomically: false, encoding: .utf8)
            let wasQuick = clock.now - began < .milliseconds(30)
            let answer = await poll
            // A writer who rests for longer than the reader waits cannot be told from one who is
            // through.
            guard wasQuick else { continue }
            rounds += 1
            #expect(answer.value("n") == 12345)
        }
        #expect(rounds > 0)
    }

    @Test func `a path that a value would lead away is misconfigured`() async throws {
        var odd = request()
        odd.variables["version"] = "../../etc/passwd"
        #expect(try await file("${version}.json").observe(odd).failure == .misconfigured)
        odd.variables["version"] = nil
        #expect(try await file("${version}.json").observe(odd).failure == .misconfigured)
    }
}
