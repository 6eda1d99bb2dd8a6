package import ConductorCore

/// A backend that can be acted on.
package protocol ActionAdapter: Sendable {
    /// Performs what was decided, once, under the intent's key. Everything that goes wrong is a
    /// value; an answer that was lost after sending is `unknown`, never a failure.
    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome

    /// Looks past every cache whether the intent's effect is there. Changes nothing.
    func probe(_ intent: Intent) async -> ProbeAnswer
}
