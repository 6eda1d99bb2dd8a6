/// What a condition comes to.
///
/// Only `met` fires anything.
package enum Verdict: Sendable, Hashable, Codable {
    case met
    case unmet
    case unknown(Cause)
    case notApplicable

    package var name: String {
        switch self {
        case .met: "met"
        case .unmet: "unmet"
        case .unknown: "unknown"
        case .notApplicable: "not_applicable"
        }
    }

    package var cause: Cause? {
        if case .unknown(let cause) = self { cause } else { nil }
    }
}

/// Why something is unknown.
///
/// A closed list.
package enum Cause: Sendable, Hashable, Codable {
    /// No source has said it, or the last good answer lacked it.
    case missing(fact: String)
    /// It is about another commit, build or version than the one in question.
    case wrongSubject(fact: String, was: String?, wanted: String?)
    /// It was said too long ago.
    case stale(fact: String)
    /// The source has never answered; its last failure.
    case failed(fact: String, failure: PollFailure)
    /// The value, or the expression, does not have the type that is needed.
    case type(what: String)
    /// A number that is none came out.
    case nan
    /// The condition cannot be evaluated by this engine.
    case disabled(reason: String)

    /// The word for it in every output.
    package var name: String {
        switch self {
        case .missing: "missing"
        case .wrongSubject: "wrong_subject"
        case .stale: "stale"
        case .failed: "failed"
        case .type: "type"
        case .nan: "nan"
        case .disabled: "disabled"
        }
    }
}

extension Cause: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missing(let fact): "missing: \(fact)"
        case .wrongSubject(let fact, let was, let wanted):
            "wrong subject: \(fact) is about \(was ?? "nothing it names"), not \(wanted ?? "a known one")"
        case .stale(let fact): "stale: \(fact)"
        case .failed(let fact, let failure): "failed: \(fact) (\(failure.rawValue))"
        case .type(let what): "type: \(what)"
        case .nan: "not a number"
        case .disabled(let reason): "disabled: \(reason)"
        }
    }
}

/// How a condition or a track is shown.
///
/// Computed here and nowhere else.
package enum Light: String, Sendable, Hashable, Codable, CaseIterable {
    /// Does not apply.
    case grey
    /// Complete.
    case green
    /// Waiting for something.
    case yellow
    /// Not known, which is not the same as waiting.
    case unknown
    /// Somebody must act.
    case red

    /// The light of many: the one that needs attention most.
    package static func worst(_ lights: some Sequence<Light>) -> Light {
        lights.max { $0.urgency < $1.urgency } ?? .grey
    }

    private var urgency: Int {
        switch self {
        case .grey: 0
        case .green: 1
        case .yellow: 2
        case .unknown: 3
        case .red: 4
        }
    }
}
