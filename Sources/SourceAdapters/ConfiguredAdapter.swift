import ConductorCore
import ConductorPorts
import Logging

/// What one folder brings: kinds of sources, and kinds of actions.
struct Backend: Sendable {
    var sources: [any ConfiguredSource.Type] = []
    var actions: [any ConfiguredAction.Type] = []
}

/// A kind of source: its settings, its schema and the asking itself in one type.
protocol ConfiguredSource: Source, Examinable {
    /// The word after `kind:`.
    static var kind: String { get }
    /// Reads the settings without touching the world. What is wrong goes to the reader, all of it;
    /// nil only after at least one fault.
    init?(settings: SettingsReader, binding: SourceBinding)
    var schema: FactSchema { get }
    /// The secrets that the settings name.
    var secrets: [SecretReference] { get }
}

/// What a source knows of itself besides its settings.
struct SourceBinding: Sendable {
    var name: String
    /// The longest that a poll may take.
    var timeout: Span
}

/// A kind of action: its settings, its traits and the acting itself in one type.
protocol ConfiguredAction: ActionAdapter, Examinable {
    /// The word after `kind:`.
    static var kind: String { get }
    /// Reads the settings without touching the world. What is wrong goes to the reader, all of it;
    /// nil only after at least one fault.
    init?(settings: SettingsReader, binding: ActionBinding)
    var traits: ActionTraits { get }
    /// The secrets that the settings name.
    var secrets: [SecretReference] { get }
}

/// What an action knows of itself besides its settings.
struct ActionBinding: Sendable {
    var name: String
    var logger: Logger
}

/// Bounds of the adapters, by name, with their defaults.
enum AdapterLimits {
    /// Bytes of one answer of a backend, one data file, one command's output.
    static let responseBytes = 8 << 20
    /// Bytes of a failed answer that are read for its message.
    static let errorBytes = 8 << 10
    /// Characters of a backend's own words in one of our messages.
    static let quotedCharacters = 300
    /// Bytes of a secret's file.
    static let secretBytes = 64 << 10
    /// Redirects within one origin.
    static let redirects = 5
    /// Addresses whose last answer is remembered for a conditional request.
    static let rememberedAnswers = 2_000
    /// Bytes of all answers that are remembered for that.
    static let rememberedBytes = 16 << 20
    /// Pages of one list.
    static let pages = 20
    /// Accounts at backends whose pace is kept.
    static let accounts = 1_000
    /// Scalars and collections that one YAML file may unfold to.
    static let yamlNodes = 500_000
    /// The longest wait that a backend may ask for.
    static let longestRetryAfter = Span.hours(1)
    /// Looks at a file that changes while it is read.
    static let tornReads = 5
}
