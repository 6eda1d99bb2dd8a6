/// A value of the Common Expression Language.
///
/// The kinds are those of the specification's section "Values", without protobuf messages. `==` on
/// this type is exact structural equality, so that values can be kept and compared bit for bit; the
/// language's own equality, under which `1 == 1.0`, is ``equals(_:)``.
public enum Value: Sendable {
    /// The null value.
    case null
    /// A truth value.
    case bool(Bool)
    /// A signed integer of 64 bits.
    case int(Int64)
    /// An unsigned integer of 64 bits.
    case uint(UInt64)
    /// A number in IEEE 754 binary64.
    case double(Double)
    /// A text, a sequence of Unicode code points.
    case string(String)
    /// A sequence of octets.
    case bytes([UInt8])
    /// A list of values.
    case list([Value])
    /// A map from keys to values.
    case map(MapValue)
    /// An instant.
    case timestamp(Timestamp)
    /// A span of time in nanoseconds.
    case duration(nanoseconds: Int64)
    /// A type as a value.
    case type(TypeName)
    /// An optional value.
    case optional(OptionalValue)
}

/// The name of a type, as a value (specification: "Types as values").
public struct TypeName: Sendable, Hashable, CustomStringConvertible {
    /// The name as it is written in an expression.
    public let name: String

    /// Makes a type name.
    public init(_ name: String) { self.name = name }

    /// The name itself.
    public var description: String { name }

    /// The type of null.
    public static let null = TypeName("null_type")
    /// The type of truth values.
    public static let bool = TypeName("bool")
    /// The type of signed integers.
    public static let int = TypeName("int")
    /// The type of unsigned integers.
    public static let uint = TypeName("uint")
    /// The type of floating-point numbers.
    public static let double = TypeName("double")
    /// The type of texts.
    public static let string = TypeName("string")
    /// The type of octet sequences.
    public static let bytes = TypeName("bytes")
    /// The type of lists.
    public static let list = TypeName("list")
    /// The type of maps.
    public static let map = TypeName("map")
    /// The type of types.
    public static let type = TypeName("type")
    /// The type of instants.
    public static let timestamp = TypeName("google.protobuf.Timestamp")
    /// The type of spans of time.
    public static let duration = TypeName("google.protobuf.Duration")
    /// The type of optional values.
    public static let optional = TypeName("optional_type")

    /// Every type name that an expression can use.
    static let all: [TypeName] = [
        .null, .bool, .int, .uint, .double, .string, .bytes, .list, .map, .type, .timestamp,
        .duration, .optional,
    ]
}

/// A value that may be absent (extension: optional values).
public struct OptionalValue: Sendable, Hashable {
    private let storage: [Value]

    /// Makes an optional that holds a value, or none.
    public init(_ value: Value?) { storage = value.map { [$0] } ?? [] }

    /// The optional that holds nothing.
    public static let none = OptionalValue(nil)

    /// The value held, if any.
    public var value: Value? { storage.first }
}

extension Value {
    /// The type of this value, as `type(x)` gives it.
    public var typeName: TypeName {
        switch self {
        case .null: .null
        case .bool: .bool
        case .int: .int
        case .uint: .uint
        case .double: .double
        case .string: .string
        case .bytes: .bytes
        case .list: .list
        case .map: .map
        case .timestamp: .timestamp
        case .duration: .duration
        case .type: .type
        case .optional: .optional
        }
    }
}

extension Value: Hashable {
    /// Exact structural equality: same kind, same bits; maps without regard to order.
    public static func == (left: Value, right: Value) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.int(let a), .int(let b)): a == b
        case (.uint(let a), .uint(let b)): a == b
        case (.double(let a), .double(let b)): a.bitPattern == b.bitPattern
        case (.string(let a), .string(let b)): sameText(a, b)
        case (.bytes(let a), .bytes(let b)): a == b
        case (.list(let a), .list(let b)): a == b
        case (.map(let a), .map(let b)): a == b
        case (.timestamp(let a), .timestamp(let b)): a == b
        case (.duration(let a), .duration(let b)): a == b
        case (.type(let a), .type(let b)): a == b
        case (.optional(let a), .optional(let b)): a == b
        default: false
        }
    }

    /// Hashes in agreement with exact structural equality.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .bool(let value): hasher.combine(value)
        case .int(let value): hasher.combine(value)
        case .uint(let value): hasher.combine(value)
        case .double(let value): hasher.combine(value.bitPattern)
        case .string(let value): hasher.combine(value)
        case .bytes(let value): hasher.combine(value)
        case .list(let value): hasher.combine(value)
        case .map(let value): hasher.combine(value)
        case .timestamp(let value): hasher.combine(value)
        case .duration(let value): hasher.combine(value)
        case .type(let value): hasher.combine(value)
        case .optional(let value): hasher.combine(value)
        }
    }
}
