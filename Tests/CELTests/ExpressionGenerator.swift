import CEL

/// A die that falls the same way for the same seed (SplitMix64).
struct FuzzDice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Makes up expressions that all parse, most of which also mean something.
struct ExpressionGenerator {
    /// The types that expressions are made for.
    enum Kind: CaseIterable {
        case bool, int, uint, double, string, bytes, timestamp, duration, list, texts, map, optional
    }

    private var dice: FuzzDice
    private var locals: [(name: String, kind: Kind)] = []

    init(seed: UInt64) { dice = FuzzDice(seed: seed) }

    private static let instant: Timestamp = {
        guard let instant = Timestamp(seconds: 1_772_452_800, nanoseconds: 5) else {
            fatalError("The instant is out of range.")
        }
        return instant
    }()

    /// What the expressions can see, and values of it.
    static let variables: [(name: String, type: CELType, value: Value)] = [
        ("flag", .bool, .bool(true)), ("count", .int, .int(7)), ("big", .uint, .uint(9)),
        ("rate", .double, .double(0.25)), ("name", .string, .string("release/9.3.0 é")),
        ("raw", .bytes, .bytes([0, 97, 255])),
        ("now", .timestamp, .timestamp(instant)),
        ("age", .duration, .duration(nanoseconds: 5_400_000_000_000)),
        ("numbers", .list(.int), .list([.int(3), .int(-1), .int(2)])),
        ("names", .list(.string), .list([.string("a"), .string("bé"), .string("")])),
        (
            "labels", .map(.string, .string),
            .map(MapValue(fields: [("a", .string("x")), ("tier-1", .string("y"))]))
        ),
        (
            "build", .record([.init("number", .int), .init("commit", .string)]),
            .map(MapValue(fields: [("number", .int(12)), ("commit", .string("abc"))]))
        ),
        ("late.fact", .int, .int(0)),
    ]

    mutating func expression() -> String {
        locals = []
        let kind = Kind.allCases.randomElement(using: &dice) ?? .bool
        return make(kind, Int.random(in: 1...5, using: &dice))
    }

    private mutating func pick(_ choices: [String]) -> String {
        choices.randomElement(using: &dice) ?? "null"
    }

