import ConductorCore
import ConductorFiles
import Testing

@Suite struct `The files at the root` {
    static func load() throws -> RuleFiles.Loaded {
        RuleFiles.load(
            rules: "release-states.yaml",
            config: "conductor.yaml",
            catalog: FakeCatalog(),
            files: MemoryFiles([
                "release-states.yaml": try text(of: "release-states.yaml"),
                "conductor.yaml": try text(of: "conductor.yaml"),
            ])
        )
    }

    @Test func `have no fault and no warning`() throws {
        let loaded = try Self.load()
        #expect(loaded.rendered == "")
        #expect(loaded.deployment?.apps.map(\.name) == ["music"])
    }

    @Test func `the sample of the tests has no fault and no warning`() {
        let loaded = Sample().load()
        #expect(loaded.rendered == "")
        #expect(loaded.deployment != nil)
    }
}
