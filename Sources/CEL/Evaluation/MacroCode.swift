/// What a macro walks over: the elements, or keys and values.
struct WalkedRange {
    let keys: [MapKey]?
    let values: [Value]

    init(_ value: Value, at position: SourcePosition) throws(Halt) {
        switch value {
        case .list(let elements): (keys, values) = (nil, elements)
        case .map(let map): (keys, values) = (map.keys, map.values)
        default:
            throw Halt.failed(
                .noSuchOverload,
                "no such overload: a value of type \(value.typeName) cannot be walked over"
            ).at(position)
        }
    }

    /// The index or key.
    func key(_ place: Int) -> Value { keys.map { $0[place].value } ?? .int(Int64(place)) }
}

/// A macro that walks over a list or a map.
final class ComprehensionCode: Code {
    private let kind: SyntaxTree.Comprehension.Kind
    private let range: any Code
    private let variables: [Int]
    private let predicate: (any Code)?
    private let transform: (any Code)?
    private let cost: Int
    private let position: SourcePosition

    init(
        _ kind: SyntaxTree.Comprehension.Kind,
        range: any Code,
        variables: [Int],
        predicate: (any Code)?,
        transform: (any Code)?,
        cost: Int,
        position: SourcePosition
    ) {
        self.kind = kind
        self.range = range
        self.variables = variables
        self.predicate = predicate
        self.transform = transform
        self.cost = cost
        self.position = position
    }

    func evaluate(_ frame: inout Frame) throws(Halt) -> Value {
        switch kind {
        case .all, .exists: .bool(try truth(&frame))
        case .existsOne: .bool(try count(walked(&frame), &frame) == 1)
        case .filter: .list(try filtered(&frame))
        case .map, .transformList: .list(try list(walked(&frame), &frame))
        case .transformMap, .transformMapEntry: .map(try map(walked(&frame), &frame))
        case .sortBy: .list(try sorted(&frame))
        }
    }

    private func walked(_ frame: inout Frame) throws(Halt) -> WalkedRange {
        try WalkedRange(try range.evaluate(&frame), at: position)
    }

    private func filtered(_ frame: inout Frame) throws(Halt) -> [Value] {
        if let predicate, let place = try unsafe range.place(&frame),
            case .list(let elements) = unsafe place.pointee
        {
            return try filtered(elements, predicate, &frame)
        }
        return try list(walked(&frame), &frame)
    }

    private func sorted(_ frame: inout Frame) throws(Halt) -> [Value] {
        let range = try walked(&frame)
        guard range.keys == nil else { throw Halt.noSuchOverload.at(position) }
        let keys = try list(range, &frame)
        do throws(Halt) {
            return try Library.sorted(range.values, by: keys, &frame)
        } catch {
            throw error.at(position)
        }
    }

    func truth(_ frame: inout Frame) throws(Halt) -> Bool {
        guard kind == .all || kind == .exists else {
            guard case .bool(let truth) = try evaluate(&frame) else { throw .noSuchOverload }
            return truth
        }
        guard variables.count == 1, let predicate else {
            let range = try WalkedRange(try range.evaluate(&frame), at: position)
            return try fold(range, deciding: kind == .exists, &frame)
        }
        if let place = try unsafe range.place(&frame),
            case .list(let elements) = unsafe place.pointee
        {
            return try fold(elements, predicate, variables[0], &frame)
        }
        let range = try range.evaluate(&frame)
        if case .list(let elements) = range {
            return try fold(elements, predicate, variables[0], &frame)
        }
        return try fold(WalkedRange(range, at: position), deciding: kind == .exists, &frame)
    }

    /// Walks over a list whose elements stay where they are.
    private func fold(
        _ elements: [Value],
        _ predicate: any Code,
        _ variable: Int,
        _ frame: inout Frame
    ) throws(Halt) -> Bool {
        let deciding = kind == .exists
        var halt: Halt?
        let isDecided = try unsafe elements.withUnsafeBufferPointer {
            (elements) throws(Halt) -> Bool in
            guard var element = elements.baseAddress else { return false }
            let end = unsafe element + elements.count
            while unsafe element < end {
                unsafe frame.set(variable, .element(element))
                do throws(Halt) {
                    try frame.step(cost)
                    if try predicate.truth(&frame) == deciding { return true }
                } catch {
                    if case .abort = error { throw error.at(position) }
                    halt = halt.map { $0.joined(with: error) } ?? error
                }
                unsafe element += 1
            }
            return false
        }
        if isDecided { return deciding }
        if let halt { throw halt.at(position) }
        return !deciding
    }

    private func filtered(
        _ elements: [Value],
        _ predicate: any Code,
        _ frame: inout Frame
    ) throws(Halt) -> [Value] {
        var values: [Value] = []
        var halt: Halt?
        try unsafe elements.withUnsafeBufferPointer { (elements) throws(Halt) in
            guard var element = elements.baseAddress else { return }
            let end = unsafe element + elements.count
            while unsafe element < end {
                unsafe frame.set(variables[0], .element(element))
                do throws(Halt) {
                    try frame.step(cost)
                    if try predicate.truth(&frame) {
                        try frame.produce(16)
                        values.append(unsafe element.pointee)
                    }
                } catch {
                    if case .abort = error { throw error.at(position) }
                    halt = halt.map { $0.joined(with: error) } ?? error
                }
                unsafe element += 1
            }
        }
        if let halt { throw halt.at(position) }
        return values
    }

