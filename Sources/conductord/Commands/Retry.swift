import ArgumentParser
import ConductorCore

/// `conductord retry`.
struct Retry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Try again what failed, under the same keys; what is done stays done.",
        discussion: """
            Examples:
              conductord retry music/ios/8.9.2
            """
    )

    @Argument(help: "The track: app/platform/version.")
    var track: TrackID

    @OptionGroup var request: RequestOptions

    func run() async throws {
        try await request.ask(.retry, at: .track(track))
    }
}
