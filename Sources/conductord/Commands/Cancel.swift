import ArgumentParser
import ConductorCore

/// `conductord cancel`.
struct Cancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Cancel a release on one platform.",
        discussion: """
            Examples:
              conductord cancel music/ios/8.9.2 --reason \"superseded\"
            """
    )

    @Argument(help: "The track: app/platform/version.")
    var track: TrackID

    @OptionGroup var request: RequestOptions

    func run() async throws {
        try await request.ask(.cancel, at: .track(track))
    }
}
