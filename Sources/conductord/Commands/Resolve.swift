import ArgumentParser
import ConductorCore

/// `conductord resolve`.
struct Resolve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Testify whether an action that is in doubt happened.",
        discussion: """
            The key stands in 'explain' and in 'timeline'. What is taken as not done is tried again.

            Examples:
              conductord resolve music/ios/8.9.2 music/ios/8.9.2/3/1/store.submit --done
              conductord resolve music/ios/8.9.2 music/ios/8.9.2/3/1/store.submit --not-done
            """
    )

    @Argument(help: "The track: app/platform/version.")
    var track: TrackID

    @Argument(help: "The action's key.")
    var key: String

    @Flag(help: "Whether it happened.")
    var testimony: Testimony

    @OptionGroup var request: RequestOptions

    func run() async throws {
        try await request.ask(.resolve(key: key, done: testimony == .done), at: .track(track))
    }
}

/// What a person saw.
enum Testimony: String, EnumerableFlag {
    case done, notDone
}
