import ConductorJournal
import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import conductord

@Suite(.timeLimit(.minutes(1))) struct `A start` {
    @Test func `ends with 3 before the first tick where the port is taken`() async throws {
        let directory = FileManager.default.temporaryDirectory.path + "/taken-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try FileManager.default.createDirectory(
            atPath: directory,
            withIntermediateDirectories: true
        )
        let other = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(other.localAddress?.port)
        let rules = House.rules
        let configuration = House.configuration(directory)
            .replacing("127.0.0.1:0", with: "127.0.0.1:\(port)")
        try Data(rules.utf8).write(to: URL(filePath: directory + "/release-states.yaml"))
        try Data(configuration.utf8).write(to: URL(filePath: directory + "/conductor.yaml"))
        let process = Process()
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent().appending(path: "conductord")
        process.arguments = ["run"]
        process.currentDirectoryURL = URL(filePath: directory)
        let pipe = Pipe()
        process.standardError = pipe
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let said = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try await other.close()
        #expect(process.terminationStatus == 3, "\(said)")
        #expect(said.contains("cannot listen on 127.0.0.1:\(port)"), "\(said)")
        let journal = directory + "/.conductord/journal.sqlite"
        #expect(try ReadOnlyJournal(path: journal).tick() == nil)
    }
}
