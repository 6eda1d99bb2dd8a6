import ArgumentParser
import ConductorCore

/// `conductord abandon`.
struct Abandon: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give up the transition under way.",
        discussion: """
            Examples:
              conductord abandon music/ios/8.9.2 --stay
              conductord abandon music/ios/8.9.2 --as-done --reason \"submitted by hand\"
            """
    )

    @Argument(help: "The track: app/platform/version.")
    var track: TrackID

    @Flag(
        help: "Stay in the stage and disarm the transition, or enter the stage as if all was done."
    )
    var how: AbandonChoice

    @OptionGroup var request: RequestOptions

    func run() async throws {
        try await request.ask(.abandon(how.abandonment), at: .track(track))
    }
}

/// The two ways to give a transition up.
enum AbandonChoice: String, EnumerableFlag {
    case stay, asDone

    var abandonment: Command.Abandonment {
        switch self {
        case .stay: .stay
        case .asDone: .asDone
        }
    }
}
