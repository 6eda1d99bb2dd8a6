/// The core in one page: what was seen goes in, what to do comes out.
///
/// Pure: no clock, no randomness, no input or output. The same inputs give the same bytes.
package enum Conductor {
    /// Version of the engine, recorded at every boot.
    ///
    /// What each decides otherwise than the one before is told in `Docs/engine.md`.
    package static let engine = "0.2.0"

    /// Decides one track: at most one transition.
    package static func decide(
        _ state: TrackState,
        _ view: View,
        _ machine: CompiledMachine,
        _ moment: Moment
    ) -> Turn {
        var track = TrackMachine(state, view, machine, moment)
        return track.turn()
    }

    /// Explains a track as it stands: every transition from here, with all that it needs.
    ///
    /// Reads the very leaves by which `decide` decides.
    package static func explain(
        _ state: TrackState,
        _ view: View,
        _ machine: CompiledMachine,
        _ moment: Moment
    ) -> Explanation {
        var view = view
        view.inputs = []
        var track = TrackMachine(state, view, machine, moment)
        track.look()
        return track.explanation()
    }

    /// Grants what limits tracks together.
    ///
    /// Returns, by track, the claims that are denied.
    ///
    /// Brakes need none, and are not among the proposals. The others in this order: the higher
    /// priority, who waits longer, by name. A proposal gets all of its claims or none.
    package static func admit(
        _ proposals: [ClaimProposal],
        held: [ClaimGrant],
        limits: [ClaimLimit],
        at now: Stamp
    ) -> [TrackID: [String]] {
        var granted = held
        #if CONDUCTOR_PLANTED_BUGS
            if PlantedBug.oldClaimsForgotten.isPlanted { granted = [] }
        #endif
        var denied: [TrackID: [String]] = [:]
        let order = proposals.sorted { left, right in
            if left.priority != right.priority { return left.priority > right.priority }
            return left.since.elapsed != right.since.elapsed
                ? left.since.elapsed < right.since.elapsed : left.track < right.track
        }
        for proposal in order {
            let refused = proposal.claims.filter { name in
                guard let limit = limits.first(where: { $0.name == name }) else { return false }
                let taken = granted.count { grant in
                    grant.claim == name && grant.track != proposal.track
                        && limit.isShared(by: grant.track, and: proposal.track)
                        && now.since(grant.at) < limit.within
                }
                return taken >= limit.limit
            }
            if refused.isEmpty {
                granted += proposal.claims.map {
                    ClaimGrant(claim: $0, track: proposal.track, at: now)
                }
            } else {
                denied[proposal.track] = refused
            }
        }
        return denied
    }
}

/// A turn that wants to fire a transition with claims.
package struct ClaimProposal: Sendable, Hashable {
    package var track: TrackID
    package var claims: [String]
    /// Since when the track has been in its stage.
    package var since: Stamp
    /// Higher goes first.
    package var priority: Int

    package init(track: TrackID, claims: [String], since: Stamp, priority: Int = 0) {
        self.track = track
        self.claims = claims
        self.since = since
        self.priority = priority
    }
}

/// A claim that a track was granted.
package struct ClaimGrant: Sendable, Hashable {
    package var claim: String
    package var track: TrackID
    package var at: Stamp

    package init(claim: String, track: TrackID, at: Stamp) {
        self.claim = claim
        self.track = track
        self.at = at
    }
}

extension ClaimLimit {
    func isShared(by left: TrackID, and right: TrackID) -> Bool {
        switch per {
        case .installation: true
        case .app: left.app == right.app
        case .platform: left.app == right.app && left.platform == right.platform
        }
    }
}

extension TrackMachine {
    mutating func explanation() -> Explanation {
        // What reality shows is part of the leaves; looking at it moves nothing here.
        let believed = state
        compareWithReality()
        state = believed
        look()
        var transitions = state.stage == nil ? placings() : explainedTransitions()
        #if CONDUCTOR_PLANTED_BUGS
            if PlantedBug.unknownToldAsUnmet.isPlanted {
                for place in transitions.indices {
                    for leaf in transitions[place].leaves.indices
                    where transitions[place].leaves[leaf].verdict.cause != nil {
                        transitions[place].leaves[leaf].verdict = .unmet
                    }
                }
            }
        #endif
        #if CONDUCTOR_PLANTED_BUGS
            if PlantedBug.leafForgotten.isPlanted {
                for place in transitions.indices where transitions[place].smallest.count > 1 {
                    let last = transitions[place].leaves.lastIndex { !$0.isMet }
                    if let last { transitions[place].leaves.remove(at: last) }
                }
            }
        #endif
        for place in transitions.indices { describe(&transitions[place].leaves) }
        var explanation = Explanation(
            track: state.track,
            at: now.wall,
            stage: state.stage,
            phase: state.phase.name,
            light: .grey,
            work: work(),
            transitions: transitions
        )
        explanation.guards = guardsHere()
        explanation.isShadowed = view.shadow
        return explanation
    }

