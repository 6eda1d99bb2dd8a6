internal import ConductorCore

/// A rule file as it was read: everything with its place, nothing bound yet.
struct RulesDocument: Sendable {
    var source: SourceText
    var name = ""
    var version = 1
    var head: Word?
    var candidate: CandidateText?
    var parameters: [Parameter] = []
    var stages: [StageText] = []
    var conditions: [ConditionText] = []
    var transitions: [TransitionText] = []
    var guards: [GuardText] = []
    /// Whether a stage was named that does not exist and resembles none that does.
    var hasUnknownStages = false

    struct CandidateText: Sendable {
        var commit: Word
        var build: Word?
        var digest: Word?
    }

    struct Parameter: Sendable {
        var name: Word
        var value: JSON
    }

    struct StageText: Sendable {
        var name: Word
        var shelf: Stage.Shelf
        var kind: Stage.Kind
        var terminal: Bool
        var latchPlace: Place?
        var monitor: Span?
        var reality: [Reality]
        var liveAt: [LiveAt] = []
    }

    /// The fact that says since when a stage is live, on one platform or on all.
    struct LiveAt: Sendable {
        var platform: Word?
        var fact: Word
    }

    /// What the world looks like in a stage, on one platform or on all.
    struct Reality: Sendable {
        var platform: Word?
        var formula: Formula
    }

    struct ConditionText: Sendable {
        var name: Word
        /// Nil where it was not readable.
        var expr: Formula?
        var alarm: Formula?
        var applies: Formula?
        var title: String?
        var maxAge: Located<Span>?
        var sustained: Span?
        var every: Span?
        var owner: String?
        var link: Formula?
        /// Whether it was written as the expression of a guard.
        var isInline = false
    }

    struct TransitionText: Sendable {
        /// Nil where the file gives none.
        var name: Word?
        var place: Place
        var from: [Word]
        var to: DestinationText?
        var when: [Word]
        var actions: [ActionText]
        var dwell: Span?
        var manual: Bool
        var claims: [Word]
        /// Calendars that must be open.
        var within: [Word] = []
        var platforms: [Word]
        var resumeLimit: Located<Int>?
        var approvals: Located<Int>?
        var onError: OnErrorText?
        /// Whether it is taken where reality shows the stage that it leads to.
        var adopts = false
        /// Transitions over which this one has priority, said outright.
        var before: [Word]
    }

    /// The road out of a transition's error.
    struct OnErrorText: Sendable {
        var place: Place
        var to: DestinationText?
        var actions: [ActionText]
    }

    struct GuardText: Sendable {
        var name: Word
        var watch: [Word]
        var when: [Word]
        var unless: [Word] = []
        var blindAfter: Span?
        var to: DestinationText?
        var toPlace: Place
        var actions: [ActionText]
        var platforms: [Word]
    }

    enum DestinationText: Sendable {
        case stage(Word)
        case previous(Place)

        var place: Place {
            switch self {
            case .stage(let word): word.place
            case .previous(let place): place
            }
        }
    }

    struct ActionText: Sendable {
        var name: Word
        var with: [String: JSON]
        /// Texts among the parameters, for their placeholders.
        var texts: [Formula]
    }
}

/// A text in which something is written that has places of its own: an expression, a placeholder.
struct Formula: Sendable {
    var scalar: YAMLScalar
    var place: Place

    var text: String { scalar.text }

    func place(at offset: Int, in source: SourceText) -> Place {
        ScalarPlaces(of: scalar, at: place, in: source).place(ofValueOffset: offset)
    }
}

/// A value with its place.
struct Located<Value: Sendable>: Sendable {
    var value: Value
    var place: Place
}
