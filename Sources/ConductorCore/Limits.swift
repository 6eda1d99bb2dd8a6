/// Every bound of the core, by name, with its default.
///
/// Reaching one is a diagnostic, never a hang.
package enum Limits {
    /// Deepest nesting of a JSON text.
    package static let jsonDepth = 64
    /// Deepest nesting of what the conductor wrote itself: deeper than anything that comes in, with
    /// all that is put around it, so that what was written can always be read.
    package static let storedJSONDepth = 160
    /// Facts in one observation of a source.
    package static let factsPerObservation = 2_000
    /// Bytes of one observation's canonical form.
    package static let observationBytes = 1 << 20
    /// Actions of one transition.
    package static let actionsPerTransition = 16
    /// Stages, conditions, transitions and guards of one machine, each.
    package static let declarationsPerMachine = 500
    /// Bytes of one rule or configuration file.
    package static let fileBytes = 4 << 20
    /// Source code points of one condition.
    package static let conditionCodePoints = 4_000
    /// The longest that a backend's "try again later" is followed.
    package static let longestPause = Span.hours(24)
    /// Commands waiting to be taken up.
    package static let queuedCommands = 1_000
    /// Versions that one look at a source registers; the others come with the next.
    package static let discoveriesAtOnce = 50
}
