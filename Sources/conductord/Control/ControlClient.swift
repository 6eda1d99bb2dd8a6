import ConductorCore
import NIOCore
import NIOPosix

/// Sends one command to a running daemon.
enum ControlClient {
    /// Nobody listens on the socket: the daemon is down.
    struct NobodyListens: Error {}

    /// - Throws: `NobodyListens`, or `Cannot` with what the daemon says.
    static func send(_ command: Command, to path: String) async throws -> CommandReply {
        let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
        do {
            channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connect(unixDomainSocketPath: path) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                            wrappingChannelSynchronously: channel
                        )
                    }
                }
        } catch {
            throw NobodyListens()
        }
        let line = try JSON(encoding: ControlProtocol.Message(command)).description + "\n"
        let answer = try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: line))
            var received: [UInt8] = []
            for try await part in inbound {
                received += Array(part.readableBytesView)
                if received.last == UInt8(ascii: "\n") { break }
            }
            return received
        }
        guard !answer.isEmpty else {
            throw Cannot(
                "the daemon ended before it answered; ask again with the same id \(command.id)"
            )
        }
        let response: ControlProtocol.Response = try JSON(parsing: answer).decode()
        guard let reply = response.reply else {
            throw Cannot(response.failure ?? "the daemon gave no answer")
        }
        return reply
    }
}
