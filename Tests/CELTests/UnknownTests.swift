import CEL
import Testing

/// Facts as a host declares them: dotted names, a record, a list of records.
let facts: Environment = {
    var environment = Environment()
    environment.declare("tracker.blockers.open", as: .int)
    environment.declare("tracker.blockers.list", as: .list(.string))
    environment.declare("tracker.total", as: .int)
    environment.declare("quality.crash_free_users", as: .double)
    environment.declare("quality.crash_rate", as: .double)
    environment.declare("branch.name", as: .string)
    environment.declare("build", as: .record([.init("commit", .string), .init("number", .int)]))
    environment.declare(
        "signoffs",
        as: .list(.record([.init("who", .string), .init("state", .string)]))
    )
    environment.declare("labels", as: .map(.string, .string))
    environment.declare("now", as: .timestamp)
    environment.declare("flag", as: .bool)
    environment.declare("other", as: .bool)
    environment.declareVariableMacro("age", type: .duration)
    return environment
}()

/// Compiles and evaluates with the slots named; variables that are not named are unbound.
func outcome(_ source: String, _ known: [String: Slot] = [:]) throws -> Outcome {
    let program = try Program(compiling: source, in: facts)
    let slots = program.variables.map { known[$0] ?? .unbound }
    let outcome = program.evaluate(slots)
    #expect(program.evaluateTracing(slots).outcome == outcome)
    return outcome
}

@Suite struct `Unknowns` {
    private static let known: [String: Slot] = [
        "flag": .unknown, "other": .unknown, "tracker.blockers.open": .unknown,
        "tracker.blockers.list": .unknown, "labels": .unknown, "signoffs": .unknown,
        "branch.name": .unknown, "build": .unknown, "tracker.total": .value(.int(3)),
        "age(tracker.total)": .unknown, "quality.crash_rate": .value(.double(0.5)),
    ]

