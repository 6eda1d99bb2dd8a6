import ConductorCore
import ConductorPorts
import AdapterTesting
import NIOHTTP1
import Synchronization
import Testing

@testable import SourceAdapters

/// Versions that appear in a store or as a branch: over HTTP through the real adapter, runtime and journal.
@Suite struct `Versions are discovered` {
    /// Where a track lies is told by reality; a version that is nowhere yet is `waiting`.
    private static func rules(_ reality: String) -> String {
        """
        machine: scene
        version: 1
        stages:
          waiting: {shelf: current, reality: '\(reality)'}
          rollout: {shelf: production, reality: 'store.rollout == "running"'}
          paused: {shelf: production, kind: waiting, reality: 'store.rollout == "paused"'}
          gone: {shelf: production, terminal: true, reality: 'store.rollout == "completed"'}
        conditions:
          go: {expr: 'store.rollout == "none"'}
        transitions:
          - {from: waiting, to: rollout, when: [go], manual: true, do: [act]}
          - {from: rollout, to: gone, when: [go], do: [act]}
          - {from: rollout, to: paused, manual: true}
          - {from: paused, to: $previous, manual: true}
        """
    }

    @Test func `on the App Store, above what was there at first`() async throws {
        let world = AppStoreWorld(AppStoreWorld.live)
        let server = try await LoopbackServer.start(world.answer)
        let store = """
            {kind: appstore, scope: track, url: "\(server.url)", app: com.acme.music,
             key: "file:key", key_id: 2X9R4HXF34, issuer: 57246542-96fe}
            """
        let scene = try DecisionScene(
            rules: Self.rules("store.rollout == \"none\""),
            sources: "  store: \(store)",
            actions: """
                  act: {kind: appstore.complete, url: "\(server.url)", app: com.acme.music,
                        key: "file:key", key_id: 2X9R4HXF34, issuer: 57246542-96fe}
                """,
            app: ", discover: store",
            secrets: ["key": AppStoreWorld.pem]
        )
        // The one in flight is where the conductor came in: nobody registers it, nothing is done.
        try await scene.discover()
        try await scene.discover()
        #expect(await scene.stages() == [:])
        world.state.withLock { $0.listed = ["8.9.1", "8.9.2", "8.9.10"] }
        try await scene.discover()
        #expect(await scene.stages() == ["8.9.10": nil], "registered, and in no stage yet")
        try await scene.look()
        #expect(await scene.stages() == ["8.9.10": "waiting"])
        try await scene.discover()
        #expect(await scene.stages().count == 1)
        #expect(server.received.allSatisfy { $0.method == .GET })
        try scene.checkJournal(holdsNo: AppStoreWorld.secret)
        try await server.stop()
    }

    @Test func `on Google Play, above what was there at first`() async throws {
        let world = PlayWorld()
        let server = try await LoopbackServer.start(world.answer)
        let common = """
            url: "\(server.url)", token_url: "\(server.url)/token", package: com.acme.music,
                    key: "file:key"
            """
        let scene = try DecisionScene(
            rules: Self.rules("store.rollout == \"none\""),
            sources: "  store: {kind: play, scope: track, \(common)}",
            actions: "  act: {kind: play.complete, version_codes: [\"1\"], \(common)}",
            app: ", discover: [store]",
            secrets: ["key": PlayWorld.key]
        )
        try await scene.discover()
        try await scene.discover()
        #expect(await scene.stages() == [:])
        world.state.withLock { state in
            state.tracks["production"] = [
                PlayWorld.release("inProgress", 0.05, name: "8.10.0 (81000)", code: 81_000),
                PlayWorld.release("completed"),
            ]
            state.lifecycle[81_000] = "PUBLISHED"
        }
        try await scene.discover()
        #expect(await scene.stages() == ["8.10.0": nil])
        try await scene.look()
        // Somebody rolls it out already: it is placed there, and nothing is done.
        #expect(await scene.stages() == ["8.10.0": "rollout"])
        #expect(!server.received.contains(where: PlayWorld.isCommit))
        try scene.checkJournal(holdsNo: PlayWorld.token)
        try await server.stop()
    }

    @Test func `by the branches of GitHub, and by those alone that name a version`() async throws {
        let world = GitHubWorld { $0.openRequests = 0 }
        let server = try await LoopbackServer.start(world.answer)
        let scene = try DecisionScene(
            rules: Self.rules("vcs.branch.exists"),
            sources: """
                  vcs: {kind: github, scope: release, url: "\(server.url)", repository: acme/music,
                        token: "file:token"}
                  store: {kind: file, scope: track, path: "rest.yaml", facts: {rollout: string}}
                """,
            actions: "  act: {kind: log, direction: neutral, message: x}",
            app: ", discover: [vcs]",
            secrets: ["token": "s3cret-t0ken", "rest.yaml": "rollout: none\n"]
        )
        try await scene.discover()
        world.state.withLock { state in
            for name in ["8.9.1", "8.9.11", "next", "8.9.12/try", "9.0.0"] {
                state.references["heads/release/" + name] = GitHubWorld.head
            }
        }
        try await scene.discover()
        #expect(await scene.stages() == ["8.9.11": nil, "9.0.0": nil])
        try await scene.look()
        #expect(await scene.stages() == ["8.9.11": "waiting", "9.0.0": "waiting"])
        #expect(server.received.allSatisfy { $0.method == .GET })
        try scene.checkJournal(holdsNo: "s3cret-t0ken")
        try await server.stop()
    }

