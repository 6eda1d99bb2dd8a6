import ConductorCore
import Foundation
import Glibc
import NIOCore
import NIOPosix

/// Takes commands on a Unix-domain socket that only its owner can open.
struct ControlServer {
    let path: String
    let submit: @Sendable (Command) async throws -> CommandReply

    private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// What Linux says of a socket's peer: `struct ucred` of unix(7), which Glibc hides.
    private struct Credentials: Sendable {
        var pid: Int32 = 0
        var uid: UInt32 = 0
        var gid: UInt32 = 0
    }

    /// A connection and who is at its other end.
    private struct Caller: Sendable {
        var connection: Connection
        var actor: String
    }

    /// Serves until the task is cancelled.
    ///
    /// - Throws: when the socket cannot be made.
    func run() async throws {
        let server: NIOAsyncChannel<Caller, Never>
        do {
            server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true) { channel in
                    Self.peer(of: channel).flatMapThrowing { actor in
                        Caller(
                            connection: try Connection(wrappingChannelSynchronously: channel),
                            actor: actor
                        )
                    }
                }
        } catch {
            throw Cannot("the control socket \(path) cannot be made: \(error)")
        }
        guard unsafe chmod(path, 0o600) == 0 else {
            throw Cannot("the control socket \(path) cannot be made private")
        }
        defer { unsafe unlink(path) }
        try await withTaskCancellationHandler {
            try await server.executeThenClose { callers in
                await withDiscardingTaskGroup { group in
                    do {
                        for try await caller in callers {
                            group.addTask { await serve(caller) }
                        }
                    } catch {
                        // The listening socket is gone; the daemon's end closes it that way.
                    }
                }
            }
        } onCancel: {
            server.channel.close(promise: nil)
        }
    }

    private static func peer(of channel: any Channel) -> EventLoopFuture<String> {
        guard let provider = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(Cannot("no peer credentials"))
        }
        let credentials: EventLoopFuture<Credentials> = provider.unsafeGetSocketOption(
            level: .socket,
            name: .init(rawValue: SO_PEERCRED)
        )
        return credentials.map { Peer.actor(uid: $0.uid) }
    }

    private func serve(_ caller: Caller) async {
        do {
            try await caller.connection.executeThenClose { inbound, outbound in
                var received = ByteBuffer()
                for try await part in inbound {
                    received.writeImmutableBuffer(part)
                    guard received.readableBytes <= ControlProtocol.limit else {
                        try await outbound.write(Self.encode(.init(failure: "message too long")))
                        return
                    }
                    guard let end = received.readableBytesView.firstIndex(of: UInt8(ascii: "\n"))
                    else { continue }
                    let line = Array(received.readableBytesView[..<end])
                    try await outbound.write(Self.encode(await answer(line, actor: caller.actor)))
                    return
                }
            }
        } catch {
            // The caller went away; what it asked is journaled, or was never received.
        }
    }

    private func answer(_ line: [UInt8], actor: String) async -> ControlProtocol.Response {
        do {
            let message: ControlProtocol.Message = try JSON(parsing: line).decode()
            return .init(reply: try await submit(message.command(by: actor)))
        } catch {
            return .init(failure: "\(error)")
        }
    }

    private static func encode(_ response: ControlProtocol.Response) throws -> ByteBuffer {
        ByteBuffer(string: try JSON(encoding: response).description + "\n")
    }
}
