/// Arithmetic, indexing, membership and size (specification: "List of standard definitions").
extension Library {
    static let a = CELType.typeParameter(0)
    static let b = CELType.typeParameter(1)

    static let operators: [Function] = [
        function(
            "_+_",
            [
                Overload("add_int64", [.int, .int], .int),
                Overload("add_uint64", [.uint, .uint], .uint),
                Overload("add_double", [.double, .double], .double),
                Overload("add_string", [.string, .string], .string),
                Overload("add_bytes", [.bytes, .bytes], .bytes),
                Overload("add_list", [.list(a), .list(a)], .list(a)),
                Overload("add_timestamp_duration", [.timestamp, .duration], .timestamp),
                Overload("add_duration_timestamp", [.duration, .timestamp], .timestamp),
                Overload("add_duration_duration", [.duration, .duration], .duration),
            ],
            .binary(add)
        ),
        function(
            "_-_",
            [
                Overload("subtract_int64", [.int, .int], .int),
                Overload("subtract_uint64", [.uint, .uint], .uint),
                Overload("subtract_double", [.double, .double], .double),
                Overload("subtract_timestamp_timestamp", [.timestamp, .timestamp], .duration),
                Overload("subtract_timestamp_duration", [.timestamp, .duration], .timestamp),
                Overload("subtract_duration_duration", [.duration, .duration], .duration),
            ],
            .binary(subtract)
        ),
        function(
            "_*_",
            [
                Overload("multiply_int64", [.int, .int], .int),
                Overload("multiply_uint64", [.uint, .uint], .uint),
                Overload("multiply_double", [.double, .double], .double),
            ],
            .binary(multiply)
        ),
        function(
            "_/_",
            [
                Overload("divide_int64", [.int, .int], .int),
                Overload("divide_uint64", [.uint, .uint], .uint),
                Overload("divide_double", [.double, .double], .double),
            ],
            .binary(divide)
        ),
        function(
            "_%_",
            [
                Overload("modulo_int64", [.int, .int], .int),
                Overload("modulo_uint64", [.uint, .uint], .uint),
            ],
            .binary(modulo)
        ),
        function(
            "-_",
            [
                Overload("negate_int64", [.int], .int),
                Overload("negate_double", [.double], .double),
            ],
            .unary(negate)
        ),
        function("!_", [Overload("logical_not", [.bool], .bool)], .unary(not)),
        function(
            "@in",
            [
                Overload("in_list", [a, .list(a)], .bool),
                Overload("in_map", [a, .map(a, b)], .bool),
            ],
            .binary(isIn)
        ),
        function(
            "_[_]",
            [
                Overload("index_list", [.list(a), .int], a),
                Overload("index_map", [.map(a, b), a], b),
                Overload("optional_list_index_int", [.optional(.list(a)), .int], .optional(a)),
                Overload(
                    "optional_map_index_value",
                    [.optional(.map(a, b)), a],
                    .optional(b)
                ),
            ],
            .binary(index)
        ),
        function(
            "_[?_]",
            [
                Overload("list_optindex_optional_int", [.list(a), .int], .optional(a)),
                Overload("map_optindex_optional_value", [.map(a, b), a], .optional(b)),
                Overload(
                    "optional_list_optindex_optional_int",
                    [.optional(.list(a)), .int],
                    .optional(a)
                ),
                Overload(
                    "optional_map_optindex_optional_value",
                    [.optional(.map(a, b)), a],
                    .optional(b)
                ),
            ],
            .binary(optionalIndex)
        ),
        function(
            "size",
            [
                Overload("size_string", [.string], .int), Overload("size_bytes", [.bytes], .int),
                Overload("size_list", [.list(a)], .int), Overload("size_map", [.map(a, b)], .int),
                .member("string_size", [.string], .int), .member("bytes_size", [.bytes], .int),
                .member("list_size", [.list(a)], .int), .member("map_size", [.map(a, b)], .int),
            ],
            .unary(size)
        ),
    ]

    static let overflow = Halt.failed(.overflow, "the number does not fit its type")
    static let durationRange = Halt.failed(.outOfRange, "duration out of range")
    static let timestampRange = Halt.failed(.outOfRange, "timestamp out of range")

