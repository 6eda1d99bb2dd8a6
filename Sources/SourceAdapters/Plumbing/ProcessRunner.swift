import ConductorCore
import Subprocess
import SystemPackage

/// Runs a program in its own process group, bounded in time and output.
struct ProcessRunner: Sendable {
    var argv: [String]
    /// The whole environment of the child.
    var environment: [String: String]
    var directory: String?
    /// The longest that it may run.
    var timeout: Span
    var output: Output = .whole(limit: AdapterLimits.responseBytes)
    /// Whether processes that outlive the program in its group are killed.
    var killsLeftovers = true

    enum Output: Sendable {
        /// All of it; more than the limit ends the program.
        case whole(limit: Int)
        /// Its last bytes; the rest is read and forgotten.
        case tail
    }

    enum Ending: Sendable {
        case exited(code: Int, output: [UInt8], errors: [UInt8])
        case killed(signal: Int, errors: [UInt8])
        case timedOut
        case tooMuchOutput(limit: Int)
        /// The caller gave up; `started` says whether the program ran at all.
        case cancelled(started: Bool)
        /// It never ran; `isTransient` says whether that may be otherwise next time.
        case notStarted(reason: String, isTransient: Bool)
    }

    /// How long the group may tidy up between the polite signal and the last one.
    private static let grace: Duration = .milliseconds(250)

    func run() async -> Ending {
        guard let name = argv.first else {
            return .notStarted(reason: "no program is named", isTransient: false)
        }
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = [
            .send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: Self.grace)
        ]
        var variables: [Environment.Key: String] = [:]
        for (name, value) in environment {
            if let key = Environment.Key(rawValue: name) { variables[key] = value }
        }
        var watched: Watched?
        do {
            let result = try await Subprocess.run(
                name.contains("/") ? .path(FilePath(name)) : .name(name),
                arguments: Arguments(Array(argv.dropFirst())),
                environment: .custom(variables),
                workingDirectory: directory.map { FilePath($0) },
                platformOptions: options,
                input: .none,
                output: .sequence,
                error: .sequence
            ) { execution in
                watched = Watched()
                watched = await watch(execution)
            }
            return ending(watched, result.terminationStatus)
        } catch is CancellationError {
            return watched?.stopped ?? .cancelled(started: watched != nil)
        } catch {
            if Task.isCancelled { return .cancelled(started: watched != nil) }
            return watched?.stopped
                ?? .notStarted(reason: "\(error)", isTransient: Self.isTransient(error))
        }
    }

    /// Whether a start failed for want of something that may be there next time: processes, memory,
    /// descriptors, or a program file that nobody is writing to.
    private static func isTransient(_ error: any Error) -> Bool {
        guard let error = error as? SubprocessError, error.code == .spawnFailed else {
            return false
        }
        let lasting: [Errno] = [.permissionDenied, .noSuchFileOrDirectory, .execFormatError]
        return error.underlyingError.map { !lasting.contains($0) } ?? true
    }

    private func ending(_ watched: Watched?, _ status: TerminationStatus) -> Ending {
        if let stopped = watched?.stopped { return stopped }
        if Task.isCancelled { return .cancelled(started: true) }
        switch status {
        case .exited(let code):
            return .exited(
                code: Int(code),
                output: watched?.output ?? [],
                errors: watched?.errors ?? []
            )
        case .signaled(let signal):
            return .killed(signal: Int(signal), errors: watched?.errors ?? [])
        }
    }

    /// What came of watching a running program.
    private struct Watched: Sendable {
        var output: [UInt8] = []
        var errors: [UInt8] = []
        /// Set where we ended it.
        var stopped: Ending?
    }

    private enum Event: Sendable {
        case output([UInt8], overflowed: Bool)
        case errors([UInt8])
        case ended
        case deadline
        case cancelled
    }

    private typealias Running = Execution<NoInput, SequenceOutput, SequenceOutput>

    private func watch(_ execution: Running) async -> Watched {
        await withTaskGroup(of: Event.self) { group in
            group.addTask { await readOutput(execution.standardOutput) }
            group.addTask {
                .errors(await readTail(execution.standardError))
            }
            group.addTask {
                do {
                    try await Task.sleep(for: .milliseconds(timeout.milliseconds))
                    return .deadline
                } catch {
                    return .cancelled
                }
            }
            var watched = Watched()
            var openStreams = 2
            var isOver = false
            while let event = await group.next() {
                switch event {
                case .output(let bytes, let overflowed):
                    watched.output = bytes
                    openStreams -= 1
                    if overflowed, case .whole(let limit) = output {
                        watched.stopped = watched.stopped ?? .tooMuchOutput(limit: limit)
                    }
                case .errors(let bytes):
                    watched.errors = bytes
                    openStreams -= 1
                case .ended:
                    isOver = true
                    // The ended leader is not reaped yet, so its group's number is still its own.
                    if killsLeftovers { try? execution.send(signal: .kill, toProcessGroup: true) }
                case .deadline: watched.stopped = watched.stopped ?? .timedOut
                case .cancelled:
                    if !isOver { watched.stopped = watched.stopped ?? .cancelled(started: true) }
                }
                if isOver || watched.stopped != nil { break }
                if openStreams == 0 {
                    openStreams = -1
                    group.addTask {
                        await waitForEnd(execution)
                        return .ended
                    }
                }
            }
            if watched.stopped != nil { await stop(execution) }
            group.cancelAll()
            return watched
        }
    }

    private func readOutput(_ stream: SubprocessOutputSequence) async -> Event {
        switch output {
        case .tail: return .output(await readTail(stream), overflowed: false)
        case .whole(let limit):
            var bytes: [UInt8] = []
            do {
                for try await buffer in stream {
                    append(buffer, to: &bytes)
                    if bytes.count > limit { return .output([], overflowed: true) }
                }
            } catch {
                // The pipe is gone; what was read is what there is, and the exit status decides.
            }
            return .output(bytes, overflowed: false)
        }
    }

    /// Reads to the end, keeping the last bytes.
    private func readTail(_ stream: SubprocessOutputSequence) async -> [UInt8] {
        let limit = AdapterLimits.errorBytes
        var bytes: [UInt8] = []
        do {
            for try await buffer in stream {
                append(buffer, to: &bytes)
                if bytes.count > 16 * limit { bytes.removeFirst(bytes.count - limit) }
            }
        } catch {
            // As above.
        }
        return Array(bytes.suffix(limit))
    }

    private func append(_ buffer: SubprocessOutputSequence.Buffer, to bytes: inout [UInt8]) {
        unsafe buffer.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }

    /// Returns once the program has ended, or when the task is cancelled.
    private func waitForEnd(_ execution: Running) async {
        var pause: Duration = .milliseconds(1)
        while !Posix.hasEnded(execution.processIdentifier.value) {
            do { try await Task.sleep(for: pause) } catch { return }
            pause = min(pause * 2, .milliseconds(50))
        }
    }

    /// Ends the whole group: politely, and after the grace surely.
    private func stop(_ execution: Running) async {
        try? execution.send(signal: .terminate, toProcessGroup: true)
        // A task of its own, since this one may be cancelled and must wait all the same.
        await Task {
            let deadline = ContinuousClock.now + Self.grace
            while ContinuousClock.now < deadline,
                !Posix.hasEnded(execution.processIdentifier.value)
            {
                try? await Task.sleep(for: .milliseconds(2))
            }
        }.value
        try? execution.send(signal: .kill, toProcessGroup: true)
    }
}
