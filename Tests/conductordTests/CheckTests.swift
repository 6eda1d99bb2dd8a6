import ConductorCore
import ConductorFiles
import ConductorPorts
import Testing

@testable import conductord

/// Files that are only in memory.
private struct Texts: FileTree {
    var texts: [String: String]

    func read(_ path: String, limit: Int) throws(UnreadableFile) -> [UInt8] {
        guard let text = texts[path] else { throw UnreadableFile("there is no such file") }
        return Array(text.utf8)
    }

    func list(_ directory: String) -> [String]? { nil }
}

/// No kinds of backends at all.
private struct NoAdapters: AdapterCatalog {
    var sourceKinds: [String] { [] }
    var actionKinds: [String] { [] }

    func schema(ofSource kind: String, settings: JSON) -> Settled<FactSchema> { .faults([]) }
    func traits(ofAction kind: String, settings: JSON) -> Settled<ActionTraits> { .faults([]) }
}

private func report(rules: String, config: String) -> CheckReport {
    let loaded = RuleFiles.load(
        rules: "rules.yaml",
        config: "conductor.yaml",
        catalog: NoAdapters(),
        files: Texts(texts: ["rules.yaml": rules, "conductor.yaml": config])
    )
    return CheckReport(faults: loaded.faults, summary: "fine")
}

@Suite struct `A check` {
    @Test func `has every documented key, and the line with a caret`() throws {
        let report = report(rules: "machne: small\n", config: "apps: {}\n")
        #expect(!report.isFine)
        let json = report.json
        #expect(json["ok"] == false)
        let fault = try #require(json["faults"]?.arrayValue?.first { $0["file"] == "rules.yaml" })
        #expect(
            Set(fault.objectValue?.keys.map(\.self) ?? []) == [
                "file", "line", "column", "code", "severity", "message", "suggestion",
            ]
        )
        #expect(fault["line"] == 1)
        #expect(fault["column"] == 1)
        #expect(fault["severity"] == "error")
        let text = report.text(on: Page())
        #expect(text.contains("rules.yaml:1:1: error[E"))
        #expect(text.contains("(did you mean 'machine'?)\n  | machne: small\n  | ^"))
        #expect(text.contains("✖ "))
        #expect(!text.contains("\u{1B}"))
    }

    @Test func `paints errors red on a terminal`() {
        let report = report(rules: "machne: small\n", config: "apps: {}\n")
        #expect(report.text(on: Page(hasColours: true)).contains("\u{1B}[1;31merror["))
    }

    @Test func `is fine with nothing but warnings`() {
        let warning = Fault(
            file: "rules.yaml",
            place: .start,
            code: .unusedCondition,
            message: "nothing asks it"
        )
        let report = CheckReport(faults: [warning], summary: "fine")
        #expect(report.isFine)
        #expect(report.json["ok"] == true)
        #expect(report.text(on: Page()).hasSuffix("✔ fine, 1 warning"))
    }
}
