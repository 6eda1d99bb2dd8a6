import CEL
import Testing

private func diagnostics(_ source: String) -> [Diagnostic] {
    do throws(CompilationError) {
        _ = try Program(compiling: source, in: facts)
        return []
    } catch {
        return error.diagnostics
    }
}

/// Code, column, length and suggestion of each diagnostic.
private func shown(_ source: String) -> String {
    diagnostics(source).map { diagnostic in
        "\(diagnostic.code.rawValue) \(diagnostic.position.column)+\(diagnostic.length)"
            + (diagnostic.suggestion.map { " -> \($0)" } ?? "")
    }.joined(separator: "; ")
}

@Suite struct `Diagnostics` {
    private static let names: [(String, String)] = [
        // One letter dropped, swapped, doubled or changed, in any segment.
        ("tracker.blockers.opn == 0", "undeclared-name 1+20 -> tracker.blockers.open"),
        ("tracker.blokcers.open == 0", "undeclared-name 1+21 -> tracker.blockers.open"),
        ("traacker.blockers.open == 0", "undeclared-name 1+22 -> tracker.blockers.open"),
        ("flag && tracker.bockers.open == 0", "undeclared-name 9+20 -> tracker.blockers.open"),
        ("racker.total > 1", "undeclared-name 1+12 -> tracker.total"),
        ("flga", "undeclared-name 1+4 -> flag"), ("!flaag", "undeclared-name 2+5 -> flag"),
        ("quality.crash_free_user > 0.5", "undeclared-name 1+23 -> quality.crash_free_users"),
        ("size(brnch.name) > 1", "undeclared-name 6+10 -> branch.name"),
        ("has(tracker.totla)", "undeclared-name 5+13 -> tracker.total"),
        ("tracker.?totl.orValue(1) == 1", "undeclared-name 1+13 -> tracker.total"),
        ("bild.commit == 'a'", "undeclared-name 1+11 -> build.commit"),
        ("build.comit == 'a'", "unknown-field 1+11 -> build.commit"),
        ("build.commiit == 'a'", "unknown-field 1+13 -> build.commit"),
        ("build['comit'] == 'a'", "unknown-field 7+7 -> \"commit\""),
        ("has(build.comit)", "unknown-field 5+11 -> build.commit"),
        ("build.?comit.hasValue()", "unknown-field 8+5 -> commit"),
        ("signoffs.all(s, s.sate == 'x')", "unknown-field 17+6 -> s.state"),
        ("signoffs[0].sate == 'x'", "unknown-field 13+4 -> state"),
        ("signofs.all(s, s.state == 'x')", "undeclared-name 1+7 -> signoffs"),
        ("age(tracker.totl) > duration('1h')", "undeclared-name 5+12 -> tracker.total"),
        ("age(1) > duration('1h')", "wrong-type 5+1"),
        ("age(build.commit) > duration('1h')", "wrong-type 5+12"),
        ("tracker.blockers == 1", "incomplete-name 1+16 -> tracker.blockers.list"),
        ("has(tracker.blockers)", "incomplete-name 5+16 -> tracker.blockers.list"),
        ("tracker", "incomplete-name 1+7 -> tracker.blockers.list"),
        ("zzzzzz > 1", "undeclared-name 1+6"),
        // Functions.
        ("branch.name.strtsWith('r')", "unknown-function 13+9 -> startsWith"),
        ("siz(branch.name) > 1", "unknown-function 1+3 -> size"),
        ("signoffs.exsts(s, true)", "unknown-function 10+5 -> exists"),
        ("math.gratest(1, 2) > 1", "unknown-function 1+12 -> math.greatest"),
        ("agee(tracker.total) > duration('1h')", "unknown-function 1+4 -> age"),
        ("startsWith(branch.name, 'r')", "no-overload 1+10"),
        // Arity.
        ("branch.name.startsWith()", "wrong-arity 13+10"),
        ("size() > 1", "wrong-arity 1+4"), ("size(branch.name, 1) > 1", "wrong-arity 1+4"),
        ("now.getHours('UTC', 1) > 1", "wrong-arity 5+8"),
        ("age() > duration('1h')", "wrong-arity 1+3"),
        ("age(now, now) > duration('1h')", "wrong-arity 1+3"),
        ("has(build.commit, 1)", "wrong-arity 1+3"),
        ("signoffs.all(s)", "wrong-arity 10+3"),
    ]

    private static let types: [(String, String)] = [
        ("quality.crash_free_users >= \"x\"", "no-overload 29+3"),
        ("'x' <= quality.crash_free_users", "no-overload 1+3"),
        ("tracker.total == 'x'", "no-overload 18+3"), ("tracker.total == 1.5", "no-overload 18+3"),
        ("tracker.total == null", "no-overload 18+4"), ("flag == 'true'", "no-overload 9+6"),
        ("flag == 1", "no-overload 9+1"), ("branch.name == 4", "no-overload 16+1"),
        ("now > '2026-01-01'", "no-overload 7+12"), ("now - now > 5", "no-overload 13+1"),
        ("age(now) > 5", "no-overload 12+1"),
        ("branch.name.startsWith(1)", "no-overload 24+1"),
        ("tracker.total.startsWith('a')", "no-overload 1+13"),
        ("tracker.total + 1.0 > 1", "no-overload 17+3"), ("1 in ['a']", "no-overload 7+3"),
        ("tracker.total in ['a']", "no-overload 19+3"),
        ("branch.name && flag", "wrong-type 1+11"), ("flag || 1", "wrong-type 9+1"),
        ("!tracker.total", "no-overload 2+13"), ("-branch.name == 'a'", "no-overload 2+11"),
        ("tracker.total ? 1 : 2", "wrong-type 1+13"), ("flag ? 1 : 'a'", "no-overload 12+3"),
        ("tracker.total.foo == 1", "wrong-type 15+3"),
        ("tracker.total[0] == 1", "no-overload 1+13"),
        ("tracker.total.all(x, true)", "wrong-type 1+13"),
        ("signoffs.all(s, s.state)", "wrong-type 17+7"), ("{1.5: 2}.size() == 1", "wrong-type 2+3"),
        ("[?1].size() == 1", "wrong-type 3+1"), ("branch.name.matches('a(')", "bad-pattern 21+4"),
        ("now - now > duration('1d')", "bad-literal 22+4"),
        ("now > timestamp('2026-13-01T00:00:00Z')", "bad-literal 17+22"),
        // Several at once.
        (
            "flga && tracker.totl > 'a' && branch.name == 4",
            "undeclared-name 1+4 -> flag; undeclared-name 9+12 -> tracker.total; no-overload 46+1"
        ),
    ]

