/// A function of one operand.
final class UnaryCode: Code {
    private let operand: any Code
    private let function: Implementation.Unary
    private let position: SourcePosition

    init(_ operand: any Code, _ function: @escaping Implementation.Unary, position: SourcePosition)
    {
        self.operand = operand
        self.function = function
        self.position = position
    }

    func evaluate(_ frame: inout Frame) throws(Halt) -> Value {
        let value = try operand.evaluate(&frame)
        do throws(Halt) {
            return try function(value, &frame)
        } catch {
            throw error.at(position)
        }
    }
}

/// A function of two operands.
final class BinaryCode: Code {
    private let left: any Code
    private let right: any Code
    private let function: Implementation.Binary
    private let position: SourcePosition

    init(
        _ left: any Code,
        _ right: any Code,
        _ function: @escaping Implementation.Binary,
        position: SourcePosition
    ) {
        self.left = left
        self.right = right
        self.function = function
        self.position = position
    }

    func evaluate(_ frame: inout Frame) throws(Halt) -> Value {
        let first: Value
        do throws(Halt) {
            first = try left.evaluate(&frame)
        } catch {
            throw halt(error, andLookAt: [right], &frame)
        }
        let second = try right.evaluate(&frame)
        do throws(Halt) {
            return try function(first, second, &frame)
        } catch {
            throw error.at(position)
        }
    }
}

/// `operand[key]` and `operand[?key]`.
final class IndexCode: Code {
    private let operand: any Code
    private let key: any Code
    private let function: Implementation.Binary
    private let position: SourcePosition

    let isPath: Bool

    init(
        _ operand: any Code,
        _ key: any Code,
        _ function: @escaping Implementation.Binary,
        position: SourcePosition
    ) {
        self.operand = operand
        self.key = key
        self.function = function
        self.position = position
        isPath = operand.isPath
    }

    func evaluate(_ frame: inout Frame) throws(Halt) -> Value {
        let value: Value
        do throws(Halt) {
            value = try operand.evaluate(&frame)
        } catch {
            throw haltOfOperand(error, &frame)
        }
        let found = try key.evaluate(&frame)
        do throws(Halt) {
            return try function(value, found, &frame)
        } catch {
            throw error.at(position)
        }
    }

    /// The key is part of what is unknown, unless it gives no value itself.
    private func haltOfOperand(_ halt: Halt, _ frame: inout Frame) -> Halt {
        guard isPath, case .unknown = halt else {
            return self.halt(halt, andLookAt: [key], &frame)
        }
        do throws(Halt) {
            let found = try key.evaluate(&frame)
            return halt.within { AttributePath.key(found, in: $0) }
        } catch {
            return halt.joined(with: error)
        }
    }
}

/// `or` and `orValue`, which look at the other operand only when the first holds nothing.
final class OptionalChoiceCode: Code {
    private let operand: any Code
    private let other: any Code
    /// Whether the other is an optional too.
    private let isOptional: Bool
    private let position: SourcePosition

    init(_ operand: any Code, _ other: any Code, isOptional: Bool, position: SourcePosition) {
        self.operand = operand
        self.other = other
        self.isOptional = isOptional
        self.position = position
    }

    func evaluate(_ frame: inout Frame) throws(Halt) -> Value {
        do throws(Halt) {
            let first = try operand.evaluate(&frame)
            if let held = try Library.optional(first).value { return isOptional ? first : held }
            let second = try other.evaluate(&frame)
            return isOptional ? .optional(try Library.optional(second)) : second
        } catch {
            throw error.at(position)
        }
    }
}

/// A function of any number of operands.
final class VariadicCode: Code {
    private let operands: [any Code]
    private let function: Implementation.Variadic
    private let position: SourcePosition

    init(
        _ operands: [any Code],
        _ function: @escaping Implementation.Variadic,
        position: SourcePosition
    ) {
        self.operands = operands
        self.function = function
        self.position = position
    }

    func evaluate(_ frame: inout Frame) throws(Halt) -> Value {
        var values: [Value] = []
        for place in operands.indices {
            do throws(Halt) {
                values.append(try operands[place].evaluate(&frame))
            } catch {
                throw halt(error, andLookAt: operands[(place + 1)...], &frame)
            }
        }
        do throws(Halt) {
            return try function(values, &frame)
        } catch {
            throw error.at(position)
        }
    }
}

/// `matches` with a pattern that was compiled with the program.
final class MatchCode: Code {
    private let operand: any Code
    private let pattern: Pattern
    private let table: PatternTable?
    private let position: SourcePosition

    init(_ operand: any Code, _ pattern: Pattern, position: SourcePosition) {
        self.operand = operand
        self.pattern = pattern
        table = PatternTable(pattern)
        self.position = position
    }

    func evaluate(_ frame: inout Frame) throws(Halt) -> Value {
        .bool(try truth(&frame))
    }

    func truth(_ frame: inout Frame) throws(Halt) -> Bool {
        let value: Value
        if let place = try unsafe operand.place(&frame) {
            value = unsafe place.pointee
        } else {
            value = try operand.evaluate(&frame)
        }
        guard case .string(let text) = value else { throw Halt.noSuchOverload.at(position) }
        do throws(Halt) {
            if let table {
                try frame.look(at: text.utf8.count)
                if let isMatch = table.matches(text) { return isMatch }
            }
            return try pattern.matches(text, &frame)
        } catch {
            throw error.at(position)
        }
    }
}

/// A comparison, which has no need of a value for its result.
final class ComparisonCode: Code {
    enum Operator {
        case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual

