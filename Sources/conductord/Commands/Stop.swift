import ArgumentParser
import ConductorCore
import Foundation

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
        let file = request.places.stopFilePath
        if lift {
            // The file last: until the command is accepted, STOP holds.
            try await request.ask(.liftStop, at: .installation)
            if FileManager.default.fileExists(atPath: file) {
                try FileManager.default.removeItem(atPath: file)
            }
        } else {
            // The file first: it holds whatever becomes of the command.
            guard
                FileManager.default.createFile(
                    atPath: file,
                    contents: Data((request.reason ?? "").utf8)
                )
            else { throw Cannot("the STOP file \(file) cannot be written") }
            try await request.ask(.stop, at: .installation)
        }
    }
}
