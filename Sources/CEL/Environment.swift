/// What an expression can see: variables with their types, and how it is compiled.
public struct Environment: Sendable {
    /// The namespace in which names are resolved (specification: "Name resolution").
    public let container: String
    /// Whether expressions are checked; if not, types and names fail at evaluation only.
    public let isChecked: Bool
    /// Whether macros such as `has` and `all` are expanded.
    public let hasMacros: Bool
    /// Whether the check refuses constants that can never be read, such as `duration("1x")` or a
    /// faulty regular expression; the specification leaves them to the evaluation.
    public let checksConstants: Bool
    /// Whether a call that comes to NaN is an error instead of a number.
    ///
    /// The specification follows IEEE 754, where NaN makes every comparison false, and so its
    /// negation true. A host whose data must not decide anything by such a number refuses it.
    public let refusesNaN: Bool
    /// Whether the check refuses a list or map literal whose parts are of different types.
    ///
    /// The specification makes such a list one of `dyn`, so that `platform in ["ios", 7]` passes; a
    /// host whose facts have types finds the slip instead. `dyn(x)` says that it is meant.
    public let requiresUniformLiterals: Bool
    /// The bounds on expressions.
    public let limits: Limits

    /// How large the facts are expected to be, for the estimate of ``Limits/estimatedSteps``.
    public var sizeHints = SizeHints()

    /// The declared variables by name.
    private(set) var variables: [String: CELType] = [:]
    /// Every proper dotted prefix of a declared name.
    private(set) var prefixes: Set<String> = []
    /// The declared names in order, for suggestions and listings.
    private(set) var names: [String] = []
    /// The variable macros by the name of their function.
    private(set) var variableMacros: [String: CELType] = [:]

    /// Makes an environment without variables.
    public init(
        container: String = "",
        isChecked: Bool = true,
        hasMacros: Bool = true,
        checksConstants: Bool = true,
        refusesNaN: Bool = false,
        requiresUniformLiterals: Bool = false,
        limits: Limits = .standard
    ) {
        self.container = container
        self.isChecked = isChecked
        self.hasMacros = hasMacros
        self.checksConstants = checksConstants
        self.refusesNaN = refusesNaN
        self.requiresUniformLiterals = requiresUniformLiterals
        self.limits = limits
    }

    /// Declares a variable; a dotted name is one variable.
    public mutating func declare(_ name: String, as type: CELType) {
        if variables.updateValue(type, forKey: name) == nil {
            names.append(name)
            var prefix = ""
            for segment in name.split(separator: ".").dropLast() {
                prefix += prefix.isEmpty ? String(segment) : "." + segment
                prefixes.insert(prefix)
            }
        }
    }

    /// Declares a function of one declared variable, which reads a variable of its own.
    ///
    /// After `declareVariableMacro("age", type: .duration)`, `age(build.commit)` reads the variable
    /// called `age(build.commit)`, of type duration. Another argument is an error of the check.
    public mutating func declareVariableMacro(_ function: String, type: CELType) {
        variableMacros[function] = type
    }
}
