package import ConductorCore
package import ConductorPorts

/// The backends of a deployment, ready to be asked and acted on, by name.
package struct Adapters: Sendable {
    package var sources: [String: any Source]
    package var actions: [String: any ActionAdapter]
    /// Which action serves a rule's name on a platform of an app: `app/platform/name`, else `name`.
    package var actionBindings: [String: String]

    package init(
        sources: [String: any Source],
        actions: [String: any ActionAdapter],
        actionBindings: [String: String] = [:]
    ) {
        self.sources = sources
        self.actions = actions
        self.actionBindings = actionBindings
    }

    func action(for intent: Intent) -> (any ActionAdapter)? {
        let place = "\(intent.track.app)/\(intent.track.platform)/\(intent.action)"
        return actions[actionBindings[place] ?? intent.action]
    }
}

/// What the runtime tells whoever watches: the log, a progress line, a test.
package enum RuntimeEvent: Sendable {
    case booted(tracks: Int, openAttempts: Int)
    case polled(source: String, scope: Scope, failure: PollFailure?, message: String?)
    /// A version that was seen for the first time, and the source that showed it.
    case discovered(TrackID, by: String)
    case fired(TrackID, Decision.Fired)
    case entered(TrackID, stage: String, light: Light)
    case withheld(TrackID, [String])
    case alert(TrackID, String)
    case performing(Intent, attempt: Int)
    case performed(Intent, attempt: Int, ActionOutcome)
    case probed(Intent, ProbeAnswer)
    case command(Command, CommandReply)
    case wallStep(milliseconds: Int64)
    case journalFailed(String)
    /// The disk is full, and only what must not be lost is written; or it has room again.
    case room(low: Bool)
    case stopped
}
