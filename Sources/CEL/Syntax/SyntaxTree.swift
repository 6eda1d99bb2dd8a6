/// The syntax tree of an expression: flat nodes, operands before the node that uses them.
public struct SyntaxTree: Sendable, Hashable {
    /// The place of a node in ``nodes``.
    public typealias NodeID = Int

    /// An entry of a map literal.
    public struct MapEntry: Sendable, Hashable {
        /// The key.
        public let key: NodeID
        /// The value.
        public let value: NodeID
        /// Whether it was written `?key: value`: the value is optional, and the entry with it.
        public let isOptional: Bool
    }

    /// A variable that a macro brings in.
    public struct Local: Sendable, Hashable {
        /// The name as written.
        public let name: String
        /// Its place among the local variables of an evaluation, after resolution.
        public internal(set) var index: Int
        /// Where it is named.
        public let position: SourcePosition
    }

    /// A macro that walks over a list or a map (specification: "Macros").
    public struct Comprehension: Sendable, Hashable {
        /// Which macro it is.
        public enum Kind: String, Sendable {
            /// Whether the predicate holds for all elements.
            case all
            /// Whether the predicate holds for any element.
            case exists
            /// Whether the predicate holds for exactly one element.
            case existsOne = "exists_one"
            /// The list of what the transform makes of the elements.
            case map
            /// The list of the elements for which the predicate holds.
            case filter
            /// The list of what the transform makes of index and element, or key and value.
            case transformList
            /// The map with each value transformed.
            case transformMap
            /// The map of the entries that the transform makes.
            case transformMapEntry
            /// The list in the order of what the transform makes of the elements.
            case sortBy
        }

        /// Which macro it is.
        public let kind: Kind
        /// The function name as it was written, such as `existsOne`.
        public let function: String
        /// The list or map.
        public let range: NodeID
        /// One variable (the element or key), or two (index and element, key and value).
        public internal(set) var variables: [Local]
        /// What an element must fulfil.
        public let predicate: NodeID?
        /// What is made of an element.
        public let transform: NodeID?
    }

    /// What a node is.
    public enum Kind: Sendable, Hashable {
        /// A constant.
        case literal(Value)
        /// A name that is not resolved: before the check, or in an expression that is not checked.
        case identifier(name: String, isRooted: Bool)
        /// A variable of the environment.
        case variable(slot: Int, name: String)
        /// `has` of a name that is a variable of its own: whether it has a value.
        case variablePresence(slot: Int, name: String)
        /// A variable of its own reached through `.?`: an optional.
        case optionalVariable(slot: Int, name: String)
        /// A variable of a macro.
        case local(name: String, index: Int)
        /// `operand.field`, or `has(operand.field)`.
        case select(operand: NodeID, field: String, isTest: Bool)
        /// `operand.?field`.
        case optionalSelect(operand: NodeID, field: String)
        /// A function or an operator such as `_+_`, `_&&_` (any number of operands), `_?_:_`,
        /// `_[_]`; with the overload that the check found, when it found exactly one.
        indirect case call(
            function: String,
            target: NodeID?,
            arguments: [NodeID],
            overload: String?
        )
        /// A list; the places of elements written `?x`.
        case list(elements: [NodeID], optionalPlaces: [Int])
        /// A map.
        case map(entries: [MapEntry])
        /// A macro that walks over a list or a map.
        indirect case comprehension(Comprehension)
        /// `cel.bind(variable, value, body)`.
        indirect case bind(Local, value: NodeID, body: NodeID)
        /// `cel.block([bindings], body)`.
        indirect case block([Local], values: [NodeID], body: NodeID)
        /// `operand.optMap(variable, body)` or `operand.optFlatMap(variable, body)`.
        indirect case optionalMap(Local, operand: NodeID, body: NodeID, isFlat: Bool)
    }

    /// A node.
    public struct Node: Sendable, Hashable {
        /// What it is.
        public internal(set) var kind: Kind
        /// Where its text begins.
        public let position: SourcePosition
        /// The length of its text in code points.
        public let length: Int
        /// Where its operator or the name of its function or field stands.
        public let anchor: SourcePosition
        /// The type that the check deduced; `dyn` when unchecked.
        public internal(set) var type: CELType
    }

    /// The nodes.
    public internal(set) var nodes: [Node]
    /// The node of the whole expression.
    public let root: NodeID
}
