import ConductorCore
import ConductorJournal
import Foundation
import Testing

/// The real program under a device that reports errors; `strace` makes the calls fail.
@Suite struct `A device with errors` {
    private static let canTrace: Bool = {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/strace")
        process.arguments = ["-qq", "-e", "trace=none", "/bin/true"]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    private struct Ended {
        var code: Int32
        var errors: String
    }

    private func hold(_ journal: ScriptedJournal, injecting faults: [String]) throws -> Ended {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/strace")
        process.arguments =
            ["-f", "-qq", "-o", "/dev/null"] + faults
            + [Ran.executable.path, "hold", "*", "--state", journal.directory]
            + ["--rules", root.appending(path: "release-states.yaml").path]
            + ["--config", root.appending(path: "conductor.yaml").path]
        let pipe = Pipe()
        process.standardError = pipe
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let errors = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Ended(
            code: process.terminationStatus,
            errors: String(decoding: errors, as: UTF8.self)
        )
    }

    @Test(
        .enabled(if: canTrace, "strace is not installed, or may not trace here"),
        arguments: ["fdatasync,fsync", "pwrite64"],
        ["EIO", "ENOSPC"]
    )
    func `a failing call ends with a sentence, and nothing is lost`(
        call: String,
        error: String
    ) throws {
        let journal = try ScriptedJournal()
        try journal.register()
        try journal.tick()
        try journal.journal.close()
        let head = try journal.reader().head()
        var failures = 0
        for number in [1, 2, 3, 5, 8, 13] {
            let ended = try hold(
                journal,
                injecting: ["-e", "inject=\(call):error=\(error):when=\(number)+"]
            )
            guard ended.code != 0 else { continue }
            failures += 1
            #expect(ended.code == 3, "\(number): \(ended.errors)")
            #expect(ended.errors.hasPrefix("conductord: "), "\(number): \(ended.errors)")
            let verification = try journal.reader().verify()
            #expect(verification.ok, "\(number): \(verification.faults)")
            #expect(verification.entries >= head.sequence, "\(number)")
        }
        #expect(failures > 0)
        #expect(try hold(journal, injecting: []).code == 0)
        #expect(try journal.reader().verify().ok)
    }
}