        func holds(_ order: Order) -> Bool {
            switch self {
            case .equal: order == .equal
            case .notEqual: order != .equal
            case .less: order == .before
            case .lessOrEqual: order == .before || order == .equal
            case .greater: order == .after
            case .greaterOrEqual: order == .after || order == .equal
            }
        }
    }

    private let left: any Code
    private let right: any Code
    private let comparison: Operator
    private let position: SourcePosition

    init(_ left: any Code, _ right: any Code, _ comparison: Operator, position: SourcePosition) {
        self.left = left
        self.right = right
        self.comparison = comparison
        self.position = position
    }

    func evaluate(_ frame: inout Frame) throws(Halt) -> Value {
        .bool(try truth(&frame))
    }

    func truth(_ frame: inout Frame) throws(Halt) -> Bool {
        let first: UnsafePointer<Value>?
        do throws(Halt) {
            unsafe first = try left.place(&frame)
        } catch {
            throw halt(error, andLookAt: [right], &frame)
        }
        if let first = unsafe first, let second = try unsafe right.place(&frame) {
            return try unsafe holds(first.pointee, second.pointee, &frame)
        }
        let value: Value
        do throws(Halt) {
            value = try left.evaluate(&frame)
        } catch {
            throw halt(error, andLookAt: [right], &frame)
        }
        return try holds(value, try right.evaluate(&frame), &frame)
    }

    @inline(__always)
    private func holds(
        _ first: Value,
        _ second: Value,
        _ frame: inout Frame
    ) throws(Halt) -> Bool {
        switch (first, second) {
        case (.int(let a), .int(let b)): return comparison.holds(Order(a, b))
        case (.double(let a), .double(let b)): return comparison.holds(Order(a, b))
        case (.string(let a), .string(let b)) where comparison == .equal:
            try frame.look(at: min(a.utf8.count, b.utf8.count))
            return sameText(a, b)
        default: return try holdsOfAny(first, second, &frame)
        }
    }

    private func holdsOfAny(
        _ first: Value,
        _ second: Value,
        _ frame: inout Frame
    ) throws(Halt) -> Bool {
        do throws(Halt) {
            try frame.chargeComparison(first, second)
            switch comparison {
            case .equal: return first.equals(second)
            case .notEqual: return !first.equals(second)
            default:
                guard let order = first.order(to: second) else { throw .noSuchOverload }
                return comparison.holds(order)
            }
        } catch {
            throw error.at(position)
        }
    }
}

/// A comparison for equality with a constant text in ASCII.
///
/// Of two texts of which one is in ASCII, canonical equivalence and the same number of octets make
/// the code points the same, so that Swift's own comparison is exact here.
final class TextEqualityCode: Code {
    private let operand: any Code
    private let text: String
    private let count: Int
    private let isNegated: Bool

    init?(_ operand: any Code, _ constant: Value?, isNegated: Bool) {
        guard case .string(let text)? = constant, text.utf8.allSatisfy({ $0 < 128 }) else {
            return nil
        }
        self.operand = operand
        self.text = text
        count = text.utf8.count
        self.isNegated = isNegated
    }

    func evaluate(_ frame: inout Frame) throws(Halt) -> Value { .bool(try truth(&frame)) }

    func truth(_ frame: inout Frame) throws(Halt) -> Bool {
        if let place = try unsafe operand.place(&frame) {
            return try unsafe isSame(place.pointee, &frame) != isNegated
        }
        return try isSame(try operand.evaluate(&frame), &frame) != isNegated
    }

    @inline(__always)
    private func isSame(_ value: Value, _ frame: inout Frame) throws(Halt) -> Bool {
        guard case .string(let other) = value else { return false }
        guard other.utf8.count == count else { return false }
        try frame.look(at: count)
        return other == text
    }
}

/// Whether a text is one of some constant texts in ASCII.
final class TextMembershipCode: Code {
    private let operand: any Code
    private let texts: [String]

    init?(_ operand: any Code, _ constant: Value?) {
        guard case .list(let elements)? = constant else { return nil }
        var texts: [String] = []
        for element in elements {
            guard case .string(let text) = element, text.utf8.allSatisfy({ $0 < 128 }) else {
                return nil
            }
            texts.append(text)
        }
        self.operand = operand
        self.texts = texts
    }

    func evaluate(_ frame: inout Frame) throws(Halt) -> Value { .bool(try truth(&frame)) }

    func truth(_ frame: inout Frame) throws(Halt) -> Bool {
        if let place = try unsafe operand.place(&frame) {
            return try unsafe isIn(place.pointee, &frame)
        }
        return try isIn(try operand.evaluate(&frame), &frame)
    }

    @inline(__always)
    private func isIn(_ value: Value, _ frame: inout Frame) throws(Halt) -> Bool {
        try frame.step(texts.count)
        guard case .string(let text) = value else { return false }
        let count = text.utf8.count
        for other in texts where other.utf8.count == count {
            try frame.look(at: count)
            if other == text { return true }
        }
        return false
    }
}

/// A call whose result must be a number where it is a double.
final class NumberCode: Code {
    private let call: any Code
    private let position: SourcePosition

    var isPath: Bool { call.isPath }

    init(_ call: any Code, position: SourcePosition) {
        self.call = call
        self.position = position
    }

    func evaluate(_ frame: inout Frame) throws(Halt) -> Value {
        let value = try call.evaluate(&frame)
        if case .double(let number) = value, number.isNaN {
            throw .error(
                EvaluationError(.notANumber, "the result is not a number", position: position)
            )
        }
        return value
    }
}