    @Sendable static func add(
        _ left: Value,
        _ right: Value,
        _ frame: inout Frame
    ) throws(Halt) -> Value {
        switch (left, right) {
        case (.int(let a), .int(let b)): return .int(try whole(a.addingReportingOverflow(b)))
        case (.uint(let a), .uint(let b)): return .uint(try whole(a.addingReportingOverflow(b)))
        case (.double(let a), .double(let b)): return .double(a + b)
        case (.string(let a), .string(let b)):
            try frame.produce(a.utf8.count + b.utf8.count)
            try frame.look(at: a.utf8.count + b.utf8.count)
            return .string(a + b)
        case (.bytes(let a), .bytes(let b)):
            try frame.produce(a.count + b.count)
            try frame.look(at: a.count + b.count)
            return .bytes(a + b)
        case (.list(let a), .list(let b)):
            try frame.produce(16 * (a.count + b.count))
            try frame.step(a.count + b.count)
            return .list(a + b)
        case (.timestamp(let a), .duration(let b)), (.duration(let b), .timestamp(let a)):
            guard let sum = a.adding(nanoseconds: b) else { throw timestampRange }
            return .timestamp(sum)
        case (.duration(let a), .duration(let b)):
            let (sum, overflow) = a.addingReportingOverflow(b)
            if overflow { throw durationRange }
            return .duration(nanoseconds: sum)
        default: throw .noSuchOverload
        }
    }

    @Sendable static func subtract(
        _ left: Value,
        _ right: Value,
        _ frame: inout Frame
    ) throws(Halt) -> Value {
        switch (left, right) {
        case (.int(let a), .int(let b)): return .int(try whole(a.subtractingReportingOverflow(b)))
        case (.uint(let a), .uint(let b)):
            return .uint(try whole(a.subtractingReportingOverflow(b)))
        case (.double(let a), .double(let b)): return .double(a - b)
        case (.timestamp(let a), .timestamp(let b)):
            guard let span = a.nanoseconds(since: b) else { throw durationRange }
            return .duration(nanoseconds: span)
        case (.timestamp(let a), .duration(let b)):
            // The least span has no opposite; it is taken off in two halves.
            guard
                let sum = b == .min
                    ? a.adding(nanoseconds: .max)?.adding(nanoseconds: 1)
                    : a.adding(nanoseconds: -b)
            else { throw timestampRange }
            return .timestamp(sum)
        case (.duration(let a), .duration(let b)):
            let (sum, overflow) = a.subtractingReportingOverflow(b)
            if overflow { throw durationRange }
            return .duration(nanoseconds: sum)
        default: throw .noSuchOverload
        }
    }

    @Sendable static func multiply(
        _ left: Value,
        _ right: Value,
        _ frame: inout Frame
    ) throws(Halt) -> Value {
        switch (left, right) {
        case (.int(let a), .int(let b)): .int(try whole(a.multipliedReportingOverflow(by: b)))
        case (.uint(let a), .uint(let b)): .uint(try whole(a.multipliedReportingOverflow(by: b)))
        case (.double(let a), .double(let b)): .double(a * b)
        default: throw .noSuchOverload
        }
    }

    @Sendable static func divide(
        _ left: Value,
        _ right: Value,
        _ frame: inout Frame
    ) throws(Halt) -> Value {
        switch (left, right) {
        case (.int(let a), .int(let b)): .int(try quotient(a, b))
        case (.uint(let a), .uint(let b)): .uint(try quotient(a, b))
        case (.double(let a), .double(let b)): .double(a / b)
        default: throw .noSuchOverload
        }
    }

    @Sendable static func modulo(
        _ left: Value,
        _ right: Value,
        _ frame: inout Frame
    ) throws(Halt) -> Value {
        switch (left, right) {
        case (.int(let a), .int(let b)): .int(try remainder(a, b))
        case (.uint(let a), .uint(let b)): .uint(try remainder(a, b))
        default: throw .noSuchOverload
        }
    }

    private static func whole<T>(_ result: (partialValue: T, overflow: Bool)) throws(Halt) -> T {
        if result.overflow { throw overflow }
        return result.partialValue
    }

    private static func quotient<T: FixedWidthInteger>(_ a: T, _ b: T) throws(Halt) -> T {
        if b == 0 { throw .failed(.divideByZero, "divide by zero") }
        return try whole(a.dividedReportingOverflow(by: b))
    }

    private static func remainder<T: FixedWidthInteger>(_ a: T, _ b: T) throws(Halt) -> T {
        if b == 0 { throw .failed(.divideByZero, "modulus by zero") }
        return try whole(a.remainderReportingOverflow(dividingBy: b))
    }

    @Sendable static func negate(_ value: Value, _ frame: inout Frame) throws(Halt) -> Value {
        switch value {
        case .int(let a): .int(try whole(Int64(0).subtractingReportingOverflow(a)))
        case .double(let a): .double(-a)
        default: throw .noSuchOverload
        }
    }

    @Sendable static func not(_ value: Value, _ frame: inout Frame) throws(Halt) -> Value {
        guard case .bool(let a) = value else { throw .noSuchOverload }
        return .bool(!a)
    }

