// After a restore: what was sent after the backup was taken, nobody knows. Every action that is not
// done is looked for before it is performed, and until all that were open are answered for, nothing
// but brakes starts.

extension TrackMachine {
    static let restoreReason = "the journal was restored: it may have been done since the backup"

    /// Takes note of a restore: every open action is in doubt.
    mutating func noteRestore(at restored: Stamp) {
        var unprobed: [String] = []
        func doubt(_ open: IntentProgress) -> IntentProgress {
            var open = open
            if open.doubt(after: restored) { unprobed.append(open.intent.key) }
            return open
        }
        if case .entering(var progress) = state.phase {
            progress.intents = progress.intents.map(doubt)
            state.phase = .entering(progress)
        }
        state.outbox = state.outbox.map(doubt)
        state.uncertain = state.uncertain.map(doubt)
        state.restored = Restoration(at: restored, unprobed: unprobed)
    }

    /// Asks for every probe that is due, whatever stands before it in its transition.
    mutating func probeOpenActions() {
        guard let unprobed = state.restored?.unprobed, !unprobed.isEmpty,
            case .entering(var progress) = state.phase
        else { return }
        for place in progress.intents.indices
        where unprobed.contains(progress.intents[place].intent.key) {
            _ = progress.intents[place].advance(at: now, mayStart: false)
            if let wake = progress.intents[place].wakeAt { evaluation.wake(at: wake) }
        }
        state.phase = .entering(progress)
    }

    /// Strikes off what a probe, or a person, has answered for.
    mutating func settleRestore() {
        guard var restored = state.restored, !restored.unprobed.isEmpty else { return }
        var open = state.outbox + state.uncertain
        if case .entering(let progress) = state.phase { open += progress.intents }
        let asked = Set(open.filter(\.isLookedFor).map(\.intent.key))
        restored.unprobed.removeAll { !asked.contains($0) }
        state.restored = restored
    }

    /// How far an action is when it has just been decided.
    func opening(of intent: Intent) -> IntentProgress {
        var open = IntentProgress(intent: intent)
        // The same step can have been taken after the backup, under the same key.
        if state.restored != nil, open.doubt(after: nil), open.isLookedFor {
            open.status = .quiet(until: now.elapsed, reason: Self.restoreReason)
        }
        return open
    }

    /// What keeps everything but brakes from starting, beside holds and STOP.
    var onlyBrakesStart: Bool { view.reconciling || view.low }

    /// The leaves of that, for a transition that brakes nothing.
    func upkeepLeaves() -> [Explanation.Leaf] {
        var leaves: [Explanation.Leaf] = []
        if view.reconciling {
            leaves.append(
                .init(
                    "restored: open actions are probed first",
                    kind: .phase,
                    verdict: .unmet,
                    note: "the journal was restored from a backup; until every action that was"
                        + " open is answered for, only brakes start"
                )
            )
        }
        if view.low {
            leaves.append(
                .init(
                    "the disk is full: only brakes are written",
                    kind: .phase,
                    verdict: .unmet,
                    light: .red,
                    note: "make room on the disk of the journal; it goes on by itself"
                )
            )
        }
        return leaves
    }
}

extension IntentProgress {
    /// Whether a probe is asked for, or will be.
    var isLookedFor: Bool {
        switch status {
        case .quiet, .probing, .probeAgain: true
        case .pending, .sent, .backoff, .done, .failed, .inDoubt, .abandoned: false
        }
    }

    /// Takes an action that is not over as one that may have been done.
    ///
    /// `restored`: until then it can have been sent; nil when that is long ago. Returns whether a
    /// probe will answer.
    mutating func doubt(after restored: Stamp?) -> Bool {
        // A brake may be repeated blindly.
        guard !isOver, intent.direction != .brakes else { return false }
        switch intent.actionClass {
        case .setToValue, .createOnce, .appendWithMarker:
            let policy = intent.policy
            let arrived = restored.map {
                $0.elapsed.saturatingAdd(policy.deadline.milliseconds)
                    .saturatingAdd(policy.settle.milliseconds)
            }
            status = .quiet(until: arrived ?? 0, reason: TrackMachine.restoreReason)
            return true
        case .atMostOnce:
            status = .inDoubt(reason: TrackMachine.restoreReason)
            return false
        case .atLeastOnce:
            return false
        }
    }
}
