import ArgumentParser
import ConductorCore

/// `conductord resume`.
struct Resume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lift a hold; or, where none is, let a paused track go on.",
        discussion: """
            Examples:
              conductord resume music/ios/8.9.2
            """
    )

    @Argument(help: "Whose hold to lift, or which paused track to let go on.")
    var scope: Scope

    @OptionGroup var request: RequestOptions

    func run() async throws {
        try await request.ask(.resume, at: scope)
    }
}
