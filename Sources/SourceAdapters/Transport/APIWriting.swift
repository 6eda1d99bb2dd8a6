import ConductorCore
import ConductorPorts

extension APISession {
    /// Makes what is there once at most: looks, sends, and after a refusal looks again.
    ///
    /// `send` makes the one request that changes something, and says what it did.
    func once(
        remedy: String,
        look: () async throws -> ProbeAnswer,
        send: () async throws -> String
    ) async throws -> ActionOutcome {
        switch try await look() {
        case .present(let evidence): return .alreadyDone(evidence: evidence)
        case .ambiguous(let reason): return .rejected(reason: reason, remedy: remedy)
        case .unavailable(let reason): return .retryable(reason: reason, after: nil)
        case .absent: return try await change(remedy: remedy, look: look, send: send)
        }
    }

    /// Sends without looking first: whoever calls knows that it is not there.
    ///
    /// A refusal may only mean that somebody was quicker: then another look says so.
    func change(
        remedy: String,
        look: () async throws -> ProbeAnswer,
        send: () async throws -> String
    ) async throws -> ActionOutcome {
        do {
            return .done(evidence: try await send())
        } catch let problem as APIProblem {
            #if CONDUCTOR_PLANTED_BUGS
                if Oversight.lostAnswerIsDone.isPlanted, !problem.isRefusal {
                    return .done(evidence: "sent")
                }
            #endif
            guard problem.isRefusal else { return problem.outcome(remedy: remedy) }
            #if CONDUCTOR_PLANTED_BUGS
                if Oversight.refusalIsFinal.isPlanted { return problem.outcome(remedy: remedy) }
            #endif
            switch try? await look() {
            case .present(let evidence): return .alreadyDone(evidence: evidence)
            case .ambiguous(let reason): return .rejected(reason: reason, remedy: remedy)
            case .absent, .unavailable, nil: return problem.outcome(remedy: remedy)
            }
        }
    }
}

/// Reading what a vendor must have said: a member that is missing or of another type is a fault of the
/// answer, never a guess.
extension JSON {
    func text(_ path: String...) throws(APIProblem) -> String {
        guard let text = try member(path).stringValue else { throw Self.wrong(path, "a text") }
        return text
    }

    func whole(_ path: String...) throws(APIProblem) -> Int64 {
        guard let number = try member(path).intValue else {
            throw Self.wrong(path, "a whole number")
        }
        return number
    }

    /// A whole number that counts something.
    func count(_ path: String...) throws(APIProblem) -> Int64 {
        guard let number = try member(path).intValue, number >= 0 else {
            throw Self.wrong(path, "a count")
        }
        return number
    }

    func flag(_ path: String...) throws(APIProblem) -> Bool {
        guard let flag = try member(path).boolValue else {
            throw Self.wrong(path, "true or false")
        }
        return flag
    }

    /// A time as RFC 3339 writes it.
    func instant(_ path: String...) throws(APIProblem) -> Instant {
        guard let instant = try member(path).stringValue.flatMap(Instant.init(rfc3339:)) else {
            throw Self.wrong(path, "a time")
        }
        return instant
    }

    func list(_ path: String...) throws(APIProblem) -> [JSON] {
        guard let list = try member(path).arrayValue else { throw Self.wrong(path, "a list") }
        return list
    }

    /// A text or null; a member that is missing is a fault all the same.
    func textOrNull(_ path: String...) throws(APIProblem) -> String? {
        let value = try member(path)
        if value == .null { return nil }
        guard let text = value.stringValue else { throw Self.wrong(path, "a text") }
        return text
    }

    /// A text, or nothing: null and a missing member say the same.
    func textIfAny(_ path: String...) throws(APIProblem) -> String? {
        guard let value = try? member(path), value != .null else { return nil }
        guard let text = value.stringValue else { throw Self.wrong(path, "a text") }
        return text
    }

    private func member(_ path: [String]) throws(APIProblem) -> JSON {
        var current = self
        for name in path {
            guard let next = current[name] else { throw Self.wrong(path, "there") }
            current = next
        }
        return current
    }

    private static func wrong(_ path: [String], _ what: String) -> APIProblem {
        let place = path.isEmpty ? "the answer" : "'\(path.joined(separator: "."))' in the answer"
        return APIProblem(.malformed, "\(place) should be \(what)")
    }
}