    /// Sets the variables to an element and takes the steps for it off the budget.
    @inline(__always)
    private func enter(_ range: WalkedRange, _ place: Int, _ frame: inout Frame) throws(Halt) {
        if steps(&frame) { throw Halt.tooManySteps.at(position) }
        if variables.count == 2 {
            frame.set(variables[0], .value(range.key(place)))
            frame.set(variables[1], .value(range.values[place]))
        } else {
            frame.set(variables[0], .value(element(range, place)))
        }
    }

    private func steps(_ frame: inout Frame) -> Bool {
        frame.steps &-= cost
        return frame.steps < 0
    }

    private func element(_ range: WalkedRange, _ place: Int) -> Value {
        range.keys.map { $0[place].value } ?? range.values[place]
    }

    private func fold(
        _ range: WalkedRange,
        deciding: Bool,
        _ frame: inout Frame
    ) throws(Halt) -> Bool {
        guard let predicate else { return !deciding }
        var halt: Halt?
        for place in range.values.indices {
            try enter(range, place, &frame)
            do throws(Halt) {
                if try predicate.truth(&frame) == deciding { return deciding }
            } catch {
                if case .abort = error { throw error }
                halt = halt.map { $0.joined(with: error) } ?? error
            }
        }
        if let halt { throw halt.at(position) }
        return !deciding
    }

    /// Walks over all elements; what gives no value is put together and thrown at the end.
    private func walk(
        _ range: WalkedRange,
        _ frame: inout Frame,
        _ body: (Int, inout Frame) throws(Halt) -> Void
    ) throws(Halt) {
        var halt: Halt?
        for place in range.values.indices {
            try enter(range, place, &frame)
            do throws(Halt) {
                try body(place, &frame)
            } catch {
                if case .abort = error { throw error.at(position) }
                halt = halt.map { $0.joined(with: error) } ?? error
            }
        }
        if let halt { throw halt.at(position) }
    }

    private func count(_ range: WalkedRange, _ frame: inout Frame) throws(Halt) -> Int {
        var count = 0
        try walk(range, &frame) { _, frame throws(Halt) in
            if try self.predicate?.truth(&frame) ?? true { count += 1 }
        }
        return count
    }

    private func list(_ range: WalkedRange, _ frame: inout Frame) throws(Halt) -> [Value] {
        var values: [Value] = []
        try walk(range, &frame) { place, frame throws(Halt) in
            guard try self.predicate?.truth(&frame) ?? true else { return }
            try frame.produce(16)
            values.append(
                try self.transform?.evaluate(&frame) ?? self.element(range, place)
            )
        }
        return values
    }

    private func map(_ range: WalkedRange, _ frame: inout Frame) throws(Halt) -> MapValue {
        var entries: [(MapKey, Value)] = []
        try walk(range, &frame) { place, frame throws(Halt) in
            guard try self.predicate?.truth(&frame) ?? true,
                let value = try self.transform?.evaluate(&frame)
            else { return }
            try frame.produce(32)
            if range.keys != nil { try frame.chargeKey(range.key(place)) }
            guard self.kind == .transformMapEntry else {
                entries.append((range.keys.map { $0[place] } ?? .int(Int64(place)), value))
                return
            }
            guard case .map(let made) = value else { throw .noSuchOverload }
            try frame.step(made.count)
            try frame.produce(32 * made.count)
            entries += zip(made.keys, made.values).map { ($0, $1) }
        }
        return try CEL.map(of: entries, at: position)
    }
}

/// `cel.bind` and `cel.block`: bindings are evaluated first; one that fails shows where it is used.
final class BindCode: Code {
    private let bindings: [(variable: Int, value: any Code)]
    private let body: any Code

    init(_ bindings: [(variable: Int, value: any Code)], body: any Code) {
        self.bindings = bindings
        self.body = body
    }

    func evaluate(_ frame: inout Frame) throws(Halt) -> Value {
        for binding in bindings {
            do throws(Halt) {
                frame.set(binding.variable, .value(try binding.value.evaluate(&frame)))
            } catch {
                if case .abort = error { throw error }
                frame.set(binding.variable, .halt(error))
            }
        }
        return try body.evaluate(&frame)
    }
}

/// `optMap` and `optFlatMap`.
final class OptionalMapCode: Code {
    private let operand: any Code
    private let variable: Int
    private let body: any Code
    private let isFlat: Bool
    private let position: SourcePosition

    init(
        _ operand: any Code,
        variable: Int,
        body: any Code,
        isFlat: Bool,
        position: SourcePosition
    ) {
        self.operand = operand
        self.variable = variable
        self.body = body
        self.isFlat = isFlat
        self.position = position
    }

    func evaluate(_ frame: inout Frame) throws(Halt) -> Value {
        do throws(Halt) {
            let optional = try Library.optional(try operand.evaluate(&frame))
            guard let held = optional.value else { return .optional(.none) }
            frame.set(variable, .value(held))
            let value = try body.evaluate(&frame)
            guard isFlat else { return .optional(OptionalValue(value)) }
            return .optional(try Library.optional(value))
        } catch {
            throw error.at(position)
        }
    }
}
