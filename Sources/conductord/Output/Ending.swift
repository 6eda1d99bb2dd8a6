import ArgumentParser
import Glibc

/// How the process ends: the exit codes of `Docs/cli.md`, in one place.
enum Ending {
    /// Parses the arguments and runs the command.
    ///
    /// - Returns: 0 fine, 1 the answer is no, 2 usage, 3 cannot.
    static func run<Root: ParsableCommand>(_ root: Root.Type, _ arguments: [String]?) async -> Int32
    {
        do {
            var command = try root.parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return 0
        } catch {
            return end(root, error)
        }
    }

    /// Says what went wrong, if that was not said yet, and gives the code.
    private static func end<Root: ParsableCommand>(_ root: Root.Type, _ error: any Error) -> Int32 {
        if let code = error as? ExitCode { return code.rawValue }
        switch root.exitCode(for: error) {
        case .success:
            // Help, the version, or a completion script was asked for.
            do {
                try Output.print(root.fullMessage(for: error))
                return 0
            } catch {
                return Exit.cannot.rawValue
            }
        case .validationFailure:
            let message = root.fullMessage(for: error)
            let prefix = "Error: "
            Output.complain(
                message.hasPrefix(prefix) ? String(message.dropFirst(prefix.count)) : message
            )
            return Exit.usage.rawValue
        default:
            Output.complain("\(error)")
            return Exit.cannot.rawValue
        }
    }
}

extension Conductord {
    /// Where the process begins and ends.
    static func main() async {
        Glibc.exit(await Ending.run(Self.self, nil))
    }
}