    @Sendable static func isIn(
        _ left: Value,
        _ right: Value,
        _ frame: inout Frame
    ) throws(Halt) -> Value {
        switch right {
        case .list(let elements):
            try frame.step(elements.count)
            for element in elements {
                try frame.chargeComparison(left, element)
                if left.equals(element) { return .bool(true) }
            }
            return .bool(false)
        case .map(let map):
            try frame.chargeKey(left)
            guard let key = MapKey(lookingUp: left) else { return .bool(false) }
            return .bool(map[key: key] != nil)
        default: throw .noSuchOverload
        }
    }

    @Sendable static func index(
        _ operand: Value,
        _ key: Value,
        _ frame: inout Frame
    ) throws(Halt) -> Value {
        try frame.chargeKey(key)
        if case .optional(let optional) = operand {
            guard let value = optional.value else { return .optional(.none) }
            return .optional(OptionalValue(try element(of: value, at: key)))
        }
        if let value = try element(of: operand, at: key) { return value }
        if case .list = operand {
            throw .failed(.indexOutOfBounds, "index out of bounds: \(key)")
        }
        throw .failed(.noSuchKey, "no such key: \(key)")
    }

    @Sendable static func optionalIndex(
        _ operand: Value,
        _ key: Value,
        _ frame: inout Frame
    ) throws(Halt) -> Value {
        try frame.chargeKey(key)
        if case .optional(let optional) = operand {
            guard let value = optional.value else { return .optional(.none) }
            return .optional(OptionalValue(try element(of: value, at: key)))
        }
        return .optional(OptionalValue(try element(of: operand, at: key)))
    }

    /// The element of a list or map; `nil` when there is none.
    static func element(of operand: Value, at key: Value) throws(Halt) -> Value? {
        switch operand {
        case .list(let elements):
            let place: Int64?
            switch key {
            case .int(let number): place = number
            case .uint(let number): place = Int64(exactly: number)
            case .double(let number):
                guard let exact = Int64(exactly: number) else {
                    throw .failed(.invalidArgument, "the index is not a whole number: \(number)")
                }
                place = exact
            default: throw .noSuchOverload
            }
            guard let place, place >= 0, place < elements.count else { return nil }
            return elements[Int(place)]
        case .map(let map):
            guard let key = MapKey(lookingUp: key) else { return nil }
            return map[key: key]
        default: throw .noSuchOverload
        }
    }

    @Sendable static func size(_ value: Value, _ frame: inout Frame) throws(Halt) -> Value {
        switch value {
        case .string(let text):
            try frame.look(at: text.utf8.count)
            return .int(Int64(countCodePoints(text)))
        case .bytes(let octets): return .int(Int64(octets.count))
        case .list(let elements): return .int(Int64(elements.count))
        case .map(let map): return .int(Int64(map.count))
        default: throw .noSuchOverload
        }
    }
}

extension Frame {
    /// Takes the steps for walking over a whole value off the budget: parts that are shared within
    /// it count each time, as they do for whoever writes the value out.
    mutating func chargeResult(_ value: Value) throws(Halt) {
        switch value {
        case .list(let elements):
            try step(elements.count)
            for element in elements { try chargeResult(element) }
        case .map(let map):
            try step(map.count)
            for value in map.values { try chargeResult(value) }
        case .optional(let optional):
            if let held = optional.value { try chargeResult(held) }
        default: break
        }
    }

    /// Takes the steps for looking up a key off the budget.
    mutating func chargeKey(_ key: Value) throws(Halt) {
        if case .string(let text) = key, text.utf8.count > 64 { try look(at: text.utf8.count) }
    }

    /// Takes the steps for comparing two values off the budget, before they are compared.
    mutating func chargeComparison(_ left: Value, _ right: Value) throws(Halt) {
        switch (left, right) {
        case (.string(let a), .string(let b)):
            try look(at: min(a.utf8.count, b.utf8.count))
        case (.bytes(let a), .bytes(let b)):
            try look(at: min(a.count, b.count))
        case (.list(let a), .list(let b)):
            guard a.count == b.count else { return }
            try step(a.count + 1)
            for place in a.indices where a[place].isAggregate {
                try chargeComparison(a[place], b[place])
            }
        case (.map(let a), .map(let b)):
            guard a.count == b.count else { return }
            try step(2 * a.count + 1)
            for (key, value) in a.entries where value.isAggregate {
                guard let other = b[key: key] else { return }
                try chargeComparison(value, other)
            }
        case (.optional(let a), .optional(let b)):
            if let a = a.value, let b = b.value { try chargeComparison(a, b) }
        default: break
        }
    }
}

extension Value {
    fileprivate var isAggregate: Bool {
        switch self {
        case .list, .map, .string, .bytes, .optional: true
        default: false
        }
    }
}
