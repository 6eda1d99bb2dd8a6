package import ConductorCore

/// Where people's commands come in: the one way by which anything outside changes anything.
package protocol Inbox: Sendable {
    /// Takes a command in, and returns the answer after the turn that it wakes.
    ///
    /// A second command of the same id is the same command.
    ///
    /// - Throws: when it cannot be written.
    func submit(_ command: Command) async throws -> CommandReply
}
