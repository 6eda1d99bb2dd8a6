/// Functions of lists (extension: lists).
extension Library {
    private static let sortable: [CELType] = [
        .int, .uint, .double, .bool, .duration, .timestamp, .string, .bytes,
    ]

    static let lists: [Function] = [
        function(
            "slice",
            [.member("list_slice", [.list(a), .int, .int], .list(a))],
            .variadic { values, frame throws(Halt) in
                guard values.count == 3, case .list(let elements) = values[0],
                    case .int(let start) = values[1], case .int(let end) = values[2]
                else { throw .noSuchOverload }
                guard start >= 0, start <= end, end <= elements.count else {
                    throw .failed(
                        .indexOutOfBounds,
                        "cannot slice(\(start), \(end)) a list of \(elements.count) elements"
                    )
                }
                try frame.step(Int(end - start))
                try frame.produce(16 * Int(end - start))
                return .list(Array(elements[Int(start)..<Int(end)]))
            }
        ),
        function(
            "flatten",
            [
                .member("list_flatten", [.list(.list(a))], .list(a)),
                .member("list_flatten_int", [.list(.dyn), .int], .list(.dyn)),
            ],
            .unary { list, frame throws(Halt) in try flatten(list, 1, &frame) },
            .binary { list, depth, frame throws(Halt) in
                guard case .int(let depth) = depth else { throw .noSuchOverload }
                guard depth >= 0 else {
                    throw .failed(.invalidArgument, "flatten() takes no negative depth")
                }
                return try flatten(list, depth, &frame)
            }
        ),
        function(
            "distinct",
            [.member("list_distinct", [.list(a)], .list(a))],
            .unary { list, frame throws(Halt) in
                guard case .list(let elements) = list else { throw .noSuchOverload }
                var kept: [Value] = []
                for element in elements where try !contains(kept, element, &frame) {
                    try frame.produce(16)
                    kept.append(element)
                }
                return .list(kept)
            }
        ),
        function(
            "sort",
            sortable.map { type in
                .member("list_\(type)_sort", [.list(type)], .list(type))
            },
            .unary { list, frame throws(Halt) in
                guard case .list(let elements) = list else { throw .noSuchOverload }
                return .list(try sorted(elements, by: elements, &frame))
            }
        ),
        function(
            "lists.range",
            [Overload("lists_range", [.int], .list(.int))],
            .unary { count, frame throws(Halt) in
                guard case .int(let count) = count else { throw .noSuchOverload }
                guard count > 0 else { return .list([]) }
                let size = Int(min(count, Int64(Int32.max)))
                try frame.step(size)
                try frame.produce(16 * size)
                return .list((0..<count).map { .int($0) })
            }
        ),
    ]

    private static func flatten(
        _ list: Value,
        _ depth: Int64,
        _ frame: inout Frame
    ) throws(Halt) -> Value {
        guard case .list(let elements) = list else { throw .noSuchOverload }
        var flat: [Value] = []
        try append(elements, to: &flat, depth, &frame)
        return .list(flat)
    }

    private static func append(
        _ elements: [Value],
        to flat: inout [Value],
        _ depth: Int64,
        _ frame: inout Frame
    ) throws(Halt) {
        try frame.step(elements.count + 1)
        for element in elements {
            if depth > 0, case .list(let nested) = element {
                try append(nested, to: &flat, depth - 1, &frame)
            } else {
                try frame.produce(16)
                flat.append(element)
            }
        }
    }

    /// Whether a value is among others; what is looked at is taken off the budget.
    static func contains(
        _ elements: [Value],
        _ value: Value,
        _ frame: inout Frame
    ) throws(Halt) -> Bool {
        try frame.step(elements.count + 1)
        for element in elements {
            try frame.chargeComparison(value, element)
            if value.equals(element) { return true }
        }
        return false
    }

    /// The elements in the order of their keys, which are of one kind that has an order; elements
    /// with equal keys stay as they stood.
    static func sorted(
        _ elements: [Value],
        by keys: [Value],
        _ frame: inout Frame
    ) throws(Halt) -> [Value] {
        guard let first = keys.first else { return elements }
        for key in keys {
            guard key.typeName == first.typeName, key.order(to: key) != nil else {
                throw .failed(
                    .noSuchOverload,
                    "no such overload: only numbers, texts and the like, all of one type, are sorted"
                )
            }
            try frame.chargeComparison(key, key)
        }
        let rounds = Int.bitWidth - keys.count.leadingZeroBitCount
        try frame.step(keys.count * rounds)
        try frame.produce(16 * keys.count)
        let places = keys.indices.sorted { left, right in
            switch keys[left].order(to: keys[right]) {
            case .before: true
            case .after, nil: false
            case .equal, .some(.none): left < right
            }
        }
        return places.map { elements[$0] }
    }
}
