import CEL
import Foundation
import Synchronization
import Testing

/// Runs a closure on a thread with a stack of 512 KiB.
func onSmallStack<T: Sendable>(_ body: @escaping @Sendable () -> T) -> T? {
    let result = Mutex<T?>(nil)
    let isDone = DispatchSemaphore(value: 0)
    let thread = Thread {
        let value = body()
        result.withLock { $0 = value }
        isDone.signal()
    }
    thread.stackSize = 512 * 1_024
    thread.start()
    isDone.wait()
    return result.withLock { $0 }
}

/// What this thread took of the processor so far, however busy the machine is with other things.
private func processorTime() -> Duration {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
}

private func nested(_ open: String, _ core: String, _ close: String, _ count: Int) -> String {
    String(repeating: open, count: count) + core + String(repeating: close, count: count)
}

/// Ways to nest an expression, by depth.
private let shapes: [(name: String, make: @Sendable (Int) -> String)] = [
    ("parentheses", { nested("(", "1", ")", $0) }),
    ("lists", { nested("[", "1", "]", $0) }),
    ("maps", { nested("{1:", "1", "}", $0) }),
    ("not", { nested("!", "true", "", $0) }),
    ("minus", { nested("-", "(1)", "", $0) }),
    ("calls", { nested("dyn(", "1", ")", $0) }),
    ("indices", { nested("[0][", "0", "]", $0) }),
    ("sums", { "1" + String(repeating: "+1", count: $0) }),
    ("comparisons", { "true" + String(repeating: "==true", count: $0) }),
    ("selections", { "dyn({})" + String(repeating: ".a", count: $0) }),
    ("conditionals", { nested("true ? 1 : ", "1", "", $0) }),
    ("conditions", { nested("(true ? ", "1", " : 2)", $0) }),
    ("logic", { nested("(false || (true && ", "true", "))", $0 / 2) }),
    ("all", { nested("[1].all(x, ", "true", ")", $0) }),
    ("map", { nested("[1].map(x, ", "x", ")", $0) }),
    ("two variables", { nested("[1].transformMap(i, v, ", "v", ")", $0) }),
    ("bind", { nested("cel.bind(x, 1, ", "x", ")", $0) }),
    ("bound values", { nested("cel.bind(x, ", "1", ", x)", $0) }),
    ("blocks", { nested("cel.block([", "1", "], cel.index(0))", $0) }),
    ("block bodies", { nested("cel.block([1], ", "1", ")", $0) }),
    ("optMap", { nested("optional.of(1).optMap(x, ", "x", ").value()", $0 / 2) }),
    ("method chains", { "'a'" + String(repeating: ".trim()", count: $0) }),
    ("greatest", { nested("math.greatest(1, 2, ", "3", ")", $0) }),
]

/// A block whose every binding holds the one before it twice.
private func doubled(
    _ first: String,
    _ count: Int,
    _ twice: (String) -> String,
    _ body: String
) -> String {
    let bindings = [first] + (0..<count).map { twice("cel.index(\($0))") }
    return "cel.block([" + bindings.joined(separator: ", ") + "], " + body + ")"
}

private let ten = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 0]"

private let costly: [String] = [
    // Nested loops multiply.
    "\(ten).map(a, \(ten).map(b, \(ten).map(c, \(ten).map(d, \(ten).map(e, \(ten).map(f, f))))))",
    // Texts double.
    doubled("'aaaaaaaaaa'", 30, { "\($0) + \($0)" }, "size(cel.index(30))"),
    // Lists that hold the same list twice double when they are compared or written out.
    doubled("dyn([1])", 35, { "dyn([\($0), \($0)])" }, "cel.index(35) == cel.index(35)"),
    doubled("dyn([1])", 35, { "dyn([\($0), \($0)])" }, "'%s'.format([cel.index(35)])"),
    doubled("dyn([1])", 35, { "dyn([\($0), \($0)])" }, "cel.index(35) in [cel.index(35)]"),
    doubled("dyn([1])", 35, { "dyn([\($0), \($0)])" }, "cel.index(35)"),
    "'a'.matches('((((a{10}){10}){10}){10})') || true",
]

