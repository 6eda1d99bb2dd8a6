import ArgumentParser
import ConductorCore
import ConductorFiles
import ConductorPorts
import Foundation
import Logging
import SourceAdapters
import Synchronization

/// `conductord doctor`.
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at every backend and credential, and say what each may and may not.",
        discussion: """
            Only harmless reads are sent; what they cannot tell is said to be so. One credential at one
            backend is one line, however many tracks rest on it. Ends with 1 when something is wrong.

            Examples:
              conductord doctor
              conductord doctor --config conductor.yaml --json | jq '.diagnoses[] | select(.well | not)'
              conductord doctor --record answers      # what they answered, without secrets
            """
    )

    @OptionGroup var places: PlaceOptions
    @OptionGroup var output: OutputOptions

    @Option(help: "Save every answer here, without secrets.")
    var record: String?

    func run() async throws {
        var logger = Logger(label: "conductord.doctor")
        logger.logLevel = .error
        let loaded = try Wiring(places: places, logger: logger).load()
        guard let deployment = loaded.deployment else { throw Exit.no }
        let folder = try record.map { try RecordFolder($0) }
        let recordings = Recordings()
        let keep: @Sendable (Recording) -> Void = { recording in
            recordings.all.withLock { $0.append(recording) }
        }
        let showsProgress = !output.json && Terminal.errors.isTerminal
        let through = Through()
        let diagnoses = await StandardAdapters(logger: logger).examine(
            deployment,
            record: folder == nil ? nil : keep,
            progress: { diagnosis, all in
                guard showsProgress else { return }
                let count = through.count.withLock { count in
                    count += 1
                    return count
                }
                Output.progress("\(count) of \(all): \(diagnosis.backend), \(diagnosis.address)")
            }
        )
        if showsProgress { Output.progress("") }
        try folder?.save(recordings.all.withLock(\.self))
        let report = DoctorReport(diagnoses: diagnoses)
        try Output.print(output, json: { report.json }, text: report.text)
        if !report.isWell { throw Exit.no }
    }
}

/// What was answered so far.
private final class Recordings: Sendable {
    let all = Mutex<[Recording]>([])
}

/// How many credentials were looked at so far.
private final class Through: Sendable {
    let count = Mutex(0)
}

/// Where answers are saved: a folder for their owner alone.
private struct RecordFolder {
    let path: String

    /// Makes the folder.
    ///
    /// - Throws: `Cannot` where it cannot be made, before anybody is asked anything.
    init(_ path: String) throws {
        self.path = path
        do {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw Cannot("\(path) cannot be made: \(error.localizedDescription)")
        }
        guard FileManager.default.isWritableFile(atPath: path) else {
            throw Cannot("\(path) cannot be written")
        }
    }

    /// One file per answer, in order of backend and address, whoever answered first.
    func save(_ recordings: [Recording]) throws {
        let sorted = recordings.sorted {
            ($0.backend, $0.address, $0.method) < ($1.backend, $1.address, $1.method)
        }
        for (number, recording) in sorted.enumerated() {
            let backend = recording.backend.lowercased().replacing(" ", with: "-")
            let digits = String(1000 + number).dropFirst()
            let file = path + "/\(digits)-\(backend)-\(recording.status).json"
            let bytes = recording.json.canonicalBytes + [UInt8(ascii: "\n")]
            guard
                FileManager.default.createFile(
                    atPath: file,
                    contents: Data(bytes),
                    attributes: [.posixPermissions: 0o600]
                )
            else { throw Cannot("\(file) cannot be written") }
        }
    }
}
