import ConductorCore

/// What a wish comes to, as far as the newest view tells: shown before it is asked for.
///
/// It decides nothing: whether it comes to that, the conductor says when it is asked.
struct Consequence: Sendable {
    /// The question.
    var heading: String
    /// What the button says.
    var button: String
    var effects: [String] = []
    /// What stands in the way, so that it would be refused now.
    var obstacles: [String] = []
    var needsReason = false

    init(of wish: Wish, in view: FleetView) {
        let place = wish.scope == .installation ? "everything" : wish.scope.description
        heading = ""
        button = ""
        switch wish.request {
        case .advance(let to): advance(to, wish, view)
        case .pause: brake(.waiting, "Pause", place, wish, view)
        case .cancel: brake(.error, "Cancel", place, wish, view)
        case .resume: resume(wish, place, view)
        case .hold:
            (heading, button) = ("Hold \(place)?", "Hold")
            effects = [
                "No ordinary transition is decided and no new action begins, until somebody resumes it.",
                "Brakes still go through. What is under way runs to its outcome, and starts nothing"
                    + " further.",
                Self.reach(wish.scope, view),
            ]
        case .stop:
            (heading, button) = ("STOP everything?", "STOP")
            effects = [
                "Nothing is started any more, brakes neither, until STOP is lifted.",
                "Attempts that are under way run to their end; everything is watched and recorded"
                    + " on.",
                Self.reach(wish.scope, view),
            ]
            if view.status.stop != nil { obstacles = ["STOP stands already."] }
        case .liftStop:
            (heading, button) = ("Lift STOP?", "Lift STOP")
            effects = [
                "What was decided and waits is started at once, and transitions whose conditions are"
                    + " met are decided.",
                Self.reach(wish.scope, view),
            ]
            if view.status.stop == nil { obstacles = ["STOP does not stand."] }
        case .signoff(let what, let verdict): signOff(what, verdict, place, wish, view)
        case .approve(let transition): approve(transition, place, wish, view)
        case .override(let condition, let term): override(condition, term, place, wish, view)
        case .retry: retry(place, wish, view)
        case .abandon(let how): abandon(how, place, wish, view)
        case .resolve(let key, let done):
            (heading, button) = (
                "Testify about \(key)?", done ? "It happened" : "It did not happen"
            )
            effects = [
                done
                    ? "The action is taken as done, on your word, and not sent again."
                    : "The action is taken as not done, on your word, and tried again unless it was"
                        + " given up."
            ]
        case .rearm(let transition):
            let disarmed = Self.track(wish, view)?.state.disarmed ?? []
            (heading, button) = ("Arm \(transition ?? "what was abandoned") again?", "Arm")
            effects = [
                "It can fire again as soon as all that it needs is met: "
                    + (transition ?? disarmed.joined(separator: ", ")) + "."
            ]
            if disarmed.isEmpty { obstacles = ["Nothing is disarmed here."] }
        case .add, .register, .migrate:
            (heading, button) = ("\(wish.verb.rawValue) \(place)?", "Ask")
        }
    }

    private static func track(_ wish: Wish, _ view: FleetView) -> TrackView? {
        if case .track(let track) = wish.scope { view.track(track) } else { nil }
    }

    private static func reach(_ scope: Scope, _ view: FleetView) -> String {
        let live = view.status.tracks.filter {
            !$0.state.retired && scope.contains($0.state.track)
        }
        let names = live.prefix(12).map(\.state.track.description)
        let more = live.count > names.count ? " and \(live.count - names.count) more" : ""
        return live.isEmpty
            ? "No live track stands under it now."
            : "It concerns \(names.joined(separator: ", "))\(more)."
    }

    // MARK: Along the road

    private mutating func advance(_ to: String?, _ wish: Wish, _ view: FleetView) {
        button = "Advance"
        guard let track = Self.track(wish, view), let explanation = track.explanation else {
            heading = "Advance \(wish.scope)?"
            return
        }
        let way =
            to.map { wanted in explanation.transitions.first { $0.to == wanted } }
            ?? WayOn(stages: track.machine?.stages ?? []).transition(of: explanation)
        let stage = explanation.stage ?? "no stage"
        guard let way else {
            heading = "Advance \(track.state.track)?"
            obstacles = ["No transition leads from \(stage) to \(to ?? "a next stage")."]
            return
        }
        heading = "Advance \(track.state.track) to \(way.to)?"
        effects = Self.effects(of: way, in: track)
        obstacles += way.leaves.filter { !$0.isMet && $0.kind != .push }
            .map { WhyNot.reason($0, on: track.state.track) + "." }
        shadow(track)
    }

