/// How large the values of an evaluation are expected to be at most.
public struct SizeHints: Sendable, Hashable {
    /// Octets of a text or a byte sequence that has no size of its own here.
    public var octets: Int
    /// Elements of a list or entries of a map that has no size of its own here.
    public var elements: Int
    /// Sizes by path: `builds` is the list, `builds[].commit` the text in each of its elements.
    public var sizes: [String: Int]

    /// Makes hints; what has no path among the sizes is taken as large as the first two say.
    public init(octets: Int = 256, elements: Int = 50, sizes: [String: Int] = [:]) {
        self.octets = octets
        self.elements = elements
        self.sizes = sizes
    }
}

/// What an evaluation costs at most, estimated from the expression and the sizes of its facts.
///
/// Both figures are in the units of ``Limits/steps`` and ``Limits/bytesProduced``. They bound every
/// evaluation whose facts are no larger than the hints say; where a size cannot be told before, such
/// as that of what `replace` makes, the largest possible one counts.
public struct CostEstimate: Sendable, Hashable {
    /// The steps at most.
    public internal(set) var steps: Int
    /// The octets made at most.
    public internal(set) var bytesProduced: Int
}
