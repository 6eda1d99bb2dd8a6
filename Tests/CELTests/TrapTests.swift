import CEL
import Testing

/// Where implementations of the language are known to go wrong.
@Suite struct `Traps` {
    /// An expression, and its type with its value or error, or the phase and fault of its refusal.
    private static let table: [(String, String)] = [
        // Grammar: the minus, numbers.
        ("--1", "int 1"), ("2 - -1", "int 3"), ("!!true", "bool true"),
        ("-0x8000000000000000", "int -9223372036854775808"),
        ("0x7fffffffffffffff", "int 9223372036854775807"),
        ("0x8000000000000000", "parse bad-literal"), ("-9223372036854775809", "parse bad-literal"),
        ("0xFFu", "uint 255u"), ("1U", "uint 1u"), ("1e3", "double 1000.0"),
        ("1E-3", "double 0.001"),
        ("1.e5", "check wrong-type"), ("1e", "parse syntax"), ("0x", "parse syntax"),
        ("-1u", "check no-overload"), ("a..b", "parse syntax"), ("a.1", "parse syntax"),
        ("1 1", "parse syntax"), ("!", "parse syntax"), (")", "parse syntax"),
        ("1 +", "parse syntax"), ("[1", "parse syntax"), ("{1: 2", "parse syntax"),
        ("{1: 2, 3}", "parse syntax"), ("a[", "parse syntax"), ("a[]", "parse syntax"),
        ("'a' 'b'", "parse syntax"), ("1 ? : 2", "parse syntax"), ("#", "parse syntax"),
        ("a === b", "parse syntax"), ("1 <> 2", "parse syntax"), ("|| true", "parse syntax"),
        // Precedence and association.
        ("true || true && false", "bool true"), ("(true || true) && false", "bool false"),
        ("1 < 2 == true", "bool true"), ("1 in [1] == true", "bool true"),
        ("!true == false", "bool true"), ("2 + 3 * 4 % 5", "int 4"), ("7 - 2 - 1", "int 4"),
        ("-2 * 3", "int -6"), ("false ? 1 : false ? 2 : 3", "int 3"),
        ("true ? (false ? 1 : 2) : 3", "int 2"),
        // Texts and octets.
        ("'''a\n'b'''", "string \"a\\n'b\""), ("\"\"\"a\"b\"\"\"", "string \"a\\\"b\""),
        ("'\\x41\\101\\u0041\\U00000041'", "string \"AAAA\""),
        ("'\\`\\?\\a'", "string \"`?\\u0007\""),
        ("'\\xff'", "string \"ÿ\""), ("b'\\xff\\377\\x41'", "bytes b\"\\xff\\xffA\""),
        ("b'\\U00000041'", "parse bad-literal"), ("'\\ud83d\\ude00'", "parse bad-literal"),
        ("'\\U0001F600'.size()", "int 1"), ("'\\q'", "parse bad-literal"),
        ("'\\08'", "parse bad-literal"), ("'\\xg0'", "parse bad-literal"),
        ("bR'\\n' == b'\\\\n'", "bool true"), ("b'é'.size()", "int 2"),
        ("'\\U0001F468\\u200D\\U0001F469'.size()", "int 3"),
        ("'\\uFFFF' < '\\U00010000'", "bool true"), ("'a\\u0301' < 'b'", "bool true"),
        ("'\\u212A' == 'K'", "bool false"), ("'e\\u0301' in ['\\u00e9']", "bool false"),
        ("{'\\u00e9': 1}['e\\u0301']", "int ! no-such-key"),
        ("{'\\u00e9': 1, 'e\\u0301': 2}.size()", "int 2"),
        ("'e\\u0301'.contains('e')", "bool true"), ("'abc'.contains('')", "bool true"),
        ("1 // one\n + 2", "int 3"), ("// nothing", "parse syntax"),
        // Errors and what absorbs them.
        ("1 / 0 == 1 || true", "bool true"), ("true || 1 / 0 == 1", "bool true"),
        ("1 / 0 == 1 && false", "bool false"), ("false && 1 / 0 == 1", "bool false"),
        ("1 / 0 == 1 || false", "bool ! divide-by-zero"),
        ("1 / 0 == 1 && true", "bool ! divide-by-zero"),
        ("true ? 1 : 1 / 0", "int 1"), ("false ? 1 / 0 : 1", "int 1"),
        ("1 / 0 == 1 ? 1 : 2", "int ! divide-by-zero"),
        ("!(1 / 0 == 1)", "bool ! divide-by-zero"),
        ("dyn(1) || dyn('a')", "bool ! no-such-overload"),
        ("dyn(1) && true", "bool ! no-such-overload"), ("[1 / 0, 2][1]", "int ! divide-by-zero"),
        // Macros.
        ("[].all(x, 1 / 0 == 1)", "bool true"), ("[].exists(x, 1 / 0 == 1)", "bool false"),
        ("[1, 1].exists_one(x, x == 1)", "bool false"),
        ("[1, 2].existsOne(x, x == 1)", "bool true"),
        ("[1, 0].exists_one(x, 1 / x == 1)", "bool ! divide-by-zero"),
        ("[0, 1].exists(x, 1 / x == 1)", "bool true"),
        ("[0].map(x, 1 / x)", "list(int) ! divide-by-zero"),
        ("[1, 0].filter(x, 1 / x == 1)", "list(int) ! divide-by-zero"),
        ("[1].filter(x, dyn(x))", "list(int) ! no-such-overload"),
        ("[1].exists_one(x, dyn(x))", "bool ! no-such-overload"),
        ("[1, 2].map(x, [x].map(x, x * 10)[0])", "list(int) [10, 20]"),
        ("[1].map(x, [2].map(y, x + y))", "list(list(int)) [[3]]"),
        ("[1].map(x, x, 1, 2)", "check wrong-arity"), ("[1].all(1, true)", "parse bad-macro"),
        ("[1].all(x, 1)", "check wrong-type"), ("1.all(x, true)", "check wrong-type"),
        ("(1).all(x, true)", "check wrong-type"), ("'ab'.all(c, true)", "check wrong-type"),
        ("has({'a': {}}.a.b.c)", "bool ! no-such-key"), ("has({'a': {'b': 1}}.a.b)", "bool true"),
        ("has({'a': 1}['a'])", "parse bad-macro"), ("has({'a': 1}.a, 1)", "check wrong-arity"),
        ("has([1].a)", "check wrong-type"),
        ("{'a': 1}.transformMapEntry(k, v, {'x': 1, 'x': 2})", "map(string, int) ! repeated-key"),
        // Numbers: the edges of the types, each kind against each.
        ("dyn(9223372036854775808.0) > 9223372036854775807", "bool false"),
        ("dyn(9223372036854775807) >= 9223372036854775808.0", "bool true"),
        ("dyn(9223372036854775807) == 9223372036854775808.0", "bool true"),
        ("dyn(18446744073709551615u) == 18446744073709551616.0", "bool true"),
        ("dyn(-1) < 0u", "bool true"), ("dyn(1u) == 1", "bool true"),
        ("dyn(-1) == 18446744073709551615u", "bool false"),
        ("dyn(1) != 1.5", "bool true"), ("dyn(1) < 1.5 && dyn(2u) > 1.5", "bool true"),
        ("dyn(1) == '1'", "bool false"), ("dyn(1) < '1'", "bool ! no-such-overload"),
        ("dyn(true) == 1", "bool false"), ("dyn(null) == false", "bool false"),
        ("dyn(1) + 1.0", "double ! no-such-overload"), ("1 + 1.0", "check no-overload"),
        ("1 + 1u", "check no-overload"), ("dyn(1) + dyn(1u)", "dyn ! no-such-overload"),
        ("double('NaN') == double('NaN')", "bool false"),
        ("double('NaN') != double('NaN')", "bool true"),
        ("double('NaN') < 1.0 || double('NaN') >= 1.0", "bool false"),
        ("dyn(double('NaN')) == 1", "bool false"),
        ("double('NaN') in [double('NaN')]", "bool false"),
        ("-0.0 == 0.0", "bool true"), ("-0.0", "double -0.0"), ("0.0 * -1.0", "double -0.0"),
        ("1.0 / -0.0", "double double(\"-Infinity\")"), ("1.0 % 1.0", "check no-overload"),
        ("9223372036854775807 + 1", "int ! overflow"),
        ("-9223372036854775808 - 1", "int ! overflow"),
        ("9223372036854775807 * 2", "int ! overflow"),
        ("-(-9223372036854775808)", "int ! overflow"),
        ("18446744073709551615u + 1u", "uint ! overflow"),
        ("18446744073709551615u * 2u", "uint ! overflow"),
        ("5u / 0u", "uint ! divide-by-zero"), ("5u % 0u", "uint ! divide-by-zero"),
        ("-7 / 2", "int -3"), ("-7 % 2", "int -1"), ("7 % -2", "int 1"),
        // Lists and maps.
        ("[1, 2][dyn(1u)]", "int 2"), ("dyn([1, 2])[1.0]", "dyn 2"),
        ("[1][9223372036854775807]", "int ! index-out-of-bounds"),
        ("dyn([1])['a']", "dyn ! no-such-overload"), ("{1u: 'x'}[dyn(1)]", "string \"x\""),
        ("{1: 'x'}[dyn('1')]", "string ! no-such-key"),
        ("{1: 'x'}[dyn([1])]", "string ! no-such-key"),
        ("dyn(3.1) in {3: 1}", "bool false"), ("dyn(3.0) in {3: 1}", "bool true"),
        ("dyn([1]) in {1: 1}", "bool false"), ("null in [null]", "bool true"),
        ("{'a': 1, 'b': 2} == {'b': 2, 'a': 1}", "bool true"),
        ("dyn({1: 1}) == dyn({1u: 1.0})", "bool true"), ("dyn([1]) == dyn([1.0])", "bool true"),
        ("dyn([1, 'a']) == dyn([1, 2])", "bool false"),
        ("{0: 1, dyn(0u): 2}", "map(dyn, int) ! repeated-key"),
        ("{true: 1, false: 2}[true]", "int 1"), ("{null: 1}", "check wrong-type"),
        ("[1] < [2]", "check no-overload"), ("null < null", "check no-overload"),
        ("{} < {}", "check no-overload"), ("dyn([1]) < dyn([2])", "bool ! no-such-overload"),
        ("b'a' < b'b' && false < true", "bool true"),
        ("duration('1s') < duration('2s')", "bool true"),
        ("{'a': null}.a == null", "bool true"), ("{'a': {'b': 2}}.a.b", "int 2"),
        ("{'a': {'b': 2}}['a'].b", "int 2"), ("dyn('x').a", "dyn ! no-such-overload"),
        // Instants and spans.
        ("timestamp('9999-12-31T23:59:59Z') + duration('1s')", "timestamp ! out-of-range"),
        ("timestamp('0001-01-01T00:00:00Z') - duration('1ns')", "timestamp ! out-of-range"),
        (
            "timestamp('9999-12-31T23:59:59Z') - timestamp('0001-01-01T00:00:00Z')",
            "duration ! out-of-range"
        ),
        ("timestamp(-62135596800)", "timestamp timestamp(\"0001-01-01T00:00:00Z\")"),
        ("timestamp(-62135596801)", "timestamp ! out-of-range"),
        ("timestamp(253402300800)", "timestamp ! out-of-range"),
        ("timestamp('10000-01-01T00:00:00Z')", "timestamp ! conversion"),
        ("timestamp('2020-01-01T00:00:60Z')", "timestamp ! conversion"),
        ("timestamp('2020-01-01 00:00:00Z')", "timestamp ! conversion"),
        ("timestamp('2020-01-01T00:00:00')", "timestamp ! conversion"),
        ("timestamp('2020-13-01T00:00:00Z')", "timestamp ! conversion"),
        ("timestamp('')", "timestamp ! conversion"),
        ("duration('0')", "duration duration(\"0s\")"),
        ("duration('1us') == duration('1µs')", "bool true"),
        ("duration('1ms')", "duration duration(\"0.001s\")"),
        ("duration('')", "duration ! conversion"),
        ("duration('-')", "duration ! conversion"), ("duration('1')", "duration ! conversion"),
        ("duration('1h2')", "duration ! conversion"),
        ("duration('320000000000s')", "duration ! out-of-range"),
        ("timestamp(0).getHours('02:00')", "int 2"), ("timestamp(0).getHours('-02:30')", "int 21"),
        ("timestamp(0).getFullYear('-00:01')", "int 1969"),
        ("timestamp(0).getHours('UTC')", "int 0"),
        ("timestamp(0).getHours('+2:00')", "int ! invalid-argument"),
        ("timestamp(0).getHours('Z')", "int ! invalid-argument"),
        ("timestamp('2000-01-02T03:04:05.678Z').getMilliseconds()", "int 678"),
        ("duration('61.5s').getMinutes() + duration('61.5s').getSeconds()", "int 62"),
        ("string(timestamp('2020-01-01T00:00:00.120Z'))", "string \"2020-01-01T00:00:00.12Z\""),
        (
            "string(duration('1000000s')) + string(duration('60001ms'))",
            "string \"1000000s60.001s\""
        ),
        ("type(timestamp(0)) == google.protobuf.Timestamp", "bool true"),
        ("type(duration('0')) == google.protobuf.Duration", "bool true"),
        (
            "timestamp(timestamp(5)) == timestamp(5) && duration(duration('1s')) == duration('1s')",
            "bool true"
        ),
        ("timestamp(0) + timestamp(0)", "check no-overload"), ("now()", "check unknown-function"),
        // Conversions.
        ("int(-9223372036854775808.0)", "int ! overflow"),
        ("int(9223372036854775807.0)", "int ! overflow"),
        ("int(9223372036854774784.0)", "int 9223372036854774784"),
        ("int(double('NaN'))", "int ! overflow"),
        ("int(18446744073709551615u)", "int ! overflow"), ("int('0x10')", "int ! conversion"),
        ("int('')", "int ! conversion"), ("uint('18446744073709551616')", "uint ! overflow"),
        ("uint(18446744073709551616.0)", "uint ! overflow"), ("double('1.5e3')", "double 1500.0"),
        ("double('')", "double ! conversion"), ("string(9876u)", "string \"9876\""),
        ("string(1.5) + string(-0.0) + string(1e100)", "string \"1.5-01e+100\""),
        ("string(b'caf\\xc3\\xa9')", "string \"café\""),
        ("string(b'\\xed\\xa0\\x80')", "string ! conversion"),
        ("bool('t') && bool('1') && !bool('False')", "bool true"),
        ("bool('FaLsE')", "bool ! conversion"),
        ("bool('TrUe')", "bool ! conversion"), ("bool('')", "bool ! conversion"),
        (
            "type(1u) == uint && type([]) == list && type({}) == map && type(b'') == bytes",
            "bool true"
        ),
        ("type(type) == type && type(int) == type", "bool true"),
        ("type(optional.of(1)) == optional_type", "bool true"),
        ("type(1) == type(1.0)", "bool false"),
        ("int(1) == 1 && bool(true) && string('a') == 'a'", "bool true"),
        // Optionals look at the second operand only when the first holds nothing.
        ("optional.of(1).orValue(1 / 0)", "int 1"),
        ("optional.of(1).or(optional.of(1 / 0)).value()", "int 1"),
        ("optional.none().orValue(1 / 0)", "int ! divide-by-zero"),
        ("dyn(1).orValue(2)", "int ! no-such-overload"), ("{}.?a.b.hasValue()", "bool false"),
        ("optional.of({'a': 1}).a.value()", "int 1"),
        ("optional.of({'a': 1}).?b.hasValue()", "bool false"),
        ("optional.of(optional.none()) == optional.none()", "bool false"),
        ("{'a': 1}.?a.optMap(x, x / 0).hasValue()", "bool ! divide-by-zero"),
    ]

