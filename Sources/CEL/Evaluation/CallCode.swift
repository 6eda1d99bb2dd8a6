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
        guard case .string(let text) = try operand.evaluate(&frame) else {
            throw Halt.noSuchOverload.at(position)
        }
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
        let first: Value
        do throws(Halt) {
            first = try left.evaluate(&frame)
        } catch {
            throw halt(error, andLookAt: [right], &frame)
        }
        let second = try right.evaluate(&frame)
        switch (first, second) {
        case (.int(let a), .int(let b)): return comparison.holds(Order(a, b))
        case (.double(let a), .double(let b)): return comparison.holds(Order(a, b))
        default: break
        }
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
        guard case .string(let other) = try operand.evaluate(&frame) else { return isNegated }
        guard other.utf8.count == count else { return isNegated }
        try frame.look(at: count)
        return (other == text) != isNegated
    }
}

/// A call whose result must be a number where it is a double.
final class NumberCode: Code {
    private let call: any Code
    private let position: SourcePosition

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
