/// A node of a program as it is evaluated: names are slots, functions are resolved.
protocol Code: AnyObject, Sendable {
    /// The value of the node.
    func evaluate(_ frame: inout Frame) throws(Halt) -> Value

    /// The value of the node where a truth value is asked for.
    func truth(_ frame: inout Frame) throws(Halt) -> Bool

    /// Where the value lies, when it is part of the slots, of an element walked over or of a
    /// constant: it need not be copied then. The place is good until the evaluation goes on to
    /// another element.
    func place(_ frame: inout Frame) throws(Halt) -> UnsafePointer<Value>?

    /// The value, when it is the same in every evaluation.
    var constant: Value? { get }

    /// Whether this is a variable, or a field or an element of one by its path: what is unknown in
    /// it goes by the longer path that is asked for.
    var isPath: Bool { get }
}

extension Code {
    func truth(_ frame: inout Frame) throws(Halt) -> Bool {
        guard case .bool(let truth) = try evaluate(&frame) else { throw .noSuchOverload }
        return truth
    }

    func place(_ frame: inout Frame) throws(Halt) -> UnsafePointer<Value>? { nil }

    var constant: Value? { nil }

    var isPath: Bool { false }

    /// The value of the operand of a field.
    @inline(__always)
    func evaluate(
        _ field: FieldName,
        isPath: Bool,
        _ frame: inout Frame
    ) throws(Halt) -> Value {
        do throws(Halt) {
            return try evaluate(&frame)
        } catch {
            guard isPath else { throw error }
            throw error.within { AttributePath.field(field.text, in: $0) }
        }
    }

    /// Looks at the operands after one that gave no value: an unknown among them wins.
    func halt(
        _ halt: Halt,
        andLookAt operands: ArraySlice<any Code>,
        _ frame: inout Frame
    ) -> Halt {
        var halt = halt
        for operand in operands {
            if case .abort = halt { return halt }
            do throws(Halt) {
                _ = try operand.evaluate(&frame)
            } catch {
                halt = halt.joined(with: error)
            }
        }
        return halt
    }
}

/// A constant.
@safe
final class ConstantCode: Code {
    /// Held apart, so that it has a place.
    // It is written by `init` and freed by `deinit` alone, and never changed in between.
    nonisolated(unsafe) private let held: UnsafeMutablePointer<Value>

    init(_ value: Value) {
        unsafe held = .allocate(capacity: 1)
        unsafe held.initialize(to: value)
    }

    deinit {
        unsafe held.deinitialize(count: 1)
        unsafe held.deallocate()
    }

    var value: Value { unsafe held.pointee }

    func evaluate(_ frame: inout Frame) throws(Halt) -> Value { value }

    func place(_ frame: inout Frame) throws(Halt) -> UnsafePointer<Value>? {
        unsafe UnsafePointer(held)
    }

    var constant: Value? { value }
}

/// A variable of the environment.
final class VariableCode: Code {
    let slot: Int
    let name: String
    let position: SourcePosition

    var isPath: Bool { true }

    init(slot: Int, name: String, position: SourcePosition) {
        self.slot = slot
        self.name = name
        self.position = position
    }

    func evaluate(_ frame: inout Frame) throws(Halt) -> Value {
        switch frame.slot(slot) {
        case .value(let value): return value
        case .unknown: throw .unknown(UnknownSet(name))
        case .unbound:
            throw Halt.failed(.unboundVariable, "no value is bound to '\(name)'").at(position)
        }
    }
}

/// `has` of a variable, or a variable behind `.?`.
final class PresenceCode: Code {
    private let slot: Int
    private let name: String
    private let isTest: Bool

    var isPath: Bool { !isTest }

    init(slot: Int, name: String, isTest: Bool) {
        self.slot = slot
        self.name = name
        self.isTest = isTest
    }

    func evaluate(_ frame: inout Frame) throws(Halt) -> Value {
        switch frame.slot(slot) {
        case .value(let value):
            return isTest ? .bool(true) : .optional(OptionalValue(value))
        case .unknown: throw .unknown(UnknownSet(name))
        case .unbound: return isTest ? .bool(false) : .optional(.none)
        }
    }
}

/// A variable of a macro.
final class LocalCode: Code {
    let index: Int

    init(_ index: Int) { self.index = index }

    func evaluate(_ frame: inout Frame) throws(Halt) -> Value { try frame.local(index) }

    func place(_ frame: inout Frame) throws(Halt) -> UnsafePointer<Value>? {
        unsafe frame.place(ofLocal: index)
    }
}

/// A name or a function that does not exist, in an expression that was not checked.
final class MissingCode: Code {
    private let halt: Halt

    init(_ error: EvaluationError) { halt = .error(error) }

    func evaluate(_ frame: inout Frame) throws(Halt) -> Value { throw halt }
}

