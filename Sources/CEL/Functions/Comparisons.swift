/// Equality and order (specification: "Equality", "Ordering").
///
/// The check takes `==` among equal types only; order is also taken among numbers of different
/// types, as cel-go does when its cross-type comparisons are enabled.
extension Library {
    private static let ordered: [(name: String, type: CELType)] = [
        ("bool", .bool), ("int64", .int), ("uint64", .uint), ("double", .double),
        ("string", .string), ("bytes", .bytes), ("timestamp", .timestamp), ("duration", .duration),
    ]

    private static func orderOverloads(_ name: String) -> [Overload] {
        let numbers = ordered.filter { [.int, .uint, .double].contains($0.type) }
        var overloads = ordered.map { Overload("\(name)_\($0.name)", [$0.type, $0.type], .bool) }
        for left in numbers {
            for right in numbers where left.type != right.type {
                overloads.append(
                    Overload("\(name)_\(left.name)_\(right.name)", [left.type, right.type], .bool)
                )
            }
        }
        return overloads
    }

    static let comparisons: [Function] = [
        function(
            "_==_",
            [Overload("equals", [a, a], .bool)],
            .binary { left, right, frame throws(Halt) in
                try frame.chargeComparison(left, right)
                return .bool(left.equals(right))
            }
        ),
        function(
            "_!=_",
            [Overload("not_equals", [a, a], .bool)],
            .binary { left, right, frame throws(Halt) in
                try frame.chargeComparison(left, right)
                return .bool(!left.equals(right))
            }
        ),
        function("_<_", orderOverloads("less"), .binary(order { $0 == .before })),
        function(
            "_<=_",
            orderOverloads("less_equals"),
            .binary(order { $0 == .before || $0 == .equal })
        ),
        function("_>_", orderOverloads("greater"), .binary(order { $0 == .after })),
        function(
            "_>=_",
            orderOverloads("greater_equals"),
            .binary(order { $0 == .after || $0 == .equal })
        ),
    ]

    private static func order(_ holds: @escaping @Sendable (Order) -> Bool) -> Implementation.Binary
    {
        { left, right, frame throws(Halt) in
            try frame.chargeComparison(left, right)
            guard let order = left.order(to: right) else { throw .noSuchOverload }
            return .bool(holds(order))
        }
    }
}
