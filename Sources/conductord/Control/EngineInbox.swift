import ConductorCore
import ConductorPorts
import ConductorRuntime
import Foundation

/// Brings what people ask on the page to the engine, as the control socket does.
struct EngineInbox: Inbox {
    let engine: Engine
    let stopFile: StopFile

    func submit(_ command: Command) async throws -> CommandReply {
        // What is sent again was done, and must not move the file once more.
        let isNew = await !engine.hasTaken(command.id)
        switch command.request {
        case .stop:
            // The file first: it holds whatever becomes of the command.
            if isNew { try stopFile.make(reason: command.reason) }
            return try await engine.submit(command)
        case .liftStop:
            let reply = try await engine.submit(command)
            // The file last: until the command is accepted, STOP holds.
            if isNew, reply.accepted { try stopFile.remove() }
            return reply
        case .add, .register, .hold, .resume, .advance, .pause, .cancel, .retry, .abandon,
            .signoff, .resolve, .override, .approve, .rearm, .migrate:
            return try await engine.submit(command)
        }
    }
}

/// STOP as a file, which works when the daemon answers nobody.
struct StopFile: Sendable {
    let path: String

    /// - Throws: `Cannot` where it cannot be written.
    func make(reason: String?) throws {
        let contents = Data((reason ?? "").utf8)
        guard FileManager.default.createFile(atPath: path, contents: contents) else {
            throw Cannot("the STOP file \(path) cannot be written")
        }
    }

    /// - Throws: where it is there and cannot be taken away.
    func remove() throws {
        if FileManager.default.fileExists(atPath: path) {
            try FileManager.default.removeItem(atPath: path)
        }
    }
}
