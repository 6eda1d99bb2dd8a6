package import ConductorCore

/// A backend that can be acted on.
///
/// What is wrong is one of three: *transient* (`retryable`, when the effect surely did not happen, with the
/// backend's own "not before"), *already so* (`alreadyDone`, whoever did it), or *for a person* (`rejected`,
/// with what to do and, where there is one, a link).
///
/// A `set_to_value` action compares before it sets: from the old value to the new one. The new value is
/// `alreadyDone`; neither of both means that a person moved it: `rejected` when performing, `ambiguous` when
/// probing. A fraction is never lowered.
package protocol ActionAdapter: Sendable {
    /// Performs what was decided, once, under the intent's key. Everything that goes wrong is a
    /// value; an answer that was lost after sending is `unknown`, never a failure.
    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome

    /// Looks past every cache whether the intent's effect is there. Changes nothing.
    func probe(_ intent: Intent) async -> ProbeAnswer
}
