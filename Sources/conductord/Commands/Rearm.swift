import ArgumentParser
import ConductorCore

/// `conductord rearm`.
struct Rearm: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Arm again what 'abandon --stay' disarmed.",
        discussion: """
            Examples:
              conductord rearm music/ios/8.9.2
              conductord rearm music/ios/8.9.2 submitted
            """
    )

    @Argument(help: "The track: app/platform/version.")
    var track: TrackID

    @Argument(help: "The transition's name, or its stage, or a guard's name; without it, all.")
    var transition: String?

    @OptionGroup var request: RequestOptions

    func run() async throws {
        try await request.ask(.rearm(transition: transition), at: .track(track))
    }
}
