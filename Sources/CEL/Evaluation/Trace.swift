/// What an evaluation looked at and what its parts came to.
public struct Trace: Sendable, Hashable {
    /// A part of the expression and what it came to.
    public struct Entry: Sendable, Hashable {
        /// The node of the program's tree.
        public let node: SyntaxTree.NodeID
        /// The source text of the part.
        public let text: String
        /// Where it stands.
        public let position: SourcePosition
        /// What it came to.
        public let outcome: Outcome
    }

    /// A variable, or a field within one, that was looked at.
    public struct Read: Sendable, Hashable {
        /// The name of the variable.
        public let variable: String
        /// The variable with the fields and constant keys looked at, such as `build.commit`.
        public let path: String
        /// Whether only its presence was asked for, as `has` does; the outcome is then a bool.
        public let isPresenceTest: Bool
        /// What was found.
        public let outcome: Outcome
    }

    /// Comparisons, logical operands and calls, in the order in which they were evaluated.
    public internal(set) var entries: [Entry] = []
    /// Exactly what was looked at, in order, each path once.
    public internal(set) var reads: [Read] = []
}
