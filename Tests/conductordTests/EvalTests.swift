import CEL
import ConductorCore
import Testing

@testable import conductord

private let facts: JSON = [
    "tracker": [
        "blockers": 3, "teams": [["name": "a", "ok": true], ["name": "b", "ok": false]],
    ],
    "ci.tests.state": "passed",
    "empty": [],
    "gone": .null,
    "time_in_stage": "25h",
]

private func answer(_ expression: String) -> JSON {
    FactEvaluation(expression, facts: facts).answer(tracing: false).json
}

@Suite struct `Evaluating over facts` {
    @Test(
        arguments: [
            ("tracker.blockers + 1", JSON.int(4), "int"),
            (#"ci.tests.state == "passed""#, true, "bool"),
            ("tracker.teams.all(t, t.ok)", false, "bool"),
            (#"time_in_stage > duration("24h")"#, true, "bool"),
            ("gone || true", true, "bool"),
            ("tracker.teams.map(t, t.name)", ["a", "b"], "list(string)"),
        ] as [(String, JSON, String)]
    )
    func `gives the value and its type`(expression: String, value: JSON, type: String) {
        #expect(answer(expression) == ["value": value, "type": .string(type)])
    }

    @Test(arguments: [
        ("tracker.blokers == 0", "tracker.blokers"), ("gone", "gone"),
        ("size(empty) == 0", "empty"), ("lost[0].ok", "lost[0].ok"),
        ("has(store.review)", "store.review"),
        (#"age(ci.tests.state) < duration("2h")"#, "age(ci.tests.state)"),
    ])
    func `names what it does not know`(expression: String, path: String) {
        #expect(answer(expression) == ["unknown": [.string(path)]])
    }

    @Test func `suggests the fact that was probably meant`() {
        let answer = FactEvaluation("tracker.blokers == 0", facts: facts).answer(tracing: false)
        #expect(
            answer.text(on: Page()) == "unknown: tracker.blokers (did you mean 'tracker.blockers'?)"
        )
        #expect(!answer.hasValue)
        let within = FactEvaluation("tracker.team[0].ok", facts: facts).answer(tracing: false)
        #expect(
            within.text(on: Page())
                == "unknown: tracker.team[0].ok (did you mean 'tracker.teams'?)"
        )
    }

    @Test func `knows the time zones of the system`() {
        let json = answer(#"timestamp("2026-07-01T12:00:00Z").getHours("Europe/Stockholm")"#)
        #expect(json == ["value": 14, "type": "int"])
        let other = answer(#"timestamp("2026-07-01T12:00:00Z").getHours("Europe/Stokholm")"#)
        #expect(other["error"]?.stringValue?.contains("unknown time zone") == true)
    }

    @Test(arguments: [
        ("1 +", 4), ("ci.tests.state == 3", 19), ("tracker.blockers / 2 == 1", 18),
        ("tracker.teams.all(t, t.okk)", 22), ("tracker.teams[7].ok", 14),
    ])
    func `points at what is wrong`(expression: String, column: Int) {
        let json = answer(expression)
        #expect(json["at"] == ["line": 1, "column": .int(Int64(column))])
        #expect(json["error"]?.stringValue?.isEmpty == false)
        let text = FactEvaluation(expression, facts: facts).answer(tracing: false).text(on: Page())
        let caret = "  | " + String(repeating: " ", count: column - 1) + "^"
        #expect(text.contains(caret))
    }

    @Test func `traces the parts`() {
        let json = FactEvaluation("tracker.blockers == 0 || gone", facts: facts)
            .answer(tracing: true).json
        #expect(json["unknown"] == ["gone"])
        let parts = json["trace"]?.arrayValue
        #expect(parts?.first?["text"] == "tracker.blockers == 0")
        #expect(parts?.first?["value"] == false)
        #expect(parts?.last?["unknown"] == ["gone"])
    }
}

@Suite struct `Evaluating in batch` {
    private func answer(_ line: String) -> JSON {
        BatchEvaluation(zones: SystemZones().rules).answer(Array(line.utf8))
    }

    @Test func `answers with typed values and the type`() {
        #expect(
            answer(#"{"id": 1, "expr": "x + 1", "bindings": {"x": {"int64": 2}}}"#)
                == ["id": 1, "value": ["int64": 3], "type": "int"]
        )
        #expect(
            answer(#"{"id": "a", "expr": "1.0 / 0.0", "check": false}"#)
                == ["id": "a", "value": ["double": "Infinity"]]
        )
        #expect(
            answer(#"{"id": 2, "expr": "x", "types": {"x": "map(string, int)"}}"#)
                == ["id": 2, "unknown": ["x"], "type": "map(string, int)"]
        )
        #expect(
            answer(
                #"{"id": 3, "expr": "x.a == 1 && x['b-c'] == y[0]","#
                    + #" "types": {"x": "map(string, int)", "y": "list(int)"}}"#
            )
                == ["id": 3, "unknown": ["x.a", "x[\"b-c\"]", "y[0]"], "type": "bool"]
        )
    }

    @Test func `tells in which phase it failed, and where`() {
        let parse = answer(#"{"id": 1, "expr": "1 +"}"#)
        #expect(parse["phase"] == "parse")
        #expect(parse["at"] == ["line": 1, "column": 4])
        let check = answer(#"{"id": 1, "expr": "1 + 'a'"}"#)
        #expect(check["phase"] == "check")
        let run = answer(#"{"id": 1, "expr": "1 / 0"}"#)
        #expect(run["phase"] == "eval")
        #expect(run["type"] == "int")
    }

    @Test func `goes on after a line that is no request`() {
        for line in ["nonsense", "[]", "3"] {
            let json = answer(line)
            #expect(json["id"] == .null)
            #expect(json["error"] != nil)
        }
        let json = answer(#"{"id": 7, "expr": "x", "bindings": {"x": {"int64": "many"}}}"#)
        #expect(json["id"] == 7)
        #expect(json["error"]?.stringValue?.contains("'x'") == true)
    }

    @Test func `knows the zones of the system`() {
        let json = answer(
            #"{"id": 1, "expr": "timestamp('2026-07-01T10:00:00Z').getHours('Europe/Berlin')"}"#
        )
        #expect(json["value"] == ["int64": 12])
    }

    @Test(arguments: [
        #"{"null":null}"#, #"{"bool":true}"#, #"{"int64":-5}"#, #"{"int64":"9007199254740993"}"#,
        #"{"uint64":5}"#, #"{"uint64":"18446744073709551615"}"#, #"{"double":-0.0}"#,
        #"{"double":"NaN"}"#, #"{"double":"-Infinity"}"#, #"{"double":1.5}"#, #"{"string":"é"}"#,
        #"{"bytes":""}"#, #"{"bytes":"AA=="}"#, #"{"bytes":"AAH/"}"#, #"{"bytes":"AAE="}"#,
        #"{"type":"int"}"#, #"{"list":[{"int64":1},{"list":[]}]}"#,
        #"{"map":[[{"string":"a"},{"bool":false}]]}"#,
        #"{"timestamp":"2026-03-02T09:00:00Z"}"#, #"{"duration":"123.5s"}"#,
        #"{"duration":"-0.000000001s"}"#, #"{"optional":{"int64":1}}"#, #"{"optional":null}"#,
    ])
    func `writes a typed value as it read it`(text: String) throws {
        let json = try JSON(parsing: text)
        #expect(TypedValue.json(try TypedValue.read(json)).description == text)
    }

    @Test(arguments: [
        "{}", #"{"int64":1,"uint64":1}"#, #"{"int64":"x"}"#, #"{"bytes":"A"}"#,
        #"{"bytes":"A==="}"#,
        #"{"uint64":-1}"#, #"{"map":[[{"string":"a"}]]}"#, #"{"duration":"1"}"#, "3",
        #"{"map":[[{"int64":1},{"null":null}],[{"int64":1},{"null":null}]]}"#,
    ])
    func `refuses what is no typed value`(text: String) throws {
        let json = try JSON(parsing: text)
        #expect(throws: TypedValue.Unreadable.self) { _ = try TypedValue.read(json) }
    }
}
