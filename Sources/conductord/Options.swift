import ArgumentParser
import Foundation

/// Where the rules, the configuration and the state are; every command takes these.
struct PlaceOptions: ParsableArguments {
    @Option(help: "The rule file.")
    var rules = "./release-states.yaml"

    @Option(help: "The deployment's configuration.")
    var config = "./conductor.yaml"

    @Option(help: "The state directory: journal, lock, socket, STOP file.")
    var state = "./.conductord"

    /// The journal of the state directory.
    var journalPath: String { state + "/journal.sqlite" }
    /// The socket on which a running daemon takes commands.
    var socketPath: String { state + "/control.sock" }
    /// Where a running daemon says the address of its page.
    var pageFilePath: String { state + "/page" }
    /// The same places, wherever the process goes.
    var absolute: PlaceOptions {
        var places = self
        places.rules = Self.absolute(rules)
        places.config = Self.absolute(config)
        places.state = Self.absolute(state)
        return places
    }

    private static func absolute(_ path: String) -> String {
        URL(filePath: path).standardizedFileURL.path(percentEncoded: false)
    }

    /// While this file is there, nothing starts.
    var stopFilePath: String { state + "/STOP" }
}

/// How to print.
struct OutputOptions: ParsableArguments {
    @Flag(help: "One JSON document on standard output, for machines.")
    var json = false
}

/// What a command needs that only reads a journal.
struct ReadingOptions: ParsableArguments {
    @OptionGroup var places: PlaceOptions
    @OptionGroup var output: OutputOptions

    @Option(help: "Read this journal, and need nothing else.")
    var journal: String?

    /// The journal to read.
    var journalPath: String { journal ?? places.journalPath }
}

/// How a command ends, as `Docs/cli.md` promises.
enum Exit {
    /// The answer is no.
    static let no = ExitCode(1)
    static let usage = ExitCode(2)
    /// It cannot be done: no journal, no daemon, no permission.
    static let cannot = ExitCode(3)
}

/// Prints a sentence on standard error and ends with 3.
struct Cannot: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
