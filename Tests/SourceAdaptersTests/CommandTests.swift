import ConductorCore
import ConductorPorts
import Foundation
import Testing

@testable import SourceAdapters

/// Whether a process is there and not merely waiting to be reaped.
private func isAlive(_ pid: pid_t) -> Bool {
    guard kill(pid, 0) == 0 else { return false }
    guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
        let end = stat.lastIndex(of: ")")
    else { return true }
    return !stat[end...].hasPrefix(") Z")
}

@Suite struct `The command source` {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func command(
        _ argv: [JSON],
        _ more: [String: JSON] = [:],
        facts: JSON = ["n": "int"],
        timeout: Span = .seconds(10)
    ) throws -> any Source {
        var settings = more
        settings["argv"] = .array(argv)
        settings["facts"] = facts
        return try source("command", .object(settings), timeout: timeout)
    }

    @Test func `brings the facts of what the program prints`() async throws {
        let answer = try await command(["printf", #"{"n": %s}"#, 7]).observe(request())
        #expect(answer.value("n") == 7)
    }

    @Test func `hands over every argument whole, with no shell between`() async throws {
        let script = try scratch.script(#"printf '{"count": %s, "first": "%s"}' "$#" "$1""#)
        var odd = request()
        odd.variables["version"] = "1; touch x $(id) `id` *"
        let answer = try await command(
            ["/bin/sh", .string(script), "${version}", ""],
            facts: ["count": "int", "first": "string"]
        ).observe(odd)
        #expect(answer.value("count") == 2)
        #expect(answer.value("first") == "1; touch x $(id) `id` *")
    }

    @Test func `gives little of its own environment to the child`() async throws {
        unsafe setenv("LEAKY_SECRET", "do-not-pass", 1)
        unsafe setenv("PASSED_ON", "fine", 1)
        try scratch.write("s3cret\n", to: "token")
        let script = try scratch.script("env > \(scratch.file("env.txt")); echo '{\"n\": 1}'")
        let answer = try await command(
            ["/bin/sh", .string(script)],
            [
                "pass": ["PASSED_ON"],
                "environment": [
                    "TOKEN": .string("file:" + scratch.file("token")),
                    "WHICH": ["value": "v${version}"],
                ],
                "cwd": .string(scratch.path),
            ]
        ).observe(request())
        #expect(answer.value("n") == 1)
        let names = Set(
            try #require(scratch.text("env.txt")).split(separator: "\n").compactMap {
                $0.split(separator: "=").first.map(String.init)
            }
        )
        #expect(
            names.isSubset(of: [
                "PATH", "HOME", "LANG", "PASSED_ON", "TOKEN", "WHICH", "PWD", "SHLVL", "_",
                "OLDPWD",
            ])
        )
        #expect(scratch.text("env.txt")?.contains("TOKEN=s3cret\n") == true)
        #expect(scratch.text("env.txt")?.contains("WHICH=v8.9.2\n") == true)
        #expect(scratch.text("env.txt")?.contains("do-not-pass") == false)
    }

    @Test func `a failing program is a failed poll, with its last words and no secret`()
        async throws
    {
        try scratch.write("s3cret", to: "token")
        let script = try scratch.script(
            #"echo "cannot log in with $TOKEN" >&2; echo '{"n": 1}'; exit 4"#
        )
        let answer = try await command(
            ["/bin/sh", .string(script)],
            ["environment": ["TOKEN": .string("file:" + scratch.file("token"))]]
        ).observe(request())
        #expect(answer == .failed(.exitStatus, message: "exit status 4: cannot log in with ***"))
    }

    @Test func `the deadline ends the program and its children`() async throws {
        // The grandchild holds the pipes and ignores the polite signal.
        let script = try scratch.script(
            """
            sh -c 'trap "" TERM; echo $$ > \(scratch.file("grandchild")); sleep 300' &
            trap "" TERM
            wait
            sleep 300
            """
        )
        let answer = try await command(["/bin/sh", .string(script)], timeout: .seconds(3)).observe(
            request()
        )
        #expect(answer.failure == .timedOut)
        let text = try #require(scratch.text("grandchild"))
        let pid = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(await eventually { !isAlive(pid) })
    }

    @Test func `what outlives an answer is ended with it`() async throws {
        let script = try scratch.script(
            "sleep 300 & echo $! > \(scratch.file("left")); echo '{\"n\": 1}'"
        )
        let began = ContinuousClock.now
        #expect(try await command(["/bin/sh", .string(script)]).observe(request()).value("n") == 1)
        // Well under the 300 seconds for which what it left would sleep.
        #expect(ContinuousClock.now - began < .seconds(120))
        let text = try #require(scratch.text("left"))
        let pid = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(await eventually { !isAlive(pid) })
    }

    @Test func `a program that closes its output and stays is ended all the same`() async throws {
        let script = try scratch.script("echo '{\"n\": 1}'; exec >&- 2>&-; exec sleep 300")
        let answer = try await command(["/bin/sh", .string(script)], timeout: .seconds(1)).observe(
            request()
        )
        #expect(answer.failure == .timedOut)
    }

    @Test func `a cancelled poll ends its program promptly`() async throws {
        let script = try scratch.script("echo $$ > \(scratch.file("pid")); exec sleep 300")
        let source = try command(["/bin/sh", .string(script)], timeout: .minutes(5))
        let poll = Task { await source.observe(request()) }
        #expect(await eventually { scratch.text("pid")?.hasSuffix("\n") == true })
        let began = ContinuousClock.now
        poll.cancel()
        #expect(await poll.value.failure == .timedOut)
        #expect(ContinuousClock.now - began < .seconds(10))
        let text = try #require(scratch.text("pid"))
        let pid = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(await eventually { !isAlive(pid) })
    }

    @Test func `a flood is too large, on either pipe harmless`() async throws {
        let flood = try await command(["yes"], ["max_bytes": 100_000]).observe(request())
        #expect(flood.failure == .tooLarge)
        let script = try scratch.script("head -c 3000000 /dev/zero >&2; echo '{\"n\": 1}'")
        #expect(try await command(["/bin/sh", .string(script)]).observe(request()).value("n") == 1)
    }

    @Test func `a program that is not there is misconfigured`() async throws {
        let answer = try await command(["/surely/not/there"]).observe(request())
        #expect(answer.failure == .misconfigured)
        let elsewhere = try await command(["true"], ["cwd": "/surely/not"]).observe(request())
        #expect(elsewhere.failure == .misconfigured)
    }

    @Test func `output that is no JSON is malformed`() async throws {
        #expect(try await command(["echo", "hello"]).observe(request()).failure == .malformed)
        #expect(try await command(["true"]).observe(request()).failure == .malformed)
    }
}

@Suite struct `The command action` {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test func `performs under the key and says what came of it`() async throws {
        let script = try scratch.script(
            #"echo "$CONDUCTOR_KEY $CONDUCTOR_TRACK $CONDUCTOR_ACTION $CONDUCTOR_ATTEMPT $1""#
        )
        let action = try action("command", ["argv": ["/bin/sh", .string(script), "${with.text}"]])
        let outcome = await action.perform(intent(with: ["text": "a b"]), attempt: 2)
        #expect(outcome == .done(evidence: "music/ios/8.9.2/3/0/act music/ios/8.9.2 act 2 a b"))
    }

