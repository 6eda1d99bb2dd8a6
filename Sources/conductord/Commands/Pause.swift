import ArgumentParser
import ConductorCore

/// `conductord pause`.
struct Pause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Pause a rollout: the brake goes out at once.",
        discussion: """
            Examples:
              conductord pause music/android/8.9.74 --reason \"crash reports\"
            """
    )

    @Argument(help: "The track: app/platform/version.")
    var track: TrackID

    @OptionGroup var request: RequestOptions

    func run() async throws {
        try await request.ask(.pause, at: .track(track))
    }
}