    private mutating func brake(
        _ kind: Stage.Kind,
        _ verb: String,
        _ place: String,
        _ wish: Wish,
        _ view: FleetView
    ) {
        (heading, button) = ("\(verb) \(place)?", verb)
        guard let track = Self.track(wish, view), let explanation = track.explanation else {
            return
        }
        let all = explanation.transitions + explanation.guards
        guard let way = all.first(where: { track.machine?.stage($0.to)?.kind == kind }) else {
            if kind == .waiting, track.state.pause != nil {
                effects = ["It is paused already; from now on only a person resumes it."]
            } else {
                obstacles = ["No transition leads from \(explanation.stage ?? "no stage") there."]
            }
            return
        }
        effects =
            Self.effects(of: way, in: track) + [
                "It goes ahead of what is under way, through holds."
            ]
        if view.status.stop != nil { obstacles.append("STOP lets nothing through.") }
        shadow(track)
    }

    private mutating func resume(_ wish: Wish, _ place: String, _ view: FleetView) {
        (heading, button) = ("Resume \(place)?", "Resume")
        if view.status.holds.contains(where: { $0.scope == wish.scope }) {
            effects = [
                "The hold on \(place) is lifted: transitions whose conditions are met are decided, and"
                    + " their actions begin.",
                Self.reach(wish.scope, view),
            ]
            return
        }
        guard let track = Self.track(wish, view), let pause = track.state.pause else {
            obstacles = ["Nothing is held or paused at exactly this place."]
            return
        }
        let back = track.explanation?.transitions.first {
            $0.to == pause.previous && track.machine?.stage($0.to)?.kind == .road
        }
        guard let back else {
            obstacles = ["No transition leads back to \(pause.previous)."]
            return
        }
        effects = Self.effects(of: back, in: track)
        obstacles += back.leaves.filter { !$0.isMet && $0.kind != .push }
            .map { WhyNot.reason($0, on: track.state.track) + "." }
        shadow(track)
    }

    private mutating func shadow(_ track: TrackView) {
        if track.isShadowed { obstacles.append("The app is in shadow: nothing is done.") }
    }

    /// The step, its actions in order, and what they do to users.
    private static func effects(
        of way: Explanation.Transition,
        in track: TrackView
    ) -> [String] {
        let machine = track.machine
        let uses =
            machine?.transitions.first { $0.name == way.name }?.actions
            ?? machine?.guards.first { way.name.hasSuffix($0.name) && $0.to.description == way.to }?
            .actions ?? []
        var lines = ["\(way.name): from \(track.state.stage ?? "no stage") to \(way.to)."]
        if uses.isEmpty {
            lines.append("No action is performed.")
        } else {
            let names = uses.map { use in
                let kind = machine?.action(use.action)?.kind
                return kind.map { $0 == use.action ? use.action : "\(use.action) (\($0))" }
                    ?? use.action
            }
            lines.append("Actions, in this order: \(names.joined(separator: ", ")).")
        }
        switch way.direction {
        case .raises: lines.append("More users get it, or it cannot be undone.")
        case .brakes: lines.append("Fewer users get it.")
        case .neutral: break
        }
        return lines
    }

    // MARK: People's words

    private mutating func signOff(
        _ what: String,
        _ verdict: Command.Signoff,
        _ place: String,
        _ wish: Wish,
        _ view: FleetView
    ) {
        let words =
            switch verdict {
            case .approved: ("Sign off", "has approved")
            case .rejected: ("Reject", "has rejected")
            case .optedOut: ("Opt out", "opts out of")
            case .withdrawn: ("Withdraw", "takes its word back on")
            }
        (heading, button) = ("\(words.0) '\(what)' for \(place)?", words.0)
        effects = ["It is recorded that '\(what)' \(words.1) this release, by you."]
        let candidates = view.status.tracks.filter { wish.scope.contains($0.state.track) }
        for track in candidates where !track.state.retired {
            let candidate = track.state.candidate.map { "for the candidate \($0.commit)" }
            effects.append("\(track.state.track): \(candidate ?? "no candidate yet").")
        }
        let known = candidates.flatMap(\.asked)
        if !known.contains(what) {
            obstacles = [
                "Nobody is asked for '\(what)'; there is \(known.joined(separator: ", "))."
            ]
        }
    }

