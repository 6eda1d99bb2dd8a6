import ArgumentParser
package import ConductorCore
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
        let command = Command(
            id: id ?? UUID().uuidString.lowercased(),
            actor: Peer.own,
            scope: scope,
            request: request,
            reason: reason,
            basedOn: basedOn
        )
        let reply: CommandReply
        do {
            reply = try await ControlClient.send(command, to: places.socketPath)
        } catch is ControlClient.NobodyListens {
            reply = try await askOffline(command)
        }
        if output.json {
            print(try JSON(encoding: reply))
        } else if reply.accepted {
            print(reply.message)
        } else {
            FileHandle.standardError.write(Data("no: \(reply.message)\n".utf8))
        }
        if !reply.accepted { throw Exit.no }
    }

    private func askOffline(_ command: Command) async throws -> CommandReply {
        let wiring = Wiring(
            places: places,
            logger: Logger(label: "conductord") { _ in SwiftLogNoOpLogHandler() }
        )
        let engine = try wiring.engine(try wiring.load(), acts: false) { _ in }
        try await engine.boot()
        return try await engine.submit(command)
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
