import ArgumentParser
import ConductorCore

/// `conductord approve`.
struct Approve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Consent to a transition that asks for approvals.",
        discussion: """
            It counts for this transition and this candidate, once for each person.

            Examples:
              conductord approve music/ios/8.9.2
              conductord approve music/ios/8.9.2 "rollout_1->rollout_100" --based-on 17
            """
    )

    @Argument(help: "The track: app/platform/version.")
    var track: TrackID

    @Argument(help: "The transition's name, or its stage; without it, the one that asks.")
    var transition: String?

    @OptionGroup var request: RequestOptions

    func run() async throws {
        try await request.ask(.approve(transition: transition), at: .track(track))
    }
}
