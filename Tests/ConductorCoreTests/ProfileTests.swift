import ConductorCore
import Testing

/// One condition over a few facts: what it comes to, and why.
struct ProfileCase: CustomTestStringConvertible, Sendable {
    var expression: String
    /// Facts by path, as they arrive.
    var facts: [String: JSON] = [:]
    var verdict: String
    var cause: String?

    var testDescription: String { "\(expression) over \(JSON.object(facts))" }

    init(
        _ expression: String,
        _ facts: [String: JSON] = [:],
        _ verdict: String,
        _ cause: String? = nil
    ) {
        self.expression = expression
        self.facts = facts
        self.verdict = verdict
        self.cause = cause
    }
}

@Suite struct `The condition profile` {
    static let track = TrackID(app: "music", platform: "ios", version: "8.9.2")
    static let start = Stamp(wall: Instant(milliseconds: 1_772_442_000_000), elapsed: 1_000_000)

    static func declared(
        _ path: String,
        _ type: FactType,
        _ change: (inout FactDeclaration) -> Void = { _ in }
    )
        -> FactDeclaration
    {
        var fact = FactDeclaration(
            path: path,
            source: "s",
            name: String(path.dropFirst(2)),
            type: type,
            maxAge: .hours(1)
        )
        change(&fact)
        return fact
    }

    static let facts = [
        declared("s.bool", .bool), declared("s.int", .int), declared("s.double", .double),
        declared("s.text", .string), declared("s.time", .timestamp),
        declared("s.span", .duration), declared("s.list", .list(.int)),
        declared("s.open", .list(.int)) { $0.emptyIsKnown = true },
        declared("s.map", .map(.int)),
        declared(
            "s.record",
            .record([.init(name: "a", type: .int), .init(name: "b", type: .string)])
        ),
        declared("s.versioned", .int) { $0.subject = .version },
    ]

    /// A machine of two stages and one condition; an idle one has no way out of its first stage.
    static func machine(
        _ expression: String,
        idle: Bool = false,
        change: (inout Condition) -> Void = { _ in }
    ) -> CompiledMachine {
        var condition = Condition(name: "it", expr: expression)
        change(&condition)
        return CompiledMachine(
            Machine(
                name: "m",
                stages: [Stage(name: "a", shelf: .current), Stage(name: "b", shelf: .current)],
                conditions: [condition],
                transitions: [
                    Transition(
                        name: "go",
                        from: idle ? "b" : "a",
                        to: .stage(idle ? "a" : "b"),
                        when: ["it"]
                    )
                ],
                facts: facts,
                parameters: ["limit": 3, "rate": .double(0.5)]
            ),
            digest: "m"
        )
    }

    static func turn(
        _ machine: CompiledMachine,
        _ facts: [String: JSON],
        about: [String: String] = [:],
        after span: Span = .zero,
        state: TrackState? = nil
    ) -> Turn {
        var observation = Observation()
        for (path, value) in facts {
            let name = String(path.dropFirst(2))
            observation.facts[name] = ObservedFact(value, about: about[path])
        }
        let reading = Reading(good: .init(observation: observation, fetched: start, digest: "d"))
        let fresh = TrackState(track: track, machine: "m", since: start, stage: "a")
        return Conductor.decide(
            state ?? fresh,
            View(readings: ["s": reading]),
            machine,
            Moment(start.advanced(by: span))
        )
    }

