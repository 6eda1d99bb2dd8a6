/// What an action does to the number of people who get the release.
package enum Direction: String, Sendable, Hashable, Codable, CaseIterable {
    /// More users get it, or it cannot be undone.
    case raises
    case brakes
    case neutral
}

/// How to be sure whether an action's effect is there, when its answer was lost.
package enum ActionClass: String, Sendable, Hashable, Codable, CaseIterable {
    case setToValue = "set_to_value"
    case createOnce = "create_once"
    case appendWithMarker = "append_with_marker"
    /// No probe: after doubt it is never sent again.
    case atMostOnce = "at_most_once"
    /// No probe: after doubt it is sent again.
    case atLeastOnce = "at_least_once"

    package var isProbed: Bool {
        switch self {
        case .setToValue, .createOnce, .appendWithMarker: true
        case .atMostOnce, .atLeastOnce: false
        }
    }
}

/// How long to wait and how often to try.
package struct ActionPolicy: Sendable, Hashable, Codable {
    /// The longest that one attempt may take.
    package var deadline: Span
    /// Bound on an effect's late arrival and the read's lag, on top of the deadline.
    package var settle: Span
    package var maxTries: Int
    /// First pause between tries; doubles each time.
    package var backoff: Span
    /// What has not begun this long after it was decided is not begun any more; brakes are.
    package var expires: Span?
    /// No further try begins later than this after the first; brakes go on.
    package var giveUpAfter: Span?
    /// Of non-blocking actions of this name and scope only the newest is sent, and never while an
    /// older one can still arrive.
    package var latestWins: Bool?

    package init(
        deadline: Span = .seconds(60),
        settle: Span = .seconds(5),
        maxTries: Int = 5,
        backoff: Span = .seconds(5),
        expires: Span? = nil,
        giveUpAfter: Span? = nil,
        latestWins: Bool? = nil
    ) {
        self.deadline = deadline
        self.settle = settle
        self.maxTries = maxTries
        self.backoff = backoff
        self.expires = expires
        self.giveUpAfter = giveUpAfter
        self.latestWins = latestWins
    }
}

/// An action that rules may name, as bound by the deployment.
package struct ActionDeclaration: Sendable, Hashable, Codable {
    /// The name in rules: `store.submit_for_review`.
    package var name: String
    /// The adapter: `command`, `webhook`, `git.tag`, ...
    package var kind: String
    package var actionClass: ActionClass
    package var direction: Direction
    /// The scope whose tracks share one effect.
    package var scope: Scope.Level
    /// Actions of one lane are performed one at a time; nil: the action's own name and track.
    package var lane: String?
    /// Whether the stage is entered only when it is done; else it drains by itself.
    package var blocking: Bool
    package var policy: ActionPolicy

    package init(
        name: String,
        kind: String,
        actionClass: ActionClass,
        direction: Direction = .neutral,
        scope: Scope.Level = .track,
        lane: String? = nil,
        blocking: Bool = true,
        policy: ActionPolicy = ActionPolicy()
    ) {
        self.name = name
        self.kind = kind
        self.actionClass = actionClass
        self.direction = direction
        self.scope = scope
        self.lane = lane
        self.blocking = blocking
        self.policy = policy
    }
}
