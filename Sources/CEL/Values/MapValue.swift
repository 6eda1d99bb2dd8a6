/// A key of a map: a truth value, an integer or a text (specification: "Maps").
///
/// Keys that are the same number are the same key, be they signed or unsigned.
public enum MapKey: Sendable {
    /// A truth value as a key.
    case bool(Bool)
    /// A signed integer as a key.
    case int(Int64)
    /// An unsigned integer as a key.
    case uint(UInt64)
    /// A text as a key.
    case string(String)

    /// The key that a value stands for when a map is built; `nil` when its kind cannot be a key.
    public init?(_ value: Value) {
        switch value {
        case .bool(let value): self = .bool(value)
        case .int(let value): self = .int(value)
        case .uint(let value): self = .uint(value)
        case .string(let value): self = .string(value)
        default: return nil
        }
    }

    /// The key to look a value up by; doubles with an integral value count as that integer.
    init?(lookingUp value: Value) {
        if case .double(let number) = value {
            if let exact = Int64(exactly: number) {
                self = .int(exact)
            } else if let exact = UInt64(exactly: number) {
                self = .uint(exact)
            } else {
                return nil
            }
        } else {
            self.init(value)
        }
    }

    /// The key as a value.
    public var value: Value {
        switch self {
        case .bool(let value): .bool(value)
        case .int(let value): .int(value)
        case .uint(let value): .uint(value)
        case .string(let value): .string(value)
        }
    }
}

extension MapKey: Hashable {
    /// Whether two keys are one key; numbers are compared by value.
    public static func == (left: MapKey, right: MapKey) -> Bool {
        switch (left, right) {
        case (.string(let a), .string(let b)): sameText(a, b)
        case (.int(let a), .int(let b)): a == b
        case (.uint(let a), .uint(let b)): a == b
        case (.int(let a), .uint(let b)), (.uint(let b), .int(let a)): a >= 0 && UInt64(a) == b
        case (.bool(let a), .bool(let b)): a == b
        default: false
        }
    }

    /// Hashes numbers by value, whatever their kind.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .bool(let value): hasher.combine(value)
        case .int(let value): hasher.combine(UInt64(bitPattern: value))
        case .uint(let value): hasher.combine(value)
        case .string(let value): hasher.combine(value)
        }
    }
}

/// A map was given the same key twice.
public struct RepeatedKey: Error, Sendable, Hashable {
    /// The key.
    public let key: MapKey
}

/// A map from keys to values, which keeps the order in which it was built.
public struct MapValue: Sendable {
    /// Maps up to this size are searched; larger ones are hashed.
    private static let searchedCount = 16

    /// Values lie in memory of their own, so that a field has a place.
    @safe
    private final class Storage: Sendable {
        let keys: [MapKey]
        let places: [MapKey: Int]
        // Both are written by `init` and freed by `deinit` alone, and never changed in between.
        nonisolated(unsafe) private let first: UnsafeMutablePointer<Value>
        /// The mark of each key that is a text, and 0 of the others.
        nonisolated(unsafe) private let firstMark: UnsafeMutablePointer<UInt64>

        init(keys: [MapKey], values: [Value], places: [MapKey: Int]) {
            precondition(keys.count == values.count, "A map has as many keys as values.")
            self.keys = keys
            self.places = places
            unsafe first = .allocate(capacity: keys.count)
            unsafe firstMark = .allocate(capacity: keys.count)
            for place in keys.indices {
                unsafe (first + place).initialize(to: values[place])
                var mark: UInt64 = 0
                if case .string(let text) = keys[place] { mark = FieldName.mark(of: text) }
                unsafe (firstMark + place).initialize(to: mark)
            }
        }

        deinit {
            unsafe first.deinitialize(count: keys.count)
            unsafe first.deallocate()
            unsafe firstMark.deallocate()
        }

        func value(at place: Int) -> Value {
            precondition(keys.indices.contains(place), "The map has no entry \(place).")
            return unsafe first[place]
        }

        @inline(__always)
        func place(of field: FieldName) -> UnsafePointer<Value>? {
            let count = keys.count
            if count > searchedCount {
                guard let place = places[.string(field.text)] else { return nil }
                return unsafe UnsafePointer(first + place)
            }
            for place in 0..<count where unsafe firstMark[place] == field.mark {
                if case .string(let name) = keys[place], field.isSame(as: name) {
                    return unsafe UnsafePointer(first + place)
                }
            }
            return nil
        }
    }

    private let storage: Storage

    /// The map without entries.
    public static let empty = MapValue(fields: [])

