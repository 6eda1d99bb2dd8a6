/// Equality and order as the language has them (specification: "Equality", "Ordering").
extension Value {
    /// Whether two values are equal as `==` has it: numbers by value whatever their kind, and
    /// values of different kinds not equal.
    public func equals(_ other: Value) -> Bool {
        switch (self, other) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.int(let a), .int(let b)): a == b
        case (.string(let a), .string(let b)): sameText(a, b)
        case (.double(let a), .double(let b)): a == b
        case (.uint(let a), .uint(let b)): a == b
        case (.int, .uint), (.int, .double), (.uint, .int), (.uint, .double), (.double, .int),
            (.double, .uint):
            compareNumbers(self, other) == .equal
        case (.bytes(let a), .bytes(let b)): a == b
        case (.list(let a), .list(let b)):
            a.count == b.count && zip(a, b).allSatisfy { $0.equals($1) }
        case (.map(let a), .map(let b)): a.equals(b)
        case (.timestamp(let a), .timestamp(let b)): a == b
        case (.duration(let a), .duration(let b)): a == b
        case (.type(let a), .type(let b)): a == b
        case (.optional(let a), .optional(let b)):
            switch (a.value, b.value) {
            case (nil, nil): true
            case (let a?, let b?): a.equals(b)
            default: false
            }
        default: false
        }
    }

    /// How one value stands to another as `<` has it; `nil` when their kinds have no order.
    func order(to other: Value) -> Order? {
        switch (self, other) {
        case (.int(let a), .int(let b)): Order(a, b)
        case (.double(let a), .double(let b)): Order(a, b)
        case (.uint(let a), .uint(let b)): Order(a, b)
        case (.int, .uint), (.int, .double), (.uint, .int), (.uint, .double), (.double, .int),
            (.double, .uint):
            compareNumbers(self, other)
        case (.string(let a), .string(let b)):
            sameText(a, b) ? .equal : textIsBefore(a, b) ? .before : .after
        case (.bool(let a), .bool(let b)): a == b ? .equal : b ? .before : .after
        case (.bytes(let a), .bytes(let b)):
            a == b ? .equal : a.lexicographicallyPrecedes(b) ? .before : .after
        case (.timestamp(let a), .timestamp(let b)): Order(a, b)
        case (.duration(let a), .duration(let b)): Order(a, b)
        default: nil
        }
    }
}

/// How one value stands to another.
enum Order {
    case before, equal, after
    /// Of a number and a NaN: every comparison but `!=` is false.
    case none

    init<T: Comparable>(_ left: T, _ right: T) {
        self = left < right ? .before : left == right ? .equal : left > right ? .after : .none
    }
}

/// Compares numbers of different kinds.
///
/// An integer against a double: outside the integer's range the range decides; within it the
/// integer is rounded to a double first, as the conformance cases have it.
func compareNumbers(_ left: Value, _ right: Value) -> Order {
    switch (left, right) {
    case (.int(let a), .uint(let b)): a < 0 ? .before : Order(UInt64(a), b)
    case (.uint(let a), .int(let b)): b < 0 ? .after : Order(a, UInt64(b))
    case (.int(let a), .double(let b)): compare(a, b)
    case (.double(let a), .int(let b)): compare(b, a).reversed
    case (.uint(let a), .double(let b)): compare(a, b)
    case (.double(let a), .uint(let b)): compare(b, a).reversed
    default: .none
    }
}

private func compare<T: FixedWidthInteger>(_ integer: T, _ double: Double) -> Order {
    if double.isNaN { return .none }
    if double < Double(T.min) { return .after }
    if double > Double(T.max) { return .before }
    return Order(Double(integer), double)
}

extension Order {
    fileprivate var reversed: Order {
        switch self {
        case .before: .after
        case .equal: .equal
        case .after: .before
        case .none: .none
        }
    }
}

extension MapValue {
    /// Whether two maps have the same keys with equal values.
    func equals(_ other: MapValue) -> Bool {
        guard count == other.count else { return false }
        for (key, value) in entries {
            guard let found = other[key: key], value.equals(found) else { return false }
        }
        return true
    }
}