/// Texts that ask for far more than they are long, whatever comes of them.
private let greedy: [String] = {
    var greedy = [
        "lists.range(100000).map(x, lists.range(100000).map(y, x * y)).size() > 0",
        "lists.range(1000000000000).size()", "lists.range(9223372036854775807).size()",
        "sets.contains(lists.range(20000), lists.range(20000))",
        "sets.equivalent(lists.range(20000), lists.range(20000))",
        "lists.range(30000).distinct().size()", "lists.range(200000).sort().size()",
        "lists.range(100000).sortBy(x, -x).size()",
        "lists.range(50000).map(x, string(x)).join(',').size()",
        "lists.range(5000).map(x, lists.range(5000)).flatten().size()",
        "lists.range(100000).exists(x, string(x).matches('9{5}'))",
        "lists.range(100000).transformMap(i, v, v).size()",
        "lists.range(1000).transformMapEntry(i, v, {v: lists.range(1000)}).size()",
        "'%.1000000000f'.format([1.0])", "'%.999d'.format([1])", "'%999999999s'.format(['a'])",
        "'" + String(repeating: "%s", count: 10_000) + "'.format([])",
        "'a'.substring(9223372036854775807)", "'a'.charAt(-9223372036854775808)",
        "'abc'.split('', -9223372036854775808).size()",
        "'a'.replace('a', 'b', 9223372036854775807)",
        "[1].slice(-9223372036854775808, 9223372036854775807)",
        "[[1]].flatten(9223372036854775807)", "math.bitShiftLeft(1, 9223372036854775807)",
        "timestamp(9223372036854775807)", "timestamp(0) + duration('9223372036854775807ns')",
        "duration('999999999999999999999h')", "duration('1h'.replace('1', '11111111111'))",
        "int('" + String(repeating: "9", count: 5_000) + "')",
        "double('" + String(repeating: "9", count: 5_000) + "')",
        "double('1e999999999') > 0.0", "string(1e308) + string(5e-324)",
    ]
    // Regular expressions on which backtracking takes time without end.
    let text = "'" + String(repeating: "a", count: 20_000) + "'"
    for pattern in [
        "(a*)*b", "(a+)+$b", "(a|aa)+b", "(a?){300}a{300}b", "^(([a-z])+.)+[A-Z]([a-z])+$",
        "(.*)(.*)(.*)(.*)(.*)b", "(((a{9}){9}){9}){9}", "[^b]*[^c]*[^d]*e", "(?i)(a|b|ab)*c",
        "\\\\pL+\\\\PL", "(x+x+)+y",
    ] {
        greedy.append("\(text).matches('\(pattern)')")
    }
    // Regular expressions made anew at each element, and very many of them.
    for pattern in ["((a{10}){10}){9}", "((a{10}){10}){10}", "(a|b|c|d|e){200}", "[a-z"] {
        greedy.append("lists.range(30000).all(x, 'a'.matches('\(pattern)' + string(x)) || true)")
        greedy.append(
            (0..<2_000).map { "'a'.matches('\(pattern)\($0)')" }.joined(separator: " || ")
        )
    }
    // Texts, octets and lists that grow with each step.
    for (first, step) in [
        ("'aaaaaaaaaa'", "x + x"), ("b'aaaaaaaaaa'", "x + x"), ("[1, 2, 3]", "x + x"),
        ("'aaaaaaaaaa'", "x.replace('a', x)"), ("'aaaaaaaaaa'", "x.replace('', x)"),
        ("'a'", "'%s%s'.format([x, x])"), ("'a'", "[x, x, x].join(x)"),
        ("'a'", "base64.encode(bytes(x + x))"), ("'a'", "strings.quote(x + x)"),
        ("'a'", "x.split('').join(x)"), ("[1]", "[x, x, x].flatten()"),
        ("{'a': [1]}", "{'a': [x, x]}"), ("[1]", "x.map(y, x).flatten()"),
    ] {
        let body = (0..<40).reduce("size(x)") { inner, _ in "cel.bind(x, \(step), \(inner))" }
        greedy.append("cel.bind(x, dyn(\(first)), \(body))")
    }
    return greedy
}()

/// Values nested as deep as a chain of bindings can make them, and what is done with them.
private let deep: [String] = [
    "[$]", "{1: $}", "{'a': $}", "optional.of($)", "[$].map(x, x)", "dyn([$])",
].flatMap { nest in
    [
        "$last == $before", "$last", "size(dyn([$last]))", "'%s'.format([$last])",
        "$last in [$before]", "[$last].distinct()", "sets.contains([$last], [$before])",
    ].map { body in
        // As many bindings as a block may have, each as deep as an expression may be.
        let bindings = (0..<40).map { place in
            (0..<45).reduce(place == 0 ? "1" : "cel.index(\(place - 1))") { inner, _ in
                nest.replacing("$", with: inner)
            }
        }
        return "cel.block([" + bindings.joined(separator: ", ") + "], "
            + body.replacing("$last", with: "cel.index(39)")
            .replacing("$before", with: "cel.index(38)") + ")"
    }
}

@Suite struct `Bounds` {
    @Test(arguments: deep.indices)
    func `values nested by a chain of bindings do no harm on a small stack`(index: Int) {
        let source = deep[index]
        let code = onSmallStack { () -> String? in
            do throws(CompilationError) {
                let program = try Program(compiling: source, in: Environment(isChecked: false))
                switch program.evaluate([]) {
                case .value: return "value"
                case .unknown: return "unknown"
                case .error(let error): return error.code.rawValue
                }
            } catch {
                return error.diagnostics[0].code.rawValue
            }
        }
        #expect(["too-large", "budget-exceeded"].contains(code ?? nil), "\(source.prefix(80))")
    }

