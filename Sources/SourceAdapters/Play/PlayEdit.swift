import ConductorCore
import ConductorPorts
import NIOHTTP1
import Synchronization

/// One edit of an app: what is read in it is the store's standing, and what is written takes effect when it
/// is committed, all of it or nothing.
///
/// An account has one open edit for an app: opening another one deletes the first. So edits of this process
/// take turns, and one that somebody else deleted starts over.
struct PlayEdit: Sendable {
    /// Edits that are begun anew where somebody deletes them under us.
    private static let beginnings = 4

    let session: APISession
    let package: String
    let id: String

    private var place: APIPath { "\(Self.app(package))/edits/\(id)" }

    /// `androidpublisher/v3/applications/PACKAGE`.
    static func app(_ package: String) -> APIPath {
        "androidpublisher/v3/applications/\(package)"
    }

    /// What shares one open edit: an account's view of an app.
    static func key(_ package: String, _ session: APISession) -> String {
        "\(session.context.api.credential.account) \(session.context.api.base) \(package)"
    }

    /// Opens an edit, calls `body`, and deletes the edit unless `body` says that it is used up.
    ///
    /// A brake opens its own at once, and whoever had one starts over.
    static func open<Value>(
        _ package: String,
        _ session: APISession,
        _ body: (PlayEdit) async throws -> (value: Value, isUsedUp: Bool)
    ) async throws -> Value {
        for beginning in 1... {
            do {
                return try await openOnce(package, session, body)
            } catch let problem as APIProblem {
                guard PlayRefusal.isLostEdit(problem), beginning < beginnings else { throw problem }
            }
        }
        throw APIProblem(.refused, "the edit was deleted again and again")
    }

    private static func openOnce<Value>(
        _ package: String,
        _ session: APISession,
        _ body: (PlayEdit) async throws -> (value: Value, isUsedUp: Bool)
    ) async throws -> Value {
        let context = session.context
        let turn = try await PlayTurns.shared.take(
            key(package, session),
            atOnce: context.urgency == .brake,
            until: context.deadline
        )
        defer { PlayTurns.shared.giveBack(turn) }
        let made = try await session.write(.POST, "\(app(package))/edits", [:])
        let edit = PlayEdit(session: session, package: package, id: try made.text("id"))
        let value: Value
        let isUsedUp: Bool
        do {
            (value, isUsedUp) = try await body(edit)
        } catch {
            // It ends by itself, too, an hour later.
            if context.deadline > .now { try? await edit.delete() }
            throw error
        }
        if !isUsedUp {
            do {
                try await edit.delete()
            } catch {
                // What was read stands, and the edit ends by itself; a poll that is over its time says so.
                guard context.urgency != .poll || error.kind != .timedOut else { throw error }
            }
        }
        return value
    }

    private func delete() async throws(APIProblem) {
        _ = try await session.write(.DELETE, place, nil)
    }

    // MARK: What is in it

    func tracks() async throws -> [PlayTrack] {
        try await session.get("\(place)/tracks").list("tracks").map { try PlayTrack($0) }
    }

    func track(_ name: String) async throws -> PlayTrack {
        let track = try PlayTrack(try await session.get("\(place)/tracks/\(name)"))
        guard track.name == name else {
            throw APIProblem(
                .malformed,
                "asked for the track \(name), and another one was answered"
            )
        }
        return track
    }

    /// Puts the whole list of a track's releases; what is left out is dropped.
    func put(_ releases: [JSON], on name: String) async throws -> PlayTrack {
        let body: JSON = ["track": .string(name), "releases": .array(releases)]
        return try PlayTrack(try await session.write(.PUT, "\(place)/tracks/\(name)", body))
    }

    /// Makes it all true, once.
    func commit(_ options: PlayCommit) async throws(APIProblem) {
        #if CONDUCTOR_PLANTED_BUGS
            if Oversight.heldBackByItself.isPlanted {
                do {
                    return try await send(options)
                } catch {
                    guard error.isRefusal else { throw error }
                    return try await send(PlayCommit(inReview: options.inReview, holdsBack: true))
                }
            }
        #endif
        try await send(options)
    }

    private func send(_ options: PlayCommit) async throws(APIProblem) {
        // Whatever comes of it, what was read before does not count any more.
        PlayTracksRead.shared.forget(Self.key(package, session))
        let answer = try await session.write(.POST, "\(place):commit", nil, query: options.query)
        guard try answer.text("id") == id else {
            throw APIProblem(.malformed, "committed, and the answer names another edit")
        }
    }
}

/// How changes go to review.
struct PlayCommit: Sendable {
    /// What becomes of changes that are in review already.
    enum InReview: String, Sendable, CaseIterable {
        case refuse
        case cancel
    }

    var inReview: InReview
    /// Leaves the changes waiting in the Console; a person said so.
    var holdsBack: Bool

    fileprivate var query: [(String, String)] {
        let behaviour =
            switch inReview {
            case .refuse: "ERROR_IF_IN_REVIEW"
            case .cancel: "CANCEL_IN_REVIEW_AND_SUBMIT"
            }
        #if CONDUCTOR_PLANTED_BUGS
            if Oversight.heldBackAlways.isPlanted {
                return [
                    ("changesInReviewBehavior", behaviour), ("changesNotSentForReview", "true"),
                ]
            }
        #endif
        return [("changesInReviewBehavior", behaviour)]
            + (holdsBack ? [("changesNotSentForReview", "true")] : [])
    }
}

/// Whose turn it is to hold an app's edit.
final class PlayTurns: Sendable {
    struct Turn: Sendable, Hashable {
        fileprivate var app: String
        fileprivate var number: Int
    }

    private struct State {
        var holders: [String: Int] = [:]
        var last = 0
    }

    private let state = Mutex(State())

    static let shared = PlayTurns()

    /// Waits until nobody holds it; `atOnce` takes it from whoever does.
    ///
    /// - Throws: a time-out at the deadline.
    func take(
        _ app: String,
        atOnce: Bool,
        until deadline: ContinuousClock.Instant
    ) async throws(APIProblem) -> Turn {
        while true {
            let turn = state.withLock { state -> Turn? in
                guard atOnce || state.holders[app] == nil else { return nil }
                state.last += 1
                state.holders[app] = state.last
                return Turn(app: app, number: state.last)
            }
            if let turn { return turn }
            do {
                guard .now < deadline else { throw CancellationError() }
                try await Task.sleep(for: .milliseconds(20))
            } catch {
                throw APIProblem(.timedOut, "another edit of this app was not over in time")
            }
        }
    }

    /// Nothing happens where a brake has taken it.
    func giveBack(_ turn: Turn) {
        state.withLock { state in
            if state.holders[turn.app] == turn.number { state.holders[turn.app] = nil }
        }
    }
}
