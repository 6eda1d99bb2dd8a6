import ArgumentParser
import ConductorCore
import Foundation

/// `conductord init`.
struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write rules, a configuration in shadow, and facts to try them with.",
        discussion: """
            Writes release-states.yaml, conductor.yaml and facts/music/. A file that is there stays
            as it is. Every app begins in shadow: decided, journaled, and nothing done.

            Examples:
              conductord init
              conductord init releases && cd releases && conductord check
            """
    )

    @Argument(help: "Where to; it is made if it is not there.")
    var directory = "."

    @OptionGroup var places: PlaceOptions
    @OptionGroup var output: OutputOptions

    /// What is written, in order.
    static let files: [(path: String, contents: String)] = [
        ("release-states.yaml", Templates.rules),
        ("conductor.yaml", Templates.starterConfiguration),
        ("facts/music/release.yaml", Templates.starterRelease),
        ("facts/music/ios.yaml", Templates.starterIos),
        ("facts/music/android.yaml", Templates.starterAndroid),
        ("facts/music/desktop.yaml", Templates.starterDesktop),
    ]

    /// The name that a file shall have: `--rules` and `--config` count from the directory.
    private func named(_ path: String) -> String {
        let asked =
            switch path {
            case "release-states.yaml": places.rules
            case "conductor.yaml": places.config
            default: path
            }
        return asked.hasPrefix("./") ? String(asked.dropFirst(2)) : asked
    }

    func run() throws {
        var written: [String] = []
        var kept: [String] = []
        for (path, contents) in Self.files {
            let path = named(path)
            if try write(contents, to: path.hasPrefix("/") ? path : directory + "/" + path) {
                written.append(path)
            } else {
                kept.append(path)
            }
        }
        try Output.print(
            output,
            json: {
                [
                    "directory": .string(directory), "written": JSON(written),
                    "kept": JSON(kept),
                ]
            },
            text: { text(written: written, kept: kept, on: $0) }
        )
    }

    /// Writes a file unless there is one; returns whether it did.
    private func write(_ contents: String, to path: String) throws -> Bool {
        let manager = FileManager.default
        do {
            try manager.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent,
                withIntermediateDirectories: true
            )
            try Data(contents.utf8).write(to: URL(filePath: path), options: .withoutOverwriting)
            return true
        } catch let error as CocoaError where error.code == .fileWriteFileExists {
            // Also what a directory of that name says, and that is for a person to see.
            var isDirectory: ObjCBool = false
            let exists = unsafe manager.fileExists(atPath: path, isDirectory: &isDirectory)
            guard exists, !isDirectory.boolValue else {
                throw Cannot("\(path) cannot be written: something of that name is in the way")
            }
            return false
        } catch {
            throw Cannot("\(path) cannot be written: \(error.localizedDescription)")
        }
    }

    private func text(written: [String], kept: [String], on page: Page) -> String {
        var lines = written.map { "\(page.paint("wrote", .green))  \($0)" }
        lines += kept.map { "\(page.paint("kept", .yellow))   \($0)  (it was there already)" }
        let change = directory == "." ? "" : "cd \(directory)\n  "
        lines.append(
            """

            Next:
              \(change)conductord check                          # are rules and configuration sound?
              conductord track add music/ios/8.9.2      # a release to look after
              conductord run                            # in shadow: decides, and does nothing
              conductord explain music/ios/8.9.2        # from another terminal: why is it where it is?
            """
        )
        return lines.joined(separator: "\n")
    }
}
