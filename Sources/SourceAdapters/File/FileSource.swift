import ConductorCore
import ConductorPorts

extension Backend {
    /// Files on this machine.
    static let file = Backend(sources: [FileSource.self])
}

/// The kind `file`: facts from a JSON or YAML file, told apart by its extension.
///
///     file: {path: "data/${version}.yaml", facts: {blockers.open: int}}
///
/// Only a regular file is read, at most `max_bytes` of it, and never one that was being written.
struct FileSource: ConfiguredSource {
    static let kind = "file"

    private enum Format {
        case json, yaml
    }

    let path: Template
    private let format: Format
    private let facts: FactMap
    let maxBytes: Int
    private let timeout: Span

    init?(settings: SettingsReader, binding: SourceBinding) {
        let path = settings.template("path", .source)
        if !settings.has("path") { settings.missing("path", "the file to read") }
        var format: Format?
        if let path {
            format = Self.format(of: path.text)
            if format == nil {
                settings.fault(
                    .badValue,
                    "path",
                    "'\(path.text)' should end in .json, .yaml or .yml"
                )
            }
        }
        maxBytes =
            settings.number("max_bytes", in: 1...AdapterLimits.responseBytes)
            ?? AdapterLimits.responseBytes
        timeout = binding.timeout
        guard let facts = FactMap(settings: settings), let path, let format else { return nil }
        self.path = path
        self.format = format
        self.facts = facts
    }

    var schema: FactSchema { facts.schema }
    var secrets: [SecretReference] { [] }

    private static func format(of path: String) -> Format? {
        if path.hasSuffix(".json") { return .json }
        return path.hasSuffix(".yaml") || path.hasSuffix(".yml") ? .yaml : nil
    }

    func observe(_ request: ObservationRequest) async -> PollAnswer {
        let path: String
        do {
            path = try Variables(request).path(self.path)
        } catch {
            return .failed(.misconfigured, message: error.message)
        }
        let deadline = ContinuousClock.now + .milliseconds(timeout.milliseconds)
        do {
            return answer(try await readSettled(path, until: deadline), path)
        } catch let problem as FileProblem {
            return .failed(problem.failure, message: problem.message)
        } catch {
            return .failed(.timedOut, message: "the poll was given up before '\(path)' was read")
        }
    }

    /// Reads the file once nobody has written to it for a moment.
    ///
    /// A writer that truncates and then writes leaves instants at which half a file looks like a
    /// whole one: a file of this very moment is looked at again.
    private func readSettled(
        _ path: String,
        until deadline: ContinuousClock.Instant
    ) async throws -> [UInt8] {
        let fresh = Span(milliseconds: 40)
        var attempt = 0
        while true {
            attempt += 1
            try Task.checkCancellation()
            guard ContinuousClock.now < deadline else { throw CancellationError() }
            do {
                let (bytes, status) = try Posix.readRegularFile(path, limit: maxBytes)
                let age = Posix.now() - status.modified
                if age >= fresh || age < .zero || attempt > AdapterLimits.tornReads { return bytes }
            } catch {
                guard case .changing = error, attempt <= AdapterLimits.tornReads else {
                    throw error
                }
            }
            try await Task.sleep(for: .milliseconds(fresh.milliseconds))
        }
    }

    private func answer(_ bytes: [UInt8], _ path: String) -> PollAnswer {
        do {
            switch format {
            case .json: return facts.answer(try JSON(parsing: bytes), .nothing)
            case .yaml:
                guard let text = String(validating: bytes, as: UTF8.self) else {
                    return .failed(.malformed, message: "'\(path)' is not UTF-8")
                }
                return facts.answer(try YAMLReader.read(text), .nothing)
            }
        } catch let error as JSONSyntaxError {
            return .failed(.malformed, message: "'\(path)' is not JSON: byte \(error.offset)")
        } catch let error as YAMLProblem {
            return .failed(.malformed, message: "'\(path)': \(error.message)")
        } catch {
            return .failed(.internal, message: "'\(path)' cannot be read")
        }
    }
}
