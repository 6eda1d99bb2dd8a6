import ArgumentParser
import ConductorCore

/// `conductord signoff`.
struct Signoff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sign off for a team, or confirm what no source can see.",
        discussion: """
            Examples:
              conductord signoff music/ios/8.9.2 playback
              conductord signoff music/ios/8.9.2 store_approved
              conductord signoff music/8.9.2 search --opt-out
            """
    )

    @Argument(help: "The track, or the release (app/version).")
    var scope: Scope

    @Argument(help: "The team, or the confirmation, as conductor.yaml names it.")
    var what: String

    @Flag(help: "Another verdict than approval.")
    var verdict: SignoffChoice?

    @OptionGroup var request: RequestOptions

    func run() async throws {
        try await request.ask(
            .signoff(what: what, verdict: verdict?.verdict ?? .approved),
            at: scope
        )
    }
}

/// Verdicts beside approval.
enum SignoffChoice: String, EnumerableFlag {
    case approve, reject, optOut, withdraw

    var verdict: Command.Signoff {
        switch self {
        case .approve: .approved
        case .reject: .rejected
        case .optOut: .optedOut
        case .withdraw: .withdrawn
        }
    }
}
