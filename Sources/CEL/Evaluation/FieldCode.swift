/// The field of a map, or its value at a constant text.
final class SelectCode: Code {
    /// What stands before the point.
    private enum Base {
        case variable(VariableCode)
        case other(any Code)
    }

    private let base: Base
    private let field: FieldName
    /// Whether it was written in brackets.
    private let isIndex: Bool
    private let position: SourcePosition

    let isPath: Bool

    init(_ operand: any Code, field: String, isIndex: Bool = false, position: SourcePosition) {
        isPath = operand.isPath
        base = (operand as? VariableCode).map { .variable($0) } ?? .other(operand)
        self.field = FieldName(field)
        self.isIndex = isIndex
        self.position = position
    }

    func place(_ frame: inout Frame) throws(Halt) -> UnsafePointer<Value>? {
        switch base {
        case .variable(let variable):
            return unsafe frame.place(of: field, inSlot: variable.slot)
        case .other(let operand):
            guard let place = try unsafe operand.place(&frame),
                case .map(let map) = unsafe place.pointee
            else { return nil }
            return unsafe map.place(of: field)
        }
    }

    func evaluate(_ frame: inout Frame) throws(Halt) -> Value {
        if let place = try unsafe place(&frame) { return unsafe place.pointee }
        switch base {
        case .variable(let variable):
            return try select(from: try variable.evaluate(field, isPath: isPath, &frame))
        case .other(let operand):
            return try select(from: try operand.evaluate(field, isPath: isPath, &frame))
        }
    }

    private func select(from operand: Value) throws(Halt) -> Value {
        switch operand {
        case .map(let map):
            if let value = map[field] { return value }
            let key = isIndex ? Value.string(field.text).description : "'\(field.text)'"
            throw Halt.failed(.noSuchKey, "no such key: \(key)").at(position)
        case .optional(let optional):
            guard let held = optional.value else { return .optional(.none) }
            guard isIndex else {
                return .optional(OptionalValue(try Self.field(field, of: held, at: position)))
            }
            do throws(Halt) {
                let found = try Library.element(of: held, at: .string(field.text))
                return .optional(OptionalValue(found))
            } catch {
                throw error.at(position)
            }
        default:
            if isIndex { throw Halt.noSuchOverload.at(position) }
            throw Self.noField(field, of: operand).at(position)
        }
    }

    private static func noField(_ field: FieldName, of value: Value) -> Halt {
        .failed(
            .noSuchOverload,
            "no such key: a value of type \(value.typeName) has no field '\(field.text)'"
        )
    }

    static func field(
        _ field: FieldName,
        of value: Value,
        at position: SourcePosition
    ) throws(Halt) -> Value? {
        guard case .map(let map) = value else { throw noField(field, of: value).at(position) }
        return map[field]
    }
}

/// Whether a map has a field.
final class FieldPresenceCode: Code {
    private let operand: any Code
    private let field: FieldName
    private let isOperandPath: Bool
    private let position: SourcePosition

    init(_ operand: any Code, field: String, position: SourcePosition) {
        self.operand = operand
        self.field = FieldName(field)
        isOperandPath = operand.isPath
        self.position = position
    }

    func evaluate(_ frame: inout Frame) throws(Halt) -> Value { .bool(try truth(&frame)) }

    func truth(_ frame: inout Frame) throws(Halt) -> Bool {
        switch try operand.evaluate(field, isPath: isOperandPath, &frame) {
        case .map(let map): return unsafe map.place(of: field) != nil
        case .optional(let optional):
            guard let held = optional.value else { return false }
            return try SelectCode.field(field, of: held, at: position) != nil
        case let other:
            return try SelectCode.field(field, of: other, at: position) != nil
        }
    }
}
