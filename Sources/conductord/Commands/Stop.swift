import ArgumentParser
import ConductorCore

/// `conductord stop`: the installation's STOP.
struct Stop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "STOP: nothing starts any more, brakes neither, until it is lifted.",
        discussion: """
            STOP is also a file in the state directory, looked at right before every action: it
            works when the daemon answers nobody. Attempts that are under way run to their end.

            Examples:
              conductord stop --reason "the store's account is compromised"
              conductord stop --lift
              touch .conductord/STOP          # the same, by hand
            """
    )

    @Flag(help: "Lift it.")
    var lift = false

    @OptionGroup var request: RequestOptions

    func run() async throws {
        let file = StopFile(path: request.places.stopFilePath)
        if lift {
            // The file last: until the command is accepted, STOP holds.
            try await request.ask(.liftStop, at: .installation)
            try file.remove()
        } else {
            // The file first: it holds whatever becomes of the command.
            try file.make(reason: request.reason)
            try await request.ask(.stop, at: .installation)
        }
    }
}
