extension Conductor {
    /// Every condition of the machine as it stands, with the facts that it reads, whether or not a
    /// transition from here needs it.
    package static func conditions(
        _ state: TrackState,
        _ view: View,
        _ machine: CompiledMachine,
        _ moment: Moment
    ) -> [Explanation.Leaf] {
        var evaluation = Evaluation(
            machine: machine,
            state: state,
            view: view,
            now: moment.stamp
        )
        return machine.conditions.enumerated().map { index, compiled in
            let condition = compiled.condition
            let answer = evaluation.answer(index)
            return Explanation.Leaf(
                condition.name,
                kind: .condition,
                verdict: answer.verdict,
                light: answer.alarm ? .red : nil,
                title: condition.title,
                owner: condition.owner,
                link: condition.link,
                facts: evaluation.readFacts(ofCondition: index),
                since: state.verdicts[condition.name]?.since.wall
            )
        }
    }
}
