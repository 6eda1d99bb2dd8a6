import ConductorCore
import ConductorPorts

/// What all actions on a track share: which release on which track, and the one edit that changes it.
///
///     version_codes: ["${candidate.build}"]       # the default
///     track: production                           # the default
///     in_review: refuse                           # changes that are in review: refuse, or cancel them
///     changes_not_sent_for_review: true           # only where a person wants them to wait in the Console
struct PlayRollout: Sendable {
    let play: Play
    private let track: Template
    private let codes: [Template]
    private let commit: PlayCommit

    /// A brake is not kept back by a review that is going on.
    init?(settings: SettingsReader, inReview standard: PlayCommit.InReview = .refuse) {
        let play = Play(settings: settings, scope: .action, service: .publisher)
        let track = settings.template("track", .action, default: "production")
        let texts = settings.texts("version_codes") ?? ["${candidate.build}"]
        var codes: [Template] = []
        for (index, text) in texts.enumerated() {
            if let code = settings.template(text, at: "version_codes", ["\(index)"], .action) {
                codes.append(code)
            }
        }
        if texts.isEmpty { settings.fault(.badValue, "version_codes", "should name one at least") }
        var inReview: PlayCommit.InReview? = standard
        if let word = settings.string("in_review") {
            inReview = PlayCommit.InReview(rawValue: word)
            if inReview == nil {
                settings.fault(.badValue, "in_review", "should be refuse or cancel")
            }
        }
        let holdsBack = settings.flag("changes_not_sent_for_review") ?? false
        guard let play, let track, let inReview, codes.count == texts.count else { return nil }
        self.play = play
        self.track = track
        self.codes = codes
        commit = PlayCommit(inReview: inReview, holdsBack: holdsBack)
    }

    func checkup(mayChange what: String) -> Checkup {
        play.publisherCheckup(track: track, mayChange: what)
    }

    /// What is asked for, with its values.
    private struct Place {
        var package: String
        var track: String
        var codes: [Int64]
    }

    private func place(_ variables: Variables) throws -> Place {
        var numbers: [Int64] = []
        for template in codes {
            let text = try variables.text(template)
            guard let code = Int64(text), code > 0, String(code) == text else {
                throw APIProblem(.misconfigured, "'\(text)' is no version code, such as 80902")
            }
            numbers.append(code)
        }
        return Place(
            package: try play.package(variables),
            track: try variables.text(track),
            codes: numbers.sorted()
        )
    }

    /// Performs a move in one edit: looks, puts the whole list, reads it back, commits.
    func perform(
        _ intent: Intent,
        _ move: @Sendable (Variables) throws -> PlayMove
    ) async -> ActionOutcome {
        await play.api.perform(intent, remedy: PlayRefusal.usual) { session, variables in
            let place = try place(variables)
            let move = try move(variables)
            let result: Attempt
            do {
                result = try await PlayEdit.open(place.package, session) { edit in
                    try await attempt(move, place, edit)
                }
            } catch let problem as APIProblem {
                // Nothing was committed.
                if PlayRefusal.isLostEdit(problem) {
                    return .retryable(reason: problem.message, after: nil)
                }
                return problem.isRefusal || problem.kind == .unauthorised
                    ? PlayRefusal.outcome(problem)
                    : problem.outcomeOfReading(remedy: PlayRefusal.usual)
            }
            switch result {
            case .settled(let outcome): return outcome
            case .refused(let problem):
                guard problem.isRefusal else { return PlayRefusal.outcome(problem) }
                // It may only mean that somebody was quicker.
                switch try? await look(move, place, session) {
                case .present(let evidence): return .alreadyDone(evidence: evidence)
                case .ambiguous(let reason):
                    return .rejected(reason: reason, remedy: PlayRefusal.usual)
                case .absent, .unavailable, nil: return PlayRefusal.outcome(problem)
                }
            }
        }
    }

    /// What came of one edit.
    private enum Attempt {
        case settled(ActionOutcome)
        /// The commit was refused.
        case refused(APIProblem)
    }

    private func attempt(
        _ move: PlayMove,
        _ place: Place,
        _ edit: PlayEdit
    ) async throws -> (value: Attempt, isUsedUp: Bool) {
        let track = try await edit.track(place.track)
        switch try move.look(track, place.codes) {
        case .present(let evidence): return (.settled(.alreadyDone(evidence: evidence)), false)
        case .ambiguous(let reason):
            return (.settled(.rejected(reason: reason, remedy: PlayRefusal.usual)), false)
        case .unavailable(let reason):
            // A track that never had a release says nothing of any.
            guard case .release = move, track.releases == nil else {
                return (.settled(.retryable(reason: reason, after: nil)), false)
            }
        case .absent: break
        }
        let list = try move.releases(of: track, place.codes)
        let written = try await edit.put(list, on: place.track)
        guard case .present(let evidence) = try move.look(written, place.codes) else {
            throw APIProblem(.malformed, "put on \(place.track), and read back as something else")
        }
        do {
            try await edit.commit(commit)
            return (.settled(.done(evidence: "\(place.package) \(evidence)")), true)
        } catch {
            if PlayRefusal.isLostEdit(error) { throw error }
            // Where it may have been carried out, the edit is left alone.
            let isInDoubt: Bool
            switch error.kind {
            case .failed, .timedOut, .tooLarge, .malformed: isInDoubt = true
            case .misconfigured, .unauthorised, .notFound, .refused, .rateLimited, .neverSent:
                isInDoubt = false
            }
            return (.refused(error), isInDoubt)
        }
    }

    /// Whether a move has had its effect, as a fresh edit shows it.
    func probe(
        _ intent: Intent,
        _ move: @Sendable (Variables) throws -> PlayMove
    ) async -> ProbeAnswer {
        await play.api.probe(intent) { session, variables in
            try await look(try move(variables), try place(variables), session)
        }
    }

    private func look(
        _ move: PlayMove,
        _ place: Place,
        _ session: APISession
    ) async throws -> ProbeAnswer {
        try await PlayEdit.open(place.package, session) { edit in
            (try move.look(try await edit.track(place.track), place.codes), false)
        }
    }
}
