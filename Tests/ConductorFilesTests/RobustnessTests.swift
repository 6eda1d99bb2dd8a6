import ConductorCore
import ConductorFiles
import Testing

/// Numbers that look random, from a seed.
private struct Dice {
    var state: UInt64

    mutating func roll(_ count: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(count))
    }
}

@Suite struct `Files that were damaged` {
    private static let scraps: [Unicode.Scalar] = Array(
        "\"'{}[]:,&*!|>#-?%@`$ \n\tä😀\u{0}\u{1}\u{85}\u{2028}01.x".unicodeScalars
    )

    private static func damaged(_ text: String, _ dice: inout Dice) -> String {
        var scalars = Array(text.unicodeScalars)
        for _ in 0...dice.roll(6) {
            let start = dice.roll(scalars.count)
            let end = min(scalars.count, start + dice.roll(12))
            switch dice.roll(4) {
            case 0: scalars.removeSubrange(start..<end)
            case 1: scalars.insert(scraps[dice.roll(scraps.count)], at: start)
            case 2: scalars.insert(contentsOf: scalars[start..<end], at: dice.roll(scalars.count))
            default: scalars[start] = scraps[dice.roll(scraps.count)]
            }
        }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    @Test(arguments: UInt64(0)..<150) func `are answered with faults at places that exist`(
        _ seed: UInt64
    ) throws {
        var dice = Dice(state: seed)
        var texts = [
            "release-states.yaml": try text(of: "release-states.yaml"),
            "conductor.yaml": try text(of: "conductor.yaml"),
        ]
        let victim = dice.roll(2) == 0 ? "release-states.yaml" : "conductor.yaml"
        texts[victim] = Self.damaged(texts[victim] ?? "", &dice)
        let loaded = RuleFiles.load(
            rules: "release-states.yaml",
            config: "conductor.yaml",
            catalog: FakeCatalog(),
            files: MemoryFiles(texts)
        )
        #expect(loaded.hasErrors == (loaded.deployment == nil))
        #expect(loaded.faults == loaded.faults.sorted())
        #expect(Set(loaded.faults).count == loaded.faults.count)
        for fault in loaded.faults {
            let source = SourceText(file: fault.file, text: texts[fault.file] ?? "")
            #expect(source.contains(fault.place), "\(fault)")
        }
    }
}

@Suite struct `A machine as large as is allowed` {
    @Test(.timeLimit(.minutes(2))) func `is checked, whatever stands in it`() {
        let count = Limits.declarationsPerMachine
        let alternatives = (0..<40).map { "tracker.open == \($0)" }.joined(separator: " || ")
        var conditions = "conditions:\n"
        var transitions = "transitions:\n"
        for index in 0..<count {
            conditions += "  c\(index): \(alternatives) || quality.crash_free > 0.\(index + 1)\n"
        }

        for index in 0..<(count - 1) {
            let names = (0..<40).map { "c\((index + $0) % count)" }.joined(separator: ", ")
            transitions += "  - {name: t\(index), from: branched, to: done, when: [\(names)],"
            transitions +=
                " dwell: \(index + 1)s, do: [\(index % 2 == 0 ? "store.start" : "store.pause")]}\n"
        }
        transitions += "  - {from: branched, to: done, manual: true}\n"
        var sample = Sample()
        sample.rules.removeAll {
            $0.key == "guards" || $0.key == "candidate" || $0.key == "parameters"
        }
        sample.replace(
            rules: "stages: {branched: {shelf: current}, done: {shelf: current, terminal: true}}\n"
                + conditions + transitions
        )
        let loaded = sample.load()
        #expect(!loaded.hasErrors)
        #expect(loaded.deployment?.app("music")?.machines["ios"]?.transitions.count == count)
    }
}
