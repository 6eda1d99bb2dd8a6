import ConductorCore
import ConductorFiles
import Foundation
import Testing

@Suite struct `A file with many faults` {
    private static func load() throws -> RuleFiles.Loaded {
        let rules = try text(
            of: "Tests/Fixtures/faulty-release-states.yaml"
        )
        return RuleFiles.load(
            rules: "faulty.yaml",
            config: "conductor.yaml",
            catalog: FakeCatalog(),
            files: MemoryFiles(["faulty.yaml": rules, "conductor.yaml": Sample().configText])
        )
    }

    @Test func `shows all of them at once, each at its place`() throws {
        let loaded = try Self.load()
        let found = loaded.faults.map { "\($0.line):\($0.column) \($0.code.rawValue)" }
        #expect(
            found == [
                "3:10 E006", "4:7 E027", "9:21 E015", "10:41 E013", "11:3 E047", "11:46 E010",
                "12:3 E040", "13:3 E004", "17:43 E031", "20:31 E032", "21:10 E033", "22:25 E030",
                "23:3 W001", "26:26 E020", "27:78 E022", "28:25 E043", "32:34 E038", "33:64 E016",
                "36:11 W007", "37:13 E020", "40:10 E046",
            ]
        )
        #expect(Set(loaded.codes).count >= 15)
        #expect(loaded.deployment == nil)
    }

    @Test func `is told the same way every time`() throws {
        let first = try Self.load().rendered
        for _ in 0..<4 { #expect(try Self.load().rendered == first) }
    }

    @Test func `says what was probably meant`() throws {
        let suggestions = try Self.load().faults.compactMap { fault in
            fault.suggestion.map { "\(fault.code.rawValue) \($0)" }
        }
        #expect(
            suggestions == [
                "E006 1", "E027 vcs.head", "E015 current", "E031 tracker.open", "E020 final_rc",
                "E022 store.start", "E038 track.version", "E020 rollout",
            ]
        )
    }
}
