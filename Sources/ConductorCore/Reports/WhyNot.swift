/// Why the way on is not taken yet: the fewest things that must change, in plain words.
package struct WhyNot: Sendable, Equatable {
    /// The question, or the whole answer where nothing is missing.
    package var heading: String
    /// One for each thing that must change.
    package var reasons: [String] = []
    /// When time alone brings it about, if it does.
    package var earliest: Instant?

    package init(of report: ExplainReport) {
        let explanation = report.explanation
        guard !report.state.retired else {
            heading = "It is retired: nothing is polled or decided any more."
            return
        }
        guard let stage = explanation.stage else {
            heading = "It does nothing until it is placed in a stage."
            return
        }
        guard let way = report.way else {
            heading = "Nothing leads further on from \(stage)."
            return
        }
        let missing = way.leaves.filter { !$0.isMet }
        guard !missing.isEmpty else {
            heading =
                explanation.isShadowed
                ? "Only shadow keeps it from → \(way.to): 'shadow: false' in conductor.yaml."
                : "Nothing stands in the way of → \(way.to)."
            return
        }
        heading = "Why not → \(way.to) yet? Exactly this must change:"
        reasons = missing.map { Self.reason($0, on: explanation.track) }
        earliest = way.earliest
    }

    /// What must change about one leaf.
    package static func reason(_ leaf: Explanation.Leaf, on track: TrackID) -> String {
        let note = leaf.note.map { ": \($0)" } ?? ""
        let asking = leaf.owner.map { ", ask \($0)" } ?? ""
        switch leaf.kind {
        case .condition:
            let name = leaf.title ?? leaf.name
            if let cause = leaf.verdict.cause {
                return "\(name): it is not known (\(cause))\(asking)"
            }
            let values = leaf.facts.compactMap { fact in
                fact.value.map { "\(fact.path) is \($0)" }
            }
            let because = values.isEmpty ? note : ": " + values.joined(separator: ", ")
            return "\(name) is not met\(because)\(asking)"
        case .clock:
            guard let earliest = leaf.earliest else {
                return "\(leaf.name): its time has not begun to count"
            }
            return "\(leaf.name): time must pass until \(Words.minute(earliest))"
        case .guard:
            let cause = leaf.verdict.cause.map { " (\($0))" } ?? ""
            return "\(leaf.name) must be known, fresh and quiet\(cause)"
        case .push:
            let verb = ["resume", "rearm"].contains(leaf.name) ? leaf.name : "advance"
            return "a person's word: 'conductord \(verb) \(track)'"
                + (leaf.name == "push" ? "" : note)
        case .hold:
            let scope = leaf.name.split(separator: " ").last.map(String.init) ?? "\(track)"
            return "\(leaf.name)\(asking)\(note); 'conductord resume \(scope)' lifts it"
        case .stop: return "STOP; 'conductord stop --lift' lifts it"
        case .claim: return "\(leaf.name) is taken by another track"
        case .drift: return "belief and reality differ\(note)"
        case .phase: return leaf.name + note
        case .confirmation: return "the second look, which follows by itself"
        case .candidate: return "the release candidate\(note)"
        case .approval: return "people's consent\(note)"
        }
    }
}
