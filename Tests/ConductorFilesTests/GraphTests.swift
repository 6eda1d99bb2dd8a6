import ConductorCore
import ConductorFiles
import Testing

@Suite struct `Two transitions from one stage` {
    /// Whether nothing separates two conditions.
    private static func overlap(_ first: String, _ second: String, rule: String = "") -> Bool {
        var sample = Sample()
        sample.replace(
            rules: """
                conditions:
                  built: rc.commit == vcs.head
                  one: \(first)
                  two: \(second)
                transitions:
                  - {from: branched, to: final_rc, when: [built]}
                  - {name: first, from: final_rc, to: rollout, when: [one], do: [store.start]\(rule)}
                  - {name: second, from: final_rc, to: done, when: [two]}
                  - {from: rollout, to: done, manual: true, claims: [full]}
                  - {from: paused, to: $previous, manual: true}
                parameters: {limit: 1}
                """
        )
        let codes = sample.load().faults.map(\.code)
        #expect(Set(codes).isSubset(of: [.overlap, .unusedParameter, .unusedSource]))
        return codes.contains(.overlap)
    }

    @Test(arguments: [
        ("tracker.open == 1", "tracker.open == 2"),
        ("tracker.open == 1", "tracker.open != 1"),
        ("tracker.open < 5", "5 <= tracker.open"),
        ("tracker.open < 5 && quality.crash_free > 0.9", "tracker.open > 7"),
        ("tracker.open == 1 || tracker.open == 2", "tracker.open > 2"),
        ("tracker.url == 'a'", "!(tracker.url == 'a' || tracker.open == 1)"),
        ("tracker.open < params.limit", "tracker.open >= params.limit"),
        ("params.limit > tracker.open", "!(tracker.open < params.limit)"),
        ("vcs.branch.exists", "!vcs.branch.exists"),
        ("tracker.url.startsWith('a')", "!tracker.url.startsWith('a')"),
        ("rc.commit == vcs.head", "vcs.head != rc.commit"),
        ("tracker.url == 'a'", "tracker.url in ['b', 'c'] && tracker.url != 'a'"),
    ]) func `are separated where their conditions contradict each other`(
        _ first: String,
        _ second: String
    ) {
        #expect(!Self.overlap("\"\(first)\"", "\"\(second)\""))
    }

    @Test(arguments: [
        ("tracker.open == 1", "quality.crash_free > 0.9"),
        ("tracker.open < 5", "tracker.open > 3"),
        ("tracker.open <= 5", "tracker.open >= 5"),
        ("tracker.open != 1", "tracker.open != 2"),
        ("tracker.open == 1 || vcs.branch.exists", "tracker.open == 2"),
        ("tracker.url.startsWith('a')", "!tracker.url.startsWith('b')"),
        ("rc.commit == vcs.head", "vcs.head == rc.commit"),
    ]) func `are not separated where both can hold`(_ first: String, _ second: String) {
        #expect(Self.overlap("\"\(first)\"", "\"\(second)\""))
    }

    @Test func `are in order where the upper one says so`() {
        #expect(
            !Self.overlap(
                "tracker.open == 1",
                "quality.crash_free > 0.9",
                rule: ", before: [second]"
            )
        )
    }
}

@Suite struct `A circle of transitions` {
    private static func codes(conditions: String, back: String) -> [String] {
        var sample = Sample()
        sample.replace(
            rules: """
                conditions:
                  built: rc.commit == vcs.head
                  no_bugs: tracker.open < params.limit
                  \(conditions)
                transitions:
                  - {from: branched, to: final_rc, when: [built]}
                  - {from: final_rc, to: rollout, when: [no_bugs], do: [store.start]}
                  - {from: rollout, to: branched, \(back)}
                  - {from: rollout, to: done, manual: true, claims: [full]}
                  - {from: paused, to: $previous, manual: true}
                """
        )
        return sample.load().codes
    }

    @Test func `needs a brake, and any of them will do`() {
        let bugs = "bugs: tracker.open > 9"
        #expect(Self.codes(conditions: bugs, back: "when: [bugs]") == ["E042"])
        #expect(Self.codes(conditions: bugs, back: "when: [bugs], dwell: 1h") == [])
        #expect(Self.codes(conditions: bugs, back: "when: [bugs], manual: true") == [])
        let slow = "bugs: {expr: tracker.open > 9, sustained: 10m}"
        #expect(Self.codes(conditions: slow, back: "when: [bugs]") == [])
    }

