import ArgumentParser
import ConductorCore
import ConductorFiles
import Foundation
import Testing

@testable import conductord
@testable import SourceAdapters

@Suite struct `What init and demo bring along` {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    private static let embedded = [
        "release-states.yaml": Templates.rules,
        "Examples/starter/conductor.yaml": Templates.starterConfiguration,
        "Examples/starter/facts/music/release.yaml": Templates.starterRelease,
        "Examples/starter/facts/music/ios.yaml": Templates.starterIos,
        "Examples/starter/facts/music/android.yaml": Templates.starterAndroid,
        "Examples/starter/facts/music/desktop.yaml": Templates.starterDesktop,
        "Examples/demo/conductor.yaml": Templates.demoConfiguration,
    ]

    @Test(arguments: embedded.keys.sorted())
    func `is what the files say`(path: String) throws {
        let file = try String(contentsOfFile: Self.root + "/" + path, encoding: .utf8)
        #expect(file == Self.embedded[path], "Run: Scripts/embed-templates.sh")
    }

    @Test func `is sound at once, in shadow, and never overwrites anything`() throws {
        let directory = NSTemporaryDirectory() + "init-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try FileManager.default.createDirectory(
            atPath: directory,
            withIntermediateDirectories: true
        )
        let mine = directory + "/facts/music/ios.yaml"
        try FileManager.default.createDirectory(
            atPath: directory + "/facts/music",
            withIntermediateDirectories: true
        )
        try "mine: true\n".write(toFile: mine, atomically: true, encoding: .utf8)

        let initialise = try #require(try Init.parseAsRoot([directory, "--json"]) as? Init)
        try initialise.run()

        #expect(try String(contentsOfFile: mine, encoding: .utf8) == "mine: true\n")
        let loaded = RuleFiles.load(
            rules: directory + "/release-states.yaml",
            config: directory + "/conductor.yaml",
            catalog: StandardAdapters()
        )
        #expect(loaded.faults.map(\.rendered) == [])
        let deployment = try #require(loaded.deployment)
        #expect(!deployment.apps.isEmpty && deployment.apps.allSatisfy(\.shadow))
    }
}