/// `operand.?field`.
final class OptionalSelectCode: Code {
    private let operand: any Code
    private let field: FieldName
    private let position: SourcePosition

    let isPath: Bool

    init(_ operand: any Code, field: String, position: SourcePosition) {
        self.operand = operand
        self.field = FieldName(field)
        self.position = position
        isPath = operand.isPath
    }

    func evaluate(_ frame: inout Frame) throws(Halt) -> Value {
        var value = try operand.evaluate(field, isPath: isPath, &frame)
        if case .optional(let optional) = value {
            guard let held = optional.value else { return .optional(.none) }
            value = held
        }
        return .optional(OptionalValue(try SelectCode.field(field, of: value, at: position)))
    }
}

/// `&&` (a false operand decides) or `||` (a true one does), in any order of the operands.
final class LogicCode: Code {
    private let operands: [any Code]
    private let deciding: Bool
    private let position: SourcePosition

    init(_ operands: [any Code], deciding: Bool, position: SourcePosition) {
        self.operands = operands
        self.deciding = deciding
        self.position = position
    }

    func evaluate(_ frame: inout Frame) throws(Halt) -> Value {
        .bool(try truth(&frame))
    }

    func truth(_ frame: inout Frame) throws(Halt) -> Bool {
        var halt: Halt?
        for operand in operands {
            do throws(Halt) {
                if try operand.truth(&frame) == deciding { return deciding }
            } catch {
                if case .abort = error { throw error }
                halt = halt.map { $0.joined(with: error) } ?? error
            }
        }
        if let halt { throw halt.at(position) }
        return !deciding
    }
}

/// `?:`.
final class ConditionalCode: Code {
    private let condition: any Code
    private let chosen: any Code
    private let other: any Code

    init(_ condition: any Code, _ chosen: any Code, _ other: any Code) {
        self.condition = condition
        self.chosen = chosen
        self.other = other
    }

    func evaluate(_ frame: inout Frame) throws(Halt) -> Value {
        try condition.truth(&frame)
            ? try chosen.evaluate(&frame) : try other.evaluate(&frame)
    }

    func truth(_ frame: inout Frame) throws(Halt) -> Bool {
        try condition.truth(&frame) ? try chosen.truth(&frame) : try other.truth(&frame)
    }
}

/// A list.
final class ListCode: Code {
    private let elements: [any Code]
    private let optionalPlaces: [Int]
    private let position: SourcePosition

    init(_ elements: [any Code], optionalPlaces: [Int], position: SourcePosition) {
        self.elements = elements
        self.optionalPlaces = optionalPlaces
        self.position = position
    }

    func evaluate(_ frame: inout Frame) throws(Halt) -> Value {
        try frame.produce(16 * elements.count)
        var values: [Value] = []
        values.reserveCapacity(elements.count)
        for place in elements.indices {
            do throws(Halt) {
                let value = try elements[place].evaluate(&frame)
                guard optionalPlaces.contains(place) else {
                    values.append(value)
                    continue
                }
                if let held = try Library.optional(value).value { values.append(held) }
            } catch {
                throw halt(error.at(position), andLookAt: elements[(place + 1)...], &frame)
            }
        }
        return .list(values)
    }
}

/// A map.
final class MapCode: Code {
    private let operands: [any Code]
    private let isOptional: [Bool]
    private let position: SourcePosition

    /// Keys and values in turn.
    init(_ operands: [any Code], isOptional: [Bool], position: SourcePosition) {
        self.operands = operands
        self.isOptional = isOptional
        self.position = position
    }

    func evaluate(_ frame: inout Frame) throws(Halt) -> Value {
        try frame.produce(32 * isOptional.count)
        var entries: [(MapKey, Value)] = []
        entries.reserveCapacity(isOptional.count)
        var place = 0
        do throws(Halt) {
            while place < operands.count {
                let key = try operands[place].evaluate(&frame)
                place += 1
                let value = try operands[place].evaluate(&frame)
                place += 1
                try frame.chargeKey(key)
                guard let mapKey = MapKey(key) else {
                    throw .failed(.unsupportedKey, "unsupported key type: \(key.typeName)")
                }
                if isOptional[place / 2 - 1] {
                    guard let held = try Library.optional(value).value else { continue }
                    entries.append((mapKey, held))
                } else {
                    entries.append((mapKey, value))
                }
            }
        } catch {
            let rest = operands[min(place + 1, operands.count)...]
            throw halt(error.at(position), andLookAt: rest, &frame)
        }
        return .map(try map(of: entries, at: position))
    }
}

/// The map of some entries; the same key twice is an error.
func map(of entries: [(MapKey, Value)], at position: SourcePosition) throws(Halt) -> MapValue {
    do throws(RepeatedKey) {
        return try MapValue(entries)
    } catch {
        throw Halt.failed(.repeatedKey, "Failed with repeated key: \(error.key.value)").at(position)
    }
}
