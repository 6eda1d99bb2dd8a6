// The words that every output uses for what is recorded.

extension ActionOutcome {
    /// The documented word, and what the backend said.
    package var said: (name: String, text: String) {
        switch self {
        case .done(let evidence): ("done", evidence)
        case .alreadyDone(let evidence): ("done_observed", evidence)
        case .rejected(let reason, let remedy):
            ("rejected", reason + (remedy.map { "; what to do: \($0)" } ?? ""))
        case .retryable(let reason, _): ("retryable", reason)
        case .unknown(let reason): ("unknown", reason)
        }
    }
}

extension ProbeAnswer {
    /// The documented word, and what the backend said.
    package var said: (name: String, text: String?) {
        switch self {
        case .present(let evidence): ("present", evidence)
        case .absent: ("absent", nil)
        case .ambiguous(let reason): ("ambiguous", reason)
        case .unavailable(let reason): ("unavailable", reason)
        }
    }
}

extension Progress.Cause {
    /// The documented word, and who or what.
    package var said: (name: String, by: String?) {
        switch self {
        case .rule: ("rule", nil)
        case .guard(let name): ("guard", name)
        case .person(let actor): ("person", actor)
        case .adoption(let reason): ("adoption", reason)
        }
    }
}

extension Command.Request {
    /// The word on the command line.
    package var verb: String {
        switch self {
        case .add: "add"
        case .register: "register"
        case .hold: "hold"
        case .resume: "resume"
        case .stop: "stop"
        case .liftStop: "lift_stop"
        case .advance: "advance"
        case .pause: "pause"
        case .cancel: "cancel"
        case .retry: "retry"
        case .abandon: "abandon"
        case .signoff: "signoff"
        case .resolve: "resolve"
        case .override: "override"
        case .approve: "approve"
        case .rearm: "rearm"
        case .migrate: "migrate"
        }
    }

    /// What was said beside the word.
    package var arguments: JSON {
        switch self {
        case .register, .hold, .resume, .stop, .liftStop, .pause, .cancel, .retry: [:]
        case .add(let stage, let since): ["stage": JSON(stage), "since": JSON(since)]
        case .advance(let to): ["to": JSON(to)]
        case .abandon(let how): ["how": .string(how.rawValue)]
        case .signoff(let what, let verdict):
            ["what": .string(what), "verdict": .string(verdict.rawValue)]
        case .resolve(let key, let done): ["key": .string(key), "done": .bool(done)]
        case .override(let condition, let term):
            ["condition": .string(condition), "term": .string(term.words)]
        case .approve(let transition), .rearm(let transition): ["transition": JSON(transition)]
        case .migrate(let digest): ["machine": .string(digest)]
        }
    }
}

extension Command.OverrideTerm {
    /// As on the command line.
    package var words: String {
        switch self {
        case .until(let instant): "--until \(instant)"
        case .lasting(let span): "--for \(span)"
        case .lifted: "--lift"
        }
    }
}