    @Test func `through a waiting stage is one too`() {
        var sample = Sample()
        sample.replace(
            rules: """
                conditions:
                  built: rc.commit == vcs.head
                  no_bugs: tracker.open < params.limit
                  bugs: tracker.open >= params.limit
                transitions:
                  - {from: branched, to: final_rc, when: [built]}
                  - {from: final_rc, to: rollout, when: [no_bugs], do: [store.start]}
                  - {name: wait, from: rollout, to: paused, when: [bugs]}
                  - {name: go, from: paused, to: $previous, when: [no_bugs]}
                  - {name: push, from: paused, to: done, manual: true}
                  - {from: rollout, to: done, manual: true, claims: [full]}
                """
        )
        #expect(sample.load().codes == ["E042"])
    }
}

@Suite struct `A stage that nothing reaches` {
    @Test func `is named, and not those that hang on it`() {
        var sample = Sample()
        sample.replace(
            rules: """
                stages:
                  branched: {shelf: current}
                  final_rc: {shelf: current, latch: candidate}
                  rollout: {shelf: production}
                  after: {shelf: production}
                  before: {shelf: current}
                  paused: {shelf: production, kind: waiting}
                  done: {shelf: production, terminal: true}
                  island: {shelf: current}
                  isle: {shelf: current}
                transitions:
                  - {from: branched, to: final_rc, when: [built]}
                  - {from: final_rc, to: rollout, when: [no_bugs], do: [store.start]}
                  - {from: before, to: after, manual: true}
                  - {from: after, to: done, manual: true}
                  - {from: island, to: isle, manual: true}
                  - {from: isle, to: island, manual: true}
                  - {from: rollout, to: done, manual: true, claims: [full]}
                  - {from: paused, to: $previous, manual: true}
                """
        )
        let found = sample.load().faults.map { "\($0.line) \($0.code.rawValue)" }
        #expect(found == ["11 E040", "14 E040"])
    }
}

@Suite struct `The picture of a machine` {
    @Test func `for Graphviz has a box for each stage and an arrow for each way`() throws {
        let app = try #require(Sample().load().deployment?.app("music"))
        let machine = try #require(app.machines["ios"])
        #expect(
            DotMap(of: machine).text == """
                digraph "sample" {
                    rankdir=LR;
                    node [shape=box, style=rounded, fontname="sans-serif"];
                    edge [fontname="sans-serif", fontsize=10];
                    subgraph cluster_current {
                        label="current";
                        "branched";
                        "final_rc";
                    }
                    subgraph cluster_production {
                        label="production";
                        "rollout";
                        "paused" [style="rounded,filled", fillcolor="#fff3c4"];
                        "done" [peripheries=2];
                    }
                    "branched" -> "final_rc" [label="built"];
                    "final_rc" -> "rollout" [label="no_bugs"];
                    "rollout" -> "done" [label="by hand", style=dashed];
                    "paused" -> "rollout" [label="by hand", style=dashed];
                    "rollout" -> "paused" [label="guard crashes", color=red, fontcolor=red];
                }

                """
        )
    }

    @Test func `for Mermaid gives names that mean something there another one`() {
        let machine = Machine(
            name: "m",
            stages: [
                Stage(name: "final-rc", shelf: .current), Stage(name: "end", shelf: .current),
                Stage(name: "final_rc", shelf: .current, terminal: true),
            ],
            transitions: [Transition(name: "x", from: "final-rc", to: .stage("end"), manual: true)]
        )
        #expect(
            MermaidMap(of: machine).text == """
                stateDiagram-v2
                    state "final-rc" as final_rc_
                    state "end" as end_
                    [*] --> final_rc_
                    final_rc_ --> end_: x, by hand
                    final_rc --> [*]

                """
        )
    }
}

@Suite struct `A fault` {
    @Test func `is written for people and for programs`() {
        var sample = Sample()
        sample.replace(rules: "machine: sample\nhaed: vcs.head")
        let fault = sample.load().faults.first { $0.code == .unknownKey }
        #expect(
            fault?.json.description
                == #"{"code":"E010","column":1,"file":"rules.yaml","line":27,"#
                + #""message":"a rule file has no key 'haed'","severity":"error","suggestion":"head"}"#
        )
        #expect(
            fault?.rendered == """
                rules.yaml:27:1: error[E010]: a rule file has no key 'haed' (did you mean 'head'?)
                  | haed: vcs.head
                  | ^
                """
        )
    }
}
