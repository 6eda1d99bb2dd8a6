// What is not sent any more: messages whose time is over, and those that a newer one replaces.

extension TrackMachine {
    /// Gives up what is too old to be sent, and what a newer message of the same name replaces.
    mutating func dropOutdated() {
        for place in state.outbox.indices {
            // What was decided and never sent is asked again like what is about to start.
            var asked = state.outbox[place]
            if let attempt = asked.openAttempt, !view.begun.contains(attempt) { asked.recall() }
            if let expires = asked.expiryAhead { evaluation.wake(at: expires) }
            if asked.isExpired(at: now) {
                let landed = asked.mayHaveLanded ? "; an earlier attempt may have landed" : ""
                abandon(place, "it expired\(landed)")
                alerts.append("\(asked.intent.action) was not sent: it expired\(landed)")
            } else if isReplaced(asked, at: place), !asked.mayHaveLanded {
                abandon(place, "a newer one takes its place")
            }
        }
    }

    private mutating func abandon(_ place: Int, _ reason: String) {
        state.outbox[place].status = .abandoned
        abandoned.append(.init(key: state.outbox[place].intent.key, reason: reason))
    }

    private func isReplaced(_ message: IntentProgress, at place: Int) -> Bool {
        guard !message.isOver else { return false }
        return state.outbox[(place + 1)...].contains { message.isSameMessage(as: $0) }
    }

    /// Whether an older message of the same name may still arrive: the newer one would be
    /// overwritten by it.
    func waitsForOlder(_ place: Int) -> Bool {
        let message = state.outbox[place]
        return state.outbox[..<place].contains { !$0.isOver && message.isSameMessage(as: $0) }
    }

    /// Gives back the claims of a transition that is given up before anything was done.
    mutating func releaseClaims(of progress: Progress) {
        // A brake takes none.
        guard progress.direction != .brakes,
            !progress.intents.contains(where: \.mayHaveLanded),
            let transition = rules.transitions.first(where: { $0.name == progress.transition })
        else { return }
        released += transition.claims
    }
}
