import Foundation

/// The real program, from outside: started, asked, killed.
struct Conductor {
    let program: URL
    let scene: Scene

    /// Starts `conductord run`; what it logs goes to a file of its own.
    ///
    /// `prefix`: a program and its arguments that run it, such as strace.
    func start(log name: String, under prefix: [String] = []) throws -> Daemon {
        let log = scene.directory.appending(path: name)
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        let process = Process()
        let command = prefix + [program.path, "run"] + places
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.currentDirectoryURL = scene.directory
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = try FileHandle(forWritingTo: log)
        try process.run()
        return Daemon(process: process, log: log)
    }

    /// Runs a command that answers and ends; returns its status and what it printed.
    func ask(_ arguments: [String]) throws -> (status: Int32, output: Data) {
        let process = Process()
        let (output, errors) = (Pipe(), scene.directory.appending(path: "last-errors"))
        _ = FileManager.default.createFile(atPath: errors.path, contents: nil)
        process.executableURL = program
        process.arguments = arguments + places
        process.currentDirectoryURL = scene.directory
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        let printed = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, printed)
    }

    /// The JSON that a command prints; it must end with 0.
    func answer<Answer: Decodable>(_ arguments: [String], as type: Answer.Type) throws -> Answer {
        let (status, output) = try ask(arguments + ["--json"])
        guard status == 0 else {
            let errors = try? String(
                contentsOf: scene.directory.appending(path: "last-errors"),
                encoding: .utf8
            )
            throw Failure(
                "conductord \(arguments.joined(separator: " ")) ended with \(status): "
                    + String(decoding: output.prefix(2_000), as: UTF8.self) + (errors ?? "")
            )
        }
        return try JSONDecoder().decode(type, from: output)
    }

    private var places: [String] {
        [
            "--rules", "release-states.yaml", "--config", "conductor.yaml", "--state",
            scene.state.path,
        ]
    }
}

/// A running `conductord run`.
struct Daemon {
    let process: Process
    let log: URL

    /// What it has logged so far.
    var logged: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    /// How often a word stands in the log.
    func count(of word: String) -> Int { logged.split(separator: "\n").count { $0.contains(word) } }

    /// Whether an action is under way; of this name, where one is given.
    func isActing(_ action: String = "") -> Bool {
        let lines = logged.split(separator: "\n").filter { $0.contains("/\(action)") }
        let begun = lines.count { $0.contains(" performing") }
        return begun > lines.count { $0.contains(" performed") }
    }

    /// Waits until `isSo`, the end of the process, or the limit.
    ///
    /// Returns whether it became so.
    func wait(seconds: Double, until isSo: () throws -> Bool) rethrows -> Bool {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            if try isSo() { return true }
            if !process.isRunning { return false }
            usleep(4_000)
        }
        return false
    }

    /// `kill -9`; returns once it is gone.
    func kill() {
        if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }

    /// SIGTERM; the status that it ends with.
    func end() throws -> Int32 {
        process.terminate()
        guard wait(seconds: 20, until: { !process.isRunning }) || !process.isRunning else {
            throw Failure("conductord did not end within 20 s of SIGTERM")
        }
        process.waitUntilExit()
        return process.terminationStatus
    }
}