    private static let syntax: [(String, String)] = [
        ("", "syntax 1+1"), ("1 +", "syntax 4+1"), ("a.b.", "syntax 5+1"), ("(1", "syntax 3+1"),
        ("1)", "syntax 2+1"), ("[1, 2", "syntax 6+1"), ("{1: 2", "syntax 6+1"),
        ("{1}", "syntax 3+1"), ("f(,)", "syntax 3+1; syntax 4+1"), ("[,]", "syntax 2+1"),
        ("1 2", "syntax 3+1"),
        ("a = b", "syntax 3+1"), ("a & b", "syntax 3+1"), ("-!true", "syntax 2+1"),
        ("!-a", "syntax 2+1"), ("true ? 1", "syntax 9+1"),
        ("true ? true ? 1 : 2 : 3", "syntax 13+1"),
        ("package", "reserved-word 1+7"), ("1 + if", "reserved-word 5+2"),
        ("a.in", "reserved-word 3+2"),
        ("a.true", "reserved-word 3+4"), ("'\\s'", "bad-literal 2+2"),
        ("'\\ud800'", "bad-literal 2+6"),
        ("'\\U00110000'", "bad-literal 2+10"), ("'\\400'", "bad-literal 2+2"),
        ("'\\x1'", "bad-literal 2+2"), ("b'\\u0041'", "bad-literal 3+2"),
        ("'abc", "bad-literal 1+4"),
        ("'''abc'", "bad-literal 1+7"), ("'a\nb'", "bad-literal 1+2; bad-literal 1+2"),
        ("rb''", "syntax 3+2"), ("9223372036854775808", "bad-literal 1+19"),
        ("-9223372036854775809", "bad-literal 2+19"), ("18446744073709551616u", "bad-literal 1+21"),
        ("0x1ffffffffffffffff", "bad-literal 1+19"), ("1e999", "bad-literal 1+5"),
        ("1.", "syntax 3+1"),
        ("a.`x y", "bad-literal 3+4"), ("`a`", "syntax 1+3"), ("[1].all(1, true)", "bad-macro 9+1"),
        ("[1].map(a.b, 1)", "bad-macro 9+3"), ("has(a)", "bad-macro 5+1"),
        ("has(a.?b)", "bad-macro 5+4"),
        ("[1].all(x, x, true)", "bad-macro 12+1"), ("cel.block(1, 2)", "bad-macro 11+1"),
        ("cel.index(x)", "bad-macro 11+1"), ("[1 +] == [2 *]", "syntax 5+1; syntax 14+1"),
        ("size(1 +) + size(, 2)", "syntax 9+1; syntax 18+1"),
        ("tracker.total > = 2", "syntax 17+1"),
    ]

    @Test(arguments: names) func `name what was meant`(source: String, expected: String) {
        #expect(shown(source) == expected)
    }

    @Test(arguments: types) func `stand under the wrong type`(source: String, expected: String) {
        #expect(shown(source) == expected)
    }

    @Test(arguments: syntax) func `stand under the faulty text`(source: String, expected: String) {
        #expect(shown(source) == expected)
    }

    @Test func `count columns in code points and lines from one`() {
        let found = diagnostics("'é😀' == branch.name &&\n  // a comment\n\tflga")
        #expect(found.count == 1)
        #expect(found[0].position == SourcePosition(offset: 39, line: 3, column: 2))
        #expect(
            found[0].rendered(source: "'é😀' == branch.name &&\n  // a comment\n\tflga")
                == """
                3:2: 'flga' is not declared; did you mean 'flag'? [undeclared-name]
                  | \tflga
                  | \t^^^^
                """
        )
    }

    @Test func `say what was expected`() {
        #expect(
            diagnostics("quality.crash_free_users >= 'x'")[0].expected == "double or int or uint"
        )
        #expect(diagnostics("tracker.total == 'x'")[0].expected == "int")
    }

    @Test(arguments: [
        "quality.crash_rate < 1", "tracker.total > 0.5", "quality.crash_rate >= 1u",
        "labels.train == 'x' && has(labels.y)", "build.number > 3 && 'commit' in build",
        "signoffs.exists(s, s.who == 'qa' && s.state == 'ok')", "build == {'commit': 'a'}",
        "age(tracker.blockers.open) > duration('1h')", "now - duration('1h') < now",
        "[1, 'a', 2.0].exists(x, x == 'a')", "dyn(1) == 1.0",
        "type(now) == google.protobuf.Timestamp",
    ])
    func `are silent on what is right`(source: String) {
        #expect(shown(source) == "")
    }
}
