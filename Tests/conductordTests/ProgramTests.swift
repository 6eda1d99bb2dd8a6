import ConductorCore
import Foundation
import Testing

@testable import conductord

@Suite struct `The program` {
    @Test func `ends with 0, 1, 2 or 3, as documented`() throws {
        #expect(try Ran.conductord("eval", "1 + 1").code == 0)
        #expect(try Ran.conductord("--help").code == 0)
        #expect(try Ran.conductord("--generate-completion-script", "bash").code == 0)
        #expect(try Ran.conductord("eval", "1 +").code == 1)
        let usage = try Ran.conductord("explain")
        #expect(usage.code == 2)
        #expect(usage.errors.hasPrefix("conductord: Missing expected argument '<track>'"))
        #expect(usage.output.isEmpty)
        let cannot = try Ran.conductord("status", "--journal", "/nowhere/journal.sqlite")
        #expect(cannot.code == 3)
        #expect(cannot.errors.hasPrefix("conductord: /nowhere/journal.sqlite does not exist"))
        #expect(cannot.output.isEmpty)
    }

    @Test func `reads a journal, and needs nothing else`() throws {
        let story = try longStory()
        let journal = ["--journal", story.path, "--json"]
        let track = ScriptedJournal.track.description
        let commands = [
            ["status"], ["track", "list"], ["explain", track], ["timeline", track], ["replay"],
            ["replay", "--full", "--track", track], ["verify"], ["head"],
        ]
        for command in commands {
            let ran = try Ran.conductord(command + journal)
            #expect(ran.code == 0, "\(command): \(ran.errors)")
            #expect(ran.errors.isEmpty)
            #expect(ran.output.hasSuffix("}\n"))
            #expect(ran.json?.description.appending("\n") == ran.output)
        }
    }

    @Test func `prints no colours into a pipe`() throws {
        let story = try longStory()
        let ran = try Ran.conductord("status", "--journal", story.path)
        #expect(ran.output.contains("◐ yellow"))
        #expect(!ran.output.contains("\u{1B}"))
    }

    @Test func `says no with 1 where the journal does not end as expected`() throws {
        let story = try longStory()
        let head = try #require(
            try Ran.conductord("head", "--journal", story.path).output.split(separator: " ").first
        )
        let same = ["verify", "--journal", story.path, "--head", String(head)]
        #expect(try Ran.conductord(same).code == 0)
        try story.tick()
        #expect(try Ran.conductord(same).code == 1)
    }

    @Test func `refuses unknown tracks with 3 and a suggestion`() throws {
        let story = try longStory()
        for command in ["explain", "timeline"] {
            let ran = try Ran.conductord(command, "music/ios/8.9.1", "--journal", story.path)
            #expect(ran.code == 3)
            #expect(ran.errors.contains("did you mean 'music/ios/8.9.2'?"))
        }
    }

    @Test func `goes quietly when its reader has gone`() throws {
        let line = #"{"id": 1, "expr": "[1, 2, 3].map(x, x * 2)"}"# + "\n"
        let process = Process()
        process.executableURL = Ran.executable
        process.arguments = ["eval", "--batch"]
        let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = stdout
        process.standardError = stderr
        try process.run()
        // The other end is closed before the first answer: nobody will read it.
        try stdout.fileHandleForReading.close()
        try stdin.fileHandleForWriting.write(contentsOf: Data(line.utf8))
        try stdin.fileHandleForWriting.close()
        let errors = try stderr.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationReason == .exit)
        #expect(process.terminationStatus == 0)
        #expect(errors.isEmpty)
    }

    @Test func `answers a batch line by line`() throws {
        let input = """
            {"id": 1, "expr": "1 + 1"}

            not json
            {"id": 2, "expr": "x", "types": {"x": "int"}}
            """
        let ran = try Ran.conductord("eval", "--batch", input: input)
        #expect(ran.code == 0)
        let answers = ran.output.split(separator: "\n")
        #expect(answers.count == 3)
        #expect(answers.first == #"{"id":1,"type":"int","value":{"int64":2}}"#)
        #expect(answers.last == #"{"id":2,"type":"int","unknown":["x"]}"#)
    }
}
