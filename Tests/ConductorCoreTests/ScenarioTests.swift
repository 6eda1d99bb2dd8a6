import ConductorCore
import ConductorTesting
import Foundation
import Testing

/// A golden script: what is played above the line, what came of it below.
struct Scenario: CustomTestStringConvertible, Sendable {
    let file: URL
    let script: String
    let expected: String

    var testDescription: String { file.deletingPathExtension().lastPathComponent }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Scenarios")

    static let all: [Scenario] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
        return names.filter { $0.hasSuffix(".txt") }.sorted().compactMap { name in
            let file = folder.appending(path: name)
            guard let text = try? String(contentsOf: file, encoding: .utf8) else { return nil }
            let halves = text.components(separatedBy: "----\n")
            return Scenario(
                file: file,
                script: halves[0],
                expected: halves.count > 1 ? halves[1] : ""
            )
        }
    }()
}

@Suite struct `Scenarios` {
    @Test func `are there`() {
        #expect(Scenario.all.count >= 30)
    }

    @Test(arguments: Scenario.all)
    func `come out as they are written`(scenario: Scenario) throws {
        let output = try ScenarioRunner.run(scenario.script)
        if ProcessInfo.processInfo.environment["CONDUCTOR_REWRITE"] == "1" {
            try (scenario.script + "----\n" + output)
                .write(to: scenario.file, atomically: true, encoding: .utf8)
            return
        }
        let lines = output.components(separatedBy: "\n")
        let expected = scenario.expected.components(separatedBy: "\n")
        let place = zip(lines, expected).enumerated().first { $0.element.0 != $0.element.1 }
        #expect(
            output == scenario.expected,
            """
            first difference in output line \((place?.offset ?? min(lines.count, expected.count)) + 1): \
            CONDUCTOR_REWRITE=1 rewrites the lower halves; commit them only if you understand them
            """
        )
    }

    @Test(arguments: Scenario.all)
    func `replay to equal bytes, incrementally and in full`(scenario: Scenario) throws {
        var runner = ScenarioRunner()
        try runner.play(scenario.script)
        for full in [false, true] {
            let replay = try runner.rehearsal.replayed(full: full)
            #expect(replay.ticks > 0)
            #expect(replay.divergences.isEmpty, "full: \(full)")
        }
    }

    /// Where a child of the next test writes; the children run this very test executable.
    private static let childKey = "CONDUCTOR_SCENARIO_OUTPUT"

    @Test(.enabled(if: ProcessInfo.processInfo.environment[childKey] != nil))
    func `written by a child process`() throws {
        let path = try #require(ProcessInfo.processInfo.environment[Self.childKey])
        var text = ""
        for scenario in Scenario.all { text += try ScenarioRunner.run(scenario.script) }
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment[childKey] == nil))
    func `give equal bytes in eight processes of different zone, language and hash seed`()
        async throws
    {
        let zones = [
            "UTC", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati", "Europe/Berlin",
            "Australia/Lord_Howe", "Africa/Cairo", "Pacific/Pago_Pago",
        ]
        let languages = ["C", "de_DE.UTF-8", "tr_TR.UTF-8", "ar_EG.UTF-8"]
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "scenarios-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var children: [(Process, URL)] = []
        for (place, zone) in zones.enumerated() {
            let output = folder.appending(path: "\(place).txt")
            let process = Process()
            process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
            process.arguments =
                CommandLine.arguments.dropFirst().filter { $0.hasPrefix("/") }
                + ["--testing-library", "swift-testing", "--filter", "written by a child process"]
            var environment = ProcessInfo.processInfo.environment
            environment["TZ"] = zone
            environment["LANG"] = languages[place % languages.count]
            environment["LC_ALL"] = languages[place % languages.count]
            environment["SWIFT_DETERMINISTIC_HASHING"] = nil
            environment[Self.childKey] = output.path()
            process.environment = environment
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            children.append((process, output))
        }
        // Two at a time, for two cores.
        for pair in stride(from: 0, to: children.count, by: 2) {
            let processes = children[pair..<min(pair + 2, children.count)].map(\.0)
            for process in processes { try process.run() }
            for process in processes {
                process.waitUntilExit()
                #expect(process.terminationStatus == 0)
            }
        }
        let mine = Scenario.all.map(\.expected).joined()
        #expect(!mine.isEmpty)
        for (place, child) in children.enumerated() {
            let theirs = try String(contentsOf: child.1, encoding: .utf8)
            #expect(theirs == mine, "zone \(zones[place])")
        }
    }
}