    /// What an expression comes to: a truth value, the unknown names, or the code of an error.
    private static let table: [(String, String)] = [
        // A deciding operand wins, on either side; otherwise unknown wins over an error.
        ("flag && false", "false"), ("false && flag", "false"), ("flag || true", "true"),
        ("true || flag", "true"), ("flag && true", "? flag"), ("true && flag", "? flag"),
        ("flag || false", "? flag"), ("flag && other", "? flag other"),
        ("other || flag", "? flag other"), ("other && flag && other", "? flag other"),
        ("flag && 1/0 == 1", "? flag"), ("1/0 == 1 && flag", "? flag"),
        ("flag || 1/0 == 1", "? flag"), ("1/0 == 1 || flag", "? flag"),
        ("1/0 == 1 && flag && false", "false"), ("1/0 == 1 || flag || true", "true"),
        ("!(flag && false)", "true"), ("!flag", "? flag"),
        // The conditional looks at its condition and at one branch.
        ("flag ? true : true", "? flag"), ("true ? true : flag", "true"),
        ("false ? flag : true", "true"), ("true ? flag : true", "? flag"),
        // Strict functions: unknowns are put together and win over errors.
        ("tracker.blockers.open == 0", "? tracker.blockers.open"),
        ("tracker.blockers.open < tracker.total", "? tracker.blockers.open"),
        ("tracker.total < tracker.blockers.open", "? tracker.blockers.open"),
        ("flag == other", "? flag other"), ("other == flag", "? flag other"),
        ("1/0 == tracker.blockers.open", "? tracker.blockers.open"),
        ("tracker.blockers.open == 1/0", "? tracker.blockers.open"),
        ("[flag, other] == [true, true]", "? flag other"),
        ("{'a': flag}['a']", "? flag"), ("[flag][0]", "? flag"),
        ("-tracker.blockers.open == 1", "? tracker.blockers.open"),
        ("size(branch.name) > 0", "? branch.name"), ("branch.name.size() > 0", "? branch.name"),
        ("branch.name.startsWith('r')", "? branch.name"),
        ("'x' in tracker.blockers.list", "? tracker.blockers.list"),
        ("'x' in labels", "? labels"), ("branch.name in ['a']", "? branch.name"),
        ("labels['train'] == 'weekly'", "? labels.train"),
        ("labels.train == 'weekly'", "? labels.train"),
        ("type(flag) == bool", "? flag"), ("dyn(flag) == true", "? flag"),
        ("age(tracker.total) > duration('1h')", "? age(tracker.total)"),
        // Presence of what is unknown is unknown, and never a default.
        ("has(tracker.blockers.open)", "? tracker.blockers.open"),
        ("has(labels.train)", "? labels.train"), ("has(build.commit)", "? build.commit"),
        ("has(tracker.total)", "true"), ("has(quality.crash_free_users)", "false"),
        ("labels.?train.orValue('weekly') == 'weekly'", "? labels.train"),
        ("labels[?'train'].orValue('weekly') == 'weekly'", "? labels.train"),
        ("tracker.?total.orValue(7) == 3", "true"),
        ("tracker.?blockers.?open.orValue(7) == 7", "? tracker.blockers.open"),
        ("tracker.?blockers.open.hasValue()", "? tracker.blockers.open"),
        ("quality.?crash_free_users.orValue(1.0) == 1.0", "true"),
        ("quality.?crash_free_users.hasValue()", "false"),
        ("optional.of(flag).hasValue()", "? flag"),
        // The second operand is looked at only when the first holds nothing.
        ("optional.of(true).orValue(flag)", "true"), ("optional.of(2).orValue(1/0) == 2", "true"),
        ("optional.none().orValue(flag)", "? flag"),
        ("optional.of(2).or(optional.of(1/0)).value() == 2", "true"),
        ("optional.of(flag).orValue(other)", "? flag"),
        ("labels.?train.or(labels.?tier).hasValue()", "? labels.train"),
        // What is unknown goes by the path that was asked for.
        ("build.commit == 'a'", "? build.commit"),
        ("build.commit == 'a' && build.number == 1", "? build.commit build.number"),
        ("build.commit == build.commit", "? build.commit"), ("build == build", "? build"),
        ("build == {'commit': 'a', 'number': 1} && build.number == 1", "? build build.number"),
        ("labels['a-b'] == 'c'", "? labels[\"a-b\"]"),
        ("labels[branch.name] == 'c'", "? branch.name labels"),
        ("labels[string(tracker.total)] == 'c'", "? labels[\"3\"]"),
        ("labels[string(1/0)] == 'c'", "? labels"),
        ("signoffs[0].state == 'ok'", "? signoffs[0].state"),
        ("signoffs[tracker.total].state == 'ok'", "? signoffs[3].state"),
        ("signoffs[?0].?state.orValue('ok') == 'ok'", "? signoffs[0].state"),
        ("tracker.blockers.list[0] == 'x'", "? tracker.blockers.list[0]"),
        ("size(build.commit) > 0", "? build.commit"),
        ("(flag ? build : build).commit == 'a'", "? flag"),
        ("(true ? build : build).commit == 'a'", "? build"),
        ("cel.bind(b, build, b.commit == 'a')", "? build"),
        ("signoffs.filter(s, s.state == 'ok').size() > 0", "? signoffs"),
        // Macros.
        ("signoffs.all(s, s.state == 'approved')", "? signoffs"),
        ("signoffs.exists(s, false)", "? signoffs"), ("signoffs.size() == 0", "? signoffs"),
        ("[true, false].exists(x, x || flag)", "true"),
        ("[true, false].all(x, x && flag)", "false"),
        ("[true].all(x, x && flag)", "? flag"),
        ("[1, 2].exists(x, x == 3 || (x == 1 ? flag : other))", "? flag other"),
        ("[0, 1].exists(x, 1 / x == 5 || flag)", "? flag"),
        ("[1, 2].exists_one(x, flag)", "? flag"),
        ("[1, 2].map(x, x == 1 ? flag : other).size() == 2", "? flag other"),
        ("[1, 2].filter(x, flag) == []", "? flag"),
        ("cel.bind(x, flag, x || true)", "true"), ("cel.bind(x, flag, x)", "? flag"),
        ("cel.bind(x, 1/0, x == 1 || true)", "true"),
        ("cel.bind(x, flag, false)", "false"),
        ("branch.name.matches('^r')", "? branch.name"),
        // Errors stay apart.
        ("quality.crash_free_users > 0.9", "! unbound-variable"),
        ("1/0 == 1", "! divide-by-zero"), ("1/0 == 1 || false", "! divide-by-zero"),
        ("{'a': 1}['b'] == 1", "! no-such-key"), ("[1][1] == 1", "! index-out-of-bounds"),
        ("9223372036854775807 + 1 == 0", "! overflow"),
    ]

