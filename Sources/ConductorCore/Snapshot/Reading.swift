/// One fact as a source saw it.
package struct ObservedFact: Sendable, Hashable, Codable {
    package var value: JSON
    /// What it is about: a commit, a version; nil where the fact has no subject.
    package var about: String?

    package init(_ value: JSON, about: String? = nil) {
        self.value = value
        self.about = about
    }
}

/// What one poll of a source brought: facts by name relative to the source.
///
/// It holds no clock: `observedAt` stands beside the facts, so equal facts have equal bytes.
package struct Observation: Sendable, Hashable {
    package var facts: [String: ObservedFact]
    /// The backend's own time of a fact, where it says one.
    package var observedAt: [String: Instant]

    package init(facts: [String: ObservedFact] = [:], observedAt: [String: Instant] = [:]) {
        self.facts = facts
        self.observedAt = observedAt
    }

    /// The canonical body: `{"name": {"about": ..., "value": ...}}`.
    package var body: JSON {
        .object(
            facts.mapValues { fact in
                .compact(["value": fact.value, "about": fact.about.map { JSON.string($0) }])
            }
        )
    }

    /// Reads what `body` gives; members that do not fit are left out.
    package init(body: JSON, observedAt: [String: Instant]) {
        var facts: [String: ObservedFact] = [:]
        for (name, member) in body.objectValue ?? [:] {
            guard let value = member["value"] else { continue }
            facts[name] = ObservedFact(value, about: member["about"]?.stringValue)
        }
        self.init(facts: facts, observedAt: observedAt)
    }
}

/// Why a poll brought nothing.
///
/// A closed list; the text beside it is for people.
package enum PollFailure: String, Sendable, Hashable, Codable, CaseIterable {
    case timedOut = "timed_out"
    case unreachable
    case refused
    case unauthorised
    case notFound = "not_found"
    case rateLimited = "rate_limited"
    case tooLarge = "too_large"
    case malformed
    case exitStatus = "exit_status"
    case misconfigured
    case `internal`
}

/// What a source says of one scope: the last good observation and the last failure, both kept.
package struct Reading: Sendable, Equatable {
    /// An observation that came, and when it was asked for.
    package struct Good: Sendable, Equatable {
        package var observation: Observation
        package var fetched: Stamp
        /// Content address of the observation's body.
        package var digest: String

        package init(observation: Observation, fetched: Stamp, digest: String) {
            self.observation = observation
            self.fetched = fetched
            self.digest = digest
        }
    }

    /// A poll that brought nothing.
    package struct Failed: Sendable, Equatable {
        package var failure: PollFailure
        package var message: String
        package var at: Stamp

        package init(failure: PollFailure, message: String, at: Stamp) {
            self.failure = failure
            self.message = message
            self.at = at
        }
    }

    package var good: Good?
    /// The newest failure, if none has succeeded since.
    package var failed: Failed?

    package init(good: Good? = nil, failed: Failed? = nil) {
        self.good = good
        self.failed = failed
    }
}
