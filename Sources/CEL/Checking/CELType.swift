/// A type as the checker knows it (specification: "Gradual type checking").
public indirect enum CELType: Sendable, Hashable {
    /// A type that is known at run time only.
    case dyn
    /// The type of null.
    case null
    /// The type of truth values.
    case bool
    /// The type of signed integers.
    case int
    /// The type of unsigned integers.
    case uint
    /// The type of floating-point numbers.
    case double
    /// The type of texts.
    case string
    /// The type of octet sequences.
    case bytes
    /// The type of instants.
    case timestamp
    /// The type of spans of time.
    case duration
    /// The type of a type.
    case type(CELType)
    /// Lists of a type of element.
    case list(CELType)
    /// Maps from a type of key to a type of value.
    case map(CELType, CELType)
    /// Optional values of a type.
    case optional(CELType)
    /// A type to be found, as in the signature of a function.
    case typeParameter(Int)
    /// A JSON object whose fields are declared: at run time a map with texts as keys.
    case record([Field])

    /// A declared field of a record.
    public struct Field: Sendable, Hashable {
        /// The name.
        public let name: String
        /// The type of its value.
        public let type: CELType

        /// Declares a field.
        public init(_ name: String, _ type: CELType) {
            self.name = name
            self.type = type
        }
    }
}

extension CELType: CustomStringConvertible {
    /// The type as it is written in messages, such as `map(string, int)`.
    public var description: String {
        switch self {
        case .dyn: "dyn"
        case .null: "null_type"
        case .bool: "bool"
        case .int: "int"
        case .uint: "uint"
        case .double: "double"
        case .string: "string"
        case .bytes: "bytes"
        case .timestamp: "timestamp"
        case .duration: "duration"
        case .type(let type): "type(\(type))"
        case .list(let element): "list(\(element))"
        case .map(let key, let value): "map(\(key), \(value))"
        case .optional(let wrapped): "optional_type(\(wrapped))"
        case .typeParameter(let number): "T\(number)"
        case .record(let fields):
            "{" + fields.map { "\($0.name): \($0.type)" }.joined(separator: ", ") + "}"
        }
    }
}
