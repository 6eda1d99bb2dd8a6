package import ConductorCore

/// A backend that can be asked: one poll brings the facts of one scope.
package protocol Source: Sendable {
    /// Asks the backend. Everything that goes wrong is a value: a failed poll stops nothing.
    ///
    /// The caller cancels the task at the poll's deadline; an implementation gives up promptly.
    func observe(_ request: ObservationRequest) async -> PollAnswer
}

/// A source that can also tell which versions there are, so that new ones are discovered.
package protocol VersionLister: Source {
    /// The versions of an app on a platform, in any order; what is no version is left out later.
    func versions(_ request: ObservationRequest) async -> VersionAnswer
}

/// What came of asking for versions.
package enum VersionAnswer: Sendable, Hashable {
    case listed([String])
    case failed(PollFailure, message: String)
}

/// What a poll is about.
package struct ObservationRequest: Sendable, Hashable {
    package var scope: Scope
    /// Values for `${...}` in settings: `app`, `platform`, `version`, `release`, `track`.
    package var variables: [String: String]
    /// Look past every cache: the answer decides whether more users get a release.
    package var bypassesCaches: Bool

    package init(scope: Scope, variables: [String: String], bypassesCaches: Bool = false) {
        self.scope = scope
        self.variables = variables
        self.bypassesCaches = bypassesCaches
    }
}

/// What came of a poll.
package enum PollAnswer: Sendable, Hashable {
    case observed(Observation)
    case failed(PollFailure, message: String)
}