    private mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &dice) < percent
    }

    /// An expression for a place of a type; sometimes one of another type.
    private mutating func make(_ kind: Kind, _ depth: Int) -> String {
        if chance(2) { return make(Kind.allCases.randomElement(using: &dice) ?? kind, depth) }
        if chance(2) { return "dyn(" + make(kind, depth - 1) + ")" }
        let fitting = locals.filter { $0.kind == kind }.map(\.name)
        if !fitting.isEmpty, chance(40) { return pick(fitting) }
        if depth <= 0 { return leaf(kind) }
        switch Int.random(in: 0..<24, using: &dice) {
        case 0:
            return "(" + make(.bool, depth - 1) + " ? " + make(kind, depth - 1) + " : "
                + make(kind, depth - 1) + ")"
        case 1: return "(" + make(kind, depth - 1) + ")"
        case 2:
            let name = "v\(locals.count)"
            let bound = Kind.allCases.randomElement(using: &dice) ?? .int
            let value = make(bound, depth - 1)
            return "cel.bind(\(name), \(value), " + within([(name, bound)], kind, depth - 1) + ")"
        case 3:
            return make(.optional, depth - 1, of: kind) + ".orValue(" + make(kind, depth - 1) + ")"
        default: return compound(kind, depth - 1)
        }
    }

    private mutating func make(_ kind: Kind, _ depth: Int, of held: Kind) -> String {
        chance(30) ? "optional.none()" : "optional.of(" + make(held, depth - 1) + ")"
    }

    private mutating func within(
        _ names: [(String, Kind)],
        _ kind: Kind,
        _ depth: Int
    ) -> String {
        locals += names.map { (name: $0.0, kind: $0.1) }
        defer { locals.removeLast(names.count) }
        return make(kind, depth)
    }

    private mutating func leaf(_ kind: Kind) -> String {
        switch kind {
        case .bool: pick(["true", "false", "flag", "has(build.commit)", "has(labels.a)"])
        case .int:
            pick([
                "0", "1", "-1", "count", "late.fact", "build.number", "9223372036854775807",
                "-9223372036854775808", "0x1F", "numbers[0]", "labels.size()",
            ])
        case .uint: pick(["0u", "1u", "big", "18446744073709551615u", "0xFFu"])
        case .double: pick(["0.0", "-1.5", "rate", "1e300", "5e-324", ".5", "1e2"])
        case .string:
            pick([
                "name", "''", "'a'", "\"é\\n\"", "r'\\d+'", "'''q'''", "build.commit",
                "labels['a']",
                "labels.`tier-1`", "'%s %d'", "'\\U0001F600'", "'[a-c]+'", "'2026-01-01T00:00:00Z'",
            ])
        case .bytes: pick(["b''", "b'\\xff'", "raw", "br'\\n'", "b'é'"])
        case .timestamp: pick(["now", "timestamp(0)", "timestamp('2026-02-28T23:59:59.5Z')"])
        case .duration: pick(["age", "duration('1h30m')", "duration('-0.5s')"])
        case .list: pick(["[]", "numbers", "[1, 2, 3]", "[count,]", "lists.range(4)"])
        case .texts: pick(["names", "['a', 'b']", "name.split('/')"])
        case .map: pick(["{}", "labels", "{'a': 'b', 'c': name}", "{'x': 'y',}"])
        case .optional:
            pick(["optional.none()", "optional.of(1)", "numbers[?1]", "numbers.first()"])
        }
    }

    private mutating func compound(_ kind: Kind, _ depth: Int) -> String {
        func some(_ names: String...) -> String { names.randomElement(using: &dice) ?? names[0] }
        switch kind {
        case .bool: return truth(depth)
        case .int:
            switch Int.random(in: 0..<9, using: &dice) {
            case 0...2:
                return "(" + make(.int, depth) + some(" + ", " - ", " * ", " / ", " % ")
                    + make(.int, depth) + ")"
            case 3: return "size(" + make([.string, .list, .map, .bytes][depth % 4], depth) + ")"
            case 4:
                return "int(" + make([.double, .uint, .string, .timestamp][depth % 4], depth) + ")"
            case 5:
                return make(.timestamp, depth)
                    + some(
                        ".getFullYear()",
                        ".getMonth()",
                        ".getDayOfYear('+05:30')",
                        ".getHours()",
                        ".getDayOfWeek()",
                        ".getDate('UTC')",
                        ".getMilliseconds()"
                    )
            case 6: return make(.string, depth) + ".indexOf(" + make(.string, depth) + ")"
            case 7: return "math.bitAnd(" + make(.int, depth) + ", " + make(.int, depth) + ")"
            default:
                return some("-", "math.abs", "math.sign", "math.bitNot") + "(" + make(.int, depth)
                    + ")"
            }
        case .uint:
            return chance(50)
                ? "(" + make(.uint, depth) + some(" + ", " - ", " * ", " / ", " % ")
                    + make(.uint, depth) + ")"
                : "uint(" + make([.int, .double, .string][depth % 3], depth) + ")"
        case .double:
            switch Int.random(in: 0..<4, using: &dice) {
            case 0, 1:
                return "(" + make(.double, depth) + some(" + ", " - ", " * ", " / ")
                    + make(.double, depth) + ")"
            case 2: return "double(" + make([.int, .uint, .string][depth % 3], depth) + ")"
            default:
                return some("-", "math.round", "math.floor", "math.sqrt", "math.trunc") + "("
                    + make(.double, depth) + ")"
            }
        case .string:
            switch Int.random(in: 0..<8, using: &dice) {
            case 0, 1: return "(" + make(.string, depth) + " + " + make(.string, depth) + ")"
            case 2:
                return "string("
                    + make(
                        [.int, .uint, .double, .bool, .bytes, .timestamp, .duration][depth % 7],
                        depth
                    )
                    + ")"
            case 3:
                return make(.string, depth)
                    + some(".lowerAscii()", ".upperAscii()", ".trim()", ".reverse()", ".charAt(0)")
            case 4:
                return make(.string, depth) + ".replace(" + make(.string, depth) + ", "
                    + make(.string, depth) + ")"
            case 5: return make(.texts, depth) + ".join(" + make(.string, depth) + ")"
            case 6:
                return make(.string, depth) + ".format([" + make(.string, depth) + ", "
                    + make(.int, depth) + "])"
            default: return "strings.quote(" + make(.string, depth) + ")"
            }
        case .bytes:
            return chance(50)
                ? "(" + make(.bytes, depth) + " + " + make(.bytes, depth) + ")"
                : some("bytes(", "base64.decode(") + make(.string, depth) + ")"
        case .timestamp:
            return "(" + make(.timestamp, depth) + some(" + ", " - ") + make(.duration, depth) + ")"
        case .duration:
            return chance(50)
                ? "(" + make(.timestamp, depth) + " - " + make(.timestamp, depth) + ")"
                : "(" + make(.duration, depth) + some(" + ", " - ") + make(.duration, depth) + ")"
        case .list: return list(depth)
        case .texts:
            let name = "s\(locals.count)"
            return chance(50)
                ? make(.string, depth) + ".split(" + make(.string, depth) + ")"
                : make(.texts, depth) + ".map(\(name), " + within([(name, .string)], .string, depth)
                    + ")"
        case .map:
            let key = "k\(locals.count)"
            return chance(50)
                ? "{" + make(.string, depth) + ": " + make(.string, depth) + "}"
                : make(.map, depth) + ".transformMap(\(key), w\(key), "
                    + within([(key, .string), ("w" + key, .string)], .string, depth) + ")"
        case .optional:
            let name = "o\(locals.count)"
            return make(.optional, depth, of: .int) + ".optMap(\(name), "
                + within([(name, .int)], .int, depth) + ")"
        }
    }

    private mutating func truth(_ depth: Int) -> String {
        func some(_ names: String...) -> String { names.randomElement(using: &dice) ?? names[0] }
        switch Int.random(in: 0..<10, using: &dice) {
        case 0: return "(" + make(.bool, depth) + " && " + make(.bool, depth) + ")"
        case 1: return "(" + make(.bool, depth) + " || " + make(.bool, depth) + ")"
        case 2: return "!" + "(" + make(.bool, depth) + ")"
        case 3, 4:
            let kind = Kind.allCases.randomElement(using: &dice) ?? .int
            return "(" + make(kind, depth) + some(" == ", " != ") + make(kind, depth) + ")"
        case 5:
            let kind =
                [Kind.int, .uint, .double, .string, .bytes, .timestamp, .duration, .bool]
                .randomElement(using: &dice) ?? .int
            return "(" + make(kind, depth) + some(" < ", " <= ", " > ", " >= ") + make(kind, depth)
                + ")"
        case 6:
            return "(" + make(.string, depth) + " in " + make([.texts, .map][depth % 2], depth)
                + ")"
        case 7:
            return make(.string, depth)
                + some(".startsWith(", ".endsWith(", ".contains(", ".matches(")
                + make(.string, depth) + ")"
        case 8:
            let name = "x\(locals.count)"
            return make(.list, depth) + some(".all(", ".exists(", ".exists_one(") + name + ", "
                + within([(name, .int)], .bool, depth) + ")"
        default:
            return some("sets.contains(", "sets.intersects(", "sets.equivalent(")
                + make(.list, depth)
                + ", " + make(.list, depth) + ")"
        }
    }

    private mutating func list(_ depth: Int) -> String {
        func some(_ names: String...) -> String { names.randomElement(using: &dice) ?? names[0] }
        let name = "e\(locals.count)"
        switch Int.random(in: 0..<7, using: &dice) {
        case 0: return "[" + make(.int, depth) + ", " + make(.int, depth) + "]"
        case 1: return "(" + make(.list, depth) + " + " + make(.list, depth) + ")"
        case 2:
            return make(.list, depth) + ".map(\(name), " + within([(name, .int)], .int, depth) + ")"
        case 3:
            return make(.list, depth) + ".filter(\(name), " + within([(name, .int)], .bool, depth)
                + ")"
        case 4:
            return make(.list, depth) + ".sortBy(\(name), "
                + within([(name, .int)], [.int, .string][depth % 2], depth) + ")"
        case 5:
            return make(.list, depth) + ".transformList(\(name), w\(name), "
                + within([(name, .int), ("w" + name, .int)], .int, depth) + ")"
        default:
            return make(.list, depth)
                + some(".distinct()", ".sort()", ".reverse()", ".slice(0, 1)", ".flatten()")
        }
    }
}