    @Test(arguments: shapes.indices)
    func `the deepest expression allowed runs on a small stack`(index: Int) {
        let shape = shapes[index]
        let result = onSmallStack { () -> (Int, Bool) in
            var deepest = 0
            for depth in stride(from: 100, to: 0, by: -1) {
                guard let program = try? Program(compiling: shape.make(depth), in: Environment())
                else { continue }
                deepest = depth
                _ = program.evaluate([])
                _ = program.evaluateTracing([])
                _ = program.tree.description
                break
            }
            return (deepest, true)
        }
        #expect(result?.0 ?? 0 >= 32, "\(shape.name): \(result?.0 ?? 0)")
    }

    @Test(arguments: shapes.indices)
    func `what is nested without end is refused at once`(index: Int) {
        let shape = shapes[index]
        let code = onSmallStack { () -> Diagnostic.Code? in
            do throws(CompilationError) {
                _ = try Program(compiling: shape.make(3_000), in: Environment())
                return nil
            } catch {
                return error.diagnostics[0].code
            }
        }
        #expect((code ?? nil) == Diagnostic.Code.tooLarge, "\(shape.name)")
    }

    @Test func `values may be nested as deep as texts are, through bindings too`() throws {
        let nest = { (count: Int, core: String) in nested("[", core, "]", count) }
        let source = "cel.bind(x, \(nest(90, "1")), cel.bind(y, \(nest(90, "x")), y == y))"
        let program = try Program(compiling: source, in: Environment())
        #expect(program.evaluate([]) == .value(.bool(true)))
        let deeper =
            "cel.bind(x, \(nest(90, "1")), cel.bind(y, \(nest(90, "x")), \(nest(40, "y")) == [1]))"
        #expect(throws: CompilationError.self) {
            try Program(compiling: deeper, in: Environment(isChecked: false))
        }
    }

    @Test func `a source that is too long is refused`() {
        let source = String(repeating: " ", count: 100_001)
        #expect(throws: CompilationError.self) {
            try Program(compiling: source, in: Environment())
        }
    }

    @Test(arguments: costly)
    func `a costly expression ends with a broken budget or an error, soon`(source: String) {
        let start = processorTime()
        let environment = Environment(isChecked: false)
        do {
            let program = try Program(compiling: source, in: environment)
            switch program.evaluate([]) {
            case .error(let error): #expect(error.code == .budgetExceeded)
            case .value(let value): #expect(value == .bool(true))
            case .unknown: Issue.record("unknown")
            }
        } catch {
            Issue.record("\(error)")
        }
        #expect(processorTime() - start < .seconds(5))
    }

    @Test(arguments: greedy.indices)
    func `a greedy expression ends soon, on a small stack`(index: Int) {
        let source = greedy[index]
        let result = onSmallStack { () -> (String, Duration) in
            let start = processorTime()
            let message = whatComes(of: source)
            return (message, processorTime() - start)
        }
        #expect(result?.0.isEmpty == false && result?.0 != "unknown")
        // Without optimization; with it, a twentieth.
        #expect(result?.1 ?? .zero < .seconds(20), "\(result?.1 ?? .zero): \(source.prefix(100))")
    }

    private func whatComes(of source: String) -> String {
        do throws(CompilationError) {
            let environment = Environment(isChecked: false, checksConstants: false)
            switch try Program(compiling: source, in: environment).evaluate([]) {
            case .value: return "value"
            case .unknown: return "unknown"
            case .error(let error): return error.message
            }
        } catch {
            return error.diagnostics[0].message
        }
    }

    @Test(arguments: [
        "[" + String(repeating: "x+1,", count: 4_000) + "]",
        "[" + String(repeating: "1==dyn(2),", count: 3_000) + "]",
        String(repeating: "trackr.totl == 'a' && ", count: 1_500) + "true",
        String(repeating: "[1,", count: 30_000), String(repeating: "a.b ", count: 20_000),
        "'" + String(repeating: "é", count: 90_000) + "' == branch.name",
        String(repeating: "a", count: 90_000), String(repeating: "(", count: 90_000),
    ])
    func `a long text is compiled or refused soon`(source: String) {
        let start = processorTime()
        _ = try? Program(compiling: source, in: facts)
        #expect(processorTime() - start < .seconds(5))
    }

    @Test func `a broken budget is not absorbed`() throws {
        var limits = Limits.standard
        limits.steps = 50
        let environment = Environment(limits: limits)
        let program = try Program(
            compiling: "true || [1,2,3].all(x, [1,2,3].all(y, [1,2,3].all(z, x < 9)))",
            in: environment
        )
        // The first operand decides before the loop runs.
        #expect(program.evaluate([]) == .value(.bool(true)))
        let other = try Program(
            compiling: "[1,2,3].all(x, [1,2,3].all(y, [1,2,3].all(z, x < 9))) || true",
            in: environment
        )
        guard case .error(let error) = other.evaluate([]) else {
            Issue.record("no error")
            return
        }
        #expect(error.code == .budgetExceeded)
    }
}
