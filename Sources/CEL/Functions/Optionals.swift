/// Functions of optional values (extension: optional values).
extension Library {
    static let optionals: [Function] = [
        function(
            "optional.of",
            [Overload("optional_of", [a], .optional(a))],
            .unary { value, _ throws(Halt) in .optional(OptionalValue(value)) }
        ),
        function(
            "optional.ofNonZeroValue",
            [Overload("optional_ofNonZeroValue", [a], .optional(a))],
            .unary { value, _ throws(Halt) in
                .optional(value.isZero ? .none : OptionalValue(value))
            }
        ),
        function(
            "optional.none",
            [Overload("optional_none", [], .optional(a))],
            .variadic { _, _ throws(Halt) in .optional(.none) }
        ),
        function(
            "hasValue",
            [.member("optional_hasValue", [.optional(a)], .bool)],
            .unary { value, _ throws(Halt) in .bool(try optional(value).value != nil) }
        ),
        function(
            "value",
            [.member("optional_value", [.optional(a)], a)],
            .unary { value, _ throws(Halt) in
                guard let held = try optional(value).value else {
                    throw .failed(.invalidArgument, "optional.none() dereference")
                }
                return held
            }
        ),
        function(
            "or",
            [.member("optional_or_optional", [.optional(a), .optional(a)], .optional(a))],
            .binary { left, right, _ throws(Halt) in
                try optional(left).value == nil ? .optional(try optional(right)) : left
            }
        ),
        function(
            "orValue",
            [.member("optional_orValue_value", [.optional(a), a], a)],
            .binary { left, right, _ throws(Halt) in try optional(left).value ?? right }
        ),
        function(
            "first",
            [.member("list_first", [.list(a)], .optional(a))],
            .unary { value, _ throws(Halt) in
                guard case .list(let elements) = value else { throw .noSuchOverload }
                return .optional(OptionalValue(elements.first))
            }
        ),
        function(
            "last",
            [.member("list_last", [.list(a)], .optional(a))],
            .unary { value, _ throws(Halt) in
                guard case .list(let elements) = value else { throw .noSuchOverload }
                return .optional(OptionalValue(elements.last))
            }
        ),
        function(
            "optional.unwrap",
            [Overload("optional_unwrap", [.list(.optional(a))], .list(a))],
            .unary(unwrap)
        ),
        function(
            "unwrapOpt",
            [.member("optional_unwrapOpt", [.list(.optional(a))], .list(a))],
            .unary(unwrap)
        ),
    ]

    static func optional(_ value: Value) throws(Halt) -> OptionalValue {
        guard case .optional(let optional) = value else { throw .noSuchOverload }
        return optional
    }

    @Sendable private static func unwrap(
        _ value: Value,
        _ frame: inout Frame
    ) throws(Halt) -> Value {
        guard case .list(let elements) = value else { throw .noSuchOverload }
        try frame.step(elements.count)
        try frame.produce(16 * elements.count)
        var held: [Value] = []
        for element in elements {
            if let value = try optional(element).value { held.append(value) }
        }
        return .list(held)
    }
}

extension Value {
    /// Whether this is the zero, the empty or the absent value of its type.
    var isZero: Bool {
        switch self {
        case .null: true
        case .bool(let value): !value
        case .int(let value): value == 0
        case .uint(let value): value == 0
        case .double(let value): value == 0
        case .string(let value): value.isEmpty
        case .bytes(let value): value.isEmpty
        case .list(let value): value.isEmpty
        case .map(let value): value.isEmpty
        case .timestamp(let value): value.seconds == 0 && value.nanoseconds == 0
        case .duration(let value): value == 0
        case .type: false
        case .optional(let value): value.value == nil
        }
    }
}
