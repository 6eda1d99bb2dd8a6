package import ConductorCore
package import ConductorPorts
import Synchronization

/// A world that plays a script, and whose backends the conductor asks and acts on.
package final class ScriptedWorld<S: Script>: Sendable {
    private struct State {
        var script: S
        var scene: Scene<S.Beat>
    }

    private let state: Mutex<State>

    /// A world in which the script has begun.
    package init(_ script: S, at start: Instant) {
        var script = script
        var scene = Scene<S.Beat>(at: start)
        script.begin(&scene)
        state = Mutex(State(script: script, scene: scene))
    }

    /// When something happens next by itself.
    package var nextCue: Instant? { state.withLock { $0.scene.nextCue } }

    /// Plays everything that is due by `instant`, in order.
    package func play(until instant: Instant) {
        state.withLock { state in
            while let beat = state.scene.takeCue(by: instant) {
                state.script.play(beat, &state.scene)
            }
        }
    }

    /// What people and backends have had to say since this was last asked.
    package func takeNews() -> Scene<S.Beat>.News { state.withLock { $0.scene.takeNews() } }

    /// Lets people see that a track has entered a stage.
    package func entered(_ stage: String, _ track: TrackID) {
        state.withLock { $0.script.entered(stage, track, &$0.scene) }
    }

    /// Lets vendors look at the world, and change it.
    func act<Result>(
        _ body: (inout S, inout Scene<S.Beat>) -> Result
    ) -> Result {
        state.withLock { body(&$0.script, &$0.scene) }
    }

    /// Every effect that reached the world.
    package var effects: [PerformedEffect] { state.withLock { $0.scene.effects } }

    /// The backend behind a source.
    package func source(named name: String) -> some Source {
        ScriptedSource(name: name, world: self)
    }

    /// The backend behind an action.
    package func action() -> some ActionAdapter { ScriptedAction(world: self) }

    fileprivate func answer(at place: Place) -> PollAnswer {
        switch state.withLock({ $0.scene.answer(at: place) }) {
        case .success(let observation): .observed(observation)
        case .failure(let outage): .failed(outage.failure, message: outage.message)
        }
    }

    fileprivate func perform(_ intent: Intent, attempt: Int) -> ActionOutcome {
        state.withLock { state in
            // Under its key an effect happens once, however often it is asked for.
            if state.scene.effects.contains(where: { $0.key == intent.key }) {
                return .alreadyDone(evidence: "\(intent.key) is there")
            }
            let deed = state.script.perform(intent, attempt: attempt, &state.scene)
            if deed.landed { state.scene.note(intent, attempt: attempt) }
            return deed.outcome
        }
    }

    fileprivate func probe(_ intent: Intent) -> ProbeAnswer {
        state.withLock { state in
            state.scene.effects.contains { $0.key == intent.key }
                ? .present(evidence: "\(intent.key) is there") : .absent
        }
    }
}

/// Answers polls from the scene as it is at that moment.
private struct ScriptedSource<S: Script>: Source {
    let name: String
    let world: ScriptedWorld<S>

    func observe(_ request: ObservationRequest) async -> PollAnswer {
        world.answer(at: Place(name, request.scope))
    }
}

/// Performs actions in the scene.
private struct ScriptedAction<S: Script>: ActionAdapter {
    let world: ScriptedWorld<S>

    func perform(_ intent: Intent, attempt: Int) async -> ActionOutcome {
        world.perform(intent, attempt: attempt)
    }

    func probe(_ intent: Intent) async -> ProbeAnswer { world.probe(intent) }
}
