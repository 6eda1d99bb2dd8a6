import ConductorCore

/// One line of JSON each way: a command without an actor goes in, a reply comes out.
///
/// The actor is never part of the message: the server takes it from the socket's peer.
enum ControlProtocol {
    /// Longest message, in bytes.
    static let limit = 65_536

    struct Message: Codable {
        var id: String
        var scope: Scope
        var request: Command.Request
        var reason: String?
        var basedOn: Int?

        init(_ command: Command) {
            id = command.id
            scope = command.scope
            request = command.request
            reason = command.reason
            basedOn = command.basedOn
        }

        func command(by actor: String) -> Command {
            Command(
                id: id,
                actor: actor,
                scope: scope,
                request: request,
                reason: reason,
                basedOn: basedOn
            )
        }
    }

    /// What comes back: the answer, or why there is none.
    struct Response: Codable {
        var reply: CommandReply?
        var failure: String?
    }
}
