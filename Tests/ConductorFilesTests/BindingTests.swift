import CEL
import ConductorCore
import ConductorFiles
import Testing

@Suite struct `Binding rules to an app` {
    /// The sample on two stores, whose facts differ.
    private static func twoStores(_ condition: String) -> Sample {
        var sample = Sample()
        sample.replace(
            config: """
                sources:
                  vcs: {kind: git, scope: release, repository: repository}
                  rc: {kind: file, scope: release, path: rc.yaml, facts: {commit: string}}
                  jira: {kind: file, scope: release, path: t.yaml, facts: {open: int, url: string}}
                  quality: {kind: file, scope: track, path: q.yaml, facts: {crash_free: double}}
                  asc: {kind: file, scope: track, every: 1m, path: a.yaml, facts: {review: string, phase: int}}
                  play: {kind: file, scope: track, path: p.yaml, facts: {review: string}}
                actions:
                  asc_start: {kind: log, direction: raises}
                  play_start: {kind: log, direction: raises}
                  store.pause: {kind: log, direction: brakes}
                apps:
                  music:
                    platforms: [ios, android]
                    sources: {tracker: jira, store: {ios: asc, android: play}}
                    actions: {store.start: {ios: asc_start, android: play_start}}
                    parameters: {limit: 3}
                """
        )
        sample.replace(
            rules: """
                conditions:
                  built: rc.commit == vcs.head && store.review == "none"
                  no_bugs: tracker.open < params.limit
                  \(condition)
                transitions:
                  - {from: branched, to: final_rc, when: [built, store]}
                  - {from: final_rc, to: rollout, when: [no_bugs], do: [store.start]}
                  - {from: rollout, to: done, manual: true, claims: [full]}
                  - {from: paused, to: $previous, manual: true}
                """
        )
        return sample
    }

