/// Finds out what the type parameters of an expression stand for.
///
/// The rules are those of cel-go: `dyn` agrees with everything, null also with instants, spans and
/// optionals, and a type parameter stands for the most general of the types that it met.
struct Unifier {
    private(set) var bindings: [CELType?] = []

    /// A new type parameter.
    mutating func fresh() -> CELType {
        bindings.append(nil)
        return .typeParameter(bindings.count - 1)
    }

    /// What has been bound, to be taken back when an attempt fails.
    private var trail: [(number: Int, old: CELType?)] = []

    /// A state to come back to.
    struct Mark {
        fileprivate let trailCount: Int
        fileprivate let count: Int
    }

    var mark: Mark { Mark(trailCount: trail.count, count: bindings.count) }

    /// Takes back everything since a mark.
    mutating func restore(_ mark: Mark) {
        while trail.count > mark.trailCount {
            let (number, old) = trail.removeLast()
            bindings[number] = old
        }
        bindings.removeLast(bindings.count - mark.count)
    }

    private mutating func bind(_ number: Int, to type: CELType) {
        trail.append((number, bindings[number]))
        bindings[number] = type
    }

    /// The type with a parameter at its head replaced by what it stands for.
    func head(_ type: CELType) -> CELType {
        var type = type
        while case .typeParameter(let number) = type, let bound = bindings[number] { type = bound }
        return type
    }

    /// The type with all parameters replaced; those that stand for nothing become `dyn`.
    func resolved(_ type: CELType) -> CELType {
        switch head(type) {
        case .typeParameter: .dyn
        case .list(let element): .list(resolved(element))
        case .map(let key, let value): .map(resolved(key), resolved(value))
        case .optional(let wrapped): .optional(resolved(wrapped))
        case .type(let type): .type(resolved(type))
        case let type: type
        }
    }

    /// The signature's type with its own parameters made new ones.
    func instantiated(_ type: CELType, from base: Int) -> CELType {
        switch type {
        case .typeParameter(let number): .typeParameter(base + number)
        case .list(let element): .list(instantiated(element, from: base))
        case .map(let key, let value):
            .map(instantiated(key, from: base), instantiated(value, from: base))
        case .optional(let wrapped): .optional(instantiated(wrapped, from: base))
        case .type(let type): .type(instantiated(type, from: base))
        default: type
        }
    }

    /// Makes room for the parameters of a signature, if it has any; gives the number of the first.
    mutating func room(for overload: Overload) -> Int {
        let base = bindings.count
        guard overload.isGeneric else { return base }
        for _ in 0..<Overload.typeParameterCount { bindings.append(nil) }
        return base
    }

    /// Whether a value of one type can stand where another is asked for; binds parameters.
    mutating func assign(_ actual: CELType, to expected: CELType) -> Bool {
        if case .typeParameter(let number) = expected {
            let known = bindings[number] != nil
            if substitute(actual, for: number) { return true }
            if known { return false }
        }
        if case .typeParameter(let number) = actual { return substitute(expected, for: number) }
        switch (actual, expected) {
        case (.dyn, _), (_, .dyn): return true
        case (.null, let other), (let other, .null):
            return switch other {
            case .null, .timestamp, .duration, .optional: true
            default: false
            }
        case (.type, .type): return true
        case (.list(let a), .list(let b)): return assign(a, to: b)
        case (.optional(let a), .optional(let b)): return assign(a, to: b)
        case (.map(let keyA, let valueA), .map(let keyB, let valueB)):
            return assign(keyA, to: keyB) && assign(valueA, to: valueB)
        case (.record(let a), .record(let b)):
            return a.count == b.count
                && zip(a, b).allSatisfy { $0.name == $1.name && assign($0.type, to: $1.type) }
        case (.record, .map(let key, let value)):
            return assign(.string, to: key) && assign(.dyn, to: value)
        case (.map(let key, let value), .record):
            return assign(key, to: .string) && assign(value, to: .dyn)
        default: return actual == expected
        }
    }

    /// Whether a parameter can stand for a type, also with what it stands for already.
    private mutating func substitute(_ type: CELType, for number: Int) -> Bool {
        if type == .typeParameter(number) { return true }
        if let bound = bindings[number] {
            if type == bound { return true }
            guard assign(type, to: bound) else { return false }
            let general = mostGeneral(type, bound)
            if !occurs(number, in: general) { bind(number, to: general) }
            return true
        }
        guard !occurs(number, in: type) else { return false }
        bind(number, to: type)
        return true
    }

    private func occurs(_ number: Int, in type: CELType) -> Bool {
        switch type {
        case .typeParameter(let other):
            other == number || (bindings[other].map { occurs(number, in: $0) } ?? false)
        case .list(let element): occurs(number, in: element)
        case .map(let key, let value): occurs(number, in: key) || occurs(number, in: value)
        case .optional(let wrapped): occurs(number, in: wrapped)
        case .type(let type): occurs(number, in: type)
        default: false
        }
    }

    private func mostGeneral(_ left: CELType, _ right: CELType) -> CELType {
        isAsGeneral(left, as: right) ? left : right
    }

    private func isAsGeneral(_ left: CELType, as right: CELType) -> Bool {
        switch (left, right) {
        case (.dyn, _), (.typeParameter, _): true
        case (_, .dyn), (_, .typeParameter): false
        case (.list(let a), .list(let b)): isAsGeneral(a, as: b)
        case (.optional(let a), .optional(let b)): isAsGeneral(a, as: b)
        case (.map(let keyA, let valueA), .map(let keyB, let valueB)):
            isAsGeneral(keyA, as: keyB) && isAsGeneral(valueA, as: valueB)
        case (.map, .record): true
        case (.type, .type): true
        // A type that null may stand for is more general than null.
        case (_, .null): true
        default: left == right
        }
    }

    /// The type of elements of both types; `dyn` when they do not agree.
    mutating func join(_ left: CELType, _ right: CELType) -> CELType {
        let before = mark
        if assign(left, to: right) { return mostGeneral(left, right) }
        restore(before)
        return .dyn
    }
}
