import ArgumentParser
import ConductorCore

/// `conductord advance`.
struct Advance: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Push a track's next transition now, or hear what is not met.",
        discussion: """
            Examples:
              conductord advance music/ios/8.9.2
              conductord advance music/ios/8.9.2 --to submitted --based-on 17
            """
    )

    @Argument(help: "The track: app/platform/version.")
    var track: TrackID

    @Option(help: "The stage to go to; without it, the next one on the road.")
    var to: String?

    @OptionGroup var request: RequestOptions

    func run() async throws {
        try await request.ask(.advance(to: to), at: .track(track))
    }
}