    static let cases: [ProfileCase] = [
        // Known.
        ProfileCase("s.int == 3", ["s.int": 3], "met"),
        ProfileCase("s.int == 3", ["s.int": 4], "unmet"),
        ProfileCase("s.int == params.limit", ["s.int": 3], "met"),
        ProfileCase("platform == \"ios\" && track.version == \"8.9.2\"", [:], "met"),
        // Conversion to the declared type.
        ProfileCase("s.double > 2.5", ["s.double": 3], "met"),
        ProfileCase("s.int == 3", ["s.int": .double(3)], "met"),
        ProfileCase("s.int == 3", ["s.int": .double(3.5)], "unknown", "type"),
        ProfileCase("s.int == 3", ["s.int": "3"], "unknown", "type"),
        ProfileCase("s.bool", ["s.bool": "true"], "unknown", "type"),
        ProfileCase("s.bool", ["s.bool": 1], "unknown", "type"),
        ProfileCase("s.span >= duration(\"90s\")", ["s.span": "1m30s"], "met"),
        ProfileCase("s.span >= duration(\"90s\")", ["s.span": 90], "met"),
        ProfileCase(
            "s.time < timestamp(\"2026-03-02T00:00:00Z\")",
            ["s.time": "2026-03-01T12:00:00Z"],
            "met"
        ),
        ProfileCase(
            "s.time < timestamp(\"2026-03-02T00:00:00Z\")",
            ["s.time": "yesterday"],
            "unknown",
            "type"
        ),
        // Absent, in every dress.
        ProfileCase("s.int == 3", [:], "unknown", "missing"),
        ProfileCase("s.int == 3", ["s.int": .null], "unknown", "missing"),
        ProfileCase("s.list.size() == 0", [:], "unknown", "missing"),
        ProfileCase("3 in s.list", [:], "unknown", "missing"),
        ProfileCase("s.list.all(x, x > 0)", [:], "unknown", "missing"),
        ProfileCase("has(s.record.a)", [:], "unknown", "missing"),
        ProfileCase("!has(s.record.a)", [:], "unknown", "missing"),
        ProfileCase("s.record.?a.orValue(0) == 0", [:], "unknown", "missing"),
        ProfileCase("s.map.size() == 0", [:], "unknown", "missing"),
        ProfileCase("\"x\" in s.map", [:], "unknown", "missing"),
        ProfileCase("has(s.map.x)", [:], "unknown", "missing"),
        // A member that an otherwise known record lacks.
        ProfileCase("has(s.record.a)", ["s.record": ["b": "x"]], "unmet"),
        ProfileCase("s.record.?a.orValue(7) == 7", ["s.record": ["b": "x"]], "met"),
        ProfileCase("s.record.a == 1", ["s.record": ["b": "x"]], "unknown", "type"),
        ProfileCase("has(s.record.a)", ["s.record": ["a": 1]], "met"),
        // Empty lists.
        ProfileCase("s.list.all(x, x > 0)", ["s.list": []], "unknown", "missing"),
        ProfileCase("s.list.size() == 0", ["s.list": []], "unknown", "missing"),
        ProfileCase("!(3 in s.list)", ["s.list": []], "unknown", "missing"),
        ProfileCase("s.open.all(x, x > 0)", ["s.open": []], "met"),
        ProfileCase("s.open.size() == 0", ["s.open": []], "met"),
        ProfileCase("s.list.all(x, x > 0)", ["s.list": [1, 2]], "met"),
        ProfileCase("s.list.all(x, x > 0)", ["s.list": [1, "2"]], "unknown", "type"),
        // Unknown in a wider expression.
        ProfileCase("s.bool || s.int == 3", ["s.bool": true], "met"),
        ProfileCase("s.bool || s.int == 3", ["s.bool": false], "unknown", "missing"),
        ProfileCase("s.bool && s.int == 3", ["s.bool": false], "unmet"),
        ProfileCase("s.bool && s.int == 3", ["s.bool": true], "unknown", "missing"),
        ProfileCase("s.bool ? s.int == 3 : true", [:], "unknown", "missing"),
        ProfileCase("s.int != 3", [:], "unknown", "missing"),
        ProfileCase("!(s.int == 3)", [:], "unknown", "missing"),
        // Unknown beats error; an error alone is unknown, too.
        ProfileCase("s.map[\"x\"] == 1 || s.int == 3", ["s.map": ["y": 1]], "unknown", "missing"),
        ProfileCase("s.map[\"x\"] == 1", ["s.map": ["y": 1]], "unknown", "type"),
        ProfileCase("s.list[5] == 1", ["s.list": [1]], "unknown", "type"),
        ProfileCase("s.int + 9223372036854775807 > 0", ["s.int": 1], "unknown", "type"),
        // Wrong subject.
        ProfileCase("s.versioned == 1", ["s.versioned": 1], "unknown", "wrong_subject"),
        // Latched candidate: not yet.
        ProfileCase("candidate.commit == \"a\"", [:], "unknown", "missing"),
        // What does not compile is disabled, never false and never a trap.
        ProfileCase("s.nothing == 1", [:], "unknown", "disabled"),
        ProfileCase("s.int ==", [:], "unknown", "disabled"),
        ProfileCase("s.int", ["s.int": 1], "unknown", "type"),
    ]

    @Test(arguments: cases)
    func `comes to this verdict, for this cause`(example: ProfileCase) throws {
        let turn = Self.turn(Self.machine(example.expression), example.facts)
        let verdict = try #require(turn.decision.verdicts.first).verdict
        #expect(verdict.name == example.verdict)
        #expect(verdict.cause?.name == example.cause)
        #expect((turn.decision.fired != nil) == (example.verdict == "met"))
    }

    @Test func `a number that is none is unknown`() throws {
        let turn = Self.turn(
            Self.machine("s.double / s.double > 0.5 || !(s.double / s.double > 0.5)"),
            ["s.double": .double(0)]
        )
        #expect(turn.decision.verdicts.first?.verdict == .unknown(.nan))
    }

