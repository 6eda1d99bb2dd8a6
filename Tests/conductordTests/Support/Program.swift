import ConductorCore
import Foundation

/// The built program, run as people run it.
struct Ran {
    var code: Int32
    var output: String
    var errors: String

    var json: JSON? { try? JSON(parsing: output) }

    /// Runs `conductord` and waits for its end.
    static func conductord(
        _ arguments: String...,
        input: String = ""
    ) throws -> Ran {
        try conductord(arguments, input: input)
    }

    static func conductord(_ arguments: [String], input: String = "") throws -> Ran {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.environment = ["PATH": "/usr/bin:/bin"]
        let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = stdout
        process.standardError = stderr
        try process.run()
        try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try stdin.fileHandleForWriting.close()
        let output = try stdout.fileHandleForReading.readToEnd() ?? Data()
        let errors = try stderr.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Ran(
            code: process.terminationStatus,
            output: String(decoding: output, as: UTF8.self),
            errors: String(decoding: errors, as: UTF8.self)
        )
    }

    /// It lies beside the tests.
    static var executable: URL {
        URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent().appendingPathComponent("conductord")
    }
}
