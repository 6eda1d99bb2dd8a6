/// Functions of numbers (extension: math).
extension Library {
    static let mathematics: [Function] =
        [extreme("math.greatest", .after), extreme("math.least", .before)]
        + [
            rounding("math.ceil") { $0.rounded(.up) }, rounding("math.floor") { $0.rounded(.down) },
            rounding("math.round") { $0.rounded(.toNearestOrAwayFromZero) },
            rounding("math.trunc") { $0.rounded(.towardZero) },
            question("math.isNaN") { $0.isNaN }, question("math.isInf") { $0.isInfinite },
            question("math.isFinite") { $0.isFinite },
            function(
                "math.abs",
                numeric("math_abs"),
                .unary { value, _ throws(Halt) in
                    switch value {
                    case .int(let number):
                        if number == .min { throw overflow }
                        return .int(abs(number))
                    case .uint: return value
                    case .double(let number): return .double(abs(number))
                    default: throw .noSuchOverload
                    }
                }
            ),
            function(
                "math.sign",
                numeric("math_sign"),
                .unary { value, _ throws(Halt) in
                    switch value {
                    case .int(let number): return .int(number.signum())
                    case .uint(let number): return .uint(number == 0 ? 0 : 1)
                    case .double(let number):
                        return number.isNaN || number == 0 ? value : .double(number < 0 ? -1 : 1)
                    default: throw .noSuchOverload
                    }
                }
            ),
            function(
                "math.sqrt",
                [
                    Overload("math_sqrt_double", [.double], .double),
                    Overload("math_sqrt_int", [.int], .double),
                    Overload("math_sqrt_uint", [.uint], .double),
                ],
                .unary { value, _ throws(Halt) in
                    switch value {
                    case .int(let number): return .double(Double(number).squareRoot())
                    case .uint(let number): return .double(Double(number).squareRoot())
                    case .double(let number): return .double(number.squareRoot())
                    default: throw .noSuchOverload
                    }
                }
            ),
        ]

    private static func numeric(_ id: String) -> [Overload] {
        [
            Overload("\(id)_int", [.int], .int), Overload("\(id)_uint", [.uint], .uint),
            Overload("\(id)_double", [.double], .double),
        ]
    }

    private static func rounding(
        _ name: String,
        _ round: @escaping @Sendable (Double) -> Double
    ) -> Function {
        function(
            name,
            [Overload(name.map { $0 == "." ? "_" : String($0) }.joined(), [.double], .double)],
            .unary { value, _ throws(Halt) in
                guard case .double(let number) = value else { throw .noSuchOverload }
                return .double(round(number))
            }
        )
    }

    private static func question(
        _ name: String,
        _ holds: @escaping @Sendable (Double) -> Bool
    ) -> Function {
        function(
            name,
            [Overload(name.map { $0 == "." ? "_" : String($0) }.joined(), [.double], .bool)],
            .unary { value, _ throws(Halt) in
                guard case .double(let number) = value else { throw .noSuchOverload }
                return .bool(holds(number))
            }
        )
    }

    private static func extreme(_ name: String, _ wanted: Order) -> Function {
        let id = name.map { $0 == "." ? "_" : String($0) }.joined()
        let types: [(String, CELType)] = [("int", .int), ("uint", .uint), ("double", .double)]
        var overloads = types.map { Overload("\(id)_\($0.0)", [$0.1], $0.1) }
        overloads += types.map { Overload("\(id)_list_\($0.0)", [.list($0.1)], $0.1) }
        for left in types {
            for right in types {
                let result = left.1 == right.1 ? left.1 : .dyn
                overloads.append(
                    Overload("\(id)_\(left.0)_\(right.0)", [left.1, right.1], result)
                )
            }
        }
        return Function(
            name: name,
            overloads: overloads,
            implementations: [
                .variadic { values, frame throws(Halt) in
                    var numbers = values
                    if values.count == 1, case .list(let list) = values[0] { numbers = list }
                    try frame.step(numbers.count)
                    guard var best = numbers.first else {
                        throw .failed(.invalidArgument, "\(name)() of an empty list")
                    }
                    for number in numbers {
                        switch number {
                        case .int, .uint, .double: break
                        default: throw .noSuchOverload
                        }
                        if number.order(to: best) == wanted { best = number }
                    }
                    return best
                }
            ],
            takesManyNumbers: true
        )
    }

    static let bits: [Function] = [
        bitwise("math.bitAnd", { $0 & $1 }, { $0 & $1 }),
        bitwise("math.bitOr", { $0 | $1 }, { $0 | $1 }),
        bitwise("math.bitXor", { $0 ^ $1 }, { $0 ^ $1 }),
        function(
            "math.bitNot",
            [
                Overload("math_bitNot_int_int", [.int], .int),
                Overload("math_bitNot_uint_uint", [.uint], .uint),
            ],
            .unary { value, _ throws(Halt) in
                switch value {
                case .int(let number): return .int(~number)
                case .uint(let number): return .uint(~number)
                default: throw .noSuchOverload
                }
            }
        ),
        shift("math.bitShiftLeft") { $0 << $1 },
        shift("math.bitShiftRight") { $0 >> $1 },
    ]

    private static func bitwise(
        _ name: String,
        _ signed: @escaping @Sendable (Int64, Int64) -> Int64,
        _ unsigned: @escaping @Sendable (UInt64, UInt64) -> UInt64
    ) -> Function {
        let id = name.map { $0 == "." ? "_" : String($0) }.joined()
        return function(
            name,
            [
                Overload("\(id)_int_int", [.int, .int], .int),
                Overload("\(id)_uint_uint", [.uint, .uint], .uint),
            ],
            .binary { left, right, _ throws(Halt) in
                switch (left, right) {
                case (.int(let a), .int(let b)): return .int(signed(a, b))
                case (.uint(let a), .uint(let b)): return .uint(unsigned(a, b))
                default: throw .noSuchOverload
                }
            }
        )
    }

    /// Shifts fill with zeros; by 64 and more nothing is left.
    private static func shift(
        _ name: String,
        _ shift: @escaping @Sendable (UInt64, UInt64) -> UInt64
    ) -> Function {
        let id = name.map { $0 == "." ? "_" : String($0) }.joined()
        return function(
            name,
            [
                Overload("\(id)_int_int", [.int, .int], .int),
                Overload("\(id)_uint_int", [.uint, .int], .uint),
            ],
            .binary { value, count, _ throws(Halt) in
                guard case .int(let count) = count else { throw .noSuchOverload }
                let isSigned: Bool
                let pattern: UInt64
                switch value {
                case .int(let number): (isSigned, pattern) = (true, UInt64(bitPattern: number))
                case .uint(let number): (isSigned, pattern) = (false, number)
                default: throw .noSuchOverload
                }
                guard count >= 0 else {
                    throw .failed(.invalidArgument, "\(name)() negative offset: \(count)")
                }
                let result = shift(pattern, UInt64(count))
                return isSigned ? .int(Int64(bitPattern: result)) : .uint(result)
            }
        )
    }
}
