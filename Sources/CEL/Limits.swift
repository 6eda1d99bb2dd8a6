/// Every bound on what an expression may cost, in one place.
///
/// The capacities that the specification asks for (section "Syntax") lie well below the defaults.
public struct Limits: Sendable, Hashable {
    /// Code points of a source text.
    public var sourceCodePoints: Int
    /// Nodes of a syntax tree.
    public var nodes: Int
    /// Depth of a syntax tree and of the nesting in the source text.
    ///
    /// The default fits a thread with a stack of 512 KiB, in a build without optimization too.
    public var depth: Int
    /// Steps of one evaluation.
    ///
    /// A step is a node visited, an element of a list walked over, or ten octets of text looked at.
    public var steps: Int
    /// Steps that an evaluation may take by its estimate; `nil` sets no limit.
    ///
    /// The sizes are those that the environment hints at. The check refuses an expression above it.
    public var estimatedSteps: Int?
    /// Octets of texts, byte sequences and list or map elements (counted as 16) made in one
    /// evaluation.
    public var bytesProduced: Int
    /// Code points of a regular expression.
    public var patternCodePoints: Int
    /// Instructions of a compiled regular expression.
    public var patternInstructions: Int
    /// Diagnostics given for one source text.
    public var diagnostics: Int

    /// Makes bounds; each has its default.
    public init(
        sourceCodePoints: Int = 100_000,
        nodes: Int = 20_000,
        depth: Int = 100,
        steps: Int = 1_000_000,
        estimatedSteps: Int? = nil,
        bytesProduced: Int = 10_000_000,
        patternCodePoints: Int = 1_000,
        patternInstructions: Int = 10_000,
        diagnostics: Int = 20
    ) {
        self.sourceCodePoints = sourceCodePoints
        self.nodes = nodes
        self.depth = depth
        self.steps = steps
        self.estimatedSteps = estimatedSteps
        self.bytesProduced = bytesProduced
        self.patternCodePoints = patternCodePoints
        self.patternInstructions = patternInstructions
        self.diagnostics = diagnostics
    }

    /// The bounds used when none are named.
    public static let standard = Limits()
}
