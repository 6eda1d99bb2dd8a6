import ConductorCore
import ConductorFiles
import Testing

@Suite struct `The text of a file` {
    private static func faults(rules: String) -> [String] {
        var files = Sample()
        files.rules = [("", rules)]
        return files.load().faults.filter { $0.file == "rules.yaml" }.map(\.description)
    }

    @Test func `that ends too early is said to end too early`() {
        let faults = Self.faults(rules: "stages: {a: {shelf: current}\n")
        #expect(
            faults == [
                "rules.yaml:1:29: error[E003]: while parsing a flow mapping:"
                    + " did not find expected ',' or '}'"
            ]
        )
    }

    @Test func `with a tab or a control character is refused at its place`() {
        #expect(
            Self.faults(rules: "a: b\n\tc: d\n").first?.hasPrefix("rules.yaml:2:1: error[E003]")
                == true
        )
        #expect(
            Self.faults(rules: "ä: b\nc: d\u{1}\n").first?.hasPrefix("rules.yaml:2:5: error[E003]")
                == true
        )
    }

    @Test func `that is not UTF-8 is refused where it stops being text`() {
        var memory = MemoryFiles(["conductor.yaml": Sample().configText])
        memory.files["rules.yaml"] = Array("machine: a\nb: ".utf8) + [0xFF, 0xFE]
        let loaded = RuleFiles.load(
            rules: "rules.yaml",
            config: "conductor.yaml",
            catalog: FakeCatalog(),
            files: memory
        )
        #expect(loaded.faults.map { "\($0.line):\($0.column) \($0.code.rawValue)" } == ["2:4 E003"])
    }

    @Test func `names every key that stands twice, and all other faults with them`() {
        var sample = Sample()
        sample.replace(
            rules: """
                conditions:
                  built: rc.commit == vcs.head
                  "built": rc.commit == ""
                  no_bugs: {expr: tracker.open < 1, expr: tracker.open < 2, exp: tracker.open < 3}
                  built: rc.commit == ""
                """
        )
        let found = sample.load().faults.map { "\($0.line):\($0.column) \($0.code.rawValue)" }
        #expect(found == ["14:3 E004", "15:37 E004", "15:61 E010", "16:3 E004"])
    }

    @Test func `may repeat itself by anchors, aliases and merges`() {
        var sample = Sample()
        sample.replace(
            rules: """
                stages:
                  branched: &current {shelf: current}
                  final_rc: {<<: *current, latch: candidate}
                  rollout: &out {shelf: production}
                  paused: {<<: [*out, {shelf: current, kind: error}], kind: waiting}
                  done: {shelf: production, terminal: true}
                """
        )
        let loaded = sample.load()
        #expect(loaded.rendered == "")
        let paused = loaded.deployment?.app("music")?.machines["ios"]?.stage("paused")
        #expect(paused == Stage(name: "paused", shelf: .production, kind: .waiting))
    }

    static let bombs = [
        // Wide, deep, and as keys.
        (0..<12).map {
            "a\($0): &a\($0) [\(Array(repeating: $0 == 0 ? "x" : "*a\($0 - 1)", count: 12).joined(separator: ", "))]"
        }
        .joined(separator: "\n"),
        (0..<12).map {
            "a\($0): &a\($0) [\(Array(repeating: $0 == 0 ? "x" : "*a\($0 - 1)", count: 12).joined(separator: ", "))]"
        }
        .joined(separator: "\n") + "\n? *a11\n: x",
        (0..<30).map { "- &a\($0) {\($0 == 0 ? "x" : "<<: [*a\($0 - 1), *a\($0 - 1)]"): y}" }
            .joined(separator: "\n"),
    ]

    @Test(arguments: bombs.indices) func `that multiplies itself is refused, at once`(_ bomb: Int) {
        let faults = Self.faults(rules: Self.bombs[bomb])
        #expect(faults.count == 1)
        #expect(faults.first?.contains("error[E005]") == true)
    }

    static let towers = [
        String(repeating: "[", count: 100_000), String(repeating: "- ", count: 100_000) + "a",
        (0..<3000).map { String(repeating: " ", count: $0) + "a:\n" }.joined(),
        "a: " + String(repeating: "[", count: 70) + String(repeating: "]", count: 70),
    ]

    @Test(arguments: towers.indices) func `that is nested too deep is refused`(_ tower: Int) {
        #expect(Self.faults(rules: Self.towers[tower]).first?.contains("error[E002]") == true)
    }

    @Test func `that is too large is refused`() {
        let text = String(repeating: "# a comment line, and nothing else\n", count: 125_000)
        #expect(
            Self.faults(rules: text).first?.contains("error[E002]: the file is larger than 4 MiB")
                == true
        )
    }

    @Test func `may begin with a byte order mark`() {
        #expect(Self.faults(rules: "\u{FEFF}" + Sample().rulesText) == [])
    }
}
