// Where a track is that nobody has placed: what reality shows, or what a person says. Placing runs no
// action, and counts no step.

extension TrackMachine {
    /// Puts an unplaced track where reality shows it.
    mutating func place() {
        guard state.stage == nil, fired == nil, let stage = shownStage() else { return }
        place(at: stage, since: nil, cause: .adoption(reason: "reality shows \(stage.name)"))
    }

    /// Puts an unplaced track into a stage.
    ///
    /// `since`: when it came there; nil: when the store says that it went live, else now.
    mutating func place(at stage: Stage, since: Stamp?, cause: Progress.Cause) {
        state.stage = stage.name
        state.since = since ?? entryMoment(of: stage, by: cause)
        entered = stage.name
        fired = Decision.Fired(
            name: "place \(stage.name)",
            from: "",
            to: stage.name,
            direction: .neutral,
            cause: cause,
            keys: [],
            claims: []
        )
        look()
    }

    /// The stage furthest down the road that reality shows; nil while one that lies further is not
    /// known.
    private mutating func shownStage() -> Stage? {
        for stage in rules.stages.reversed() {
            switch evaluation.reality(of: stage.name) {
            case .met: return stage
            case .unknown: return nil
            case .unmet, .notApplicable, nil: continue
            }
        }
        return nil
    }

    /// When a stage was entered: where reality showed it, since the store says that it is live, and
    /// not before the stage that was left.
    func entryMoment(of stage: Stage, by cause: Progress.Cause) -> Stamp {
        switch cause {
        case .rule, .guard, .person: return now
        case .adoption: break
        }
        guard let path = stage.liveAt, let index = machine.factIndex[path],
            case .known(_, let json) = evaluation.resolve(index, maxAge: nil).standing,
            let instant = json.stringValue.flatMap(Instant.init(rfc3339:))
        else { return now }
        let live = evaluation.stamp(of: instant)
        guard live.elapsed < now.elapsed else { return now }
        // An unplaced track has been in no stage before.
        return before.stage != nil && live.elapsed < before.since.elapsed ? before.since : live
    }

    /// The ways in which an unplaced track can be placed, each with what it lacks.
    mutating func placings() -> [Explanation.Transition] {
        guard !state.retired else { return [] }
        var ways: [Explanation.Transition] = []
        var unknown: [Explanation.Leaf] = []
        for stage in rules.stages.reversed() {
            guard let verdict = evaluation.reality(of: stage.name) else { continue }
            let leaf = Explanation.Leaf(
                "reality of \(stage.name)",
                kind: .drift,
                verdict: verdict,
                note: "what the world looks like in this stage"
            )
            ways.append(placing("place \(stage.name)", at: stage.name, [leaf] + unknown))
            if verdict.cause != nil { unknown.append(leaf) }
        }
        let push = Explanation.Leaf(
            "push",
            kind: .push,
            verdict: .unmet,
            note: "a person places it: track add \(state.track) --at STAGE"
        )
        ways.append(placing("place", at: "a stage", [push], manual: true))
        return ways.reversed()
    }

    private func placing(
        _ name: String,
        at stage: String,
        _ leaves: [Explanation.Leaf],
        manual: Bool = false
    ) -> Explanation.Transition {
        .init(name: name, to: stage, direction: .neutral, manual: manual, leaves: leaves)
    }

    /// An unplaced track waits for somebody, or for what is not known.
    mutating func placingLight() -> Light {
        let verdicts = rules.stages.compactMap { evaluation.reality(of: $0.name) }
        return verdicts.contains { $0.cause != nil } ? .unknown : .yellow
    }
}
