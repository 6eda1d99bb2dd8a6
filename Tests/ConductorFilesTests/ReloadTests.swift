import ConductorCore
import ConductorFiles
import Foundation
import Testing

@Suite struct `One file per app` {
    private static func sample(radio: String = "apps: {radio: {platforms: [ios]}}") -> Sample {
        var sample = Sample()
        sample.replace(config: "include: [apps/*.yaml]")
        sample.files = ["apps/radio.yaml": radio, "apps/notes.txt": "nothing"]
        return sample
    }

    @Test func `is read beside the configuration`() {
        let loaded = Self.sample().load()
        #expect(loaded.rendered == "")
        #expect(loaded.deployment?.apps.map(\.name) == ["music", "radio"])
        #expect(
            loaded.contents.keys.sorted() == ["apps/radio.yaml", "conductor.yaml", "rules.yaml"]
        )
    }

    @Test func `loads nothing when it has a fault and nothing ran before`() {
        let loaded = Self.sample(radio: "apps: {radio: {platform: [ios]}}").load()
        #expect(loaded.deployment == nil)
        #expect(loaded.faults.map(\.file) == ["apps/radio.yaml", "apps/radio.yaml"])
    }

    @Test(arguments: [
        "apps: {radio: {platform: [ios]}}", "apps: {radio: {platforms: [ios]",
        "apps: {radio: {platforms: [ios], parameters: {limt: 3}}}",
        "apps: {radio: {platforms: [ios], sources: {store: nowhere}}}",
    ]) func `keeps that app's old rules when it has a fault, and everybody else's new ones`(
        _ radio: String
    ) throws {
        let before = try #require(Self.sample().load().deployment)
        var sample = Self.sample(radio: radio)
        sample.replace(config: "apps: {music: {platforms: [ios, android, desktop], shadow: true}}")
        let loaded = sample.load(previous: before)
        #expect(loaded.hasErrors)
        #expect(loaded.keptApps == ["radio"])
        let deployment = try #require(loaded.deployment)
        #expect(deployment.app("radio") == before.app("radio"))
        #expect(deployment.app("music")?.platforms == ["ios", "android", "desktop"])
        #expect(deployment.app("music")?.shadow == true)
    }

    @Test func `cannot keep rules whose source is gone`() throws {
        let before = try #require(Self.sample().load().deployment)
        var sample = Self.sample(radio: "apps: {radio: {platforms: []}}")
        sample.replace(
            config: """
                sources:
                  vcs: {kind: git, scope: release, repository: repository}
                  rc: {kind: file, scope: release, path: rc.yaml, facts: {commit: string}}
                  jira: {kind: file, scope: release, path: t.yaml, facts: {open: int}}
                  quality: {kind: file, scope: track, path: q.yaml, facts: {crash_free: double}}
                apps: {music: {platforms: [ios], sources: {tracker: jira}}}
                """
        )
        let loaded = sample.load(previous: before)
        #expect(loaded.hasErrors && loaded.deployment == nil)
    }

    @Test func `may have a rule file of its own, whose faults are its own`() throws {
        var sample = Self.sample(radio: "apps: {radio: {machine: radio.rules, platforms: [ios]}}")
        sample.files["apps/radio.rules"] = sample.rulesText
        let before = try #require(sample.load().deployment)
        sample.files["apps/radio.rules"] = sample.rulesText.replacing("tracker.open", with: "x.y")
        let loaded = sample.load(previous: before)
        #expect(loaded.faults.map(\.file) == ["apps/radio.rules"])
        #expect(loaded.keptApps == ["radio"])
    }

    @Test func `keeps nothing when the configuration itself has a fault`() throws {
        let before = try #require(Self.sample().load().deployment)
        var sample = Self.sample()
        sample.replace(config: "tick: soon")
        let loaded = sample.load(previous: before)
        #expect(loaded.hasErrors && loaded.deployment == nil)
    }

    @Test func `is found on the disk, and a directory is no file`() throws {
        let loaded = RuleFiles.load(
            rules: root.appending(path: "release-states.yaml").path,
            config: root.appending(path: "conductor.yaml").path,
            catalog: FakeCatalog()
        )
        #expect(loaded.rendered == "")
        let nowhere = RuleFiles.load(
            rules: root.path,
            config: root.appending(path: "Docs").path,
            catalog: FakeCatalog()
        )
        #expect(nowhere.faults.map(\.code) == [.unreadableFile, .unreadableFile])
        let missing = RuleFiles.load(
            rules: "no-rules.yaml",
            config: "no-config.yaml",
            catalog: FakeCatalog()
        )
        #expect(
            missing.rendered == """
                no-config.yaml:1:1: error[E001]: there is no such file
                no-rules.yaml:1:1: error[E001]: there is no such file
                """
        )
    }
}
