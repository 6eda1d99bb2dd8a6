import ConductorCore

// What backends are asked, held against what is durable at that moment.

extension Referee {
    /// A backend is called: this very moment, not later, all must be written that allows it.
    mutating func performing(
        _ intent: Intent,
        _ number: Int,
        unsynced: Int64,
        stopFile: Bool
    ) -> [Violation] {
        faults = []
        let action = Action(track: intent.track, key: intent.key)
        if intents[action] != intent {
            fault(.durableIntent, "\(intent.key) is sent, and its intent is not durable")
        }
        if !open.contains(Attempt(action: action, purpose: .perform, number: number)) {
            fault(.durableIntent, "\(intent.key) is sent, and attempt \(number) is not durable")
        }
        if unsynced > 0 {
            fault(.durableIntent, "\(intent.key) is sent, and \(unsynced) bytes are not synced")
        }
        switch intent.direction {
        case .brakes:
            tracks[intent.track]?.hasBraked = true
            tracks[intent.track]?.landedAfterBrake = nil
            if isStopped || stopFile { fault(.noRaiseWhileStopped, "\(intent.key) under STOP") }
        case .raises:
            if isStopped || stopFile { fault(.noRaiseWhileStopped, "\(intent.key) under STOP") }
        case .neutral: break
        }
        return faults
    }

    /// An attempt begins: all that allowed its transition must still stand.
    mutating func checkInForce(_ intent: Intent) {
        guard intent.direction == .raises, let known = tracks[intent.track] else { return }
        if heldScopes.contains(where: { $0.contains(intent.track) }) {
            fault(.noRaiseWhileStopped, "\(intent.key) is sent while it is held")
        }
        if known.hasSpike { fault(.noRaiseWhileStopped, "\(intent.key) is sent, a guard is met") }
        guard case .entering(let progress) = known.state.phase else {
            return fault(.noRaiseWhileStopped, "\(intent.key) is sent, and nothing is under way")
        }
        if case .rule = progress.cause, known.failing.contains(progress.transition) {
            fault(
                .exactConditions,
                "\(intent.key) is sent, and its conditions are not met any more"
            )
        }
    }

    mutating func probing(_ intent: Intent) -> [Violation] {
        faults = []
        if intents[Action(track: intent.track, key: intent.key)] == nil {
            fault(.durableIntent, "\(intent.key) is probed, and its intent is not durable")
        }
        return faults
    }

    /// An effect took place.
    mutating func applied(_ intent: Intent, count: Int) -> Violation? {
        if intent.direction == .raises, let known = tracks[intent.track],
            known.hasBraked || machine.stage(known.state.stage ?? "")?.kind == .waiting,
            !known.isUnderWay(intent)
        {
            tracks[intent.track]?.landedAfterBrake = tick?.at.elapsed
        }
        guard count > 1, intent.direction != .brakes, intent.actionClass != .atLeastOnce else {
            return nil
        }
        return Violation(
            invariant: Invariant.once.rawValue,
            what: "\(intent.key) has taken effect \(count) times"
        )
    }

    /// What people are told of a track that stands.
    mutating func explained(
        _ explanation: Explanation,
        _ state: TrackState?,
        now: Int64
    ) -> [Violation] {
        faults = []
        guard let state, !state.retired, let tick,
            let reading = reading(of: state.track, at: tick.at)
        else { return [] }
        for transition in explanation.transitions {
            for leaf in transition.leaves where leaf.kind == .condition {
                guard machine.condition(leaf.name) != nil else { continue }
                let said: Bool? =
                    switch leaf.verdict {
                    case .met, .notApplicable: true
                    case .unmet: false
                    case .unknown: nil
                    }
                if said != reading.holds(leaf.name) {
                    fault(
                        .explained,
                        "\(state.track): \(leaf.name) is told as \(leaf.verdict.name)"
                    )
                }
            }
            if transition.smallest.isEmpty {
                fault(
                    .explained,
                    "\(state.track) stands, and nothing is missing for \(transition.name)"
                )
            }
        }
        switch state.phase {
        case .waiting:
            if explanation.transitions.isEmpty {
                fault(.explained, "\(state.track) stands in \(state.stage ?? "?") without a reason")
            }
        case .entering, .error:
            if explanation.work.isEmpty { fault(.explained, "\(state.track) names no work") }
        case .finished: break
        }
        return faults
    }
}

extension Referee.Track {
    /// Whether an action belongs to the transition that is on its way.
    func isUnderWay(_ intent: Intent) -> Bool {
        switch state.phase {
        case .entering(let progress): progress.intents.contains { $0.intent.key == intent.key }
        case .error(let fault): fault.progress.intents.contains { $0.intent.key == intent.key }
        case .waiting, .finished: false
        }
    }
}