    @Test func `the subject must be the right one`() throws {
        let machine = Self.machine("s.versioned == 1")
        let right = Self.turn(machine, ["s.versioned": 1], about: ["s.versioned": "8.9.2"])
        #expect(right.decision.verdicts.first?.verdict == .met)
        let wrong = Self.turn(machine, ["s.versioned": 1], about: ["s.versioned": "8.9.1"])
        #expect(
            wrong.decision.verdicts.first?.verdict
                == .unknown(.wrongSubject(fact: "s.versioned", was: "8.9.1", wanted: "8.9.2"))
        )
    }

    @Test func `a fact counts through the whole of its validity and not a moment longer`() {
        let machine = Self.machine("s.int == 3") { $0.maxAge = .minutes(10) }
        let last = Self.turn(machine, ["s.int": 3], after: .minutes(10))
        #expect(last.decision.verdicts.first?.verdict == .met)
        let over = Self.turn(
            machine,
            ["s.int": 3],
            after: .minutes(10) + Span(milliseconds: 1)
        )
        #expect(over.decision.verdicts.first?.verdict == .unknown(.stale(fact: "s.int")))
        let unmet = Self.turn(machine, ["s.int": 4], after: .minutes(1))
        // A turn that has something to record asks for the next one at once; that one sleeps.
        #expect(unmet.wakeAt == Self.start.elapsed + 60_000)
        let settled = Self.turn(machine, ["s.int": 4], after: .minutes(1), state: unmet.state)
        #expect(settled.wakeAt == Self.start.elapsed + 600_001)
    }

    @Test(arguments: [
        ("time_in_stage >= duration(\"2h\")", 7_200_000),
        ("time_in_stage > duration(\"2h\")", 7_200_001),
        ("duration(\"2h\") <= time_in_stage", 7_200_000),
        ("age(s.int) >= duration(\"30m\")", 1_800_000),
        ("age(s.int) > duration(\"30m\")", 1_800_001),
        ("!(age(s.int) < duration(\"30m\"))", 1_800_000),
    ])
    func `a clock flips at the computed moment, and the turn wakes for it`(
        expression: String,
        flip: Int64
    ) {
        let machine = Self.machine(expression, idle: true)
        let before = Self.turn(machine, ["s.int": 3], after: Span(milliseconds: flip - 1))
        #expect(before.decision.verdicts.first?.verdict == .unmet)
        let at = Self.turn(machine, ["s.int": 3], after: Span(milliseconds: flip))
        #expect(at.decision.verdicts.first?.verdict == .met)
        // From the first turn on, waking when told to, the flip is not missed.
        var state: TrackState?
        var now: Int64 = 0
        for _ in 0..<10 where now < flip {
            let turn = Self.turn(
                machine,
                ["s.int": 3],
                after: Span(milliseconds: now),
                state: state
            )
            #expect(turn.decision.verdicts.first?.verdict == .unmet)
            state = turn.state
            now = (turn.wakeAt ?? .max) - Self.start.elapsed
        }
        #expect(now == flip)
    }

    @Test func `integer division and clocks that cannot be computed are found`() throws {
        func kinds(_ expression: String, hasEvery: Bool = false) -> [ConditionProfile.Violation
            .Kind]
        {
            guard let program = Self.machine(expression).conditions[0].expression.program else {
                return []
            }
            return ConditionProfile.violations(in: program, hasEvery: hasEvery).map(\.kind)
        }
        #expect(kinds("s.int / 2 == 1") == [.integerDivision])
        #expect(kinds("s.double / 2.0 > 1.0").isEmpty)
        #expect(kinds("time_in_stage > s.span") == [.incomputableClock])
        #expect(kinds("time_in_stage > s.span", hasEvery: true).isEmpty)
        #expect(kinds("time_in_stage > duration(\"1h\")").isEmpty)
    }

    @Test func `with 'every' the answer is the same whenever somebody looks`() {
        let machine = Self.machine("time_in_stage > s.span", idle: true) { $0.every = .minutes(1) }
        var last: Verdict?
        for second in stride(from: Int64(0), to: 600, by: 7) {
            let turn = Self.turn(machine, ["s.span": "5m"], after: .seconds(second))
            let verdict = turn.decision.verdicts.first?.verdict
            let bucket = (Self.start.elapsed + second * 1000) / 60_000
            let previous = (Self.start.elapsed + (second - 7) * 1000) / 60_000
            if bucket == previous, second > 0 { #expect(verdict == last) }
            last = verdict
        }
        #expect(last == .met)
    }

    @Test(arguments: [
        ("platform == \"ios\"", "unmet"), ("platform == \"web\"", "not_applicable"),
        ("platform ==", "unknown"), ("params.limit", "unknown"),
    ])
    func `where it does not apply it is grey, and where nobody knows it is unknown`(
        applies: String,
        verdict: String
    ) {
        let machine = Self.machine("s.int == 3") { $0.applies = applies }
        let turn = Self.turn(machine, ["s.int": 4])
        #expect(turn.decision.verdicts.first?.verdict.name == verdict)
        #expect(turn.decision.fired == nil)
    }
}
