import CEL
import Testing

/// Numbers that follow from a seed (SplitMix64).
struct Dice {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func roll(_ count: Int) -> Int { Int(next() % UInt64(count)) }

    mutating func pick<T>(_ choices: [T]) -> T { choices[roll(choices.count)] }
}

private let words = [
    "a", "flag", "tracker.total", "tracker", ".", ".?", "(", ")", "[", "]", "{", "}", ",", ":", "?",
    "[?", "&&", "||", "!", "-", "+", "*", "/", "%", "==", "!=", "<", "<=", "in", "1", "1u", "0",
    "2.5",
    "-9223372036854775808", "18446744073709551615u", "'x'", "b'\\xff'", "''", "null", "true",
    "false",
    "has(", "size(", ".all(x,", ".map(x,", ".exists(i, v,", "x", "i", "v", "cel.bind(y,", "y",
    "cel.block([", "cel.index(0)", "optional.of(", "optional.none()", ".value()", ".orValue(",
    "timestamp(", "duration('1h')", "now", ".getHours()", "int(", "string(", "dyn(", "type(",
    ".matches('",
    "a*(b|c)+$", "math.greatest(", ".format([", ".split('", "labels", ".x", "`", "\\", "\"", "'",
    "é", "//",
    "\n", "if", "=", "&", "age(", "signoffs", ".transformMap(i, v,", ".optMap(x,",
]

/// An expression that parses, of any types.
private func expression(_ dice: inout Dice, _ depth: Int) -> String {
    let leaves = [
        "1", "0", "2u", "1.5", "'a'", "'é'", "b'x'", "true", "false", "null", "[]", "{}", "flag",
        "tracker.total", "labels", "signoffs", "now", "x", "duration('1h')", "-9223372036854775808",
        "double('nan')", "optional.none()", "type(1)", "branch.name", "quality.crash_rate",
    ]
    guard depth > 0, dice.roll(5) > 0 else { return dice.pick(leaves) }
    func part() -> String { expression(&dice, depth - 1) }
    switch dice.roll(16) {
    case 0: return "(\(part()) && \(part()))"
    case 1: return "(\(part()) || \(part()))"
    case 2: return "(\(part()) ? \(part()) : \(part()))"
    case 3: return "(\(part()) \(dice.pick(["+", "-", "*", "/", "%"])) \(part()))"
    case 4: return "(\(part()) \(dice.pick(["==", "!=", "<", "<=", ">", ">=", "in"])) \(part()))"
    case 5: return "[\(part()), \(part())]"
    case 6: return "{\(part()): \(part())}"
    case 7: return "\(part())[\(part())]"
    case 8:
        return
            "\(part()).\(dice.pick(["all", "exists", "exists_one", "filter", "map"]))(x, \(part()))"
    case 9:
        return
            "\(dice.pick(["size", "int", "uint", "double", "string", "bytes", "dyn", "type"]))(\(part()))"
    case 10: return "!(\(part()))"
    case 11: return "cel.bind(x, \(part()), \(part()))"
    case 12: return "\(part()).?a.orValue(\(part()))"
    case 13: return "optional.of(\(part())).optMap(x, \(part())).hasValue()"
    case 14: return "\(part()).\(dice.pick(["transformList", "transformMap"]))(x, v, \(part()))"
    default: return "math.greatest(\(part()), \(part()))"
    }
}

private let unchecked = Environment(isChecked: false)

@Suite struct `Hostile texts` {
    @Test(arguments: UInt64(0)..<64) func `of any words never trap`(seed: UInt64) {
        var dice = Dice(seed: seed)
        for _ in 0..<25 {
            let source = (0..<(1 + dice.roll(24))).map { _ in dice.pick(words) }.joined(
                separator: dice.pick(["", " "])
            )
            for environment in [facts, unchecked] {
                do throws(CompilationError) {
                    let program = try Program(compiling: source, in: environment)
                    _ = program.evaluate([.unknown])
                    _ = program.evaluateTracing([])
                } catch {
                    #expect(!error.diagnostics.isEmpty)
                    for diagnostic in error.diagnostics {
                        _ = diagnostic.rendered(source: source)
                    }
                }
            }
        }
    }

    @Test(arguments: UInt64(0)..<64)
    func `that parse keep their shape, and checked ones have their overloads`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        for _ in 0..<25 {
            let source = expression(&dice, 4)
            let tree = try SyntaxTree(parsing: source)
            let printed = tree.description
            #expect(try SyntaxTree(parsing: printed).description == printed)
            let free = try Program(compiling: source, in: unchecked)
            _ = free.evaluate([])
            guard let program = try? Program(compiling: source, in: facts) else { continue }
            let slots = program.variables.map { sample[$0] ?? .unknown }
            let outcome = program.evaluate(slots)
            #expect(program.evaluateTracing(slots).outcome == outcome)
            if case .error(let error) = outcome, error.code == .noSuchOverload {
                // Only what is known at run time alone may turn out to have the wrong type.
                let isDynamic = program.tree.nodes.contains { $0.type.isDynamic }
                #expect(isDynamic, "\(source): \(error)")
            }
        }
    }
}

private let sample: [String: Slot] = [
    "flag": .value(.bool(true)), "tracker.total": .value(.int(3)),
    "branch.name": .value(.string("release/1")), "quality.crash_rate": .value(.double(0.5)),
    "labels": .value(.map(MapValue(fields: [("a", .string("b"))]))),
    "signoffs": .value(
        .list([.map(MapValue(fields: [("who", .string("q")), ("state", .string("ok"))]))])
    ),
]

extension CELType {
    fileprivate var isDynamic: Bool {
        switch self {
        case .dyn: true
        case .list(let element): element.isDynamic
        case .map(let key, let value): key.isDynamic || value.isDynamic
        case .optional(let wrapped): wrapped.isDynamic
        case .type(let type): type.isDynamic
        default: false
        }
    }
}