    @Test(arguments: table)
    func `are carried as the rules say`(source: String, expected: String) throws {
        let shown =
            switch try outcome(source, Self.known) {
            case .value(let value): value.description
            case .unknown(let paths): (["?"] + paths).joined(separator: " ")
            case .error(let error): "! " + error.code.rawValue
            }
        #expect(shown == expected)
    }
}

@Suite struct `Unknowns where NaN is refused` {
    @Test(arguments: [("lost[0].ok", "lost[0].ok"), ("lost.a[?'b-c']", "lost.a[\"b-c\"]")])
    func `go by their paths too`(source: String, path: String) throws {
        var environment = Environment(refusesNaN: true)
        environment.declare("lost", as: .dyn)
        let program = try Program(compiling: source, in: environment)
        #expect(program.evaluate([.unknown]) == .unknown(paths: [path]))
        #expect(program.evaluateTracing([.unknown]).outcome == .unknown(paths: [path]))
    }
}

@Suite struct `Reads and traces` {
    @Test func `name exactly what was looked at`() throws {
        let program = try Program(
            compiling: "tracker.total > 5 && flag || build.commit == 'a' && labels['x'] == 'y' "
                + "&& signoffs.all(s, s.state == 'ok' && other)",
            in: facts
        )
        #expect(
            program.variables == ["tracker.total", "flag", "build", "labels", "signoffs", "other"]
        )
        let build = Value.map(MapValue(fields: [("commit", .string("a"))]))
        let labels = Value.map(MapValue(fields: [("x", .string("y"))]))
        let signoff = Value.map(MapValue(fields: [("state", .string("ok"))]))
        let (outcome, trace) = program.evaluateTracing([
            .value(.int(3)), .value(.bool(true)), .value(build), .value(labels),
            .value(.list([signoff, signoff])), .unknown,
        ])
        #expect(outcome == .unknown(paths: ["other"]))
        #expect(
            trace.reads.map(\.path) == [
                "tracker.total", "build.commit", "labels.x", "signoffs", "other",
            ]
        )
        #expect(trace.reads[1].outcome == .value(.string("a")))
        #expect(trace.reads[1].variable == "build")
        #expect(trace.reads[4].outcome == .unknown(paths: ["other"]))
        #expect(
            trace.entries.map(\.text) == [
                "tracker.total > 5", "tracker.total > 5 && flag", "build.commit == 'a'",
                "labels['x'] == 'y'", "signoffs.all(s, s.state == 'ok' && other)",
                "build.commit == 'a' && labels['x'] == 'y' "
                    + "&& signoffs.all(s, s.state == 'ok' && other)",
                program.source,
            ]
        )
        #expect(trace.entries[0].outcome == .value(.bool(false)))
        #expect(trace.entries[2].position.column == 30)
    }

    @Test func `find references, divisions and comparisons in the tree`() throws {
        let program = try Program(
            compiling: "tracker.total / 2 >= 3 && age(branch.name) > duration('2h')",
            in: facts
        )
        let calls = program.tree.nodes.compactMap { node -> String? in
            if case .call(_, _, _, let overload) = node.kind { return overload }
            return nil
        }
        #expect(
            calls == [
                "divide_int64", "greater_equals_int64", "string_to_duration", "greater_duration",
                "logical_and",
            ]
        )
        let names = program.tree.nodes.compactMap { node -> String? in
            if case .variable(_, let name) = node.kind { return "\(node.position.column) \(name)" }
            return nil
        }
        #expect(names == ["1 tracker.total", "27 age(branch.name)"])
    }
}
