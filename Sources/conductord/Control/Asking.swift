import ArgumentParser
package import ConductorCore
import ConductorJournal
import ConductorRuntime
import Foundation
import Logging

/// Brings a command to the conductor: to the running daemon, or, when none runs, by taking the
/// journal's lock, deciding, and leaving what there is to do to the next run.
struct Asking {
    let places: PlaceOptions
    let output: OutputOptions

    /// Sends, prints the answer, and ends with 1 when it is no.
    func ask(
        _ request: Command.Request,
        at scope: Scope,
        reason: String? = nil,
        id: String? = nil,
        basedOn: Int? = nil
    ) async throws {
        let reply = try await reply(
            to: request,
            at: scope,
            reason: reason,
            id: id,
            basedOn: basedOn
        )
        if output.json {
            try Output.print(JSON(encoding: reply))
        } else if reply.accepted {
            try Output.print(reply.message)
        } else {
            Output.complain("no: \(reply.message)")
        }
        if !reply.accepted { throw Exit.no }
    }

    /// Sends, and returns the answer.
    func reply(
        to request: Command.Request,
        at scope: Scope,
        reason: String? = nil,
        id: String? = nil,
        basedOn: Int? = nil
    ) async throws -> CommandReply {
        try await answer(
            to: Command(
                id: id ?? UUID().uuidString.lowercased(),
                actor: Peer.own,
                scope: scope,
                request: request,
                reason: reason,
                basedOn: basedOn
            )
        )
    }

    /// Asks whoever is there.
    ///
    /// Another command, or a run that is just starting, holds the lock for a moment only.
    private func answer(to command: Command) async throws -> CommandReply {
        let patience = ContinuousClock.now + .seconds(5)
        while true {
            do {
                return try await ControlClient.send(command, to: places.socketPath)
            } catch is ControlClient.NobodyListens {
                do {
                    return try await askOffline(command)
                } catch let error as JournalError
                    where error.code == .inUse && ContinuousClock.now < patience
                {
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
        }
    }

    private func askOffline(_ command: Command) async throws -> CommandReply {
        let wiring = Wiring(
            places: places,
            logger: Logger(label: "conductord") { _ in SwiftLogNoOpLogHandler() }
        )
        // A brake must not need sound rules.
        let loaded =
            switch command.request {
            case .hold, .resume, .stop, .liftStop: wiring.loadIfSound()
            case .add, .register, .advance, .pause, .cancel, .retry, .abandon, .signoff, .resolve,
                .override, .approve, .rearm, .migrate:
                try wiring.load()
            }
        let (engine, journal) = try wiring.engine(loaded, acts: false) { _ in }
        try await engine.boot()
        let reply = try await engine.submit(command)
        try journal.close()
        return reply
    }
}

/// A scope on the command line: `*`, `music`, `music/8.9.2`, `music/ios/8.9.2`.
extension Scope: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}

/// A track on the command line: `music/ios/8.9.2`.
extension TrackID: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}

/// A time on the command line, RFC 3339.
extension Instant: ExpressibleByArgument {
    package init?(argument: String) { self.init(rfc3339: argument) }
}

/// A length of time on the command line: `90s`, `4h`, `1h30m`.
extension Span: ExpressibleByArgument {
    package init?(argument: String) { self.init(text: argument) }
}