    /// Where it came in is known after a restart, and after the days of the first look are gone.
    @Test func `above what was there at first, however long ago that was`() async throws {
        let world = GitHubWorld { $0.openRequests = 0 }
        let server = try await LoopbackServer.start(world.answer)
        let scene = try DecisionScene(
            rules: Self.rules("vcs.branch.exists"),
            sources: """
                  vcs: {kind: github, scope: release, url: "\(server.url)", repository: acme/music,
                        token: "file:token"}
                  store: {kind: file, scope: track, path: "rest.yaml", facts: {rollout: string}}
                """,
            actions: "  act: {kind: log, direction: neutral, message: x}",
            app: ", discover: [vcs]",
            secrets: ["token": "s3cret-t0ken", "rest.yaml": "rollout: none\n"]
        )
        func branch(_ names: String...) {
            world.state.withLock { state in
                for name in names { state.references["heads/release/" + name] = GitHubWorld.head }
            }
        }
        try await scene.discover()
        branch("8.9.11")
        try await scene.discover()
        for _ in 0..<3 {
            try await scene.look()
            _ = try await scene.stageAfter(.days(1))
        }
        #expect(await scene.stages() == ["8.9.11": "waiting"])
        try scene.restartPruned()
        branch("8.9.1", "9.0.0")
        // A first look would take the highest for where it came in.
        try await scene.discover()
        #expect(await scene.stages() == ["8.9.11": "waiting", "9.0.0": nil])
        try await scene.look()
        try scene.checkJournal(holdsNo: "s3cret-t0ken")
        try await server.stop()
    }

    /// A first look that fails sets no baseline; what a failed one would show is no news either.
    @Test func `not by a look that fails`() async throws {
        let world = GitHubWorld { $0.isVisible = false }
        let server = try await LoopbackServer.start(world.answer)
        let scene = try DecisionScene(
            rules: Self.rules("vcs.branch.exists"),
            sources: """
                  vcs: {kind: github, scope: release, url: "\(server.url)", repository: acme/music,
                        token: "file:token"}
                  store: {kind: file, scope: track, path: "rest.yaml", facts: {rollout: string}}
                """,
            actions: "  act: {kind: log, direction: neutral, message: x}",
            app: ", discover: [vcs]",
            secrets: ["token": "s3cret-t0ken", "rest.yaml": "rollout: none\n"]
        )
        try await scene.discover()
        world.state.withLock { $0.isVisible = true }
        try await scene.discover()
        #expect(await scene.stages() == [:], "the first listing that came is the baseline")
        try await server.stop()
    }

    @Test func `a name is read backwards`() throws {
        let variables = Variables(
            ObservationRequest(scope: .app("music"), variables: ["app": "music"])
        )
        let pattern = try VersionPattern(Template("${app}/release-${version}.x"), variables)
        #expect(pattern.version(in: "music/release-8.9.x") == "8.9")
        #expect(pattern.version(in: "music/release-.x") == nil)
        #expect(pattern.version(in: "radio/release-8.9.x") == nil)
        #expect(throws: TemplateProblem.self) {
            try VersionPattern(Template("release"), variables)
        }
        #expect(throws: TemplateProblem.self) {
            try VersionPattern(Template("${platform}/${version}"), variables)
        }
    }
}

@Suite struct `News among versions` {
    private func news(_ listed: [String], above baselines: [String]) -> [String] {
        Discovery(app: "music", platform: "ios", baselines: baselines)
            .news(in: listed) { $0.version == "9.0.0" }.map(\.version)
    }

    @Test func `are above every baseline, not known, and versions`() {
        let listed = ["8.10.0", "9.0.0", "8.9.2", "next", "8.9.11", "8.9.11", "8 9", ""]
        #expect(news(listed, above: ["8.9.2"]) == ["8.9.11", "8.10.0"])
        #expect(news(listed, above: ["8.9.2", "8.9.11"]) == ["8.10.0"])
        #expect(news(listed, above: [""]) == ["8.9.2", "8.9.11", "8.10.0"])
        #expect(Discovery.baseline(of: listed) == "9.0.0")
        #expect(Discovery.baseline(of: ["next"]).isEmpty)
    }

    @Test func `come in bounded numbers, the lowest first`() {
        let found = news((0..<200).map { "1.0.\($0)" }, above: [""])
        #expect(found.count == Limits.discoveriesAtOnce && found.first == "1.0.0")
    }
}
