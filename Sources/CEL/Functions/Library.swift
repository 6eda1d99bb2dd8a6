/// A form of a function: the types that it takes and the type that it gives.
struct Overload: Sendable {
    let id: String
    let isMember: Bool
    /// Whether the types have parameters.
    let isGeneric: Bool
    /// The type of the target comes first when there is one.
    let parameters: [CELType]
    let result: CELType

    init(_ id: String, _ parameters: [CELType], _ result: CELType, isMember: Bool = false) {
        self.id = id
        self.isMember = isMember
        isGeneric = (parameters + [result]).contains(where: \.isGeneric)
        self.parameters = parameters
        self.result = result
    }

    /// A form that is called on its first operand.
    static func member(_ id: String, _ parameters: [CELType], _ result: CELType) -> Overload {
        Overload(id, parameters, result, isMember: true)
    }

    /// The highest number of a type parameter, plus one.
    static let typeParameterCount = 2
}

extension CELType {
    /// Whether the type has parameters.
    fileprivate var isGeneric: Bool {
        switch self {
        case .typeParameter: true
        case .list(let element): element.isGeneric
        case .map(let key, let value): key.isGeneric || value.isGeneric
        case .optional(let wrapped): wrapped.isGeneric
        case .type(let type): type.isGeneric
        default: false
        }
    }
}

/// What a function does with values, which it tells apart by their kinds itself.
enum Implementation: Sendable {
    typealias Unary = @Sendable (Value, inout Frame) throws(Halt) -> Value
    typealias Binary = @Sendable (Value, Value, inout Frame) throws(Halt) -> Value
    typealias Variadic = @Sendable ([Value], inout Frame) throws(Halt) -> Value

    case unary(Unary)
    case binary(Binary)
    case variadic(Variadic)
}

/// A function: its forms, and what it does by the number of its operands.
struct Function: Sendable {
    let name: String
    let overloads: [Overload]
    let implementations: [Implementation]
    /// Whether it also takes three and more numbers of any kinds.
    var takesManyNumbers = false

    /// Whether any form is called on an operand, or without one.
    func hasForm(isMember: Bool) -> Bool { overloads.contains { $0.isMember == isMember } }

    func hasForm(isMember: Bool, count: Int) -> Bool {
        (takesManyNumbers && !isMember && count > 0)
            || overloads.contains { $0.isMember == isMember && $0.parameters.count == count }
    }

    /// What is done with so many operands.
    func implementation(count: Int) -> Implementation? {
        for implementation in implementations {
            switch implementation {
            case .unary: if count == 1 { return implementation }
            case .binary: if count == 2 { return implementation }
            case .variadic:
                if (takesManyNumbers && count > 0)
                    || overloads.contains(where: { $0.parameters.count == count })
                {
                    return implementation
                }
            }
        }
        return nil
    }
}

/// All functions by name.
enum Library {
    static let functions: [String: Function] = {
        var functions: [String: Function] = [:]
        let families = [
            operators, comparisons, texts, conversions, times, mathematics, bits,
            optionals, textExtensions, encoders, lists, sets,
        ]
        for function in families.joined() { functions[function.name] = function }
        return functions
    }()

    /// The names in order, for suggestions.
    static let names: [String] = functions.keys.filter { ($0.first?.isLetter ?? false) }.sorted()

    /// The first segments of the dotted names of functions.
    static let namespaces: Set<String> = Set(
        functions.keys.compactMap { name in
            name.firstIndex(of: ".").map { String(name[..<$0]) }
        } + ["cel"]
    )

    static func function(
        _ name: String,
        _ overloads: [Overload],
        _ implementations: Implementation...
    ) -> Function {
        Function(name: name, overloads: overloads, implementations: implementations)
    }

    /// The macros, for suggestions.
    static let macros = [
        "all", "exists", "exists_one", "existsOne", "filter", "has", "map", "optFlatMap", "optMap",
        "sortBy",
        "transformList", "transformMap", "transformMapEntry",
    ]
}
