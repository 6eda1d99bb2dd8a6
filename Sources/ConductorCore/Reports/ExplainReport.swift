/// What `explain` says of one track after one tick.
package struct ExplainReport: Sendable {
    package var explanation: Explanation
    package var state: TrackState
    package var holds: [Hold]
    package var stages: [Stage]
    /// Whether deciding the tick once more gives what was recorded, byte for byte.
    package var recordedEqual: Bool
    /// The engine that decided, and the one that explains.
    package var engines: (recorded: String?, now: String)

    /// What conditions compare numbers with, by condition; not part of the document.
    package var thresholds: [String: [Threshold]] = [:]
    /// The whole machine, where it is known; not part of the document.
    package var machine: Machine?

    package init(
        explanation: Explanation,
        state: TrackState,
        holds: [Hold],
        stages: [Stage],
        recordedEqual: Bool,
        engines: (recorded: String?, now: String)
    ) {
        self.explanation = explanation
        self.state = state
        self.holds = holds
        self.stages = stages
        self.recordedEqual = recordedEqual
        self.engines = engines
    }

    /// The transition that people wait for.
    package var way: Explanation.Transition? { WayOn(stages: stages).transition(of: explanation) }

    /// The document of `explain --json`.
    package var json: JSON {
        [
            "track": .string(explanation.track.description),
            "at": JSON(explanation.at),
            "stage": JSON(explanation.stage),
            "phase": .string(explanation.phase),
            "light": .string(explanation.light.rawValue),
            "since": JSON(state.since.wall),
            "candidate": state.candidate?.json ?? .null,
            "work": JSON(explanation.work),
            "recorded_equal": .bool(recordedEqual),
            "transitions": .array(explanation.transitions.map(json)),
            "guards": .array(explanation.guards.map(json)),
            "alerts": JSON(explanation.alerts),
            "drift": JSON(explanation.drift),
            "shadow": .bool(explanation.isShadowed),
        ]
    }

    private func json(of transition: Explanation.Transition) -> JSON {
        [
            "name": .string(transition.name),
            "to": .string(transition.to),
            "direction": .string(transition.direction.rawValue),
            "manual": .bool(transition.manual),
            "earliest": JSON(transition.earliest),
            "leaves": .array(transition.leaves.map(json)),
            "smallest": JSON(transition.smallest),
        ]
    }

    private func json(of leaf: Explanation.Leaf) -> JSON {
        [
            "name": .string(leaf.name),
            "kind": .string(leaf.kind.rawValue),
            "verdict": .string(leaf.verdict.name),
            "light": .string(leaf.light.rawValue),
            "cause": JSON(leaf.verdict.cause?.name),
            "detail": JSON(leaf.verdict.cause?.description),
            "title": JSON(leaf.title),
            "owner": JSON(leaf.owner),
            "link": JSON(leaf.link),
            "note": JSON(leaf.note),
            "overridden": leaf.overridden.map(json) ?? .null,
            "since": JSON(leaf.since),
            "earliest": JSON(leaf.earliest),
            "facts": .array(
                leaf.facts.map { fact in
                    [
                        "path": .string(fact.path),
                        "value": fact.value ?? .null,
                        "unit": JSON(fact.unit),
                        "cause": JSON(fact.cause?.name),
                        "observed_at": JSON(fact.observedAt),
                        "fetched_at": JSON(fact.fetchedAt),
                    ]
                }
            ),
        ]
    }

    private func json(of overridden: Explanation.Overridden) -> JSON {
        [
            "by": .string(overridden.actor),
            "until": JSON(overridden.until),
            "reason": .string(overridden.reason),
            "verdict": .string(overridden.instead.name),
            "cause": JSON(overridden.instead.cause?.name),
        ]
    }
}
