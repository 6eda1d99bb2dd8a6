package import ConductorCore

/// What kinds of backends there are, and what their settings mean.
///
/// Pure: `check` needs no network.
package protocol AdapterCatalog: Sendable {
    /// Kinds of sources, in order of name.
    var sourceKinds: [String] { get }
    /// Kinds of actions, in order of name.
    var actionKinds: [String] { get }
    /// The facts that a source of this kind and these settings provides.
    func schema(ofSource kind: String, settings: JSON) -> Settled<FactSchema>
    /// What is inherent in an action of this kind and these settings.
    func traits(ofAction kind: String, settings: JSON) -> Settled<ActionTraits>
    /// Whether sources of this kind can tell which versions there are.
    func listsVersions(ofSource kind: String) -> Bool
}

extension AdapterCatalog {
    package func listsVersions(ofSource kind: String) -> Bool { false }
}

/// The meaning of settings, or everything that is wrong with them.
package enum Settled<Value: Sendable>: Sendable {
    case meaning(Value)
    case faults([SettingsFault])
}

/// One thing that is wrong in a source's or action's settings.
package struct SettingsFault: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case unknownKey, missingKey, badValue, badFact, badSecret
    }

    package var kind: Kind
    /// Keys (and list indexes) that lead to the place, from the settings' root.
    ///
    /// For a key that is missing: to the mapping that lacks it.
    package var path: [String]
    package var message: String
    package var suggestion: String?

    package init(_ kind: Kind, at path: [String], _ message: String, suggestion: String? = nil) {
        self.kind = kind
        self.path = path
        self.message = message
        self.suggestion = suggestion
    }
}

/// What an action's kind says by itself; nil where the configuration must say it, or may.
package struct ActionTraits: Sendable, Hashable {
    package var actionClass: ActionClass?
    package var direction: Direction?
    /// Whether there is a way to look if the effect is there.
    package var canProbe: Bool
    /// What must be done one at a time, such as the edits of a store's package.
    package var lane: String?
    /// How late an effect may show: the backend's late arrival, and the lag of its reads.
    package var settle: Span?
    /// Attempts at most, where the backend lets one wait; nil: as for every action.
    package var tries: Int?
    /// Parameters that a rule must not give it, each with the reason: what the backend cannot do.
    package var refuses: [String: String]

    package init(
        actionClass: ActionClass?,
        direction: Direction?,
        canProbe: Bool,
        lane: String? = nil,
        settle: Span? = nil,
        tries: Int? = nil,
        refuses: [String: String] = [:]
    ) {
        self.actionClass = actionClass
        self.direction = direction
        self.canProbe = canProbe
        self.lane = lane
        self.settle = settle
        self.tries = tries
        self.refuses = refuses
    }
}