    @Test(arguments: table)
    func `are not fallen into`(source: String, expected: String) {
        #expect(shown(source, in: Environment(checksConstants: false)) == expected)
    }

    /// What names stand for, in a namespace `x.y`.
    private static let names: [(String, String)] = [
        ("a.b.c", "int 1"), ("a.b", "map(string, int) {\"c\": 1}"), ("a.d", "int 3"),
        ("n", "int 10"), (".n", "int 12"), ("x.n", "int 11"), ("y.n", "int 10"),
        ("x.y.n", "int 10"),
        ("m", "int 20"), ("[5].map(n, n)[0]", "int 5"), ("[5].map(n, .n)[0]", "int 12"),
        ("[{'b': 7}].map(a, a.b)[0]", "int 7"), ("[{'b': 7}].map(a, .a.b.c)[0]", "int 1"),
        ("cel.bind(n, 1, n + .n)", "int 13"), ("z", "check undeclared-name"),
        (".z", "check undeclared-name"), ("a", "map(string, int) {\"d\": 3}"),
    ]

    @Test(arguments: names)
    func `names are resolved by the longest, from the innermost`(source: String, expected: String) {
        var environment = Environment(container: "x.y")
        let map = { (name: String, number: Int64) in
            Value.map(MapValue(fields: [(name, .int(number))]))
        }
        let values: [(String, CELType, Value)] = [
            ("a", .map(.string, .int), map("d", 3)), ("a.b", .map(.string, .int), map("c", 1)),
            ("x.y.n", .int, .int(10)), ("x.n", .int, .int(11)), ("n", .int, .int(12)),
            ("x.m", .int, .int(20)), ("m", .int, .int(21)),
        ]
        for (name, type, _) in values { environment.declare(name, as: type) }
        #expect(
            shown(source, in: environment, values.map { ($0.0, .value($0.2)) }) == expected
        )
    }

    @Test func `what is not declared is an error that a deciding operand absorbs`() {
        let open = Environment(isChecked: false)
        #expect(shown("x || true", in: open) == "dyn true")
        #expect(shown("f(1) || true", in: open) == "dyn true")
        #expect(shown("x && false", in: open) == "dyn false")
        #expect(shown("x || false", in: open) == "dyn ! unbound-variable")
        #expect(shown("f(1)", in: open) == "dyn ! unbound-function")
    }
}

/// The type with the value or error, or the phase and fault of the refusal.
private func shown(
    _ source: String,
    in environment: Environment,
    _ known: [(String, Slot)] = []
) -> String {
    do throws(CompilationError) {
        let program = try Program(compiling: source, in: environment)
        let slots = Dictionary(known) { first, _ in first }
        let outcome = program.evaluate(program.variables.map { slots[$0] ?? .unbound })
        switch outcome {
        case .value(let value): return "\(program.type) \(value)"
        case .error(let error): return "\(program.type) ! \(error.code.rawValue)"
        case .unknown(let paths): return "? \(paths)"
        }
    } catch {
        return "\(error.diagnostics[0].phase) \(error.diagnostics[0].code.rawValue)"
    }
}
