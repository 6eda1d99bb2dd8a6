import ArgumentParser
import ConductorCore

/// `conductord hold`.
struct Hold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Hold a track, a release, an app or everything: no new steps, but brakes go through.",
        discussion: """
            Examples:
              conductord hold music/ios/8.9.2 --reason \"waiting for legal\"
              conductord hold music --hard
            """
    )

    @Argument(help: "What to hold: a track, a release (app/version), an app, or *.")
    var scope: Scope

    @Flag(help: "Say outright what every hold is: what is under way starts nothing further either.")
    var hard = false

    @OptionGroup var request: RequestOptions

    func run() async throws {
        try await request.ask(.hold, at: scope)
    }
}
