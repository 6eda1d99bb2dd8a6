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
}
