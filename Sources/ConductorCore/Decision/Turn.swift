/// What one turn of the core asks of the shell, in the order in which it must be done.
package struct Turn: Sendable, Equatable {
    /// 1. Record: the decision, the state after it, and the intents, durably before anything below.
    package var decision: Decision
    package var state: TrackState
    /// Intents that this turn decided.
    package var intents: [Intent]
    /// 2. Carry out what is outstanding, each under its own key. What is under way already goes on.
    package var effects: [Effect]
    /// 3. Ask these sources again, past their caches: a raise waits for its second look.
    package var refetch: [String]
    /// Claims that the track will want once its second look is taken.
    package var wished: [String]
    /// 4. Come back at this moment of the elapsed clock at the latest.
    package var wakeAt: Int64?
}