    /// Makes a map from entries in order; the same key twice is an error.
    public init(_ entries: [(MapKey, Value)]) throws(RepeatedKey) {
        let keys = entries.map { $0.0 }
        var places: [MapKey: Int] = [:]
        if keys.count > Self.searchedCount {
            places.reserveCapacity(keys.count)
            for (place, key) in keys.enumerated()
            where places.updateValue(place, forKey: key) != nil {
                throw RepeatedKey(key: key)
            }
        } else {
            for (place, key) in keys.enumerated() where keys[..<place].contains(key) {
                throw RepeatedKey(key: key)
            }
        }
        storage = Storage(keys: keys, values: entries.map { $0.1 }, places: places)
    }

    /// Makes a map from named fields in order; of a repeated field the last value is kept.
    public init(fields: [(String, Value)]) {
        var keys: [MapKey] = []
        var values: [Value] = []
        var places: [MapKey: Int] = [:]
        keys.reserveCapacity(fields.count)
        values.reserveCapacity(fields.count)
        for (name, value) in fields {
            let key = MapKey.string(name)
            let known =
                fields.count > Self.searchedCount ? places[key] : keys.firstIndex(of: key)
            if let known {
                values[known] = value
                continue
            }
            if fields.count > Self.searchedCount { places[key] = keys.count }
            keys.append(key)
            values.append(value)
        }
        if keys.count <= Self.searchedCount { places = [:] }
        storage = Storage(keys: keys, values: values, places: places)
    }

    /// The number of entries.
    public var count: Int { storage.keys.count }

    /// Whether there are no entries.
    public var isEmpty: Bool { storage.keys.isEmpty }

    /// The keys in the order in which the map was built.
    public var keys: [MapKey] { storage.keys }

    /// The values in the order of the keys.
    public var values: [Value] { storage.keys.indices.map { storage.value(at: $0) } }

    /// The entries in the order in which the map was built.
    public var entries: [(key: MapKey, value: Value)] {
        storage.keys.enumerated().map { (key: $1, value: storage.value(at: $0)) }
    }

    /// The value of a key.
    public subscript(key key: MapKey) -> Value? {
        let storage = storage
        if storage.keys.count > Self.searchedCount {
            return storage.places[key].map { storage.value(at: $0) }
        }
        for place in storage.keys.indices where storage.keys[place] == key {
            return storage.value(at: place)
        }
        return nil
    }

    /// The value of a field, which is a key that is a text.
    public subscript(field field: String) -> Value? {
        self[FieldName(field)]
    }

    /// The value of a field.
    subscript(field: FieldName) -> Value? {
        guard let place = unsafe place(of: field) else { return nil }
        return unsafe place.pointee
    }

    /// Where the value of a field lies, which is good as long as someone holds this map.
    @inline(__always)
    func place(of field: FieldName) -> UnsafePointer<Value>? {
        // Whoever holds this map holds its storage.
        unsafe Unmanaged.passUnretained(storage)._withUnsafeGuaranteedRef { storage in
            unsafe storage.place(of: field)
        }
    }

    /// The map with the entries in the order of their keys: truth values, numbers, texts.
    public var sortedByKey: [(key: MapKey, value: Value)] {
        entries.sorted { MapKey.isBefore($0.key, $1.key) }
    }
}

extension MapKey {
    static func isBefore(_ left: MapKey, _ right: MapKey) -> Bool {
        switch (left, right) {
        case (.bool(let a), .bool(let b)): !a && b
        case (.bool, _): true
        case (_, .bool): false
        case (.int(let a), .int(let b)): a < b
        case (.uint(let a), .uint(let b)): a < b
        case (.int(let a), .uint(let b)): a < b
        case (.uint(let a), .int(let b)): a < b
        case (.int, .string), (.uint, .string): true
        case (.string, .int), (.string, .uint): false
        case (.string(let a), .string(let b)): textIsBefore(a, b)
        }
    }
}

/// Whether one text stands before another by code point, which is the order of the UTF-8 octets.
func textIsBefore(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
}

extension MapValue: Hashable {
    /// Exact structural equality, without regard to order.
    public static func == (left: MapValue, right: MapValue) -> Bool {
        if left.storage === right.storage { return true }
        guard left.count == right.count else { return false }
        for (place, key) in left.storage.keys.enumerated() {
            guard let other = right[key: key], other == left.storage.value(at: place) else {
                return false
            }
        }
        return true
    }

    /// Hashes in agreement with equality.
    public func hash(into hasher: inout Hasher) {
        var sum = 0
        for (place, key) in storage.keys.enumerated() {
            var entry = Hasher()
            entry.combine(key)
            entry.combine(storage.value(at: place))
            sum ^= entry.finalize()
        }
        hasher.combine(sum)
    }
}