    @Test func `gives facts their role, and actions the deployment's name, platform by platform`()
        throws
    {
        let loaded = Self.twoStores("store: store.review == 'none'").load()
        #expect(loaded.rendered == "")
        let app = try #require(loaded.deployment?.app("music"))
        let ios = try #require(app.machines["ios"])
        let android = try #require(app.machines["android"])
        #expect(
            ios.facts.map(\.path) == [
                "quality.crash_free", "rc.commit", "store.phase", "store.review", "tracker.open",
                "tracker.url", "vcs.branch.exists", "vcs.head",
            ]
        )
        #expect(ios.facts.first { $0.path == "store.review" }?.source == "asc")
        #expect(ios.facts.first { $0.path == "store.review" }?.maxAge == .minutes(3))
        #expect(android.facts.first { $0.path == "store.review" }?.source == "play")
        #expect(android.facts.first { $0.path == "store.review" }?.maxAge == .minutes(15))
        #expect(ios.transitions[1].actions == [ActionUse("asc_start")])
        #expect(android.transitions[1].actions == [ActionUse("play_start")])
        #expect(android.actions.map(\.name) == ["play_start", "store.pause"])
        #expect(ios.parameters == ["limit": 3])
        #expect(ios.head == "vcs.head")
    }

    @Test func `says on which platforms a fact is missing, and says it once`() {
        let loaded = Self.twoStores("store: store.phase == 1").load()
        #expect(
            loaded.faults.map(\.description) == [
                "rules.yaml:15:10: error[E031]: no source provides 'store.phase' (on android)"
            ]
        )
        let everywhere = Self.twoStores("store: store.fase == 1").load()
        #expect(
            everywhere.faults.filter { $0.suggestion == nil }.map(\.description) == [
                "rules.yaml:15:10: error[E031]: no source provides 'store.fase' (on android)"
            ]
        )
    }

    @Test func `lets a condition that never applies name facts that are not there`() throws {
        let loaded = Self.twoStores(
            "store: {expr: store.phase == 1, applies: platform == 'ios'}"
        ).load()
        #expect(loaded.rendered == "")
        let app = try #require(loaded.deployment?.app("music"))
        #expect(app.machines["ios"]?.condition("store")?.expr == "store.phase == 1")
        #expect(app.machines["android"]?.condition("store")?.expr == "false")
        #expect(app.machines["android"]?.condition("store")?.applies == "platform == 'ios'")
    }

    @Test func `leaves out what is for other platforms`() throws {
        var sample = Self.twoStores("store: store.phase == 1")
        sample.replace(
            rules: """
                transitions:
                  - {from: branched, to: final_rc, when: [built], platforms: [android]}
                  - {name: apple, from: branched, to: final_rc, when: [built, store], platforms: [ios]}
                  - {from: final_rc, to: rollout, when: [no_bugs], do: [store.start]}
                  - {from: rollout, to: done, manual: true, claims: [full]}
                  - {from: paused, to: $previous, manual: true}
                """
        )
        let loaded = sample.load()
        #expect(loaded.rendered == "")
        let machines = try #require(loaded.deployment?.app("music")?.machines)
        #expect(machines["ios"]?.transitions.first?.name == "apple")
        #expect(machines["android"]?.transitions.first?.name == "branched->final_rc")
        #expect(machines["android"]?.condition("store") == nil)
    }

    @Test func `makes one transition of each stage that a rule leaves`() throws {
        var sample = Sample()
        sample.replace(
            rules: """
                transitions:
                  - {from: branched, to: final_rc, when: [built]}
                  - {from: final_rc, to: rollout, when: [no_bugs], do: [store.start]}
                  - {name: stop, from: [branched, final_rc], to: done, manual: true, claims: [full]}
                  - {from: [rollout, branched], to: paused, manual: true}
                  - {from: paused, to: $previous, manual: true}
                """
        )
        let machine = try #require(sample.load().deployment?.app("music")?.machines["ios"])
        #expect(
            machine.transitions.map(\.name) == [
                "branched->final_rc", "final_rc->rollout", "stop@branched", "stop@final_rc",
                "rollout->paused", "branched->paused", "paused->$previous",
            ]
        )
        #expect(machine.guards.map(\.when) == [["crashes"]])
        #expect(machine.condition("crashes")?.expr == "quality.crash_free < 0.99")
    }

    @Test func `keeps quiet about facts of a source that does not stand`() {
        var sample = Sample()
        sample.replace(
            config: """
                sources:
                  vcs: {kind: git, scope: release, repository: repository}
                  rc: {kind: file, scope: release, path: rc.yaml, facts: {commit: strin}}
                  tracker: {kind: fil, scope: release, path: t.yaml, facts: {open: int}}
                  quality: {kind: file, scope: track, path: q.yaml, facts: {crash_free: double}}
                """
        )
        #expect(sample.load().codes == ["E061", "E024"])
    }

    @Test func `asks the app for a parameter that has no value`() {
        var sample = Sample()
        sample.replace(rules: "parameters: {limit: }")
        #expect(
            sample.load().faults.map(\.description) == [
                "conductor.yaml:11:8: error[E011]: app 'music' lacks the parameter 'limit', for"
                    + " which the machine 'sample' has no value"
            ]
        )
        sample.replace(config: "apps: {music: {platforms: [ios], parameters: {limit: 5}}}")
        #expect(sample.load().rendered == "")
    }

    @Test func `never shows a line that holds a secret`() {
        var sample = Sample()
        sample.replace(
            config: """
                sources:
                  vcs: {kind: git, scope: release, repository: repository}
                  rc: {kind: file, scope: release, path: rc.yaml, facts: {commit: string}}
                  tracker: {kind: http, scope: relase, url: x, token: hunter2, facts: {open: int}, u: 1}
                  quality: {kind: file, scope: track, path: q.yaml, facts: {crash_free: double}}
                """
        )
        let loaded = sample.load()
        #expect(Set(loaded.codes).isSuperset(of: ["E062", "E015", "E010"]))
        #expect(!loaded.rendered.contains("hunter2"))
        #expect(!loaded.faults.map(\.json.description).joined().contains("hunter2"))
    }

    @Test func `binds approvals, and the road out of an error as a transition of its own`() throws {
        var sample = Sample()
        sample.replace(
            rules: """
                transitions:
                  - {from: branched, to: final_rc, when: [built]}
                  - from: final_rc
                    to: rollout
                    when: [no_bugs]
                    do: [store.start]
                    approvals: 2
                    on_error: {to: paused, do: [store.pause]}
                  - {from: rollout, to: done, manual: true, claims: [full]}
                  - {from: paused, to: $previous, manual: true}
                """
        )
        let loaded = sample.load()
        #expect(loaded.rendered == "")
        let machine = try #require(loaded.deployment?.app("music")?.machines["ios"])
        let start = try #require(machine.transitions.first { $0.from == "final_rc" })
        #expect(start.approvals == 2)
        let road = try #require(machine.transitions.first { $0.onErrorOf == start.name })
        #expect(road.name == "final_rc->rollout on error")
        #expect(road.to == .stage("paused"))
        #expect(road.actions == [ActionUse("store.pause")])
        #expect(road.approvals == nil && road.when.isEmpty && !road.manual)
    }

    @Test func `a road out of an error closes circles, and is resolved like others`() {
        var sample = Sample()
        func with(_ road: String) -> [String] {
            sample.replace(
                rules: """
                    transitions:
                      - {from: branched, to: final_rc, when: [built]}
                      - {from: final_rc, to: rollout, when: [no_bugs], do: [store.start], on_error: \(road)}
                      - {from: rollout, to: done, manual: true, claims: [full]}
                      - {from: paused, to: $previous, manual: true}
                    """
            )
            return sample.load().codes
        }
        #expect(with("{to: branched}") == ["E042"])
        #expect(with("{to: pausd}") == ["E020"])
        #expect(with("{to: final_rc}").contains("E051"))
        #expect(with("{to: paused, do: [store.paus]}") == ["E022"])
        #expect(with("{do: [store.pause]}") == ["E011"])
        #expect(with("{to: paused, when: [built]}") == ["E010"])
        #expect(with("{to: $previous}").contains("E043"))
    }

    @Test func `reads how long actions and messages count, and whose turn is first`() throws {
        var sample = Sample()
        sample.replace(
            config: """
                actions:
                  store.start: {kind: log, direction: raises, expires: 1h, give_up_after: 20m}
                  store.pause: {kind: log, direction: brakes, latest_wins: true}
                apps: {music: {platforms: [ios, android], priority: 7}}
                """
        )
        let loaded = sample.load()
        #expect(loaded.rendered == "")
        let deployment = try #require(loaded.deployment)
        let start = try #require(deployment.action("store.start")).declaration.policy
        #expect(start.expires == .hours(1) && start.giveUpAfter == .minutes(20))
        #expect(start.latestWins == nil)
        #expect(deployment.action("store.pause")?.declaration.policy.latestWins == true)
        #expect(deployment.app("music")?.priority == 7)
    }

    // MARK: Time zones

    private static func clocked(_ expression: String) -> Sample {
        var sample = Sample()
        sample.replace(
            rules: """
                conditions:
                  built: rc.commit == vcs.head
                  no_bugs: tracker.open < params.limit && \(expression)
                """
        )
        return sample
    }

    private static let stockholm = ZoneRules.Zone(name: "Europe/Stockholm", initialOffset: 3600)

    @Test func `takes the offsets of the time zones that conditions name`() throws {
        let instant = "timestamp(rc.commit)"
        let loaded = Self.clocked(
            "\(instant).getHours('Europe/Stockholm') > 9 && \(instant).getHours('+02:00') > 9"
                + " && \(instant).getHours('UTC') > 9 && \(instant).getHours() > 9"
        ).load(zones: { $0 == "Europe/Stockholm" ? Self.stockholm : nil })
        #expect(loaded.rendered == "")
        #expect(loaded.deployment?.zones == [Self.stockholm])
    }

    @Test(arguments: ["Europe/Stokholm", "CET", "utc", "+2:00"])
    func `refuses a time zone that the system lacks, where it stands`(name: String) throws {
        let loaded = Self.clocked("timestamp(rc.commit).getHours('\(name)') > 9").load()
        #expect(loaded.codes == ["E071"])
        #expect(loaded.deployment == nil)
        #expect(loaded.rendered.contains("this system has no time zone '\(name)'"))
    }

    @Test func `refuses a time zone that is found out only when it is asked for`() throws {
        let loaded = Self.clocked("timestamp(rc.commit).getHours(rc.commit) > 9").load()
        #expect(loaded.codes == ["E071"])
        #expect(loaded.rendered.contains("so that its offsets can be recorded"))
    }
}