    @Test func `tells refused from busy from unknown`() async throws {
        func outcome(_ text: String, deadline: Span = .seconds(10)) async throws -> ActionOutcome {
            let script = try scratch.script(text)
            return try await action("command", ["argv": ["/bin/sh", .string(script)]])
                .perform(intent(deadline: deadline), attempt: 1)
        }
        #expect(
            try await outcome("echo busy >&2; exit 75")
                == .retryable(reason: "exit status 75: busy", after: nil)
        )
        guard case .rejected(let reason, _) = try await outcome("echo no >&2; exit 1") else {
            return #expect(Bool(false), "exit status 1 should be a refusal")
        }
        #expect(reason == "exit status 1: no")
        guard case .unknown = try await outcome("kill -9 $$") else {
            return #expect(Bool(false), "a killed program should leave doubt")
        }
        guard case .unknown = try await outcome("sleep 300", deadline: Span(milliseconds: 300))
        else {
            return #expect(Bool(false), "a deadline should leave doubt")
        }
    }

    @Test func `what never started is refused, not unknown`() async throws {
        let outcome = try await action("command", ["argv": ["/surely/not/there"]])
            .perform(intent(), attempt: 1)
        guard case .rejected = outcome else { return #expect(Bool(false), "\(outcome)") }
        let blank = try await action("command", ["argv": ["echo", "${with.none}"]])
            .perform(intent(), attempt: 1)
        guard case .rejected = blank else { return #expect(Bool(false), "\(blank)") }
    }

    @Test(arguments: [
        (0, ProbeAnswer.present(evidence: "seen")), (1, .absent), (3, .ambiguous(reason: "seen")),
        (2, .unavailable(reason: "the probe's exit status 2: it said nothing")),
    ])
    func `the probe speaks by its exit status`(status: Int, answer: ProbeAnswer) async throws {
        let script = try scratch.script("echo seen; exit \(status)")
        let action = try action(
            "command",
            ["argv": ["true"], "probe": ["/bin/sh", .string(script)]]
        )
        #expect(await action.probe(intent()) == answer)
    }

    @Test func `no evidence and no reason holds a secret`() async throws {
        try scratch.write("s3cret!", to: "token")
        for status in [0, 1, 75] {
            let script = try scratch.script(
                #"echo "$TOKEN"; echo "$TOKEN" >&2; printf %s "$TOKEN" | base64 >&2; exit "#
                    + "\(status)"
            )
            let outcome = try await action(
                "command",
                [
                    "argv": ["/bin/sh", .string(script)],
                    "environment": ["TOKEN": .string("file:" + scratch.file("token"))],
                ]
            ).perform(intent(), attempt: 1)
            #expect(!"\(outcome)".contains("s3cret") && !"\(outcome)".contains("czNjcmV0"))
            #expect("\(outcome)".contains("***"))
        }
    }
}
