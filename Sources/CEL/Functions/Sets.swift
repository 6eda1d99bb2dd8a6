/// Lists taken as sets (extension: sets). Elements are compared as `==` compares them.
extension Library {
    static let sets: [Function] = [
        relation("sets.contains") { left, right, frame throws(Halt) in
            try holdsAll(left, right, &frame)
        },
        relation("sets.equivalent") { left, right, frame throws(Halt) in
            guard try holdsAll(left, right, &frame) else { return false }
            return try holdsAll(right, left, &frame)
        },
        relation("sets.intersects") { left, right, frame throws(Halt) in
            for element in right where try contains(left, element, &frame) { return true }
            return false
        },
    ]

    private static func relation(
        _ name: String,
        _ holds: @escaping @Sendable ([Value], [Value], inout Frame) throws(Halt) -> Bool
    ) -> Function {
        let id = "list_" + name.map { $0 == "." ? "_" : String($0) }.joined() + "_list"
        return function(
            name,
            [Overload(id, [.list(a), .list(a)], .bool)],
            .binary { left, right, frame throws(Halt) in
                guard case .list(let left) = left, case .list(let right) = right else {
                    throw .noSuchOverload
                }
                return .bool(try holds(left, right, &frame))
            }
        )
    }

    private static func holdsAll(
        _ elements: [Value],
        _ others: [Value],
        _ frame: inout Frame
    ) throws(Halt) -> Bool {
        for other in others where try !contains(elements, other, &frame) { return false }
        return true
    }
}