    private mutating func approve(
        _ transition: String?,
        _ place: String,
        _ wish: Wish,
        _ view: FleetView
    ) {
        (heading, button) = ("Approve \(transition ?? "what asks for it") of \(place)?", "Approve")
        effects = ["Your consent is recorded, once, for this transition and this candidate."]
        let track = Self.track(wish, view)
        let asking = (track?.explanation?.transitions ?? []).filter { way in
            way.leaves.contains { $0.kind == .approval && !$0.isMet }
        }
        for way in asking {
            effects.append(
                "\(way.name) waits for consent; then still for: "
                    + way.smallest.filter { !$0.hasPrefix("approval") }.joined(separator: ", ")
            )
        }
        if asking.isEmpty { obstacles = ["No transition waits for consent."] }
    }

    private mutating func override(
        _ condition: String,
        _ term: Command.OverrideTerm,
        _ place: String,
        _ wish: Wish,
        _ view: FleetView
    ) {
        needsReason = term != .lifted
        let title = Self.track(wish, view)?.machine?.condition(condition)?.title ?? condition
        switch term {
        case .lifted:
            (heading, button) = ("End the override of \(condition) on \(place)?", "End it")
            effects = ["'\(title)' counts by the facts again."]
        case .until, .lasting:
            (heading, button) = ("Override \(condition) on \(place)?", "Override")
            let end =
                switch term {
                case .until(let instant): "until \(instant)"
                case .lasting(let span): "for \(Words.length(span))"
                case .lifted: ""
                }
            effects = [
                "'\(title)' counts as met \(end), for the present candidate, whatever the facts say.",
                "Guards still see the facts.",
            ]
            let ways = (Self.track(wish, view)?.explanation?.transitions ?? []).filter { way in
                way.smallest == [condition]
            }
            for way in ways { effects.append("Then nothing is missing for → \(way.to).") }
        }
    }

    // MARK: Out of trouble

    private mutating func retry(_ place: String, _ wish: Wish, _ view: FleetView) {
        (heading, button) = ("Retry on \(place)?", "Retry")
        guard let track = Self.track(wish, view), case .error(let fault) = track.state.phase else {
            obstacles = ["There is nothing to retry."]
            return
        }
        let open = fault.progress.intents.filter { !$0.isDone }.map(\.intent.key)
        effects = [
            "Tried again, under the same keys: \(open.joined(separator: ", ")).",
            "What is done stays done. It went wrong because: \(fault.what).",
        ]
    }

    private mutating func abandon(
        _ how: Command.Abandonment,
        _ place: String,
        _ wish: Wish,
        _ view: FleetView
    ) {
        let progress: Progress?
        switch Self.track(wish, view)?.state.phase {
        case .entering(let current)?: progress = current
        case .error(let fault)?: progress = fault.progress
        case .waiting?, .finished?, nil: progress = nil
        }
        let name = progress?.transition ?? "the transition under way"
        switch how {
        case .stay:
            (heading, button) = ("Give \(name) up on \(place)?", "Give it up")
            effects = [
                "The track stays in its stage, and the transition is disarmed until one of its"
                    + " conditions was not met, or somebody arms it again.",
                "What was not sent is not sent; what was done stays done.",
            ]
        case .asDone:
            (heading, button) = ("Take \(name) as done on \(place)?", "Take it as done")
            effects = [
                "\(progress?.to ?? "Its stage") is entered as if all had been done, on your word.",
                "What was not sent is not sent.",
            ]
        }
        if progress == nil { obstacles = ["No transition is under way."] }
    }
}

extension TrackView {
    /// The teams and confirmations that people are asked for.
    var asked: [String] {
        let people = machine?.people ?? [:]
        return people.keys.sorted { $0.precedes($1) }
            .compactMap { people[$0] }.flatMap { $0.teams + $0.confirmations }
    }
}
