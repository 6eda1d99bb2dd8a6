/// What people have said that concerns more than one track: holds and STOP.
///
/// It is the fold of all commands, so it can always be computed again from the journal.
package struct FleetState: Sendable, Equatable {
    package private(set) var holds: [Hold] = []
    package private(set) var stop: Hold?

    package init() {}

    /// Takes a command in.
    ///
    /// Those that concern one track's road change nothing here.
    package mutating func apply(_ record: Entry.CommandRecord) {
        let command = record.command
        switch command.request {
        case .hold:
            guard !holds.contains(where: { $0.scope == command.scope }) else { return }
            holds.append(
                Hold(
                    scope: command.scope,
                    actor: command.actor,
                    reason: command.reason,
                    since: record.at.wall
                )
            )
            holds.sort { $0.scope.description.precedes($1.scope.description) }
        case .resume:
            holds.removeAll { $0.scope == command.scope }
        case .stop:
            if stop == nil {
                stop = Hold(
                    scope: .installation,
                    actor: command.actor,
                    reason: command.reason,
                    since: record.at.wall
                )
            }
        case .liftStop:
            stop = nil
        case .add, .register, .advance, .pause, .cancel, .retry, .abandon, .signoff, .resolve,
            .override,
            .approve, .rearm, .migrate:
            return
        }
    }

    /// The holds that a track stands under.
    package func holds(over track: TrackID) -> [Hold] {
        holds.filter { $0.scope.contains(track) }
    }
}
