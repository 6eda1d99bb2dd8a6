import Foundation
import Testing

@testable import conductord

/// The page on debugging a stuck release, run line by line.
@Suite struct `Walkthrough` {
    private static let page = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Docs/debugging-a-stuck-release.md").standardizedFileURL

    /// A command of the page, and the lines that stand under it.
    private struct Step {
        var command: String
        var output: [String] = []
    }

    @Test func `gives what the page says`() async throws {
        let played = try await Played.fortnight()
        defer { played.remove() }
        let ground = NSTemporaryDirectory() + "walkthrough-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: ground) }
        let files = FileManager.default
        try files.createDirectory(atPath: ground + "/bin", withIntermediateDirectories: true)
        try files.createSymbolicLink(
            atPath: ground + "/demo-state",
            withDestinationPath: played.directory
        )
        let binary = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent().appending(path: "conductord")
        try files.createSymbolicLink(
            atPath: ground + "/bin/conductord",
            withDestinationPath: binary.path()
        )

        let text = try String(contentsOf: Self.page, encoding: .utf8)
        var written: [String] = []
        var steps = 0
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
        while let line = lines.popFirst() {
            written.append(String(line))
            guard line == "```console" else { continue }
            var block: [Step] = []
            while let inner = lines.popFirst(), inner != "```" {
                if inner.hasPrefix("$ ") {
                    block.append(Step(command: String(inner.dropFirst(2))))
                } else {
                    block[block.count - 1].output.append(String(inner))
                }
            }
            for step in block {
                let found = try Self.run(step.command, in: ground)
                written += ["$ " + step.command] + found
                steps += 1
                guard !Self.rewrites else { continue }
                #expect(
                    found.map(Self.withoutAges) == step.output.map(Self.withoutAges),
                    "\(step.command)"
                )
            }
            written.append("```")
        }
        #expect(steps >= 10)
        if Self.rewrites {
            try written.joined(separator: "\n").write(
                to: Self.page,
                atomically: true,
                encoding: .utf8
            )
        }
    }

    private static var rewrites: Bool {
        ProcessInfo.processInfo.environment["CONDUCTOR_REWRITE"] != nil
    }

    /// The lines of a shell command's output; blank ones at the end are left out.
    private static func run(_ command: String, in directory: String) throws -> [String] {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", command]
        process.currentDirectoryURL = URL(filePath: directory)
        process.environment = ["PATH": "\(directory)/bin:/usr/bin:/bin"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        var lines = String(decoding: bytes, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    /// A line without ` (3 d 2 h ago)`: how long ago it was is another thing each day.
    static func withoutAges(_ line: String) -> String {
        line.replacing(#/ \([^()]* ago\)/#, with: "")
    }

    @Test func `compares everything but ages`() {
        #expect(Self.withoutAges("since 09:00 (4 d 20 h ago), owner x") == "since 09:00, owner x")
        #expect(Self.withoutAges("fetched 2 h ago") == "fetched 2 h ago")
    }
}