    /// Adds what people want to know of each condition: the facts, and the link.
    private func describe(_ leaves: inout [Explanation.Leaf]) {
        for place in leaves.indices where leaves[place].kind == .condition {
            guard let index = machine.conditionIndex[leaves[place].name] else { continue }
            leaves[place].facts = evaluation.readFacts(ofCondition: index)
            leaves[place].link = leaves[place].link.flatMap(filled)
        }
    }

    /// The guards that watch here, each with its conditions.
    private mutating func guardsHere() -> [Explanation.Transition] {
        watchingGuards().map { guardRule in
            var leaves: [Explanation.Leaf] = guardRule.when.compactMap { name in
                guard let index = machine.conditionIndex[name] else { return nil }
                let condition = machine.conditions[index].condition
                let verdict = evaluation.answer(index).verdict
                return Explanation.Leaf(
                    name,
                    kind: .condition,
                    verdict: verdict,
                    // What is not met here is good news.
                    light: verdict == .unmet ? .green : verdict == .met ? .red : nil,
                    title: condition.title,
                    owner: condition.owner,
                    link: condition.link,
                    since: state.verdicts[name]?.since.wall
                )
            }
            describe(&leaves)
            if !guardRule.unless.isEmpty {
                let isExcused = isExcused(guardRule)
                leaves.append(
                    Explanation.Leaf(
                        "not yet \(guardRule.unless.joined(separator: " and "))",
                        kind: .guard,
                        verdict: isExcused ? .unmet : .met,
                        light: isExcused ? .green : .yellow,
                        note: "it is excused while all of that is met"
                    )
                )
            }
            return Explanation.Transition(
                name: "guard \(guardRule.name)",
                to: target(of: guardRule.to) ?? guardRule.to.description,
                direction: machine.direction(of: guardRule.actions),
                manual: false,
                leaves: leaves
            )
        }
    }

    /// A link with its `${facts}` filled in; nil while one of them is not known.
    private func filled(_ link: String) -> String? {
        var result = ""
        var rest = link[...]
        while let start = rest.firstRange(of: "${") {
            result += rest[..<start.lowerBound]
            rest = rest[start.upperBound...]
            guard let end = rest.firstIndex(of: "}") else { return nil }
            let path = String(rest[..<end])
            rest = rest[rest.index(after: end)...]
            guard let value = value(at: path) else { return nil }
            result += value
        }
        return result + rest
    }

    /// What a name in a link stands for: a fact, or a part of the track's name.
    private func value(at path: String) -> String? {
        switch path {
        case "app", "track.app": return state.track.app
        case "platform", "track.platform": return state.track.platform
        case "version", "track.version": return state.track.version
        case "release", "track.release": return state.track.release.description
        case "track": return state.track.description
        default: break
        }
        if path.hasPrefix("params.") {
            return rules.parameters[String(path.dropFirst("params.".count))].map(Self.text)
        }
        guard let index = machine.factIndex[path],
            case .known(_, let json) = evaluation.resolve(index, maxAge: nil).standing
        else { return nil }
        return Self.text(json)
    }

    private static func text(_ json: JSON) -> String { json.stringValue ?? json.description }

    /// What is under way or broken, in words.
    private func work() -> [String] {
        let (progress, fault): (Progress, Fault?)
        switch state.phase {
        case .waiting, .finished: return []
        case .entering(let current): (progress, fault) = (current, nil)
        case .error(let broken): (progress, fault) = (broken.progress, broken)
        }
        var lines = progress.intents.map { "\($0.intent.action) [\($0.intent.key)]: \($0.words)" }
        if let fault { lines.append("\(fault.what). What to do: \(fault.remedy)") }
        return lines
    }
}

extension IntentProgress {
    /// How far it is, in words.
    package var words: String {
        switch status {
        case .pending: "not begun"
        case .sent(let since): "attempt \(attempts) since \(since.wall)"
        case .backoff(_, let reason): "to be tried again after attempt \(attempts): \(reason)"
        case .quiet(_, let reason): "in doubt, waiting before a probe: \(reason)"
        case .probing(let number, _): "probe \(number) is looking"
        case .probeAgain(_, let number, _): "to be probed again after probe \(number)"
        case .done(let evidence): "done (\(evidence))"
        case .failed(let reason, _): "failed: \(reason)"
        case .inDoubt(let reason): "in doubt: \(reason)"
        case .abandoned: "abandoned"
        }
    }
}
